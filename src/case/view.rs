//! A case as a reader sees it: the loop, the timeline, the deadlines. Also for the pages of
//! capabilities above, such as a seeker's ticket.
use super::{
    door::Reader,
    files,
    hook::FactLine,
    pages::{DueLine, Entry, LoopStep, Picture},
    store::{self, People},
    words::{self, Term},
};
use crate::{
    domain::{
        calendar::instant,
        case::{
            Action, CaseState, ClockKind, Code, Command, Event, FieldSpec, FollowUpKind, Kind,
            Shape, Stage, Who,
        },
        id::PersonId,
    },
    entity::{case, case_event, case_file},
    error::AppResult,
    person,
    platform::{App, text::Lang},
    rulebook::{self, Book},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the pages of a case have in common.
pub struct Overview {
    pub state: CaseState,
    /// Where it stands, in words, and the tone of their chip.
    pub words: String,
    pub tone: &'static str,
    pub due: Option<Term>,
    pub steps: Vec<LoopStep>,
    /// Oldest first, as far as the reader may see it.
    pub timeline: Vec<Entry>,
    pub people: People,
    /// The rules of the office as they are now.
    pub book: Book,
}

/// Everything about a case but its kind's details. `files_at` is the address below which the
/// reader gets its pictures, such as `/cases/JD-2026-000001/files`.
pub async fn overview(
    app: &App,
    lang: Lang,
    reader: Reader,
    case: &case::Model,
    files_at: &str,
) -> AppResult<Overview> {
    let db = app.db.read();
    let state = store::state(case)?;
    let people = store::people(db, case.office_id).await?;
    let mut rows = store::events(db, case.id).await?;
    // What came after the row was read is not part of it.
    rows.retain(|row| row.seq <= case.seq);
    let texts = store::texts_of(db, &app.keys, case.id).await?;
    let pictures = files::of_case(db, case.id).await?;
    let events: Vec<Event> = rows.iter().map(store::event).collect::<AppResult<_>>()?;
    let book = Book::load(db, case.office_id, app.db.now()).await?;
    let told = Told {
        book: &book,
        lang,
        reader,
        kind: case.kind,
        people: &people,
        parties: parties(app, lang, reader, case).await?,
    };
    let mut timeline = Vec::new();
    for (row, event) in rows.iter().zip(&events) {
        if !reader.sees(event.visibility, event.who) {
            continue;
        }
        let said = row.text_id.and_then(|id| texts.get(&id));
        let mut entry = told.entry(row, event, said)?;
        entry.files = shown(&pictures, row.seq, lang, files_at);
        timeline.push(entry);
    }
    if let Some(last) = timeline.last_mut().filter(|_| state.stage.is_open()) {
        last.tone = "now";
    }
    let now = app.db.now();
    let due = state
        .running_due()
        .map(|(_, due)| words::term(lang, now, due.at));
    let at = (state.stage, state.step, state.outcome);
    Ok(Overview {
        words: words::state(lang, state.kind, at),
        tone: words::tone(state.stage, state.outcome),
        steps: steps(lang, &state, &events, due.as_ref()),
        due,
        timeline,
        people,
        book,
        state,
    })
}

fn shown(pictures: &[case_file::Model], seq: i64, lang: Lang, at: &str) -> Vec<Picture> {
    let of_event = pictures.iter().filter(|file| file.event_seq == seq);
    of_event
        .enumerate()
        .map(|(n, file)| Picture {
            href: format!("{at}/{}", file.file_id),
            alt: crate::platform::text::say(lang, "case.file", &[("n", (n + 1).to_string())]),
            side: match file.role.as_str() {
                "before" | files::PUBLIC_BEFORE => "before",
                "after" | files::PUBLIC_AFTER => "after",
                _ => "",
            },
        })
        .collect()
}

struct Told<'a> {
    book: &'a Book,
    lang: Lang,
    reader: Reader,
    kind: Kind,
    people: &'a People,
    /// Those of a mediation, masked.
    parties: BTreeMap<PersonId, String>,
}

