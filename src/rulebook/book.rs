//! The rules of one office as the case core asks for them.
use super::{desk_hours, seed, store};
use crate::{
    domain::{
        calendar::{Calendar, Window, days::Notices},
        case::{self, Calendars, Kind, Limits, SlaRule},
        id::OfficeId,
    },
    entity::{calendar_day, calendar_hour, category, category_group},
    error::AppResult,
    platform::text::Lang,
};
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// 办理规则 of an office. Cheap to clone.
#[derive(Clone)]
pub struct Book {
    office: OfficeId,
    read: Arc<Read>,
    /// With the desks' hours, when a rule asks for them.
    with_desks: Option<Arc<Calendars>>,
}

/// What the tables say, read once for each stamp.
pub(super) struct Read {
    groups: Vec<category_group::Model>,
    categories: Vec<category::Model>,
    rules: Vec<SlaRule>,
    calendars: Calendars,
    notices: Notices,
    /// Some version of a rule rests on the hours of a desk.
    asks_desks: bool,
}

/// Books kept in memory at most; a program serves one office or a few.
const KEPT: usize = 64;

/// By stamp: a stamp is a random token, so it never names two contents, not even in two databases.
static READ: LazyLock<Mutex<HashMap<String, Arc<Read>>>> = LazyLock::new(Mutex::default);

fn kept(stamp: &str) -> Option<Arc<Read>> {
    let books = READ.lock().unwrap_or_else(PoisonError::into_inner);
    books.get(stamp).cloned()
}

fn keep(stamp: String, read: &Arc<Read>) {
    let mut books = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if books.len() >= KEPT {
        books.clear();
    }
    books.insert(stamp, read.clone());
}

impl Book {
    /// The office's rules as they are now: one indexed read while nothing changes.
    pub async fn load(
        db: &impl ConnectionTrait,
        office: OfficeId,
        now: DateTime<Utc>,
    ) -> AppResult<Self> {
        let book = Self::of(db, office).await?;
        if !book.read.asks_desks {
            return Ok(book);
        }
        let desks = desk_hours::calendars(db, office, now).await?;
        let others = [Calendar::always()].into_iter().chain(desks);
        let calendars = Calendars::new(book.read.calendars.office().clone(), others.collect());
        Ok(Self {
            with_desks: Some(Arc::new(calendars)),
            ..book
        })
    }

