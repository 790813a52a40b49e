//! Postings over the API.
use super::{
    commands::{self, Act, Seen, Target},
    form::{self, CALL, Setting, Typed, details},
    store::{self, Filter, Stand, Wanted},
    view,
};
use crate::{
    account::Actor,
    domain::{
        fault::{Faults, FieldFault},
        id::{EmployerId, FairId},
        moment,
        posting::AgeGround,
        posting_check::Finding,
        role::Role,
    },
    entity::posting::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, PageQuery, ProblemDocument, Query, created, figure},
    },
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A posting to be written. Codes are those of the posting that comes back.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewPosting {
    /// Named by the office; an employer always writes for itself.
    employer: Option<String>,
    title: String,
    /// leader, professional, clerical, service, agriculture, production, other
    occupation: String,
    /// regular, traineeship, internship, community_practice, gig
    kind: String,
    #[serde(deserialize_with = "figure")]
    #[schema(value_type = i64)]
    headcount: String,
    duties: String,
    place: String,
    pay: PayIn,
    education: String,
    experience: String,
    skills: String,
    hours: String,
    /// fixed_term, open_ended, task_based, part_time, dispatch, trainee, service
    contract_type: String,
    /// pension, medical, unemployment, work_injury, maternity, housing_fund, accident
    insurance: Vec<String>,
    benefits: String,
    groups: Vec<String>,
    /// Only with `age_ground`.
    age_limit: String,
    /// adult_work, licensed_work, youth_policy
    age_ground: String,
    /// Last day on which it is shown.
    expires_on: String,
    auto_refer: bool,
}

#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct PayIn {
    /// Whole yuan before tax.
    #[serde(deserialize_with = "figure")]
    #[schema(value_type = i64)]
    min: String,
    /// The same as `min` when left out.
    #[serde(deserialize_with = "figure")]
    #[schema(value_type = Option<i64>)]
    max: String,
    /// month, day, hour or piece
    unit: String,
    /// Months' pay a year; 12 when left out.
    #[serde(deserialize_with = "figure")]
    #[schema(value_type = Option<i64>)]
    months: String,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = PostingReviewIn)]
pub struct ReviewIn {
    /// approve, return, reject
    decision: String,
    /// Needed to return and to reject.
    reason: String,
    /// The legal ground on which held findings are overruled.
    ground: String,
    /// The version that was looked at.
    version: Option<i64>,
}

/// A posting as everybody sees it.
#[derive(Serialize, ToSchema)]
pub struct PostingOut {
    id: String,
    fair: String,
    title: String,
    employer: EmployerOut,
    /// Label of the employer's booth, once it is booked.
    booth: Option<String>,
    occupation: String,
    kind: String,
    headcount: i32,
    pay: PayOut,
    education: String,
    experience: String,
    skills: String,
    hours: String,
    place: String,
    duties: String,
    contract_type: String,
    insurance: Vec<String>,
    benefits: String,
    groups: Vec<String>,
    age_limit: Option<String>,
    age_ground: Option<String>,
    expires_on: NaiveDate,
    auto_refer: bool,
    published_at: Option<DateTime<Utc>>,
    url: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PostingEmployerOut)]
