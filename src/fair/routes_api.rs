//! Fairs and booths over the API.
use super::{
    booth_commands::{self, Booking, Wish},
    commands,
    form::{self, CALL, Typed},
    plan::{self, StallState},
    store::{self, Host, Shown},
    times,
};
use crate::{
    account::Actor,
    domain::{
        fair::{FairKind, FairStatus, HostPart, ProgrammeKind, Stage},
        fault::{Faults, FieldFault},
        group::TargetGroup,
        id::{EmployerId, FairId},
        role::Role,
    },
    entity::fair::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, PageQuery, ProblemDocument, Query, created},
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Who plans fairs.
pub const PLANNERS: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer];
/// Who takes booths: an employer for itself, the office for any.
pub const TAKERS: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::Employer];

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFair {
    /// Lower case letters, digits and hyphens; part of the fair's address.
    #[serde(default)]
    slug: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    #[schema(value_type = Option<FairKind>)]
    kind: String,
    #[serde(default)]
    venue: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    #[schema(value_type = DateTime<Utc>)]
    starts_at: String,
    #[serde(default)]
    #[schema(value_type = DateTime<Utc>)]
    ends_at: String,
    capacity: Option<i64>,
    /// Expected visitors; from 1000 on a police permit is needed to publish.
    expected: Option<i64>,
    /// Rows of text, such as `A 1-8 北侧`.
    #[serde(default)]
    booths: String,
    #[serde(default)]
    registration: Window,
    /// Minutes that a booth is held; 15 when absent.
    hold_minutes: Option<i64>,
    #[serde(default)]
    #[schema(value_type = Vec<TargetGroup>)]
    target_groups: Vec<String>,
    /// Names of the gates.
    #[serde(default)]
    gates: Vec<String>,
    #[serde(default)]
    notice: String,
    #[serde(default)]
    intro: String,
    #[serde(default)]
    filing_no: String,
    #[serde(default)]
    permit_no: String,
    /// Ids of the units that host with the office.
    #[serde(default)]
    co_hosts: Vec<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Window {
    #[serde(default)]
    #[schema(value_type = DateTime<Utc>)]
    opens_at: String,
    #[serde(default)]
    #[schema(value_type = DateTime<Utc>)]
    closes_at: String,
}

impl From<NewFair> for Typed {
    fn from(new: NewFair) -> Self {
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let host = |unit| (unit, "co_host".to_owned());
        Self {
            slug: new.slug,
            title: new.title,
            kind: new.kind,
            venue: new.venue,
            address: new.address,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            opens_at: new.registration.opens_at,
            closes_at: new.registration.closes_at,
            capacity: number(new.capacity),
            expected: number(new.expected),
            hold_minutes: number(new.hold_minutes),
            target_groups: new.target_groups,
            gates: new.gates.join("\n"),
            booths: new.booths,
            notice: new.notice,
            intro: new.intro,
            filing_no: new.filing_no,
            permit_no: new.permit_no,
            hosts: new.co_hosts.into_iter().map(host).collect(),
        }
    }
}

/// A fair as anybody may see it.
#[derive(Serialize, ToSchema)]
pub struct FairOut {
    id: String,
    slug: String,
    title: String,
    kind: FairKind,
    venue: String,
    address: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    registration: WindowOut,
    status: FairStatus,
    stage: Stage,
    /// Names of all units that host with the office.
    co_hosts: Vec<String>,
    hosts: Vec<HostOut>,
    #[schema(value_type = Vec<TargetGroup>)]
    target_groups: serde_json::Value,
    #[schema(value_type = Vec<String>)]
    gates: serde_json::Value,
    capacity: i64,
    registered: i64,
    hold_minutes: i32,
    notice: String,
    intro: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    programme: Option<Vec<ItemOut>>,
}

#[derive(Serialize, ToSchema)]
struct WindowOut {
    opens_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct HostOut {
    name: String,
    part: HostPart,
}

#[derive(Serialize, ToSchema)]
struct ItemOut {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    kind: ProgrammeKind,
    title: String,
    place: String,
    host: String,
}

fn shape(fair: Model, hosts: Vec<Host>, now: DateTime<Utc>) -> FairOut {
    FairOut {
        stage: times(&fair).stage(fair.status, now),
        id: fair.id.to_string(),
        slug: fair.slug,
        title: fair.title,
        kind: fair.kind,
        venue: fair.venue,
        address: fair.address,
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        registration: WindowOut {
            opens_at: fair.registration_opens_at,
            closes_at: fair.registration_closes_at,
        },
        status: fair.status,
        co_hosts: hosts.iter().map(|host| host.name.clone()).collect(),
        hosts: hosts
            .into_iter()
            .map(|host| HostOut {
                name: host.name,
                part: host.part,
            })
            .collect(),
        target_groups: fair.target_groups,
        gates: fair.gates,
        capacity: fair.capacity,
        registered: fair.registered,
        hold_minutes: fair.hold_minutes,
        notice: fair.notice,
        intro: fair.intro,
        programme: None,
    }
}

async fn shapes(app: &App, fairs: Vec<Model>) -> AppResult<Vec<FairOut>> {
    let ids: Vec<FairId> = fairs.iter().map(|fair| fair.id).collect();
    let mut hosts: HashMap<FairId, Vec<Host>> = HashMap::new();
    for (fair, host) in store::hosts(app.db.read(), &ids).await? {
        hosts.entry(fair).or_default().push(host);
    }
    let now = app.db.now();
    Ok(fairs
        .into_iter()
        .map(|fair| {
            let with = hosts.remove(&fair.id).unwrap_or_default();
            shape(fair, with, now)
        })
        .collect())
}

async fn one_shape(app: &App, fair: Model) -> AppResult<FairOut> {
    let items = store::programme(app.db.read(), fair.id).await?;
    let mut out = shapes(app, vec![fair]).await?;
    let mut out = out.pop().ok_or_else(AppError::not_found)?;
    let item = |item: crate::entity::fair_programme::Model| ItemOut {
        starts_at: item.starts_at,
        ends_at: item.ends_at,
        kind: item.kind,
        title: item.title,
        place: item.place,
        host: item.host,
    };
    out.programme = Some(items.into_iter().map(item).collect());
    Ok(out)
}

/// Published fairs, the newest first.
#[utoipa::path(get, path = "/api/v1/fairs", tag = "fairs", params(PageQuery),
    responses((status = 200, body = List<FairOut>), (status = 400, body = ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<List<FairOut>>> {
    let (db, office) = (app.db.read(), app.settings.office);
    let limit = page.limit()?;
    let mut rows = store::list(db, office, Shown::Public, page.after()?, limit + 1).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|fair| fair.id.to_string());
    let items = shapes(&app, rows).await?;
    Ok(Json(List { items, next }))
}

/// One published fair with its side programme.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}", tag = "fairs", params(("fair" = String, Path)),
    responses((status = 200, body = FairOut), (status = 404, body = ProblemDocument)))]
pub async fn one(State(app): State<App>, Path(slug): Path<String>) -> AppResult<Json<FairOut>> {
    let fair = store::find_shown(app.db.read(), app.settings.office, &slug).await?;
    Ok(Json(one_shape(&app, fair).await?))
}

/// A booth as anybody may see it; an employer is named once it is approved and booked.
#[derive(Serialize, ToSchema)]
pub struct BoothOut {
    label: String,
    row: String,
    column: u16,
    side: String,
    state: StallState,
    employer: Option<EmployerOut>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BoothEmployerOut)]
