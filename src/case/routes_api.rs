//! The ledger over the API.
use super::{
    beside,
    commands::{self, Act},
    desk::{self, Desk},
    door::{self, READERS, Sight},
    form,
    hook::{Asked, FactLine, Hooks, Opening},
    list::{self, ListQuery},
    pages::{ActionForm, Entry},
    store, words,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        case::{Action, Command, Kind, Outcome, Stage, Step},
        contact::{Contact, PersonName, Phone},
        fault::{Faults, FieldFault},
        id::FileId,
    },
    entity::case::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, Members, Prefers, ProblemDocument, Query, answer, created, minimal},
        form::Sent,
        once::Done,
        text::Lang,
    },
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::UtoipaMethodRouter, routes};

const READ: Audience = Audience::Roles(READERS);

pub fn routes(hooks: Hooks) -> Routes {
    let hooked = |route: UtoipaMethodRouter<App>| {
        let (schemas, paths, handler) = route;
        (schemas, paths, handler.layer(Extension(hooks)))
    };
    Routes::new()
        .api(READ, hooked(routes!(open)))
        .api(READ, hooked(routes!(list)))
        .api(READ, hooked(routes!(one)))
        .api(READ, hooked(routes!(act)))
        .api(READ, hooked(routes!(child)))
        .api(READ, routes!(upload))
}

/// A case in a list.
#[derive(Serialize, ToSchema)]
struct CaseLine {
    no: String,
    #[schema(value_type = String)]
    kind: Kind,
    #[schema(value_type = String)]
    stage: Stage,
    #[schema(value_type = Option<String>)]
    step: Option<Step>,
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    title: String,
    /// Where it stands, in the reader's language.
    state: String,
    /// The unit that leads it.
    unit: Option<UnitOut>,
    due_at: Option<DateTime<Utc>>,
    overdue: bool,
    seq: i64,
    recorded_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct UnitOut {
    id: String,
    name: String,
}

/// A case with its history and what the caller may do now.
#[derive(Serialize, ToSchema)]
struct CaseOut {
    #[serde(flatten)]
    line: CaseLine,
    facts: Vec<FactLine>,
    /// Who is part of it, masked; only for staff of the office.
    people: Vec<PartyOut>,
    /// The units it went through; only for staff of the office.
    units: Vec<UnitLine>,
    /// Cases that belong to it and that the caller may see.
    links: Vec<LinkOut>,
    timeline: Vec<EventOut>,
    actions: Vec<ActionOut>,
}

/// The case as it is now, or for `Prefer: return=minimal` only where it is.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum AfterAction {
    Case(Box<CaseOut>),
    Moved(Moved),
}

/// What the next action on the case has to name.
#[derive(Serialize, ToSchema)]
struct Moved {
    no: String,
    /// The `expected_seq` of the next action.
    seq: u64,
}

/// Somebody of a case.
#[derive(Serialize, ToSchema)]
struct PartyOut {
    /// Names the person in actions such as `invite`.
    id: String,
    role: String,
    name: String,
}

/// A unit that has or had a case.
#[derive(Serialize, ToSchema)]
struct UnitLine {
    unit: String,
    role: String,
    note: String,
    now: bool,
}

/// A case that belongs to another.
#[derive(Serialize, ToSchema)]
struct LinkOut {
    no: String,
    relation: String,
    title: String,
    state: String,
}

/// A case that does what an adopted suggestion asks for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read as an object")]
struct NewChild {
    /// resident_request or patrol_finding
    kind: String,
    category: String,
    title: String,
    text: String,
    area: Option<String>,
}

/// One record, as far as the caller may see it.
#[derive(Serialize, ToSchema)]
pub struct EventOut {
    seq: i64,
    at: String,
    title: String,
    by: String,
    text: String,
    details: Vec<FactLine>,
    /// Addresses of its pictures.
    files: Vec<String>,
    /// The words were taken away for good.
    redacted: bool,
}

/// An action that is open now; the decision itself looks at the data as well.
#[derive(Serialize, ToSchema)]
pub struct ActionOut {
    action: &'static str,
    label: String,
    fields: Vec<FieldOut>,
}

#[derive(Serialize, ToSchema)]
struct FieldOut {
    name: &'static str,
    label: String,
    required: bool,
    /// text, line, choice, choices, yes, number, numbers, date, time, file or files
    shape: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
}

