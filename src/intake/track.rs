//! 办理进度: what stands behind a key, as a page and for machines. Whoever reported the case sees
//! what concerns the parties and may act; everybody else who holds a key, such as a follower or the
//! other party of a mediation, only looks, and never at the report's own words.
use super::{keys, pages::TrackPage, show, store};
use crate::{
    account::{Audience, Routes},
    case::{
        commands::{self, Act},
        desk, door, files, form,
        pages::{ActionForm, Entry},
        view, words,
    },
    domain::{
        case::{Action, Actor, Command, FieldSpec, Stage, Visibility},
        fault::{Faults, FieldFault},
        id::FileId,
    },
    entity::{case, case_key},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        once::Once,
        page::{self, Said, View, sealed},
        qr,
        text::Lang,
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::net::SocketAddr;

type Peer = ConnectInfo<SocketAddr>;

pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .get(Anyone, "/K/{key}", track)
        .get(Anyone, "/k/{key}", track)
        .post(Anyone, "/K/{key}/actions", act)
        .get(Anyone, "/K/{key}/files/{file}", picture)
}

/// What a key opens.
pub struct Held {
    pub row: case_key::Model,
    pub case: case::Model,
    pub actor: Actor,
    /// The holder reported it.
    pub own: bool,
}

impl Held {
    pub fn reader(&self) -> door::Reader {
        door::Reader::Person(self.row.person_id)
    }
}

/// # Errors
/// 404 for a key there is none of; 429 for who tries many.
pub async fn open(app: &App, raw: &str, peer: Peer) -> AppResult<Held> {
    let (db, office) = (app.db.read(), app.settings.office);
    let row = match keys::find(db, &app.keys, office, raw).await {
        Err(error) if error.code() == Some("not_found") => {
            app.limits.guess_from(peer.0.ip())?;
            return Err(error);
        }
        found => found?,
    };
    let case = crate::case::store::find(db, office, row.case_id).await?;
    let own = crate::case::store::state(&case)?.person == Some(row.person_id);
    Ok(Held {
        actor: keys::holder(&row),
        row,
        case,
        own,
    })
}

/// The records that the holder of a key may see, oldest first.
pub async fn timeline(app: &App, lang: Lang, held: &Held, at: &str) -> AppResult<view::Overview> {
    let mut seen = view::overview(app, lang, held.reader(), &held.case, at).await?;
    if !held.own {
        let events = crate::case::store::events(app.db.read(), held.case.id).await?;
        let hidden: Vec<i64> = events
            .iter()
            .filter(|event| event.visibility != Visibility::Public.code())
            .map(|event| event.seq)
            .collect();
        let party = held.case.kind == crate::domain::case::Kind::Mediation;
        seen.timeline
            .retain(|entry| entry.seq > 1 && (party || !hidden.contains(&entry.seq)));
    }
    Ok(seen)
}

/// What a resident is never asked: it is clear from who asks, or the office decides it.
fn settled(action: Action, field: &str) -> Option<Value> {
    Some(match (action, field) {
        (Action::Callback, "reached") => true.into(),
        (Action::Update, "visibility") => Visibility::Parties.code().into(),
        (Action::Withdraw, "consent") => Value::Null,
        _ => return None,
    })
}

/// The forms of what the holder may do now, the most awaited first.
pub async fn forms(app: &App, lang: Lang, held: &Held) -> AppResult<Vec<ActionForm>> {
    let mut forms = desk::forms(app, lang, &held.actor, &held.case).await?;
    for form in &mut forms {
        let Some(action) = Action::from_code(form.action) else {
            continue;
        };
        form.fields
            .retain(|field| settled(action, field.name).is_none());
        let key = format!("intake.act.{}.{}", held.case.kind, form.action);
        let own = crate::platform::text::find::<&str>(lang, &key, &[]);
        let usual = || {
            let key = format!("intake.act.{}", form.action);
            crate::platform::text::find::<&str>(lang, &key, &[])
        };
        if let Some(label) = own.or_else(usual) {
            form.label = label;
        }
    }
    // An answer is rated once, not twice in two words.
    if forms.iter().any(|form| form.action == "opinion") {
        forms.retain(|form| form.action != "callback");
    }
    let rank = |form: &ActionForm| match form.action {
        "opinion" => 0,
        "callback" => 1,
        "appeal" => 2,
        "update" => 3,
        "reopen" => 4,
        "escalate" => 5,
        _ => 9,
    };
    forms.sort_by_key(rank);
    Ok(forms)
}

