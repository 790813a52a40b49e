//! Pages of the dispatch rules, with a box to try them out.
use super::{
    book::Book,
    commands,
    dispatch::Dispatcher,
    form,
    form::TypedDispatch,
    pages::{DispatchLine, DispatchPage, DispatchRulePage, Trial},
    routes::{EDIT, EDITORS, READ, WRONG, to},
    store,
    view::{self as words, Areas, Known},
};
use crate::{
    account::{Actor, Routes},
    area,
    domain::{
        dispatch::{About, Matter, ranked},
        id::{AreaId, DispatchRuleId, UnitId},
    },
    entity::{dispatch_rule, unit},
    error::AppResult,
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
use serde::Deserialize;
use std::collections::HashMap;

pub fn add(routes: Routes) -> Routes {
    routes
        .get(READ, "/office/rules/dispatch", rules)
        .get(EDIT, "/office/rules/dispatch/new", new_rule)
        .post(EDIT, "/office/rules/dispatch/new", add_rule)
        .get(READ, "/office/rules/dispatch/{id}", rule_page)
        .post(EDIT, "/office/rules/dispatch/{id}", change_rule)
        .post(EDIT, "/office/rules/dispatch/{id}/switch", switch_rule)
        .post(EDIT, "/office/rules/dispatch/{id}/remove", remove_rule)
}

/// All that rules are put into words with.
struct Around {
    book: Book,
    areas: Areas,
    units: HashMap<UnitId, unit::Model>,
}

impl Around {
    async fn of(app: &App, actor: &Actor) -> AppResult<Self> {
        let db = app.db.read();
        let units = area::store::every_unit(db, actor.office).await?;
        Ok(Self {
            book: Book::of(db, actor.office).await?,
            areas: Areas::new(area::store::all(db, actor.office).await?),
            units: units.into_iter().map(|unit| (unit.id, unit)).collect(),
        })
    }

    fn known(&self, view: &View) -> Known<'_> {
        Known {
            lang: view.lang,
            book: &self.book,
            areas: &self.areas,
            units: &self.units,
        }
    }
}

/// What is tried out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    category: String,
    area: String,
    said: String,
}

async fn rules(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let around = Around::of(&app, &actor).await?;
    let known = around.known(&view);
    let mut rows = store::dispatch_rules(app.db.read(), actor.office).await?;
    let depth = |row: &dispatch_rule::Model| row.area_id.map(|area| around.areas.name(area));
    rows.sort_by_key(|row| {
        let rank = std::cmp::Reverse(store::rule(row).about.rank());
        (
            !row.enabled,
            rank,
            words::dispatch_about(view.lang, &around.book, &store::rule(row).about),
            depth(row),
            row.id,
        )
    });
    let lines: Vec<DispatchLine> = rows
        .iter()
        .map(|row| known.line(&store::rule(row), row.enabled))
        .collect();
    let trial = trial(&app, &actor, &view, &around, &asked).await?;
    let form = Form::filled([("category", asked.category), ("area", asked.area)]);
    let flash = if asked.said.is_empty() {
        None
    } else {
        said.flash(&view, "rulebook")
    };
    view.show(DispatchPage {
        flash,
        rules: lines,
        trial,
        form,
        categories: words::category_choices(view.lang, &around.book),
        areas: around.areas.choices(),
        may_write: actor.is(EDITORS),
    })
}

/// The rules that fit what was asked for, and why the first of them wins.
async fn trial(
    app: &App,
    actor: &Actor,
    view: &View,
    around: &Around,
    asked: &Asked,
) -> AppResult<Option<Trial>> {
    let Some(category) = around.book.category(&asked.category) else {
        return Ok(None);
    };
    let (lang, known) = (view.lang, around.known(view));
    let dispatcher = Dispatcher::load(app.db.read(), actor.office).await?;
    let area: Option<AreaId> = asked.area.parse().ok();
    let path = dispatcher.path(area);
    let matter = Matter {
        category: Some(&category.code),
        group: Some(&category.group_code),
        path: &path,
    };
    let fitting = ranked(dispatcher.rules(), &matter);
    let why = fitting.first().map_or_else(String::new, |rule| {
        let about = match rule.about {
            About::Category(_) => "category",
            About::Group(_) => "group",
            About::Any => "any",
        };
        let place = if rule.area.is_some() {
            "area"
        } else {
            "everywhere"
        };
        let say = |key: &str| words::say(lang, &format!("rulebook.trial.why.{key}"));
        let mut why = words::listed(lang, [say(about), say(place)]);
        if fitting.len() > 1 {
            let others = [("n", (fitting.len() - 1).to_string())];
            why.push_str(&text::say(lang, "rulebook.trial.why.others", &others));
        }
        why
    });
    Ok(Some(Trial {
        about: words::category(lang, &around.book, &category.code),
        area: match area {
            Some(area) => around.areas.name(area),
            None => words::say(lang, "rulebook.trial.no_area"),
        },
        rules: fitting.iter().map(|rule| known.line(rule, true)).collect(),
        why,
    }))
}

