//! Pages of the list.
use super::{
    book,
    bulk::{self, DISPATCHERS, Order, Pick, Verdict},
    page,
    pages::BulkPage,
    query::{ListQuery, PAGE},
    routes_api, views,
};
use crate::{
    account::{Actor, Audience, Routes},
    case::{
        door::{READERS, Sight},
        form,
        hook::Hooks,
        pages::Choice,
        store, words,
    },
    domain::{
        case::{Kind, Urgency},
        fault::{Faults, FieldFault},
        id::LedgerViewId,
        role::Role,
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View, own_path},
    },
};
use axum::{
    Extension,
    extract::{ConnectInfo, Path, State},
    handler::Handler,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use std::net::SocketAddr;

const READ: Audience = Audience::Roles(READERS);
/// Who keeps views and takes lists out of the house: everybody who works for the office itself.
pub const STAFF: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CommunityClerk,
    Role::GridWorker,
    Role::DepartmentHandler,
    Role::Verifier,
    Role::Secretary,
    Role::Mediator,
    Role::DeputyLiaison,
]);
pub const BULK: Audience = Audience::Roles(DISPATCHERS);

/// Adds the doors of the list.
pub fn add(routes: Routes, hooks: Hooks) -> Routes {
    let hook = Extension(hooks);
    let routes = routes
        .get(READ, PAGE, ledger.layer(hook))
        .get(STAFF, "/cases/print", print.layer(hook))
        .get(STAFF, "/cases.xlsx", workbook.layer(hook))
        .get(STAFF, "/cases/views", kept)
        .post(STAFF, "/cases/views", keep)
        .post(STAFF, "/cases/views/{view}", change)
        .post(STAFF, "/cases/views/{view}/remove", remove)
        .post(BULK, "/cases/bulk", many);
    routes_api::add(routes)
}

