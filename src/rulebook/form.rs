//! What was typed about rules, as values; a form and a call are read by the same rules.
use crate::{
    domain::{
        calendar::{Term, Unit, Window},
        case::{self, ClockKind, Code, Kind, Urgency},
        contact::holds_personal_number,
        dispatch::About,
        fault::{Faults, FieldFault},
        id::{AreaId, UnitId},
        moment::day,
        rota::minute,
        text::{Line, choice, choices, half_width, number},
    },
    platform::{api::figure, form::Sent},
};
use chrono::NaiveDate;
use serde::Deserialize;

/// Traits of a category, as forms and calls name them.
pub const TRAITS: &[&str] = &[
    "place",
    "consult",
    "self_handle",
    "public_hazard",
    "desk_adopts",
];

/// The text of a category, before it is understood.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedCategory {
    /// Names it for good: letters, digits, `_ . -`. A change leaves it as it is.
    pub code: String,
    /// Code of its group.
    pub group: String,
    pub name_zh: String,
    pub name_en: String,
    /// Kinds of case it serves; a match is about no category.
    pub kinds: Vec<String>,
    /// What a case of it has unless somebody says otherwise; ordinary when left out.
    pub urgency: String,
    /// place, consult, self_handle, public_hazard, desk_adopts
    pub traits: Vec<String>,
    /// Within how many metres another open case is taken for the same; 0 to 5000.
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "figure")]
    pub radius_m: String,
    /// Number in GB/T 30428.2.
    pub gb_code: String,
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "figure")]
    pub sort: String,
    /// What the sender saw; needed for a change.
    #[schema(value_type = i64)]
    #[serde(deserialize_with = "figure")]
    pub version: String,
}

fn several(sent: &Sent, name: &str) -> Vec<String> {
    sent.all(name).into_iter().map(str::to_owned).collect()
}

impl TypedCategory {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            code: get("code"),
            group: get("group"),
            name_zh: get("name_zh"),
            name_en: get("name_en"),
            kinds: several(sent, "kinds"),
            urgency: get("urgency"),
            traits: several(sent, "traits"),
            radius_m: get("radius_m"),
            gb_code: get("gb_code"),
            sort: get("sort"),
            version: get("version"),
        }
    }
}

/// 类别 as the office writes it.
#[derive(Clone, Debug)]
pub struct Category {
    pub code: Code,
    pub group: String,
    pub name_zh: String,
    pub name_en: String,
    pub kinds: Vec<Kind>,
    pub urgency: Urgency,
    pub traits: case::Category,
    pub radius_m: i32,
    pub gb_code: Option<String>,
    pub sort: i32,
}

/// Reads a category; `code` is that of an existing one, which it keeps.
///
/// # Errors
/// Every field that cannot be taken.
pub fn category(typed: &TypedCategory, code: Option<Code>) -> Result<Category, Faults> {
    let mut faults = Faults::new();
    let code = match code {
        Some(code) => Some(code),
        None => faults.take("code", self::code(&typed.code)),
    };
    let group = faults.take("group", self::code(&typed.group));
    let name_zh = faults.take("name_zh", name(&typed.name_zh, 20));
    let name_en = faults.take("name_en", name(&typed.name_en, 60));
    let kinds = faults.take("kinds", kinds(&typed.kinds));
    let urgency = faults.take("urgency", or(&typed.urgency, Urgency::Ordinary));
    let traits = faults.take("traits", traits(&typed.traits));
    let radius = faults.take("radius_m", figure_or(&typed.radius_m, 0, 5000));
    let gb = faults.take("gb_code", Line::optional(&half_width(&typed.gb_code), 20));
    let sort = faults.take("sort", figure_or(&typed.sort, 0, 9999));
    let whole = || {
        Some(Category {
            code: code?,
            group: group?.as_str().to_owned(),
            name_zh: name_zh?,
            name_en: name_en?,
            kinds: kinds?,
            urgency: urgency?,
            traits: traits?,
            radius_m: radius?,
            gb_code: gb?.map(Line::into_string),
            sort: sort?,
        })
    };
    let whole = whole();
    faults.into_result(whole)
}

/// A code as somebody typed it: full-width letters and capitals are understood.
fn code(raw: &str) -> Result<Code, FieldFault> {
    let text = half_width(raw).to_ascii_lowercase();
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    if text.len() > 40 {
        return Err(FieldFault::TooLong { max: 40 });
    }
    Code::new(&text)
}

/// Public words of one line.
fn name(raw: &str, max: usize) -> Result<String, FieldFault> {
    let line = Line::required(raw, max)?;
    if holds_personal_number(line.as_str()) {
        return Err(FieldFault::PersonalData);
    }
    Ok(line.into_string())
}

