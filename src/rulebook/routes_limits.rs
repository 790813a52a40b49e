//! Pages of the time limits.
use super::{
    book::Book,
    commands, form,
    form::TypedLimit,
    pages::{Choice, ClockBlock, LimitLine, LimitPage, LimitsPage, VersionLine},
    routes::{EDIT, EDITORS, READ, WRONG, to},
    store, view as words,
};
use crate::{
    account::{Actor, Routes},
    domain::{
        case::{ClockKind, Code, Kind, SlaRule, Urgency},
        id::AccountId,
    },
    entity::sla_rule,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
        text,
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use std::collections::HashMap;

pub fn add(routes: Routes) -> Routes {
    routes
        .get(READ, "/office/rules/limits", limits)
        .get(EDIT, "/office/rules/limits/new", new_limit)
        .post(EDIT, "/office/rules/limits/new", add_limit)
        .get(READ, "/office/rules/limits/{code}", limit_page)
        .post(EDIT, "/office/rules/limits/{code}", change_limit)
        .post(EDIT, "/office/rules/limits/{code}/switch", switch_limit)
}

async fn limits(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let (db, lang) = (app.db.read(), view.lang);
    let book = Book::load(db, actor.office, app.db.now()).await?;
    let calendars = words::calendar_choices(db, actor.office, lang).await?;
    let rows = store::newest(store::rule_versions(db, actor.office).await?);
    let mut lines: Vec<(SlaRule, LimitLine)> = Vec::new();
    for row in &rows {
        let rule = store::sla(row)?;
        let line = LimitLine {
            code: row.code.clone(),
            about: words::about(lang, &book, &rule),
            term: words::term(lang, rule.term),
            calendar: words::calendar(&calendars, &rule.calendar),
            warn: row.warn_at_pct,
            version: row.version,
            enabled: row.enabled,
        };
        lines.push((rule, line));
    }
    // The order in which rules win: what is most particular stands first.
    lines.sort_by_key(|(rule, line)| (std::cmp::Reverse(rule.weight()), line.code.clone()));
    let mut clocks: Vec<ClockBlock> = ClockKind::ALL
        .iter()
        .map(|clock| ClockBlock {
            code: clock.code(),
            name: words::clock_kind(lang, *clock),
            rules: Vec::new(),
        })
        .collect();
    for (rule, line) in lines {
        if let Some(block) = clocks
            .iter_mut()
            .find(|block| block.code == rule.clock.code())
        {
            block.rules.push(line);
        }
    }
    view.show(LimitsPage {
        flash: said.flash(&view, "rulebook"),
        clocks,
        may_write: actor.is(EDITORS),
    })
}

/// The form of a time limit with what it may be about.
async fn page_of(
    app: &App,
    actor: &Actor,
    view: &View,
    versions: &[sla_rule::Model],
) -> AppResult<LimitPage> {
    let (db, lang, now) = (app.db.read(), view.lang, app.db.now());
    let book = Book::load(db, actor.office, now).await?;
    let calendars = words::calendar_choices(db, actor.office, lang).await?;
    let clock = |clock: &ClockKind| Choice::new(clock.code(), words::clock_kind(lang, *clock));
    let mut page = LimitPage {
        flash: None,
        fault: None,
        code: None,
        words: String::new(),
        enabled: true,
        version: 0,
        may_write: actor.is(EDITORS),
        form: Form::filled([
            ("calendar", "office".to_owned()),
            ("unit", "work_days".to_owned()),
        ]),
        clocks: ClockKind::ALL.iter().map(clock).collect(),
        kinds: words::every_kind(lang),
        categories: words::category_choices(lang, &book),
        urgencies: words::urgency_choices(lang),
        units: words::unit_choices(lang),
        calendars,
        due_now: None,
        provisional: false,
        history: Vec::new(),
    };
    if let Some(newest) = versions.last() {
        let rule = store::sla(newest)?;
        let due = rule.term.due(book.calendars().get(&rule.calendar), now);
        page.code = Some(newest.code.clone());
        page.words = sentence(view, &book, &page, &rule);
        page.enabled = newest.enabled;
        page.version = newest.version;
        page.form = filled(&rule);
        (page.due_now, page.provisional) = (Some(due.at), due.provisional);
        page.history = history(app, view, &book, &page, versions).await?;
        keep_choice(&mut page, &rule, view, &book);
    }
    Ok(page)
}

/// A category that is switched off and a desk that is gone stay among the choices of the rule that
/// names them.
fn keep_choice(page: &mut LimitPage, rule: &SlaRule, view: &View, book: &Book) {
    if let Some(code) = rule.category.as_ref().map(Code::as_str)
        && page.categories.iter().all(|choice| choice.value != code)
    {
        let label = words::category(view.lang, book, code);
        page.categories.push(Choice::new(code, label));
    }
    if page
        .calendars
        .iter()
        .all(|choice| choice.value != rule.calendar)
    {
        page.calendars
            .push(Choice::new(&*rule.calendar, &*rule.calendar));
    }
}

/// `承办期限：险情，2 小时（全天候）`
fn sentence(view: &View, book: &Book, page: &LimitPage, rule: &SlaRule) -> String {
    let lang = view.lang;
    text::say(
        lang,
        "rulebook.limit.sentence",
        &[
            ("clock", words::clock_kind(lang, rule.clock)),
            ("about", words::about(lang, book, rule)),
            ("term", words::term(lang, rule.term)),
            ("calendar", words::calendar(&page.calendars, &rule.calendar)),
        ],
    )
}

fn filled(rule: &SlaRule) -> Form {
    let code = |code: Option<&'static str>| code.unwrap_or_default().to_owned();
    let category = rule.category.as_ref().map(|code| code.as_str().to_owned());
    Form::filled([
        ("clock", rule.clock.code().to_owned()),
        ("kind", code(rule.kind.map(Kind::code))),
        ("category", category.unwrap_or_default()),
        ("urgency", code(rule.urgency.map(Urgency::code))),
        ("consult", code(rule.consult.then_some("yes"))),
        ("amount", rule.term.amount.to_string()),
        ("unit", rule.term.unit.code().to_owned()),
        ("calendar", rule.calendar.clone()),
        ("warn_at_pct", rule.warn_at_pct.to_string()),
    ])
}

async fn history(
    app: &App,
    view: &View,
    book: &Book,
    page: &LimitPage,
    versions: &[sla_rule::Model],
) -> AppResult<Vec<VersionLine>> {
    let by: Vec<AccountId> = versions.iter().filter_map(|row| row.changed_by).collect();
    let names: HashMap<AccountId, String> = store::account_names(app.db.read(), by).await?;
    let mut lines = Vec::new();
    for row in versions.iter().rev() {
        let rule = store::sla(row)?;
        let by = row.changed_by.and_then(|id| names.get(&id).cloned());
        lines.push(VersionLine {
            version: row.version,
            about: words::about(view.lang, book, &rule),
            term: words::term(view.lang, rule.term),
            calendar: words::calendar(&page.calendars, &rule.calendar),
            at: row.changed_at,
            by: by.unwrap_or_else(|| words::say(view.lang, "rulebook.limit.by_seed")),
            enabled: row.enabled,
        });
    }
    Ok(lines)
}

async fn new_limit(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let page = page_of(&app, &actor, &view, &[]).await?;
    view.show(page)
}

async fn add_limit(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let new = form::limit(&TypedLimit::of(&sent))?;
        let once = sent.once(&format!("{} /office/rules/limits", actor.account))?;
        commands::add_limit(&app.db, &actor, new, once).await
    };
    match done.await {
        Ok(_) => Ok(to("/office/rules/limits", "limit_added")),
        Err(error) => {
            let (form, fault) = Form::refused(view.lang, &sent, error)?;
            let page = page_of(&app, &actor, &view, &[]).await?;
            view.show_with(
                WRONG,
                LimitPage {
                    fault,
                    form,
                    ..page
                },
            )
        }
    }
}