/// A picture that an action may name.
#[derive(Serialize, ToSchema)]
struct FileOut {
    id: String,
}

/// The kind, and the fields of the action that opens a case of it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read as an object")]
struct NewCase {
    kind: String,
}

/// The action, the last event the caller has seen, and the fields of the action.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read as an object")]
struct NewAction {
    action: String,
    expected_seq: u64,
}

fn line(lang: Lang, now: DateTime<Utc>, people: &store::People, case: &Model) -> CaseLine {
    let unit = case.lead_unit_id.and_then(|id| {
        let (name, _) = people.units.get(&id)?;
        Some(UnitOut {
            id: id.to_string(),
            name: name.clone(),
        })
    });
    CaseLine {
        no: case.number.clone(),
        kind: case.kind,
        stage: case.stage,
        step: case.step,
        outcome: case.outcome,
        title: case.title.clone(),
        state: words::state(lang, case.kind, (case.stage, case.step, case.outcome)),
        unit,
        due_at: case.due_at,
        overdue: case.due_at.is_some_and(|due| due < now),
        seq: case.seq,
        recorded_at: case.recorded_at,
        updated_at: case.updated_at,
    }
}

impl From<&Entry> for EventOut {
    fn from(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.clone(),
            title: entry.title.clone(),
            by: entry.by.clone(),
            text: entry.text.clone(),
            details: entry.lines.clone(),
            files: entry.files.iter().map(|file| file.href.clone()).collect(),
            redacted: entry.redacted,
        }
    }
}

impl From<ActionForm> for ActionOut {
    fn from(form: ActionForm) -> Self {
        let field = |field: super::pages::Field| FieldOut {
            name: field.name,
            label: field.label,
            required: field.required,
            shape: field.shape,
            options: field.options.into_iter().map(|one| one.value).collect(),
        };
        Self {
            action: form.action,
            label: form.label,
            fields: form.fields.into_iter().map(field).collect(),
        }
    }
}

async fn shown(
    app: &App,
    hooks: Hooks,
    lang: Lang,
    actor: &Actor,
    case: Model,
) -> AppResult<CaseOut> {
    let desk: Desk = desk::open(app, lang, actor, &case).await?;
    let mut facts = match hooks.of(case.kind) {
        Some(of_kind) => {
            let asked = Asked {
                office: case.office_id,
                case: case.id,
                reader: desk.reader,
                role: Some(actor.role),
                lang,
            };
            (of_kind.facts)(app.clone(), asked).await?
        }
        None => Vec::new(),
    };
    facts.extend(super::view::facts(lang, desk.reader, &case, &desk.seen));
    let beside = Beside::of(app, lang, &desk, &case).await?;
    Ok(CaseOut {
        line: line(lang, app.db.now(), &desk.seen.people, &case),
        facts,
        people: beside.people,
        units: beside.units,
        links: beside.links,
        timeline: desk.seen.timeline.iter().map(EventOut::from).collect(),
        actions: desk.actions().into_iter().map(ActionOut::from).collect(),
    })
}

/// What stands beside the timeline, for staff.
#[derive(Default)]
struct Beside {
    people: Vec<PartyOut>,
    units: Vec<UnitLine>,
    links: Vec<LinkOut>,
}

impl Beside {
    async fn of(app: &App, lang: Lang, desk: &Desk, case: &Model) -> AppResult<Self> {
        if !desk.reader.is_office() {
            return Ok(Self::default());
        }
        let (state, now) = (&desk.seen.state, app.db.now());
        let people = beside::people(app, lang, (case, state), &desk.actor).await?;
        let units = beside::hand_overs(lang, now, state, &desk.seen.people, &desk.seen.book);
        let links = beside::links(app, lang, desk.sight, case).await?;
        Ok(Self {
            people: people
                .into_iter()
                .map(|line| PartyOut {
                    id: line.person,
                    role: line.role,
                    name: line.name,
                })
                .collect(),
            units: units
                .into_iter()
                .map(|line| UnitLine {
                    unit: line.unit,
                    role: line.role,
                    note: line.note,
                    now: line.now,
                })
                .collect(),
            links: links
                .into_iter()
                .map(|line| LinkOut {
                    no: line.number,
                    relation: line.label,
                    title: line.title,
                    state: line.state,
                })
                .collect(),
        })
    }
}

