//! Rules in the reader's words.
use super::{
    book::{self, Book},
    desk_hours,
    form::TRAITS,
    pages::{Choice, DispatchLine},
};
use crate::{
    domain::{
        area::Level,
        calendar::{Term, Unit, Window},
        case::{ClockKind, Kind, SlaRule, Urgency},
        dispatch::{About, Rule},
        id::{AreaId, OfficeId, UnitId},
        rota::clock,
    },
    entity::{area, category, unit},
    error::AppResult,
    platform::{
        page::View,
        text::{self, Lang},
    },
};
use chrono::{Datelike, NaiveDate};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

pub fn say(lang: Lang, key: &str) -> String {
    text::say::<&str>(lang, key, &[])
}

pub fn kind(lang: Lang, kind: Kind) -> String {
    say(lang, &format!("case.kind.{kind}"))
}

pub fn urgency(lang: Lang, urgency: Urgency) -> String {
    say(lang, &format!("case.code.urgency.{urgency}"))
}

pub fn clock_kind(lang: Lang, clock: ClockKind) -> String {
    say(lang, &format!("case.code.clock_kind.{clock}"))
}

/// Words with the separator of lists between them.
pub fn listed(lang: Lang, words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().collect();
    words.join(&say(lang, "rulebook.list_separator"))
}

/// The kinds of case that a category serves.
pub fn kinds(lang: Lang, one: &category::Model) -> String {
    let serving = Kind::ALL.iter().filter(|kind| book::serves(one, **kind));
    listed(lang, serving.map(|one| kind(lang, *one)))
}

/// The traits that a category has, by code.
pub fn trait_codes(one: &category::Model) -> Vec<&'static str> {
    let has = |name: &&&'static str| match **name {
        "place" => one.place,
        "consult" => one.consult,
        "self_handle" => one.self_handle,
        "public_hazard" => one.public_hazard,
        _ => one.desk_adopts,
    };
    TRAITS.iter().filter(has).copied().collect()
}

pub fn traits(lang: Lang, one: &category::Model) -> String {
    let word = |code: &str| say(lang, &format!("rulebook.trait.{code}"));
    listed(lang, trait_codes(one).into_iter().map(word))
}

pub fn trait_choices(lang: Lang) -> Vec<Choice> {
    let choice = |code: &&str| Choice {
        hint: say(lang, &format!("rulebook.trait.{code}.hint")),
        ..Choice::new(*code, say(lang, &format!("rulebook.trait.{code}")))
    };
    TRAITS.iter().map(choice).collect()
}

/// Kinds that a category may serve.
pub fn kind_choices(lang: Lang) -> Vec<Choice> {
    let desk = Kind::ALL
        .iter()
        .filter(|one| **one != Kind::EmploymentMatch);
    desk.map(|one| Choice::new(one.code(), kind(lang, *one)))
        .collect()
}

pub fn every_kind(lang: Lang) -> Vec<Choice> {
    let choice = |one: &Kind| Choice::new(one.code(), kind(lang, *one));
    Kind::ALL.iter().map(choice).collect()
}

pub fn urgency_choices(lang: Lang) -> Vec<Choice> {
    let choice = |one: &Urgency| Choice::new(one.code(), urgency(lang, *one));
    Urgency::ALL.iter().map(choice).collect()
}

pub fn group_choices(lang: Lang, book: &Book) -> Vec<Choice> {
    let choice = |one| Choice::new(one_code(one), book::group_name(lang, one));
    book.groups().iter().map(choice).collect()
}

fn one_code(group: &crate::entity::category_group::Model) -> String {
    group.code.clone()
}

/// Categories in use, each with its group before it.
pub fn category_choices(lang: Lang, book: &Book) -> Vec<Choice> {
    let choice =
        |one: &category::Model| Choice::new(one.code.clone(), category(lang, book, &one.code));
    book.categories()
        .iter()
        .filter(|one| one.enabled)
        .map(choice)
        .collect()
}

