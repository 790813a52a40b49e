//! The clerk's form: everything that comes to the desk on one screen.
use super::{
    commands::{self, By, Join, Report},
    form::{self, Raw},
    keys,
    pages::{BannerPage, BannersPage, Coded, DonePage, NewPage, SlipPage},
    place, routes_api, routes_import, routes_resident,
    routes_resident::pictures,
    show, store, track,
};
use crate::{
    account::{Actor, Audience, Routes},
    area,
    case::{FactLine, door, store as ledger, words},
    desk,
    domain::{
        area::Level,
        case::{Action, Channel, Kind, Stage, Urgency},
        contact::Phone,
        fault::Faults,
        id::{AreaId, OfficeId},
        paste,
        role::Role::{self, CommunityClerk, DeputyLiaison, GridWorker, PlacementOfficer},
    },
    entity::case,
    error::{AppError, AppResult},
    person,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, View, sealed},
        qr,
    },
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// Who takes in what others report: the parts R G D U of the case table that are accounts.
pub const TAKERS: &[Role] = &[CommunityClerk, PlacementOfficer, GridWorker, DeputyLiaison];
/// Who may print the slip of a case again.
pub const CLERKS: &[Role] = &[CommunityClerk, PlacementOfficer];

const TAKE: Audience = Audience::Roles(TAKERS);

/// Own cases shown beside the form.
const RECENT: u64 = 5;

/// Every door of intake.
pub fn routes() -> Routes {
    Routes::new()
        .get(TAKE, "/office/intake", blank)
        .post(TAKE, "/office/intake", send)
        .post(TAKE, "/office/intake/paste", pasted)
        .get(TAKE, "/office/intake/similar", similar)
        .get(TAKE, "/office/intake/done/{no}", done)
        .get(Audience::Roles(CLERKS), "/cases/{no}/slip", slip)
        .get(TAKE, "/office/intake/banners", banners)
        .get(TAKE, "/office/intake/banners/{code}", banner)
        .merge(routes_api::routes())
        .merge(routes_import::routes())
        .merge(routes_resident::routes())
        .merge(track::routes())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    site: String,
    joined: String,
}

/// The kind a form is about; a role begins with what it brings most.
fn kind(role: Role, code: &str) -> Kind {
    let usual = match role {
        GridWorker => Kind::PatrolFinding,
        DeputyLiaison => Kind::Mailbox,
        _ => Kind::ResidentRequest,
    };
    Kind::from_code(code)
        .filter(|kind| Kind::DESK.contains(kind))
        .unwrap_or(usual)
}

async fn blank(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let kind = kind(actor.role, &asked.kind);
    let mut page = new_page(&app, &view, &actor, kind, Form::blank()).await?;
    if !asked.site.is_empty() {
        let here = show::here(&app, view.lang, actor.office, &asked.site).await?;
        page.site = here.map(|(here, _)| here);
    }
    if let Ok(number) = commands::number(&asked.joined) {
        let holes = [("no", number.to_string())];
        page.flash = Some(page::Flash::ok(view.say("intake.joined.staff", &holes)));
    }
    view.show(page)
}

async fn new_page(
    app: &App,
    view: &View,
    actor: &Actor,
    kind: Kind,
    form: Form,
) -> AppResult<NewPage> {
    let (lang, office) = (view.lang, actor.office);
    let recent = store::taken_in(app.db.read(), office, actor.account, RECENT).await?;
    let here = match form.values.get("site").map(String::as_str) {
        None | Some("") => None,
        Some(code) => show::here(app, lang, office, code).await?,
    };
    let code = |list: &'static str, code: &str| show::choice(code, words::code(lang, list, code));
    let kinds = Kind::DESK.iter().map(|kind| {
        let href = format!("/office/intake?kind={kind}");
        show::choice(href, words::kind(lang, *kind))
    });
    Ok(NewPage {
        kind: kind.code().to_owned(),
        kinds: kinds.collect(),
        groups: show::groups(app, office, kind, lang).await?,
        areas: show::areas(app, office).await?,
        channels: channels(kind)
            .iter()
            .map(|one| code("Channel", one.code()))
            .collect(),
        urgencies: urgencies(kind)
            .iter()
            .map(|one| code("Urgency", one.code()))
            .collect(),
        thens: thens(kind, actor.role)
            .iter()
            .map(|then| {
                let label = view.say::<&str>(&format!("intake.then.{then}"), &[]);
                show::choice(*then, label)
            })
            .collect(),
        similar: Vec::new(),
        site: here.map(|(here, _)| here),
        doubts: Vec::new(),
        pasted: String::new(),
        recent: recent.iter().map(|case| show::line(lang, case)).collect(),
        trouble: None,
        flash: None,
        form,
    })
}