    /// The same without the hours of desks, which only deadlines need.
    pub(super) async fn of(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Self> {
        let book = |read| Self {
            office,
            read,
            with_desks: None,
        };
        let Some(stamp) = store::stamp(db, office).await? else {
            return Ok(book(Arc::new(Read::unwritten(office)?)));
        };
        if let Some(read) = kept(&stamp) {
            return Ok(book(read));
        }
        let read = Arc::new(Read::of(store::rows(db, office).await?)?);
        keep(stamp, &read);
        Ok(book(read))
    }

    pub fn office(&self) -> OfficeId {
        self.office
    }

    /// 日历集: the office's, round the clock, and of each desk that a rule asks for.
    pub fn calendars(&self) -> &Calendars {
        self.with_desks.as_deref().unwrap_or(&self.read.calendars)
    }

    /// The time limits in use.
    pub fn rules(&self) -> &[SlaRule] {
        &self.read.rules
    }

    pub fn limits(&self) -> Limits {
        Limits::default()
    }

    pub fn notices(&self) -> &Notices {
        &self.read.notices
    }

    pub fn groups(&self) -> &[category_group::Model] {
        &self.read.groups
    }

    /// All categories, in use or not, in the order of lists.
    pub fn categories(&self) -> &[category::Model] {
        &self.read.categories
    }

    pub fn category(&self, code: &str) -> Option<&category::Model> {
        self.read.categories.iter().find(|one| one.code == code)
    }

    /// Whether a case of this kind may be about a category.
    pub fn serves(&self, kind: Kind, code: &str) -> bool {
        self.category(code)
            .is_some_and(|one| one.enabled && serves(one, kind))
    }

    /// What the guards ask of a category; an unknown one has no trait at all.
    pub fn traits(&self, kind: Kind, code: &str) -> case::Category {
        let Some(one) = self.category(code) else {
            return case::Category::default();
        };
        case::Category {
            enabled: one.enabled && serves(one, kind),
            consult: one.consult,
            self_handle: one.self_handle,
            public_hazard: one.public_hazard,
            place: one.place,
            desk_adopts: one.desk_adopts,
        }
    }
}

/// Whether a category is meant for cases of this kind.
pub(super) fn serves(category: &category::Model, kind: Kind) -> bool {
    category.kinds.split(' ').any(|code| code == kind.code())
}

/// Categories of an office in the order of lists, in use or not.
pub async fn categories(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<category::Model>> {
    Ok(Book::of(db, office).await?.read.categories.clone())
}

/// One category by its code, in use or not.
pub async fn category(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &str,
) -> AppResult<Option<category::Model>> {
    Ok(Book::of(db, office).await?.category(code).cloned())
}

/// The name of a category in the reader's language.
pub fn name(lang: Lang, category: &category::Model) -> &str {
    match lang {
        Lang::Zh => &category.name_zh,
        Lang::En => &category.name_en,
    }
}

/// The title of a case as its reader calls the category: one that nobody typed begins with the
/// category's Chinese name, with the place behind it.
pub fn title(lang: Lang, category: Option<&category::Model>, title: &str) -> String {
    let (Lang::En, Some(category)) = (lang, category) else {
        return title.to_owned();
    };
    match title.strip_prefix(category.name_zh.as_str()) {
        Some("") => category.name_en.clone(),
        Some(rest) => match rest.strip_prefix('·') {
            Some(place) => format!("{} · {place}", category.name_en),
            None => title.to_owned(),
        },
        None => title.to_owned(),
    }
}

/// The name of a group of categories.
pub fn group_name(lang: Lang, group: &category_group::Model) -> &str {
    match lang {
        Lang::Zh => &group.name_zh,
        Lang::En => &group.name_en,
    }
}

impl Read {
    fn of(rows: store::Rows) -> AppResult<Self> {
        let notices = rows
            .years
            .into_iter()
            .fold(Notices::default(), |known, year| known.with(year));
        let office = office_calendar(&rows.hours, &rows.own_days, &notices)?;
        Ok(Self {
            groups: rows.groups,
            categories: rows.categories,
            rules: rows.rules,
            calendars: Calendars::new(office, vec![Calendar::always()]),
            notices,
            asks_desks: rows.asks_desks,
        })
    }

    /// What an office has whose tables were not filled yet.
    fn unwritten(office: OfficeId) -> AppResult<Self> {
        let mut seed = seed::of(office, DateTime::UNIX_EPOCH)?;
        seed.rules.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            groups: seed.groups,
            categories: seed.categories,
            rules: seed.rules,
            calendars: Calendars::default(),
            notices: Notices::default(),
            asks_desks: false,
        })
    }
}

/// The office's hours with the days that differ.
pub(super) fn office_calendar(
    hours: &[calendar_hour::Model],
    own_days: &[calendar_day::Model],
    notices: &Notices,
) -> AppResult<Calendar> {
    let mut week: [Vec<Window>; 7] = Default::default();
    for row in hours {
        let day = usize::try_from(row.weekday - 1)
            .ok()
            .and_then(|at| week.get_mut(at));
        let day = day.ok_or_else(|| anyhow!("{} is no weekday", row.weekday))?;
        day.push(super::rota::window(row.from_minute, row.to_minute)?);
    }
    let mut calendar = Calendar::new("office", week, true)
        .map_err(anyhow::Error::from)?
        .with_notices(notices);
    for row in own_days {
        let windows = match (row.works, row.from_minute, row.to_minute) {
            (false, ..) => Vec::new(),
            (true, Some(from), Some(to)) => vec![super::rota::window(from, to)?],
            (true, ..) => calendar.usual(),
        };
        let with = calendar.with_day(row.day, windows);
        calendar = with.map_err(anyhow::Error::from)?;
    }
    Ok(calendar)
}
