//! What stands beside the timeline: both clocks, the units the case went through, the cases it
//! belongs to, its people.
use super::{
    door::Sight,
    pages::{ClockLine, HandOver, LinkLine, PartyLine, Working},
    store::{self, People},
    view, words,
};
use crate::{
    domain::{
        calendar::{Calendar, Term as Length, Unit, Why, workings},
        case::{Actor, CaseState, ClockKind, Deadline, Part},
        id::PersonId,
    },
    entity::case,
    error::AppResult,
    person,
    platform::{
        App,
        text::{self, Lang},
    },
    rulebook::Book,
};
use chrono::{DateTime, TimeDelta, Utc};

/// Minutes of a working day, when a clock counts office hours.
const WORK_DAY: i64 = 7 * 60;
/// Days that a working-out shows at most.
const MOST_DAYS: usize = 200;

/// `2 个工作日 3 小时` in office hours, `2 天 3 小时` round the clock.
fn span(lang: Lang, calendar: &Calendar, time: TimeDelta) -> String {
    let round_the_clock = calendar.name() == "always";
    let day = if round_the_clock { 24 * 60 } else { WORK_DAY };
    let minutes = time.num_minutes().max(0);
    let (days, rest) = (minutes / day, minutes % day);
    let piece = |key: &str, n: i64| text::say(lang, key, &[("n", n.to_string())]);
    let mut said = Vec::new();
    if days > 0 {
        let key = if round_the_clock {
            "case.span.days"
        } else {
            "case.span.workdays"
        };
        said.push(piece(key, days));
    }
    if rest >= 60 {
        said.push(piece("case.span.hours", rest / 60));
    }
    if said.is_empty() {
        said.push(piece("case.span.minutes", rest));
    }
    said.join(" ")
}

/// 居民时钟与单位时钟: spent and left in the time each counts, as long as somebody waits.
pub fn clocks(lang: Lang, now: DateTime<Utc>, state: &CaseState, book: &Book) -> Vec<ClockLine> {
    let running = |clock| {
        let segments = state.clocks.segments().iter();
        segments
            .filter(|one| one.clock == clock)
            .any(|one| one.stop.is_none())
    };
    let line = |clock: ClockKind, name: &str| {
        let begun = state.clocks.segments().iter().any(|one| one.clock == clock);
        let due = state.deadline(clock).filter(|_| begun)?;
        let calendar = book.calendars().get(&due.calendar);
        let spent = state.clocks.elapsed(clock, calendar, now);
        let left = calendar.elapsed(now, due.at);
        let runs = running(clock);
        let (key, tone) = match (runs, left < TimeDelta::zero()) {
            (true, true) => ("case.clock_over", "late"),
            (true, false) if left < TimeDelta::minutes(WORK_DAY) => ("case.clock_left", "soon"),
            (true, false) => ("case.clock_left", ""),
            (false, _) => ("case.clock_stopped", ""),
        };
        let span_left = span(lang, calendar, left.abs());
        Some(ClockLine {
            label: words::say(lang, name),
            spent: text::say(
                lang,
                "case.clock_spent",
                &[("span", span(lang, calendar, spent))],
            ),
            left: text::say(lang, key, &[("span", span_left)]),
            tone,
            running: runs,
        })
    };
    let lines = [
        line(ClockKind::Citizen, "case.citizen_clock"),
        line(ClockKind::Unit, "case.unit_clock"),
    ];
    lines.into_iter().flatten().collect()
}

/// 逐日推算: why a deadline by rule is the day it is.
pub fn working(lang: Lang, due: &Deadline, book: &Book) -> Vec<Working> {
    let Some((from, term)) = due.term else {
        return Vec::new();
    };
    let calendar = book.calendars().get(&due.calendar);
    let mut lines: Vec<_> = workings(calendar, from, term)
        .into_iter()
        .take(MOST_DAYS)
        .map(|line| Working {
            day: words::weekday(lang, line.date),
            why: why(
                lang,
                line.why,
                line.provisional,
                line.minutes > 0 || line.counted,
            ),
            counts: counts(lang, term, line.number, line.minutes),
            counted: line.counted,
        })
        .collect();
    if let Some(first) = lines.first_mut()
        && !first.counted
    {
        first.counts = words::say(lang, "case.working.first");
    }
    lines
}

fn why(lang: Lang, why: Why, provisional: bool, worked: bool) -> String {
    let occasion = |occasion: crate::domain::calendar::days::Occasion| {
        words::say(lang, &format!("desk.occasion.{}", occasion.code()))
    };
    let said = match why {
        Why::Week if worked => words::say(lang, "case.working.week"),
        Why::Week => words::say(lang, "case.working.rest"),
        Why::Holiday(of) => text::say(lang, "case.working.holiday", &[("occasion", occasion(of))]),
        Why::MovedWork(of) => text::say(lang, "case.working.moved", &[("occasion", occasion(of))]),
        Why::Office => words::say(lang, "case.working.office"),
    };
    if provisional {
        format!("{said}{}", words::say(lang, "case.working.provisional"))
    } else {
        said
    }
}

fn counts(lang: Lang, term: Length, number: Option<u32>, minutes: i64) -> String {
    match (number, term.unit) {
        (Some(n), _) => text::say(lang, "case.working.nth", &[("n", n.to_string())]),
        (None, Unit::WorkMinutes) if minutes > 0 => {
            text::say(lang, "case.span.minutes", &[("n", minutes.to_string())])
        }
        _ => String::new(),
    }
}

