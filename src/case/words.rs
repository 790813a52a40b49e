//! Everything the ledger says, in the reader's language: codes, deadlines, refusals.
use crate::{
    domain::case::{Action, FieldSpec, Kind, Outcome, Part, Stage, Step, table},
    error::{AppError, Problem},
    platform::{clock::beijing, text, text::Lang},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// A text without holes.
pub fn say(lang: Lang, key: &str) -> String {
    text::say::<&str>(lang, key, &[])
}

/// The most particular of some keys that has words.
fn first(lang: Lang, keys: &[String]) -> String {
    keys.iter()
        .find_map(|key| text::find::<&str>(lang, key, &[]))
        .unwrap_or_else(|| keys.last().cloned().unwrap_or_default())
}

pub fn kind(lang: Lang, kind: Kind) -> String {
    say(lang, &format!("case.kind.{kind}"))
}

/// A stage as the kind calls it.
pub fn stage(lang: Lang, kind: Kind, stage: Stage) -> String {
    first(
        lang,
        &[
            format!("case.stage.{kind}.{stage}"),
            format!("case.stage.{stage}"),
        ],
    )
}

pub fn step(lang: Lang, step: Step) -> String {
    code(lang, "Step", step.code())
}

pub fn outcome(lang: Lang, outcome: Outcome) -> String {
    code(lang, "Outcome", outcome.code())
}

/// Where a case stands, in one or two words: its outcome, its step or its stage.
pub fn state(lang: Lang, kind: Kind, at: (Stage, Option<Step>, Option<Outcome>)) -> String {
    match at {
        (Stage::Closed, _, Some(came)) => outcome(lang, came),
        (Stage::Handling, Some(now), _) => step(lang, now),
        (now, _, _) => stage(lang, kind, now),
    }
}

/// The tone of a chip that says where a case stands.
pub fn tone(stage: Stage, outcome: Option<Outcome>) -> &'static str {
    match (stage, outcome) {
        (
            Stage::Closed,
            Some(
                Outcome::NotSelected
                | Outcome::OfferDeclined
                | Outcome::Expired
                | Outcome::NotAdopted
                | Outcome::NoAgreement
                | Outcome::Refused,
            ),
        )
        | (Stage::Withdrawn | Stage::Merged | Stage::Voided, _) => "",
        (Stage::Closed, _) => "ok",
        (Stage::Handling | Stage::Suspended | Stage::Verifying, _) => "warn",
        (Stage::Rejected, _) => "bad",
        _ => "info",
    }
}

pub fn part(lang: Lang, part: Part) -> String {
    say(lang, &format!("case.part.{part}"))
}

/// «A、B或C»
pub fn parts<'a>(lang: Lang, parts: impl IntoIterator<Item = &'a Part>) -> String {
    let names: Vec<_> = parts.into_iter().map(|one| part(lang, *one)).collect();
    one_of(lang, &names)
}

/// What stands between the items of a list.
pub const fn comma(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "、",
        Lang::En => ", ",
    }
}

fn one_of(lang: Lang, names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [many @ .., last] => {
            format!("{}{}{last}", many.join(comma(lang)), say(lang, "case.or"))
        }
    }
}

/// What a button says.
pub fn action(lang: Lang, kind: Kind, action: Action) -> String {
    first(
        lang,
        &[
            format!("case.act.{kind}.{action}"),
            format!("case.act.{action}"),
        ],
    )
}

/// What the timeline says.
pub fn did(lang: Lang, kind: Kind, action: Action) -> String {
    first(
        lang,
        &[
            format!("case.did.{kind}.{action}"),
            format!("case.did.{action}"),
        ],
    )
}

/// A code of a closed list.
pub fn code(lang: Lang, list: &str, code: &str) -> String {
    say(lang, &format!("case.code.{}.{code}", snake(list)))
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// What a field of an action is called.
pub fn field(lang: Lang, action: Action, field: &FieldSpec) -> String {
    first(
        lang,
        &[
            format!("case.field.{action}.{}", field.name),
            format!("case.field.{}", field.name),
        ],
    )
}

/// What it is called once it was told: without what helps to fill it in.
pub fn told(lang: Lang, action: Action, field: &FieldSpec) -> String {
    let key = format!("case.told.{action}.{}", field.name);
    text::find::<&str>(lang, &key, &[]).unwrap_or_else(|| self::field(lang, action, field))
}

/// What helps to fill it in, if anything.
pub fn hint(lang: Lang, kind: Kind, action: Action, field: &FieldSpec) -> String {
    let find = |key: String| text::find::<&str>(lang, &key, &[]);
    find(format!("case.hint.{kind}.{action}.{}", field.name))
        .or_else(|| find(format!("case.hint.{action}.{}", field.name)))
        .unwrap_or_default()
}

/// 期限: how long is left, or since when it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Term {
    pub text: String,
    /// "", soon or late
    pub tone: &'static str,
    /// The deadline itself.
    pub at: String,
}