struct EmployerOut {
    id: String,
    name: String,
    /// When the office last checked its papers.
    verified_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct PayOut {
    min: i64,
    max: i64,
    unit: String,
    months: i32,
}

/// A posting with what only its employer and the office see.
#[derive(Serialize, ToSchema)]
pub struct OwnPosting {
    #[serde(flatten)]
    posting: PostingOut,
    status: String,
    status_reason: Option<String>,
    findings: Vec<Finding>,
    version: i64,
    created_at: DateTime<Utc>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PublicQuery {
    /// Chinese words, pinyin or its initials.
    q: Option<String>,
    /// A target group, such as graduate.
    group: Option<String>,
    /// Yuan a month at least.
    salary_min: Option<String>,
    /// Label of a booth.
    booth: Option<String>,
    /// What the seeker has; postings that ask for more are left out.
    education: Option<String>,
    kind: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OwnQuery {
    status: Option<String>,
    /// Slug of a fair.
    fair: Option<String>,
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

impl NewPosting {
    fn typed(self) -> Typed {
        Typed {
            title: self.title,
            occupation: self.occupation,
            kind: self.kind,
            headcount: self.headcount,
            pay_min: self.pay.min,
            pay_max: self.pay.max,
            pay_unit: self.pay.unit,
            pay_months: self.pay.months,
            education: self.education,
            experience: self.experience,
            skills: self.skills,
            hours: self.hours,
            place: self.place,
            duties: self.duties,
            contract_type: self.contract_type,
            insurance: self.insurance,
            benefits: self.benefits,
            groups: self.groups,
            age_limit: self.age_limit,
            age_ground: self.age_ground,
            expires_on: self.expires_on,
            auto_refer: self.auto_refer,
        }
    }
}

fn out(app: &App, slug: &str, row: &Model, stand: Option<&Stand>) -> PostingOut {
    PostingOut {
        id: row.id.to_string(),
        fair: slug.to_owned(),
        title: row.title.clone(),
        employer: EmployerOut {
            id: row.employer_id.to_string(),
            name: stand.map_or_else(String::new, |s| s.employer.name.clone()),
            verified_at: stand.and_then(|s| s.employer.verified_at),
        },
        booth: stand.and_then(|s| s.booth.clone()),
        occupation: row.occupation.code(),
        kind: row.kind.code(),
        headcount: row.headcount,
        pay: PayOut {
            min: row.pay_min / 100,
            max: row.pay_max / 100,
            unit: row.pay_unit.code(),
            months: row.pay_months,
        },
        education: row.education.code(),
        experience: row.experience.code(),
        skills: row.skills.clone(),
        hours: row.hours.clone(),
        place: row.place.clone(),
        duties: row.duties.clone(),
        contract_type: row.contract_type.code(),
        insurance: view::code_list(&row.insurance),
        benefits: row.benefits.clone(),
        groups: view::code_list(&row.groups),
        age_limit: row.age_limit.clone(),
        age_ground: row.age_ground.map(AgeGround::code),
        expires_on: row.expires_on,
        auto_refer: row.auto_refer,
        published_at: row.published_at,
        url: format!("{}/f/{slug}/postings/{}", app.settings.public_url, row.id),
    }
}

fn own(app: &App, slug: &str, row: &Model, stand: Option<&Stand>) -> AppResult<OwnPosting> {
    Ok(OwnPosting {
        posting: out(app, slug, row, stand),
        status: row.status.code(),
        status_reason: row.status_reason.clone(),
        findings: serde_json::from_value(row.findings.clone())?,
        version: row.version,
        created_at: row.created_at,
    })
}

/// One posting of the actor's, with its employer and booth.
async fn own_by_id(
    app: &App,
    actor: &Actor,
    id: crate::domain::id::PostingId,
) -> AppResult<OwnPosting> {
    let row = store::find_for(app.db.read(), actor, id).await?;
    let rows = [row];
    Ok(own_all(app, actor, &rows).await?.remove(0))
}

async fn own_all(app: &App, actor: &Actor, rows: &[Model]) -> AppResult<Vec<OwnPosting>> {
    let db = app.db.read();
    let fairs = store::fairs_by_id(db, actor.office, rows).await?;
    let mut stands: HashMap<FairId, HashMap<EmployerId, Stand>> = HashMap::new();
    for fair in fairs.keys() {
        stands.insert(*fair, store::stands(db, Some(*fair), rows).await?);
    }
    rows.iter()
        .map(|row| {
            let slug = fairs
                .get(&row.fair_id)
                .map_or("", |fair| fair.slug.as_str());
            let stand = stands
                .get(&row.fair_id)
                .and_then(|s| s.get(&row.employer_id));
            own(app, slug, row, stand)
        })
        .collect()
}

/// Public postings of a fair, newest first.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}/postings", tag = "postings",
    params(("fair" = String, Path), PublicQuery),
    responses((status = 200, body = List<PostingOut>), (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn public_list(
    State(app): State<App>,
    Path(fair): Path<String>,
    Query(query): Query<PublicQuery>,
) -> AppResult<Json<List<PostingOut>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let (limit, after) = (page.limit()?, page.after()?);
    let wanted = wanted(&query)?;
    let (db, now) = (app.db.read(), app.db.now());
    let fair = store::public_fair(db, app.settings.office, &fair).await?;
    let mut rows = store::visible_list(db, &fair, &wanted, now, after, limit + 1).await?;
    let next = view::next_of(&mut rows, limit, |row| row.id.0);
    let stands = store::stands(db, Some(fair.id), &rows).await?;
    let items = rows
        .iter()
        .map(|row| out(&app, &fair.slug, row, stands.get(&row.employer_id)));
    Ok(Json(List {
        items: items.collect(),
        next,
    }))
}

fn wanted(query: &PublicQuery) -> AppResult<Wanted> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut faults = Faults::new();
    let wanted = form::wanted(
        &form::TypedWanted {
            q: text(&query.q),
            group: text(&query.group),
            salary_min: text(&query.salary_min),
            booth: text(&query.booth),
            education: text(&query.education),
            kind: text(&query.kind),
        },
        &mut faults,
    );
    if faults.is_empty() {
        Ok(wanted)
    } else {
        Err(faults.into())
    }
}

/// One public posting.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}/postings/{id}", tag = "postings",
    params(("fair" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = PostingOut), (status = 404, body = ProblemDocument)))]
pub async fn public_one(
    State(app): State<App>,
    Path((fair, id)): Path<(String, String)>,
) -> AppResult<Json<PostingOut>> {
    let (db, now) = (app.db.read(), app.db.now());
    let fair = store::public_fair(db, app.settings.office, &fair).await?;
    let row = [store::find_visible(db, &fair, view::id(&id)?, now).await?];
    let stands = store::stands(db, Some(fair.id), &row).await?;
    Ok(Json(out(
        &app,
        &fair.slug,
        &row[0],
        stands.get(&row[0].employer_id),
    )))
}

/// A posting for a fair; it waits for review, with what the posting check found.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/postings", tag = "postings", request_body = NewPosting,
    params(("fair" = String, Path)),
    responses((status = 201, body = OwnPosting), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn create(
    State(app): State<App>,
    actor: Actor,
    Path(fair): Path<String>,
    call: Call<NewPosting>,
) -> AppResult<Response> {
    let db = app.db.read();
    store::fair_for(db, &actor, &fair).await?;
    let employer = writer(&actor, call.body.employer.as_deref())?;
    let kind = match store::employer(db, actor.office, employer).await {
        Ok(employer) => employer.kind,
        Err(_) => return Err(Faults::one("employer", FieldFault::NotFound).into()),
    };
    let setting = Setting {
        today: moment::today(app.db.now()),
        employer: kind,
    };
    let text = details(&call.body.typed(), &CALL, &setting)?;
    let target = Target { fair, employer };
    let done = commands::write(
        &app,
        actor.clone(),
        target,
        vec![text],
        Act::Submit,
        call.once,
    )
    .await?;
    let id = done
        .value
        .first()
        .copied()
        .ok_or_else(AppError::not_found)?;
    let shown = own_by_id(&app, &actor, id).await?;
    Ok(created(done.map(|_| shown)))
}

/// Whose posting it becomes: an employer's own, or the one the office names.
fn writer(actor: &Actor, named: Option<&str>) -> AppResult<EmployerId> {
    let asked = named.map(str::parse::<EmployerId>);
    match (actor.role, actor.employer, asked) {
        (Role::Employer, Some(own), None) => Ok(own),
        (Role::Employer, Some(own), Some(Ok(asked))) if asked == own => Ok(own),
        (Role::Employer, _, _) => Err(AppError::forbidden()),
        (_, _, Some(Ok(asked))) => Ok(asked),
        (_, _, None) => Err(Faults::one("employer", FieldFault::Required).into()),
        (_, _, Some(Err(_))) => Err(Faults::one("employer", FieldFault::NotFound).into()),
    }
}

/// The actor's postings: an employer's own, the office's all, a co-host's of its fairs.
#[utoipa::path(get, path = "/api/v1/postings", tag = "postings", params(OwnQuery),
    responses((status = 200, body = List<OwnPosting>), (status = 404, body = ProblemDocument)))]
pub async fn own_list(
    State(app): State<App>,
    actor: Actor,
    Query(query): Query<OwnQuery>,
) -> AppResult<Json<List<OwnPosting>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let (limit, after) = (page.limit()?, page.after()?);
    let db = app.db.read();
    let fair = match query.fair.as_deref() {
        Some(slug) => Some(store::fair_for(db, &actor, slug).await?.id),
        None => None,
    };
    let filter = Filter {
        status: form::optional_choice("status", query.status.as_deref().unwrap_or_default())?,
        fair,
        employer: if actor.role == Role::Employer {
            Some(actor.employer()?)
        } else {
            None
        },
        words: query.q.unwrap_or_default(),
    };
    let mut rows = store::list(db, &actor, &filter, after, limit + 1).await?;
    let next = view::next_of(&mut rows, limit, |row| row.id.0);
    let items = own_all(&app, &actor, &rows).await?;
    Ok(Json(List { items, next }))
}

/// One of the actor's postings.
#[utoipa::path(get, path = "/api/v1/postings/{id}", tag = "postings", params(("id" = String, Path)),
    responses((status = 200, body = OwnPosting), (status = 404, body = ProblemDocument)))]
pub async fn own_one(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Json<OwnPosting>> {
    Ok(Json(own_by_id(&app, &actor, view::id(&id)?).await?))
}

/// The office's verdict.
#[utoipa::path(post, path = "/api/v1/postings/{id}/review", tag = "postings", request_body = ReviewIn,
    params(("id" = String, Path)),
    responses((status = 200, body = OwnPosting), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn review(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    call: Call<ReviewIn>,
) -> AppResult<Json<OwnPosting>> {
    let id = view::id(&id)?;
    let body = call.body;
    let decision = form::decision(&body.decision, &body.reason, &body.ground)?;
    let seen = Seen {
        id,
        version: body.version,
    };
    commands::review(&app, actor.clone(), seen, decision).await?;
    Ok(Json(own_by_id(&app, &actor, id).await?))
}
