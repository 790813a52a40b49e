//! 现场登记, reported late: somebody was registered at a gate without a network and got a code that the
//! device had made.
use super::{
    Scan, Shown, Token, commands as scans,
    form::ScanBody,
    routes_api::{Checked, believed},
};
use crate::{
    account::{Actor, Routes},
    domain::{
        fault::{Faults, FieldFault},
        ticket::Code,
    },
    entity::fair,
    error::AppResult,
    platform::{
        App,
        api::{Call, ProblemDocument},
        once::Once,
        text::Lang,
    },
    seeker::{
        commands::{InHand, NewRegistration},
        fairs,
        form::Raw,
        notices::{self, Agreed},
        on_behalf::{self, Entered},
        roles::GATE,
        source::Channel,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa_axum::routes;

pub fn routes() -> Routes {
    Routes::new().api(GATE, routes!(enter))
}

/// Who was let in without a ticket.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WalkInBody {
    /// Name, or what to call the person.
    name: String,
    /// A mainland mobile number in any spelling.
    phone: String,
    #[serde(default)]
    wanted: String,
    /// Codes of target groups.
    #[serde(default)]
    groups: Vec<String>,
    /// Version of the notice that was read aloud.
    consent_version: String,
    /// The scan that let the person in: with the `code` that the device made or read from a blank
    /// ticket.
    scan: ScanBody,
    /// The device's clock when it sent this: a scan that does not say by how much it was wrong is
    /// set right by it.
    sent_at: Option<DateTime<Utc>>,
}

/// Registers somebody who went in already, under the code that the device gave out. A number that is
/// registered keeps its ticket, and the code leads to it: one person, counted once. The same nonce is
/// one registration.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/walk-ins", tag = "gate",
    params(("fair" = String, Path)), request_body = WalkInBody,
    responses((status = 200, body = Checked), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn enter(
    State(app): State<App>,
    actor: Actor,
    lang: Lang,
    Path(slug): Path<String>,
    call: Call<WalkInBody>,
) -> AppResult<Json<Checked>> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let (sent, now) = (call.body.sent_at, app.db.now());
    let (new, code, scan) = read(&app, &actor, &fair, lang, call.body).await?;
    let scan = believed(scan, &fair, (sent, now));
    // Whoever sends it again, it is the same person at the same gate.
    let nonce = scan.nonce.as_bytes();
    let once = Once::keyed(format!("walk-in {}", fair.id), &scan.nonce, nonce)?;
    let id = match on_behalf::enter(&app, &actor, &fair, once, new).await? {
        Entered::New(id) => id,
        Entered::Known(row) | Entered::Joined(row) => row.id,
    };
    let nonce = scan.nonce.clone();
    let scan = Scan {
        token: Token::Registration(id),
        given: Some(code),
        shown: Some(Shown::Passed),
        offline: true,
        ..scan
    };
    let answer = scans::check_in(&app, &fair, actor.account, scan).await?;
    Ok(Json(Checked::of(nonce, answer, now)))
}

async fn read(
    app: &App,
    actor: &Actor,
    fair: &fair::Model,
    lang: Lang,
    body: WalkInBody,
) -> AppResult<(NewRegistration, Code, Scan)> {
    let scan = body.scan.read(&fairs::gates(fair))?;
    let mut faults = Faults::new();
    let raw = Raw {
        name: &body.name,
        phone: &body.phone,
        wanted: &body.wanted,
        groups: body.groups.iter().map(String::as_str).collect(),
        consent: true,
    };
    let wish = raw.read(&mut faults);
    let code = match &scan.token {
        Token::Code(code) => Ok(code.clone()),
        _ => Err(FieldFault::Required),
    };
    let code: Option<Code> = faults.take("scan/code", code);
    let notices = notices::of(app, fair.office_id, lang).await?;
    if body.consent_version != notices.registration.version {
        faults.add("consent_version", FieldFault::UnknownChoice);
    }
    let (wish, code) = faults.into_result(wish.zip(code))?;
    let new = NewRegistration {
        wish,
        area: None,
        source: Channel::Gate.into(),
        agreed: Agreed::from(&notices),
        code: Some(InHand::GivenOut(code.clone())),
        by: Some(actor.account),
    };
    Ok((new, code, scan))
}
