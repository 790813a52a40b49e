//! Gathers what the pages of the desk show.
use super::pages::{
    ChannelCount, RegistrationLine, RegistrationPage, RegistrationsPage, ScanLine, SlipPage,
};
use crate::{
    domain::{group::TargetGroup, ticket::Secret},
    entity::{fair, registration},
    error::AppResult,
    person,
    platform::{App, form::Form, qr},
    seeker::{
        fairs::{self, FairLine},
        gate::{self, Entry, Found},
        holder,
        source::Channel,
        store::{self, WITHDRAWN},
        ticket,
    },
};

/// Lines of one page.
const PAGE: u64 = 50;

/// What the list was asked for.
pub struct Asked {
    pub channel: Option<Channel>,
    pub q: String,
    pub before: Option<i64>,
}

pub async fn list(app: &App, fair: &fair::Model, asked: Asked) -> AppResult<RegistrationsPage> {
    let channel = asked.channel.map(Channel::code).unwrap_or_default();
    let (mut rows, unclear) = match asked.q.as_str() {
        "" => {
            let only = asked.channel.map(Channel::code);
            let rows = store::page(app.db.read(), fair.id, only, asked.before, PAGE + 1);
            (rows.await?, false)
        }
        q => search(app, fair, q).await?,
    };
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let base = format!("/office/fairs/{}/registrations", fair.slug);
    let last = rows.last().filter(|_| more).map(|row| row.id);
    let counts = store::by_channel(app.db.read(), fair.id).await?;
    Ok(RegistrationsPage {
        total: counts.iter().map(|(_, count)| count).sum(),
        channels: counts
            .into_iter()
            .map(|(code, count)| ChannelCount {
                current: code == channel,
                code,
                count,
            })
            .collect(),
        next: last
            .map(|id| format!("{base}?channel={channel}&before={id}"))
            .unwrap_or_default(),
        first: match asked.before {
            Some(_) => format!("{base}?channel={channel}"),
            None => String::new(),
        },
        channel: channel.to_owned(),
        q: asked.q,
        unclear,
        lines: lines(app, fair, rows).await?,
        fair: FairLine::from(fair),
    })
}

/// By code, or by surname and last four digits; there is no browsing by name.
async fn search(
    app: &App,
    fair: &fair::Model,
    q: &str,
) -> AppResult<(Vec<registration::Model>, bool)> {
    let db = app.db.read();
    let (code, named) = match gate::entry(q) {
        Ok(Entry::Ticket(Found::Code(code, named))) => (Some(code), named),
        Ok(Entry::Tail { surname, tail }) => (None, Some((surname, tail))),
        Ok(Entry::Ticket(Found::Secret(secret))) => {
            let found = store::by_secret(db, fair.office_id, &secret).await?;
            let row = found
                .map(|(row, _)| row)
                .filter(|row| row.fair_id == fair.id);
            return Ok((row.into_iter().collect(), false));
        }
        Err(_) => return Ok((vec![], true)),
    };
    if let Some(code) = code
        && let Some(row) = store::by_code(db, fair.id, &code).await?
    {
        return Ok((vec![row], false));
    }
    let Some((surname, tail)) = named else {
        return Ok((vec![], false));
    };
    let people = person::ids_by_tail(db, &app.keys, fair.office_id, &surname, &tail).await?;
    Ok((store::of_people(db, fair.id, &people).await?, false))
}

async fn lines(
    app: &App,
    fair: &fair::Model,
    rows: Vec<registration::Model>,
) -> AppResult<Vec<RegistrationLine>> {
    let people: Vec<_> = rows.iter().map(|row| row.person_id).collect();
    let mut cards = person::cards(app.db.read(), &app.keys, fair.office_id, &people).await?;
    let mut line = |row: registration::Model| RegistrationLine {
        person: cards.remove(&row.person_id).unwrap_or_default(),
        groups: groups(&row),
        state: state(&row),
        number: holder::number(row.number),
        uid: row.uid,
        code: row.code,
        channel: row.channel,
        registered_at: row.registered_at.to_rfc3339(),
    };
    Ok(rows.into_iter().map(&mut line).collect())
}

fn state(row: &registration::Model) -> &'static str {
    match row.status.as_str() {
        WITHDRAWN => "withdrawn",
        _ => holder::state(row),
    }
}

/// Sealed groups are for a look with a reason, not for a list.
fn groups(row: &registration::Model) -> Vec<String> {
    let groups = ticket::groups(&row.groups);
    let shown = groups.into_iter().filter(|group| !group.is_sensitive());
    shown.map(TargetGroup::code).collect()
}

pub async fn one(
    app: &App,
    fair: &fair::Model,
    row: registration::Model,
) -> AppResult<RegistrationPage> {
    let db = app.db.read();
    let names = store::names_behind(db, &row).await?;
    let scans = gate::scans_of(db, row.id).await?;
    let scans = scans.into_iter().map(|scan| ScanLine {
        at: scan.scanned_at.to_rfc3339(),
        gate: scan.gate,
        result: scan.reason.unwrap_or(scan.result),
        offline: scan.offline,
    });
    Ok(RegistrationPage {
        wanted: row.wanted.clone(),
        by: names.by,
        community: names.community,
        place: names.place,
        scans: scans.collect(),
        others: store::holds_another(db, row.person_id, row.id).await?,
        codes: store::codes_of(db, row.id).await?,
        flash: None,
        form: Form::blank(),
        line: lines(app, fair, vec![row]).await?.remove(0),
        fair: FairLine::from(fair),
    })
}

/// The printed ticket of somebody at the desk.
pub async fn slip(
    app: &App,
    fair: &fair::Model,
    row: registration::Model,
    secret: &Secret,
) -> AppResult<SlipPage> {
    let card = person::card(app.db.read(), &app.keys, fair.office_id, row.person_id).await?;
    Ok(SlipPage {
        number: holder::number(row.number),
        qr: qr::svg(&ticket::address(app, secret))?,
        uid: row.uid,
        code: row.code,
        name: card.name,
        tail: card.tail,
        gates: fairs::gates(fair),
        fair: FairLine::from(fair),
    })
}
