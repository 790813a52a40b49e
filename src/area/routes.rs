use super::{
    commands, form,
    pages::{AreaPage, AreasPage, ImportPage, Line, Preview, UnitPage, UnitsPage},
    shown::{area_of, areas_of, unit_of, units_of},
    store,
    table::{self, MOST_ROWS, Table, TableFault, Why},
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        area::{Code, Plan, Row, plan},
        id::{AreaId, OfficeId, UnitId},
        role::Role,
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View, refusal},
    },
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

const ADMIN: Audience = Audience::Roles(&[Role::OfficeAdmin]);

/// Rows that a preview shows; the rest is counted.
const SHOWN: usize = 200;

pub fn routes() -> Routes {
    Routes::new()
        .get(ADMIN, "/office/areas", areas)
        .post(ADMIN, "/office/areas", add_street)
        .get(ADMIN, "/office/areas/import", import_form)
        .post(ADMIN, "/office/areas/import", import_preview)
        .post(ADMIN, "/office/areas/import/confirm", import)
        .get(ADMIN, "/office/areas/template.csv", template)
        .get(ADMIN, "/office/areas/{area}", area_page)
        .post(ADMIN, "/office/areas/{area}", change_area)
        .post(ADMIN, "/office/areas/{area}/children", add_area)
        .post(ADMIN, "/office/areas/{area}/switch", switch_area)
        .get(ADMIN, "/office/units", units)
        .post(ADMIN, "/office/units", add_unit)
        .get(ADMIN, "/office/units/{unit}", unit_page)
        .post(ADMIN, "/office/units/{unit}", change_unit)
}

async fn areas(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = areas_of(&app, actor.office).await?;
    page.flash = said.flash(&view, "area");
    view.show(page)
}

async fn add_street(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let new = form::new_area(&sent, None)?;
        let once = sent.once(&format!("{} /office/areas", actor.account))?;
        commands::add_area_once(&app.db, once, actor.office, new).await
    };
    match done.await {
        Ok(done) => {
            Ok(Redirect::to(&format!("/office/areas/{}?said=added", done.value)).into_response())
        }
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = areas_of(&app, actor.office).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, AreasPage { form, ..page })
        }
    }
}

async fn area_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<AreaId>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = area_of(&app, &view, actor.office, id).await?;
    page.flash = said.flash(&view, "area");
    view.show(page)
}

async fn change_area(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<AreaId>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let change = form::change(&sent)?;
        let office = actor.office;
        commands::change_area(&app.db, office, id, change.name, change.lead, change.sort).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to(&format!("/office/areas/{id}?said=saved")).into_response()),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = area_of(&app, &view, actor.office, id).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, AreaPage { form, ..page })
        }
    }
}

async fn add_area(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<AreaId>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let new = form::new_area(&sent, Some(id))?;
        let once = sent.once(&format!("{} /office/areas/{id}", actor.account))?;
        commands::add_area_once(&app.db, once, actor.office, new).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/office/areas/{id}?said=added")).into_response()),
        Err(error) => {
            let add = Form::retry(view.lang, &sent, error)?;
            let page = area_of(&app, &view, actor.office, id).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, AreaPage { add, ..page })
        }
    }
}

async fn switch_area(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AreaId>,
    sent: Sent,
) -> AppResult<Redirect> {
    let on = sent.get("active") == "yes";
    commands::switch_area(&app.db, actor.office, id, on).await?;
    let said = if on { "on" } else { "off" };
    Ok(Redirect::to(&format!("/office/areas/{id}?said={said}")))
}

async fn template() -> impl IntoResponse {
    let name = "attachment; filename=\"areas.csv\"";
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, name),
    ];
    // The mark tells spreadsheets that this is UTF-8.
    (headers, format!("\u{feff}{}", table::TEMPLATE))
}

async fn import_form(view: View) -> AppResult<Response> {
    view.show(import_page())
}

fn import_page() -> ImportPage {
    ImportPage {
        form: Form::blank(),
        most_rows: MOST_ROWS,
        fault: None,
        encoding: None,
        faults: Vec::new(),
        preview: None,
    }
}

