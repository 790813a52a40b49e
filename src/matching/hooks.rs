//! What this capability adds to the ticket, and to the ledger's shared door.
use super::{
    commands::{self, Interest, Opened},
    form::{self, Share, Through},
    moves::{self, Side},
    store, view,
};
use crate::{
    account::Actor,
    case::{Asked, FactLine, OfKind, Opening, door, store as ledger},
    domain::{
        case::{InterestChannel, Kind},
        fair::FairStatus,
        fault::{Faults, FieldFault},
        id::{PostingId, RegistrationId},
        role::Role,
    },
    entity::fair,
    error::{AppError, AppResult},
    fair::{Crowd, Mine, store as fairs},
    person::consent::{self, Notice, Purpose},
    platform::{
        App,
        once::{Done, Once},
        text::{self, Lang},
    },
    posting::store as postings,
    queue,
    seeker::{MatchRow, Matches, ticket},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use serde_json::Value;

/// Who works on placements; a community clerk calls people and takes in interests.
pub(super) const TAKE_IN: &[Role] = &[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CommunityClerk,
];

/// Who opens the papers of an employer from a match.
const PLACERS: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer];

/// 入场券上的对接和排队
pub const MATCHES: Matches = Matches {
    of: |app, id, lang| Box::pin(async move { rows(&app, id, lang).await }),
    queues: |app, id| Box::pin(async move { queue::view::rows(&app, id).await }),
    kept: |app, id| Box::pin(async move { queue::view::kept(&app, id).await }),
    withdraw: |tx, keys, id| {
        Box::pin(async move {
            queue::commands::leave_all(tx, id).await?;
            commands::withdraw_all(tx, keys, id).await
        })
    },
};

/// 摊位图上的排队人数和自己的意向
pub const CROWD: Crowd = Crowd {
    waiting: |app, fair| Box::pin(async move { queue::store::counts(app.db.read(), fair).await }),
    mine: |app, jar| Box::pin(async move { mine(&app, &jar).await }),
};

/// 台账中的对接: how the shared door opens a match, and what the ledger's pages say of one.
pub const LEDGER: OfKind = OfKind {
    kind: Kind::EmploymentMatch,
    open: |app, opening| Box::pin(async move { open(&app, opening).await }),
    facts: |app, asked| Box::pin(async move { facts(&app, asked).await }),
    lines: |app, asked, cases| {
        Box::pin(async move { view::case_lines(&app, (asked.lang, asked.office), &cases).await })
    },
};

/// # Errors
/// 403 for who does not take in interests of others, and as [`open_on_behalf`].
async fn open(app: &App, opening: Opening) -> AppResult<Done<String>> {
    if !opening.actor.is(TAKE_IN) {
        return Err(AppError::forbidden());
    }
    let asked = serde_json::from_value(Value::Object(opening.fields)).map_err(|error| {
        AppError::unprocessable("wrong_shape").param("where", error.to_string())
    })?;
    let done = open_on_behalf(app, &opening.actor, opening.lang, opening.once, asked).await?;
    Ok(done.map(|opened| opened.number))
}

async fn facts(app: &App, asked: Asked) -> AppResult<Vec<FactLine>> {
    let found = store::by_case(app.db.read(), asked.office, asked.case).await?;
    let side = match asked.reader {
        door::Reader::Office => Side::Office,
        door::Reader::Employer(..) => Side::Employer,
        door::Reader::Person(_) => Side::Seeker,
    };
    let reader = view::Reader {
        lang: asked.lang,
        side,
    };
    let may_open = |roles: &[Role]| asked.role.is_some_and(|role| roles.contains(&role));
    let links = view::Links {
        employer: may_open(PLACERS),
        person: may_open(TAKE_IN),
    };
    view::case_facts(app, reader, links, &found).await
}

async fn rows(app: &App, id: RegistrationId, lang: Lang) -> AppResult<Vec<MatchRow>> {
    let found = store::of_registration(app.db.read(), id).await?;
    let Some(first) = found.first() else {
        return Ok(Vec::new());
    };
    let shelf = view::shelf(app, first.row.office_id, &found).await?;
    let root = format!("{}/matches", ticket::base(app, id).await?);
    let now = app.db.now();
    found
        .iter()
        .map(|one| {
            let line = shelf.line(lang, one, &root, now)?;
            let (state, tone) = moves::standing(&ledger::state(&one.case)?);
            Ok(MatchRow {
                number: line.number,
                title: line.title,
                employer: line.employer,
                booth: line.booth.unwrap_or_default(),
                pay: line.pay,
                state: text::say::<&str>(lang, &format!("matching.state.{state}"), &[]),
                tone: tone.to_owned(),
                href: line.href,
            })
        })
        .collect()
}

