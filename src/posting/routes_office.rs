//! 岗位审核: the office's queue and its verdicts.
use super::{
    commands::{self, Closing},
    form,
    pages::{QueuePage, ReviewPage, Tab},
    routes::REVIEWERS,
    routes_employer::{again, cursor, flash, own_lines},
    store::{self, Filter},
    view::{self, Beside, Material},
};
use crate::{
    account::Actor,
    domain::{
        booking::is_stale, employer::EmployerStatus, fault::Faults, posting::PostingStatus,
        text::Prose,
    },
    entity::{fair, posting::Model},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

const PAGE: u64 = 50;
const QUEUE: &str = "/office/postings";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// What waits for review, when left out.
    status: String,
    fair: String,
    q: String,
    cursor: String,
    done: String,
}

pub async fn queue(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(mut asked): Query<Asked>,
) -> AppResult<Response> {
    let db = app.db.read();
    if asked.status.is_empty() {
        asked.status = PostingStatus::InReview.code();
    }
    let fairs = store::fairs_of(db, &actor).await?;
    let filter = filter(&fairs, &asked)?;
    let before = cursor(&asked.cursor)?;
    let mut rows = store::list(db, &actor, &filter, before, PAGE + 1).await?;
    let next = view::next_of(&mut rows, PAGE, |row| row.id.0);
    let counts = store::counts(db, &actor, &filter).await?;
    let keep = [("fair", asked.fair.as_str()), ("q", asked.q.as_str())];
    let at = |cursor: &str| {
        let query = [
            ("status", asked.status.as_str()),
            keep[0],
            keep[1],
            ("cursor", cursor),
        ];
        view::href(QUEUE, &query)
    };
    view.show(QueuePage {
        tabs: view::tabs(&view, QUEUE, &counts, &filter, &keep),
        fairs: fair_tabs(&view, &fairs, &asked),
        lines: own_lines(&app, &view, &actor, &rows).await?,
        next: next.map(|next| at(&next)),
        first: before.map(|_| at("")),
        q: asked.q,
        status: asked.status,
        fair: asked.fair,
    })
}

fn filter(fairs: &[fair::Model], asked: &Asked) -> AppResult<Filter> {
    let status = match asked.status.as_str() {
        "all" => None,
        code => form::optional_choice("status", code)?,
    };
    let fair = match asked.fair.as_str() {
        "" => None,
        slug => {
            let known = fairs.iter().find(|fair| fair.slug == slug);
            Some(known.ok_or_else(AppError::not_found)?.id)
        }
    };
    Ok(Filter {
        status,
        fair,
        employer: None,
        words: asked.q.clone(),
    })
}

fn fair_tabs(view: &View, fairs: &[fair::Model], asked: &Asked) -> Vec<Tab> {
    let tab = |label: String, slug: &str| Tab {
        label,
        href: view::href(
            QUEUE,
            &[("status", &asked.status), ("fair", slug), ("q", &asked.q)],
        ),
        current: asked.fair == slug,
        count: None,
    };
    let all = tab(view.say::<&str>("posting.all_fairs", &[]), "");
    let each = fairs
        .iter()
        .take(8)
        .map(|fair| tab(fair.title.clone(), &fair.slug));
    std::iter::once(all).chain(each).collect()
}

pub async fn one(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let row = store::find_for(app.db.read(), &actor, view::id(&id)?).await?;
    let page = dossier(&app, &view, &actor, &row).await?;
    view.show(ReviewPage {
        flash: flash(&view, &asked.done),
        ..page
    })
}

async fn dossier(app: &App, view: &View, actor: &Actor, row: &Model) -> AppResult<ReviewPage> {
    let db = app.db.read();
    let rows = std::slice::from_ref(row);
    let fairs = store::fairs_by_id(db, actor.office, rows).await?;
    let stands = store::stands(db, Some(row.fair_id), rows).await?;
    let stand = stands.get(&row.employer_id);
    let events = store::events(db, row.id).await?;
    let material = Material {
        row,
        beside: Beside {
            stand,
            fair: fairs.get(&row.fair_id),
        },
        names: &store::account_names(db, &events).await?,
        events: &events,
    };
    let sheet = view::sheet(app, view, &material)?;
    let obstacle = stand.and_then(|stand| {
        let employer = &stand.employer;
        let stale = |at| is_stale(at, app.db.now());
        match (employer.status, employer.verified_at) {
            (EmployerStatus::Approved, Some(at)) if stale(at) => Some("verification_stale"),
            (EmployerStatus::Approved, Some(_)) => None,
            _ => Some("employer_not_approved"),
        }
    });
    Ok(ReviewPage {
        holds: sheet.line.holds,
        sheet,
        form: Form::blank(),
        hide: Form::blank(),
        may_review: actor.is(REVIEWERS),
        obstacle: obstacle
            .filter(|_| row.status == PostingStatus::InReview)
            .map(|code| view.say::<&str>(&format!("publish_refusal.{code}"), &[])),
        fault: None,
        flash: None,
    })
}

pub async fn review(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let seen = view::seen(&id, &sent)?;
    let row = store::find_for(app.db.read(), &actor, seen.id).await?;
    let get = |name| sent.get(name);
    let done = match form::decision(get("decision"), get("reason"), get("ground")) {
        Ok(decision) => commands::review(&app, actor.clone(), seen, decision).await,
        Err(faults) => Err(faults.into()),
    };
    match done {
        Ok(id) => {
            let row = store::find_for(app.db.read(), &actor, id).await?;
            Ok(back(&row))
        }
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = dossier(&app, &view, &actor, &row).await?;
            let page = ReviewPage {
                form,
                fault,
                ..page
            };
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

/// Back to the posting, saying what was decided.
fn back(row: &Model) -> Response {
    let done = match row.status {
        PostingStatus::Published => "approved",
        PostingStatus::Returned => "returned",
        PostingStatus::Hidden => "hidden",
        _ => "rejected",
    };
    Redirect::to(&format!("{QUEUE}/{}?done={done}", row.id)).into_response()
}

pub async fn hide(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let seen = view::seen(&id, &sent)?;
    let row = store::find_for(app.db.read(), &actor, seen.id).await?;
    let reason = Prose::required(sent.get("reason"), 500);
    let done = match reason.map_err(|fault| Faults::one("reason", fault)) {
        Ok(reason) => commands::close(&app, actor.clone(), seen, Closing::Hide(reason)).await,
        Err(faults) => Err(faults.into()),
    };
    match done {
        Ok(id) => Ok(back(&store::find_for(app.db.read(), &actor, id).await?)),
        Err(error) => {
            let (hide, fault) = again(&view, &sent, error)?;
            let page = dossier(&app, &view, &actor, &row).await?;
            let page = ReviewPage {
                hide,
                fault,
                ..page
            };
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}