/// Who takes part in a mediation, for the office to read which of them did what.
async fn parties(
    app: &App,
    lang: Lang,
    reader: Reader,
    case: &case::Model,
) -> AppResult<BTreeMap<PersonId, String>> {
    if !reader.is_office() || case.kind != Kind::Mediation {
        return Ok(BTreeMap::new());
    }
    let db = app.db.read();
    let parties = store::rows::parties_of(db, case.id).await?;
    let ids: Vec<PersonId> = parties.iter().filter_map(|party| party.person_id).collect();
    let cards = person::cards(db, &app.keys, case.office_id, &ids).await?;
    let name = |card: &person::Card| {
        if card.erased {
            words::say(lang, "person.erased")
        } else {
            words::masked(lang, &card.name, &card.tail)
        }
    };
    Ok(cards.iter().map(|(id, card)| (*id, name(card))).collect())
}

/// Fields that say nothing to a reader.
const SILENT: &[&str] = &["visibility", "consent_version", "reporter"];

impl Told<'_> {
    fn entry(
        &self,
        row: &case_event::Model,
        event: &Event,
        said: Option<&BTreeMap<String, String>>,
    ) -> AppResult<Entry> {
        let data = serde_json::to_value(&event.payload.data)?;
        let fields = Command::fields(self.kind, event.action).unwrap_or_default();
        let (mut lines, mut text) = (Vec::new(), String::new());
        for field in fields.iter().filter(|field| !SILENT.contains(&field.name)) {
            let words = said.and_then(|said| said.get(field.name));
            if let (Some(words), "text") = (words, field.name) {
                text.clone_from(words);
                continue;
            }
            let value = match words {
                Some(words) => Some(words.clone()),
                None => self.value(field, data.get(field.name)),
            };
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                lines.push(FactLine {
                    label: words::told(self.lang, event.action, field),
                    href: self.link(field, &value),
                    value,
                });
            }
        }
        if let (Some(due), None) = (&event.payload.then.unit_due, data.get("due_at")) {
            lines.push(FactLine {
                label: clock(self.lang, self.kind, ClockKind::Unit),
                value: words::moment(self.lang, due.at),
                href: None,
            });
        }
        Ok(Entry {
            seq: row.seq,
            title: words::did(self.lang, self.kind, event.action),
            by: self.by(event),
            at: event.at.to_rfc3339(),
            lines,
            text,
            redacted: row.text_id.is_some() && said.is_none(),
            files: Vec::new(),
            tone: "ok",
            internal: event.visibility == crate::domain::case::Visibility::Internal,
        })
    }

    /// Part, unit and, for the office, the name of the member of staff. People stay unnamed.
    fn by(&self, event: &Event) -> String {
        let mut said = vec![words::part(self.lang, event.part)];
        let unit = event.unit.and_then(|unit| self.people.units.get(&unit));
        said.extend(unit.map(|(name, _)| name.clone()));
        if let (Reader::Office, Who::Account(account)) = (self.reader, event.who) {
            let named = self.people.accounts.get(&account);
            said.extend(named.map(|(name, _)| name.clone()));
        }
        // An account may be called as its part is.
        said.dedup();
        if said.len() == 3 && said.first() == said.last() {
            said.pop();
        }
        capital(&said.join(" · "))
    }

    fn link(&self, field: &FieldSpec, value: &str) -> Option<String> {
        let case = matches!(field.shape, Shape::Case) && self.reader.is_office();
        case.then(|| format!("/cases/{value}"))
    }

    fn value(&self, field: &FieldSpec, value: Option<&Value>) -> Option<String> {
        let value = value?;
        let text = || value.as_str().map(str::to_owned);
        match field.shape {
            Shape::Choice(list, _) => Some(words::code(self.lang, list, value.as_str()?)),
            Shape::Choices(list, _) => {
                Some(self.joined(value, |code| words::code(self.lang, list, code)))
            }
            Shape::Yes => self.yes(field, value.as_bool()?),
            Shape::Number => Some(value.as_i64()?.to_string()),
            Shape::Numbers => Some(numbers(value)),
            Shape::Date => {
                let day: NaiveDate = value.as_str()?.parse().ok()?;
                Some(words::day(self.lang, day))
            }
            Shape::Time => {
                let at: DateTime<Utc> = value.as_str()?.parse().ok()?;
                Some(words::moment(self.lang, at))
            }
            Shape::Id("unit" | "account" | "area") => self.name(field.shape, value.as_str()?),
            Shape::Id("person") => self.party(value.as_str()?),
            Shape::Ids("person") => {
                Some(self.joined(value, |id| self.party(id).unwrap_or_default()))
            }
            Shape::Ids("unit") => Some(self.joined(value, |id| {
                self.name(Shape::Id("unit"), id).unwrap_or_default()
            })),
            Shape::Code if field.name == "category" => {
                let code = value.as_str()?;
                let name = self.book.category(code);
                Some(
                    name.map_or(code, |one| rulebook::name(self.lang, one))
                        .to_owned(),
                )
            }
            Shape::Case | Shape::Code => text(),
            _ => None,
        }
    }

    /// A tick says something when it is there; whether somebody was reached, always.
    fn yes(&self, field: &FieldSpec, ticked: bool) -> Option<String> {
        let key = if ticked { "case.yes" } else { "case.no" };
        (ticked || field.name == "reached").then(|| words::say(self.lang, key))
    }

    fn party(&self, id: &str) -> Option<String> {
        self.parties.get(&PersonId(id.parse().ok()?)).cloned()
    }

    fn joined(&self, value: &Value, word: impl Fn(&str) -> String) -> String {
        let items = value.as_array().into_iter().flatten();
        let items = items.filter_map(Value::as_str).map(word);
        let items: Vec<_> = items.filter(|one| !one.is_empty()).collect();
        items.join(words::comma(self.lang))
    }

    fn name(&self, shape: Shape, id: &str) -> Option<String> {
        let id: i64 = id.parse().ok()?;
        match shape {
            Shape::Id("unit") => self
                .people
                .units
                .get(&crate::domain::id::UnitId(id))
                .map(|u| u.0.clone()),
            Shape::Id("area") => self
                .people
                .areas
                .get(&crate::domain::id::AreaId(id))
                .cloned(),
            _ if self.reader.is_office() => {
                let account = crate::domain::id::AccountId(id);
                self.people.accounts.get(&account).map(|a| a.0.clone())
            }
            _ => None,
        }
    }
}

