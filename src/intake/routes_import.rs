//! 工单导入: a table of another system, looked at first and then brought in; and the same for machines.
use super::{
    pages::{ImportPage, ImportRow},
    routes::CLERKS,
    show,
    sync::{self, Fate, From, Names},
    table::{self, MOST_ROWS, Row},
};
use crate::{
    account::{Actor, Audience, Routes},
    case::door,
    domain::{
        case::{Channel, Code, Kind},
        fault::{Faults, FieldFault},
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, ProblemDocument, answer},
        form::{Form, Sent},
        once::Done,
        page::{self, View},
        text::{self, Lang},
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Who brings tables in: they take in what others report, whoever reported it.
const IMPORT: Audience = Audience::Roles(CLERKS);
/// Rows of one call at most.
const BATCH: usize = 500;

pub fn routes() -> Routes {
    Routes::new()
        .get(IMPORT, "/office/intake/import", blank)
        .post(IMPORT, "/office/intake/import", bring)
        .api(IMPORT, routes!(batch))
}

async fn import_page(app: &App, view: &View, actor: &Actor, form: Form) -> AppResult<ImportPage> {
    let typed = |name: &str| form.values.get(name).cloned().unwrap_or_default();
    let (source, fallback) = (typed("source"), typed("fallback"));
    Ok(ImportPage {
        rows: Vec::new(),
        new: 0,
        changed: 0,
        same: 0,
        faulty: 0,
        unused: Vec::new(),
        groups: show::groups(app, actor.office, Kind::ResidentRequest, view.lang).await?,
        table: String::new(),
        source: if source.is_empty() {
            "12345".to_owned()
        } else {
            source
        },
        fallback,
        done: false,
        trouble: None,
        form,
    })
}

async fn blank(State(app): State<App>, view: View, actor: Actor) -> AppResult<Response> {
    view.show(import_page(&app, &view, &actor, Form::blank()).await?)
}

/// The first step shows what a table would do, the second does it.
async fn bring(
    State(app): State<App>,
    view: View,
    actor: Actor,
    mut sent: Sent,
) -> AppResult<Response> {
    match carry(&app, &view, &actor, &mut sent).await {
        Ok(page) => view.show(page),
        Err(error) => {
            let form = Form::again(view.lang, &sent, &error);
            let mut page = import_page(&app, &view, &actor, form).await?;
            let AppError::Problem(problem) = error else {
                return Err(error);
            };
            if problem.errors.is_empty() {
                page.trouble = Some(page::problem_text(view.lang, &problem));
            }
            view.show_with(problem.status, page)
        }
    }
}

async fn carry(app: &App, view: &View, actor: &Actor, sent: &mut Sent) -> AppResult<ImportPage> {
    let from = from(app, actor, sent.get("source"), sent.get("fallback")).await?;
    let names = Names::load(app.db.read(), actor.office).await?;
    let kept = sent.get("table").to_owned();
    let apply = !kept.is_empty();
    let (rows, unused) = if apply {
        let rows: Vec<Row> =
            serde_json::from_str(&kept).map_err(|_| AppError::unprocessable("table_not_text"))?;
        if rows.len() > MOST_ROWS {
            return Err(table_problem(
                crate::platform::sheet::Unreadable::TooManyRows,
            ));
        }
        (rows, Vec::new())
    } else {
        let file = sent.take_file("file");
        let file = file.ok_or_else(|| Faults::one("file", FieldFault::Required))?;
        let table = table::read(&file).map_err(table_problem)?;
        (table.rows, table.unused)
    };
    let mut page = import_page(app, view, actor, Form::blank()).await?;
    page.source.clone_from(&from.source);
    page.fallback.clone_from(&from.fallback);
    page.unused = unused;
    page.done = apply;
    for row in &rows {
        let line = line(app, view.lang, &from, &names, row, apply).await?;
        match line.fate {
            "new" => page.new += 1,
            "changed" => page.changed += 1,
            "same" => page.same += 1,
            _ => page.faulty += 1,
        }
        page.rows.push(line);
    }
    if !apply && page.new + page.changed > 0 {
        page.table = serde_json::to_string(&rows)?;
    }
    Ok(page)
}

fn table_problem(unreadable: crate::platform::sheet::Unreadable) -> AppError {
    unreadable.problem(MOST_ROWS)
}

async fn from(app: &App, actor: &Actor, source: &str, fallback: &str) -> AppResult<From> {
    let mut faults = Faults::new();
    let source = match source.trim() {
        "" => Err(FieldFault::Required),
        source => Code::new(source).map(|code| code.as_str().to_owned()),
    };
    let source = faults.take("source", source);
    let groups = show::groups(app, actor.office, Kind::ResidentRequest, Lang::Zh).await?;
    if !sync::offered(&groups, fallback) {
        let fault = match fallback {
            "" => FieldFault::Required,
            _ => FieldFault::UnknownChoice,
        };
        faults.add("fallback", fault);
    }
    let source = faults.into_result(source)?;
    let mut by = door::acting(app.db.read(), actor).await?;
    by.via = Channel::Batch;
    Ok(From {
        office: actor.office,
        account: actor.account,
        by,
        source,
        fallback: fallback.to_owned(),
    })
}

/// What a row does, or what is wrong with it, in words. Only a broken program ends the whole table.
async fn line(
    app: &App,
    lang: Lang,
    from: &From,
    names: &Names,
    row: &Row,
    apply: bool,
) -> AppResult<ImportRow> {
    let mut line = ImportRow {
        line: row.line,
        source_ref: row.source_ref.clone(),
        what: row.text.chars().take(40).collect(),
        fate: "faulty",
        note: String::new(),
        number: String::new(),
    };
    let fate = if apply {
        sync::apply(app, from, names, row)
            .await
            .map(|(fate, number)| {
                line.number = number;
                fate
            })
    } else {
        sync::check(app, from, names, row).await.map(|checked| {
            if checked.fell_back && checked.fate == Fate::New {
                let holes = [("named", row.category.as_str())];
                line.note = text::say(lang, "intake.import.fell_back", &holes);
            }
            checked.fate
        })
    };
    match fate {
        Ok(fate) => line.fate = fate.code(),
        Err(AppError::Internal(error)) => return Err(error.into()),
        Err(error) => line.note = told(lang, &error),
    }
    Ok(line)
}

/// Everything that is wrong with a row, one after the other.
fn told(lang: Lang, error: &AppError) -> String {
    let AppError::Problem(problem) = error else {
        return String::new();
    };
    if problem.errors.is_empty() {
        return page::problem_text(lang, problem);
    }
    let words = problem.errors.iter().map(|fault| {
        let field = text::find::<&str>(lang, &format!("intake.field.{}", fault.field), &[]);
        let field = field.unwrap_or_else(|| fault.field.clone());
        format!("{field}: {}", page::fault_text(lang, fault))
    });
    words.collect::<Vec<_>>().join(" ")
}

/// 一批工单
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    /// The system they come from, such as 12345.
    source: String,
    /// Code of the category for items whose own is not known.
    category: String,
    /// At most 500.
    items: Vec<BatchItem>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct BatchItem {
    source_ref: String,
    said_at: String,
    name: String,
    phone: String,
    category: String,
    area: String,
    address: String,
    text: String,
}

/// What became of one item.
#[derive(Serialize, ToSchema)]
struct BatchResult {
    source_ref: String,
    /// new, changed, same or faulty
    fate: &'static str,
    no: String,
    /// What is wrong with a faulty one.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

#[derive(Serialize, ToSchema)]
struct BatchOut {
    results: Vec<BatchResult>,
}

/// Brings in what another system holds: sending the same again changes nothing, a changed item is
/// one more record of its case.
#[utoipa::path(post, path = "/api/v1/requests/batch", tag = "requests", request_body = BatchBody,
    responses((status = 200, body = BatchOut), (status = 413, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn batch(
    State(app): State<App>,
    lang: Lang,
    actor: Actor,
    call: Call<BatchBody>,
) -> AppResult<Response> {
    let body = call.body;
    if body.items.len() > BATCH {
        return Err(Faults::one("items", FieldFault::TooMany { max: BATCH }).into());
    }
    let from = from(&app, &actor, &body.source, &body.category).await?;
    let names = Names::load(app.db.read(), actor.office).await?;
    let mut results = Vec::new();
    for (n, item) in body.items.into_iter().enumerate() {
        let row = Row {
            line: n + 1,
            source_ref: item.source_ref,
            said_at: item.said_at,
            name: item.name,
            phone: item.phone,
            category: item.category,
            area: item.area,
            address: item.address,
            text: item.text,
        };
        let line = line(&app, lang, &from, &names, &row, true).await?;
        results.push(BatchResult {
            source_ref: line.source_ref,
            fate: line.fate,
            no: line.number,
            detail: line.note,
        });
    }
    let done = Done {
        value: BatchOut { results },
        replayed: false,
    };
    Ok(answer(StatusCode::OK, done))
}
