//! 我的岗位: what an employer writes.
use super::{
    commands::{self, Act, Closing, Seen, Target},
    form::{self, Details, FORM, Setting, Typed, details},
    pages::{
        Choice, Line, OwnPostingPage, OwnPostingsPage, PastePage, PostingFormPage, PreviewPage,
        PreviewRow,
    },
    store::{self, Filter},
    table::{self, MAX_ROWS, Table},
    view::{self, Beside, Material},
};
use crate::{
    account::Actor,
    domain::{
        fault::{Faults, FieldFault},
        id::PostingId,
        moment,
    },
    entity::posting::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, View},
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

const PAGE: u64 = 50;
const LIST: &str = "/employer/postings";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    status: String,
    q: String,
    cursor: String,
    done: String,
}

/// What was just done, in words; anything else says nothing.
pub fn flash(view: &View, done: &str) -> Option<Value> {
    let known = [
        "saved",
        "submitted",
        "closed",
        "approved",
        "returned",
        "rejected",
        "hidden",
        "pasted",
    ];
    known.contains(&done).then(|| {
        let text = view.say::<&str>(&format!("posting.done.{done}"), &[]);
        json!({ "tone": "ok", "text": text })
    })
}

pub async fn list(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let employer = actor.employer()?;
    let status = match asked.status.as_str() {
        "all" => None,
        code => form::optional_choice("status", code)?,
    };
    let filter = Filter {
        status,
        employer: Some(employer),
        words: asked.q.clone(),
        fair: None,
    };
    let (db, now) = (app.db.read(), app.db.now());
    let before = cursor(&asked.cursor)?;
    let mut rows = store::list(db, &actor, &filter, before, PAGE + 1).await?;
    let next = view::next_of(&mut rows, PAGE, |row| row.id.0);
    let counts = store::counts(db, &actor, &filter).await?;
    let at = |cursor: &str| {
        view::href(
            LIST,
            &[
                ("status", &asked.status),
                ("q", &asked.q),
                ("cursor", cursor),
            ],
        )
    };
    view.show(OwnPostingsPage {
        tabs: view::tabs(&view, LIST, &counts, &filter, &[("q", &asked.q)]),
        lines: own_lines(&app, &view, &actor, &rows).await?,
        next: next.map(|next| at(&next)),
        first: before.map(|_| at("")),
        closed: store::open_fairs(db, actor.office, employer, now)
            .await?
            .is_empty(),
        flash: flash(&view, &asked.done),
        q: asked.q,
        status: asked.status,
    })
}

pub fn cursor(text: &str) -> AppResult<Option<i64>> {
    match text {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| AppError::malformed("cursor_malformed")),
    }
}

/// Rows of several fairs as lines.
pub async fn own_lines(
    app: &App,
    view: &View,
    actor: &Actor,
    rows: &[Model],
) -> AppResult<Vec<Line>> {
    let fairs = store::fairs_by_id(app.db.read(), actor.office, rows).await?;
    let stands = store::stands(app.db.read(), None, rows).await?;
    rows.iter()
        .map(|row| {
            let beside = Beside {
                stand: stands.get(&row.employer_id),
                fair: fairs.get(&row.fair_id),
            };
            view::line(app, view, row, &beside)
        })
        .collect()
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Start {
    fair: String,
    /// A posting to copy.
    from: String,
}

pub async fn new_page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(start): Query<Start>,
) -> AppResult<Response> {
    let mut typed = Typed {
        auto_refer: true,
        ..Typed::default()
    };
    let copied = !start.from.is_empty();
    if copied {
        let row = store::find_for(app.db.read(), &actor, view::id(&start.from)?).await?;
        typed = Typed::stored(&row);
        if row.expires_on < moment::today(app.db.now()) {
            typed.expires_on.clear();
        }
    }
    let mut page = blank(&app, &view, &actor, view::filled(&typed)).await?;
    let next = page.fairs.first().map(|fair| fair.value.clone());
    let fair = Some(start.fair).filter(|fair| !fair.is_empty()).or(next);
    page.form
        .values
        .insert("fair".into(), fair.unwrap_or_default());
    view.show(PostingFormPage { copied, ..page })
}

