//! Gathers what the pages of a gate show.
use super::{
    answer::{self, Answer, FirstSeen},
    decide::{Reason, Verdict},
    pages::{Candidate, Counts, First, GatePage, HolderView, Scanner, VerdictView},
    shell, store,
};
use crate::{
    domain::{contact::PersonName, group::TargetGroup, ticket::Code},
    entity::{fair, registration},
    error::AppResult,
    person,
    platform::{App, form::Form, page::View},
    seeker::{
        fairs::{self, FairLine},
        holder::{number, state},
        store as registrations,
    },
};
use sea_orm::Iterable;

/// The page of a gate with nothing scanned yet.
pub async fn gate(app: &App, fair: &fair::Model, gate: Option<String>) -> AppResult<GatePage> {
    let db = app.db.read();
    let fresh = registrations::fair_by_id(db, fair.office_id, fair.id).await?;
    let fair = fresh.as_ref().unwrap_or(fair);
    let here = match &gate {
        Some(gate) => store::arrived_at(db, fair.id, gate).await?,
        None => 0,
    };
    let arrived = store::arrived(db, fair.id).await?;
    Ok(GatePage {
        counts: Counts {
            arrived: i64::try_from(arrived).unwrap_or(i64::MAX),
            here: i64::try_from(here).unwrap_or(i64::MAX),
            inside: fair.inside,
            capacity: fair.capacity,
            registered: fair.registered,
        },
        fair: FairLine::from(fair),
        gates: fairs::gates(fair),
        gate,
        verdict: None,
        candidates: vec![],
        nobody: false,
        form: Form::blank(),
        scanner: None,
    })
}

/// The page with what the scripts of the scanner need, once it is known where it stands.
pub fn with_scanner(app: &App, view: &View, page: GatePage) -> AppResult<GatePage> {
    if page.gate.is_none() {
        return Ok(page);
    }
    let shown = TargetGroup::iter().filter(|group| !group.is_sensitive());
    let words = shown.map(|group| {
        let words = view.say::<&str>(&format!("target_group.{}", group.code()), &[]);
        (group.code(), words)
    });
    let scanner = Scanner {
        safe: app.settings.trusted(),
        decoder: shell::decoder()?,
        groups: words.collect(),
    };
    Ok(GatePage {
        scanner: Some(scanner),
        ..page
    })
}

/// The gate that is meant: the only one, or the one that was chosen.
pub fn chosen(fair: &fair::Model, asked: &str) -> Option<String> {
    let mut gates = fairs::gates(fair);
    match gates.len() {
        1 => gates.pop(),
        _ => gates.into_iter().find(|gate| gate == asked),
    }
}

/// The verdict on what was typed, if it was a code.
pub fn verdict(answer: Answer, code: Option<Code>) -> VerdictView {
    let unknown = answer.verdict == Verdict::Refused(Reason::Unknown);
    let (key, tone) = match answer.verdict {
        Verdict::Admitted { again: false } => ("admitted", "ok"),
        Verdict::Admitted { again: true } => ("again", "ok"),
        Verdict::Left => ("left", "ok"),
        Verdict::AlreadyIn => ("already_in", "warn"),
        Verdict::Refused(reason) => (reason.code(), "bad"),
    };
    VerdictView {
        key: key.into(),
        tone,
        person: answer.person.map(view),
        first: answer.first_seen.map(first),
        blank: code.filter(|_| unknown).map(Code::into_string),
    }
}

fn first(seen: FirstSeen) -> First {
    First {
        gate: seen.gate,
        at: seen.at.to_rfc3339(),
    }
}

fn view(holder: answer::Holder) -> HolderView {
    HolderView {
        name: holder.masked_name,
        number: number(holder.number),
        code: holder.code,
        groups: holder.groups.into_iter().map(TargetGroup::code).collect(),
    }
}

/// A registration as a button to press.
pub async fn candidate(
    app: &App,
    fair: &fair::Model,
    row: registration::Model,
) -> AppResult<Candidate> {
    Ok(Candidate {
        state: state(&row),
        first: FirstSeen::of(&row).map(first),
        holder: view(answer::holder(app, fair.office_id, row).await?),
    })
}

/// Who is registered with that surname and those last four digits.
pub async fn by_tail(
    app: &App,
    fair: &fair::Model,
    (surname, tail): (&PersonName, &str),
) -> AppResult<Vec<Candidate>> {
    let db = app.db.read();
    let people = person::ids_by_tail(db, &app.keys, fair.office_id, surname, tail).await?;
    let rows = registrations::of_people(db, fair.id, &people).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push(candidate(app, fair, row).await?);
    }
    Ok(found)
}