/// Takes an action for the holder of a key.
///
/// # Errors
/// As [`commands::act_once`], in the reader's words.
pub async fn take(
    app: &App,
    lang: Lang,
    held: &Held,
    (action, seen): (Action, Option<u64>),
    asked: Asked,
) -> AppResult<u64> {
    let mut fields = asked.fields;
    for field in Command::fields(held.case.kind, action).unwrap_or_default() {
        if let Some(value) = settled(action, field.name).filter(|value| !value.is_null()) {
            fields.insert(field.name.to_owned(), value);
        }
    }
    let act = Act {
        office: held.case.office_id,
        id: held.case.id,
        kind: held.case.kind,
        action,
        expected_seq: seen,
        fields,
        uploads: asked.uploads,
        people: Vec::new(),
        by: held.actor,
        once: asked.once,
    };
    let done = commands::act_once(app, act).await;
    let (kind, stage) = (held.case.kind, held.case.stage);
    done.map(|done| done.value)
        .map_err(|error| words::explain(lang, kind, action, stage, error))
}

/// What was sent with an action.
pub struct Asked {
    pub fields: Map<String, Value>,
    pub uploads: Vec<(&'static str, Vec<u8>)>,
    pub once: Once,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Opened {
    new: String,
}

async fn track(
    State(app): State<App>,
    view: View,
    peer: Peer,
    Path(key): Path<String>,
    Query(opened): Query<Opened>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let held = open(&app, &key, peer).await?;
    let mut page = track_page(&app, &view, &held).await?;
    page.new = !opened.new.is_empty();
    page.flash = said.flash(&view, "intake");
    Ok(sealed(view.show(page)?))
}

async fn track_page(app: &App, view: &View, held: &Held) -> AppResult<TrackPage> {
    let lang = view.lang;
    let key = keys::open(&app.keys, &held.row)?;
    let base = format!("/K/{}", key.in_full());
    let seen = timeline(app, lang, held, &format!("{base}/files")).await?;
    let mut forms = if held.own {
        forms(app, lang, held).await?
    } else {
        Vec::new()
    };
    let rated = seen
        .state
        .callbacks_now()
        .any(|note| note.satisfied.is_some());
    let first = forms
        .iter()
        .position(|form| awaited(held.case.stage, form.action, rated))
        .map(|at| forms.remove(at));
    let request = store::request(app.db.read(), held.case.id).await?;
    let at = (request.and_then(|row| row.site_id), held.case.area_id);
    let office = held.case.office_id;
    Ok(TrackPage {
        base,
        qr: qr::data_address(&keys::address(&app.settings.public_url, &key))?,
        number: held.case.number.clone(),
        title: view::title(lang, &held.case, &seen.book),
        state: seen.words.clone(),
        tone: seen.tone,
        new: false,
        merged: seen.state.merged_into.as_ref().map(ToString::to_string),
        due: promised(lang, &seen),
        steps: seen.steps,
        timeline: newest_first(seen.timeline),
        own: held.own,
        refused: None,
        first,
        others: forms,
        next_desk: show::next_desk(app, lang, office, at).await?,
        flash: None,
    })
}

/// Whether an action is what the office waits for from the resident.
fn awaited(stage: Stage, action: &str, rated: bool) -> bool {
    match action {
        "callback" | "opinion" if rated => false,
        "callback" | "opinion" => matches!(stage, Stage::Verifying | Stage::Closed),
        "appeal" => stage == Stage::Rejected,
        _ => false,
    }
}

/// Until when an answer was promised.
fn promised(lang: Lang, seen: &view::Overview) -> String {
    let due = seen.state.due.citizen.as_ref();
    let due = due.filter(|_| seen.state.stage.is_open());
    due.map(|due| words::moment(lang, due.at))
        .unwrap_or_default()
}

fn newest_first(mut timeline: Vec<Entry>) -> Vec<Entry> {
    timeline.reverse();
    timeline
}

async fn act(
    State(app): State<App>,
    view: View,
    peer: Peer,
    Path(key): Path<String>,
    mut sent: Sent,
) -> AppResult<Response> {
    let held = open(&app, &key, peer).await?;
    let kind = held.case.kind;
    let known = |action: &Action| Command::fields(kind, *action).is_some();
    let action = Action::from_code(sent.get("action")).filter(known);
    let action = action.ok_or_else(|| Faults::one("action", FieldFault::UnknownChoice))?;
    let asked = asked(&held, action, &mut sent)?;
    let seen = sent.get("expected_seq").parse().ok();
    match take(&app, view.lang, &held, (action, seen), asked).await {
        Ok(_) => {
            let key = keys::open(&app.keys, &held.row)?;
            let to = format!("/K/{}?said=done", key.in_full());
            Ok(sealed(Redirect::to(&to).into_response()))
        }
        Err(error) => again(&app, &view, &key, peer, (action, &sent), error).await,
    }
}

fn asked(held: &Held, action: Action, sent: &mut Sent) -> AppResult<Asked> {
    let scope = format!("key {} {action}", held.row.id);
    let once = sent.once(&scope)?;
    let mut uploads = Vec::new();
    let pictures: Vec<&'static FieldSpec> = files::fields(held.case.kind, action);
    for field in pictures {
        while let Some(upload) = sent.take_file(field.name) {
            uploads.push((field.name, upload));
        }
    }
    Ok(Asked {
        fields: form::fields(held.case.kind, action, sent),
        uploads,
        once,
    })
}

async fn again(
    app: &App,
    view: &View,
    key: &str,
    peer: Peer,
    (action, sent): (Action, &Sent),
    error: AppError,
) -> AppResult<Response> {
    let AppError::Problem(problem) = &error else {
        return Err(error);
    };
    let held = open(app, key, peer).await?;
    let mut page = track_page(app, view, &held).await?;
    if problem.errors.is_empty() {
        page.refused = Some(page::problem_text(view.lang, problem));
    }
    let typed = Form::again(view.lang, sent, &error);
    let mut all: Vec<ActionForm> = page.first.take().into_iter().collect();
    all.append(&mut page.others);
    if let Some(at) = all.iter().position(|form| form.action == action.code()) {
        let mut form = all.remove(at);
        form.form = typed;
        page.first = Some(form);
    }
    page.others = all;
    Ok(sealed(view.show_with(problem.status, page)?))
}

/// A picture of a record that the holder sees.
async fn picture(
    State(app): State<App>,
    view: View,
    peer: Peer,
    Path((key, file)): Path<(String, String)>,
) -> AppResult<Response> {
    let held = open(&app, &key, peer).await?;
    let id: FileId = file.parse().map_err(|_| AppError::not_found())?;
    let seen = timeline(&app, view.lang, &held, "").await?;
    let shown = format!("/{id}");
    let among = seen
        .timeline
        .iter()
        .any(|entry| entry.files.iter().any(|file| file.href == shown));
    if !among {
        return Err(AppError::not_found());
    }
    let (mime, bytes) = files::open(&app, held.reader(), &held.case, id, None).await?;
    Ok(sealed(
        ([(header::CONTENT_TYPE, mime)], bytes).into_response(),
    ))
}
