use super::{
    form::{self, TypedWanted},
    pages::{Choice, Line, PublicPostingPage, PublicPostingsPage},
    routes_api, routes_employer, routes_office,
    store::{self, Wanted},
    view::{self, Beside},
};
use crate::{
    account::{Audience, Routes},
    domain::{fault::Faults, id::FairId, role::Role},
    entity::{fair, posting::Model},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        page::{self, View},
        ready::Rendered,
    },
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use utoipa_axum::routes;

const EMPLOYER: Audience = Audience::Roles(&[Role::Employer]);
/// Roles that decide about postings.
pub const REVIEWERS: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer];
const REVIEW: Audience = Audience::Roles(REVIEWERS);
/// A co-host looks into the postings of its fairs.
const LOOK: Audience = Audience::Roles(&[Role::OfficeAdmin, Role::PlacementOfficer, Role::CoHost]);
const WRITE: Audience =
    Audience::Roles(&[Role::OfficeAdmin, Role::PlacementOfficer, Role::Employer]);
const KNOW: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CoHost,
    Role::Employer,
]);
const PAGE: u64 = 30;

pub fn routes() -> Routes {
    use {routes_employer as own, routes_office as office};
    Routes::new()
        .get(Audience::Anyone, "/f/{fair}/postings", list)
        .get(Audience::Anyone, "/f/{fair}/postings/{id}", one)
        .get(EMPLOYER, "/employer/postings", own::list)
        .get(EMPLOYER, "/employer/postings/new", own::new_page)
        .post(EMPLOYER, "/employer/postings/new", own::create)
        .get(EMPLOYER, "/employer/postings/paste", own::paste_page)
        .post(EMPLOYER, "/employer/postings/paste", own::paste)
        .post(EMPLOYER, "/employer/postings/paste/save", own::save_paste)
        .get(EMPLOYER, "/employer/postings/{id}", own::one)
        .get(EMPLOYER, "/employer/postings/{id}/edit", own::edit_page)
        .post(EMPLOYER, "/employer/postings/{id}/edit", own::edit)
        .post(EMPLOYER, "/employer/postings/{id}/close", own::close)
        .get(LOOK, "/office/postings", office::queue)
        .get(LOOK, "/office/postings/{id}", office::one)
        .post(REVIEW, "/office/postings/{id}/review", office::review)
        .post(REVIEW, "/office/postings/{id}/hide", office::hide)
        .api(Audience::Anyone, routes!(routes_api::public_list))
        .api(Audience::Anyone, routes!(routes_api::public_one))
        .api(WRITE, routes!(routes_api::create))
        .api(KNOW, routes!(routes_api::own_list))
        .api(KNOW, routes!(routes_api::own_one))
        .api(REVIEW, routes!(routes_api::review))
}

#[derive(Default, PartialEq, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    group: String,
    salary_min: String,
    booth: String,
    education: String,
    kind: String,
    cursor: String,
}

impl Asked {
    fn typed(&self) -> TypedWanted {
        TypedWanted {
            q: self.q.clone(),
            group: self.group.clone(),
            salary_min: self.salary_min.clone(),
            booth: self.booth.clone(),
            education: self.education.clone(),
            kind: self.kind.clone(),
        }
    }
}

async fn list(
    State(app): State<App>,
    view: View,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    if asked != Asked::default() {
        let (status, _, page) = listed(&app, &view, &slug, &asked).await?;
        return view.show_with(status, page);
    }
    let make = || async {
        let (_, fair, page) = listed(&app, &view, &slug, &asked).await?;
        Ok(Rendered {
            topic: Some(fair),
            html: view.html(page)?,
        })
    };
    app.ready.page(&app.live, &view, &headers, make).await
}

/// A filter that cannot be taken is said and left out: the list is still of use.
async fn listed(
    app: &App,
    view: &View,
    slug: &str,
    asked: &Asked,
) -> AppResult<(StatusCode, FairId, PublicPostingsPage)> {
    let fair = store::public_fair(app.db.read(), app.settings.office, slug).await?;
    let typed = asked.typed();
    let mut faults = Faults::new();
    let wanted = form::wanted(&typed, &mut faults);
    let before = match asked.cursor.as_str() {
        "" => None,
        cursor => Some(view::id(cursor)?),
    };
    let (lines, next) = lines(app, view, &fair, &wanted, before).await?;
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = shelf(app, view, &fair, &typed, lines).await?;
    let path = format!("/f/{}/postings", fair.slug);
    let more = next.map(|next| view::filtered(&path, &page.filters, &page.filters.group, &next));
    let first = before.map(|_| view::filtered(&path, &page.filters, &page.filters.group, ""));
    let page = PublicPostingsPage {
        fault: first_fault(view, faults),
        next: more,
        first,
        ..page
    };
    Ok((status, fair.id, page))
}

