//! Pages on which the rota is made: sites, people, patterns.
use super::{
    commands,
    form::{self, TypedMember, TypedPattern, TypedPost, TypedSite},
    pages::{MemberPage, MembersPage, PatternFormPage, PatternPage, SitePage, SitesPage},
    roster_commands,
    roster_store::{self, Table},
    routes::{EDIT, EDITORS, READ},
    store::{self, Retired},
    view,
};
use crate::{
    account::{Actor, Routes},
    domain::{
        calendar::day_of,
        fault::{Faults, FieldFault},
        id::{DeskMemberId, DeskPatternId, DeskSiteId},
        moment,
        rota::clock,
    },
    entity::{desk_pattern, desk_site},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::Days;
use serde::Deserialize;

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

pub fn add(routes: Routes) -> Routes {
    routes
        .get(READ, "/office/desk/sites", sites)
        .post(EDIT, "/office/desk/sites", add_site)
        .get(READ, "/office/desk/sites/{id}", site)
        .post(EDIT, "/office/desk/sites/{id}", change_site)
        .post(EDIT, "/office/desk/sites/{id}/retire", retire_site)
        .post(EDIT, "/office/desk/sites/{id}/restore", restore_site)
        .get(READ, "/office/desk/members", members)
        .post(EDIT, "/office/desk/members", add_member)
        .get(READ, "/office/desk/members/{id}", member)
        .post(EDIT, "/office/desk/members/{id}", change_member)
        .post(EDIT, "/office/desk/members/{id}/retire", retire_member)
        .post(EDIT, "/office/desk/members/{id}/restore", restore_member)
        .get(EDIT, "/office/desk/patterns/new", new_pattern)
        .post(EDIT, "/office/desk/patterns/new", add_pattern)
        .get(READ, "/office/desk/patterns/{id}", pattern)
        .get(EDIT, "/office/desk/patterns/{id}/edit", edit_pattern)
        .post(EDIT, "/office/desk/patterns/{id}/edit", change_pattern)
        .post(EDIT, "/office/desk/patterns/{id}/end", end_pattern)
        .post(EDIT, "/office/desk/patterns/{id}/people", place)
        .post(
            EDIT,
            "/office/desk/patterns/{id}/people/{standing}/remove",
            displace,
        )
}

/// The form again with what is wrong, or what the whole refuses; errors that no form can mend go on.
pub fn again(view: &View, sent: &Sent, error: AppError) -> AppResult<(Form, Option<String>)> {
    Form::refused(view.lang, sent, error)
}

pub fn to(path: &str, said: &str) -> Response {
    Redirect::to(&format!("{path}?said={said}")).into_response()
}

fn version(sent: &Sent) -> i64 {
    sent.get("version").parse().unwrap_or_default()
}

// Sites

async fn sites_page(app: &App, actor: &Actor) -> AppResult<SitesPage> {
    let db = app.db.read();
    let areas = view::areas(app, actor.office).await?;
    let today = day_of(app.db.now());
    let rota = store::rota(db, actor.office, today, today).await?;
    let patterns = |id: DeskSiteId| {
        let of_site = rota.patterns.iter().filter(|pattern| pattern.site == id);
        of_site
            .filter(|pattern| pattern.until.is_none_or(|until| until >= today))
            .count()
    };
    let sites = store::sites(db, actor.office, Retired::Shown).await?;
    Ok(SitesPage {
        sites: sites
            .iter()
            .map(|site| view::site_line(site, &areas, patterns(site.id)))
            .collect(),
        areas,
        form: Form::blank(),
        may_write: actor.is(EDITORS),
        flash: None,
    })
}

async fn sites(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = sites_page(&app, &actor).await?;
    view.show(SitesPage {
        flash: said.flash(&view, "desk"),
        ..page
    })
}

async fn add_site(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let site = form::site(&TypedSite::of(&sent))?;
        let once = sent.once(&format!("{} /office/desk/sites", actor.account))?;
        commands::add_site(&app.db, &actor, site, once).await
    };
    match done.await {
        Ok(done) => Ok(to(
            &format!("/office/desk/sites/{}", done.value),
            "site_added",
        )),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = sites_page(&app, &actor).await?;
            view.show_with(WRONG, SitesPage { form, ..page })
        }
    }
}

