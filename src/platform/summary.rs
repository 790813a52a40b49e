//! The summary above a form names each fault by the label of its field. The label is known only
//! when the field below was rendered, so the summary leaves places that are filled at the end.
use super::text::{self, Lang};
use minijinja::{Captured, HtmlEscape, State, value::Value};
use std::{collections::BTreeMap, mem};

/// Characters of a label that name a field; a sentence beside a box is cut there.
const LONGEST: usize = 40;

/// A field of a form: the form's intent, and the field's name.
type Name = (String, String);

/// What was rendered so far.
#[derive(Default)]
struct Seen {
    /// Id and label of the fields of forms with faults.
    known: BTreeMap<Name, (String, String)>,
    /// The fields a summary waits for, in the order of their places.
    awaited: Vec<Name>,
}

/// `field_known(once, name, id, label)`: tells where a field stands and what it is called. The first
/// one of that name counts.
pub fn field_known(
    state: &mut State<'_, '_>,
    once: &str,
    name: &str,
    id: &str,
    label: &str,
) -> Value {
    let seen = state.get_or_insert_extension(Seen::default());
    let field = (once.to_owned(), name.to_owned());
    let entry = seen.known.entry(field);
    entry.or_insert_with(|| (id.to_owned(), label.to_owned()));
    Value::from_safe_string(String::new())
}

/// `field_awaited(once, name)`: the number of a field's place in the summary. Its id goes to
/// `<!--id N-->`, its label to `<!--label N-->`; what people typed cannot make either.
pub fn field_awaited(state: &mut State<'_, '_>, once: &str, name: &str) -> usize {
    let seen = state.get_or_insert_extension(Seen::default());
    seen.awaited.push((once.to_owned(), name.to_owned()));
    seen.awaited.len()
}

/// The page with the places of its summaries filled.
pub fn fill(mut page: Captured<'_>, lang: Lang) -> String {
    let seen = page.with_state_mut(|state| state.get_extension_mut::<Seen>().map(mem::take));
    let mut html = page.into_output();
    let Some(seen) = seen else {
        return html;
    };
    for (at, field) in seen.awaited.iter().enumerate() {
        let (id, label) = match seen.known.get(field) {
            Some((id, label)) => (id.clone(), named(lang, label)),
            None => (format!("f-{}", field.1), String::new()),
        };
        let number = at + 1;
        html = html
            .replace(&format!("<!--id {number}-->"), &escaped(&id))
            .replace(&format!("<!--label {number}-->"), &escaped(&label));
    }
    html
}

fn named(lang: Lang, label: &str) -> String {
    let mut short: String = label.chars().take(LONGEST).collect();
    if short.len() < label.len() {
        short.push('…');
    }
    text::say(lang, "common.fault_of", &[("label", short)])
}

fn escaped(text: &str) -> String {
    HtmlEscape(text).to_string()
}
