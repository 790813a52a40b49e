use super::{
    book::{self, Book},
    commands, form,
    form::TypedCategory,
    pages::{CategoriesPage, CategoryLine, CategoryPage, GroupBlock, GroupPage, Part, RulesPage},
    routes_api, routes_calendar, routes_dispatch, routes_limits, store, view as words,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{calendar::day_of, case::Code, role::Role},
    entity::category,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
        text::{self, Lang},
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::Datelike;

/// Who changes the rules.
pub const EDITORS: &[Role] = &[Role::OfficeAdmin, Role::Secretary];
pub const EDIT: Audience = Audience::Roles(EDITORS);
/// Who reads them besides: whoever receives people has to know what applies.
pub const READ: Audience =
    Audience::Roles(&[Role::OfficeAdmin, Role::Secretary, Role::CommunityClerk]);

pub const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

pub fn routes() -> Routes {
    let routes = Routes::new()
        .get(READ, "/office/rules", rules)
        .get(READ, "/office/rules/categories", categories)
        .get(EDIT, "/office/rules/categories/new", new_category)
        .post(EDIT, "/office/rules/categories/new", add_category)
        .get(READ, "/office/rules/categories/{code}", category_page)
        .post(EDIT, "/office/rules/categories/{code}", change_category)
        .post(
            EDIT,
            "/office/rules/categories/{code}/switch",
            switch_category,
        )
        .get(EDIT, "/office/rules/groups/new", new_group)
        .post(EDIT, "/office/rules/groups/new", add_group)
        .get(EDIT, "/office/rules/groups/{code}", group_page)
        .post(EDIT, "/office/rules/groups/{code}", change_group);
    let routes = routes_limits::add(routes);
    let routes = routes_dispatch::add(routes);
    let routes = routes_calendar::add(routes);
    routes_api::add(routes)
}

pub fn to(path: &str, said: &str) -> Response {
    Redirect::to(&format!("{path}?said={said}")).into_response()
}

async fn book_of(app: &App, actor: &Actor) -> AppResult<Book> {
    Book::load(app.db.read(), actor.office, app.db.now()).await
}

async fn rules(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let book = book_of(&app, &actor).await?;
    let dispatch = store::dispatch_rules(app.db.read(), actor.office).await?;
    let in_use = dispatch.iter().filter(|rule| rule.enabled).count();
    let this_year = day_of(app.db.now()).year();
    view.show(RulesPage {
        parts: parts(view.lang, &book, in_use, this_year),
        may_write: actor.is(EDITORS),
    })
}

/// The four parts with what is in them: warned of are rules that nobody made and a year whose
/// notice is still to come.
fn parts(lang: Lang, book: &Book, dispatch: usize, this_year: i32) -> Vec<Part> {
    let part = |key, href, icon, state, warn| Part {
        key,
        href,
        icon,
        state,
        tone: if warn { "warn" } else { "" },
    };
    let say = |key: &str, holes: &[(&str, String)]| {
        text::say(lang, &format!("rulebook.part.{key}"), holes)
    };
    let enabled = book.categories().iter().filter(|one| one.enabled).count();
    let groups = ("groups", book.groups().len().to_string());
    let categories = say("categories.state", &[("n", enabled.to_string()), groups]);
    let limits = say("limits.state", &[("n", book.rules().len().to_string())]);
    let dispatched = match dispatch {
        0 => say("dispatch.none", &[]),
        n => say("dispatch.state", &[("n", n.to_string())]),
    };
    let unknown = [this_year, this_year + 1].into_iter().find(|year| {
        let known = book.notices().year(*year);
        known.is_none_or(|year| year.notice.is_none())
    });
    let calendar = match unknown {
        Some(year) => say("calendar.state", &[("year", year.to_string())]),
        None => say("calendar.known", &[]),
    };
    vec![
        part(
            "categories",
            "/office/rules/categories",
            "filter",
            categories,
            false,
        ),
        part("limits", "/office/rules/limits", "clock", limits, false),
        part(
            "dispatch",
            "/office/rules/dispatch",
            "route",
            dispatched,
            dispatch == 0,
        ),
        part(
            "calendar",
            "/office/rules/calendar",
            "calendar",
            calendar,
            unknown.is_some(),
        ),
    ]
}

// Categories

async fn categories(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let (book, lang) = (book_of(&app, &actor).await?, view.lang);
    let open = store::open_cases(app.db.read(), actor.office).await?;
    let line = |one: &category::Model| CategoryLine {
        code: one.code.clone(),
        name: book::name(lang, one).to_owned(),
        kinds: words::kinds(lang, one),
        traits: words::traits(lang, one),
        urgency: words::urgency(lang, one.urgency),
        open_cases: open.get(&one.code).copied().unwrap_or(0),
        enabled: one.enabled,
    };
    let groups = book.groups().iter().map(|group| {
        let inside = book.categories().iter();
        let inside = inside.filter(|one| one.group_code == group.code);
        GroupBlock {
            code: group.code.clone(),
            name: book::group_name(lang, group).to_owned(),
            categories: inside.map(line).collect(),
        }
    });
    view.show(CategoriesPage {
        flash: said.flash(&view, "rulebook"),
        groups: groups.collect(),
        may_write: actor.is(EDITORS),
    })
}

/// The form of a category; `row` is the one that is there already.
async fn category_of(
    app: &App,
    actor: &Actor,
    view: &View,
    row: Option<&category::Model>,
) -> AppResult<CategoryPage> {
    let (book, lang) = (book_of(app, actor).await?, view.lang);
    let open = match row {
        Some(row) => store::open_cases(app.db.read(), actor.office)
            .await?
            .get(&row.code)
            .copied(),
        None => None,
    };
    let form = match row {
        Some(row) => Form::filled([
            ("group", row.group_code.clone()),
            ("name_zh", row.name_zh.clone()),
            ("name_en", row.name_en.clone()),
            ("urgency", row.urgency.to_string()),
            ("radius_m", row.radius_m.to_string()),
            ("gb_code", row.gb_code.clone().unwrap_or_default()),
            ("sort", row.sort.to_string()),
        ])
        .choose("kinds", row.kinds.split(' ').map(str::to_owned))
        .choose(
            "traits",
            words::trait_codes(row).into_iter().map(str::to_owned),
        ),
        None => Form::blank(),
    };
    Ok(CategoryPage {
        flash: None,
        fault: None,
        code: row.map(|row| row.code.clone()),
        name: row.map_or_else(String::new, |row| book::name(lang, row).to_owned()),
        enabled: row.is_none_or(|row| row.enabled),
        open_cases: open.unwrap_or(0),
        version: row.map_or(0, |row| row.version),
        may_write: actor.is(EDITORS),
        form,
        groups: words::group_choices(lang, &book),
        kinds: words::kind_choices(lang),
        urgencies: words::urgency_choices(lang),
        traits: words::trait_choices(lang),
    })
}

async fn new_category(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let page = category_of(&app, &actor, &view, None).await?;
    view.show(page)
}

async fn add_category(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let new = form::category(&TypedCategory::of(&sent), None)?;
        let once = sent.once(&format!("{} /office/rules/categories", actor.account))?;
        commands::add_category(&app.db, &actor, new, once).await
    };
    match done.await {
        Ok(_) => Ok(to("/office/rules/categories", "category_added")),
        Err(error) => {
            let (form, fault) = Form::refused(view.lang, &sent, error)?;
            let page = category_of(&app, &actor, &view, None).await?;
            view.show_with(
                WRONG,
                CategoryPage {
                    fault,
                    form,
                    ..page
                },
            )
        }
    }
}

