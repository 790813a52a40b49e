//! Pages of the figures: all of them, the rows behind one, paper, spreadsheet, weights, sealed
//! months, and what everybody may know.
use super::{
    commands::{self, Set},
    pages::{
        Choice, FiguresPage, FiguresPrintPage, Link, RateRowsPage, SealedPage, Shown, WeightsPage,
    },
    public,
    query::{Asked, AskedRows, Question, this_month},
    reading::{self, Board, FIGURES, SEAL, SEALERS, WHOLE},
    report::{self, Reader},
    rows, sealed, store, workbook,
};
use crate::{
    account::{Actor, Audience, Routes},
    case::door::{READERS, Sight},
    domain::{case::Kind, rates::Verdict, role::Role},
    error::AppResult,
    platform::{
        App,
        api::{PageQuery, Query},
        form::{Form, Sent},
        page::{Said, View},
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{Months, NaiveDate};
use std::net::SocketAddr;

pub const ROWS: &str = "/office/figures/rows";
/// Months to choose from by a link.
const MONTHS: u32 = 6;

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/figures", everybody)
        .get(FIGURES, "/office/figures", figures)
        .get(FIGURES, ROWS, figure_rows)
        .get(FIGURES, "/office/figures/print", print)
        .get(FIGURES, "/office/figures.xlsx", book)
        .get(SEAL, "/office/figures/weights", weights)
        .post(SEAL, "/office/figures/weights", set_weights)
        .get(WHOLE, "/office/figures/sealed", all_sealed)
        .get(WHOLE, "/office/figures/sealed/{month}", sealed_month)
        .post(SEAL, "/office/figures/sealed/{month}", seal_month)
}

pub fn reader(view: &View) -> Reader {
    Reader {
        lang: view.lang,
        rows: ROWS,
    }
}

async fn figures(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let now = app.db.now();
    let found = match asked.read(now) {
        Ok(question) => reading::board(&app, &actor, question).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(board) => {
            let form = filled(&board.question);
            let page = page(&app, &actor, &view, board, form).await?;
            view.show(page)
        }
        Err(error) if !error.field_errors().is_empty() => {
            // What was typed stays; the figures are those of this month until it is mended.
            let form = Form::again(view.lang, &asked.sent(), &error);
            let question = Question::month(this_month(now));
            let board = reading::board(&app, &actor, question).await?;
            let page = page(&app, &actor, &view, board, form).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Err(error) => Err(error),
    }
}

fn filled(question: &Question) -> Form {
    let id = |id: Option<String>| id.unwrap_or_default();
    Form::filled([
        ("from", question.first.to_string()),
        ("to", question.last.to_string()),
        ("unit", id(question.unit.map(|unit| unit.to_string()))),
        ("area", id(question.area.map(|area| area.to_string()))),
        ("kind", id(question.kind.map(|kind| kind.code().to_owned()))),
        ("category", id(question.category.clone())),
    ])
}

async fn page(
    app: &App,
    actor: &Actor,
    view: &View,
    board: Board,
    form: Form,
) -> AppResult<FiguresPage> {
    let reader = reader(view);
    let month = board.question.whole_month();
    let sealed = match &month {
        Some(month) => store::sealed_month(app.db.read(), actor.office, month).await?,
        None => None,
    };
    let own_unit = actor.role == Role::DepartmentHandler;
    let unit = board.question.unit;
    Ok(FiguresPage {
        form,
        months: months(&board.question, app.db.now()),
        units: choices(board.names.units.iter().map(|(id, name)| (id.0, name))),
        areas: choices(
            board
                .names
                .areas
                .iter()
                .map(|place| (place.id.0, &place.name)),
        ),
        kinds: kinds(view),
        unit: unit.and_then(|unit| board.names.units.get(&unit).cloned()),
        own_unit,
        shown: Shown::new(report::report(&reader, &board), view.lang),
        heat: report::heat(&reader, &board),
        query: board.question.query(),
        may_seal: actor.is(SEALERS) && commands::is_over(&board.picture.period, app.db.now()),
        month,
        sealed: sealed.is_some(),
    })
}

fn choices<'a>(all: impl Iterator<Item = (i64, &'a String)>) -> Vec<Choice> {
    let choice = |(id, name): (i64, &String)| Choice {
        value: id.to_string(),
        label: name.clone(),
    };
    all.map(choice).collect()
}

fn kinds(view: &View) -> Vec<Choice> {
    let kind = |kind: &Kind| Choice {
        value: kind.code().to_owned(),
        label: crate::case::words::kind(view.lang, *kind),
    };
    Kind::ALL.iter().map(kind).collect()
}

/// The last months, with everything else as it is.
fn months(question: &Question, now: chrono::DateTime<chrono::Utc>) -> Vec<Link> {
    let (first, _) = this_month(now);
    let chosen = question.whole_month();
    let back = (0..MONTHS).filter_map(|back| first.checked_sub_months(Months::new(back)));
    back.map(|first: NaiveDate| {
        let mut other = question.clone();
        other.first = first;
        other.last = crate::domain::rota::last_of_month(first);
        let label = other.whole_month().unwrap_or_default();
        Link {
            href: format!("/office/figures?{}", other.query()),
            current: chosen.as_deref() == Some(label.as_str()),
            label,
        }
    })
    .collect()
}

