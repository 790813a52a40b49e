//! A browser's form as the fields of an action: everything in a form is text, so numbers, ticks,
//! dates and Beijing times become what the case core reads.
use crate::{
    domain::{
        case::{Action, Code, Command, Kind, Line, Shape, Text},
        contact::{Contact, PersonName, Phone},
        fault::{Faults, FieldFault},
        id::AreaId,
        personal,
    },
    error::AppResult,
    platform::form::Sent,
};
use serde_json::{Map, Value};

/// The fields that an action of this kind records, as far as the form has them.
pub fn fields(kind: Kind, action: Action, sent: &Sent) -> Map<String, Value> {
    let known = Command::fields(kind, action).unwrap_or_default();
    // Pictures come as files, never as ids that somebody typed; only what is published is chosen
    // among those the case has.
    let pictures = |shape| matches!(shape, Shape::Id("file") | Shape::Ids("file"));
    let fields = known
        .iter()
        .filter(|field| action == Action::Publish || !pictures(field.shape))
        .filter(|field| sent.has(field.name) || matches!(field.shape, Shape::Yes));
    fields
        .filter_map(|field| Some((field.name.to_owned(), value(field.shape, field.name, sent)?)))
        .collect()
}

fn value(shape: Shape, name: &str, sent: &Sent) -> Option<Value> {
    let typed = sent.get(name).trim();
    match shape {
        Shape::Yes => Some(Value::from(!typed.is_empty() && typed != "no")),
        Shape::Ids(_) | Shape::Choices(..) => Some(
            sent.all(name)
                .into_iter()
                .filter(|one| !one.is_empty())
                .map(Value::from)
                .collect(),
        ),
        Shape::Cases => Some(several(sent, name).map(Value::from).collect()),
        Shape::Numbers => Some(several(sent, name).map(number).collect()),
        _ if typed.is_empty() => None,
        Shape::Number => Some(number(typed)),
        // `2026-07-20T19:00` of a datetime field is Beijing time.
        Shape::Time if typed.len() == 16 => Some(Value::from(format!("{typed}:00+08:00"))),
        _ => Some(Value::from(sent.get(name))),
    }
}

/// People who are not known yet that one form takes at most.
pub const NEWCOMERS: usize = 3;

/// The people whom a form names in full, with the field that takes them; rows of which nothing was
/// filled in are left out.
///
/// # Errors
/// 422 at the name or the number that cannot be read.
pub fn newcomers(action: Action, sent: &Sent) -> AppResult<Vec<(&'static str, Contact)>> {
    let (mut found, mut faults) = (Vec::new(), Faults::new());
    if action != Action::Invite {
        return Ok(found);
    }
    for n in 1..=NEWCOMERS {
        let fields = [format!("parties_{n}_name"), format!("parties_{n}_phone")];
        let typed = fields.each_ref().map(|field| sent.get(field).trim());
        if typed == ["", ""] {
            continue;
        }
        let [name, phone] = fields;
        let name = faults.take(name, PersonName::parse(typed[0]));
        let phone = faults.take(phone, Phone::parse(typed[1]));
        let contact = name.zip(phone).map(|(name, phone)| Contact { name, phone });
        found.extend(contact.map(|contact| ("parties", contact)));
    }
    Ok(faults.into_result(Some(found))?)
}

/// The fields of a case that does what an adopted suggestion asks for.
///
/// # Errors
/// 422 with every faulty field; the title says nothing about anybody.
pub fn child(sent: &Sent) -> AppResult<super::commands::Child> {
    let mut faults = Faults::new();
    let kind = Kind::from_code(sent.get("kind"))
        .filter(|kind| matches!(kind, Kind::ResidentRequest | Kind::PatrolFinding));
    let kind = faults.take("kind", kind.ok_or(FieldFault::UnknownChoice));
    let category = faults.take("category", Code::new(sent.get("category")));
    let title = Line::new(sent.get("title")).and_then(|title| {
        let found = personal::find(title.as_str(), &[]);
        match found.first() {
            Some(one) => Err(FieldFault::Identifies {
                found: one.words.clone(),
            }),
            None => Ok(title),
        }
    });
    let title = faults.take("title", title);
    let text = faults.take("text", Text::new(sent.get("text")));
    let area = match sent.get("area").trim() {
        "" => Ok(None),
        id => id
            .parse::<AreaId>()
            .map(Some)
            .map_err(|_| FieldFault::NotFound),
    };
    let area = faults.take("area", area);
    let read = kind.zip(category).zip(title).zip(text).zip(area);
    let read = read.map(
        |((((kind, category), title), text), area)| super::commands::Child {
            kind,
            category,
            title,
            text,
            area,
        },
    );
    Ok(faults.into_result(read)?)
}

/// One a line, or with commas between.
fn several<'a>(sent: &'a Sent, name: &str) -> impl Iterator<Item = &'a str> {
    sent.all(name)
        .into_iter()
        .flat_map(|typed| typed.split(['\n', ',', '，', '、', ' ']))
        .map(str::trim)
        .filter(|one| !one.is_empty())
}

/// What is no number stays text, and the core says so.
fn number(typed: &str) -> Value {
    let typed = crate::domain::text::half_width(typed);
    typed
        .trim()
        .parse::<i64>()
        .map_or_else(|_| Value::from(typed), Value::from)
}