/// A category with its group; the code where there is none of it.
pub fn category(lang: Lang, book: &Book, code: &str) -> String {
    let Some(one) = book.category(code) else {
        return code.to_owned();
    };
    let group = book
        .groups()
        .iter()
        .find(|group| group.code == one.group_code);
    let group = group.map_or("", |group| book::group_name(lang, group));
    format!("{group} · {}", book::name(lang, one))
}

/// 适用范围 of a time limit.
pub fn about(lang: Lang, book: &Book, rule: &SlaRule) -> String {
    let mut parts = Vec::new();
    parts.extend(
        rule.category
            .as_ref()
            .map(|code| category(lang, book, code.as_str())),
    );
    parts.extend(rule.urgency.map(|one| urgency(lang, one)));
    parts.extend(rule.consult.then(|| say(lang, "rulebook.trait.consult")));
    parts.extend(rule.kind.map(|one| kind(lang, one)));
    if parts.is_empty() {
        return say(lang, "rulebook.limit.everything");
    }
    listed(lang, parts)
}

/// A length of time.
pub fn term(lang: Lang, term: Term) -> String {
    let (key, n) = match term.unit {
        Unit::WorkMinutes if term.amount.is_multiple_of(60) => ("hours", term.amount / 60),
        unit => (unit.code(), term.amount),
    };
    text::say(
        lang,
        &format!("rulebook.term.{key}"),
        &[("n", n.to_string())],
    )
}

pub fn unit_choices(lang: Lang) -> Vec<Choice> {
    let choice = |unit: &Unit| {
        Choice::new(
            unit.code(),
            say(lang, &format!("rulebook.unit.{}", unit.code())),
        )
    };
    Unit::ALL.iter().map(choice).collect()
}

/// The calendars by name, in words.
pub async fn calendar_choices(
    db: &impl ConnectionTrait,
    office: OfficeId,
    lang: Lang,
) -> AppResult<Vec<Choice>> {
    let mut choices: Vec<Choice> = ["office", "always"]
        .into_iter()
        .map(|name| Choice::new(name, say(lang, &format!("rulebook.calendar.{name}"))))
        .collect();
    for (_, code, name) in desk_hours::sites(db, office).await? {
        let words = text::say(lang, "rulebook.calendar.desk", &[("name", name)]);
        choices.push(Choice::new(desk_hours::name(&code), words));
    }
    Ok(choices)
}

/// The words of a calendar; its name where it is none of the choices.
pub fn calendar(choices: &[Choice], name: &str) -> String {
    let known = choices.iter().find(|choice| choice.value == name);
    known.map_or_else(|| name.to_owned(), |choice| choice.label.clone())
}

/// The areas of the office by id, for names and for choices.
pub struct Areas(HashMap<AreaId, area::Model>, Vec<AreaId>);

impl Areas {
    pub fn new(all: Vec<area::Model>) -> Self {
        let order = all.iter().map(|one| one.id).collect();
        Self(all.into_iter().map(|one| (one.id, one)).collect(), order)
    }

    /// The area with those above it, without the street when there is but one.
    pub fn name(&self, id: AreaId) -> String {
        let mut names = Vec::new();
        let mut at = self.0.get(&id);
        while let Some(one) = at.filter(|_| names.len() < 4) {
            if names.is_empty() || one.level != Level::Street {
                names.push(one.name.as_str());
            }
            at = one.parent_id.and_then(|parent| self.0.get(&parent));
        }
        names.reverse();
        names.join(" › ")
    }

    /// Streets, communities and grids in use; buildings would be too many for a list.
    pub fn choices(&self) -> Vec<Choice> {
        let known = self.1.iter().filter_map(|id| self.0.get(id));
        let wanted = known.filter(|one| one.active && one.level != Level::Building);
        let mut choices: Vec<Choice> = wanted
            .map(|one| Choice::new(one.id.to_string(), self.name(one.id)))
            .collect();
        choices.sort_by(|a, b| a.label.cmp(&b.label));
        choices
    }
}

