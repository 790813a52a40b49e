//! What was typed about desks, as values; a form and a call are read by the same rules.
use crate::{
    domain::{
        calendar::Window,
        contact::holds_personal_number,
        fault::{Faults, FieldFault},
        id::{AccountId, AreaId, DeskMemberId, DeskSiteId},
        moment::day,
        rota::{Band, DeskKind, Duty, Key, OnHoliday, clock, minute},
        text::{Line, choice, number},
    },
    platform::{api::figure, form::Sent},
};
use chrono::{Months, NaiveDate, Weekday};
use serde::Deserialize;
use std::str::FromStr;

/// Shortest and longest session in minutes.
const SHORTEST: u16 = 15;
const LONGEST: u16 = 12 * 60;

/// The text of a site, before it is understood.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedSite {
    /// Id of the community, grid or building where it stands.
    pub area: String,
    #[schema(example = "南门岗亭旁")]
    pub name: String,
    pub address: String,
    /// How to find it; public.
    pub note: String,
}

impl TypedSite {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            area: get("area"),
            name: get("name"),
            address: get("address"),
            note: get("note"),
        }
    }
}

/// 点位 as the office writes it.
#[derive(Clone, Debug)]
pub struct Site {
    pub area: AreaId,
    pub name: String,
    pub address: String,
    pub note: String,
}

/// # Errors
/// Every field that cannot be taken.
pub fn site(typed: &TypedSite) -> Result<Site, Faults> {
    let mut faults = Faults::new();
    let area = faults.take("area", id(&typed.area));
    let name = faults.take("name", public(Line::required(&typed.name, 40)));
    let address = faults.take("address", public(Line::required(&typed.address, 80)));
    let note = faults.take("note", optional(&typed.note, 120));
    let whole = || {
        Some(Site {
            area: area?,
            name: name?.into_string(),
            address: address?.into_string(),
            note: note?,
        })
    };
    let site = whole();
    faults.into_result(site)
}

fn id<T: FromStr>(raw: &str) -> Result<T, FieldFault> {
    match raw.trim() {
        "" => Err(FieldFault::Required),
        text => text.parse().map_err(|_| FieldFault::NotFound),
    }
}

fn public(read: Result<Line, FieldFault>) -> Result<Line, FieldFault> {
    match read {
        Ok(text) if holds_personal_number(text.as_str()) => Err(FieldFault::PersonalData),
        read => read,
    }
}

fn optional(raw: &str, max: usize) -> Result<String, FieldFault> {
    match Line::optional(raw, max)? {
        Some(text) => public(Ok(text)).map(Line::into_string),
        None => Ok(String::new()),
    }
}

/// The text of a person of the rota.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedMember {
    /// Id of a staff account; then the name may be left out.
    pub account: String,
    pub name: String,
    /// police, doctor, bank, property, community, volunteer, party_member, social_worker, receiver
    pub duty: String,
    /// Where a partner comes from; of an account its unit when left out.
    pub organisation: String,
    /// 百通岗
    #[schema(value_type = bool)]
    #[serde(deserialize_with = "yes")]
    pub all_round: String,
}

/// Reads true, or "yes" as a form sends it.
fn yes<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(from)? {
        serde_json::Value::Bool(true) => Ok("yes".into()),
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Bool(false) | serde_json::Value::Null => Ok(String::new()),
        _ => Err(serde::de::Error::custom("not true or false")),
    }
}

impl TypedMember {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            account: get("account"),
            name: get("name"),
            duty: get("duty"),
            organisation: get("organisation"),
            all_round: get("all_round"),
        }
    }
}

/// 值守人员; what an account says about itself is filled in when it is stored.
#[derive(Clone, Debug)]
pub struct Member {
    pub account: Option<AccountId>,
    pub name: Option<String>,
    pub duty: Duty,
    pub organisation: Option<String>,
    pub all_round: bool,
}

