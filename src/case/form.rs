//! A browser's form as the fields of an action: everything in a form is text, so numbers, ticks,
//! dates and Beijing times become what the case core reads.
use crate::{
    domain::case::{Action, Command, Kind, Shape},
    platform::form::Sent,
};
use serde_json::{Map, Value};

/// The fields that an action of this kind records, as far as the form has them.
pub fn fields(kind: Kind, action: Action, sent: &Sent) -> Map<String, Value> {
    let known = Command::fields(kind, action).unwrap_or_default();
    // Pictures come as files, never as ids that somebody typed.
    let fields = known
        .iter()
        .filter(|field| !matches!(field.shape, Shape::Id("file") | Shape::Ids("file")))
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
