//! What a list is asked for: the words of an address, read into a filter, and written again in one
//! form for links and kept views.
use crate::{
    account,
    case::{
        door::{self, Reader, Sight},
        store::{self, Cursor, Filter, Marks, Members, Sort, Tallies, Waiting, Whose, Words},
    },
    domain::{
        calendar::day_of,
        case::{Channel, Code, HANDLING, Kind, Part, Stage, Urgency},
        fault::{Faults, FieldFault},
        id::{AreaId, OfficeId, UnitId},
        moment,
        role::Role,
    },
    entity::case::Column,
    error::AppResult,
    platform::{App, api::PageQuery},
    rulebook,
};
use chrono::NaiveDate;
use sea_orm::ColumnTrait;
use serde::Deserialize;
use std::sync::Arc;

/// Filters, order and page of a list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// employment_match, resident_request, …
    pub kind: Option<String>,
    /// registered, accepted, dispatched, handling, suspended, verifying, closed, …
    pub stage: Option<String>,
    /// Id of the unit that leads.
    pub unit: Option<String>,
    /// Id of an area; what lies in it counts.
    pub area: Option<String>,
    /// Code of a group of categories.
    pub group: Option<String>,
    /// Code of a category.
    pub category: Option<String>,
    /// desk, qr, phone, wechat_group, mini_program, hotline, patrol, visit, …
    pub channel: Option<String>,
    /// emergency, utility, ordinary, complex, formal, formal_broad
    pub urgency: Option<String>,
    /// Recorded on this day or later.
    pub from: Option<String>,
    /// Recorded on this day or earlier.
    pub to: Option<String>,
    /// yes: only those that have not ended.
    pub open: Option<String>,
    /// yes: only those whose deadline is over.
    pub overdue: Option<String>,
    /// yes: only those that wait for the caller.
    pub mine: Option<String>,
    /// yes: only those under supervision.
    pub supervised: Option<String>,
    /// yes: only those that were verified and whose reporter was not reached yet.
    pub callback: Option<String>,
    /// A number, its beginning, or words of the title or of what was written.
    pub q: Option<String>,
    /// A queue of open cases: mine, unit, overdue, callback or supervised; all opens no kept view.
    pub show: Option<String>,
    /// newest (when absent), or due: nearest deadline first.
    pub sort: Option<String>,
    /// At most 200, 50 when absent.
    pub limit: Option<u64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// What of a text was given.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn yes(text: Option<&str>) -> Result<bool, FieldFault> {
    match given(text) {
        None | Some("no" | "false" | "0") => Ok(false),
        Some("yes" | "true" | "1") => Ok(true),
        Some(_) => Err(FieldFault::UnknownChoice),
    }
}

fn code<T>(text: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, FieldFault> {
    let known = given(text).map(|code| read(code).ok_or(FieldFault::UnknownChoice));
    known.transpose()
}

fn day(text: Option<&str>) -> Result<Option<NaiveDate>, FieldFault> {
    given(text).map(moment::day).transpose()
}

/// A queue that `show` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    Mine,
    Unit,
    Overdue,
    Callback,
    Supervised,
}

impl Show {
    pub const ALL: &'static [Self] = &[
        Self::Mine,
        Self::Unit,
        Self::Overdue,
        Self::Callback,
        Self::Supervised,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unit => "unit",
            Self::Overdue => "overdue",
            Self::Callback => "callback",
            Self::Supervised => "supervised",
        }
    }
}

/// A query whose every word is understood.
struct Read {
    filter: Filter,
    show: Option<Show>,
    area: Option<AreaId>,
    overdue: bool,
    mine: bool,
}

impl ListQuery {
    /// # Errors
    /// 422 with what no filter understands.
    pub async fn filter(&self, app: &App, account: &account::Actor) -> AppResult<Filter> {
        let Read {
            mut filter,
            show,
            area,
            overdue,
            mine,
        } = self.read()?;
        let (db, now) = (app.db.read(), app.db.now());
        if overdue || show == Some(Show::Overdue) {
            filter.overdue = Some(now);
        }
        if mine || show == Some(Show::Mine) {
            filter.waiting = Some(waiting(app, account).await?);
        }
        match show {
            Some(Show::Unit) => {
                // Somebody without a unit has an empty queue of it.
                filter.unit = Some(account.unit.unwrap_or(UnitId(0)));
                filter.open = true;
            }
            Some(Show::Callback) => filter.callback = true,
            Some(Show::Supervised) => {
                filter.supervised = true;
                filter.open = true;
            }
            _ => {}
        }
        if let Some(area) = area {
            let any = store::area_inside(db, account.office, area).await?;
            if any.is_empty() {
                return Err(Faults::one("area", FieldFault::NotFound).into());
            }
            let common = store::is_common(db, account.office, Column::AreaId.is_in(any.clone()));
            let common = any.len() > 1 && common.await?;
            filter.area = Some(Members { any, common });
        }
        if let (Some(group), None) = (given(self.group.as_deref()), &filter.category) {
            filter.category = Some(in_group(app, account, group).await?);
        }
        let typed = self.q.as_deref().unwrap_or_default();
        let (backend, reader) = (db.get_database_backend(), Reader::of(account));
        filter.words = Words::read(backend, &app.keys, reader, typed);
        Ok(filter)
    }