pub fn term(lang: Lang, now: DateTime<Utc>, due: DateTime<Utc>) -> Term {
    let left = due - now;
    let (key, n, tone) = match left {
        over if over < TimeDelta::days(-1) => ("late_days", -over.num_days(), "late"),
        over if over < TimeDelta::hours(-1) => ("late_hours", -over.num_hours(), "late"),
        over if over < TimeDelta::zero() => ("late_minutes", (-over.num_minutes()).max(1), "late"),
        soon if soon < TimeDelta::hours(1) => ("left_minutes", soon.num_minutes(), "soon"),
        soon if soon < TimeDelta::days(1) => ("left_hours", soon.num_hours(), "soon"),
        _ => ("", 0, ""),
    };
    let text = if key.is_empty() {
        moment(lang, due)
    } else {
        text::say(lang, &format!("case.{key}"), &[("n", n.to_string())])
    };
    Term {
        text,
        tone,
        at: due.to_rfc3339(),
    }
}

/// `9月29日 18:00`
pub fn moment(lang: Lang, at: DateTime<Utc>) -> String {
    let form = if lang == Lang::En {
        "%-d %b %H:%M"
    } else {
        "%-m月%-d日 %H:%M"
    };
    beijing(at).format(form).to_string()
}

/// `2026年9月29日`
pub fn day(lang: Lang, day: chrono::NaiveDate) -> String {
    let form = if lang == Lang::En {
        "%-d %b %Y"
    } else {
        "%Y年%-m月%-d日"
    };
    day.format(form).to_string()
}

/// `9月29日`, for days of the weeks around now.
pub fn short_day(lang: Lang, day: chrono::NaiveDate) -> String {
    let form = if lang == Lang::En {
        "%-d %b"
    } else {
        "%-m月%-d日"
    };
    day.format(form).to_string()
}

/// `王** 8000`; somebody who left no name, or was erased, is called so.
pub fn masked(lang: Lang, name: &str, tail: &str) -> String {
    let said = format!("{name} {tail}");
    match said.trim() {
        "" => say(lang, "case.unnamed"),
        said => said.to_owned(),
    }
}

/// `7月20日 周一`
pub fn weekday(lang: Lang, day: chrono::NaiveDate) -> String {
    use chrono::Datelike;
    let form = if lang == Lang::En {
        "%-d %b"
    } else {
        "%-m月%-d日"
    };
    let weekday = say(
        lang,
        &format!("desk.weekday.{}", day.weekday().number_from_monday()),
    );
    format!("{} {weekday}", day.format(form))
}

/// A refusal with its reason: which guard failed, and who can act. Anything else as it is.
pub fn explain(lang: Lang, kind: Kind, asked: Action, at: Stage, error: AppError) -> AppError {
    let AppError::Problem(problem) = &error else {
        return error;
    };
    match reason(lang, kind, asked, at, problem) {
        Some(said) => error.saying(said),
        None => error,
    }
}

fn reason(lang: Lang, kind: Kind, asked: Action, at: Stage, problem: &Problem) -> Option<String> {
    let guard = problem.extra.get("guard")?.as_str()?;
    let who = list(problem, "who_can", |code| {
        Part::from_code(code).map(|one| part(lang, one))
    });
    let mut stages = list(problem, "stages", |code| {
        Stage::from_code(code).map(|one| stage(lang, kind, one))
    });
    stages.dedup();
    let verb = action(lang, kind, asked);
    let holes = [
        ("action", verb),
        ("who", one_of(lang, &who)),
        ("stage", stage(lang, kind, at)),
        ("stages", one_of(lang, &stages)),
        ("why", say(lang, &format!("case.guard.{guard}"))),
    ];
    let key = match guard {
        "stage" => "case.refused_stage",
        "part" => "case.refused_part",
        "not_for_this_kind" => "case.refused_kind",
        _ => "case.refused",
    };
    text::find(lang, key, &holes)
}

fn list(problem: &Problem, name: &str, word: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let codes = problem.extra.get(name).and_then(|codes| codes.as_array());
    let codes = codes.into_iter().flatten().filter_map(|code| code.as_str());
    let mut words = Vec::new();
    for said in codes.filter_map(word) {
        if !words.contains(&said) {
            words.push(said);
        }
    }
    words
}

/// Who may take an action in a stage.
pub fn takers(lang: Lang, kind: Kind, at: Stage, action: Action) -> String {
    table::find(kind, Some(at), action).map_or_else(String::new, |row| parts(lang, row.by))
}