async fn page_of(
    app: &App,
    actor: &Actor,
    view: &View,
    row: Option<&dispatch_rule::Model>,
) -> AppResult<DispatchRulePage> {
    let around = Around::of(app, actor).await?;
    let known = around.known(view);
    let rule = row.map(store::rule);
    let line = rule.as_ref().map(|rule| known.line(rule, true));
    let form = match &rule {
        Some(rule) => Form::filled([
            ("about", words::about_value(&rule.about)),
            (
                "area",
                rule.area.map_or_else(String::new, |area| area.to_string()),
            ),
            ("lead", rule.lead.to_string()),
            ("priority", rule.priority.to_string()),
        ])
        .choose("co_units", rule.co_units.iter().map(ToString::to_string)),
        None => Form::blank(),
    };
    let units = area::store::units(app.db.read(), actor.office, None).await?;
    let mut areas = around.areas.choices();
    if let Some(area) = rule.as_ref().and_then(|rule| rule.area)
        && areas.iter().all(|choice| choice.value != area.to_string())
    {
        areas.push(super::pages::Choice::new(
            area.to_string(),
            around.areas.name(area),
        ));
    }
    Ok(DispatchRulePage {
        fault: None,
        id: row.map(|row| row.id.to_string()),
        words: line.map_or_else(String::new, |line| {
            let parts = [
                ("about", line.about),
                ("area", line.area),
                ("lead", line.lead),
            ];
            text::say(view.lang, "rulebook.dispatch.sentence", &parts)
        }),
        enabled: row.is_none_or(|row| row.enabled),
        version: row.map_or(0, |row| row.version),
        may_write: actor.is(EDITORS),
        form,
        abouts: words::about_choices(view.lang, &around.book),
        areas,
        units: units
            .into_iter()
            .map(|unit| super::pages::Choice::new(unit.id.to_string(), unit.name))
            .collect(),
    })
}

async fn new_rule(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let page = page_of(&app, &actor, &view, None).await?;
    view.show(page)
}

async fn add_rule(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let new = form::dispatch(&TypedDispatch::of(&sent))?;
        let once = sent.once(&format!("{} /office/rules/dispatch", actor.account))?;
        commands::add_dispatch(&app.db, &actor, new, once).await
    };
    match done.await {
        Ok(_) => Ok(to("/office/rules/dispatch", "dispatch_added")),
        Err(error) => {
            let (form, fault) = Form::refused(view.lang, &sent, error)?;
            let page = page_of(&app, &actor, &view, None).await?;
            view.show_with(
                WRONG,
                DispatchRulePage {
                    fault,
                    form,
                    ..page
                },
            )
        }
    }
}

async fn rule_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<DispatchRuleId>,
) -> AppResult<Response> {
    let row = store::dispatch_rule(app.db.read(), actor.office, id).await?;
    let page = page_of(&app, &actor, &view, Some(&row)).await?;
    view.show(page)
}

async fn change_rule(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<DispatchRuleId>,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let typed = TypedDispatch::of(&sent);
        let new = form::dispatch(&typed)?;
        let seen = typed.version.parse().unwrap_or_default();
        commands::change_dispatch(&app.db, &actor, id, seen, new).await
    };
    match done.await {
        Ok(()) => Ok(to("/office/rules/dispatch", "saved")),
        Err(error) => {
            let (form, fault) = Form::refused(view.lang, &sent, error)?;
            let row = store::dispatch_rule(app.db.read(), actor.office, id).await?;
            let page = page_of(&app, &actor, &view, Some(&row)).await?;
            view.show_with(
                WRONG,
                DispatchRulePage {
                    fault,
                    form,
                    ..page
                },
            )
        }
    }
}

async fn switch_rule(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<DispatchRuleId>,
    sent: Sent,
) -> AppResult<Response> {
    let on = sent.get("enabled") == "yes";
    commands::switch_dispatch(&app.db, &actor, id, on).await?;
    let said = if on { "dispatch_on" } else { "dispatch_off" };
    Ok(to("/office/rules/dispatch", said))
}

async fn remove_rule(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<DispatchRuleId>,
) -> AppResult<Response> {
    commands::remove_dispatch(&app.db, &actor, id).await?;
    Ok(to("/office/rules/dispatch", "dispatch_removed"))
}