struct EmployerOut {
    id: String,
    name: String,
    /// What the QR at the booth names.
    participation: String,
}

/// The booths of a fair in the order of its plan.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}/booths", tag = "fairs", params(("fair" = String, Path)),
    responses((status = 200, body = List<BoothOut>), (status = 404, body = ProblemDocument)))]
pub async fn booths(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> AppResult<Json<List<BoothOut>>> {
    let fair = store::find_shown(app.db.read(), app.settings.office, &slug).await?;
    let everybody = plan::everybody(&app, &fair).await?;
    let booth = |stall: plan::Stall| {
        let code = stall.stand.as_ref().map(|stand| stand.code.clone());
        let employer = stall.public_employer().map(|who| EmployerOut {
            id: who.id.to_string(),
            name: who.name.clone(),
            participation: code.unwrap_or_default(),
        });
        BoothOut {
            label: stall.booth.label,
            row: stall.booth.row,
            column: stall.booth.number,
            side: stall.booth.side,
            state: stall.state,
            employer,
        }
    };
    Ok(Json(List {
        items: everybody.stalls.into_iter().map(booth).collect(),
        next: None,
    }))
}

/// Plans a fair; it is a draft until it is published.
#[utoipa::path(post, path = "/api/v1/fairs", tag = "fairs", request_body = NewFair,
    responses((status = 201, body = FairOut), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn create(
    State(app): State<App>,
    actor: Actor,
    call: Call<NewFair>,
) -> AppResult<Response> {
    let details = form::details(&call.body.into(), &CALL)?;
    let details = form::ahead(details, app.db.now())?;
    let done = commands::create(&app, actor.office, details, call.once).await?;
    let fair = store::find_by_id(app.db.read(), actor.office, done.value).await?;
    let shown = one_shape(&app, fair).await?;
    Ok(created(done.map(|_| shown)))
}

/// Publishes a fair.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/publish", tag = "fairs", params(("fair" = String, Path)),
    responses((status = 200, body = FairOut), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn publish(
    State(app): State<App>,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Json<FairOut>> {
    let once = crate::platform::once::Once::unkeyed();
    let done = commands::publish(&app, actor.office, slug, once).await?;
    let fair = store::find_by_id(app.db.read(), actor.office, done.value).await?;
    Ok(Json(one_shape(&app, fair).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// The office names whom it holds the booth for; an employer holds for itself.
    employer: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct HoldOut {
    hold: String,
    booth: String,
    expires_at: DateTime<Utc>,
}

/// Whom a call is about: an employer speaks for itself, the office names one.
fn employer_of(actor: &Actor, named: Option<&str>) -> AppResult<EmployerId> {
    let named = named.map(|id| {
        id.parse::<EmployerId>()
            .map_err(|_| AppError::from(Faults::one("employer", FieldFault::NotFound)))
    });
    let named = named.transpose()?;
    if actor.role != Role::Employer {
        return named.ok_or_else(|| Faults::one("employer", FieldFault::Required).into());
    }
    let own = actor.employer()?;
    match named {
        Some(other) if other != own => Err(AppError::not_found()),
        _ => Ok(own),
    }
}

/// Holds a booth for some minutes.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/booths/{label}/holds", tag = "booths", request_body = NewHold,
    params(("fair" = String, Path), ("label" = String, Path)),
    responses((status = 201, body = HoldOut), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub async fn hold(
    State(app): State<App>,
    actor: Actor,
    Path((slug, label)): Path<(String, String)>,
    call: Call<NewHold>,
) -> AppResult<Response> {
    let label = booth_commands::label(&label)?;
    let wish = Wish {
        office: actor.office,
        slug,
        label: label.clone(),
        employer: employer_of(&actor, call.body.employer.as_deref())?,
    };
    let done = booth_commands::hold(&app, wish, call.once).await?;
    Ok(created(done.map(|held| HoldOut {
        hold: held.participation.to_string(),
        booth: label,
        expires_at: held.until,
    })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// The hold to confirm.
    hold: String,
}

#[derive(Serialize, ToSchema)]
pub struct BookingOut {
    participation: String,
    booth: String,
    employer: String,
    /// What the QR at the booth names; it stays when the booth is swapped.
    code: String,
    url: String,
}

/// Confirms a hold.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/booths/{label}/bookings", tag = "booths", request_body = NewBooking,
    params(("fair" = String, Path), ("label" = String, Path)),
    responses((status = 201, body = BookingOut), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub async fn book(
    State(app): State<App>,
    actor: Actor,
    Path((slug, label)): Path<(String, String)>,
    call: Call<NewBooking>,
) -> AppResult<Response> {
    let hold = call.body.hold.parse();
    let hold = hold.map_err(|_| AppError::from(Faults::one("hold", FieldFault::NotFound)))?;
    let label = booth_commands::label(&label)?;
    let booking = Booking {
        slug,
        label: label.clone(),
        hold,
    };
    let done = booth_commands::book(&app, actor, booking, call.once).await?;
    let stand = super::booth_store::find(app.db.read(), done.value.fair, hold).await?;
    Ok(created(done.map(|_| BookingOut {
        participation: stand.id.to_string(),
        booth: label,
        employer: stand.employer_id.to_string(),
        url: super::sign_url(&app, &stand.code),
        code: stand.code,
    })))
}

#[derive(Serialize, ToSchema)]
pub struct ReleasedOut {
    booth: String,
    /// Somebody who waited has the booth now, to decide.
    offered: bool,
}

/// Gives a booth back; the waiting line moves up.
#[utoipa::path(delete, path = "/api/v1/fairs/{fair}/booths/{label}/bookings", tag = "booths",
    params(("fair" = String, Path), ("label" = String, Path)),
    responses((status = 200, body = ReleasedOut), (status = 404, body = ProblemDocument)))]
pub async fn release(
    State(app): State<App>,
    actor: Actor,
    Path((slug, label)): Path<(String, String)>,
) -> AppResult<Response> {
    let label = booth_commands::label(&label)?;
    let freed = booth_commands::release(&app, actor, slug, label.clone()).await?;
    let out = ReleasedOut {
        booth: label,
        offered: freed.offered,
    };
    Ok((StatusCode::OK, Json(out)).into_response())
}