/// As a line begins: parts are called as they stand within a sentence.
fn capital(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// One a line, as the options they belong to.
fn numbers(value: &Value) -> String {
    let items = value.as_array().into_iter().flatten();
    let items: Vec<_> = items.map(ToString::to_string).collect();
    items.join("\n")
}

/// What a deadline is called.
pub fn clock(lang: Lang, kind: Kind, clock: ClockKind) -> String {
    let own = format!("case.clock.{kind}.{}", clock.code());
    crate::platform::text::find::<&str>(lang, &own, &[])
        .unwrap_or_else(|| words::code(lang, "ClockKind", clock.code()))
}

/// The four steps: when each was reached, where the case stands, how long is left.
fn steps(lang: Lang, state: &CaseState, events: &[Event], due: Option<&Term>) -> Vec<LoopStep> {
    let at = standing(state, events);
    let stopped = at <= 4 && !state.stage.is_open();
    let words = match state.kind {
        Kind::EmploymentMatch => "common.loop_match",
        _ => "common.loop",
    };
    (1..=4)
        .map(|n| {
            let reached = events.iter().find(|event| reaches(event.to, n));
            let reached = reached.map(|event| words::moment(lang, event.at));
            let closed = state.times.closed.map(|at| words::moment(lang, at));
            let (mark, note) = match n {
                _ if n > at => ("todo", None),
                4 if at > 4 => ("done", closed),
                _ if n < at => ("done", reached),
                _ if stopped => ("stopped", None),
                _ => ("now", due.map(|due| promised(lang, due)).or(reached)),
            };
            LoopStep {
                label: words::say(lang, &format!("{words}.{n}")),
                note: note.unwrap_or_default(),
                state: mark,
            }
        })
        .collect()
}

/// The four steps of a case as everybody sees them: without times.
pub fn plain_steps(lang: Lang, kind: Kind, stage: Stage) -> Vec<LoopStep> {
    let at = if stage == Stage::Closed {
        5
    } else {
        phase(stage).unwrap_or(1)
    };
    let words = match kind {
        Kind::EmploymentMatch => "common.loop_match",
        _ => "common.loop",
    };
    let mark = |n: usize| match n.cmp(&at) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "todo",
    };
    (1..=4)
        .map(|n| LoopStep {
            label: words::say(lang, &format!("{words}.{n}")),
            note: String::new(),
            state: mark(n),
        })
        .collect()
}

