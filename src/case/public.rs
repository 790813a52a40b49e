//! 公开进度: what everybody may read of a case. Only cases that somebody published, only the words
//! that were published, the community and nothing more particular, and the chosen pictures.
//! Nothing here reads a party, an event's words or the working title.
use super::{
    files::{PUBLIC_AFTER, PUBLIC_BEFORE},
    pages::LoopStep,
    store::{
        self,
        public::{self, Found},
    },
    view, words,
};
use crate::{
    domain::{
        calendar::day_of,
        case::{Command, Kind, Outcome, Stage, Step},
        fault::{Faults, FieldFault},
        id::{AreaId, CaseId, OfficeId},
        personal,
    },
    entity::case,
    error::{AppError, AppResult},
    person,
    platform::{App, files, secret::Keys, text::Lang},
};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ConnectionTrait;

pub use store::public::Wanted;

/// Counts below this many people or cases are not shown.
pub const K: i64 = 5;

/// A published case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// For the cursor of a list; never shown.
    pub case: CaseId,
    /// Names it in public addresses.
    pub uid: String,
    pub kind: Kind,
    pub title: String,
    pub text: String,
    /// 社区
    pub area: Option<(AreaId, String)>,
    pub category: Option<String>,
    pub stage: Stage,
    pub step: Option<Step>,
    pub outcome: Option<Outcome>,
    pub reported_on: NaiveDate,
    pub closed_on: Option<NaiveDate>,
    /// Calendar days from the report to the closing, or to today.
    pub days: i64,
    pub published_at: DateTime<Utc>,
    /// Which pictures show how it was, and which how it is: their places for [`picture`].
    pub before: Vec<usize>,
    pub after: Vec<usize>,
}

impl Published {
    /// Where it stands, in the reader's language, and the tone of its chip.
    pub fn state(&self, lang: Lang) -> (String, &'static str) {
        let at = (self.stage, self.step, self.outcome);
        (
            words::state(lang, self.kind, at),
            words::tone(self.stage, self.outcome),
        )
    }

    /// The four steps without times.
    pub fn steps(&self, lang: Lang) -> Vec<LoopStep> {
        view::plain_steps(lang, self.kind, self.stage)
    }

    fn of(found: Found, now: DateTime<Utc>) -> Self {
        let Found {
            case,
            public,
            area,
            pictures,
        } = found;
        let end = case.closed_at.unwrap_or(now);
        let on = |role: &str| {
            let fits = pictures
                .iter()
                .enumerate()
                .filter(|(_, one)| one.role == role);
            fits.map(|(place, _)| place).collect()
        };
        Self {
            case: case.id,
            uid: public.uid,
            kind: case.kind,
            title: public.title,
            text: public.text,
            area,
            before: on(PUBLIC_BEFORE),
            after: on(PUBLIC_AFTER),
            category: case.category,
            stage: case.stage,
            step: case.step,
            outcome: case.outcome,
            reported_on: day_of(case.recorded_at),
            closed_on: case.closed_at.map(day_of),
            days: (day_of(end) - day_of(case.recorded_at)).num_days().max(0),
            published_at: public.published_at,
        }
    }
}

/// The published cases of an office, newest first; `before` is the case of the last one shown.
pub async fn list(
    app: &App,
    office: OfficeId,
    wanted: &Wanted,
    before: Option<CaseId>,
    limit: u64,
) -> AppResult<Vec<Published>> {
    let found = public::list(app.db.read(), office, wanted, before, limit).await?;
    let now = app.db.now();
    Ok(found
        .into_iter()
        .map(|one| Published::of(one, now))
        .collect())
}

/// One published case by the name in its address.
///
/// # Errors
/// 404 for everything that is not, or no longer, public.
pub async fn one(app: &App, office: OfficeId, uid: &str) -> AppResult<Published> {
    let found = public::one(app.db.read(), office, uid).await?;
    let found = found.ok_or_else(AppError::not_found)?;
    Ok(Published::of(found, app.db.now()))
}

/// The published words of a case, if it is public now: for a page that shows its holder where
/// everybody can read it.
pub async fn of_case(app: &App, case: &case::Model) -> AppResult<Option<Published>> {
    let found = public::of_case(app.db.read(), case).await?;
    Ok(found.map(|one| Published::of(one, app.db.now())))
}

/// A published picture by its place: its type and its bytes.
///
/// # Errors
/// 404 for every other picture, whoever asks.
pub async fn picture(
    app: &App,
    office: OfficeId,
    uid: &str,
    place: usize,
) -> AppResult<(String, Vec<u8>)> {
    let db = app.db.read();
    let found = public::one(db, office, uid).await?;
    let found = found.ok_or_else(AppError::not_found)?;
    let picture = found.pictures.get(place).ok_or_else(AppError::not_found)?;
    let row = files::find(db, office, picture.file_id).await?;
    let bytes = app.files.read(&row).await?;
    Ok((row.mime, bytes))
}

