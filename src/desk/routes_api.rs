//! Desks over the API.
use super::{
    commands,
    form::{self, TypedExtra, TypedMember, TypedPattern, TypedPost, TypedSite, TypedSwap},
    roster_commands,
    roster_store::{self, Line, Table},
    routes::{EDIT, READ},
    store::{self, Retired},
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        calendar::day_of,
        fault::{Faults, FieldFault},
        id::{DeskMemberId, DeskPatternId},
        moment,
        rota::{Band, Cause, DeskKind, Duty, Key, Warning, clock},
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, ProblemDocument, Query, created, figure},
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// Days that one answer covers at most.
const LONGEST: i64 = 93;

pub fn add(routes: Routes) -> Routes {
    routes
        .api(Audience::Anyone, routes!(sessions))
        .api(READ, routes!(roster))
        .api(READ, routes!(sites))
        .api(EDIT, routes!(add_site))
        .api(READ, routes!(members))
        .api(EDIT, routes!(add_member))
        .api(EDIT, routes!(add_pattern))
        .api(EDIT, routes!(place))
        .api(EDIT, routes!(add_extra))
        .api(EDIT, routes!(assign))
        .api(EDIT, routes!(relieve))
        .api(EDIT, routes!(swap))
        .api(EDIT, routes!(cancel))
        .api(EDIT, routes!(restore))
        .api(EDIT, routes!(confirm))
}

/// A session as anybody sees it: duties, never people.
#[derive(Serialize, ToSchema)]
pub struct SessionOut {
    key: String,
    site: SiteOut,
    kind: DeskKind,
    band: Band,
    date: NaiveDate,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    cancelled: bool,
    /// Why it is cancelled or extra.
    reason: Option<String>,
    /// The day from which a holiday moved it.
    moved_from: Option<NaiveDate>,
    extra: bool,
    /// The year's holiday notice has not been published; the day may still change.
    provisional: bool,
    duties: Vec<Duty>,
}

#[derive(Serialize, ToSchema)]
pub struct SiteOut {
    id: String,
    name: String,
    address: String,
    note: String,
}

fn site_out(site: &crate::entity::desk_site::Model) -> SiteOut {
    SiteOut {
        id: site.id.to_string(),
        name: site.name.clone(),
        address: site.address.clone(),
        note: site.note.clone(),
    }
}

fn session_out(line: &Line, table: &Table) -> Option<SessionOut> {
    let session = &line.session;
    let mut duties: Vec<Duty> = line
        .posts
        .iter()
        .filter_map(|post| table.members.get(&post.member))
        .map(|member| member.duty)
        .collect();
    duties.sort_unstable();
    duties.dedup();
    let told = session.cancelled || session.cause == Cause::Extra;
    Some(SessionOut {
        key: session.key.to_string(),
        site: site_out(table.sites.get(&session.site)?),
        kind: session.kind,
        band: session.band,
        date: session.date,
        starts_at: session.starts_at(),
        ends_at: session.ends_at(),
        cancelled: session.cancelled,
        reason: (told && !session.reason.is_empty()).then(|| session.reason.clone()),
        moved_from: match session.cause {
            Cause::MovedFrom(origin) => Some(origin),
            _ => None,
        },
        extra: session.cause == Cause::Extra,
        provisional: session.provisional,
        duties,
    })
}

/// Which days, of which site.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// First day; today when left out.
    from: String,
    /// Last day; four weeks on when left out, at most 93 days.
    to: String,
    site: String,
}

impl Stretch {
    fn days(&self, now: DateTime<Utc>) -> Result<(NaiveDate, NaiveDate), Faults> {
        let or = |raw: &str, other: NaiveDate| match moment::day(raw) {
            Err(FieldFault::Required) => Ok(other),
            read => read,
        };
        let from = or(&self.from, day_of(now)).map_err(|fault| Faults::one("from", fault))?;
        let later = from + chrono::TimeDelta::days(27);
        let to = or(&self.to, later).map_err(|fault| Faults::one("to", fault))?;
        if to < from {
            return Err(Faults::one("to", FieldFault::BeforeStart));
        }
        if (to - from).num_days() > LONGEST {
            return Err(Faults::one("to", FieldFault::TooFar { days: LONGEST }));
        }
        Ok((from, to))
    }
}