fn kinds(raw: &[String]) -> Result<Vec<Kind>, FieldFault> {
    let kinds: Vec<Kind> = choices(raw)?;
    if kinds.is_empty() {
        return Err(FieldFault::Required);
    }
    if kinds.contains(&Kind::EmploymentMatch) {
        return Err(FieldFault::UnknownChoice);
    }
    Ok(kinds)
}

fn traits(raw: &[String]) -> Result<case::Category, FieldFault> {
    if raw.iter().any(|one| !TRAITS.contains(&one.as_str())) {
        return Err(FieldFault::UnknownChoice);
    }
    let has = |name: &str| raw.iter().any(|one| one == name);
    Ok(case::Category {
        enabled: true,
        consult: has("consult"),
        self_handle: has("self_handle"),
        public_hazard: has("public_hazard"),
        place: has("place"),
        desk_adopts: has("desk_adopts"),
    })
}

/// Nothing typed means `other`.
fn or<T: sea_orm::ActiveEnum<Value = String>>(raw: &str, other: T) -> Result<T, FieldFault> {
    match choice(raw) {
        Err(FieldFault::Required) => Ok(other),
        read => read,
    }
}

/// Nothing typed means the least.
fn figure_or(raw: &str, min: i32, max: i32) -> Result<i32, FieldFault> {
    match number(raw, min.into(), max.into()) {
        Err(FieldFault::Required) => Ok(min),
        read => read.map(|n| i32::try_from(n).unwrap_or(min)),
    }
}

/// What a group of categories is called, and its place in lists.
#[derive(Clone, Debug)]
pub struct Group {
    pub name_zh: String,
    pub name_en: String,
    pub sort: i32,
}

/// Reads a group; `code` is that of an existing one, which it keeps.
///
/// # Errors
/// Every field that cannot be taken.
pub fn group(sent: &Sent, code: Option<Code>) -> Result<(Code, Group), Faults> {
    let mut faults = Faults::new();
    let code = match code {
        Some(code) => Some(code),
        None => faults.take("code", self::code(sent.get("code"))),
    };
    let name_zh = faults.take("name_zh", name(sent.get("name_zh"), 20));
    let name_en = faults.take("name_en", name(sent.get("name_en"), 60));
    let sort = faults.take("sort", figure_or(sent.get("sort"), 0, 9999));
    let whole = || {
        let group = Group {
            name_zh: name_zh?,
            name_en: name_en?,
            sort: sort?,
        };
        Some((code?, group))
    };
    let whole = whole();
    faults.into_result(whole)
}

/// The text of a time limit.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedLimit {
    /// accept, response, citizen, unit
    pub clock: String,
    /// Only cases of this kind.
    pub kind: String,
    /// Only cases of this category.
    pub category: String,
    /// Only cases of this urgency.
    pub urgency: String,
    /// Only questions, which are answered rather than handled.
    pub consult: bool,
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "figure")]
    pub amount: String,
    /// work_minutes, work_days, natural_days, months
    pub unit: String,
    /// office, always, or desk: and the code of a site
    pub calendar: String,
    /// At which part of the term the ledger turns yellow; 80 when left out.
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "figure")]
    pub warn_at_pct: String,
    /// The version the sender saw; needed for a change.
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "figure")]
    pub version: String,
}

impl TypedLimit {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            clock: get("clock"),
            kind: get("kind"),
            category: get("category"),
            urgency: get("urgency"),
            consult: sent.get("consult") == "yes",
            amount: get("amount"),
            unit: get("unit"),
            calendar: get("calendar"),
            warn_at_pct: get("warn_at_pct"),
            version: get("version"),
        }
    }
}

/// 时限 as the office writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub clock: ClockKind,
    pub kind: Option<Kind>,
    pub category: Option<Code>,
    pub urgency: Option<Urgency>,
    pub consult: bool,
    pub term: Term,
    pub calendar: String,
    pub warn_at_pct: u8,
}