/// How many cases a community had and how many of them were closed; nothing where it would tell of
/// fewer than [`K`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub area: AreaId,
    pub name: String,
    pub all: Option<i64>,
    pub closed: Option<i64>,
}

/// Cases of the kinds that count, by community.
pub async fn counts(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<Count>> {
    let rows = public::counts(db, office).await?;
    let all: Vec<i64> = rows.iter().map(|row| row.2).collect();
    let closed: Vec<i64> = rows.iter().map(|row| row.3).collect();
    let (all, closed) = (at_least_k(&all), at_least_k(&closed));
    Ok(rows
        .into_iter()
        .zip(all.into_iter().zip(closed))
        .map(|((area, name, ..), (all, closed))| Count {
            area,
            name,
            all,
            closed,
        })
        .collect())
}

/// Small figures are left out; where only one would be, the next smallest goes as well, so that it
/// cannot be found by subtracting. None at all is no secret.
pub fn at_least_k(column: &[i64]) -> Vec<Option<i64>> {
    let mut shown: Vec<_> = column
        .iter()
        .map(|n| Some(*n).filter(|n| *n == 0 || *n >= K))
        .collect();
    let hidden = shown.iter().filter(|n| n.is_none()).count();
    if hidden == 1 {
        let smallest = column
            .iter()
            .enumerate()
            .filter(|(_, n)| **n >= K)
            .min_by_key(|(_, n)| **n);
        if let Some((place, _)) = smallest {
            shown[place] = None;
        }
    }
    shown
}

/// What is wrong with words that are to be published: names of the people of the case, numbers of
/// telephones, identity cards and houses.
///
/// # Errors
/// 422 at the fields that say too much.
pub async fn check(
    db: &impl ConnectionTrait,
    keys: &Keys,
    case: &case::Model,
    command: &Command,
) -> AppResult<()> {
    let Command::Publish {
        title, public_text, ..
    } = command
    else {
        return Ok(());
    };
    frozen(db, case, (title.as_str(), public_text.as_str())).await?;
    let names = names(db, keys, case).await?;
    let mut faults = Faults::new();
    for (field, text) in [
        ("title", title.as_str()),
        ("public_text", public_text.as_str()),
    ] {
        let found = personal::find(text, &names);
        if !found.is_empty() {
            let found: Vec<_> = found.into_iter().map(|one| one.words).collect();
            let found = found.join("、");
            faults.add(field, FieldFault::Identifies { found });
        }
    }
    Ok(faults.into_result(Some(()))?)
}

/// What of a text for everybody says too much about the people of a case.
pub async fn traces(
    db: &impl ConnectionTrait,
    keys: &Keys,
    case: &case::Model,
    text: &str,
) -> AppResult<Vec<personal::Found>> {
    Ok(personal::find(text, &names(db, keys, case).await?))
}

/// 附议后不得改动: supporters stand behind the words they read.
async fn frozen(
    db: &impl ConnectionTrait,
    case: &case::Model,
    (title, text): (&str, &str),
) -> AppResult<()> {
    let seconded = store::state(case)?
        .idea
        .is_some_and(|idea| !idea.seconded_by.is_empty());
    if !seconded {
        return Ok(());
    }
    match public::of_case(db, case).await? {
        Some(known) if known.public.title != title || known.public.text != text => {
            Err(AppError::conflict("text_frozen"))
        }
        _ => Ok(()),
    }
}

/// The names of everybody who is part of a case, in full, to look for them and nothing else.
pub(super) async fn names(
    db: &impl ConnectionTrait,
    keys: &Keys,
    case: &case::Model,
) -> AppResult<Vec<String>> {
    let mut names = Vec::new();
    for party in store::rows::parties_of(db, case.id).await? {
        let Some(person) = party.person_id else {
            continue;
        };
        let name = person::name_of(db, keys, case.office_id, person).await?;
        names.extend(name.map(|name| name.in_full().to_owned()));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_figures_are_hidden_and_cannot_be_worked_out() {
        assert_eq!(at_least_k(&[12, 5, 0]), [Some(12), Some(5), Some(0)]);
        assert_eq!(at_least_k(&[12, 4, 7]), [Some(12), None, None]);
        assert_eq!(at_least_k(&[1, 4, 7]), [None, None, Some(7)]);
        assert_eq!(at_least_k(&[3]), [None]);
    }
}
