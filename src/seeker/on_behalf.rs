//! 代为报名: staff register somebody who stands before them, at the desk, at the gate, or at the gate
//! without a network. Whoever has a ticket keeps it, whatever code is in the hand.
use super::{
    commands::{self, InHand, NewRegistration},
    form,
    notices::{self, Agreed},
    source::Channel,
};
use crate::{
    account::Actor,
    domain::id::RegistrationId,
    entity::{fair, registration},
    error::AppResult,
    platform::{App, form::Sent, once::Once, text::Lang},
};

/// What became of it.
pub enum Entered {
    New(RegistrationId),
    /// The number has this ticket already.
    Known(Box<registration::Model>),
    /// The same, and the code in the hand leads to it now.
    Joined(Box<registration::Model>),
}

/// Registers by the form of staff.
///
/// # Errors
/// 422 with the fields that are wrong; as [`enter`].
pub async fn by_form(
    app: &App,
    actor: &Actor,
    lang: Lang,
    fair: &fair::Model,
    (channel, sent): (Channel, &Sent),
) -> AppResult<Entered> {
    let (wish, code) = form::wish_and_blank(sent)?;
    let notices = notices::of(app, fair.office_id, lang).await?;
    let new = NewRegistration {
        wish,
        area: None,
        source: channel.into(),
        agreed: Agreed::from(&notices),
        code: code.map(InHand::Blank),
        by: Some(actor.account),
    };
    let once = sent.once(&format!("{} {} {}", actor.account, channel.code(), fair.id))?;
    enter(app, actor, fair, once, new).await
}

/// Registers, or finds the ticket of a number that is registered already.
///
/// # Errors
/// As [`commands::register`] otherwise, and as [`commands::join_blank`].
pub async fn enter(
    app: &App,
    actor: &Actor,
    fair: &fair::Model,
    once: Once,
    new: NewRegistration,
) -> AppResult<Entered> {
    let (phone, held) = (new.wish.contact.phone.clone(), new.code.clone());
    let error = match commands::register(app, fair, once, new).await {
        Ok(done) => return Ok(Entered::New(done.value)),
        Err(error) if error.code() == Some("already_registered") => error,
        Err(error) => return Err(error),
    };
    let known = commands::registered(app, fair, &phone).await?;
    let known = known.ok_or(error)?;
    let joined = match held {
        Some(InHand::Blank(code)) => {
            commands::join_blank(app, actor, &known, &code).await?;
            true
        }
        // That a code which was given out is another's stands in the gate's list of differences.
        Some(InHand::GivenOut(code)) => commands::join(app, actor, &known, &code).await?,
        None => false,
    };
    let known = Box::new(known);
    Ok(if joined {
        Entered::Joined(known)
    } else {
        Entered::Known(known)
    })
}