/// # Errors
/// Every field that cannot be taken.
pub fn limit(typed: &TypedLimit) -> Result<Limit, Faults> {
    let mut faults = Faults::new();
    let clock = faults.take("clock", choice::<ClockKind>(&typed.clock));
    let kind = faults.take("kind", maybe(&typed.kind));
    let urgency = faults.take("urgency", maybe(&typed.urgency));
    let category = match half_width(&typed.category).as_str() {
        "" => Some(None),
        text => faults.take("category", Code::new(text)).map(Some),
    };
    let unit = faults.take("unit", unit(&typed.unit));
    let most = match unit {
        Some(Unit::WorkMinutes) => 60 * 24 * 60,
        Some(Unit::Months) => 24,
        _ => 366,
    };
    let amount = faults.take("amount", number(&typed.amount, 1, most));
    let calendar = faults.take("calendar", Line::required(&typed.calendar, 60));
    let warn = match number(&typed.warn_at_pct, 10, 100) {
        Err(FieldFault::Required) => Ok(80),
        read => read,
    };
    let warn = faults.take("warn_at_pct", warn);
    let whole = || {
        Some(Limit {
            clock: clock?,
            kind: kind?,
            category: category?,
            urgency: urgency?,
            consult: typed.consult,
            term: Term::new(u32::try_from(amount?).ok()?, unit?),
            calendar: calendar?.into_string(),
            warn_at_pct: u8::try_from(warn?).ok()?,
        })
    };
    let whole = whole();
    faults.into_result(whole)
}

fn unit(raw: &str) -> Result<Unit, FieldFault> {
    match raw.trim() {
        "" => Err(FieldFault::Required),
        code => Unit::from_code(code).ok_or(FieldFault::UnknownChoice),
    }
}

/// Nothing typed means any.
fn maybe<T: sea_orm::ActiveEnum<Value = String>>(raw: &str) -> Result<Option<T>, FieldFault> {
    match choice(raw) {
        Err(FieldFault::Required) => Ok(None),
        read => read.map(Some),
    }
}

/// The text of a dispatch rule.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedDispatch {
    /// `any`, `group:` and the code of a group, or `category:` and the code of a category
    #[schema(example = "category:lighting")]
    pub about: String,
    /// Id of the area it covers, with all that lies in it; everywhere when left out.
    pub area: String,
    /// Id of the unit that leads.
    pub lead: String,
    /// Ids of units that help.
    pub co_units: Vec<String>,
    /// Decides between rules that are equally particular; 0 to 99.
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "figure")]
    pub priority: String,
    #[schema(value_type = i64)]
    #[serde(deserialize_with = "figure")]
    pub version: String,
}

impl TypedDispatch {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            about: get("about"),
            area: get("area"),
            lead: get("lead"),
            co_units: several(sent, "co_units"),
            priority: get("priority"),
            version: get("version"),
        }
    }
}

/// 派单规则 as the office writes it.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub about: About,
    pub area: Option<AreaId>,
    pub lead: UnitId,
    pub co_units: Vec<UnitId>,
    pub priority: i32,
}

/// # Errors
/// Every field that cannot be taken.
pub fn dispatch(typed: &TypedDispatch) -> Result<Dispatch, Faults> {
    let mut faults = Faults::new();
    let about = faults.take("about", about(&typed.about));
    let area = match typed.area.trim() {
        "" => Some(None),
        id => faults.take(
            "area",
            id.parse().map_err(|_| FieldFault::NotFound).map(Some),
        ),
    };
    let lead = match typed.lead.trim() {
        "" => Err(FieldFault::Required),
        id => id.parse().map_err(|_| FieldFault::NotFound),
    };
    let lead: Option<UnitId> = faults.take("lead", lead);
    let co_units = typed.co_units.iter().filter(|id| !id.trim().is_empty());
    let co_units: Result<Vec<UnitId>, _> = co_units.map(|id| id.trim().parse()).collect();
    let co_units = faults.take("co_units", co_units.map_err(|_| FieldFault::NotFound));
    let priority = faults.take("priority", figure_or(&typed.priority, 0, 99));
    let whole = || {
        let lead = lead?;
        let mut co_units = co_units?;
        co_units.sort_unstable();
        co_units.dedup();
        co_units.retain(|unit| *unit != lead);
        Some(Dispatch {
            about: about?,
            area: area?,
            lead,
            co_units,
            priority: priority?,
        })
    };
    let whole = whole();
    faults.into_result(whole)
}

fn about(raw: &str) -> Result<About, FieldFault> {
    let read = |code: &str| Code::new(code).map(|code| code.as_str().to_owned());
    match raw.trim().split_once(':') {
        Some(("group", code)) => read(code).map(About::Group),
        Some(("category", code)) => read(code).map(About::Category),
        None if raw.trim() == "any" => Ok(About::Any),
        None if raw.trim().is_empty() => Err(FieldFault::Required),
        _ => Err(FieldFault::UnknownChoice),
    }
}