async fn import_preview(
    State(app): State<App>,
    actor: Actor,
    view: View,
    mut sent: Sent,
) -> AppResult<Response> {
    let bytes = sent.take_file("table").unwrap_or_default();
    let table = match table::read(&bytes) {
        Ok(table) => table,
        Err(unreadable) => {
            let fault = Some(refusal(view.lang, unreadable.problem(table::MOST_ROWS))?);
            let page = ImportPage {
                fault,
                ..import_page()
            };
            return view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let encoding = table.encoding;
    let (status, page) = match compare(&app, actor.office, table).await? {
        Ok(plan) => (StatusCode::OK, previewed(&plan)),
        Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faulty(&view, &faults)),
    };
    view.show_with(status, ImportPage { encoding, ..page })
}

async fn compare(
    app: &App,
    office: OfficeId,
    table: Table,
) -> AppResult<Result<Plan, Vec<TableFault>>> {
    if !table.faults.is_empty() {
        return Ok(Err(table.faults));
    }
    let known = store::known(app.db.read(), office).await?;
    Ok(plan(&known, table.rows).map_err(|faults| {
        let fault = |(line, fault)| TableFault {
            line,
            column: None,
            why: Why::Row(fault),
        };
        faults.into_iter().map(fault).collect()
    }))
}

fn previewed(plan: &Plan) -> ImportPage {
    let rows = plan.new.iter().chain(&plan.changed).take(SHOWN);
    let preview = Preview {
        new: plan.new.len(),
        changed: plan.changed.len(),
        same: plan.same,
        rows: rows.map(shown).collect(),
        csv: table::write(plan),
    };
    ImportPage {
        preview: Some(preview),
        ..import_page()
    }
}

fn shown(row: &Row) -> Line {
    Line {
        number: row.line,
        code: row.code.as_str().to_owned(),
        text: row.name.to_string(),
        parent: row.parent.as_ref().map_or("", Code::as_str).to_owned(),
        lead: row
            .lead
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        level: Some(row.level),
    }
}

fn faulty(view: &View, faults: &[TableFault]) -> ImportPage {
    let line = |fault: &TableFault| Line {
        number: fault.line,
        code: String::new(),
        text: form::words(view.lang, fault),
        parent: String::new(),
        lead: String::new(),
        level: None,
    };
    ImportPage {
        faults: faults.iter().take(SHOWN).map(line).collect(),
        ..import_page()
    }
}

async fn import(State(app): State<App>, actor: Actor, sent: Sent) -> AppResult<Redirect> {
    let table = table::read(sent.get("csv").as_bytes());
    let table = table.map_err(|unreadable| unreadable.problem(table::MOST_ROWS))?;
    if !table.faults.is_empty() {
        return Err(AppError::conflict("import_outdated"));
    }
    commands::import(&app.db, actor.office, table.rows).await?;
    Ok(Redirect::to("/office/areas?said=imported"))
}

async fn units(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = units_of(&app, &view, actor.office).await?;
    page.flash = said.flash(&view, "area");
    view.show(page)
}

async fn add_unit(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let new = form::unit(&sent, None)?;
        let once = sent.once(&format!("{} /office/units", actor.account))?;
        commands::add_unit_once(&app.db, once, actor.office, new).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to("/office/units?said=added").into_response()),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = units_of(&app, &view, actor.office).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, UnitsPage { form, ..page })
        }
    }
}

async fn unit_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<UnitId>,
) -> AppResult<Response> {
    view.show(unit_of(&app, &view, actor.office, id).await?)
}

async fn change_unit(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<UnitId>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let unit = store::unit(app.db.read(), actor.office, id).await?;
        let change = form::unit(&sent, Some(unit.code))?;
        let active = sent.get("active") == "yes";
        commands::change_unit(&app.db, actor.office, id, change, active).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/office/units?said=saved").into_response()),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = unit_of(&app, &view, actor.office, id).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, UnitPage { form, ..page })
        }
    }
}
