//! Rows as people see them: masked, in the office's day.
use super::{
    commands,
    pages::{Card, Choice, Choices, Facts, Tab},
    store::{self, Filter},
};
use crate::{
    domain::{
        booking::is_stale,
        employer::{EmployerKind, EmployerStatus, Industry, Paper, Scale},
        id::EmployerId,
        text::Line,
    },
    entity::employer::Model,
    error::{AppError, AppResult},
    platform::{App, clock::beijing, page::View},
};
use sea_orm::{ActiveEnum, Iterable};

/// An id from an address; what is no number names nothing.
pub fn id(text: &str) -> AppResult<EmployerId> {
    text.parse().map_err(|_| AppError::not_found())
}

/// Cuts a page of `limit` from rows that were asked for with one more, and says where the next
/// page begins.
pub fn next_of<T>(rows: &mut Vec<T>, limit: u64, id: impl Fn(&T) -> i64) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| id(row).to_string())
}

/// The contact's name and phone, masked.
pub fn masked_contact(app: &App, employer: &Model) -> AppResult<(String, String)> {
    let (name, phone) = commands::contact(&app.keys, employer)?;
    Ok((
        name.map(|name| name.masked()).unwrap_or_default(),
        phone.map(|phone| phone.masked()).unwrap_or_default(),
    ))
}

/// Papers that are not there today.
pub fn missing(app: &App, employer: &Model) -> Vec<Paper> {
    store::dossier(employer).missing(beijing(app.db.now()).date_naive())
}

/// Whether its check is more than half a year old.
pub fn is_due_again(app: &App, employer: &Model) -> bool {
    employer
        .verified_at
        .is_some_and(|at| is_stale(at, app.db.now()))
}

/// A line of the queue.
pub fn card(app: &App, employer: &Model, source: Option<String>) -> Card {
    Card {
        id: employer.id.to_string(),
        name: employer.name.clone(),
        uscc: employer.uscc.clone(),
        kind: employer.kind.to_value(),
        industry: employer.industry.to_value(),
        status: employer.status.to_value(),
        source,
        created_at: employer.created_at.to_rfc3339(),
        missing: missing(app, employer)
            .into_iter()
            .map(Paper::code)
            .collect(),
        due_again: is_due_again(app, employer),
    }
}

/// Everything the file of an employer says; its contact is masked.
pub fn facts(app: &App, employer: &Model) -> AppResult<Facts> {
    let (contact_name, contact_phone) = masked_contact(app, employer)?;
    let uscc = crate::domain::uscc::Uscc::parse(&employer.uscc);
    Ok(Facts {
        scale: employer.scale.map(|scale| scale.to_value()),
        address: employer.address.clone(),
        legal_person: employer.legal_person.clone(),
        permit_no: employer.permit_no.clone(),
        licence_until: employer.licence_until.map(|day| day.to_string()),
        intro: employer.intro.clone(),
        contact_name,
        contact_phone,
        licence: employer.licence_file_id.is_some(),
        authority: employer.authority_file_id.is_some(),
        code_fits: uscc.is_ok(),
        inner_fits: uscc.is_ok_and(|code| code.inner_fits()),
        status_reason: employer.status_reason.clone(),
        reviewed_at: employer.reviewed_at.map(|at| at.to_rfc3339()),
        verified_at: employer.verified_at.map(|at| at.to_rfc3339()),
        pardon_reason: employer.pardon_reason.clone(),
        version: employer.version,
    })
}

/// The choices of the form about an employer, in the reader's language.
pub fn choices(view: &View) -> Choices {
    Choices {
        kinds: options::<EmployerKind>(view, "employer_kind"),
        industries: options::<Industry>(view, "industry"),
        scales: options::<Scale>(view, "employer_scale"),
    }
}

fn options<E: ActiveEnum<Value = String> + Iterable>(view: &View, group: &str) -> Vec<Choice> {
    E::iter()
        .map(|one| one.to_value())
        .map(|value| Choice {
            label: view.say::<&str>(&format!("{group}.{value}"), &[]),
            value,
        })
        .collect()
}

/// What stands in the fields of the form about an employer.
pub fn values(
    employer: &Model,
    contact_name: String,
    contact_phone: String,
) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        ("name", employer.name.clone()),
        ("uscc", employer.uscc.clone()),
        ("kind", employer.kind.to_value()),
        ("industry", employer.industry.to_value()),
        (
            "scale",
            employer
                .scale
                .map(|scale| scale.to_value())
                .unwrap_or_default(),
        ),
        ("address", employer.address.clone()),
        ("legal_person", text(&employer.legal_person)),
        ("permit_no", text(&employer.permit_no)),
        (
            "licence_until",
            employer
                .licence_until
                .map(|day| day.to_string())
                .unwrap_or_default(),
        ),
        ("intro", employer.intro.clone()),
        ("contact_name", contact_name),
        ("contact_phone", contact_phone),
        (
            "promise",
            if employer.promised_at.is_some() {
                "yes"
            } else {
                ""
            }
            .to_owned(),
        ),
    ]
}

/// Words of a search, when there are any that can be looked for.
pub fn words(raw: Option<&str>) -> Option<String> {
    let line = Line::optional(raw.unwrap_or_default(), 60).ok().flatten();
    line.map(String::from)
}

/// The code of the filter's status; nothing for all.
pub fn status_code(filter: &Filter) -> String {
    filter
        .status
        .map(|status| status.to_value())
        .unwrap_or_default()
}

/// The address of the queue with a filter.
pub fn list_href(
    status: Option<EmployerStatus>,
    words: Option<&str>,
    cursor: Option<&str>,
) -> String {
    let status = status.map(|status| status.to_value());
    let parts = [
        ("status", status.as_deref()),
        ("q", words),
        ("cursor", cursor),
    ];
    let query: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, value)| {
            let value =
                percent_encoding::utf8_percent_encode(value?, percent_encoding::NON_ALPHANUMERIC);
            Some(format!("{name}={value}"))
        })
        .collect();
    if query.is_empty() {
        "/office/employers".into()
    } else {
        format!("/office/employers?{}", query.join("&"))
    }
}

/// All employers, and those in each status, with their counts.
pub fn tabs(counts: &[(EmployerStatus, i64)], filter: &Filter) -> Vec<Tab> {
    let of = |status: Option<EmployerStatus>| {
        counts
            .iter()
            .filter(|(counted, _)| status.is_none_or(|status| status == *counted))
            .map(|(_, n)| n)
            .sum()
    };
    std::iter::once(None)
        .chain(EmployerStatus::iter().map(Some))
        .map(|status| Tab {
            status: status.map(|status| status.to_value()).unwrap_or_default(),
            count: of(status),
            current: status == filter.status,
            href: list_href(status, filter.words.as_deref(), None),
        })
        .collect()
}
