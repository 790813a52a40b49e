//! What was typed about an employer, as values. A form and an API call are read by the same rules
//! and differ only in the names of their fields.
use crate::{
    domain::{
        contact::{PersonName, Phone},
        employer::{Decision, EmployerKind, Industry, Scale},
        fault::{Faults, FieldFault},
        login::{Login, new_password},
        text::{Line, Prose, choice},
        uscc::Uscc,
    },
    platform::form::Sent,
};
use chrono::NaiveDate;

/// The text of every field, before it is understood.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub uscc: String,
    pub kind: String,
    pub industry: String,
    pub scale: String,
    pub address: String,
    pub legal_person: String,
    pub permit_no: String,
    pub licence_until: String,
    pub intro: String,
    pub contact_name: String,
    pub contact_phone: String,
}

/// How a form and a call spell the fields of the contact.
pub struct Names {
    pub contact_name: &'static str,
    pub contact_phone: &'static str,
    /// A form asks for the address; a call may leave it out.
    pub address_required: bool,
}

pub const FORM: Names = Names {
    contact_name: "contact_name",
    contact_phone: "contact_phone",
    address_required: true,
};

pub const CALL: Names = Names {
    contact_name: "contact/name",
    contact_phone: "contact/phone",
    address_required: false,
};

/// What an employer says about itself.
#[derive(Clone, Debug)]
pub struct Details {
    pub name: Line,
    pub uscc: Uscc,
    pub kind: EmployerKind,
    pub industry: Industry,
    pub scale: Option<Scale>,
    pub address: Option<Line>,
    pub legal_person: Option<Line>,
    pub permit_no: Option<Line>,
    pub licence_until: Option<NaiveDate>,
    pub intro: Option<Prose>,
    pub contact_name: PersonName,
    pub contact_phone: Phone,
}

impl Typed {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        Self {
            name: get("name"),
            uscc: get("uscc"),
            kind: get("kind"),
            industry: get("industry"),
            scale: get("scale"),
            address: get("address"),
            legal_person: get("legal_person"),
            permit_no: get("permit_no"),
            licence_until: get("licence_until"),
            intro: get("intro"),
            contact_name: get("contact_name"),
            contact_phone: get("contact_phone"),
        }
    }
}

/// Reads all fields and keeps every fault.
pub fn details(typed: &Typed, names: &Names, faults: &mut Faults) -> Option<Details> {
    let name = faults.take("name", Line::required(&typed.name, 80));
    let uscc = faults.take("uscc", Uscc::parse(&typed.uscc));
    let kind = faults.take("kind", EmployerKind::parse(&typed.kind));
    let industry = faults.take("industry", Industry::parse(&typed.industry));
    let scale = faults.take("scale", optional(&typed.scale, choice::<Scale>));
    let address = faults.take(
        "address",
        asked(&typed.address, 120, names.address_required),
    );
    let legal_person = faults.take("legal_person", Line::optional(&typed.legal_person, 40));
    let permit = Line::optional(&typed.permit_no, 40);
    let permit_no = faults.take("permit_no", permit_for(kind, permit));
    let licence_until = faults.take("licence_until", optional(&typed.licence_until, day));
    let intro = faults.take("intro", Prose::optional(&typed.intro, 1000));
    let contact_name = faults.take(names.contact_name, PersonName::parse(&typed.contact_name));
    let contact_phone = faults.take(names.contact_phone, Phone::parse(&typed.contact_phone));
    Some(Details {
        name: name?,
        uscc: uscc?,
        kind: kind?,
        industry: industry?,
        scale: scale?,
        address: address?,
        legal_person: legal_person?,
        permit_no: permit_no?,
        licence_until: licence_until?,
        intro: intro?,
        contact_name: contact_name?,
        contact_phone: contact_phone?,
    })
}

fn asked(raw: &str, max: usize, required: bool) -> Result<Option<Line>, FieldFault> {
    if required {
        Line::required(raw, max).map(Some)
    } else {
        Line::optional(raw, max)
    }
}