    fn read(&self) -> Result<Read, Faults> {
        let mut faults = Faults::new();
        let mut read = Read {
            filter: Filter::default(),
            show: None,
            area: None,
            overdue: false,
            mine: false,
        };
        let filter = &mut read.filter;
        let known = faults.take("kind", code(self.kind.as_deref(), Kind::from_code));
        filter.kind = known.flatten();
        let known = faults.take("stage", code(self.stage.as_deref(), Stage::from_code));
        filter.stage = known.flatten();
        let id = given(self.unit.as_deref()).map(|id| id.parse().map_err(|_| FieldFault::Format));
        filter.unit = faults.take("unit", id.transpose()).flatten();
        let id = given(self.area.as_deref()).map(|id| id.parse().map_err(|_| FieldFault::Format));
        read.area = faults.take("area", id.transpose()).flatten();
        let category = given(self.category.as_deref()).map(|code| {
            let code = Code::new(code)?;
            Ok(Members {
                any: vec![code.as_str().to_owned()],
                common: false,
            })
        });
        filter.category = faults.take("category", category.transpose()).flatten();
        let known = faults.take("channel", code(self.channel.as_deref(), Channel::from_code));
        filter.channel = known.flatten();
        let known = faults.take("urgency", code(self.urgency.as_deref(), Urgency::from_code));
        filter.urgency = known.flatten();
        let sort = code(self.sort.as_deref(), |code| match code {
            "newest" => Some(Sort::Newest),
            "due" => Some(Sort::Due),
            _ => None,
        });
        filter.sort = faults.take("sort", sort).flatten().unwrap_or_default();
        let tick = |text: &Option<String>| yes(text.as_deref());
        filter.open = faults.take("open", tick(&self.open)).unwrap_or(false);
        filter.supervised = faults
            .take("supervised", tick(&self.supervised))
            .unwrap_or(false);
        filter.callback = faults
            .take("callback", tick(&self.callback))
            .unwrap_or(false);
        self.read_days(filter, &mut faults);
        read.overdue = faults.take("overdue", tick(&self.overdue)).unwrap_or(false);
        read.mine = faults.take("mine", tick(&self.mine)).unwrap_or(false);
        let show = code(self.show.as_deref(), |code| match code {
            "all" => Some(None),
            _ => Show::ALL
                .iter()
                .find(|show| show.code() == code)
                .map(|show| Some(*show)),
        });
        read.show = faults.take("show", show).flatten().flatten();
        faults.into_result(Some(read))
    }

    fn read_days(&self, filter: &mut Filter, faults: &mut Faults) {
        let from = faults.take("from", day(self.from.as_deref())).flatten();
        let to = faults.take("to", day(self.to.as_deref())).flatten();
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            faults.add("to", FieldFault::BeforeStart);
        }
        let eve = |day: NaiveDate| day.pred_opt().unwrap_or(day);
        filter.since = from.map(|day| moment::end_of(eve(day)));
        filter.before = to.map(moment::end_of);
    }

    /// # Errors
    /// 422 for a limit out of range, 400 for a cursor that is none of ours.
    pub fn page(&self) -> AppResult<(u64, Option<Cursor>)> {
        let limit = PageQuery {
            limit: self.limit,
            cursor: None,
        };
        let after = self.cursor.as_deref().map(Cursor::read).transpose()?;
        Ok((limit.limit()?, after))
    }

    /// What was asked for, in one order and without what is blank; no page.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("kind", &self.kind),
            ("stage", &self.stage),
            ("unit", &self.unit),
            ("area", &self.area),
            ("group", &self.group),
            ("category", &self.category),
            ("channel", &self.channel),
            ("urgency", &self.urgency),
            ("from", &self.from),
            ("to", &self.to),
            ("open", &self.open),
            ("overdue", &self.overdue),
            ("mine", &self.mine),
            ("supervised", &self.supervised),
            ("callback", &self.callback),
            ("show", &self.show),
            ("q", &self.q),
            ("sort", &self.sort),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, given(value.as_deref())?)))
            .collect()
    }

    /// The one form in which a query is kept and compared.
    pub fn canonical(&self) -> String {
        let kept = self.pairs().into_iter();
        written(kept.filter(|pair| *pair != ("show", "all")))
    }

    /// Whether nothing is asked for, not even everything.
    pub fn is_blank(&self) -> bool {
        self.pairs().is_empty() && self.cursor.is_none() && self.limit.is_none()
    }

    /// The address of this list with some words changed; an empty one takes its word away.
    pub fn with(&self, base: &str, changes: &[(&'static str, &str)]) -> String {
        let mut pairs = self.pairs();
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        if base == PAGE && pairs.is_empty() {
            pairs.push(("show", "all"));
        }
        if pairs.len() > 1 {
            pairs.retain(|pair| *pair != ("show", "all"));
        }
        let pairs = written(pairs.into_iter());
        if pairs.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{pairs}")
        }
    }
}

