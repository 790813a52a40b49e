//! The cases of a page, and what the capabilities above say about them.
use crate::{
    account,
    case::{
        door::{Reader, Sight},
        hook::{Asked, Hooks, ListLine},
        store::{self, Cursor, Filter},
    },
    domain::id::CaseId,
    entity::case::Model,
    error::AppResult,
    platform::{App, text::Lang},
};
use std::collections::HashMap;

/// One page of cases, cut to the limit, and the place where the next begins.
pub async fn cut(
    app: &App,
    account: &account::Actor,
    filter: &Filter,
    (limit, after): (u64, Option<Cursor>),
) -> AppResult<(Vec<Model>, Option<String>)> {
    let (db, sight) = (app.db.read(), Sight::of(account));
    let mut rows = store::list(db, account.office, sight, filter, after, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= most {
        return Ok((rows, None));
    }
    rows.truncate(most);
    let next = rows.last().map(|row| filter.after(row).to_string());
    Ok((rows, next))
}

/// What the capabilities above say about these cases.
pub async fn lines(
    app: &App,
    hooks: Hooks,
    account: &account::Actor,
    lang: Lang,
    rows: &[Model],
) -> AppResult<HashMap<CaseId, ListLine>> {
    let mut lines = HashMap::new();
    for of_kind in hooks.0 {
        let ids: Vec<_> = rows
            .iter()
            .filter(|row| row.kind == of_kind.kind)
            .map(|row| row.id)
            .collect();
        let Some(first) = ids.first() else { continue };
        let asked = Asked {
            office: account.office,
            case: *first,
            reader: Reader::of(account),
            role: Some(account.role),
            lang,
        };
        lines.extend((of_kind.lines)(app.clone(), asked, ids).await?);
    }
    Ok(lines)
}