/// The published sessions of some days.
#[utoipa::path(get, path = "/api/v1/desk/sessions", tag = "desk", params(Stretch),
    responses((status = 200, body = List<SessionOut>), (status = 422, body = ProblemDocument)))]
pub async fn sessions(
    State(app): State<App>,
    Query(stretch): Query<Stretch>,
) -> AppResult<Json<List<SessionOut>>> {
    let (from, to) = stretch.days(app.db.now())?;
    let table = roster_store::table(app.db.read(), app.settings.office, from, to).await?;
    let wanted = |line: &&Line| {
        let site = line.session.site.to_string();
        line.session.public && (stretch.site.is_empty() || stretch.site == site)
    };
    let items = table.lines.iter().filter(wanted);
    let items = items.filter_map(|line| session_out(line, &table));
    Ok(Json(List {
        items: items.collect(),
        next: None,
    }))
}

/// A person at a session.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskPersonOut)]
pub struct PersonOut {
    member: String,
    name: String,
    duty: Duty,
    organisation: String,
    all_round: bool,
    #[schema(example = "08:30")]
    from: String,
    to: String,
    planned_minutes: i64,
    served_minutes: Option<i64>,
    /// Comes from the weekly pattern.
    standing: bool,
}

#[derive(Serialize, ToSchema)]
pub struct WarningOut {
    /// nobody, no_all_round, all_round_gap, two_places, two_desks, same_desk
    code: &'static str,
    member: Option<String>,
    /// Key of the other session.
    other: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl From<Warning> for WarningOut {
    fn from(warning: Warning) -> Self {
        let out = |code, member: Option<DeskMemberId>, other: Option<Key>| Self {
            code,
            member: member.map(|member| member.to_string()),
            other: other.map(|other| other.to_string()),
            from: None,
            to: None,
        };
        match warning {
            Warning::Nobody => out("nobody", None, None),
            Warning::NoAllRound => out("no_all_round", None, None),
            Warning::AllRoundGap(gap) => Self {
                from: Some(clock(gap.from)),
                to: Some(clock(gap.to)),
                ..out("all_round_gap", None, None)
            },
            Warning::TwoPlaces { member, other } => out("two_places", Some(member), Some(other)),
            Warning::TwoDesks { member, other } => out("two_desks", Some(member), Some(other)),
            Warning::SameDesk { other } => out("same_desk", None, Some(other)),
        }
    }
}

/// A session as the office sees it.
#[derive(Serialize, ToSchema)]
pub struct RosterOut {
    #[serde(flatten)]
    session: SessionOut,
    public: bool,
    people: Vec<PersonOut>,
    warnings: Vec<WarningOut>,
}

fn key(text: &str) -> AppResult<Key> {
    text.parse().map_err(|_| AppError::not_found())
}

async fn roster_out(app: &App, actor: &Actor, key: Key) -> AppResult<RosterOut> {
    let db = app.db.read();
    let session = store::session(db, actor.office, key).await?;
    let table = roster_store::table(db, actor.office, session.date, session.date).await?;
    let line = table.lines.iter().find(|line| line.session.key == key);
    let line = line.ok_or_else(AppError::not_found)?;
    let person = |post: &crate::domain::rota::Post| {
        let member = table.members.get(&post.member)?;
        Some(PersonOut {
            member: member.id.to_string(),
            name: member.name.clone(),
            duty: member.duty,
            organisation: member.organisation.clone(),
            all_round: member.all_round,
            from: clock(post.hours.from),
            to: clock(post.hours.to),
            planned_minutes: post.planned(),
            served_minutes: post.served,
            standing: post.standing,
        })
    };
    Ok(RosterOut {
        session: session_out(line, &table).ok_or_else(AppError::not_found)?,
        public: line.session.public,
        people: line.posts.iter().filter_map(person).collect(),
        warnings: line.warnings.iter().copied().map(Into::into).collect(),
    })
}

/// One session with its people and warnings.
#[utoipa::path(get, path = "/api/v1/desk/sessions/{key}", tag = "desk", params(("key" = String, Path)),
    responses((status = 200, body = RosterOut), (status = 404, body = ProblemDocument)))]
pub async fn roster(
    State(app): State<App>,
    actor: Actor,
    Path(session): Path<String>,
) -> AppResult<Json<RosterOut>> {
    Ok(Json(roster_out(&app, &actor, key(&session)?).await?))
}