/// # Errors
/// Every field that cannot be taken. Somebody without an account needs a name and where they come from.
pub fn member(typed: &TypedMember) -> Result<Member, Faults> {
    let mut faults = Faults::new();
    let account = match typed.account.trim() {
        "" => Some(None),
        text => faults.take("account", id(text).map(Some)),
    };
    let staff = !typed.account.trim().is_empty();
    let line = |raw: &str, max| match Line::optional(raw, max) {
        Ok(None) if !staff => Err(FieldFault::Required),
        Ok(Some(text)) if holds_personal_number(text.as_str()) => Err(FieldFault::PersonalData),
        read => read.map(|text| text.map(Line::into_string)),
    };
    let name = faults.take("name", line(&typed.name, 30));
    let duty = faults.take("duty", choice(&typed.duty));
    let organisation = faults.take("organisation", line(&typed.organisation, 40));
    let whole = || {
        Some(Member {
            account: account?,
            name: name?,
            duty: duty?,
            organisation: organisation?,
            all_round: typed.all_round == "yes",
        })
    };
    let member = whole();
    faults.into_result(member)
}

/// The text of a weekly pattern.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedPattern {
    pub site: String,
    /// office, publicity, mediation, deliberation, reply, reception
    pub kind: String,
    /// 1 is Monday, 7 Sunday.
    #[schema(value_type = i64)]
    #[serde(deserialize_with = "figure")]
    pub weekday: String,
    /// morning, noon, evening
    pub band: String,
    /// The band's usual hours when both are left out.
    #[schema(example = "08:30")]
    pub from: String,
    #[schema(example = "10:30")]
    pub to: String,
    pub starts_on: String,
    pub ends_on: String,
    /// skip, move, hold; skip when left out.
    pub on_holiday: String,
    /// Also on working days moved by a holiday notice.
    #[schema(value_type = bool)]
    #[serde(deserialize_with = "yes")]
    pub on_moved_days: String,
    #[schema(value_type = bool)]
    #[serde(deserialize_with = "yes")]
    pub public: String,
}

impl TypedPattern {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            site: get("site"),
            kind: get("kind"),
            weekday: get("weekday"),
            band: get("band"),
            from: get("from"),
            to: get("to"),
            starts_on: get("starts_on"),
            ends_on: get("ends_on"),
            on_holiday: get("on_holiday"),
            on_moved_days: get("on_moved_days"),
            public: get("public"),
        }
    }
}

/// 排班规律 as the office writes it.
#[derive(Clone, Debug)]
pub struct Weekly {
    pub site: DeskSiteId,
    pub kind: DeskKind,
    pub weekday: Weekday,
    pub band: Band,
    pub hours: Window,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub on_holiday: OnHoliday,
    pub on_moved_days: bool,
    pub public: bool,
}

/// # Errors
/// Every field that cannot be taken.
pub fn weekly(typed: &TypedPattern) -> Result<Weekly, Faults> {
    let mut faults = Faults::new();
    let site = faults.take("site", id(&typed.site));
    let kind = faults.take("kind", choice(&typed.kind));
    let weekday = faults.take("weekday", weekday(&typed.weekday));
    let band = faults.take("band", choice(&typed.band));
    let hours = hours(&mut faults, band, &typed.from, &typed.to);
    let starts_on = faults.take("starts_on", day(&typed.starts_on));
    let ends_on = faults.take("ends_on", until(starts_on, &typed.ends_on));
    let on_holiday = match typed.on_holiday.trim() {
        "" => Some(OnHoliday::Skip),
        text => faults.take("on_holiday", choice(text)),
    };
    let whole = || {
        Some(Weekly {
            site: site?,
            kind: kind?,
            weekday: weekday?,
            band: band?,
            hours: hours?,
            starts_on: starts_on?,
            ends_on: ends_on?,
            on_holiday: on_holiday?,
            on_moved_days: typed.on_moved_days == "yes",
            public: typed.public == "yes",
        })
    };
    let pattern = whole();
    faults.into_result(pattern)
}