async fn site_page(app: &App, actor: &Actor, view: &View, id: DeskSiteId) -> AppResult<SitePage> {
    let (db, now) = (app.db.read(), app.db.now());
    let site = store::site(db, actor.office, id).await?;
    let areas = view::areas(app, actor.office).await?;
    let rows = store::patterns(db, actor.office, id).await?;
    let ids = rows.iter().map(|row| row.id).collect();
    let standing = roster_store::standing(db, actor.office, ids).await?;
    let today = day_of(now);
    let people = |id: DeskPatternId| standing.iter().filter(|one| one.covers(id, today)).count();
    let patterns: Vec<_> = rows
        .iter()
        .map(|row| view::pattern_line(view, row, people(row.id), today))
        .collect::<AppResult<_>>()?;
    let last = today.checked_add_days(Days::new(35)).unwrap_or(today);
    let table = roster_store::table(db, actor.office, today, last).await?;
    let next = table.lines.iter().find(|line| {
        let session = &line.session;
        session.site == id && !session.cancelled && session.ends_at() > now
    });
    let form = Form::filled([
        ("area", site.area_id.to_string()),
        ("name", site.name.clone()),
        ("address", site.address.clone()),
        ("note", site.note.clone()),
    ]);
    Ok(SitePage {
        next: next.map(|line| view::shown(view, line, &table, now)),
        site: view::site_line(&site, &areas, patterns.iter().filter(|p| !p.over).count()),
        code: site.code,
        note: site.note,
        version: site.version,
        patterns,
        areas,
        form,
        may_write: actor.is(EDITORS),
        fault: None,
        flash: None,
    })
}

async fn site(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = site_page(&app, &actor, &view, number(&id)?).await?;
    view.show(SitePage {
        flash: said.flash(&view, "desk"),
        ..page
    })
}

/// An id of an address; what is none is not found.
pub fn number<T: std::str::FromStr>(text: &str) -> AppResult<T> {
    text.parse().map_err(|_| AppError::not_found())
}

async fn change_site(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id: DeskSiteId = number(&id)?;
    let done = async {
        let site = form::site(&TypedSite::of(&sent))?;
        commands::change_site(&app.db, &actor, id, version(&sent), site).await
    };
    match done.await {
        Ok(()) => Ok(to(&format!("/office/desk/sites/{id}"), "saved")),
        Err(error) => site_again(&app, &actor, &view, id, (&sent, error)).await,
    }
}

async fn site_again(
    app: &App,
    actor: &Actor,
    view: &View,
    id: DeskSiteId,
    (sent, error): (&Sent, AppError),
) -> AppResult<Response> {
    let (form, fault) = again(view, sent, error)?;
    let page = site_page(app, actor, view, id).await?;
    // A refusal of the whole leaves the stored values in the form.
    let form = if sent.has("name") { form } else { page.form };
    view.show_with(
        WRONG,
        SitePage {
            form,
            fault,
            ..page
        },
    )
}

async fn retire_site(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id: DeskSiteId = number(&id)?;
    match commands::retire_site(&app.db, &actor, id).await {
        Ok(()) => Ok(to("/office/desk/sites", "site_retired")),
        Err(error) => site_again(&app, &actor, &view, id, (&sent, error)).await,
    }
}

