//! 考评表工作簿: the figures of a period as a spreadsheet. Texts are written as text, so a name that
//! begins like a formula stays a name; k and n are numbers, and shares stand beside them.
use super::report::{CaseRate, CaseRates, HeatTable, Reader, UnitStanding};
use crate::{
    error::AppResult,
    platform::{clock::beijing, text},
};
use anyhow::Context;
use chrono::DateTime;
use rust_xlsxwriter::{Format, FormatBorder, Workbook, Worksheet, XlsxError};

/// The bytes of an XLSX file.
pub fn workbook(
    reader: &Reader,
    report: &CaseRates,
    heat: &HeatTable,
    taken_by: &str,
) -> AppResult<Vec<u8>> {
    let bytes = write(reader, report, heat, taken_by);
    Ok(bytes.context("the workbook cannot be written")?)
}

struct Style {
    head: Format,
    cell: Format,
}

fn write(
    reader: &Reader,
    report: &CaseRates,
    heat: &HeatTable,
    taken_by: &str,
) -> Result<Vec<u8>, XlsxError> {
    let style = Style {
        head: Format::new()
            .set_bold()
            .set_text_wrap()
            .set_border(FormatBorder::Thin),
        cell: Format::new().set_text_wrap().set_border(FormatBorder::Thin),
    };
    let mut file = Workbook::new();
    rates(reader, report, taken_by, &style, file.add_worksheet())?;
    if !report.ranking.is_empty() {
        ranking(reader, &report.ranking, &style, file.add_worksheet())?;
    }
    if !heat.rows.is_empty() {
        heat_table(reader, heat, &style, file.add_worksheet())?;
    }
    file.save_to_buffer()
}

fn heads(sheet: &mut Worksheet, style: &Style, at: u32, heads: &[String]) -> Result<(), XlsxError> {
    for (column, head) in (0u16..).zip(heads) {
        sheet.write_string_with_format(at, column, head, &style.head)?;
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of cases are far below 2^52"
)]
fn number(
    sheet: &mut Worksheet,
    style: &Style,
    at: u32,
    column: u16,
    number: u64,
) -> Result<(), XlsxError> {
    sheet.write_number_with_format(at, column, number as f64, &style.cell)?;
    Ok(())
}

fn rates(
    reader: &Reader,
    report: &CaseRates,
    taken_by: &str,
    style: &Style,
    sheet: &mut Worksheet,
) -> Result<(), XlsxError> {
    sheet.set_name(reader.say("oversight.title"))?;
    for (column, width) in (0u16..).zip([20.0, 10.0, 10.0, 10.0, 36.0, 80.0]) {
        sheet.set_column_width(column, width)?;
    }
    let as_of = DateTime::parse_from_rfc3339(&report.as_of)
        .map(|at| beijing(at.to_utc()).format("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default();
    let holes = [
        ("from", report.from.as_str()),
        ("to", report.to.as_str()),
        ("at", &as_of),
        ("version", report.formula_version),
        ("name", taken_by),
    ];
    let title = text::say(reader.lang, "oversight.book.title", &holes);
    sheet.write_string(0, 0, &title)?;
    let names = ["rate", "k", "n", "percent", "left_out", "formula"];
    let names = names.map(|name| reader.say(&format!("oversight.col.{name}")));
    heads(sheet, style, 1, &names)?;
    for (at, rate) in (2u32..).zip(&report.rates) {
        sheet.write_string_with_format(at, 0, &rate.label, &style.cell)?;
        number(sheet, style, at, 1, rate.k)?;
        number(sheet, style, at, 2, rate.n)?;
        let texts = [percent(rate), left_out(rate), rate.formula.clone()];
        for (column, words) in (3u16..).zip(&texts) {
            sheet.write_string_with_format(at, column, words, &style.cell)?;
        }
    }
    Ok(())
}

fn percent(rate: &CaseRate) -> String {
    let percent = rate.percent.as_ref();
    percent
        .map(|percent| format!("{percent}%"))
        .unwrap_or_default()
}

fn left_out(rate: &CaseRate) -> String {
    let each = rate.excluded.iter();
    let each: Vec<_> = each
        .map(|left| format!("{} {}", left.label, left.n))
        .collect();
    each.join("; ")
}

fn ranking(
    reader: &Reader,
    units: &[UnitStanding],
    style: &Style,
    sheet: &mut Worksheet,
) -> Result<(), XlsxError> {
    sheet.set_name(reader.say("oversight.ranking"))?;
    sheet.set_column_width(1, 28)?;
    let mut names = vec![
        reader.say("oversight.col.place"),
        reader.say("oversight.col.unit"),
        reader.say("oversight.col.low"),
        reader.say("oversight.col.points"),
    ];
    if let Some(first) = units.first() {
        for rate in &first.rates {
            names.push(format!("{} k", rate.label));
            names.push(format!("{} n", rate.label));
        }
    }
    heads(sheet, style, 0, &names)?;
    for (at, unit) in (1u32..).zip(units) {
        let place = unit.place.map(|place| place.to_string());
        let place = place.unwrap_or_else(|| reader.say("oversight.too_few"));
        let low = unit.low.clone().unwrap_or_default();
        let points = unit.points.clone().unwrap_or_default();
        for (column, words) in (0u16..).zip([&place, &unit.name, &low, &points]) {
            sheet.write_string_with_format(at, column, words, &style.cell)?;
        }
        for (column, rate) in (4u16..).step_by(2).zip(&unit.rates) {
            number(sheet, style, at, column, rate.k)?;
            number(sheet, style, at, column + 1, rate.n)?;
        }
    }
    Ok(())
}

fn heat_table(
    reader: &Reader,
    heat: &HeatTable,
    style: &Style,
    sheet: &mut Worksheet,
) -> Result<(), XlsxError> {
    sheet.set_name(reader.say("oversight.heat"))?;
    sheet.set_column_width(0, 24)?;
    let mut names = vec![reader.say("oversight.col.category")];
    names.extend(heat.columns.iter().cloned());
    heads(sheet, style, 0, &names)?;
    for (at, (category, cells)) in (1u32..).zip(&heat.rows) {
        sheet.write_string_with_format(at, 0, category, &style.cell)?;
        for (column, cell) in (1u16..).zip(cells) {
            number(sheet, style, at, column, cell.n)?;
        }
    }
    Ok(())
}