/// `剩 3 小时`, or the day by which it has to be done.
fn promised(lang: Lang, due: &Term) -> String {
    if due.tone.is_empty() {
        crate::platform::text::say(lang, "case.by", &[("at", due.text.as_str())])
    } else {
        due.text.clone()
    }
}

/// Which step an open stage belongs to.
fn phase(stage: Stage) -> Option<usize> {
    use crate::domain::case::Phase;
    let open = stage.is_open() || stage == Stage::Closed;
    open.then(|| match stage.phase() {
        Phase::Reported => 1,
        Phase::Dispatching => 2,
        Phase::Handling => 3,
        Phase::Closing => 4,
    })
}

fn reaches(stage: Stage, n: usize) -> bool {
    phase(stage).is_some_and(|phase| phase >= n)
}

/// The step a case stands on; five when it went through all of them.
fn standing(state: &CaseState, events: &[Event]) -> usize {
    let finished = state.kind != Kind::EmploymentMatch
        || state.outcome == Some(crate::domain::case::Outcome::PlacedVerified);
    match (state.stage, phase(state.stage)) {
        (Stage::Closed, _) if finished => 5,
        (stage, Some(phase)) if stage.is_open() => phase,
        _ => events
            .iter()
            .rev()
            .filter_map(|event| event.from.filter(|from| from.is_open()))
            .find_map(phase)
            .unwrap_or(1),
    }
}

/// The clocks whose deadlines still matter, the running one first.
pub fn due_clocks(state: &CaseState) -> Vec<ClockKind> {
    let running = state.running_due().map(|(clock, _)| clock);
    let open = state.stage.is_open();
    let handed = matches!(state.stage, Stage::Dispatched | Stage::Handling);
    let matters = |clock| match clock {
        ClockKind::Accept => state.stage == Stage::Registered,
        // Nobody is told of a finding that nobody reported.
        ClockKind::Response => open && state.times.responded.is_none() && state.person.is_some(),
        ClockKind::Citizen => open && state.stage != Stage::Suspended,
        ClockKind::Unit => handed,
    };
    let mut clocks = ClockKind::ALL.to_vec();
    clocks.retain(|clock| matters(*clock) && state.deadline(*clock).is_some());
    clocks.sort_by_key(|clock| Some(*clock) != running);
    clocks
}

/// Deadlines that still matter.
pub fn dues(lang: Lang, now: DateTime<Utc>, state: &CaseState) -> Vec<DueLine> {
    due_clocks(state)
        .into_iter()
        .filter_map(|which| {
            let due = state.deadline(which)?;
            Some(DueLine {
                label: clock(lang, state.kind, which),
                term: words::term(lang, now, due.at),
                note: if due.provisional {
                    words::say(lang, "case.provisional")
                } else {
                    String::new()
                },
                workings: Vec::new(),
            })
        })
        .collect()
}

