//! Registering, amending, withdrawing: one function, one transaction.
use super::{
    Matches,
    door::{Door, door},
    form::Wish,
    gate,
    notices::Agreed,
    source::Source,
    store::{self, ACTIVE, NewRow, Window},
    ticket::{secret_of, secret_place, withdrawn},
};
use crate::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    domain::{
        contact::Phone,
        fault::{Faults, FieldFault},
        group::TargetGroup,
        id::{AccountId, AreaId, FairId, OfficeId, PersonId, RegistrationId},
        ticket::{Code, Secret},
    },
    entity::{fair, registration},
    error::{AppError, AppResult},
    person::{
        self,
        consent::{self, Given, Purpose},
    },
    platform::{
        App,
        db::WriteTx,
        once::{Done, Once},
        secret::{self, Keys},
    },
};

/// Codes are drawn by lot; so often another is drawn when one is taken.
const DRAWS: usize = 8;

/// A registration to be made.
pub struct NewRegistration {
    pub wish: Wish,
    pub area: Option<AreaId>,
    pub source: Source,
    pub agreed: Agreed,
    pub code: Option<InHand>,
    /// The member of staff who registers on behalf.
    pub by: Option<AccountId>,
}

/// A code that was made without a network and that somebody holds in his hand.
#[derive(Clone, Debug)]
pub enum InHand {
    /// Of a blank ticket, while he stands there: when it is no good he gets another.
    Blank(Code),
    /// Given out at a gate before the server heard of it: he is in with it.
    GivenOut(Code),
}

impl InHand {
    fn code(&self) -> &Code {
        match self {
            Self::Blank(code) | Self::GivenOut(code) => code,
        }
    }
}

/// What of a fair a registration needs.
#[derive(Clone, Copy)]
struct Evening {
    id: FairId,
    office: OfficeId,
}