async fn category_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let row = store::category_row_of(app.db.read(), actor.office, &code).await?;
    let page = category_of(&app, &actor, &view, Some(&row)).await?;
    view.show(CategoryPage {
        flash: said.flash(&view, "rulebook"),
        ..page
    })
}

async fn change_category(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let typed = TypedCategory::of(&sent);
        let known = Code::new(&code).map_err(|_| AppError::not_found())?;
        let new = form::category(&typed, Some(known))?;
        let seen = typed.version.parse().unwrap_or_default();
        commands::change_category(&app.db, &actor, code.clone(), seen, new).await
    };
    match done.await {
        Ok(()) => Ok(to("/office/rules/categories", "saved")),
        Err(error) => {
            let (form, fault) = Form::refused(view.lang, &sent, error)?;
            let row = store::category_row_of(app.db.read(), actor.office, &code).await?;
            let page = category_of(&app, &actor, &view, Some(&row)).await?;
            view.show_with(
                WRONG,
                CategoryPage {
                    fault,
                    form,
                    ..page
                },
            )
        }
    }
}

async fn switch_category(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let on = sent.get("enabled") == "yes";
    commands::switch_category(&app.db, &actor, code.clone(), on).await?;
    let said = if on { "category_on" } else { "category_off" };
    Ok(to(&format!("/office/rules/categories/{code}"), said))
}

// Groups

async fn new_group(view: View) -> AppResult<Response> {
    view.show(GroupPage {
        code: None,
        name: String::new(),
        form: Form::blank(),
    })
}

async fn add_group(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let (code, new) = form::group(&sent, None)?;
        let once = sent.once(&format!("{} /office/rules/groups", actor.account))?;
        commands::add_group(&app.db, &actor, code, new, once).await
    };
    match done.await {
        Ok(_) => Ok(to("/office/rules/categories", "group_added")),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = GroupPage {
                code: None,
                name: String::new(),
                form,
            };
            view.show_with(WRONG, page)
        }
    }
}

async fn group_of(app: &App, actor: &Actor, view: &View, code: &str) -> AppResult<GroupPage> {
    let book = book_of(app, actor).await?;
    let mut groups = book.groups().iter();
    let group = groups
        .find(|group| group.code == code)
        .ok_or_else(AppError::not_found)?;
    Ok(GroupPage {
        code: Some(group.code.clone()),
        name: book::group_name(view.lang, group).to_owned(),
        form: Form::filled([
            ("name_zh", group.name_zh.clone()),
            ("name_en", group.name_en.clone()),
            ("sort", group.sort.to_string()),
        ]),
    })
}

async fn group_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
) -> AppResult<Response> {
    let page = group_of(&app, &actor, &view, &code).await?;
    view.show(page)
}

async fn change_group(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let known = Code::new(&code).map_err(|_| AppError::not_found())?;
        let (_, new) = form::group(&sent, Some(known))?;
        commands::change_group(&app.db, &actor, code.clone(), new).await
    };
    match done.await {
        Ok(()) => Ok(to("/office/rules/categories", "saved")),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = group_of(&app, &actor, &view, &code).await?;
            view.show_with(WRONG, GroupPage { form, ..page })
        }
    }
}