/// Every version of one rule.
///
/// # Errors
/// 404 when the office has none of that code.
async fn versions(app: &App, actor: &Actor, code: &str) -> AppResult<Vec<sla_rule::Model>> {
    let mut versions = store::rule_versions(app.db.read(), actor.office).await?;
    versions.retain(|row| row.code == code);
    if versions.is_empty() {
        return Err(AppError::not_found());
    }
    Ok(versions)
}

async fn limit_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let versions = versions(&app, &actor, &code).await?;
    let page = page_of(&app, &actor, &view, &versions).await?;
    view.show(LimitPage {
        flash: said.flash(&view, "rulebook"),
        ..page
    })
}

async fn change_limit(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let typed = TypedLimit::of(&sent);
        let new = form::limit(&typed)?;
        let seen = typed.version.parse().unwrap_or_default();
        commands::change_limit(&app.db, &actor, code.clone(), seen, new).await
    };
    match done.await {
        Ok(_) => Ok(to(&format!("/office/rules/limits/{code}"), "limit_changed")),
        Err(error) => refused(&app, &actor, &view, &code, &sent, error).await,
    }
}

async fn refused(
    app: &App,
    actor: &Actor,
    view: &View,
    code: &str,
    sent: &Sent,
    error: AppError,
) -> AppResult<Response> {
    let (form, fault) = Form::refused(view.lang, sent, error)?;
    let versions = versions(app, actor, code).await?;
    let page = page_of(app, actor, view, &versions).await?;
    view.show_with(
        WRONG,
        LimitPage {
            fault,
            form,
            ..page
        },
    )
}

async fn switch_limit(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let on = sent.get("enabled") == "yes";
    match commands::switch_limit(&app.db, &actor, code.clone(), on).await {
        Ok(()) => {
            let said = if on { "limit_on" } else { "limit_off" };
            Ok(to(&format!("/office/rules/limits/{code}"), said))
        }
        Err(error) => {
            let (_, fault) = Form::refused(view.lang, &sent, error)?;
            let versions = versions(&app, &actor, &code).await?;
            let page = page_of(&app, &actor, &view, &versions).await?;
            view.show_with(WRONG, LimitPage { fault, ..page })
        }
    }
}
