//! What the fields of one case's forms are chosen from, and what stands in them at first.
use super::{
    facts, files,
    pages::Choice,
    store::{self, People},
    words,
};
use crate::{
    domain::{
        calendar::day_of,
        case::{Actor, CaseState, Code, Kind, Urgency},
        id::{PersonId, UnitId},
    },
    entity::{case, case_file},
    error::AppResult,
    person,
    platform::{
        App,
        text::{self, Lang},
    },
    rulebook::{self, Book},
};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

/// Days of reception that a form offers.
const SLOTS: usize = 4;

/// Everything of one case that a form may offer.
#[derive(Default)]
pub struct Choices {
    pub now: DateTime<Utc>,
    /// 接待日
    pub slots: Vec<Choice>,
    pub categories: Vec<Choice>,
    /// How urgent the category usually is.
    pub urgency: Option<Urgency>,
    /// Who of the leading unit may have asked.
    pub askers: Vec<Choice>,
    pub mediators: Vec<Choice>,
    /// The committees they belong to.
    pub mediating: Vec<String>,
    /// The people of the case, masked.
    pub people: Vec<Choice>,
    /// Of those, whom an invitation begins with, and who was invited.
    pub sides: Vec<String>,
    pub invited: Vec<String>,
    /// Pictures of the case, to be published.
    pub pictures: Vec<Choice>,
    /// Where the case goes by rule: lead unit and helping units.
    pub suggested: Option<(UnitId, Vec<UnitId>)>,
    /// It happened somewhere, so that a picture shows how it is now.
    pub place: bool,
    /// 答复稿, once it was approved.
    pub reply: Option<String>,
    /// The next working day, and the unit's deadline some working days later.
    pub next_workday: Option<NaiveDate>,
    pub longer: Option<DateTime<Utc>>,
}

impl Choices {
    /// What needs nothing but the office's rules: for the people of a case.
    pub fn plain(lang: Lang, book: &Book, state: &CaseState, now: DateTime<Utc>) -> Self {
        let office = book.calendars().office();
        let due = state.due.unit.as_ref().map(|due| due.at.max(now));
        Self {
            now,
            slots: slots(lang, book, now),
            next_workday: Some(day_of(office.add_workdays(now, 1))),
            longer: due.map(|due| office.add_workdays(due, 3)),
            ..Self::default()
        }
    }

    /// Everything that staff of the office may choose from.
    pub async fn load(
        app: &App,
        lang: Lang,
        book: &Book,
        (case, state): (&case::Model, &CaseState),
        people: &People,
    ) -> AppResult<Self> {
        let (db, office) = (app.db.read(), case.office_id);
        let mut all = Self::plain(lang, book, state, app.db.now());
        all.categories = book
            .categories()
            .iter()
            .filter(|one| book.serves(case.kind, &one.code))
            .map(|one| Choice::new(one.code.clone(), rulebook::name(lang, one)))
            .collect();
        let category = state.category.as_ref().map(Code::as_str);
        all.urgency = category
            .and_then(|code| book.category(code))
            .map(|one| one.urgency);
        all.place = category.is_some_and(|code| book.traits(case.kind, code).place);
        if let Some(lead) = state.lead() {
            let staff = store::forms::staff_of(db, office, lead).await?;
            all.askers = staff
                .into_iter()
                .map(|(id, name)| Choice::new(id, name))
                .collect();
        }
        if case.kind == Kind::Mediation {
            all.take_mediators(store::forms::mediators(db, office).await?, people);
        }
        all.reply = facts::approved(db, &app.keys, case.id, state).await?;
        all.take_people(app, lang, (case, state)).await?;
        all.take_pictures(lang, case, &files::of_case(db, case.id).await?);
        let by_rule = rulebook::lead_for(db, office, category, state.org_node).await?;
        all.suggested = by_rule.map(|rule| (rule.lead, rule.co_units));
        Ok(all)
    }

    fn take_mediators(
        &mut self,
        found: Vec<(crate::domain::id::AccountId, String, UnitId)>,
        people: &People,
    ) {
        for (_, _, of) in &found {
            let of = of.to_string();
            if !self.mediating.contains(&of) {
                self.mediating.push(of);
            }
        }
        let unit = |unit| people.units.get(&unit).map(|(name, _)| name.clone());
        self.mediators = found
            .into_iter()
            .map(|(id, name, of)| {
                let said = [Some(name), unit(of)].into_iter().flatten();
                Choice::new(id, said.collect::<Vec<_>>().join(" · "))
            })
            .collect();
    }

    async fn take_people(
        &mut self,
        app: &App,
        lang: Lang,
        (case, state): (&case::Model, &CaseState),
    ) -> AppResult<()> {
        let db = app.db.read();
        let mut parties = store::rows::parties_of(db, case.id).await?;
        // Who was named and invited since is called by what he is now.
        parties.sort_by_key(|party| party.role == "named");
        let ids: Vec<PersonId> = parties.iter().filter_map(|party| party.person_id).collect();
        let cards = person::cards(db, &app.keys, case.office_id, &ids).await?;
        for party in parties.iter().filter(|party| party.role != "follower") {
            let Some((id, card)) = party.person_id.and_then(|id| Some((id, cards.get(&id)?)))
            else {
                continue;
            };
            if self.sides.contains(&id.to_string()) {
                continue;
            }
            let role = words::say(lang, &format!("case.party.{}", party.role));
            let label = words::masked(lang, &card.name, &card.tail);
            self.people
                .push(Choice::new(id, format!("{label} · {role}")));
            self.sides.push(id.to_string());
        }
        let invited = state.mediation.as_ref().map(|m| &m.invited);
        self.invited = invited
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        Ok(())
    }

    /// Each picture once, as it came.
    fn take_pictures(&mut self, lang: Lang, case: &case::Model, files: &[case_file::Model]) {
        let mut seen = Vec::new();
        for file in files.iter().filter(|file| !file.role.starts_with("public")) {
            if seen.contains(&file.file_id) {
                continue;
            }
            seen.push(file.file_id);
            let side = words::say(lang, &format!("case.side.{}", file.role));
            let holes = [("side", side), ("n", seen.len().to_string())];
            let label = text::say(lang, "case.picture", &holes);
            self.pictures.push(Choice {
                picture: format!("/cases/{}/files/{}", case.number, file.file_id),
                ..Choice::new(file.file_id, label)
            });
        }
    }
}

/// The coming days of reception.
fn slots(lang: Lang, book: &Book, now: DateTime<Utc>) -> Vec<Choice> {
    let weekday = book.limits().reception_weekday;
    let fits = |day: &NaiveDate| day.weekday().num_days_from_monday() == weekday;
    day_of(now)
        .iter_days()
        .filter(fits)
        .take(SLOTS)
        .map(|day| Choice::new(day, words::day(lang, day)))
        .collect()
}

/// `2026-07-20T19:00` in Beijing, as a field shows it.
pub fn local(at: DateTime<Utc>) -> String {
    crate::platform::clock::beijing(at)
        .format("%Y-%m-%dT%H:%M")
        .to_string()
}

/// So many days from now.
pub fn in_days(now: DateTime<Utc>, days: u64) -> NaiveDate {
    let today = day_of(now);
    today.checked_add_days(Days::new(days)).unwrap_or(today)
}

/// Whether an actor works for the office.
pub const fn is_staff(actor: &Actor) -> bool {
    actor.role.is_some() && actor.employer.is_none()
}