async fn blank(app: &App, view: &View, actor: &Actor, form: Form) -> AppResult<PostingFormPage> {
    Ok(PostingFormPage {
        form,
        choices: view::choices(view),
        fairs: fairs(app, view, actor).await?,
        fair: None,
        action: format!("{LIST}/new"),
        changing: false,
        was_public: false,
        copied: false,
        version: None,
        fault: None,
        reason: None,
    })
}

/// Fairs to choose from, saying where the employer has a place.
async fn fairs(app: &App, view: &View, actor: &Actor) -> AppResult<Vec<Choice>> {
    let (db, employer) = (app.db.read(), actor.employer()?);
    let fairs = store::open_fairs(db, actor.office, employer, app.db.now()).await?;
    let label = |title: String, takes_part: bool| {
        if takes_part {
            title
        } else {
            view.say("posting.fair_without_booth", &[("fair", title)])
        }
    };
    Ok(fairs
        .into_iter()
        .map(|(fair, takes_part)| Choice {
            value: fair.slug,
            label: label(fair.title, takes_part),
        })
        .collect())
}

fn act(sent: &Sent) -> Act {
    match sent.get("act") {
        "keep" => Act::Keep,
        _ => Act::Submit,
    }
}

pub fn done(act: Act) -> &'static str {
    match act {
        Act::Keep => "saved",
        Act::Submit => "submitted",
    }
}

async fn setting(app: &App, actor: &Actor) -> AppResult<Setting> {
    let employer = store::employer(app.db.read(), actor.office, actor.employer()?).await?;
    Ok(Setting {
        today: moment::today(app.db.now()),
        employer: employer.kind,
    })
}

pub async fn create(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    match try_create(&app, &actor, &sent).await {
        Ok(id) => Ok(to_posting(id, act(&sent))),
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = blank(&app, &view, &actor, form).await?;
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                PostingFormPage { fault, ..page },
            )
        }
    }
}

fn to_posting(id: PostingId, act: Act) -> Response {
    Redirect::to(&format!("{LIST}/{id}?done={}", done(act))).into_response()
}

async fn try_create(app: &App, actor: &Actor, sent: &Sent) -> AppResult<PostingId> {
    let fair = chosen_fair(app, actor, sent.get("fair")).await;
    let text = details(&Typed::of(sent, ""), &FORM, &setting(app, actor).await?);
    let (fair, text) = both(fair, text)?;
    let target = Target {
        fair,
        employer: actor.employer()?,
    };
    let once = sent.once(&format!("posting {}", actor.account))?;
    let texts = vec![text];
    let made = commands::write(app, actor.clone(), target, texts, act(sent), once).await?;
    made.value.first().copied().ok_or_else(AppError::not_found)
}

/// The slug of a fair that is there; a missing one is a fault of its field.
async fn chosen_fair(app: &App, actor: &Actor, slug: &str) -> Result<String, FieldFault> {
    if slug.is_empty() {
        return Err(FieldFault::Required);
    }
    let fair = store::fair_for(app.db.read(), actor, slug).await;
    fair.map(|fair| fair.slug).map_err(|_| FieldFault::NotFound)
}

/// Both, or the faults of both.
fn both(
    fair: Result<String, FieldFault>,
    text: Result<Details, Faults>,
) -> Result<(String, Details), Faults> {
    let mut faults = Faults::new();
    let fair = faults.take("fair", fair);
    let text = text.map_err(|wrong| {
        for (field, fault) in wrong.iter() {
            faults.add(field.to_owned(), fault.clone());
        }
    });
    let whole = fair.zip(text.ok());
    faults.into_result(whole)
}

/// The form again with its faults, or with the reason why it cannot be done now.
pub fn again(view: &View, sent: &Sent, error: AppError) -> AppResult<(Form, Option<String>)> {
    let form = Form::again(view.lang, sent, &error);
    match error {
        AppError::Problem(problem) if problem.errors.is_empty() => {
            let tell = problem.status == StatusCode::CONFLICT
                || problem.status == StatusCode::UNPROCESSABLE_ENTITY;
            if tell {
                Ok((form, Some(page::problem_text(view.lang, &problem))))
            } else {
                Err(AppError::Problem(problem))
            }
        }
        AppError::Problem(_) => Ok((form, None)),
        error @ AppError::Internal(_) => Err(error),
    }
}

