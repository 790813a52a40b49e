//! What an office administers: its own sign, its accounts, and the record of who looked at what.
use super::{
    Actor, Audience, Peer, Routes,
    commands::{self, Add, Admin},
    form,
    lists::{self, Records, Wanted},
    pages::{
        AccountRow, AccountsPage, Choice, NewAccountPage, RecordRow, RecordsPage, RoleFilter,
        SecretPage, SettingsPage, StaffPage,
    },
};
use crate::{
    domain::{
        id::{AccessRecordId, AccountId, OfficeId, UnitId},
        role::Role,
    },
    entity::{access_record, account, unit},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
        secret,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

const ADMIN: Audience = Audience::Roles(&[Role::OfficeAdmin]);
/// The secretary oversees what the administrators do.
const OVERSIGHT: Audience = Audience::Roles(&[Role::OfficeAdmin, Role::Secretary]);

/// Rows of one page of a list.
const ROWS: usize = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get(ADMIN, "/office/settings", settings)
        .post(ADMIN, "/office/settings", change_settings)
        .get(ADMIN, "/office/accounts", accounts)
        .get(ADMIN, "/office/accounts/new", new_account)
        .post(ADMIN, "/office/accounts/new", add_account)
        .get(ADMIN, "/office/accounts/{account}", account_page)
        .post(ADMIN, "/office/accounts/{account}", change_account)
        .post(ADMIN, "/office/accounts/{account}/switch", switch_account)
        .post(ADMIN, "/office/accounts/{account}/reset", reset_password)
        .get(OVERSIGHT, "/office/access-records", records)
}

fn admin(actor: &Actor, peer: &Peer) -> Admin {
    Admin {
        office: actor.office,
        account: Some(actor.account),
        ip: peer.ip.to_string(),
    }
}

async fn settings(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let office = lists::office(app.db.read(), actor.office).await?;
    let classified = if office.site.classified_passwords {
        "yes"
    } else {
        ""
    };
    let form = Form::filled([
        ("office_name", office.name),
        ("prefix", office.prefix),
        ("host", office.site.host),
        ("phone", office.site.phone),
        ("icp", office.site.icp),
        ("police", office.site.police),
        ("site_code", office.site.site_code),
        ("classified_passwords", classified.to_owned()),
    ]);
    view.show(SettingsPage {
        flash: said.flash(&view, "account"),
        form,
    })
}