fn weekday(raw: &str) -> Result<Weekday, FieldFault> {
    let place = number(raw, 1, 7)?;
    let place = u8::try_from(place - 1).map_err(|_| FieldFault::Format)?;
    Weekday::try_from(place).map_err(|_| FieldFault::Format)
}

fn until(start: Option<NaiveDate>, raw: &str) -> Result<Option<NaiveDate>, FieldFault> {
    match (start, day(raw)) {
        (_, Err(FieldFault::Required)) => Ok(None),
        (Some(start), Ok(end)) if end < start => Err(FieldFault::BeforeStart),
        (_, read) => read.map(Some),
    }
}

/// The hours of a session: those typed, or the usual ones of the band.
fn hours(faults: &mut Faults, band: Option<Band>, from: &str, to: &str) -> Option<Window> {
    let band = band?;
    if from.trim().is_empty() && to.trim().is_empty() {
        return Some(band.usual());
    }
    let begins = minute(from).and_then(|from| {
        let allowed = band.begins();
        if allowed.from <= from && from < allowed.to {
            Ok(from)
        } else {
            Err(outside(allowed))
        }
    });
    let from = faults.take("from", begins);
    let to = faults.take("to", minute(to));
    let (from, to) = (from?, to?);
    let window = Window::new(from, to).ok_or(FieldFault::BeforeStart);
    let window = window.and_then(|window| match window.to - window.from {
        SHORTEST..=LONGEST => Ok(window),
        _ => Err(FieldFault::OutOfRange {
            min: SHORTEST.into(),
            max: LONGEST.into(),
        }),
    });
    faults.take("to", window)
}

fn outside(allowed: Window) -> FieldFault {
    FieldFault::OutsideHours {
        from: clock(allowed.from),
        to: clock(allowed.to),
    }
}

/// The text of an extra session.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedExtra {
    pub site: String,
    pub kind: String,
    pub date: String,
    pub band: String,
    pub from: String,
    pub to: String,
    /// Shown to the public.
    pub reason: String,
    #[schema(value_type = bool)]
    #[serde(deserialize_with = "yes")]
    pub public: String,
}

impl TypedExtra {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            site: get("site"),
            kind: get("kind"),
            date: get("date"),
            band: get("band"),
            from: get("from"),
            to: get("to"),
            reason: get("reason"),
            public: get("public"),
        }
    }
}

/// 加场
#[derive(Clone, Debug)]
pub struct Extra {
    pub site: DeskSiteId,
    pub kind: DeskKind,
    pub band: Band,
    pub date: NaiveDate,
    pub hours: Window,
    pub reason: String,
    pub public: bool,
}

/// # Errors
/// Every field that cannot be taken; a day that is over or more than a year away is none.
pub fn extra(typed: &TypedExtra, today: NaiveDate) -> Result<Extra, Faults> {
    let mut faults = Faults::new();
    let site = faults.take("site", id(&typed.site));
    let kind = faults.take("kind", choice(&typed.kind));
    let date = faults.take("date", ahead(&typed.date, today));
    let band = faults.take("band", choice(&typed.band));
    let hours = hours(&mut faults, band, &typed.from, &typed.to);
    let reason = faults.take("reason", reason(&typed.reason));
    let whole = || {
        Some(Extra {
            site: site?,
            kind: kind?,
            band: band?,
            date: date?,
            hours: hours?,
            reason: reason?,
            public: typed.public == "yes",
        })
    };
    let extra = whole();
    faults.into_result(extra)
}

fn ahead(raw: &str, today: NaiveDate) -> Result<NaiveDate, FieldFault> {
    let read = day(raw)?;
    let last = today.checked_add_months(Months::new(12)).unwrap_or(today);
    if read < today {
        Err(FieldFault::Past)
    } else if read > last {
        Err(FieldFault::TooFar { days: 365 })
    } else {
        Ok(read)
    }
}

/// A reason that everybody may read.
pub fn reason(raw: &str) -> Result<String, FieldFault> {
    public(Line::required(raw, 100)).map(Line::into_string)
}