/// Sites in use.
#[utoipa::path(get, path = "/api/v1/desk/sites", tag = "desk",
    responses((status = 200, body = List<SiteOut>)))]
pub async fn sites(State(app): State<App>, actor: Actor) -> AppResult<Json<List<SiteOut>>> {
    let sites = store::sites(app.db.read(), actor.office, Retired::Hidden).await?;
    Ok(Json(List {
        items: sites.iter().map(site_out).collect(),
        next: None,
    }))
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct Made {
    id: String,
}

fn made<T: ToString>(id: &T) -> Made {
    Made { id: id.to_string() }
}

/// Adds a site.
#[utoipa::path(post, path = "/api/v1/desk/sites", tag = "desk", request_body = TypedSite,
    responses((status = 201, body = Made), (status = 422, body = ProblemDocument)))]
pub async fn add_site(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedSite>,
) -> AppResult<Response> {
    let site = form::site(&call.body)?;
    let done = commands::add_site(&app.db, &actor, site, call.once).await?;
    Ok(created(done.map(|id| made(&id))))
}

/// A person of the rota.
#[derive(Serialize, ToSchema)]
pub struct MemberOut {
    id: String,
    name: String,
    duty: Duty,
    organisation: String,
    all_round: bool,
}

/// People of the rota in use.
#[utoipa::path(get, path = "/api/v1/desk/members", tag = "desk",
    responses((status = 200, body = List<MemberOut>)))]
pub async fn members(State(app): State<App>, actor: Actor) -> AppResult<Json<List<MemberOut>>> {
    let members = store::members(app.db.read(), actor.office, Retired::Hidden).await?;
    let items = members.into_iter().map(|one| MemberOut {
        id: one.id.to_string(),
        name: one.name,
        duty: one.duty,
        organisation: one.organisation,
        all_round: one.all_round,
    });
    Ok(Json(List {
        items: items.collect(),
        next: None,
    }))
}

/// Adds a person to the rota.
#[utoipa::path(post, path = "/api/v1/desk/members", tag = "desk", request_body = TypedMember,
    responses((status = 201, body = Made), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn add_member(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedMember>,
) -> AppResult<Response> {
    let member = form::member(&call.body)?;
    let done = commands::add_member(&app.db, &actor, member, call.once).await?;
    Ok(created(done.map(|id| made(&id))))
}

/// Adds a weekly pattern.
#[utoipa::path(post, path = "/api/v1/desk/patterns", tag = "desk", request_body = TypedPattern,
    responses((status = 201, body = Made), (status = 422, body = ProblemDocument)))]
pub async fn add_pattern(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedPattern>,
) -> AppResult<Response> {
    let weekly = form::weekly(&call.body)?;
    let done = commands::add_pattern(&app.db, &actor, weekly, call.once).await?;
    Ok(created(done.map(|id| made(&id))))
}

/// Puts a person on every session of a pattern.
#[utoipa::path(post, path = "/api/v1/desk/patterns/{id}/people", tag = "desk", request_body = TypedPost,
    params(("id" = String, Path)),
    responses((status = 201, body = Made), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn place(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    call: Call<TypedPost>,
) -> AppResult<Response> {
    let id: DeskPatternId = id.parse().map_err(|_| AppError::not_found())?;
    let row = store::pattern(app.db.read(), actor.office, id).await?;
    let hours = store::window(row.from_minute, row.to_minute)?;
    let post = form::post(&call.body, hours)?;
    let done = roster_commands::place(&app.db, &actor, id, post, call.once).await?;
    Ok(created(done.map(|id| made(&id))))
}

/// What an extra session is called by.
#[derive(Serialize, ToSchema)]
pub struct Held {
    key: String,
}

/// Adds an extra session.
#[utoipa::path(post, path = "/api/v1/desk/sessions", tag = "desk", request_body = TypedExtra,
    responses((status = 201, body = Held), (status = 422, body = ProblemDocument)))]
pub async fn add_extra(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedExtra>,
) -> AppResult<Response> {
    let extra = form::extra(&call.body, day_of(app.db.now()))?;
    let done = commands::add_extra(&app.db, &actor, extra, call.once).await?;
    Ok(created(done.map(|id| Held {
        key: Key::Extra(id).to_string(),
    })))
}

