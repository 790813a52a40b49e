use super::{
    next,
    pages::{FairRow, Link, OfficePage, Step, Task},
    store::{self, Made, Upcoming, Waiting},
};
use crate::{
    account::{Actor, Audience, Routes},
    case::{self, store::Marks},
    domain::{
        fair::FairStatus,
        role::Role::{
            self, Board, CoHost, CommunityClerk, DepartmentHandler, DeputyLiaison, GateSteward,
            GridWorker, Mediator, OfficeAdmin, PlacementOfficer, Secretary, Verifier,
        },
    },
    error::AppResult,
    notice,
    platform::{App, clock::beijing, page::View},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};

/// Who runs fairs.
const OFFICERS: &[Role] = &[OfficeAdmin, PlacementOfficer];
/// Who sees fairs from the office's side.
const HOSTS: &[Role] = &[OfficeAdmin, PlacementOfficer, CoHost, Board, Secretary];
/// Who works on cases.
const CASE_STAFF: &[Role] = &[
    OfficeAdmin,
    PlacementOfficer,
    Secretary,
    CommunityClerk,
    GridWorker,
    DepartmentHandler,
    Verifier,
    Mediator,
    DeputyLiaison,
];

pub fn routes() -> Routes {
    Routes::new().get(Audience::Roles(Role::STAFF), "/office", start)
}

async fn start(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let (db, now) = (app.db.read(), app.db.now());
    let today = beijing(now).date_naive();
    let waiting = store::waiting(db, actor.office, today).await?;
    let told = notice::waiting(db, actor.office, now).await?;
    let queues = case::queues(&app, &actor).await?;
    let half = notice::half(&app, view.lang).await?;
    let fairs = store::upcoming(db, actor.office, now, actor.is(OFFICERS)).await?;
    let guide = if actor.role == OfficeAdmin {
        guide(&store::made(db, actor.office).await?)
    } else {
        Vec::new()
    };
    let site_incomplete = actor.role == OfficeAdmin && !app.sign.get().site.is_complete();
    view.show(OfficePage {
        tasks: tasks(&view, &actor, queues, waiting, told),
        half,
        works_on_cases: actor.is(CASE_STAFF),
        fairs: fairs
            .into_iter()
            .map(|fair| fair_row(&view, &actor, fair, now))
            .collect(),
        links: links(actor.role),
        name: actor.name,
        today: now,
        guide,
        site_incomplete,
    })
}

/// What waits for this role; figures of zero stay, so that a quiet day is seen as one.
fn tasks(
    view: &View,
    actor: &Actor,
    queues: Marks,
    waiting: Waiting,
    told: notice::Waiting,
) -> Vec<Task> {
    let task = |key: &str, value: u64, href: &'static str, tone: &'static str| Task {
        label: view.say::<&str>(&format!("office.task.{key}"), &[]),
        value,
        href,
        tone: if value == 0 { "" } else { tone },
    };
    let mut tasks = Vec::new();
    if actor.is(CASE_STAFF) {
        let mut queue = |key, n: i64, href, tone, always: bool| {
            if always || n > 0 {
                tasks.push(task(key, n.unsigned_abs(), href, tone));
            }
        };
        let unit = actor.unit.is_some();
        queue("mine", queues.mine, "/cases?show=mine", "warn", true);
        queue("unit", queues.team, "/cases?show=unit", "", unit);
        queue("overdue", queues.late, "/cases?show=overdue", "bad", true);
        let to_call = "/cases?show=callback";
        queue("callback", queues.callback, to_call, "warn", false);
        let supervised = "/cases?show=supervised";
        queue("supervised", queues.supervised, supervised, "warn", false);
    }
    if actor.is(OFFICERS) {
        let review = "/office/employers?status=pending";
        tasks.push(task("employers", waiting.employers, review, "warn"));
        tasks.push(task(
            "postings",
            waiting.postings,
            "/office/postings",
            "warn",
        ));
        let due = "/office/matches?queue=follow_up";
        tasks.push(task("follow_ups", waiting.follow_ups, due, "warn"));
    }
    if actor.is(notice::FOLLOWERS) {
        let at = "/office/unmatched";
        tasks.push(task("unmatched", told.unmatched, at, "warn"));
    }
    if actor.is(notice::EDITORS) {
        let at = "/office/announcements";
        tasks.push(task("drafts", told.drafts, at, "warn"));
        if told.parked > 0 {
            tasks.push(task("parked", told.parked, at, "bad"));
        }
    }
    tasks
}