/// 后续回访, with what came of each.
pub fn follow_ups(lang: Lang, now: DateTime<Utc>, state: &CaseState) -> Vec<DueLine> {
    let over = state.kind == Kind::Mediation && state.stage == Stage::Closed;
    let line = |follow: &crate::domain::case::FollowUp| {
        let on = words::day(lang, follow.due_on);
        let done = match (follow.result, follow.what) {
            (Some(result), _) => Some(words::code(lang, "Retained", result.code())),
            (None, FollowUpKind::Performance) if over => {
                state.outcome.map(|outcome| words::outcome(lang, outcome))
            }
            _ => None,
        };
        let term = if let Some(text) = done {
            Term {
                text,
                tone: "",
                at: String::new(),
            }
        } else {
            let mut term = words::term(lang, now, instant(follow.due_on, 24 * 60 - 1));
            if term.tone.is_empty() {
                term.text.clone_from(&on);
            }
            term
        };
        DueLine {
            label: words::code(lang, "FollowUpKind", follow.what.code()),
            term,
            note: crate::platform::text::say(lang, "case.follow_up_due", &[("day", on)]),
            workings: Vec::new(),
        }
    };
    state.follow_ups.iter().map(line).collect()
}

/// What a reader calls the case.
pub fn title(lang: Lang, case: &case::Model, book: &Book) -> String {
    let category = case
        .category
        .as_deref()
        .and_then(|code| book.category(code));
    rulebook::title(lang, category, &case.title)
}

/// The facts that every kind has.
pub fn facts(lang: Lang, reader: Reader, case: &case::Model, seen: &Overview) -> Vec<FactLine> {
    let state = &seen.state;
    let code = state.category.as_ref().map(Code::as_str);
    let category = code.map(|code| match seen.book.category(code) {
        Some(one) => rulebook::name(lang, one).to_owned(),
        None => code.to_owned(),
    });
    let mut lines = Vec::new();
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(FactLine {
                label: words::say(lang, &format!("case.fact.{key}")),
                value,
                href: None,
            });
        }
    };
    let job = state.job.as_ref();
    add("kind", Some(words::kind(lang, state.kind)));
    add("state", Some(words::stage(lang, state.kind, state.stage)));
    add(
        "outcome",
        state.outcome.map(|came| words::outcome(lang, came)),
    );
    let unit = state.lead().and_then(|unit| seen.people.units.get(&unit));
    add("lead", unit.map(|(name, _)| name.clone()));
    let area = state.org_node.and_then(|area| seen.people.areas.get(&area));
    add("area", area.cloned());
    add("category", category);
    add("recorded", Some(words::moment(lang, case.recorded_at)));
    let moment = |at: Option<_>| at.map(|at| words::moment(lang, at));
    let day = |day: Option<_>| day.map(|day| words::day(lang, day));
    add("interview", moment(job.and_then(|j| j.interview_at)));
    add("start", day(job.and_then(|j| j.start_on)));
    add("started", day(job.and_then(|j| j.started_on)));
    add("placed", day(job.and_then(|j| j.placed_on)));
    add("closed", moment(state.times.closed));
    if reader.is_office() {
        let level = Some(state.counts.level).filter(|n| *n > 0);
        add("level", level.map(|n| n.to_string()));
        let reworks = Some(state.counts.reworks).filter(|n| *n > 0);
        add("reworks", reworks.map(|n| n.to_string()));
        add(
            "merged",
            state.merged_into.as_ref().map(ToString::to_string),
        );
    }
    lines
}

/// Whether an action ends something for good.
pub const fn is_danger(action: Action) -> bool {
    matches!(
        action,
        Action::Withdraw
            | Action::Void
            | Action::Redact
            | Action::OfferDecline
            | Action::Refuse
            | Action::Terminate
            | Action::NotPerformed
            | Action::NotAdopt
    )
}