async fn restore_site(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Response> {
    let id: DeskSiteId = number(&id)?;
    commands::restore_site(&app.db, &actor, id).await?;
    Ok(to(&format!("/office/desk/sites/{id}"), "restored"))
}

// People

async fn members_page(app: &App, actor: &Actor, view: &View) -> AppResult<MembersPage> {
    let db = app.db.read();
    let members = store::members(db, actor.office, Retired::Shown).await?;
    let known = |id| members.iter().any(|one| one.account_id == Some(id));
    let staff = store::staff(db, actor.office).await?;
    let accounts = staff
        .iter()
        .filter(|(account, _)| !known(account.id))
        .map(|(account, unit)| super::pages::Choice {
            value: account.id.to_string(),
            label: match unit {
                Some(unit) => format!("{} · {}", account.name, unit.name),
                None => account.name.clone(),
            },
        });
    Ok(MembersPage {
        accounts: accounts.collect(),
        members: members
            .iter()
            .map(|one| view::member_line(view, one))
            .collect(),
        duties: view::duties(view),
        form: Form::blank(),
        may_write: actor.is(EDITORS),
        fault: None,
        flash: None,
    })
}

async fn members(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = members_page(&app, &actor, &view).await?;
    view.show(MembersPage {
        flash: said.flash(&view, "desk"),
        ..page
    })
}

async fn add_member(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let member = form::member(&TypedMember::of(&sent))?;
        let once = sent.once(&format!("{} /office/desk/members", actor.account))?;
        commands::add_member(&app.db, &actor, member, once).await
    };
    match done.await {
        Ok(_) => Ok(to("/office/desk/members", "member_added")),
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = members_page(&app, &actor, &view).await?;
            view.show_with(
                WRONG,
                MembersPage {
                    form,
                    fault,
                    ..page
                },
            )
        }
    }
}

async fn member_page(
    app: &App,
    actor: &Actor,
    view: &View,
    id: DeskMemberId,
) -> AppResult<MemberPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let member = store::member(db, actor.office, id).await?;
    let today = day_of(now);
    let last = today.checked_add_days(Days::new(35)).unwrap_or(today);
    let table = roster_store::table(db, actor.office, today, last).await?;
    let mut form = Form::filled([
        ("name", member.name.clone()),
        ("duty", member.duty.code()),
        ("organisation", member.organisation.clone()),
    ]);
    if member.all_round {
        form.values.insert("all_round".into(), "yes".into());
    }
    let sessions = table
        .lines
        .iter()
        .filter(|line| line.posts.iter().any(|post| post.member == id))
        .map(|line| view::staffed(view, line, &table, now));
    Ok(MemberPage {
        sessions: sessions.collect(),
        member: view::member_line(view, &member),
        version: member.version,
        duties: view::duties(view),
        form,
        may_write: actor.is(EDITORS),
        fault: None,
        flash: None,
    })
}

async fn member(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = member_page(&app, &actor, &view, number(&id)?).await?;
    view.show(MemberPage {
        flash: said.flash(&view, "desk"),
        ..page
    })
}

async fn change_member(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id: DeskMemberId = number(&id)?;
    store::member(app.db.read(), actor.office, id).await?;
    let done = async {
        let typed = TypedMember {
            account: String::new(),
            ..TypedMember::of(&sent)
        };
        let member = form::member(&typed)?;
        commands::change_member(&app.db, &actor, id, version(&sent), member).await
    };
    match done.await {
        Ok(()) => Ok(to(&format!("/office/desk/members/{id}"), "saved")),
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = member_page(&app, &actor, &view, id).await?;
            view.show_with(
                WRONG,
                MemberPage {
                    form,
                    fault,
                    ..page
                },
            )
        }
    }
}