async fn find(app: &App, actor: &Actor, number: &str) -> AppResult<Model> {
    store::find_for(app.db.read(), actor.office, Sight::of(actor), number).await
}

/// Opens a case; which fields it takes is a matter of its kind.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", request_body = NewCase,
    responses((status = 201, body = CaseOut), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn open(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    lang: Lang,
    actor: Actor,
    call: Call<Members>,
) -> AppResult<Response> {
    let Members(mut fields) = call.body;
    let kind = choice(fields.remove("kind").as_ref(), "kind", Kind::from_code)?;
    let of_kind = hooks.of(kind);
    let of_kind = of_kind.ok_or_else(|| AppError::unprocessable("kind_not_open"))?;
    let opening = Opening {
        kind,
        actor: actor.clone(),
        lang,
        fields,
        once: call.once,
    };
    let done = (of_kind.open)(app.clone(), opening).await;
    let first = match kind {
        Kind::EmploymentMatch => Action::Interest,
        _ => Action::Report,
    };
    let done = done.map_err(|error| words::explain(lang, kind, first, Stage::Registered, error))?;
    let case = find(&app, &actor, &done.value).await?;
    let case = shown(&app, hooks, lang, &actor, case).await?;
    Ok(created(done.map(|_| case)))
}

/// A code of a closed list, or what is wrong with it.
fn choice<T>(
    sent: Option<&Value>,
    field: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> AppResult<T> {
    let fault = match sent {
        None | Some(Value::Null) => FieldFault::Required,
        Some(Value::String(code)) => match read(code) {
            Some(value) => return Ok(value),
            None => FieldFault::UnknownChoice,
        },
        Some(_) => FieldFault::Format,
    };
    Err(Faults::one(field, fault).into())
}

/// Cases the caller may see, newest or nearest deadline first.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(ListQuery),
    responses((status = 200, body = List<CaseLine>), (status = 400, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    lang: Lang,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> AppResult<Json<List<CaseLine>>> {
    let filter = query.filter(&app, &actor).await?;
    let (rows, next) = list::cut(&app, &actor, &filter, query.page()?).await?;
    let people = store::people(app.db.read(), actor.office).await?;
    let now = app.db.now();
    let items = rows.iter().map(|case| line(lang, now, &people, case));
    Ok(Json(List {
        items: items.collect(),
        next,
    }))
}

/// One case.
#[utoipa::path(get, path = "/api/v1/cases/{no}", tag = "cases", params(("no" = String, Path)),
    responses((status = 200, body = CaseOut), (status = 404, body = ProblemDocument)))]
async fn one(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    lang: Lang,
    actor: Actor,
    Path(number): Path<String>,
) -> AppResult<Json<CaseOut>> {
    let case = find(&app, &actor, &number).await?;
    Ok(Json(shown(&app, hooks, lang, &actor, case).await?))
}

/// Takes an action. 409 `stale` tells the present `seq`; `not_now` and `not_yours` tell which
/// guard failed, who can act and in which stages.
#[utoipa::path(post, path = "/api/v1/cases/{no}/actions", tag = "cases", request_body = NewAction,
    params(("no" = String, Path),
        ("prefer" = Option<String>, Header, description = "`return=minimal` (RFC 7240) for an answer of `no` and `seq` alone")),
    responses((status = 200, body = AfterAction), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn act(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    lang: Lang,
    actor: Actor,
    prefers: Prefers,
    Path(number): Path<String>,
    call: Call<Members>,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let Members(mut fields) = call.body;
    let asked = choice(fields.remove("action").as_ref(), "action", |code| {
        Action::from_code(code).filter(|action| Command::fields(case.kind, *action).is_some())
    })?;
    let seen = match fields.remove("expected_seq") {
        None | Some(Value::Null) => Err(FieldFault::Required),
        Some(seen) => seen.as_u64().ok_or(FieldFault::Format),
    };
    let people = newcomers(asked, fields.remove("new_parties"))?;
    let act = Act {
        office: case.office_id,
        id: case.id,
        kind: case.kind,
        action: asked,
        expected_seq: Some(seen.map_err(|fault| Faults::one("expected_seq", fault))?),
        fields,
        uploads: Vec::new(),
        people,
        by: door::acting(app.db.read(), &actor).await?,
        once: call.once,
    };
    let done = commands::act_once(&app, act).await;
    let done = done.map_err(|error| words::explain(lang, case.kind, asked, case.stage, error))?;
    if prefers.minimal {
        let moved = |seq| AfterAction::Moved(Moved { no: number, seq });
        return Ok(minimal(done.map(moved)));
    }
    // A repeat is answered as the first time was, whatever happened since.
    let case = find(&app, &actor, &number).await?;
    let case = store::as_of(app.db.read(), case, done.value).await?;
    let case = shown(&app, hooks, lang, &actor, case).await?;
    let after = AfterAction::Case(Box::new(case));
    Ok(answer(StatusCode::OK, done.map(|_| after)))
}

/// `new_parties` of an invitation: people whom the office does not know yet, each a name and a phone.
fn newcomers(asked: Action, sent: Option<Value>) -> AppResult<Vec<(&'static str, Contact)>> {
    const FIELD: &str = "new_parties";
    let people = match sent {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(_) if asked != Action::Invite => {
            return Err(Faults::one(FIELD, FieldFault::UnknownField).into());
        }
        Some(Value::Array(people)) if people.len() <= form::NEWCOMERS => people,
        Some(Value::Array(_)) => {
            let max = form::NEWCOMERS;
            return Err(Faults::one(FIELD, FieldFault::TooMany { max }).into());
        }
        Some(_) => return Err(Faults::one(FIELD, FieldFault::Format).into()),
    };
    let (mut found, mut faults) = (Vec::new(), Faults::new());
    for (n, person) in people.iter().enumerate() {
        let text = |name: &str| person.get(name).and_then(Value::as_str).unwrap_or_default();
        let at = |name: &str| format!("{FIELD}/{n}/{name}");
        let name = faults.take(at("name"), PersonName::parse(text("name")));
        let phone = faults.take(at("phone"), Phone::parse(text("phone")));
        let contact = name.zip(phone).map(|(name, phone)| Contact { name, phone });
        found.extend(contact.map(|contact| ("parties", contact)));
    }
    Ok(faults.into_result(Some(found))?)
}

/// Opens a case that does what an adopted suggestion asks for, linked as its child.
#[utoipa::path(post, path = "/api/v1/cases/{no}/children", tag = "cases", request_body = NewChild,
    params(("no" = String, Path)),
    responses((status = 201, body = CaseOut), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn child(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    lang: Lang,
    actor: Actor,
    Path(number): Path<String>,
    call: Call<Members>,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let Members(fields) = call.body;
    let mut sent = Sent::default();
    let mut faults = Faults::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("kind" | "category" | "title" | "text" | "area", Value::String(text)) => {
                sent.put(&name, text);
            }
            ("area", Value::Null) => {}
            ("kind" | "category" | "title" | "text" | "area", _) => {
                faults.add(name, FieldFault::Format);
            }
            _ => faults.add(name, FieldFault::UnknownField),
        }
    }
    faults.into_result(Some(()))?;
    let child = form::child(&sent)?;
    let by = door::acting(app.db.read(), &actor).await?;
    let of = (case.office_id, case.id);
    let done = commands::open_child(&app, of, child, by, call.once).await;
    let explain = |error| words::explain(lang, case.kind, Action::Link, case.stage, error);
    let done = done.map_err(explain)?;
    let opened = find(&app, &actor, &done.value).await?;
    let opened = shown(&app, hooks, lang, &actor, opened).await?;
    Ok(created(done.map(|_| opened)))
}

/// Keeps a picture (form field `file`: JPEG, PNG or WebP) that an action of this case may name.
#[utoipa::path(post, path = "/api/v1/cases/{no}/files", tag = "cases",
    params(("no" = String, Path)),
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 201, body = FileOut), (status = 404, body = ProblemDocument),
        (status = 413, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn upload(
    State(app): State<App>,
    actor: Actor,
    Path(number): Path<String>,
    mut sent: Sent,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let upload = sent.take_file("file");
    let upload = upload.ok_or_else(|| Faults::one("file", FieldFault::Required))?;
    let stored = app.files.keep_picture(upload).await?;
    let id: FileId = commands::keep(&app, case.office_id, actor.account, stored).await?;
    let done = Done {
        value: FileOut { id: id.to_string() },
        replayed: false,
    };
    Ok(created(done).into_response())
}
