//! Forms of areas and units: text → values, all faults at once.
use super::{
    commands::{NewArea, NewUnit},
    table::{COLUMNS, TableFault, Why},
};
use crate::{
    domain::{
        area::{Code, LONGEST_LEAD, LONGEST_NAME, Level, RowFault, UnitKind},
        fault::{Faults, FieldFault},
        id::AreaId,
        text::{Line, choice, half_width, number},
    },
    platform::{
        form::Sent,
        text::{Lang, say},
    },
};

/// What can be changed of an area: its name, its lead, its place in lists.
pub struct Change {
    pub name: String,
    pub lead: Option<String>,
    pub sort: i32,
}

pub fn new_area(sent: &Sent, parent: Option<AreaId>) -> Result<NewArea, Faults> {
    let mut faults = Faults::new();
    let level = faults.take("level", choice::<Level>(sent.get("level")));
    let code = faults.take("code", Code::required(sent.get("code")));
    let name = faults.take("name", Line::required(sent.get("name"), LONGEST_NAME));
    let lead = faults.take("lead", Line::optional(sent.get("lead"), LONGEST_LEAD));
    let sort = faults.take("sort", sort(sent.get("sort")));
    let new = || {
        Some(NewArea {
            level: level?,
            parent,
            code: code?.as_str().to_owned(),
            name: name?.into_string(),
            lead: lead?.map(Line::into_string),
            sort: sort?,
        })
    };
    let new = new();
    faults.into_result(new)
}

pub fn change(sent: &Sent) -> Result<Change, Faults> {
    let mut faults = Faults::new();
    let name = faults.take("name", Line::required(sent.get("name"), LONGEST_NAME));
    let lead = faults.take("lead", Line::optional(sent.get("lead"), LONGEST_LEAD));
    let sort = faults.take("sort", sort(sent.get("sort")));
    let change = || {
        Some(Change {
            name: name?.into_string(),
            lead: lead?.map(Line::into_string),
            sort: sort?,
        })
    };
    let change = change();
    faults.into_result(change)
}

/// Nothing typed means no wish.
fn sort(raw: &str) -> Result<i32, FieldFault> {
    if half_width(raw).is_empty() {
        return Ok(0);
    }
    let value = number(raw, 0, 9999)?;
    Ok(i32::try_from(value).unwrap_or(0))
}

/// `code` is that of an existing unit, which it keeps.
pub fn unit(sent: &Sent, code: Option<String>) -> Result<NewUnit, Faults> {
    let mut faults = Faults::new();
    let kind = faults.take("kind", choice::<UnitKind>(sent.get("kind")));
    let code = match code {
        Some(code) => Some(code),
        None => faults
            .take("code", Code::required(sent.get("code")))
            .map(|code| code.as_str().to_owned()),
    };
    let name = faults.take("name", Line::required(sent.get("name"), LONGEST_NAME));
    let area = faults.take("area", area(sent.get("area")));
    let new = || {
        Some(NewUnit {
            kind: kind?,
            area: area?,
            code: code?,
            name: name?.into_string(),
        })
    };
    let new = new();
    faults.into_result(new)
}

fn area(raw: &str) -> Result<Option<AreaId>, FieldFault> {
    match raw.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| FieldFault::UnknownChoice),
    }
}

/// A fault of a table in words, without its line.
pub fn words(lang: Lang, fault: &TableFault) -> String {
    let column = fault
        .column
        .map(|at| say::<&str>(lang, &format!("area.column.{}", COLUMNS[at].0), &[]));
    let why = match &fault.why {
        Why::Field(field) => say(lang, &field.text_key(), &field.params()),
        Why::Row(row) => row_words(lang, row),
        Why::Broken => say::<&str>(lang, "area.import.fault.broken", &[]),
    };
    match column {
        Some(column) => say(
            lang,
            "area.import.in_column",
            &[("column", column), ("why", why)],
        ),
        None => why,
    }
}

fn row_words(lang: Lang, fault: &RowFault) -> String {
    let key = format!("area.import.fault.{}", fault.code());
    let level = |level: &Level| say::<&str>(lang, &format!("area.level.{}", level.code()), &[]);
    match fault {
        RowFault::Twice { first } => say(lang, &key, &[("first", first.to_string())]),
        RowFault::ParentUnknown { code }
        | RowFault::ParentLevel { code }
        | RowFault::Inactive { code } => say(lang, &key, &[("code", code)]),
        RowFault::LevelChanged { known } => say(lang, &key, &[("level", level(known))]),
        RowFault::ParentMissing | RowFault::ParentUnexpected => say::<&str>(lang, &key, &[]),
    }
}