async fn retire_member(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Response> {
    commands::retire_member(&app.db, &actor, number(&id)?).await?;
    Ok(to("/office/desk/members", "member_retired"))
}

async fn restore_member(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Response> {
    let id: DeskMemberId = number(&id)?;
    commands::restore_member(&app.db, &actor, id).await?;
    Ok(to(&format!("/office/desk/members/{id}"), "restored"))
}

// Patterns

#[derive(Default, Deserialize)]
#[serde(default)]
struct For {
    site: String,
}

async fn form_page(
    app: &App,
    actor: &Actor,
    view: &View,
    form: Form,
    change: Option<&desk_pattern::Model>,
) -> AppResult<PatternFormPage> {
    let sites = store::sites(app.db.read(), actor.office, Retired::Hidden).await?;
    let today = day_of(app.db.now());
    Ok(PatternFormPage {
        version: change.map(|row| row.version),
        pattern: change
            .map(|row| view::pattern_line(view, row, 0, today))
            .transpose()?,
        sites: view::site_choices(&sites),
        kinds: view::kinds(view),
        weekdays: view::weekdays(view),
        bands: view::bands(view),
        holidays: view::holidays(view),
        form,
        fault: None,
    })
}

async fn new_pattern(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(wanted): Query<For>,
) -> AppResult<Response> {
    let form = Form::filled([
        ("site", wanted.site),
        ("starts_on", day_of(app.db.now()).to_string()),
        ("on_holiday", "skip".into()),
        ("public", "yes".into()),
    ]);
    view.show(form_page(&app, &actor, &view, form, None).await?)
}

async fn add_pattern(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let weekly = form::weekly(&TypedPattern::of(&sent))?;
        let once = sent.once(&format!("{} /office/desk/patterns/new", actor.account))?;
        commands::add_pattern(&app.db, &actor, weekly, once).await
    };
    match done.await {
        Ok(done) => {
            let path = format!("/office/desk/patterns/{}", done.value);
            Ok(to(&path, "pattern_added"))
        }
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = form_page(&app, &actor, &view, form, None).await?;
            view.show_with(WRONG, PatternFormPage { fault, ..page })
        }
    }
}

fn filled(row: &desk_pattern::Model, from: chrono::NaiveDate) -> AppResult<Form> {
    let hours = store::window(row.from_minute, row.to_minute)?;
    let ends_on = row.ends_on.map(|day| day.to_string()).unwrap_or_default();
    let mut form = Form::filled([
        ("site", row.site_id.to_string()),
        ("kind", row.kind.code()),
        ("weekday", row.weekday.to_string()),
        ("band", row.band.code()),
        ("from", clock(hours.from)),
        ("to", clock(hours.to)),
        ("starts_on", row.starts_on.max(from).to_string()),
        ("ends_on", ends_on),
        ("on_holiday", row.on_holiday.code()),
    ]);
    for (name, on) in [("on_moved_days", row.on_moved_days), ("public", row.public)] {
        if on {
            form.values.insert(name.into(), "yes".into());
        }
    }
    Ok(form)
}

async fn edit_pattern(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
) -> AppResult<Response> {
    let row = store::pattern(app.db.read(), actor.office, number(&id)?).await?;
    let today = day_of(app.db.now());
    let form = filled(&row, today)?;
    view.show(form_page(&app, &actor, &view, form, Some(&row)).await?)
}

async fn change_pattern(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let row = store::pattern(app.db.read(), actor.office, number(&id)?).await?;
    let done = async {
        let weekly = form::weekly(&TypedPattern::of(&sent))?;
        commands::change_pattern(&app.db, &actor, row.id, version(&sent), weekly).await
    };
    match done.await {
        Ok(id) => Ok(to(&format!("/office/desk/patterns/{id}"), "saved")),
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = form_page(&app, &actor, &view, form, Some(&row)).await?;
            view.show_with(WRONG, PatternFormPage { fault, ..page })
        }
    }
}

