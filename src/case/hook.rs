//! What the capability above a kind of case adds: how such a case is opened together with its own
//! row, and what its pages say about it. `case` itself knows no kind's details.
use super::door::Reader;
use crate::{
    account,
    domain::{
        case::Kind,
        id::{CaseId, OfficeId},
        role::Role,
    },
    error::AppResult,
    platform::{
        App,
        once::{Done, Once},
        text::Lang,
    },
};
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A call that opens a case: the fields of the opening action, as they were sent.
pub struct Opening {
    pub kind: Kind,
    pub actor: account::Actor,
    /// In which notices were read to whoever agrees.
    pub lang: Lang,
    pub fields: Map<String, Value>,
    pub once: Once,
}

/// Who wants to know what about a case.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub office: OfficeId,
    pub case: CaseId,
    pub reader: Reader,
    /// Of the account that reads, for links to pages that not everybody may open.
    pub role: Option<Role>,
    pub lang: Lang,
}

/// One line of facts beside a case, in the reader's language; names are masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FactLine {
    pub label: String,
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// What a list says about a case besides its title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListLine {
    /// `张**`, masked; empty when nobody is behind it.
    pub who: String,
    /// `陇上云仓 A01`
    pub note: String,
    /// Where it came from.
    pub source: String,
    /// Who has to act outside the office, such as the employer.
    pub lead: String,
}

type Answer<T> = BoxFuture<'static, AppResult<T>>;
/// What a list says about each of its cases.
type Lines = HashMap<CaseId, ListLine>;

/// The details of one kind.
#[derive(Clone, Copy)]
pub struct OfKind {
    pub kind: Kind,
    /// Opens a case with its own row in one transaction; answers with the number of the case.
    pub open: fn(App, Opening) -> Answer<Done<String>>,
    /// The facts of one case.
    pub facts: fn(App, Asked) -> Answer<Vec<FactLine>>,
    /// The lines of a page of the list; `case` of the question is not used.
    pub lines: fn(App, Asked, Vec<CaseId>) -> Answer<Lines>,
}

/// The details of all kinds that have some.
#[derive(Clone, Copy)]
pub struct Hooks(pub &'static [OfKind]);

impl Hooks {
    pub(super) fn of(self, kind: Kind) -> Option<&'static OfKind> {
        self.0.iter().find(|one| one.kind == kind)
    }
}