/// Names of the seven fields of a week, Monday first.
pub const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The hours of an ordinary week, Monday first.
///
/// # Errors
/// Every day that cannot be read, and a week without any hours at its first day.
pub fn week(sent: &Sent) -> Result<[Vec<Window>; 7], Faults> {
    let mut faults = Faults::new();
    let mut week: [Vec<Window>; 7] = Default::default();
    for (name, day) in WEEK.iter().zip(&mut week) {
        if let Some(read) = faults.take(*name, windows(sent.get(name))) {
            *day = read;
        }
    }
    if faults.is_empty() && week.iter().all(Vec::is_empty) {
        faults.add(WEEK[0], FieldFault::Required);
    }
    faults.into_result(Some(week))
}

/// `8:30-12:00 14:30-18:00`; nothing means closed.
pub fn windows(raw: &str) -> Result<Vec<Window>, FieldFault> {
    let text = half_width(raw);
    let mut windows: Vec<Window> = Vec::new();
    let parts = text.split([' ', ',', ';', '、', '\t']);
    for part in parts.filter(|part| !part.is_empty()) {
        let (from, to) = part
            .split_once(['-', '~', '–', '—', '至'])
            .ok_or(FieldFault::Format)?;
        let window = Window::new(minute(from)?, minute(to)?).ok_or(FieldFault::BeforeStart)?;
        if windows.last().is_some_and(|last| last.to > window.from) {
            return Err(FieldFault::BeforeStart);
        }
        windows.push(window);
    }
    if windows.len() > 4 {
        return Err(FieldFault::TooMany { max: 4 });
    }
    Ok(windows)
}

/// A day that the office itself decides.
#[derive(Clone, Debug)]
pub struct OwnDay {
    pub date: NaiveDate,
    pub works: bool,
    /// Own hours of the day; the usual ones without.
    pub hours: Option<Window>,
    pub note: String,
}

/// # Errors
/// Every field that cannot be taken; a day that has passed, because nothing may change it any more.
pub fn own_day(sent: &Sent, today: NaiveDate) -> Result<OwnDay, Faults> {
    let mut faults = Faults::new();
    let date = match day(sent.get("day")) {
        Ok(date) if date < today => Err(FieldFault::Past),
        Ok(date) if (date - today).num_days() > 800 => Err(FieldFault::TooFar { days: 800 }),
        read => read,
    };
    let date = faults.take("day", date);
    let works = match sent.get("open") {
        "closed" => Ok(false),
        "open" => Ok(true),
        "" => Err(FieldFault::Required),
        _ => Err(FieldFault::UnknownChoice),
    };
    let works = faults.take("open", works);
    let hours = match windows(sent.get("hours")) {
        Ok(list) if list.len() > 1 => Err(FieldFault::TooMany { max: 1 }),
        read => read.map(|list| list.first().copied()),
    };
    let hours = faults.take("hours", hours);
    let note = faults.take("note", name(sent.get("note"), 40));
    let whole = || {
        Some(OwnDay {
            date: date?,
            works: works?,
            hours: hours?.filter(|_| works == Some(true)),
            note: note?,
        })
    };
    let whole = whole();
    faults.into_result(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        let read = |text: &str| {
            let windows = windows(text)?;
            let pairs = windows.iter().map(|w| (w.from, w.to));
            Ok::<_, FieldFault>(pairs.collect::<Vec<_>>())
        };
        assert_eq!(
            read("8:30-12:00 14:30–18:00"),
            Ok(vec![(510, 720), (870, 1080)])
        );
        assert_eq!(
            read("９：００至１２：００、14:00~17:00"),
            Ok(vec![(540, 720), (840, 1020)])
        );
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read("8-12"), Err(FieldFault::Format));
        assert_eq!(read("12:00-8:00"), Err(FieldFault::BeforeStart));
        assert_eq!(read("8:00-12:00 11:00-13:00"), Err(FieldFault::BeforeStart));
    }

    #[test]
    fn every_wrong_field_of_a_category_is_named() {
        let typed = TypedCategory {
            code: "路灯".into(),
            name_zh: "联系13800138000".into(),
            kinds: vec!["employment_match".into()],
            traits: vec!["shiny".into()],
            radius_m: "9999".into(),
            ..TypedCategory::default()
        };
        let faults = category(&typed, None).unwrap_err();
        let names: Vec<_> = faults.iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "code", "group", "name_zh", "name_en", "kinds", "traits", "radius_m"
            ]
        );
    }

    #[test]
    fn what_a_dispatch_rule_is_about_is_read_from_one_word() {
        assert_eq!(about("any"), Ok(About::Any));
        assert_eq!(
            about("group:facilities"),
            Ok(About::Group("facilities".into()))
        );
        assert_eq!(
            about("category:lighting"),
            Ok(About::Category("lighting".into()))
        );
        assert_eq!(about("lighting"), Err(FieldFault::UnknownChoice));
        assert_eq!(about(""), Err(FieldFault::Required));
    }
}