async fn pattern_page(
    app: &App,
    actor: &Actor,
    view: &View,
    id: DeskPatternId,
) -> AppResult<PatternPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let row = store::pattern(db, actor.office, id).await?;
    let site = store::site(db, actor.office, row.site_id).await?;
    let today = day_of(now);
    let last = today.checked_add_days(Days::new(35)).unwrap_or(today);
    let table = roster_store::table(db, actor.office, today, last).await?;
    let standing = roster_store::standing(db, actor.office, vec![id]).await?;
    let here = standing.iter().filter(|one| one.covers(id, today)).count();
    let people = standing.iter().filter_map(|one| {
        let member = table.members.get(&one.member)?;
        Some(view::standing_line(view, one, member, today))
    });
    let mut people: Vec<_> = people.collect();
    people.sort_by_key(|one| one.over);
    Ok(PatternPage {
        pattern: view::pattern_line(view, &row, here, today)?,
        site: site_of(app, actor, &site).await?,
        version: row.version,
        people,
        members: members_to_place(view, &table),
        sessions: sessions_of(view, &table, id, now),
        form: Form::blank(),
        may_write: actor.is(EDITORS),
        fault: None,
        flash: None,
    })
}

async fn site_of(
    app: &App,
    actor: &Actor,
    site: &desk_site::Model,
) -> AppResult<super::pages::SiteLine> {
    let areas = view::areas(app, actor.office).await?;
    Ok(view::site_line(site, &areas, 0))
}

/// People in use, in the order of lists.
pub fn members_to_place(view: &View, table: &Table) -> Vec<super::pages::Choice> {
    let mut active: Vec<_> = table.members.values().filter(|one| one.active).collect();
    active.sort_by(|a, b| (a.duty, &a.name, a.id).cmp(&(b.duty, &b.name, b.id)));
    view::member_choices(view, &active)
}

fn sessions_of(
    view: &View,
    table: &Table,
    id: DeskPatternId,
    now: chrono::DateTime<chrono::Utc>,
) -> Vec<super::pages::Staffed> {
    use crate::domain::rota::Key;
    table
        .lines
        .iter()
        .filter(|line| matches!(line.session.key, Key::Weekly(pattern, _) if pattern == id))
        .map(|line| view::staffed(view, line, table, now))
        .collect()
}

async fn pattern(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = pattern_page(&app, &actor, &view, number(&id)?).await?;
    view.show(PatternPage {
        flash: said.flash(&view, "desk"),
        ..page
    })
}

async fn pattern_again(
    app: &App,
    actor: &Actor,
    view: &View,
    id: DeskPatternId,
    (sent, error): (&Sent, AppError),
) -> AppResult<Response> {
    let (form, fault) = again(view, sent, error)?;
    let page = pattern_page(app, actor, view, id).await?;
    view.show_with(
        WRONG,
        PatternPage {
            form,
            fault,
            ..page
        },
    )
}

async fn end_pattern(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id: DeskPatternId = number(&id)?;
    let done = async {
        let last = match moment::day(sent.get("last")) {
            Err(FieldFault::Required) => None,
            read => Some(read.map_err(|fault| Faults::one("last", fault))?),
        };
        commands::end_pattern(&app.db, &actor, id, version(&sent), last).await
    };
    match done.await {
        Ok(()) => Ok(to(&format!("/office/desk/patterns/{id}"), "pattern_ended")),
        Err(error) => pattern_again(&app, &actor, &view, id, (&sent, error)).await,
    }
}

async fn place(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let row = store::pattern(app.db.read(), actor.office, number(&id)?).await?;
    let done = async {
        let hours = store::window(row.from_minute, row.to_minute)?;
        let post = form::post(&TypedPost::of(&sent), hours)?;
        let once = sent.once(&format!("{} desk people {}", actor.account, row.id))?;
        roster_commands::place(&app.db, &actor, row.id, post, once).await
    };
    match done.await {
        Ok(_) => Ok(to(&format!("/office/desk/patterns/{}", row.id), "placed")),
        Err(error) => pattern_again(&app, &actor, &view, row.id, (&sent, error)).await,
    }
}

async fn displace(
    State(app): State<App>,
    actor: Actor,
    Path((id, standing)): Path<(String, String)>,
) -> AppResult<Response> {
    let (id, standing): (DeskPatternId, i64) = (number(&id)?, number(&standing)?);
    roster_commands::displace(&app.db, &actor, id, standing, None).await?;
    Ok(to(&format!("/office/desk/patterns/{id}"), "removed"))
}