async fn change_settings(
    State(app): State<App>,
    actor: Actor,
    view: View,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let office = form::office(&sent)?;
        commands::change_office(&app, admin(&actor, &peer), office).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/office/settings?said=saved").into_response()),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = SettingsPage { flash: None, form };
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Narrow {
    role: String,
    q: String,
    after: String,
}

async fn accounts(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(narrow): Query<Narrow>,
) -> AppResult<Response> {
    let db = app.db.read();
    let units = unit_names(&app, actor.office).await?;
    let q: String = narrow.q.trim().chars().take(60).collect();
    let wanted = Wanted {
        role: crate::domain::text::choice(&narrow.role).ok(),
        text: q.clone(),
        after: Some(narrow.after.clone()).filter(|after| !after.is_empty()),
        limit: ROWS as u64 + 1,
    };
    let mut found = lists::accounts(db, actor.office, wanted).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let rest = format!("role={}&q={}", encode(&narrow.role), encode(&q));
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("/office/accounts?{rest}&after={}", encode(&last.login)));
    let first = if narrow.after.is_empty() {
        String::new()
    } else {
        format!("/office/accounts?{rest}")
    };
    let counts = lists::by_role(db, actor.office).await?;
    view.show(AccountsPage {
        roles: role_filters(&view, &counts, &narrow.role),
        role: narrow.role,
        q,
        accounts: found.into_iter().map(|a| row(a, &units)).collect(),
        next: next.unwrap_or_default(),
        first,
    })
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn role_filters(view: &View, counts: &[(Role, i64)], current: &str) -> Vec<RoleFilter> {
    let all = RoleFilter {
        label: view.say::<&str>("common.all", &[]),
        href: "/office/accounts".into(),
        current: current.is_empty(),
        count: counts.iter().map(|(_, count)| count).sum(),
    };
    let mut counts = counts.to_vec();
    counts.sort_unstable();
    let filter = |(role, count): (Role, i64)| RoleFilter {
        label: role_words(view, role),
        href: format!("/office/accounts?role={}", role.code()),
        current: current == role.code(),
        count,
    };
    std::iter::once(all)
        .chain(counts.into_iter().map(filter))
        .collect()
}

fn role_words(view: &View, role: Role) -> String {
    view.say::<&str>(&format!("role.{}", role.code()), &[])
}

async fn unit_names(app: &App, office: OfficeId) -> AppResult<BTreeMap<UnitId, String>> {
    let units = lists::units(app.db.read(), office).await?;
    Ok(units.into_iter().map(|unit| (unit.id, unit.name)).collect())
}

fn row(account: account::Model, units: &BTreeMap<UnitId, String>) -> AccountRow {
    AccountRow {
        unit: account.unit_id.and_then(|id| units.get(&id)).cloned(),
        id: account.id,
        login: account.login,
        name: account.name,
        role: account.role,
        leader: account.leader,
        disabled: account.disabled_at.is_some(),
        must_change: account.must_change,
    }
}

async fn new_account(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let page = new_form(&app, &view, actor.office, Form::blank()).await?;
    view.show(page)
}

async fn new_form(
    app: &App,
    view: &View,
    office: OfficeId,
    form: Form,
) -> AppResult<NewAccountPage> {
    let units = lists::units(app.db.read(), office).await?;
    Ok(NewAccountPage {
        form,
        roles: role_choices(view),
        units: unit_choices(&units, None),
    })
}

/// Roles of staff: accounts of employers come from their registration.
fn role_choices(view: &View) -> Vec<Choice> {
    Role::STAFF
        .iter()
        .map(|role| Choice {
            value: role.code(),
            label: role_words(view, *role),
        })
        .collect()
}

fn unit_choices(units: &[unit::Model], keep: Option<UnitId>) -> Vec<Choice> {
    units
        .iter()
        .filter(|unit| unit.active || Some(unit.id) == keep)
        .map(|unit| Choice {
            value: unit.id.to_string(),
            label: unit.name.clone(),
        })
        .collect()
}

async fn add_account(
    State(app): State<App>,
    actor: Actor,
    view: View,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let password = secret::one_time_password();
    let done = async {
        let (login, staff) = form::new_staff(&sent)?;
        let unit = known_unit(&app, actor.office, staff.unit).await?;
        let once = sent.once(&format!("{} /office/accounts", actor.account))?;
        let add = Add {
            login,
            name: staff.name,
            role: staff.role,
            unit,
            employer: None,
            password: password.clone(),
            must_change: true,
        };
        commands::add_once(&app, once, Some(admin(&actor, &peer)), add, staff.leader).await
    };
    match done.await.map_err(login_taken) {
        Ok(done) => view.show(SecretPage {
            what: "new_account",
            login: sent.get("login").trim().to_lowercase(),
            secret: (!done.replayed).then_some(password),
            next: format!("/office/accounts/{}", done.value),
        }),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = new_form(&app, &view, actor.office, form).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

/// In a form the conflict belongs to its field.
fn login_taken(error: AppError) -> AppError {
    use crate::domain::fault::{Faults, FieldFault};
    if error.code() == Some("login_taken") {
        Faults::one("login", FieldFault::Taken).into()
    } else {
        error
    }
}

async fn known_unit(
    app: &App,
    office: OfficeId,
    unit: Option<UnitId>,
) -> AppResult<Option<UnitId>> {
    use crate::domain::fault::{Faults, FieldFault};
    let units = lists::units(app.db.read(), office).await?;
    match unit {
        Some(id) if !units.iter().any(|unit| unit.id == id) => {
            Err(Faults::one("unit", FieldFault::UnknownChoice).into())
        }
        known => Ok(known),
    }
}

async fn account_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<AccountId>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = staff_page(&app, &view, &actor, id).await?;
    page.flash = said.flash(&view, "account");
    view.show(page)
}

async fn staff_page(app: &App, view: &View, actor: &Actor, id: AccountId) -> AppResult<StaffPage> {
    let db = app.db.read();
    let account = lists::account(db, actor.office, id).await?;
    let units = lists::units(db, actor.office).await?;
    let names = units
        .iter()
        .map(|unit| (unit.id, unit.name.clone()))
        .collect();
    let form = Form::filled([
        ("name", account.name.clone()),
        ("role", account.role.code()),
        (
            "unit",
            account.unit_id.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("leader", if account.leader { "yes" } else { "" }.to_owned()),
    ]);
    Ok(StaffPage {
        flash: None,
        own: id == actor.account,
        created: account.created_at,
        sessions: lists::sessions(db, id, app.db.now()).await?.len(),
        form,
        roles: role_choices(view),
        units: unit_choices(&units, account.unit_id),
        account: row(account, &names),
    })
}

async fn change_account(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<AccountId>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let staff = form::staff(&sent)?;
        known_unit(&app, actor.office, staff.unit).await?;
        commands::change_staff(&app, admin(&actor, &peer), id, staff).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to(&format!("/office/accounts/{id}?said=saved")).into_response()),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = staff_page(&app, &view, &actor, id).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, StaffPage { form, ..page })
        }
    }
}