fn channels(kind: Kind) -> &'static [Channel] {
    match kind {
        Kind::PatrolFinding => &[Channel::Patrol, Channel::Visit],
        Kind::Mailbox => &[Channel::Reception, Channel::Letter, Channel::Desk],
        _ => &[
            Channel::Desk,
            Channel::Phone,
            Channel::WechatGroup,
            Channel::Visit,
            Channel::Hotline,
            Channel::MiniProgram,
            Channel::Letter,
        ],
    }
}

/// 代表建议 has terms of its own (代表法 51), everything else the ordinary ones.
fn urgencies(kind: Kind) -> &'static [Urgency] {
    match kind {
        Kind::Mailbox => &[Urgency::Ordinary, Urgency::Formal, Urgency::FormalBroad],
        _ => &[
            Urgency::Emergency,
            Urgency::Utility,
            Urgency::Ordinary,
            Urgency::Complex,
        ],
    }
}

/// What the role may do at once with a new case of the kind.
fn thens(kind: Kind, role: Role) -> &'static [&'static str] {
    match (role, kind) {
        (CommunityClerk, Kind::ResidentRequest | Kind::Suggestion | Kind::Mailbox) => {
            &["register", "accept", "dispatch", "answer"]
        }
        (CommunityClerk, Kind::PatrolFinding) => &["register", "accept", "dispatch"],
        (PlacementOfficer, Kind::ResidentRequest) => &["register", "accept", "answer"],
        (CommunityClerk | PlacementOfficer, _) => &["register", "accept"],
        _ => &["register"],
    }
}

async fn send(
    State(app): State<App>,
    view: View,
    actor: Actor,
    mut sent: Sent,
) -> AppResult<Response> {
    let kind = kind(actor.role, sent.get("kind"));
    match take(&app, &actor, kind, &mut sent).await {
        Ok(to) => Ok(Redirect::to(&to).into_response()),
        Err(error) => {
            let error = words::explain(view.lang, kind, Action::Report, Stage::Registered, error);
            again(&app, &view, &actor, kind, &sent, error).await
        }
    }
}

async fn take(app: &App, actor: &Actor, kind: Kind, sent: &mut Sent) -> AppResult<String> {
    let (office, db) = (actor.office, app.db.read());
    let raw = Raw::of(sent);
    let mut faults = Faults::new();
    let read = form::read(&raw, kind, Channel::Desk, &mut faults);
    let place = place::resolve(db, office, &raw, &mut faults).await?;
    let (read, place) = faults.into_result(read.zip(place))?;
    let by = door::acting(db, actor).await?;
    let once = sent.once(&format!("{} intake", actor.account))?;
    if let Ok(number) = commands::number(sent.get("join")) {
        let case = ledger::by_number(db, office, &number.to_string()).await?;
        let join = Join {
            office,
            case: case.id,
            speaker: read.speaker,
            by: Some(by),
            channel: read.channel,
        };
        commands::join(app, join, once).await?;
        return Ok(format!("/office/intake?joined={number}"));
    }
    let report = Report {
        office,
        read,
        place,
        uploads: pictures(sent)?,
        by: By::Staff(actor.account, by),
        row_hash: None,
    };
    let number = commands::report(app, report, once).await?.value;
    Ok(format!("/office/intake/done/{number}"))
}

async fn again(
    app: &App,
    view: &View,
    actor: &Actor,
    kind: Kind,
    sent: &Sent,
    error: AppError,
) -> AppResult<Response> {
    let form = Form::again(view.lang, sent, &error);
    let mut page = new_page(app, view, actor, kind, form).await?;
    let AppError::Problem(problem) = error else {
        return Err(error);
    };
    if problem.errors.is_empty() {
        page.trouble = Some(page::problem_text(view.lang, &problem));
    }
    view.show_with(problem.status, page)
}

