//! Published cases, meetings and announcements in words.
use super::pages::{AnnouncementLine, Card, CountLine, DecidedLine, IdeaLine, MeetingLine, Pill};
use crate::{
    case::{
        deliberation::{Decided, Meeting},
        public::{Count, Published},
        words,
    },
    domain::{
        case::{Decision, Kind, Stage, Visibility},
        notice::State,
    },
    entity::{announcement, outbox},
    platform::{
        page::View,
        text::{self, Lang},
    },
};

fn say(lang: Lang, key: &str) -> String {
    text::say::<&str>(lang, key, &[])
}

/// Kinds that may be public.
pub fn kinds() -> impl Iterator<Item = Kind> {
    let public = |kind: &&Kind| kind.widest_visibility() == Visibility::Public;
    Kind::ALL.iter().filter(public).copied()
}

pub fn card(lang: Lang, one: &Published) -> Card {
    let (state, tone) = one.state(lang);
    let at = format!("/board/{}", one.uid);
    let photos = |places: &[usize]| {
        let photo = |place: &usize| format!("{at}/photos/{place}");
        places.iter().map(photo).collect()
    };
    Card {
        title: one.title.clone(),
        text: one.text.clone(),
        kind: words::kind(lang, one.kind),
        community: community(one),
        state,
        tone,
        steps: one.steps(lang),
        reported_on: one.reported_on.to_string(),
        closed_on: one.closed_on.map(|day| day.to_string()).unwrap_or_default(),
        days: one.days,
        before: photos(&one.before),
        after: photos(&one.after),
        href: at,
    }
}

fn community(one: &Published) -> String {
    let area = one.area.as_ref();
    area.map(|(_, name)| name.clone()).unwrap_or_default()
}

/// Communities that had anything.
pub fn counts(counts: Vec<Count>) -> Vec<CountLine> {
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let some = counts.into_iter().filter(|one| one.all != Some(0));
    some.map(|one| CountLine {
        name: one.name,
        all: number(one.all),
        closed: number(one.closed),
    })
    .collect()
}

pub fn pill(label: String, href: String, current: bool) -> Pill {
    Pill {
        href,
        label,
        current,
    }
}

pub fn meeting(idea: &Published, meeting: &Meeting) -> MeetingLine {
    let held = meeting.held.as_ref();
    MeetingLine {
        href: format!("/ideas/{}", idea.uid),
        title: idea.title.clone(),
        at: meeting.at.to_rfc3339(),
        place: meeting.place.clone(),
        agenda: meeting.agenda.clone(),
        held: held.is_some(),
        attendance: held.map_or(0, |held| held.attendance),
        minutes: held.map(|held| held.minutes.clone()).unwrap_or_default(),
        votes: held.map(|held| held.votes.clone()).unwrap_or_default(),
    }
}

/// 附议 is asked for from the report until it is decided.
pub fn is_open(stage: Stage) -> bool {
    matches!(stage, Stage::Registered | Stage::Accepted | Stage::Handling)
}

pub fn idea(lang: Lang, one: &Published, seconds: usize) -> IdeaLine {
    let (state, tone) = one.state(lang);
    IdeaLine {
        href: format!("/ideas/{}", one.uid),
        title: one.title.clone(),
        community: community(one),
        state,
        tone,
        seconds,
        open: is_open(one.stage),
    }
}

pub fn decided(lang: Lang, one: Decided) -> DecidedLine {
    let (decision, tone) = match one.decision {
        None => (say(lang, "notice.not_adopted"), ""),
        Some(decision) => {
            let tone = match decision {
                Decision::Deferred => "warn",
                Decision::Adopted | Decision::InPart => "ok",
            };
            (words::code(lang, "Decision", decision.code()), tone)
        }
    };
    DecidedLine {
        decision,
        tone,
        reasons: one.reasons,
        owner: one.owner.unwrap_or_default(),
        due_on: one.due_on.map(|day| day.to_string()).unwrap_or_default(),
        at: one.at.to_rfc3339(),
    }
}

/// An announcement with how far its message is.
pub fn announcement(
    view: &View,
    row: &announcement::Model,
    message: Option<&outbox::Model>,
    by: Option<String>,
) -> AnnouncementLine {
    let (state, tone) = match (row.state, message) {
        (State::Draft, _) => ("draft", "warn"),
        (State::Dropped, _) => ("dropped", ""),
        (State::Sent, Some(message)) if message.done_at.is_some() => ("delivered", "ok"),
        (State::Sent, Some(message)) if message.parked_at.is_some() => ("parked", "bad"),
        (State::Sent, _) => ("sent", "info"),
    };
    let title = row.body.lines().find(|line| !line.trim().is_empty());
    AnnouncementLine {
        href: format!("/office/announcements/{}", row.id),
        title: title.unwrap_or_default().chars().take(60).collect(),
        source: say(
            view.lang,
            &format!("announcement_source.{}", row.source.code()),
        ),
        state: say(view.lang, &format!("announcement_state.{state}")),
        tone,
        at: row.settled_at.unwrap_or(row.created_at).to_rfc3339(),
        by: by.unwrap_or_else(|| say(view.lang, "notice.by_program")),
    }
}