fn fair_row(view: &View, actor: &Actor, fair: Upcoming, now: DateTime<Utc>) -> FairRow {
    let (step, number) = next::step(&fair.facts, now);
    let next = actor.is(OFFICERS).then(|| {
        let key = format!("office.next.{step}");
        view.say(&key, &[("n", number.to_string())])
    });
    let href = match actor.role {
        GateSteward => format!("/gate/{}", fair.slug),
        role if HOSTS.contains(&role) => format!("/office/fairs/{}", fair.slug),
        _ => format!("/f/{}", fair.slug),
    };
    FairRow {
        href,
        title: fair.title,
        venue: fair.venue,
        starts_at: fair.facts.starts_at,
        ends_at: fair.facts.ends_at,
        draft: fair.facts.status == FairStatus::Draft,
        registered: fair.registered,
        capacity: fair.capacity,
        taken: fair.facts.taken,
        booths: fair.facts.booths,
        next,
    }
}

/// Key of the words, address, icon, and who gets it.
type Entry = (&'static str, &'static str, &'static str, &'static [Role]);

const LINKS: &[Entry] = &[
    ("new_fair", "/office/fairs/new", "plus", OFFICERS),
    ("fairs", "/office/fairs", "map", HOSTS),
    ("employers", "/office/employers", "employer", OFFICERS),
    ("postings", "/office/postings", "work", OFFICERS),
    (
        "gate",
        "/gate",
        "scan",
        &[OfficeAdmin, PlacementOfficer, GateSteward],
    ),
    (
        "matches",
        "/office/matches",
        "people",
        &[OfficeAdmin, PlacementOfficer, CommunityClerk],
    ),
    ("cases", "/cases", "clock", CASE_STAFF),
    ("desk", "/office/desk", "desk", CASE_STAFF),
    (
        "announcements",
        "/office/announcements",
        "bell",
        notice::EDITORS,
    ),
    (
        "unmatched",
        "/office/unmatched",
        "people",
        notice::FOLLOWERS,
    ),
    (
        "figures",
        "/office/figures",
        "chart",
        &[
            OfficeAdmin,
            Secretary,
            Board,
            CommunityClerk,
            Verifier,
            DepartmentHandler,
        ],
    ),
    ("areas", "/office/areas", "lock", &[OfficeAdmin]),
    ("units", "/office/units", "employer", &[OfficeAdmin]),
    (
        "rules",
        "/office/rules",
        "filter",
        &[OfficeAdmin, Secretary, CommunityClerk],
    ),
    ("accounts", "/office/accounts", "user", &[OfficeAdmin]),
    ("settings", "/office/settings", "edit", &[OfficeAdmin]),
    (
        "records",
        "/office/access-records",
        "shield",
        &[OfficeAdmin, Secretary],
    ),
    ("account", "/account", "key", Role::STAFF),
];

fn links(role: Role) -> Vec<Link> {
    LINKS
        .iter()
        .filter(|(_, _, _, roles)| roles.contains(&role))
        .map(|(key, href, icon, _)| Link { key, href, icon })
        .collect()
}

/// The first steps of a new office, until the first fair is published.
fn guide(made: &[Made]) -> Vec<Step> {
    if made.contains(&Made::Published) {
        return Vec::new();
    }
    [
        ("areas", "/office/areas", Made::Areas),
        ("units", "/office/units", Made::Units),
        ("accounts", "/office/accounts/new", Made::Accounts),
        ("fair", "/office/fairs/new", Made::Fair),
        ("publish", "/office/fairs", Made::Published),
    ]
    .into_iter()
    .map(|(key, href, step)| Step {
        key,
        href,
        done: made.contains(&step),
    })
    .collect()
}