async fn switch_account(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AccountId>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Redirect> {
    let disable = sent.get("disable") == "yes";
    commands::switch(&app, admin(&actor, &peer), id, disable).await?;
    let said = if disable { "disabled" } else { "enabled" };
    Ok(Redirect::to(&format!("/office/accounts/{id}?said={said}")))
}

async fn reset_password(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(id): Path<AccountId>,
    peer: Peer,
) -> AppResult<Response> {
    let account = lists::account(app.db.read(), actor.office, id).await?;
    let password = commands::reset_password(&app, admin(&actor, &peer), id).await?;
    view.show(SecretPage {
        what: "reset",
        login: account.login,
        secret: Some(password),
        next: format!("/office/accounts/{id}"),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Period {
    from: String,
    to: String,
    action: String,
    before: String,
}

async fn records(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(period): Query<Period>,
) -> AppResult<Response> {
    let db = app.db.read();
    let wanted = Records {
        from: midnight(&period.from, 0),
        until: midnight(&period.to, 1),
        action: period.action.clone(),
        before: period.before.parse::<AccessRecordId>().ok(),
        limit: ROWS as u64 + 1,
    };
    let mut found = lists::records(db, actor.office, wanted).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let rest = format!(
        "from={}&to={}&action={}",
        encode(&period.from),
        encode(&period.to),
        encode(&period.action)
    );
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("/office/access-records?{rest}&before={}", last.id));
    let first = if period.before.is_empty() {
        String::new()
    } else {
        format!("/office/access-records?{rest}")
    };
    let actions = lists::actions(db, actor.office).await?;
    let rows = record_rows(&app, &view, actor.office, found).await?;
    let form = Form::filled([
        ("from", period.from),
        ("to", period.to),
        ("action", period.action),
    ]);
    view.show(RecordsPage {
        form,
        actions: actions
            .into_iter()
            .map(|action| Choice {
                label: known_words(&view, "account.action", &action),
                value: action,
            })
            .collect(),
        rows,
        next: next.unwrap_or_default(),
        first,
    })
}

/// The beginning of a day in Beijing, or of a day after it.
fn midnight(date: &str, later: u64) -> Option<DateTime<Utc>> {
    let date: NaiveDate = date.trim().parse().ok()?;
    let date = date.checked_add_days(Days::new(later))?;
    let midnight = date.and_hms_opt(0, 0, 0)?.and_utc();
    midnight.checked_sub_signed(TimeDelta::hours(8))
}

async fn record_rows(
    app: &App,
    view: &View,
    office: OfficeId,
    found: Vec<access_record::Model>,
) -> AppResult<Vec<RecordRow>> {
    let mut ids: Vec<AccountId> = found
        .iter()
        .filter_map(|record| record.account_id)
        .collect();
    ids.extend(
        found
            .iter()
            .filter(|record| record.subject == "accounts")
            .filter_map(|record| record.subject_id.map(AccountId)),
    );
    let names = lists::names(app.db.read(), office, ids).await?;
    let names: BTreeMap<AccountId, String> = names.into_iter().collect();
    Ok(found
        .into_iter()
        .map(|record| record_row(view, &names, record))
        .collect())
}

fn record_row(
    view: &View,
    names: &BTreeMap<AccountId, String>,
    record: access_record::Model,
) -> RecordRow {
    let name = |id: AccountId| names.get(&id).cloned();
    let subject = known_words(view, "account.subject", &record.subject);
    let which = match record.subject_id {
        Some(id) if record.subject == "accounts" => name(AccountId(id)),
        Some(id) => Some(id.to_string()),
        None => None,
    };
    RecordRow {
        at: record.at,
        who: record.account_id.and_then(name).unwrap_or_default(),
        action: known_words(view, "account.action", &record.action),
        subject: which.map_or(subject.clone(), |which| format!("{subject} {which}")),
        reason: record.reason,
        ip: record.ip,
    }
}

/// The words of a code, or the code when another version of the program wrote it.
fn known_words(view: &View, group: &str, code: &str) -> String {
    crate::platform::text::find::<&str>(view.lang, &format!("{group}.{code}"), &[])
        .unwrap_or_else(|| code.to_owned())
}
