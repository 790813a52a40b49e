//! What was typed about a stream, as values; a form and a call are read by the same rules.
use crate::{
    domain::{
        broadcast::{MAX_VIEWS, Platform, WebAddress},
        fault::{Faults, FieldFault},
        moment::instant,
        text::{Line, choice, choices, number},
    },
    platform::{api::figure, form::Sent},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// A stream is an evening's work, not a channel.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Counts may be noted from the warming up on.
const WARM_UP: TimeDelta = TimeDelta::hours(6);

/// The text of every field of a stream, before it is understood.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Typed {
    #[schema(example = "星光夜市直播间")]
    pub title: String,
    #[schema(example = "零工市场主播小林")]
    pub host: String,
    /// douyin, kuaishou, channels, bilibili, weibo, media_app, other
    pub platforms: Vec<String>,
    pub url: String,
    /// RFC 3339; without an offset Beijing time.
    pub starts_at: String,
    pub ends_at: String,
}

impl Typed {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            title: get("title"),
            host: get("host"),
            platforms: sent
                .all("platforms")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            url: get("url"),
            starts_at: get("starts_at"),
            ends_at: get("ends_at"),
        }
    }
}

/// A stream as the office plans it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub title: Line,
    pub host: Line,
    pub platforms: Vec<Platform>,
    pub url: WebAddress,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// # Errors
/// Every field that cannot be taken.
pub fn plan(typed: &Typed) -> Result<Plan, Faults> {
    let mut faults = Faults::new();
    let title = faults.take("title", Line::required(&typed.title, 60));
    let host = faults.take("host", Line::required(&typed.host, 40));
    let platforms = faults.take("platforms", some(choices(&typed.platforms)));
    let url = faults.take("url", WebAddress::parse(&typed.url));
    let starts_at = faults.take("starts_at", instant(&typed.starts_at));
    let ends_at = faults.take("ends_at", end(starts_at, instant(&typed.ends_at)));
    let whole = || {
        Some(Plan {
            title: title?,
            host: host?,
            platforms: platforms?,
            url: url?,
            starts_at: starts_at?,
            ends_at: ends_at?,
        })
    };
    let plan = whole();
    faults.into_result(plan)
}

fn some(platforms: Result<Vec<Platform>, FieldFault>) -> Result<Vec<Platform>, FieldFault> {
    match platforms {
        Ok(none) if none.is_empty() => Err(FieldFault::Required),
        platforms => platforms,
    }
}

fn end(
    start: Option<DateTime<Utc>>,
    end: Result<DateTime<Utc>, FieldFault>,
) -> Result<DateTime<Utc>, FieldFault> {
    match (start, end) {
        (Some(start), Ok(end)) if end <= start => Err(FieldFault::BeforeStart),
        (Some(start), Ok(end)) if end - start > LONGEST => Err(FieldFault::TooFar { days: 1 }),
        (_, end) => end,
    }
}

/// The text of a view count, before it is understood.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypedCount {
    pub platform: String,
    /// Cumulative: what the platform shows.
    #[schema(value_type = i64)]
    #[serde(deserialize_with = "figure")]
    pub views: String,
    /// When it was read; now when left out.
    pub at: String,
    pub evidence_url: String,
    /// Why the count is smaller than an earlier one.
    pub correction: String,
}

impl TypedCount {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            platform: get("platform"),
            views: get("views"),
            at: get("at"),
            evidence_url: get("evidence_url"),
            correction: get("correction"),
        }
    }
}

/// A view count somebody read off a platform.
#[derive(Clone, Debug)]
pub struct Count {
    pub platform: Platform,
    pub views: i64,
    pub at: DateTime<Utc>,
    pub evidence_url: Option<WebAddress>,
    pub correction: Option<Line>,
}

/// What a count is read against.
pub struct Session<'a> {
    pub platforms: &'a [Platform],
    pub starts_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// A picture was handed in, so the link may be left out.
    pub pictured: bool,
}

/// # Errors
/// Every field that cannot be taken.
pub fn count(typed: &TypedCount, session: &Session<'_>) -> Result<Count, Faults> {
    let mut faults = Faults::new();
    let platform = faults.take("platform", shown_on(choice(&typed.platform), session));
    let views = faults.take("views", number(&typed.views, 0, MAX_VIEWS));
    let at = faults.take("at", read_at(&typed.at, session));
    let evidence_url = faults.take("evidence_url", proof(&typed.evidence_url, session));
    let correction = faults.take("correction", Line::optional(&typed.correction, 200));
    let whole = || {
        Some(Count {
            platform: platform?,
            views: views?,
            at: at?,
            evidence_url: evidence_url?,
            correction: correction?,
        })
    };
    let count = whole();
    faults.into_result(count)
}

fn shown_on(
    platform: Result<Platform, FieldFault>,
    session: &Session<'_>,
) -> Result<Platform, FieldFault> {
    match platform {
        Ok(platform) if !session.platforms.contains(&platform) => Err(FieldFault::UnknownChoice),
        platform => platform,
    }
}

fn read_at(raw: &str, session: &Session<'_>) -> Result<DateTime<Utc>, FieldFault> {
    match instant(raw) {
        Err(FieldFault::Required) if session.now + WARM_UP < session.starts_at => {
            Err(FieldFault::BeforeStart)
        }
        Err(FieldFault::Required) => Ok(session.now),
        Ok(at) if at > session.now => Err(FieldFault::Future),
        Ok(at) if at + WARM_UP < session.starts_at => Err(FieldFault::BeforeStart),
        read => read,
    }
}

fn proof(raw: &str, session: &Session<'_>) -> Result<Option<WebAddress>, FieldFault> {
    match WebAddress::optional(raw) {
        Ok(None) if !session.pictured => Err(FieldFault::Required),
        read => read,
    }
}

/// Longest minute mark: a stream lasts a day at most.
pub const LAST_MINUTE: i64 = 24 * 60;

/// # Errors
/// When it is no minute of the stream.
pub fn minute(raw: &str, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Result<i32, Faults> {
    let last = (ends_at - starts_at).num_minutes().min(LAST_MINUTE);
    let read = number(raw, 0, last).map_err(|fault| Faults::one("minute", fault))?;
    i32::try_from(read).map_err(|_| Faults::one("minute", FieldFault::Format))
}