pub async fn one(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let db = app.db.read();
    let row = store::find_for(db, &actor, view::id(&id)?).await?;
    let fairs = store::fairs_by_id(db, actor.office, std::slice::from_ref(&row)).await?;
    let stands = store::stands(db, Some(row.fair_id), std::slice::from_ref(&row)).await?;
    let material = Material {
        row: &row,
        beside: Beside {
            stand: stands.get(&row.employer_id),
            fair: fairs.get(&row.fair_id),
        },
        events: &store::events(db, row.id).await?,
        names: &HashMap::new(),
    };
    view.show(OwnPostingPage {
        sheet: view::sheet(&app, &view, &material)?,
        flash: flash(&view, &asked.done),
    })
}

pub async fn edit_page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Response> {
    let row = store::find_for(app.db.read(), &actor, view::id(&id)?).await?;
    if !row.status.may_edit() {
        return Err(AppError::conflict("posting_closed"));
    }
    let form = view::filled(&Typed::stored(&row));
    view.show(changing(&app, &view, &actor, &row, form).await?)
}

async fn changing(
    app: &App,
    view: &View,
    actor: &Actor,
    row: &Model,
    form: Form,
) -> AppResult<PostingFormPage> {
    let rows = std::slice::from_ref(row);
    let fairs = store::fairs_by_id(app.db.read(), actor.office, rows).await?;
    Ok(PostingFormPage {
        form,
        choices: view::choices(view),
        fairs: Vec::new(),
        fair: fairs.get(&row.fair_id).map(|fair| fair.title.clone()),
        action: format!("{LIST}/{}/edit", row.id),
        changing: true,
        was_public: row.status == crate::domain::posting::PostingStatus::Published,
        copied: false,
        version: Some(row.version),
        fault: None,
        reason: row.status_reason.clone(),
    })
}

pub async fn edit(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let seen = view::seen(&id, &sent)?;
    let row = store::find_for(app.db.read(), &actor, seen.id).await?;
    match try_edit(&app, &actor, seen, &sent).await {
        Ok(id) => Ok(to_posting(id, act(&sent))),
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = changing(&app, &view, &actor, &row, form).await?;
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                PostingFormPage { fault, ..page },
            )
        }
    }
}

async fn try_edit(app: &App, actor: &Actor, seen: Seen, sent: &Sent) -> AppResult<PostingId> {
    let text = details(&Typed::of(sent, ""), &FORM, &setting(app, actor).await?)?;
    commands::change(app, actor.clone(), seen, text, act(sent)).await
}

pub async fn close(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let seen = view::seen(&id, &sent)?;
    commands::close(&app, actor, seen, Closing::Filled).await?;
    Ok(Redirect::to(&format!("{LIST}/{}?done=closed", seen.id)).into_response())
}

pub async fn paste_page(State(app): State<App>, view: View, actor: Actor) -> AppResult<Response> {
    view.show(paste_form(&app, &view, &actor, Form::blank()).await?)
}

async fn paste_form(app: &App, view: &View, actor: &Actor, form: Form) -> AppResult<PastePage> {
    Ok(PastePage {
        form,
        choices: view::choices(view),
        fairs: fairs(app, view, actor).await?,
        most: MAX_ROWS,
    })
}