fn first_fault(view: &View, faults: Faults) -> Option<String> {
    let error = AppError::from(faults);
    let first = error.field_errors().first()?;
    let field = view.say::<&str>(&format!("posting.filter.{}", first.field), &[]);
    let fault = page::fault_text(view.lang, first);
    Some(view.say(
        "posting.filter_fault",
        &[("field", field), ("fault", fault)],
    ))
}

async fn lines(
    app: &App,
    view: &View,
    fair: &fair::Model,
    wanted: &Wanted,
    before: Option<i64>,
) -> AppResult<(Vec<Line>, Option<String>)> {
    let (db, now) = (app.db.read(), app.db.now());
    let mut rows = store::visible_list(db, fair, wanted, now, before, PAGE + 1).await?;
    let next = view::next_of(&mut rows, PAGE, |row| row.id.0);
    Ok((public_lines(app, view, fair, &rows).await?, next))
}

async fn public_lines(
    app: &App,
    view: &View,
    fair: &fair::Model,
    rows: &[Model],
) -> AppResult<Vec<Line>> {
    let stands = store::stands(app.db.read(), Some(fair.id), rows).await?;
    rows.iter()
        .map(|row| {
            let beside = Beside {
                stand: stands.get(&row.employer_id),
                fair: Some(fair),
            };
            view::line(app, view, row, &beside)
        })
        .collect()
}

async fn shelf(
    app: &App,
    view: &View,
    fair: &fair::Model,
    typed: &TypedWanted,
    lines: Vec<Line>,
) -> AppResult<PublicPostingsPage> {
    let filters = view::filters(typed);
    let choices = view::choices(view);
    let path = format!("/f/{}/postings", fair.slug);
    let offer = store::offer(app.db.read(), fair.id, app.db.now()).await?;
    let salary = |yuan: &str| Choice {
        value: yuan.to_owned(),
        label: view.say("posting.salary_from", &[("yuan", yuan)]),
    };
    let everything = view::filtered(&path, &view::filters(&TypedWanted::default()), "", "");
    Ok(PublicPostingsPage {
        fair: Choice {
            value: fair.slug.clone(),
            label: fair.title.clone(),
        },
        groups: view::group_tabs(view, &path, &filters),
        narrowed: view::filtered(&path, &filters, &filters.group, "") != everything,
        filters,
        kinds: choices.kinds,
        educations: choices.educations,
        salaries: ["3000", "4000", "5000", "6000", "8000", "10000"]
            .map(salary)
            .into(),
        lines,
        offer: Some((offer.postings, offer.headcount, offer.employers)),
        next: None,
        first: None,
        fault: None,
    })
}

async fn one(
    State(app): State<App>,
    view: View,
    Path((slug, id)): Path<(String, String)>,
) -> AppResult<Response> {
    let (db, now) = (app.db.read(), app.db.now());
    let fair = store::public_fair(db, app.settings.office, &slug).await?;
    let row = store::find_visible(db, &fair, view::id(&id)?, now).await?;
    let stands = store::stands(db, Some(fair.id), std::slice::from_ref(&row)).await?;
    let stand = stands
        .get(&row.employer_id)
        .ok_or_else(AppError::not_found)?;
    let mut others = store::visible_of(db, &fair, row.employer_id, now).await?;
    others.retain(|other| other.id != row.id);
    others.truncate(5);
    let booth = store::booth_code(db, fair.id, row.employer_id).await?;
    let beside = Beside {
        stand: Some(stand),
        fair: Some(&fair),
    };
    let word = |field: &str| view.say::<&str>(&format!("posting.{field}"), &[]);
    let passages = view::texts(&row)
        .into_iter()
        .filter(|(field, _)| *field != "title")
        .map(|(field, text)| (word(field), text.to_owned()));
    view.show(PublicPostingPage {
        fair: Choice {
            value: fair.slug.clone(),
            label: fair.title.clone(),
        },
        when: fair.starts_at.to_rfc3339(),
        venue: fair.venue.clone(),
        line: view::line(&app, &view, &row, &beside)?,
        verified_on: stand.employer.verified_at.map(|at| at.to_rfc3339()),
        facts: view::facts(&view, &row),
        passages: passages.collect(),
        insurance: view::insurance_words(&view, &row),
        booth_href: booth.map(|code| format!("/B/{code}")),
        interest_href: format!("/f/{}/interest/{}", fair.slug, row.id),
        others: public_lines(&app, &view, &fair, &others).await?,
        linked: view::linked(&app, &row, stand, &fair),
    })
}