async fn ledger(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    view: View,
    actor: Actor,
    Query(query): Query<ListQuery>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    if query.is_blank()
        && let Some(first) = views::first(&app, &actor).await?
    {
        return Ok(Redirect::to(&first).into_response());
    }
    match page::ledger(&app, hooks, &actor, view.lang, &query).await {
        Ok(mut page) => {
            page.flash = said.flash(&view, "case");
            view.show(page)
        }
        Err(error) => {
            let page = page::wrong(&app, &actor, view.lang, &query, error).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn print(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    view: View,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> AppResult<Response> {
    let ip = peer.ip().to_string();
    view.show(book::print(&app, hooks, &actor, view.lang, &query, &ip).await?)
}

async fn workbook(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    view: View,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> AppResult<Response> {
    let ip = peer.ip().to_string();
    let bytes = book::book(&app, hooks, &actor, view.lang, &query, &ip).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"cases.xlsx\"",
        ),
    ];
    Ok((headers, bytes).into_response())
}

async fn kept(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = views::page(&app, &actor, view.lang, None).await?;
    page.flash = said.flash(&view, "case");
    view.show(page)
}

fn asked(sent: &Sent) -> views::Asked {
    views::Asked {
        name: sent.get("name").to_owned(),
        query: sent.get("query").to_owned(),
        opens_first: !sent.get("opens_first").is_empty(),
        shared: !sent.get("shared").is_empty(),
    }
}

async fn keep(State(app): State<App>, view: View, actor: Actor, sent: Sent) -> AppResult<Response> {
    let asked = asked(&sent);
    let once = sent.once(&format!("{} view", actor.account))?;
    match views::keep(&app, &actor, &asked, once).await {
        Ok(_) => {
            let query = views::read(&asked.query).await?;
            let back = query.with(PAGE, &[]);
            let and = if back.contains('?') { '&' } else { '?' };
            Ok(Redirect::to(&format!("{back}{and}said=view_kept")).into_response())
        }
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let new = Some((asked.query, form));
            let page = views::page(&app, &actor, view.lang, new).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn change(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id: LedgerViewId = id.parse().map_err(|_| AppError::not_found())?;
    match views::change(&app, &actor, id, &asked(&sent)).await {
        Ok(()) => Ok(Redirect::to("/cases/views?said=view_kept").into_response()),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let mut page = views::page(&app, &actor, view.lang, None).await?;
            let own = page.own.iter_mut().find(|kept| kept.id == id.to_string());
            let own = own.ok_or_else(AppError::not_found)?;
            own.form = form;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Response> {
    let id: LedgerViewId = id.parse().map_err(|_| AppError::not_found())?;
    views::remove(&app, &actor, id).await?;
    Ok(Redirect::to("/cases/views?said=view_removed").into_response())
}

/// One door for the three steps: the fields, what would become of each case, and doing it.
async fn many(State(app): State<App>, view: View, actor: Actor, sent: Sent) -> AppResult<Response> {
    let known = |code: &str| {
        bulk::ACTIONS
            .iter()
            .find(|(action, _)| action.code() == code)
    };
    let action = known(sent.get("action")).map(|(action, _)| *action);
    let action = action.ok_or_else(|| Faults::one("action", FieldFault::UnknownChoice))?;
    let picks = sent.all("pick");
    let picks: Option<Vec<_>> = picks.into_iter().map(Pick::read).collect();
    let order = Order {
        action,
        picks: picks.ok_or_else(|| Faults::one("pick", FieldFault::Format))?,
        fields: form::fields(Kind::ResidentRequest, action, &sent),
    };
    let mut page = frame(&app, &actor, &view, &order, &sent).await?;
    let done = match sent.get("step") {
        "preview" | "apply" if order.picks.is_empty() => return view.show(page),
        "preview" => bulk::preview(&app, &actor, &order).await,
        "apply" => {
            let once = sent.once(&format!("{} bulk", actor.account))?;
            let applied = bulk::apply(&app, &actor, &order, &once).await;
            applied.map(|(verdicts, _)| verdicts)
        }
        _ => {
            page.rows = ticked(&app, &actor, &view, &order).await?;
            return view.show(page);
        }
    };
    let verdicts = match done {
        Ok(verdicts) => verdicts,
        Err(error) => {
            page.form = Form::retry(view.lang, &sent, error)?;
            page.rows = ticked(&app, &actor, &view, &order).await?;
            return view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    page.step = if sent.get("step") == "apply" {
        "done"
    } else {
        "preview"
    };
    fill(&app, &actor, &view, &order, &verdicts, &mut page).await?;
    view.show(page)
}

async fn fill(
    app: &App,
    actor: &Actor,
    view: &View,
    order: &Order,
    verdicts: &[Verdict],
    page: &mut BulkPage,
) -> AppResult<()> {
    let people = store::people(app.db.read(), actor.office).await?;
    let rows = verdicts
        .iter()
        .map(|verdict| bulk::row(view.lang, &people, order, verdict));
    page.rows = rows.collect();
    page.refused = page
        .rows
        .iter()
        .filter(|row| row.verdict == "refused")
        .count();
    page.going = page.rows.len() - page.refused;
    Ok(())
}

/// The page without its cases.
async fn frame(
    app: &App,
    actor: &Actor,
    view: &View,
    order: &Order,
    sent: &Sent,
) -> AppResult<BulkPage> {
    let people = store::people(app.db.read(), actor.office).await?;
    let mut units: Vec<_> = people
        .units
        .iter()
        .filter(|(_, (_, active))| *active)
        .map(|(id, (name, _))| Choice::new(*id, name.clone()))
        .collect();
    units.sort_by(|a, b| a.label.cmp(&b.label));
    let urgencies = Urgency::ALL
        .iter()
        .map(|one| Choice::new(one.code(), words::code(view.lang, "Urgency", one.code())));
    // Words such as «ledger» come with what was ticked, the intent only with a form of this page.
    let form = if sent.has("once") {
        Form::again(view.lang, sent, &AppError::not_found())
    } else {
        Form::blank()
    };
    Ok(BulkPage {
        step: "choose",
        action: order.action.code(),
        label: words::action(view.lang, Kind::ResidentRequest, order.action),
        form,
        units,
        urgencies: urgencies.collect(),
        back: own_path(
            Some(sent.get("back"))
                .filter(|back| back.starts_with(PAGE))
                .or(Some(PAGE)),
        )
        .to_owned(),
        ..BulkPage::default()
    })
}

/// The ticked cases that the reader may see.
async fn ticked(
    app: &App,
    actor: &Actor,
    view: &View,
    order: &Order,
) -> AppResult<Vec<super::pages::BulkRow>> {
    let mut rows = Vec::with_capacity(order.picks.len());
    for pick in order.picks.iter().take(bulk::MOST) {
        let sight = Sight::of(actor);
        match store::find_for(app.db.read(), actor.office, sight, &pick.number).await {
            Ok(case) => rows.push(bulk::bare(view.lang, pick, Some(&case))),
            Err(AppError::Problem(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}