/// 流转单位: the units the case went through, with the working time each had it.
pub fn hand_overs(
    lang: Lang,
    now: DateTime<Utc>,
    state: &CaseState,
    people: &People,
    book: &Book,
) -> Vec<HandOver> {
    let office = book.calendars().office();
    let name = |unit| {
        people
            .units
            .get(&unit)
            .map_or_else(String::new, |(name, _)| name.clone())
    };
    let mut lines = Vec::new();
    let last = state.dispatches.len();
    for (at, dispatch) in state.dispatches.iter().enumerate() {
        let Some(lead) = dispatch.lead else { continue };
        let had: TimeDelta = state
            .clocks
            .segments()
            .iter()
            .filter(|one| one.clock == ClockKind::Unit && one.dispatch_no == dispatch.no)
            .map(|one| office.elapsed(one.start, one.stop.unwrap_or(now).max(one.start)))
            .sum();
        let current = at + 1 == last && state.lead() == Some(lead);
        let end = match (
            dispatch.objected_at,
            dispatch.submitted_at,
            dispatch.signed_at,
        ) {
            (Some(_), ..) => "case.unit.objected",
            (_, Some(_), _) => "case.unit.submitted",
            (_, _, Some(_)) if current => "case.unit.signed",
            _ if current => "case.unit.waiting",
            _ => "case.unit.passed_on",
        };
        let holes = [
            ("since", words::moment(lang, dispatch.at)),
            ("span", span(lang, office, had)),
            ("end", words::say(lang, end)),
        ];
        lines.push(HandOver {
            unit: name(lead),
            role: words::say(lang, "case.unit.lead"),
            note: text::say(lang, "case.unit.note", &holes),
            now: current,
        });
        lines.extend(dispatch.co_units.iter().map(|unit| HandOver {
            unit: name(*unit),
            role: words::say(lang, "case.unit.co"),
            note: String::new(),
            now: current,
        }));
    }
    lines
}

/// 关联办件: those the reader may see.
pub async fn links(
    app: &App,
    lang: Lang,
    sight: Sight,
    case: &case::Model,
) -> AppResult<Vec<LinkLine>> {
    let found = store::forms::links(app.db.read(), case.office_id, sight, case.id).await?;
    Ok(found
        .into_iter()
        .map(|link| {
            let end = if link.out { "out" } else { "in" };
            let other = link.other;
            let at = (other.stage, other.step, other.outcome);
            LinkLine {
                label: words::say(lang, &format!("case.link.{}.{end}", link.relation)),
                href: format!("/cases/{}", other.number),
                state: words::state(lang, other.kind, at),
                tone: words::tone(other.stage, other.outcome),
                number: other.number,
                title: other.title,
            }
        })
        .collect())
}

/// Parts that have to reach the people of a case.
const REACHES: &[Part] = &[
    Part::Clerk,
    Part::Handler,
    Part::CoHandler,
    Part::UnitLeader,
    Part::Mediator,
    Part::Verifier,
    Part::Secretary,
    Part::PlacementOfficer,
];

/// Whether an actor may open a telephone number of a case, with a reason that is kept.
pub fn may_reach(actor: &Actor, state: &CaseState) -> bool {
    let parts = actor.parts(state.kind, Some(state), None);
    REACHES.iter().any(|part| parts.has(*part))
}

/// 当事人: masked, each with his part; the page of a person is for who may open it.
pub async fn people(
    app: &App,
    lang: Lang,
    (case, state): (&case::Model, &CaseState),
    actor: &Actor,
) -> AppResult<Vec<PartyLine>> {
    let db = app.db.read();
    let parties = store::rows::parties_of(db, case.id).await?;
    let ids: Vec<PersonId> = parties.iter().filter_map(|party| party.person_id).collect();
    let cards = person::cards(db, &app.keys, case.office_id, &ids).await?;
    let opens = actor
        .role
        .is_some_and(|role| person::OPENERS.contains(&role));
    let reach = may_reach(actor, state);
    let (mut seen, mut lines) = (Vec::new(), Vec::new());
    // Who was only named comes after who was invited.
    let (named, others): (Vec<_>, Vec<_>) = parties.iter().partition(|one| one.role == "named");
    for party in others.into_iter().chain(named) {
        let Some(person) = party.person_id else {
            continue;
        };
        // Somebody who reported twice what was merged is there once.
        let (Some(card), false) = (cards.get(&person), seen.contains(&person)) else {
            continue;
        };
        seen.push(person);
        let there = !card.erased;
        lines.push(PartyLine {
            id: party.id,
            person: person.to_string(),
            role: words::say(lang, &format!("case.party.{}", party.role)),
            name: if there {
                words::masked(lang, &card.name, &card.tail)
            } else {
                words::say(lang, "person.erased")
            },
            href: (opens && there).then(|| format!("/office/persons/{}", card.uid)),
            reveal: reach && !opens && there,
            opened: None,
        });
    }
    Ok(lines)
}

/// The deadlines of a case with their working-out.
pub fn dues(
    lang: Lang,
    now: DateTime<Utc>,
    state: &CaseState,
    book: &Book,
) -> Vec<super::pages::DueLine> {
    let mut lines = view::dues(lang, now, state);
    for (line, clock) in lines.iter_mut().zip(view::due_clocks(state)) {
        if let Some(due) = state.deadline(clock) {
            line.workings = working(lang, due, book);
        }
    }
    lines
}