/// Registers somebody: exactly as many as there are places, a telephone number once.
///
/// # Errors
/// 409 `fair_full`, `already_registered`, `registration_not_open`, `registration_closed`,
/// `fair_cancelled`; 429 when one number tries too often.
pub async fn register(
    app: &App,
    fair: &fair::Model,
    once: Once,
    new: NewRegistration,
) -> AppResult<Done<RegistrationId>> {
    let phone = new.wish.contact.phone.clone();
    let evening = Evening {
        id: fair.id,
        office: fair.office_id,
    };
    let within = app.clone();
    let done = app.db.write_once(once, move |tx| async move {
        if new.by.is_none() {
            let phone = new.wish.contact.phone.in_full();
            within.limits.registration_of(phone)?;
        }
        enter(&tx, &within.keys, evening, new).await
    });
    match done.await {
        Ok(done) => {
            app.live.touch(evening.id);
            Ok(done)
        }
        Err(error) if error.code() == Some("fair_full") => {
            match registered(app, fair, &phone).await? {
                Some(_) => Err(AppError::conflict("already_registered")),
                None => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// The standing registration of a telephone number for a fair.
pub async fn registered(
    app: &App,
    fair: &fair::Model,
    phone: &Phone,
) -> AppResult<Option<registration::Model>> {
    match person::known(app, fair.office_id, phone).await? {
        Some(person) => store::standing(app.db.read(), fair.id, person).await,
        None => Ok(None),
    }
}

async fn enter(
    tx: &WriteTx,
    keys: &Keys,
    evening: Evening,
    new: NewRegistration,
) -> AppResult<RegistrationId> {
    let window = match (new.by, &new.code) {
        (Some(_), Some(_)) => Window::Late,
        (Some(_), None) => Window::Staff,
        (None, _) => Window::Public,
    };
    let person = person::enter(tx, keys, evening.office, &new.wish.contact).await?;
    agree(tx, person, &new).await?;
    // Late, because everybody of the evening waits for whoever has its row.
    let Some(number) = store::take_place(tx, evening.id, window).await? else {
        return Err(why_not(tx, evening, window).await?);
    };
    let code = match &new.code {
        Some(held) => free(tx, evening, person, held).await?,
        None => None,
    };
    let id = give_ticket(tx, keys, evening, (person, number), (&new, code.clone())).await?;
    if let Some(code) = code {
        gate::adopt(tx, evening.id, &code, id).await?;
    }
    Ok(id)
}

/// The code in somebody's hand, unless it is another's. A blank ticket is refused then, because he
/// can have another; whoever went in with a device's code gets one by lot, and the gate's list of
/// differences says so.
async fn free(
    tx: &WriteTx,
    evening: Evening,
    person: PersonId,
    held: &InHand,
) -> AppResult<Option<Code>> {
    let code = held.code();
    let here = store::by_code(tx.conn(), evening.id, code).await?;
    let InHand::Blank(_) = held else {
        return Ok(here.is_none().then(|| code.clone()));
    };
    if store::standing(tx.conn(), evening.id, person)
        .await?
        .is_some()
    {
        return Err(AppError::conflict("already_registered"));
    }
    let fault = match here {
        Some(_) => FieldFault::BlankTaken,
        None if elsewhere(tx, evening.office, code).await? => FieldFault::BlankOfOtherFair,
        None => return Ok(Some(code.clone())),
    };
    Err(Faults::one("code", fault).into())
}

/// Whether a code that is nobody's at this evening is somebody's at another.
async fn elsewhere(tx: &WriteTx, office: OfficeId, code: &Code) -> AppResult<bool> {
    let ids = store::ids_by_code(tx.conn(), office, code).await?;
    Ok(!ids.is_empty())
}

/// Lets a code that somebody got in his hand lead to the ticket that he had before; who did it
/// stands in the record. Says whether it does: not when it is another's.
///
/// # Errors
/// 410 when the registration was withdrawn.
pub async fn join(
    app: &App,
    actor: &Actor,
    row: &registration::Model,
    code: &Code,
) -> AppResult<bool> {
    let (id, fair) = (row.id, row.fair_id);
    let (actor, code) = (actor.clone(), code.clone());
    let done = app.db.write(move |tx| async move {
        let row = store::lock(&tx, id).await?;
        let row = row.filter(|row| row.status == ACTIVE);
        let row = row.ok_or_else(withdrawn)?;
        store::hold_fair(&tx, fair).await?;
        if let Some(holder) = store::by_code(tx.conn(), fair, &code).await? {
            return Ok(holder.id == id);
        }
        store::join_code(&tx, &row, &code, actor.account).await?;
        note(&tx, &actor, row.person_id, "join_code").await?;
        gate::adopt(&tx, fair, &code, id).await?;
        Ok(true)
    });
    let done = done.await?;
    app.live.touch(fair);
    Ok(done)
}

/// The same for the blank ticket of somebody who stands there: one that is another's, at this
/// evening or at another of the office, is refused.
///
/// # Errors
/// 422 with the field `code`; as [`join`].
pub async fn join_blank(
    app: &App,
    actor: &Actor,
    row: &registration::Model,
    code: &Code,
) -> AppResult<()> {
    let known = store::ids_by_code(app.db.read(), actor.office, code).await?;
    let here = store::by_code(app.db.read(), row.fair_id, code).await?;
    if here.is_none() && !known.is_empty() {
        return Err(Faults::one("code", FieldFault::BlankOfOtherFair).into());
    }
    if join(app, actor, row, code).await? {
        Ok(())
    } else {
        Err(Faults::one("code", FieldFault::BlankTaken).into())
    }
}

/// Why there was no place.
async fn why_not(tx: &WriteTx, evening: Evening, window: Window) -> AppResult<AppError> {
    let fair = store::fair_by_id(tx.conn(), evening.office, evening.id).await?;
    let fair = fair.ok_or_else(AppError::not_found)?;
    let refusal = match (window, door(&fair, tx.now)) {
        (_, Door::Cancelled) => "fair_cancelled",
        (Window::Public, Door::NotYet) => "registration_not_open",
        (Window::Public, Door::Closed) | (Window::Public | Window::Staff, Door::Over) => {
            "registration_closed"
        }
        _ => "fair_full",
    };
    Ok(AppError::conflict(refusal))
}

async fn give_ticket(
    tx: &WriteTx,
    keys: &Keys,
    evening: Evening,
    (person, number): (PersonId, i64),
    (new, held): (&NewRegistration, Option<Code>),
) -> AppResult<RegistrationId> {
    for _ in 0..DRAWS {
        // By lot: that it is taken is as likely as winning a lottery, and then another is drawn.
        let code = held
            .clone()
            .unwrap_or_else(|| Code::from_bytes(secret::random()));
        let uid = secret::uid();
        let secret = Secret::from_bytes(secret::random());
        let row = NewRow {
            fair: evening.id,
            person,
            number,
            secret_hash: secret::token_hash(secret.in_full()),
            secret_sealed: keys.seal(&secret_place(&uid), secret.in_full())?,
            uid,
            code,
            wanted: new.wish.wanted.clone(),
            groups: new.wish.groups.clone(),
            area: new.area,
            source: new.source,
            by: new.by,
        };
        if let Some(id) = store::insert(tx, row).await? {
            return Ok(id);
        }
        if store::standing(tx.conn(), evening.id, person)
            .await?
            .is_some()
        {
            return Err(AppError::conflict("already_registered"));
        }
    }
    Err(AppError::unavailable())
}

async fn agree(tx: &WriteTx, person: PersonId, new: &NewRegistration) -> AppResult<()> {
    let mut fields = vec!["name".to_owned(), "phone".to_owned()];
    if !new.wish.wanted.is_empty() {
        fields.push("wanted".into());
    }
    let channel = new.source.channel;
    let given = Given {
        person,
        purpose: Purpose::Registration,
        text_hash: new.agreed.registration.clone(),
        channel: channel.code().into(),
        employer: None,
        fields,
        recorded_by: new.by,
    };
    consent::record(tx, given).await?;
    if new.wish.groups.is_empty() {
        return Ok(());
    }
    let hash = new.agreed.groups.clone();
    agree_to_groups(tx, person, &new.wish.groups, (hash, channel.code(), new.by)).await
}

/// Ticking a group is an agreement of its own, because some groups concern health or hardship.
async fn agree_to_groups(
    tx: &WriteTx,
    person: PersonId,
    groups: &[TargetGroup],
    (text_hash, channel, recorded_by): (String, &str, Option<AccountId>),
) -> AppResult<()> {
    let given = Given {
        person,
        purpose: Purpose::Groups,
        text_hash,
        channel: channel.into(),
        employer: None,
        fields: groups.iter().map(|group| group.code()).collect(),
        recorded_by,
    };
    consent::record(tx, given).await
}

/// Writes what the holder of a ticket wants and belongs to.
///
/// # Errors
/// 410 when the registration was withdrawn.
pub async fn amend(
    app: &App,
    row: &registration::Model,
    (wanted, groups): (String, Vec<TargetGroup>),
    text_hash: String,
) -> AppResult<()> {
    let (id, person, fair) = (row.id, row.person_id, row.fair_id);
    let done = app.db.write(move |tx| async move {
        if !store::amend(&tx, id, wanted, &groups).await? {
            return Err(withdrawn());
        }
        if groups.is_empty() {
            return consent::withdraw(&tx, person, Purpose::Groups, None).await;
        }
        agree_to_groups(&tx, person, &groups, (text_hash, "ticket", None)).await
    });
    done.await?;
    app.live.touch(fair);
    Ok(())
}

/// Takes a registration back, by its holder or by staff on behalf. A ticket erases what it
/// brought; with the last standing one the person is erased. So somebody who only knows another's
/// number cannot make that person disappear.
pub async fn withdraw(
    app: &App,
    matches: Matches,
    row: &registration::Model,
    by: Option<&Actor>,
) -> AppResult<()> {
    let (id, fair, by) = (row.id, row.fair_id, by.cloned());
    let keys = app.keys.clone();
    let done = app.db.write(move |tx| async move {
        let row = store::lock(&tx, id)
            .await?
            .ok_or_else(AppError::not_found)?;
        if row.status != ACTIVE {
            return Ok(());
        }
        (matches.withdraw)(&tx, &keys, id).await?;
        take_back(&tx, &row).await?;
        match by {
            Some(actor) => note(&tx, &actor, row.person_id, "erase").await,
            None => Ok(()),
        }
    });
    done.await?;
    app.live.touch(fair);
    Ok(())
}

async fn take_back(tx: &WriteTx, row: &registration::Model) -> AppResult<()> {
    let last = !store::holds_another(tx.conn(), row.person_id, row.id).await?;
    if !store::end(tx, row.id, last).await? {
        return Ok(());
    }
    // The person before the fair, as whoever registers takes them.
    if last {
        person::erase(tx, row.person_id).await?;
    }
    if row.inside {
        store::leave(tx, row.fair_id).await?;
    }
    if row.first_in_at.is_none() {
        store::free_place(tx, row.fair_id).await?;
    }
    Ok(())
}

/// Prints a ticket again for somebody at the desk; who did it stands in the record.
pub async fn reprint(app: &App, actor: &Actor, row: &registration::Model) -> AppResult<Secret> {
    let secret = secret_of(&app.keys, row)?;
    let (actor, person) = (actor.clone(), row.person_id);
    app.db
        .write(move |tx| async move { note(&tx, &actor, person, "reprint").await })
        .await?;
    Ok(secret)
}

/// A line in the record of who did what with a person.
pub async fn note(tx: &WriteTx, actor: &Actor, person: PersonId, action: &str) -> AppResult<()> {
    let access = Access {
        office: actor.office,
        account: Some(actor.account),
        action,
        subject: "persons",
        subject_id: Some(person.0),
        reason: "",
        ip: "",
    };
    record_access(tx, access).await
}

/// A line in the record of something that left the program.
pub async fn note_export(
    app: &App,
    actor: &Actor,
    subject: &'static str,
    id: i64,
    reason: &'static str,
) -> AppResult<()> {
    let actor = actor.clone();
    let done = app.db.write(move |tx| async move {
        let access = Access {
            office: actor.office,
            account: Some(actor.account),
            action: "export",
            subject,
            subject_id: Some(id),
            reason,
            ip: "",
        };
        record_access(&tx, access).await
    });
    done.await
}