/// Agencies cannot leave their permit out.
fn permit_for(
    kind: Option<EmployerKind>,
    permit: Result<Option<Line>, FieldFault>,
) -> Result<Option<Line>, FieldFault> {
    match permit {
        Ok(None) if kind.is_some_and(EmployerKind::needs_permit) => Err(FieldFault::Required),
        permit => permit,
    }
}

/// A field that may stay blank.
pub fn optional<T>(
    raw: &str,
    read: impl FnOnce(&str) -> Result<T, FieldFault>,
) -> Result<Option<T>, FieldFault> {
    if raw.trim().is_empty() {
        Ok(None)
    } else {
        read(raw).map(Some)
    }
}

/// A day as a date field sends it.
fn day(raw: &str) -> Result<NaiveDate, FieldFault> {
    crate::domain::text::half_width(raw)
        .parse()
        .map_err(|_| FieldFault::Format)
}

/// A new login with its password.
#[derive(Clone)]
pub struct Entry {
    pub login: Login,
    pub password: String,
}

pub fn entry(sent: &Sent, faults: &mut Faults) -> Option<Entry> {
    let login = faults.take("login", Login::parse(sent.get("login")));
    let password = faults.take(
        "password",
        new_password(sent.get("password"), login.as_ref()),
    );
    Some(Entry {
        login: login?,
        password: password?,
    })
}

/// The form of self registration.
pub struct Join {
    pub details: Details,
    pub entry: Entry,
}

/// # Errors
/// Every field that is wrong, the promise included.
pub fn join(sent: &Sent) -> Result<Join, Faults> {
    let mut faults = Faults::new();
    let details = details(&Typed::of(sent), &FORM, &mut faults);
    let entry = entry(sent, &mut faults);
    promise(sent, &mut faults);
    let read = || {
        Some(Join {
            details: details?,
            entry: entry?,
        })
    };
    faults.into_result(read())
}

fn promise(sent: &Sent, faults: &mut Faults) {
    if sent.get("promise") != "yes" {
        faults.add("promise", FieldFault::ConsentNeeded);
    }
}

/// The form with which an employer mends its own facts.
pub fn company(sent: &Sent) -> Result<Details, Faults> {
    let mut faults = Faults::new();
    let details = details(&Typed::of(sent), &FORM, &mut faults);
    promise(sent, &mut faults);
    faults.into_result(details)
}

/// An employer brought by a co-host or entered by the office, with a login when one was typed.
pub struct Brought {
    pub details: Details,
    pub entry: Option<Entry>,
    pub promised: bool,
}

pub fn brought(sent: &Sent) -> Result<Brought, Faults> {
    let mut faults = Faults::new();
    let details = details(&Typed::of(sent), &FORM, &mut faults);
    let wants_login = !sent.get("login").trim().is_empty();
    let login = if wants_login {
        entry(sent, &mut faults).map(Some)
    } else {
        Some(None)
    };
    let read = || {
        Some(Brought {
            details: details?,
            entry: login?,
            promised: sent.get("promise") == "yes",
        })
    };
    faults.into_result(read())
}

/// A reviewer's decision with its reason.
#[derive(Clone, Debug)]
pub struct Review {
    pub decision: Decision,
    pub reason: Option<String>,
}

pub fn review(decision: &str, reason: &str) -> Result<Review, Faults> {
    let mut faults = Faults::new();
    let decision = faults.take("decision", choice::<Decision>(decision));
    let needed = decision.is_some_and(Decision::needs_reason);
    let reason = if needed {
        Prose::required(reason, 500).map(Some)
    } else {
        Prose::optional(reason, 500)
    };
    let reason = faults.take("reason", reason);
    let read = || {
        Some(Review {
            decision: decision?,
            reason: reason?.map(String::from),
        })
    };
    faults.into_result(read())
}

/// Why something out of the ordinary is done.
pub fn reason(sent: &Sent) -> Result<String, Faults> {
    Line::required(sent.get("reason"), 200)
        .map(String::from)
        .map_err(|fault| Faults::one("reason", fault))
}
