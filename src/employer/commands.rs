//! Registering an employer, mending its facts, and the office's verdict.
use super::{
    form::{Details, Entry, Review},
    store::{self, Facts, Origin, Papers, Verdict},
};
use crate::{
    account::{
        self, Actor,
        commands::{Add, prepare},
        store::{Access, NewAccount},
    },
    domain::{
        contact::{PersonName, Phone},
        employer::EmployerStatus,
        fault::{Faults, FieldFault},
        id::{EmployerId, OfficeId, UnitId},
        role::Role,
        text::Line,
    },
    entity::employer::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        db::WriteTx,
        files::{self, Stored},
        once::{Done, Once},
        secret::{self, Keys},
    },
};

/// Pictures as they were uploaded.
#[derive(Default)]
pub struct Uploads {
    pub licence: Option<Vec<u8>>,
    pub authority: Option<Vec<u8>>,
}

/// Pictures that are safe on disk.
struct Pictures {
    licence: Option<Stored>,
    authority: Option<Stored>,
}

/// A registration as it was read from a form or a call.
pub struct Register {
    pub details: Details,
    pub uploads: Uploads,
    pub promised: bool,
    /// The co-host that brings it.
    pub source: Option<UnitId>,
    /// Whom to let in, and whether the password is only the first one.
    pub entry: Option<(Entry, FirstPassword)>,
}

/// 初始密码: whether the next sign-in asks for a new password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FirstPassword {
    ChosenByThem,
    GivenByUs,
}

/// Registers an employer, waiting for review, and its account when one is asked for.
///
/// # Errors
/// 409 `employer_exists`, `login_taken`; 422 on a picture that is none.
pub async fn register(
    app: &App,
    office: OfficeId,
    asked: Register,
    once: Once,
) -> AppResult<Done<EmployerId>> {
    let pictures = keep(app, asked.uploads).await?;
    let account = match asked.entry {
        Some((entry, first)) => {
            Some(prepare_account(app, office, &asked.details, entry, first).await?)
        }
        None => None,
    };
    let origin = Origin {
        office,
        uid: secret::uid(),
        source: asked.source,
    };
    let facts = seal(&app.keys, &origin.uid, asked.details, asked.promised)?;
    app.db
        .write_once(once, move |tx| async move {
            let papers = attach(&tx, office, pictures).await?;
            let id = store::insert(&tx, origin, facts, papers).await?;
            if let Some(mut account) = account {
                account.employer = Some(id);
                account::store::insert(&tx, account).await?;
            }
            Ok(id)
        })
        .await
}

/// The account's name is the employer's, cut to what fits.
async fn prepare_account(
    app: &App,
    office: OfficeId,
    details: &Details,
    entry: Entry,
    first: FirstPassword,
) -> AppResult<NewAccount> {
    let add = Add {
        login: entry.login.into_string(),
        name: details.name.as_str().to_owned(),
        role: Role::Employer,
        unit: None,
        employer: None,
        password: entry.password,
        must_change: first == FirstPassword::GivenByUs,
    };
    prepare(app, office, add).await
}

async fn keep(app: &App, uploads: Uploads) -> AppResult<Pictures> {
    Ok(Pictures {
        licence: keep_one(app, "licence", uploads.licence).await?,
        authority: keep_one(app, "authority", uploads.authority).await?,
    })
}

/// A picture that is none is a fault of its field.
async fn keep_one(
    app: &App,
    field: &'static str,
    upload: Option<Vec<u8>>,
) -> AppResult<Option<Stored>> {
    let Some(bytes) = upload else { return Ok(None) };
    match app.files.keep_picture(bytes).await {
        Ok(stored) => Ok(Some(stored)),
        Err(error) if error.code() == Some("not_an_image") => {
            Err(Faults::one(field, FieldFault::NotAnImage).into())
        }
        Err(error) => Err(error),
    }
}

async fn attach(tx: &WriteTx, office: OfficeId, pictures: Pictures) -> AppResult<Papers> {
    let mut papers = Papers::default();
    if let Some(stored) = pictures.licence {
        papers.licence = Some(files::attach(tx, office, "licence", None, stored).await?);
    }
    if let Some(stored) = pictures.authority {
        papers.authority = Some(files::attach(tx, office, "authority", None, stored).await?);
    }
    Ok(papers)
}

fn seal(keys: &Keys, uid: &str, details: Details, promised: bool) -> AppResult<Facts> {
    let text = |line: Option<Line>| line.map(String::from);
    Ok(Facts {
        contact_name: keys.seal(&name_place(uid), details.contact_name.in_full())?,
        contact_phone: keys.seal(&phone_place(uid), details.contact_phone.in_full())?,
        name: details.name.into_string(),
        uscc: details.uscc.into_string(),
        kind: details.kind,
        industry: details.industry,
        scale: details.scale,
        address: text(details.address).unwrap_or_default(),
        legal_person: text(details.legal_person),
        permit_no: text(details.permit_no),
        intro: details.intro.map(String::from).unwrap_or_default(),
        licence_until: details.licence_until,
        promised,
    })
}

