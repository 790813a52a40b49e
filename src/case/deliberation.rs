//! 议事公开: what everybody may read of how a published suggestion is deliberated: supporters as a
//! number, the notice of a meeting, its minutes and votes, the decision with its reasons. What a
//! text says of somebody is covered, whoever wrote it.
use super::{
    public,
    store::{self, People},
};
use crate::{
    domain::{
        case::{Command, Decision, Event},
        personal::{self, Trace},
    },
    entity::case,
    error::AppResult,
    platform::App,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// 议事会
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// The event that called it.
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub place: String,
    pub agenda: String,
    pub called_at: DateTime<Utc>,
    /// None before it was held.
    pub held: Option<Held>,
}

/// 纪要
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub attendance: u32,
    pub minutes: String,
    /// Each option with its votes.
    pub votes: Vec<(String, u32)>,
}

/// 决定
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// None: not adopted.
    pub decision: Option<Decision>,
    pub reasons: String,
    /// 责任单位
    pub owner: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub at: DateTime<Utc>,
}

/// 议事
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliberation {
    pub seconds: usize,
    pub meetings: Vec<Meeting>,
    pub decided: Option<Decided>,
}

impl Deliberation {
    /// The meeting that is still to come.
    pub fn coming(&self, now: DateTime<Utc>) -> Option<&Meeting> {
        self.meetings
            .iter()
            .rev()
            .find(|meeting| meeting.held.is_none() && meeting.at > now)
    }
}

/// The deliberation of a published suggestion, from its events.
pub async fn of(app: &App, case: &case::Model) -> AppResult<Deliberation> {
    let db = app.db.read();
    let state = store::state(case)?;
    let rows = store::events(db, case.id).await?;
    let texts = store::texts_of(db, &app.keys, case.id).await?;
    let names = public::names(db, &app.keys, case).await?;
    let people = store::people(db, case.office_id).await?;
    let nothing = BTreeMap::new();
    let mut read = Deliberation {
        seconds: state.idea.map_or(0, |idea| idea.seconded_by.len()),
        ..Deliberation::default()
    };
    for row in &rows {
        let words = row.text_id.and_then(|id| texts.get(&id));
        let words = words.unwrap_or(&nothing);
        let word = |name: &str, but: &[Trace]| {
            let text = words.get(name).map_or("", String::as_str);
            personal::cover(text, &names, but)
        };
        read.take(&store::event(row)?, &word, &people);
    }
    Ok(read)
}

impl Deliberation {
    /// Adds what an event tells the public; `word` reads a text of it, covered but for some traces.
    fn take(&mut self, event: &Event, word: &dyn Fn(&str, &[Trace]) -> String, people: &People) {
        match &event.payload.data {
            Command::Schedule { meeting_at, .. } => {
                // Called again before it was held: the first notice is void.
                self.meetings.retain(|meeting| meeting.held.is_some());
                self.meetings.push(Meeting {
                    seq: event.seq,
                    at: *meeting_at,
                    // A meeting room is in some house, and nobody lives there.
                    place: word("place", &[Trace::House]),
                    agenda: word("agenda", &[]),
                    called_at: event.at,
                    held: None,
                });
            }
            Command::Deliberate {
                attendance, votes, ..
            } => {
                let options = word("options", &[]);
                let options = options.lines().filter(|line| !line.trim().is_empty());
                let held = Held {
                    attendance: *attendance,
                    minutes: word("minutes", &[]),
                    votes: options
                        .map(str::to_owned)
                        .zip(votes.iter().copied())
                        .collect(),
                };
                if let Some(meeting) = self.meetings.last_mut() {
                    meeting.held = Some(held);
                }
            }
            Command::Adopt {
                decision,
                owner,
                due_on,
                ..
            } => {
                self.decided = Some(Decided {
                    decision: Some(*decision),
                    reasons: word("reasons", &[]),
                    owner: people.units.get(owner).map(|(name, _)| name.clone()),
                    due_on: Some(*due_on),
                    at: event.at,
                });
            }
            Command::NotAdopt { .. } => {
                self.decided = Some(Decided {
                    decision: None,
                    reasons: word("reasons", &[]),
                    owner: None,
                    due_on: None,
                    at: event.at,
                });
            }
            _ => {}
        }
    }
}