/// Puts a person on one session.
#[utoipa::path(post, path = "/api/v1/desk/sessions/{key}/people", tag = "desk", request_body = TypedPost,
    params(("key" = String, Path)),
    responses((status = 200, body = RosterOut), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn assign(
    State(app): State<App>,
    actor: Actor,
    Path(session): Path<String>,
    call: Call<TypedPost>,
) -> AppResult<Json<RosterOut>> {
    let key = key(&session)?;
    let session = store::session(app.db.read(), actor.office, key).await?;
    let post = form::post(&call.body, session.hours)?;
    roster_commands::assign(&app.db, &actor, key, post).await?;
    Ok(Json(roster_out(&app, &actor, key).await?))
}

/// Takes a person off one session.
#[utoipa::path(delete, path = "/api/v1/desk/sessions/{key}/people/{member}", tag = "desk",
    params(("key" = String, Path), ("member" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub async fn relieve(
    State(app): State<App>,
    actor: Actor,
    Path((session, member)): Path<(String, String)>,
) -> AppResult<StatusCode> {
    let member: DeskMemberId = member.parse().map_err(|_| AppError::not_found())?;
    roster_commands::relieve(&app.db, &actor, key(&session)?, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a shift to another person, who may give one in return.
#[utoipa::path(post, path = "/api/v1/desk/sessions/{key}/swaps", tag = "desk", request_body = TypedSwap,
    params(("key" = String, Path)),
    responses((status = 201, body = Made), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn swap(
    State(app): State<App>,
    actor: Actor,
    Path(session): Path<String>,
    call: Call<TypedSwap>,
) -> AppResult<Response> {
    let swap = form::swap(&call.body)?;
    let key = key(&session)?;
    let done = roster_commands::swap(&app.db, &actor, key, swap, call.once).await?;
    Ok(created(done.map(|id| made(&id))))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Why {
    /// Shown to the public.
    reason: String,
}

/// Cancels a session.
#[utoipa::path(post, path = "/api/v1/desk/sessions/{key}/cancel", tag = "desk", request_body = Why,
    params(("key" = String, Path)),
    responses((status = 200, body = RosterOut), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn cancel(
    State(app): State<App>,
    actor: Actor,
    Path(session): Path<String>,
    call: Call<Why>,
) -> AppResult<Json<RosterOut>> {
    let key = key(&session)?;
    let reason = form::reason(&call.body.reason);
    let reason = reason.map_err(|fault| Faults::one("reason", fault))?;
    commands::cancel(&app.db, &actor, key, reason).await?;
    Ok(Json(roster_out(&app, &actor, key).await?))
}

/// Lets a cancelled session take place after all.
#[utoipa::path(post, path = "/api/v1/desk/sessions/{key}/restore", tag = "desk",
    params(("key" = String, Path)),
    responses((status = 200, body = RosterOut), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub async fn restore(
    State(app): State<App>,
    actor: Actor,
    Path(session): Path<String>,
) -> AppResult<Json<RosterOut>> {
    let key = key(&session)?;
    commands::restore(&app.db, &actor, key).await?;
    Ok(Json(roster_out(&app, &actor, key).await?))
}

/// Hours of a session as they were served.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServedIn {
    people: Vec<ServedBy>,
}

#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ServedBy {
    member: String,
    #[schema(value_type = i64)]
    #[serde(deserialize_with = "figure")]
    minutes: String,
}

/// Confirms the minutes that people of a session served.
#[utoipa::path(post, path = "/api/v1/desk/sessions/{key}/served", tag = "desk", request_body = ServedIn,
    params(("key" = String, Path)),
    responses((status = 200, body = RosterOut), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn confirm(
    State(app): State<App>,
    actor: Actor,
    Path(session): Path<String>,
    call: Call<ServedIn>,
) -> AppResult<Json<RosterOut>> {
    let key = key(&session)?;
    let mut people = Vec::new();
    for one in call.body.people {
        let member = one.member.parse();
        let member = member.map_err(|_| Faults::one("member", FieldFault::NotFound))?;
        people.push((member, one.minutes));
    }
    let minutes = form::served(people)?;
    roster_commands::confirm(&app.db, &actor, key, minutes).await?;
    Ok(Json(roster_out(&app, &actor, key).await?))
}