async fn mine(app: &App, jar: &CookieJar) -> AppResult<Option<Mine>> {
    let Some(ticket) = ticket::remembered(app, jar).await? else {
        return Ok(None);
    };
    let interests = store::of_registration(app.db.read(), ticket.id).await?;
    let open = interests.iter().map(|one| &one.row).filter(|row| row.open);
    Ok(Some(Mine {
        fair: ticket.fair,
        href: ticket::base(app, ticket.id).await?,
        employers: open.map(|row| row.employer_id).collect(),
        stands: queue::view::stands(app, ticket.id).await?,
    }))
}

/// 代办登记意向: for somebody without a telephone, at the desk or on the line.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnBehalf {
    /// Slug of the evening.
    pub fair: String,
    /// Code of the ticket, or the number printed on it.
    pub ticket: String,
    pub posting: String,
    /// What the person lets the employer see: name, phone, wanted.
    #[serde(default)]
    pub share: Vec<String>,
    /// Version of the notice that was read aloud; needed when something is shared.
    #[serde(default)]
    pub consent_version: Option<String>,
}

/// Records an interest on behalf of somebody, by an officer or a clerk.
///
/// # Errors
/// As [`commands::interest`]; 422 for what cannot be read.
pub async fn open_on_behalf(
    app: &App,
    actor: &Actor,
    lang: Lang,
    once: Once,
    asked: OnBehalf,
) -> AppResult<Done<Opened>> {
    let mut faults = Faults::new();
    let fair = announced(app, actor, &asked.fair).await;
    let fair = faults.take("fair", fair.map_err(|_| FieldFault::NotFound));
    let ticket = match &fair {
        Some(fair) => by_code_or_number(app, fair.id, &asked.ticket).await?,
        None => None,
    };
    if fair.is_some() && ticket.is_none() {
        faults.add("ticket", FieldFault::NotFound);
    }
    let posting: Result<PostingId, _> = asked.posting.trim().parse();
    let posting = faults.take("posting", posting.map_err(|_| FieldFault::NotFound));
    let fields = form::fields(asked.share.iter().map(String::as_str));
    let fields = faults.take("share", fields);
    let shares = fields.as_ref().is_some_and(|fields| !fields.is_empty());
    let version = asked.consent_version.as_deref().unwrap_or_default();
    if shares && version != Purpose::ShareContact.version() {
        faults.add("consent_version", FieldFault::ConsentNeeded);
    }
    let read = faults.into_result(ticket.zip(posting).zip(fields))?;
    let ((ticket, posting), fields) = read;
    let notice = notice_for(app, actor, lang, posting).await?;
    let through = Through {
        channel: "desk",
        recorded_by: Some(actor.account),
    };
    let new = Interest {
        registration: ticket,
        posting,
        channel: InterestChannel::Desk,
        share: Some(Share::new(fields, &notice, through)),
        rating: None,
        note: None,
        scanned_by: None,
    };
    let by = door::acting(app.db.read(), actor).await?;
    commands::interest(app, actor.office, by, once, new).await
}

/// An evening of the office that is no draft any more.
///
/// # Errors
/// 404 when there is none of that name.
pub async fn announced(app: &App, actor: &Actor, slug: &str) -> AppResult<fair::Model> {
    let fair = fairs::find(app.db.read(), actor.office, slug).await?;
    if fair.status == FairStatus::Draft {
        return Err(AppError::not_found());
    }
    Ok(fair)
}

/// The standing ticket that somebody names by code or by the number printed large on it.
pub async fn by_code_or_number(
    app: &App,
    fair: crate::domain::id::FairId,
    raw: &str,
) -> AppResult<Option<RegistrationId>> {
    let digits = crate::domain::text::half_width(raw);
    if let Ok(number) = digits.trim().parse::<i64>()
        && digits.trim().len() <= 6
    {
        let found = store::by_ticket_number(app.db.read(), fair, number).await?;
        return Ok(found.map(|row| row.id));
    }
    match ticket::by_code(app, fair, raw).await {
        Ok(ticket) => Ok(Some(ticket.id)),
        Err(AppError::Internal(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// The notice that names the employer of a posting.
///
/// # Errors
/// 422 when the office has no such posting.
pub async fn notice_for(
    app: &App,
    actor: &Actor,
    lang: Lang,
    posting: PostingId,
) -> AppResult<Notice> {
    let db = app.db.read();
    let Ok(posting) = postings::find(db, actor.office, posting).await else {
        return Err(Faults::one("posting", FieldFault::NotFound).into());
    };
    let employer = store::employer(db, actor.office, posting.employer_id).await?;
    let collector = consent::collector(db, actor.office, lang).await?;
    Ok(Notice::of(
        Purpose::ShareContact,
        lang,
        &collector,
        &employer.name,
    ))
}