fn name_place(uid: &str) -> String {
    format!("employer:{uid}:contact_name")
}

fn phone_place(uid: &str) -> String {
    format!("employer:{uid}:contact_phone")
}

/// The contact of an employer, opened. Its types print masks; what leaves in full is recorded.
///
/// # Errors
/// When the key does not fit the column.
pub fn contact(keys: &Keys, employer: &Model) -> AppResult<(Option<PersonName>, Option<Phone>)> {
    let open = |place: String, sealed: &Option<Vec<u8>>| {
        let opened = sealed.as_deref().map(|sealed| keys.open(&place, sealed));
        opened.transpose()
    };
    let name = open(name_place(&employer.uid), &employer.contact_name_sealed)?;
    let phone = open(phone_place(&employer.uid), &employer.contact_phone_sealed)?;
    Ok((
        name.and_then(|name| PersonName::parse(&name).ok()),
        phone.and_then(|phone| Phone::parse(&phone).ok()),
    ))
}

/// An employer mends its own facts. What the office verified against the licence is verified
/// again; after a return the papers go back to the queue.
///
/// # Errors
/// 409 `employer_rejected` after a rejection, `stale`, `employer_exists`.
pub async fn mend(
    app: &App,
    office: OfficeId,
    id: EmployerId,
    details: Details,
    uploads: Uploads,
) -> AppResult<()> {
    let pictures = keep(app, uploads).await?;
    let keys = app.keys.clone();
    app.db
        .write(move |tx| async move {
            let seen = store::find(tx.conn(), office, id).await?;
            if seen.status == EmployerStatus::Rejected {
                return Err(AppError::conflict("employer_rejected"));
            }
            let papers = attach(&tx, office, pictures).await?;
            let status = status_after(&seen, &details, papers);
            let facts = seal(&keys, &seen.uid, details, true)?;
            store::update(&tx, &seen, status, facts, papers).await
        })
        .await
}

/// Approved stays approved while nothing changed that the licence says.
fn status_after(seen: &Model, details: &Details, papers: Papers) -> EmployerStatus {
    let same = seen.name == details.name.as_str()
        && seen.uscc == details.uscc.as_str()
        && seen.kind == details.kind
        && seen.permit_no.as_deref() == details.permit_no.as_ref().map(Line::as_str)
        && seen.licence_until == details.licence_until
        && papers.licence.is_none();
    if seen.status == EmployerStatus::Approved && same {
        EmployerStatus::Approved
    } else {
        EmployerStatus::Pending
    }
}

/// Whether this account sees an employer: the office sees all, a co-host those it brought.
pub fn lane(actor: &Actor) -> AppResult<Option<UnitId>> {
    if actor.role == Role::CoHost {
        actor.unit.map(Some).ok_or_else(AppError::forbidden)
    } else {
        Ok(None)
    }
}

/// # Errors
/// 404 for employers outside the actor's lane.
pub async fn look(app: &App, actor: &Actor, id: EmployerId) -> AppResult<Model> {
    let employer = store::find(app.db.read(), actor.office, id).await?;
    in_lane(actor, employer)
}

fn in_lane(actor: &Actor, employer: Model) -> AppResult<Model> {
    match lane(actor)? {
        Some(unit) if employer.source_unit_id != Some(unit) => Err(AppError::not_found()),
        _ => Ok(employer),
    }
}

/// The office's verdict on an employer.
///
/// # Errors
/// 404 outside the actor's lane, 409 `stale` when somebody decided at the same time.
pub async fn review(app: &App, actor: Actor, id: EmployerId, review: Review) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let seen = store::find(tx.conn(), actor.office, id).await?;
            let seen = in_lane(&actor, seen)?;
            let verdict = Verdict {
                status: review.decision.status(),
                reason: review.reason,
                by: actor.account,
            };
            store::review(&tx, &seen, verdict).await
        })
        .await
}

/// Records who looked at a contact's phone and why, then opens it.
pub async fn reveal(
    app: &App,
    actor: Actor,
    id: EmployerId,
    reason: String,
    ip: String,
) -> AppResult<Option<Phone>> {
    let employer = look(app, &actor, id).await?;
    app.db
        .write(move |tx| async move {
            let access = Access {
                office: actor.office,
                account: Some(actor.account),
                action: "reveal",
                subject: "employers",
                subject_id: Some(id.0),
                reason: &reason,
                ip: &ip,
            };
            account::store::record_access(&tx, access).await
        })
        .await?;
    Ok(contact(&app.keys, &employer)?.1)
}

/// Forgives an employer's no-shows so far, with a reason.
pub async fn pardon(app: &App, actor: Actor, id: EmployerId, reason: String) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let employer = store::find(tx.conn(), actor.office, id).await?;
            store::pardon(&tx, employer.id, actor.account, reason).await
        })
        .await
}