/// Where the page of the list is.
pub(super) const PAGE: &str = "/cases";

fn written<'a>(pairs: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    pairs.join("&")
}

/// The categories of a group.
async fn in_group(app: &App, account: &account::Actor, group: &str) -> AppResult<Members<String>> {
    let db = app.db.read();
    let categories = rulebook::categories(db, account.office).await?;
    let of_group = categories.into_iter().filter(|one| one.group_code == group);
    let any: Vec<String> = of_group.map(|one| one.code).collect();
    if any.is_empty() {
        return Err(Faults::one("group", FieldFault::UnknownChoice).into());
    }
    let common = store::is_common(db, account.office, Column::Category.is_in(any.clone())).await?;
    Ok(Members { any, common })
}

/// Where the counts of a ledger are taken, and for whom its queues are counted.
async fn counting(app: &App, account: &account::Actor) -> AppResult<((OfficeId, Sight), Whose)> {
    let whose = Whose {
        waiting: waiting(app, account).await?,
        unit: account.unit,
        now: app.db.now(),
    };
    Ok(((account.office, Sight::of(account)), whose))
}

/// How much waits for somebody in the ledger, queue by queue.
///
/// # Errors
/// When the database does not answer.
pub async fn queues(app: &App, account: &account::Actor) -> AppResult<Marks> {
    let (here, whose) = counting(app, account).await?;
    let counted = kept(app, "queues", here, whose, || {
        store::queues(app.db.read(), here, whose)
    });
    Ok(counted.await?.marks(None))
}

/// All counts beside a list. Those of the whole ledger, which everybody looks at and which are the
/// dearest, are kept until a case changes or becomes late.
pub(super) async fn tallies(
    app: &App,
    account: &account::Actor,
    filter: &Filter,
) -> AppResult<Arc<Tallies>> {
    let (here, whose) = counting(app, account).await?;
    let count = || store::tallies(app.db.read(), here, filter, whose);
    if filter.is_plain() {
        kept(app, "tallies", here, whose, count).await
    } else {
        count().await.map(Arc::new)
    }
}

async fn kept<F>(
    app: &App,
    what: &str,
    here: (OfficeId, Sight),
    whose: Whose,
    count: impl FnOnce() -> F,
) -> AppResult<Arc<Tallies>>
where
    F: Future<Output = AppResult<Tallies>>,
{
    // Before it is counted: what is written meanwhile may be in the counts, and ends them.
    let written = store::written(app.db.read(), whose.now).await?;
    let key = format!("{what} {here:?} {:?} {:?}", whose.waiting, whose.unit);
    if let Some(known) = app.kept.get(&key, &written.basis, whose.now) {
        return Ok(known);
    }
    let counted = Arc::new(count().await?);
    if written.settled {
        let until = counted.until();
        app.kept.put(key, written.basis, until, counted.clone());
    }
    Ok(counted)
}

/// Whose turn it is when it is somebody's turn.
async fn waiting(app: &App, account: &account::Actor) -> AppResult<Waiting> {
    let actor = door::acting(app.db.read(), account).await?;
    let mut parts = actor.parts(Kind::ResidentRequest, None, None);
    // Parts that somebody plays only in the cases of his unit or employer.
    if HANDLING.contains(&account.role) {
        parts.add(Part::Handler);
    }
    if account.leader {
        parts.add(Part::UnitLeader);
    }
    match account.role {
        Role::Mediator => {
            parts.add(Part::Mediator);
            // The head of a committee signs for it.
            if account.leader {
                parts.add(Part::Handler);
            }
        }
        Role::Employer => parts.add(Part::Employer),
        _ => {}
    }
    Ok((parts, account.unit, day_of(app.db.now())))
}