/// Reads a paste and shows what was understood; nothing is written yet.
pub async fn paste(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    match read_paste(&app, &actor, &sent).await {
        Ok((fair, table)) => {
            let mut form = Form::blank();
            for (number, row) in (1..).zip(&table.rows) {
                row.typed.fill(&mut form, &prefix(number));
            }
            view.show(preview(&view, form, fair, &table))
        }
        Err(faults) => {
            let form = Form::again(view.lang, &sent, &AppError::from(faults));
            let page = paste_form(&app, &view, &actor, form).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn read_paste(app: &App, actor: &Actor, sent: &Sent) -> Result<(Choice, Table), Faults> {
    let mut faults = Faults::new();
    let fair = faults.take("fair", chosen_fair(app, actor, sent.get("fair")).await);
    let rows = sent.get("rows");
    let table = if rows.chars().count() > table::MAX_TEXT {
        let max = table::MAX_TEXT;
        faults.take("rows", Err(FieldFault::TooLong { max }))
    } else {
        let table = table::read(rows, &Typed::of(sent, ""));
        let empty = table.rows.is_empty();
        faults.take(
            "rows",
            if empty {
                Err(FieldFault::Required)
            } else {
                Ok(table)
            },
        )
    };
    let title = match &fair {
        Some(slug) => store::fair_for(app.db.read(), actor, slug).await.ok(),
        None => None,
    };
    let fair = title.map(|fair| Choice {
        value: fair.slug,
        label: fair.title,
    });
    faults.into_result(fair.zip(table))
}

fn prefix(number: usize) -> String {
    format!("r{number}_")
}

fn preview(view: &View, form: Form, fair: Choice, table: &Table) -> PreviewPage {
    let rows: Vec<PreviewRow> = (1..)
        .zip(&table.rows)
        .map(|(number, row)| PreviewRow {
            prefix: prefix(number),
            number,
            title: row.typed.title.clone(),
            doubts: row
                .doubts
                .iter()
                .map(|(field, words)| ((*field).to_owned(), words.clone()))
                .collect(),
            faulty: false,
        })
        .collect();
    PreviewPage {
        choices: view::choices(view),
        fair,
        doubts: rows.iter().map(|row| row.doubts.len()).sum(),
        rows,
        unused: table.unused.clone(),
        cut: table.cut,
        form,
        fault: None,
    }
}

/// Writes the rows of a preview, all or none.
pub async fn save_paste(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    let fair = store::fair_for(app.db.read(), &actor, sent.get("fair")).await?;
    match try_save(&app, &actor, &fair.slug, &sent).await {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}?done=pasted")).into_response()),
        Err(error) => {
            let wrong: Vec<String> = error
                .field_errors()
                .iter()
                .map(|error| error.field.clone())
                .collect();
            let (form, fault) = again(&view, &sent, error)?;
            let fair = Choice {
                value: fair.slug,
                label: fair.title,
            };
            let table = Table {
                rows: rows(&sent)
                    .into_iter()
                    .map(|(_, typed)| table::Row {
                        typed,
                        ..table::Row::default()
                    })
                    .collect(),
                ..Table::default()
            };
            let mut page = preview(&view, form, fair, &table);
            for (row, (number, _)) in page.rows.iter_mut().zip(rows(&sent)) {
                row.prefix = prefix(number);
                row.number = number;
                row.faulty = wrong.iter().any(|field| field.starts_with(&row.prefix));
            }
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                PreviewPage { fault, ..page },
            )
        }
    }
}

/// The rows that were kept, with their numbers.
fn rows(sent: &Sent) -> Vec<(usize, Typed)> {
    (1..=MAX_ROWS)
        .filter(|number| sent.has(&format!("{}title", prefix(*number))))
        .filter(|number| !sent.has(&format!("{}skip", prefix(*number))))
        .map(|number| (number, Typed::of(sent, &prefix(number))))
        .collect()
}

async fn try_save(app: &App, actor: &Actor, fair: &str, sent: &Sent) -> AppResult<()> {
    let setting = setting(app, actor).await?;
    let (mut faults, mut texts) = (Faults::new(), Vec::new());
    for (number, typed) in rows(sent) {
        match details(&typed, &FORM, &setting) {
            Ok(text) => texts.push(text),
            Err(wrong) => {
                for (field, fault) in wrong.iter() {
                    faults.add(format!("{}{field}", prefix(number)), fault.clone());
                }
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults.into());
    }
    if texts.is_empty() {
        return Err(AppError::unprocessable("no_rows"));
    }
    let target = Target {
        fair: fair.to_owned(),
        employer: actor.employer()?,
    };
    let once = sent.once(&format!("postings {}", actor.account))?;
    commands::write(app, actor.clone(), target, texts, act(sent), once).await?;
    Ok(())
}
