//! Gathers what a ticket shows.
use super::pages::{Arrival, Choice, MinePage, TicketPage};
use crate::{
    domain::{fair::Stage, group::TargetGroup, ticket::Secret},
    entity::{fair, registration},
    error::{AppError, AppResult},
    person,
    platform::{App, form::Form, qr, text, text::Lang},
    seeker::{
        Matches,
        door::times,
        fairs::FairLine,
        gate, notices,
        store::{self, ACTIVE},
        ticket::{self, withdrawn},
    },
};
use sea_orm::Iterable;
use std::net::IpAddr;

/// A ticket that was opened by its secret.
pub struct Held {
    pub row: registration::Model,
    pub fair: fair::Model,
    pub secret: Secret,
}

impl Held {
    /// Address below which the pages of the ticket lie.
    pub fn base(&self) -> String {
        format!("/T/{}", self.secret.in_full())
    }
}

/// Opens a ticket. Wrong secrets are counted by address, right ones are not: a whole market may
/// share an address.
///
/// # Errors
/// 404 for what is no ticket of this office, 410 when it was withdrawn, 429 for who keeps guessing.
pub async fn open(app: &App, raw: &str, ip: IpAddr) -> AppResult<Held> {
    if let Ok(secret) = Secret::parse(raw)
        && let Some((row, fair)) =
            store::by_secret(app.db.read(), app.settings.office, &secret).await?
    {
        return match row.status.as_str() {
            ACTIVE => Ok(Held { row, fair, secret }),
            _ => Err(withdrawn()),
        };
    }
    app.limits.guess_from(ip)?;
    Err(AppError::not_found())
}

/// Groups with their words, to be ticked.
pub fn offered(lang: Lang) -> Vec<Choice> {
    TargetGroup::iter()
        .filter(|group| group.is_offered())
        .map(|group| Choice {
            value: group.code(),
            label: text::say::<&str>(lang, &format!("target_group.{}", group.code()), &[]),
        })
        .collect()
}

/// `0217`
pub fn number(number: i64) -> String {
    format!("{number:04}")
}

pub async fn page(app: &App, lang: Lang, matches: Matches, held: &Held) -> AppResult<TicketPage> {
    let (row, fair) = (&held.row, &held.fair);
    let card = person::card(app.db.read(), &app.keys, fair.office_id, row.person_id).await?;
    let stage = times(fair).stage(fair.status, app.db.now());
    let came = row.first_in_at.map(|at| Arrival {
        at: at.to_rfc3339(),
        gate: row.first_gate.clone().unwrap_or_default(),
    });
    Ok(TicketPage {
        hosts: store::hosts(app.db.read(), fair.id).await?,
        base: held.base(),
        number: number(row.number),
        code: row.code.clone(),
        qr: qr::data_address(&ticket::address(app, &held.secret))?,
        name: card.name,
        tail: card.tail,
        groups: shown_groups(row),
        state: state(row),
        arrival: came,
        matches: (matches.of)(app.clone(), row.id, lang).await?,
        queues: (matches.queues)(app.clone(), row.id).await?,
        over: stage == Stage::Ended,
        fair: FairLine::from(fair),
        fresh: false,
        amended: false,
        queued: None,
    })
}

/// `not_arrived`, `inside` or `left`.
pub fn state(row: &registration::Model) -> &'static str {
    match (row.first_in_at, row.inside) {
        (_, true) => "inside",
        (Some(_), false) => "left",
        (None, false) => "not_arrived",
    }
}

/// Codes of the groups that may stand on a ticket, which others may look at.
fn shown_groups(row: &registration::Model) -> Vec<String> {
    let groups = ticket::groups(&row.groups);
    let shown = groups.into_iter().filter(|group| !group.is_sensitive());
    shown.map(TargetGroup::code).collect()
}

pub async fn mine(app: &App, lang: Lang, held: &Held) -> AppResult<MinePage> {
    let (row, fair) = (&held.row, &held.fair);
    let card = person::card(app.db.read(), &app.keys, fair.office_id, row.person_id).await?;
    let groups = shown_groups(row);
    let form = Form::filled([("wanted", row.wanted.clone())]);
    Ok(MinePage {
        base: held.base(),
        name: card.name,
        tail: card.tail,
        wanted: row.wanted.clone(),
        form: form.choose("groups", groups.clone()),
        groups,
        offered: offered(lang),
        registered_at: row.registered_at.to_rfc3339(),
        channel: row.channel.clone(),
        notices: notices::of(app, fair.office_id, lang).await?,
        fair: FairLine::from(fair),
        copy: Form::blank(),
    })
}

/// Everything that is kept of the holder, for the holder (个人信息保护法 45 条).
pub async fn copy(
    app: &App,
    lang: Lang,
    matches: Matches,
    held: &Held,
) -> AppResult<serde_json::Value> {
    let (row, fair) = (&held.row, &held.fair);
    let db = app.db.read();
    let scans = gate::scans_of(db, row.id).await?;
    let scans: Vec<_> = scans
        .into_iter()
        .map(|scan| {
            serde_json::json!({
                "direction": scan.direction,
                "result": scan.result,
                "gate": scan.gate,
                "at": scan.scanned_at,
            })
        })
        .collect();
    Ok(serde_json::json!({
        "person": person::own_data(db, &app.keys, fair.office_id, row.person_id).await?,
        "registration": {
            "fair": fair.title,
            "starts_at": fair.starts_at,
            "number": row.number,
            "code": row.code,
            "further_codes": store::codes_of(db, row.id).await?,
            "wanted": row.wanted,
            "groups": row.groups,
            "channel": row.channel,
            "registered_at": row.registered_at,
            "first_in_at": row.first_in_at,
            "first_gate": row.first_gate,
        },
        "gate": scans,
        "matches": (matches.of)(app.clone(), row.id, lang).await?,
        "queues": (matches.kept)(app.clone(), row.id).await?,
    }))
}
