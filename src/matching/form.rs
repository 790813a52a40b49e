//! What seekers, employers and staff send about a match.
use super::{
    commands::Move,
    moves::{self, Side},
};
use crate::{
    case,
    domain::{
        case::{Action, Command, Kind, ShareField},
        fault::{Faults, FieldFault},
        id::AccountId,
    },
    error::{AppError, AppResult},
    person::consent::Notice,
    platform::form::Sent,
};

/// What a seeker can let an employer see; nothing else of a seeker is kept.
pub const OFFERED: [ShareField; 3] = [ShareField::Name, ShareField::Phone, ShareField::Wanted];

/// A decision of a seeker about what one employer may see.
#[derive(Clone, Debug)]
pub struct Share {
    pub fields: Vec<ShareField>,
    /// Hash of the notice that was shown or read aloud.
    pub text_hash: String,
    /// ticket, api, desk
    pub channel: &'static str,
    pub recorded_by: Option<AccountId>,
}

/// Where a decision came from.
#[derive(Clone, Copy, Debug)]
pub struct Through {
    pub channel: &'static str,
    pub recorded_by: Option<AccountId>,
}

impl Share {
    pub fn new(fields: Vec<ShareField>, notice: &Notice, through: Through) -> Self {
        Self {
            fields,
            text_hash: notice.hash(),
            channel: through.channel,
            recorded_by: through.recorded_by,
        }
    }
}

/// Reads codes of fields to share; each once, only those on offer.
pub fn fields<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<Vec<ShareField>, FieldFault> {
    let mut fields = Vec::new();
    for code in codes.into_iter().filter(|code| !code.is_empty()) {
        let field = ShareField::from_code(code).filter(|field| OFFERED.contains(field));
        let field = field.ok_or(FieldFault::UnknownChoice)?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    Ok(fields)
}

/// The boxes and the tick of the page on which a seeker decides.
///
/// # Errors
/// 422 when something is shared without the tick.
pub fn share(sent: &Sent, notice: &Notice, through: Through) -> AppResult<Share> {
    let mut faults = Faults::new();
    let fields = faults.take("share", fields(sent.all("share")));
    let any = fields.as_ref().is_some_and(|fields| !fields.is_empty());
    if any && sent.get("consent").is_empty() {
        faults.add("consent", FieldFault::ConsentNeeded);
    }
    let fields = faults.into_result(fields)?;
    Ok(Share::new(fields, notice, through))
}

/// The sequence that the page showed.
pub fn seq(sent: &Sent) -> Option<u64> {
    sent.get("seq").parse().ok()
}

/// The action of a form, if this side's pages have it.
///
/// # Errors
/// 422 with a pointer to each field that is wrong; 403 for actions of another side.
pub fn action(sent: &Sent, side: Side) -> AppResult<Move> {
    let action = Action::from_code(sent.get("action"));
    let action = action.ok_or_else(|| Faults::one("action", FieldFault::UnknownChoice))?;
    if !belongs(action, side) {
        return Err(AppError::forbidden());
    }
    let kind = Kind::EmploymentMatch;
    let fields = case::form::fields(kind, action, sent);
    Ok(Move {
        expected_seq: seq(sent),
        command: Command::parse(kind, action, &fields)?,
    })
}

fn belongs(action: Action, side: Side) -> bool {
    use Action as A;
    match side {
        Side::Seeker => matches!(
            action,
            A::OfferAccept
                | A::OfferDecline
                | A::SubmitResult
                | A::Callback
                | A::Appeal
                | A::Reopen
                | A::Update
                | A::Escalate
                | A::Withdraw
        ),
        Side::Employer => matches!(
            action,
            A::Acknowledge
                | A::NotSelected
                | A::InterviewSet
                | A::Interviewed
                | A::Offer
                | A::SubmitResult
                | A::Update
        ),
        Side::Office | Side::Desk => true,
    }
}

/// Whether a form asks for the interview at the booth.
pub fn is_met(sent: &Sent) -> bool {
    sent.get("action") == moves::MET
}

/// 1 to 5.
///
/// # Errors
/// The fault of the field.
pub fn rating(raw: i64) -> Result<i32, FieldFault> {
    let fault = FieldFault::OutOfRange { min: 1, max: 5 };
    i32::try_from(raw)
        .ok()
        .filter(|stars| (1..=5).contains(stars))
        .ok_or(fault)
}
