//! What this capability adds to the ledger's shared door and pages, for each of its kinds.
use super::{
    commands::{self, By, Report},
    form::{self, Raw},
    place,
    routes::CLERKS,
    store,
};
use crate::{
    case::{Asked, FactLine, ListLine, OfKind, Opening, door},
    domain::{
        case::{Channel, Kind},
        fault::Faults,
        id::{CaseId, PersonId},
    },
    entity::{case, request},
    error::{AppError, AppResult},
    person::{self, Card},
    platform::{App, once::Done, text, text::Lang},
};
use serde_json::Value;
use std::collections::HashMap;

/// The five kinds that residents, grid workers and deputies bring.
pub const HOOKS: [OfKind; 5] = [
    of(Kind::ResidentRequest),
    of(Kind::PatrolFinding),
    of(Kind::Mediation),
    of(Kind::Suggestion),
    of(Kind::Mailbox),
];

const fn of(kind: Kind) -> OfKind {
    OfKind {
        kind,
        open: |app, opening| Box::pin(async move { open(&app, opening).await }),
        facts: |app, asked| Box::pin(async move { facts(&app, asked).await }),
        lines: |app, asked, cases| Box::pin(async move { lines(&app, asked, &cases).await }),
    }
}

async fn open(app: &App, opening: Opening) -> AppResult<Done<String>> {
    let office = opening.actor.office;
    let raw: Raw = serde_json::from_value(Value::Object(opening.fields)).map_err(|error| {
        AppError::unprocessable("wrong_shape").param("where", error.to_string())
    })?;
    let mut faults = Faults::new();
    let read = form::read(&raw, opening.kind, Channel::Api, &mut faults);
    let place = place::resolve(app.db.read(), office, &raw, &mut faults).await?;
    let (read, place) = faults.into_result(read.zip(place))?;
    let by = door::acting(app.db.read(), &opening.actor).await?;
    let report = Report {
        office,
        read,
        place,
        uploads: Vec::new(),
        by: By::Staff(opening.actor.account, by),
        row_hash: None,
    };
    commands::report(app, report, opening.once).await
}

/// Who it concerns, masked: `张** 8000`, or that nobody left a name.
fn who(lang: Lang, card: Option<&Card>) -> String {
    let said = |key: &str| text::say::<&str>(lang, key, &[]);
    match card {
        Some(card) if card.erased => said("person.erased"),
        Some(card) if card.name.is_empty() && card.tail.is_empty() => said("intake.unnamed"),
        Some(card) if card.name.is_empty() => format!("{} {}", said("intake.nameless"), card.tail),
        Some(card) => format!("{} {}", card.name, card.tail).trim().to_owned(),
        None => String::new(),
    }
}

async fn facts(app: &App, asked: Asked) -> AppResult<Vec<FactLine>> {
    let (db, lang) = (app.db.read(), asked.lang);
    let case = crate::case::store::find(db, asked.office, asked.case).await?;
    let request = store::request(db, asked.case).await?;
    let state = crate::case::store::state(&case)?;
    let line = |key: &str, value: String, href: Option<String>| FactLine {
        label: text::say::<&str>(lang, &format!("intake.fact.{key}"), &[]),
        value,
        href,
    };
    let mut lines = Vec::new();
    if let (true, Some(person)) = (asked.reader.is_office(), state.person) {
        let card = person::card(db, &app.keys, asked.office, person).await?;
        let opens = asked
            .role
            .is_some_and(|role| person::OPENERS.contains(&role))
            && !card.erased;
        let href = opens.then(|| format!("/office/persons/{}", card.uid));
        lines.push(line("reporter", who(lang, Some(&card)), href));
    }
    let Some(request) = request else {
        return Ok(lines);
    };
    lines.push(line("channel", channel(lang, &request), None));
    if let Some(site) = request.site_id {
        let site = store::site(db, asked.office, site).await?;
        lines.extend(site.map(|site| line("site", site.name, None)));
    }
    if asked.reader.is_office() {
        let from = request.source.as_ref().zip(request.source_ref.as_ref());
        lines.extend(
            from.map(|(source, number)| line("source", format!("{source} {number}"), None)),
        );
        // Nobody follows what nobody reported.
        let follows = state.person.is_some();
        if follows && asked.role.is_some_and(|role| CLERKS.contains(&role)) {
            let slip = format!("/cases/{}/slip", case.number);
            let print = text::say::<&str>(lang, "intake.slip.print", &[]);
            lines.push(line("slip", print, Some(slip)));
        }
    }
    Ok(lines)
}

fn channel(lang: Lang, request: &request::Model) -> String {
    let name = crate::case::words::code(lang, "Channel", request.channel.code());
    if request.on_behalf {
        let behalf = text::say::<&str>(lang, "intake.on_behalf_short", &[]);
        format!("{name} · {behalf}")
    } else {
        name
    }
}

async fn lines(app: &App, asked: Asked, cases: &[CaseId]) -> AppResult<HashMap<CaseId, ListLine>> {
    let db = app.db.read();
    let rows: Vec<case::Model> = crate::case::store::many(db, asked.office, cases).await?;
    let mut people: HashMap<CaseId, PersonId> = HashMap::new();
    for row in &rows {
        if let Some(person) = crate::case::store::state(row)?.person {
            people.insert(row.id, person);
        }
    }
    let ids: Vec<PersonId> = people.values().copied().collect();
    let cards = person::cards(db, &app.keys, asked.office, &ids).await?;
    let requests = store::requests(db, cases).await?;
    let lines = requests.iter().map(|request| {
        let card = people.get(&request.case_id).and_then(|id| cards.get(id));
        let line = ListLine {
            who: who(asked.lang, card),
            source: channel(asked.lang, request),
            ..ListLine::default()
        };
        (request.case_id, line)
    });
    Ok(lines.collect())
}