/// 适用范围 of a dispatch rule.
pub fn dispatch_about(lang: Lang, book: &Book, about: &About) -> String {
    match about {
        About::Any => say(lang, "rulebook.dispatch.anything"),
        About::Category(code) => category(lang, book, code),
        About::Group(code) => {
            let group = book.groups().iter().find(|group| group.code == *code);
            let name = group.map_or(code.as_str(), |group| book::group_name(lang, group));
            text::say(lang, "rulebook.dispatch.group", &[("name", name)])
        }
    }
}

/// What a dispatch rule may be about: anything, a group, a category.
pub fn about_choices(lang: Lang, book: &Book) -> Vec<Choice> {
    let mut choices = vec![Choice::new("any", say(lang, "rulebook.dispatch.anything"))];
    for group in book.groups() {
        let about = About::Group(group.code.clone());
        let words = dispatch_about(lang, book, &about);
        choices.push(Choice::new(format!("group:{}", group.code), words));
        let inside = book.categories().iter();
        let inside = inside.filter(|one| one.enabled && one.group_code == group.code);
        choices.extend(inside.map(|one| {
            Choice::new(
                format!("category:{}", one.code),
                category(lang, book, &one.code),
            )
        }));
    }
    choices
}

/// As [`about_choices`] names it.
pub fn about_value(about: &About) -> String {
    match about {
        About::Any => "any".into(),
        About::Group(code) => format!("group:{code}"),
        About::Category(code) => format!("category:{code}"),
    }
}

/// What is needed to put dispatch rules into words.
pub struct Known<'a> {
    pub lang: Lang,
    pub book: &'a Book,
    pub areas: &'a Areas,
    pub units: &'a HashMap<UnitId, unit::Model>,
}

impl Known<'_> {
    pub fn line(&self, rule: &Rule, enabled: bool) -> DispatchLine {
        let name = |id: &UnitId| {
            self.units
                .get(id)
                .map_or_else(String::new, |unit| unit.name.clone())
        };
        let area = rule.area.map(|area| self.areas.name(area));
        DispatchLine {
            id: rule.id.to_string(),
            about: dispatch_about(self.lang, self.book, &rule.about),
            area: area.unwrap_or_else(|| say(self.lang, "rulebook.dispatch.everywhere")),
            lead: name(&rule.lead),
            co_units: listed(self.lang, rule.co_units.iter().map(name)),
            priority: rule.priority,
            enabled,
            lead_gone: self.units.get(&rule.lead).is_none_or(|unit| !unit.active),
        }
    }
}

pub fn weekday(lang: Lang, date: NaiveDate) -> String {
    weekday_number(lang, date.weekday().number_from_monday())
}

/// Monday is 1.
pub fn weekday_number(lang: Lang, number: u32) -> String {
    say(lang, &format!("desk.weekday.{number}"))
}

/// `08:30–12:00 14:30–18:00`
pub fn hours(windows: &[Window]) -> String {
    let one = |window: &Window| format!("{}–{}", clock(window.from), clock(window.to));
    windows.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The same as a form takes it.
pub fn typed_hours(windows: &[Window]) -> String {
    hours(windows).replace('–', "-")
}

/// The hours of a week in one line.
pub fn week(lang: Lang, week: &[Vec<Window>; 7]) -> String {
    let days = week
        .iter()
        .zip(1..)
        .filter(|(windows, _)| !windows.is_empty());
    let words = days
        .map(|(windows, number)| format!("{} {}", weekday_number(lang, number), hours(windows)));
    listed(lang, words)
}

/// A day in words of the reader's language.
pub fn day(view: &View, date: NaiveDate) -> String {
    format!("{} {}", view.day(date), weekday(view.lang, date))
}