/// 粘贴登记: the form filled with what a chat message says.
async fn pasted(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    let kind = kind(actor.role, sent.get("kind"));
    let areas = show::areas(&app, actor.office).await?;
    let names: Vec<String> = areas
        .iter()
        .map(|area| {
            area.label
                .rsplit(" / ")
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let found = paste::split(sent.get("message"), &names);
    let place = found.place.and_then(|at| areas.get(at));
    let mut doubts = Vec::new();
    for (key, missing) in [
        ("phone", found.phone.is_none()),
        ("name", found.name.is_none()),
        ("place", place.is_none()),
    ] {
        if missing {
            doubts.push(view.say::<&str>(&format!("intake.paste.no_{key}"), &[]));
        }
    }
    let phone = found
        .phone
        .as_deref()
        .and_then(|phone| Phone::parse(phone).ok());
    let phone = phone.map(|phone| phone.in_full().to_owned());
    let form = Form::filled([
        ("text", found.text),
        ("name", found.name.unwrap_or_default()),
        ("phone", phone.unwrap_or_default()),
        ("address", found.address.unwrap_or_default()),
        (
            "area",
            place.map(|area| area.value.clone()).unwrap_or_default(),
        ),
        ("channel", Channel::WechatGroup.code().to_owned()),
    ]);
    let mut page = new_page(&app, &view, &actor, kind, form).await?;
    page.doubts = doubts;
    sent.get("message").clone_into(&mut page.pasted);
    view.show(page)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Like {
    kind: String,
    category: String,
    area: String,
}

/// Similar open cases while somebody types; a part of the form's page.
async fn similar(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(like): Query<Like>,
) -> AppResult<Response> {
    let kind = kind(actor.role, &like.kind);
    let area: Option<AreaId> = like.area.parse().ok();
    let at = (kind, like.category.as_str());
    let mut page = new_page(&app, &view, &actor, kind, Form::blank()).await?;
    page.similar = show::similar(&app, view.lang, actor.office, at, area).await?;
    view.show(page)
}

async fn find(app: &App, actor: &Actor, number: &str) -> AppResult<case::Model> {
    let sight = door::Sight::of(actor);
    ledger::find_for(app.db.read(), actor.office, sight, number).await
}

/// 已登记: number, code and next desk, to be read out, shown or printed.
async fn done(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
) -> AppResult<Response> {
    let (db, office) = (app.db.read(), actor.office);
    // Also for who enters what he will not see in the ledger, such as a deputy's liaison.
    let own = ledger::by_number(db, office, &number).await?;
    let request = store::request(db, own.id).await?;
    if request.is_none_or(|row| row.entered_by != Some(actor.account)) {
        return Err(AppError::not_found());
    }
    let url = address_of(&app, office, &own).await?;
    let mut others = Vec::new();
    for (person, row) in store::keys_of(db, own.id).await? {
        if ledger::state(&own)?.person == Some(person) {
            continue;
        }
        let card = person::card(db, &app.keys, office, person).await?;
        let key = keys::open(&app.keys, &row)?;
        others.push(FactLine {
            label: format!("{} {}", card.name, card.tail),
            value: keys::address(&app.settings.public_url, &key),
            href: None,
        });
    }
    let page = DonePage {
        number: own.number.clone(),
        title: own.title.clone(),
        state: words::state(view.lang, own.kind, (own.stage, own.step, own.outcome)),
        tone: words::tone(own.stage, own.outcome),
        qr: qr::svg(&url)?,
        url,
        next_desk: next_desk(&app, &view, &own).await?,
        others,
    };
    Ok(sealed(view.show(page)?))
}

async fn next_desk(app: &App, view: &View, case: &case::Model) -> AppResult<String> {
    let request = store::request(app.db.read(), case.id).await?;
    let at = (request.and_then(|row| row.site_id), case.area_id);
    show::next_desk(app, view.lang, case.office_id, at).await
}

/// The address behind which whoever reported a case follows it.
async fn address_of(app: &App, office: OfficeId, case: &case::Model) -> AppResult<String> {
    let person = ledger::state(case)?.person;
    let person = person.ok_or_else(AppError::not_found)?;
    let (keys, id) = (app.keys.clone(), case.id);
    let key = app
        .db
        .write(move |tx| async move { keys::issue(&tx, &keys, office, id, person).await })
        .await?;
    Ok(keys::address(&app.settings.public_url, &key))
}

/// 回执: on paper, for who has no telephone.
async fn slip(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let url = address_of(&app, actor.office, &case).await?;
    let page = SlipPage {
        number: case.number.clone(),
        title: case.title.clone(),
        at: case.recorded_at.to_rfc3339(),
        qr: qr::svg(&url)?,
        url,
        next_desk: next_desk(&app, &view, &case).await?,
        phone: app.sign.get().site.phone.clone(),
    };
    Ok(sealed(view.show(page)?))
}

/// The places whose codes may be printed: the desk's sites, then the buildings.
async fn banners(State(app): State<App>, view: View, actor: Actor) -> AppResult<Response> {
    let (db, office) = (app.db.read(), actor.office);
    let sites = desk::store::sites(db, office, desk::store::Retired::Hidden).await?;
    let sites = sites.into_iter().map(|site| Coded {
        name: site.name,
        code: site.code,
    });
    let paths = area::paths(db, office).await?;
    let areas = area::store::all(db, office).await?;
    let doors = paths.into_iter().filter_map(|(id, path)| {
        let area = areas.iter().find(|area| area.id == id)?;
        (area.level == Level::Building).then(|| Coded {
            name: path,
            code: area.code.clone(),
        })
    });
    view.show(BannersPage {
        rows: sites.chain(doors).collect(),
    })
}

async fn banner(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
) -> AppResult<Response> {
    let found = show::here(&app, view.lang, actor.office, &code).await?;
    let (here, _) = found.ok_or_else(AppError::not_found)?;
    let url = format!("{}/D/{}", app.settings.public_url, here.code);
    view.show(BannerPage {
        qr: qr::svg(&url)?,
        place: here.name,
        code: here.code,
        url,
        next: here.next,
    })
}