async fn figure_rows(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
    Query(what): Query<AskedRows>,
    Query(at): Query<PageQuery>,
) -> AppResult<Response> {
    let (rate, counted) = what.read()?;
    let question = asked.read(app.db.now())?;
    let board = reading::board(&app, &actor, question).await?;
    let reader = reader(&view);
    let listing = rows::rows(&reader, &board, (rate, counted), &at)?;
    let query = board.question.query();
    let here = |counted: Option<Verdict>| {
        let rest = counted.map(|counted| format!("&counted={}", counted.code()));
        let rest = rest.unwrap_or_default();
        format!("{ROWS}?rate={}&{query}{rest}", rate.code())
    };
    view.show(RateRowsPage {
        rate: reader.told(rate, &listing.figure, &query),
        from: board.question.first.to_string(),
        to: board.question.last.to_string(),
        within: within(&view, &board),
        counted: filters(&reader, counted, here),
        total: listing.total,
        rows: listing.rows,
        opens: actor.is(READERS)
            && (!rate.of_market() || Sight::of(&actor).kinds().contains(&Kind::EmploymentMatch)),
        back: format!("/office/figures?{}", back(&board.question).query()),
        next: listing
            .next
            .map(|next| format!("{}&cursor={next}", here(counted))),
        first: at.cursor.is_some().then(|| here(counted)),
    })
}

/// The figures from which a row of the heat table was opened are those of all categories.
fn back(question: &Question) -> Question {
    Question {
        category: None,
        ..question.clone()
    }
}

fn filters(
    reader: &Reader,
    chosen: Option<Verdict>,
    here: impl Fn(Option<Verdict>) -> String,
) -> Vec<Link> {
    let all = [
        None,
        Some(Verdict::In),
        Some(Verdict::Out),
        Some(Verdict::Excluded),
    ];
    all.into_iter()
        .map(|counted| Link {
            label: match counted {
                None => reader.say("common.all"),
                Some(counted) => reader.verdict(counted),
            },
            href: here(counted),
            current: counted == chosen,
        })
        .collect()
}

fn within(view: &View, board: &Board) -> Vec<String> {
    let question = &board.question;
    let area = question.area.and_then(|area| {
        let areas = board.names.areas.iter();
        areas
            .clone()
            .find(|place| place.id == area)
            .map(|place| place.name.clone())
    });
    let unit = question
        .unit
        .and_then(|unit| board.names.units.get(&unit).cloned());
    let kind = question
        .kind
        .map(|kind| crate::case::words::kind(view.lang, kind));
    let category = question.category.as_ref();
    let category = category.map(|code| board.names.category(view.lang, code));
    [unit, area, kind, category].into_iter().flatten().collect()
}

async fn print(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let question = asked.read(app.db.now())?;
    let board = reading::board(&app, &actor, question).await?;
    let unit = board.question.unit;
    view.show(FiguresPrintPage {
        unit: unit.and_then(|unit| board.names.units.get(&unit).cloned()),
        shown: Shown::new(report::report(&reader(&view), &board), view.lang),
    })
}

async fn book(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let question = asked.read(app.db.now())?;
    let board = reading::board(&app, &actor, question).await?;
    commands::record_export(&app, &actor, peer.ip().to_string()).await?;
    let reader = reader(&view);
    let told = report::report(&reader, &board);
    let heat = report::heat(&reader, &board);
    let bytes = workbook::workbook(&reader, &told, &heat, &actor.name)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = format!(
        "attachment; filename=\"figures-{}-{}.xlsx\"",
        told.from, told.to
    );
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

async fn weights(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let weights = store::weights(app.db.read(), actor.office).await?;
    view.show(WeightsPage {
        form: Form::filled([
            ("response", weights.response.to_string()),
            ("solved", weights.solved.to_string()),
            ("satisfied", weights.satisfied.to_string()),
        ]),
        flash: said.flash(&view, "oversight"),
    })
}

async fn set_weights(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    match Set::read(&sent) {
        Ok(set) => {
            commands::set_weights(&app, &actor, set, peer.ip().to_string()).await?;
            Ok(Redirect::to("/office/figures/weights?said=weights").into_response())
        }
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = WeightsPage { form, flash: None };
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn all_sealed(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let rows = store::sealed(app.db.read(), actor.office).await?;
    let (first, _) = this_month(app.db.now());
    let over = (1..=12).filter_map(|back| first.checked_sub_months(Months::new(back)));
    let open = over
        .map(|day| day.format("%Y-%m").to_string())
        .filter(|month| rows.iter().all(|row| row.month != *month));
    view.show(SealedPage {
        open: open.collect(),
        months: sealed::lines(&app, &view, actor.office, &rows).await?,
        may_seal: actor.is(SEALERS),
    })
}

async fn sealed_month(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(month): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let days = sealed::month(&month)?;
    let mut page = sealed::page(&app, &actor, &view, days).await?;
    page.flash = said.flash(&view, "oversight");
    view.show(page)
}

async fn seal_month(
    State(app): State<App>,
    actor: Actor,
    Path(month): Path<String>,
    sent: Sent,
) -> AppResult<Redirect> {
    let (first, _) = sealed::month(&month)?;
    let month = first.format("%Y-%m").to_string();
    let once = sent.once(&format!("{} seal {month}", actor.account))?;
    commands::seal_month(&app, &actor, &month, once).await?;
    Ok(Redirect::to(&format!(
        "/office/figures/sealed/{month}?said=sealed"
    )))
}

async fn everybody(State(app): State<App>, view: View) -> AppResult<Response> {
    let rows = store::sealed(app.db.read(), app.settings.office).await?;
    view.show(public::page(&reader(&view), &rows))
}