/// The text of a person put on a pattern or a session.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedPost {
    pub member: String,
    /// Staggered hours; the whole session when both are left out.
    pub from: String,
    pub to: String,
    /// For a pattern: from which day on; today when left out.
    pub starts_on: String,
    pub ends_on: String,
}

impl TypedPost {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            member: get("member"),
            from: get("from"),
            to: get("to"),
            starts_on: get("starts_on"),
            ends_on: get("ends_on"),
        }
    }
}

/// A person for the hours of a session.
#[derive(Clone, Debug)]
pub struct Post {
    pub member: DeskMemberId,
    /// None: the whole session.
    pub hours: Option<Window>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
}

/// # Errors
/// Every field that cannot be taken; hours outside those of the session are none.
pub fn post(typed: &TypedPost, session: Window) -> Result<Post, Faults> {
    let mut faults = Faults::new();
    let member = faults.take("member", id(&typed.member));
    let hours = if typed.from.trim().is_empty() && typed.to.trim().is_empty() {
        Some(None)
    } else {
        let inside = |read: Result<u16, FieldFault>| match read {
            Ok(at) if at < session.from || at > session.to => Err(outside(session)),
            read => read,
        };
        let from = faults.take("from", inside(minute(&typed.from)));
        let to = faults.take("to", inside(minute(&typed.to)));
        from.zip(to).and_then(|(from, to)| {
            let window = Window::new(from, to).ok_or(FieldFault::BeforeStart);
            faults.take("to", window.map(Some))
        })
    };
    let starts_on = faults.take("starts_on", until(None, &typed.starts_on));
    let ends_on = faults.take("ends_on", until(starts_on.flatten(), &typed.ends_on));
    let whole = || {
        Some(Post {
            member: member?,
            hours: hours?,
            starts_on: starts_on?,
            ends_on: ends_on?,
        })
    };
    let post = whole();
    faults.into_result(post)
}

/// The text of a swap.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedSwap {
    /// Who gives the shift away.
    pub from: String,
    /// Who takes it.
    pub to: String,
    /// Key of the session that the giver takes over in return; none for a stand-in.
    pub back: String,
    pub reason: String,
}

impl TypedSwap {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            from: get("from"),
            to: get("to"),
            back: get("back"),
            reason: get("reason"),
        }
    }
}

/// 换班
#[derive(Clone, Debug)]
pub struct Swap {
    pub from: DeskMemberId,
    pub to: DeskMemberId,
    pub back: Option<Key>,
    pub reason: String,
}

/// # Errors
/// Every field that cannot be taken; nobody swaps with themselves.
pub fn swap(typed: &TypedSwap) -> Result<Swap, Faults> {
    let mut faults = Faults::new();
    let from = faults.take("from", id::<DeskMemberId>(&typed.from));
    let to = id::<DeskMemberId>(&typed.to).and_then(|to| {
        if Some(to) == from {
            Err(FieldFault::UnknownChoice)
        } else {
            Ok(to)
        }
    });
    let to = faults.take("to", to);
    let back = match typed.back.trim() {
        "" => Some(None),
        text => faults.take("back", text.parse().map(Some)),
    };
    let reason = faults.take(
        "reason",
        Line::required(&typed.reason, 100).map(Line::into_string),
    );
    let whole = || {
        Some(Swap {
            from: from?,
            to: to?,
            back: back?,
            reason: reason?,
        })
    };
    let swap = whole();
    faults.into_result(swap)
}

/// Minutes served by each person: `minutes/MEMBER` in a form.
///
/// # Errors
/// Every field that cannot be taken.
pub fn served(
    people: impl IntoIterator<Item = (DeskMemberId, String)>,
) -> Result<Vec<(DeskMemberId, i32)>, Faults> {
    let mut faults = Faults::new();
    let mut minutes = Vec::new();
    for (member, raw) in people {
        let read = number(&raw, 0, LONGEST.into());
        if let Some(read) = faults.take(format!("minutes-{member}"), read) {
            minutes.push((member, i32::try_from(read).unwrap_or_default()));
        }
    }
    faults.into_result(Some(minutes))
}
