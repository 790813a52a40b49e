//! 值守时长: hours of a month by person, planned and served; as a table, as CSV, as a workbook.
use super::{pages::HoursLine, roster_store::Table, view::duty};
use crate::platform::page::View;
use anyhow::Context;
use chrono::{DateTime, Utc};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::collections::BTreeMap;

/// Hours of everybody who stood on the rota, partners and volunteers before the community's own.
pub fn lines(view: &View, table: &Table, now: DateTime<Utc>) -> Vec<HoursLine> {
    let mut found: BTreeMap<(bool, String, String, i64), HoursLine> = BTreeMap::new();
    for line in table.lines.iter().filter(|line| !line.session.cancelled) {
        for post in &line.posts {
            let Some(member) = table.members.get(&post.member) else {
                continue;
            };
            let key = (
                !member.duty.is_partner(),
                duty(view, member.duty),
                member.name.clone(),
                member.id.0,
            );
            let hours = found.entry(key).or_insert_with(|| HoursLine {
                name: member.name.clone(),
                duty: duty(view, member.duty),
                organisation: member.organisation.clone(),
                ..none()
            });
            hours.sessions += 1;
            hours.planned += post.planned();
            hours.served += post.served.unwrap_or(0);
            let open = post.served.is_none() && line.session.ends_at() <= now;
            hours.open += usize::from(open);
        }
    }
    found.into_values().collect()
}

fn none() -> HoursLine {
    HoursLine {
        name: String::new(),
        duty: String::new(),
        organisation: String::new(),
        sessions: 0,
        planned: 0,
        served: 0,
        open: 0,
    }
}

pub fn total(lines: &[HoursLine]) -> HoursLine {
    lines.iter().fold(none(), |sum, line| HoursLine {
        sessions: sum.sessions + line.sessions,
        planned: sum.planned + line.planned,
        served: sum.served + line.served,
        open: sum.open + line.open,
        ..sum
    })
}

const HEADS: [&str; 7] = [
    "desk.member.name",
    "desk.member.duty",
    "desk.member.organisation",
    "desk.hours.sessions",
    "desk.hours.planned_hours",
    "desk.hours.served_hours",
    "desk.hours.open",
];

fn heads(view: &View) -> Vec<String> {
    let say = |key: &&str| view.say::<&str>(key, &[]);
    HEADS.iter().map(say).collect()
}

/// Minutes as hours with two digits.
fn in_hours(minutes: i64) -> String {
    format!("{}.{:02}", minutes / 60, minutes % 60 * 100 / 60)
}

/// As CSV; the mark tells spreadsheets that this is UTF-8.
///
/// # Errors
/// Only when text cannot be written.
pub fn csv(view: &View, lines: &[HoursLine]) -> anyhow::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(heads(view))?;
    for line in lines {
        out.write_record([
            plain(&line.name),
            plain(&line.duty),
            plain(&line.organisation),
            line.sessions.to_string(),
            in_hours(line.planned),
            in_hours(line.served),
            line.open.to_string(),
        ])?;
    }
    out.into_inner().ok().context("the table cannot be written")
}

/// A name that begins like a formula stays a name in every spreadsheet.
fn plain(text: &str) -> String {
    let formula = |c| "=+-@\t\r＝＋－＠".contains(c);
    if text.starts_with(formula) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// As a workbook of one sheet.
///
/// # Errors
/// Only when the workbook cannot be written.
pub fn workbook(view: &View, title: &str, lines: &[HoursLine]) -> anyhow::Result<Vec<u8>> {
    write(view, title, lines).context("the workbook cannot be written")
}

fn write(view: &View, title: &str, lines: &[HoursLine]) -> Result<Vec<u8>, XlsxError> {
    let bold = Format::new().set_bold();
    let hours = Format::new().set_num_format("0.00");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(view.say::<&str>("desk.hours", &[]))?;
    sheet.set_paper_size(9);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.write_string_with_format(0, 0, title, &bold)?;
    for (column, head) in (0u16..).zip(heads(view)) {
        sheet.write_string_with_format(1, column, head, &bold)?;
        sheet.set_column_width(column, if column < 3 { 18 } else { 12 })?;
    }
    sheet.set_freeze_panes(2, 1)?;
    let all = total(lines);
    for (row, line) in (2u32..).zip(lines.iter().chain([&all])) {
        let sum = view.say::<&str>("desk.hours.total", &[]);
        let name = if line.name.is_empty() {
            &sum
        } else {
            &line.name
        };
        sheet.write_string(row, 0, name)?;
        sheet.write_string(row, 1, &line.duty)?;
        sheet.write_string(row, 2, &line.organisation)?;
        sheet.write_number(row, 3, count(line.sessions))?;
        for (column, minutes) in [(4, line.planned), (5, line.served)] {
            let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
            sheet.write_number_with_format(row, column, f64::from(minutes) / 60.0, &hours)?;
        }
        sheet.write_number(row, 6, count(line.open))?;
    }
    book.save_to_buffer()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
