//! What leaves the house: the filtered list as a spreadsheet and on paper. Names are masked as on
//! the page, what was written about a case is not in it, and every text is written as text, so that
//! one that begins like a formula stays a text.
use super::{
    found::{cut, lines},
    page::Names,
    pages::{LedgerPrintPage, Row},
    query::ListQuery,
};
use crate::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    case::{
        door::Reader,
        hook::Hooks,
        store::{Cursor, Filter},
        words,
    },
    entity::case::Model,
    error::{AppError, AppResult},
    platform::{App, clock::beijing, once::hex, text, text::Lang},
};
use anyhow::Context;
use chrono::{DateTime, Utc};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use sha2::{Digest, Sha256};

/// Rows of a workbook at most.
const MOST: u64 = 50_000;
/// Rows on paper at most.
const PRINTED: u64 = 500;
/// Rows read at a time.
const CHUNK: u64 = 1_000;

/// A case with what the page says about it.
struct Listed {
    case: Model,
    row: Row,
}

/// The first `most` cases of a list, and whether there are more.
async fn all(
    app: &App,
    hooks: Hooks,
    actor: &Actor,
    names: &Names,
    (filter, most): (&Filter, u64),
) -> AppResult<(Vec<Listed>, bool)> {
    let (mut listed, mut after): (Vec<Listed>, Option<Cursor>) = (Vec::new(), None);
    let (reader, now) = (Reader::of(actor), app.db.now());
    loop {
        let there = u64::try_from(listed.len()).unwrap_or(most);
        let limit = CHUNK.min(most - there);
        if limit == 0 {
            return Ok((listed, after.is_some()));
        }
        let (rows, next) = cut(app, actor, filter, (limit, after)).await?;
        let mut said = lines(app, hooks, actor, names.lang, &rows).await?;
        listed.extend(rows.into_iter().map(|mut case| {
            let line = said.remove(&case.id).unwrap_or_default();
            let row = names.row(now, reader, &case, line);
            // Not shown, and most of what a row weighs.
            case.state = String::new();
            Listed { case, row }
        }));
        after = next.as_deref().map(Cursor::read).transpose()?;
        if after.is_none() {
            return Ok((listed, false));
        }
    }
}

/// The list on paper.
pub async fn print(
    app: &App,
    hooks: Hooks,
    actor: &Actor,
    lang: Lang,
    query: &ListQuery,
    ip: &str,
) -> AppResult<LedgerPrintPage> {
    let filter = query.filter(app, actor).await?;
    let names = Names::load(app, actor, lang).await?;
    let (listed, more) = all(app, hooks, actor, &names, (&filter, PRINTED)).await?;
    record(app, actor, "ledger print", ip).await?;
    Ok(LedgerPrintPage {
        words: names.described(query),
        at: app.db.now().to_rfc3339(),
        by: actor.name.clone(),
        seal: seal(&listed),
        cut: more.then_some(PRINTED),
        rows: listed.into_iter().map(|one| one.row).collect(),
    })
}

/// 校验码: SHA-256 over a line `number seq hash` for each case, in the order of the paper. Whoever
/// keeps the paper can prove later whether one of these cases was rewritten.
fn seal(listed: &[Listed]) -> String {
    let mut hash = Sha256::new();
    for Listed { case, .. } in listed {
        hash.update(format!("{} {} {}\n", case.number, case.seq, case.last_hash));
    }
    hex(&hash.finalize())
}

/// The list as the bytes of an XLSX file.
///
/// # Errors
/// 422 `export_too_large` beyond [`MOST`] cases.
pub async fn book(
    app: &App,
    hooks: Hooks,
    actor: &Actor,
    lang: Lang,
    query: &ListQuery,
    ip: &str,
) -> AppResult<Vec<u8>> {
    let filter = query.filter(app, actor).await?;
    let names = Names::load(app, actor, lang).await?;
    let (listed, more) = all(app, hooks, actor, &names, (&filter, MOST)).await?;
    if more {
        return Err(AppError::unprocessable("export_too_large").param("max", MOST));
    }
    record(app, actor, "ledger", ip).await?;
    let (at, words) = (stamp(app.db.now()), names.described(query));
    let about = Sheet {
        lang,
        foot: text::say(
            lang,
            "case.book.foot",
            &[
                ("name", actor.name.as_str()),
                ("at", &at),
                ("words", &words),
                ("n", &listed.len().to_string()),
            ],
        ),
        categories: listed
            .iter()
            .map(|one| {
                one.case
                    .category
                    .as_deref()
                    .map(|code| names.category(code))
            })
            .collect(),
        areas: listed
            .iter()
            .map(|one| {
                one.case
                    .area_id
                    .and_then(|area| names.people.areas.get(&area))
                    .cloned()
            })
            .collect(),
    };
    let bytes = tokio::task::spawn_blocking(move || about.write(&listed));
    Ok(bytes
        .await
        .context("the workbook did not come to its end")?
        .context("the workbook cannot be written")?)
}

/// An instant in Beijing time, in the form that sorts.
fn stamp(at: DateTime<Utc>) -> String {
    beijing(at).format("%Y-%m-%d %H:%M").to_string()
}

/// Columns of the workbook: key of their heading, and width.
const COLUMNS: &[(&str, u16)] = &[
    ("number", 18),
    ("what", 34),
    ("kind", 12),
    ("category", 14),
    ("area", 16),
    ("about", 24),
    ("source", 14),
    ("lead", 18),
    ("state", 14),
    ("due", 17),
    ("late", 8),
    ("marks", 20),
    ("recorded", 17),
    ("closed", 17),
];

struct Sheet {
    lang: Lang,
    foot: String,
    categories: Vec<Option<String>>,
    areas: Vec<Option<String>>,
}

impl Sheet {
    /// Rows go to a file of their own as they are written, so fifty thousand do not stay in memory.
    fn write(&self, listed: &[Listed]) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(words::say(self.lang, "case.title"))?;
        sheet.set_paper_size(9);
        sheet.set_landscape();
        sheet.set_print_fit_to_pages(1, 0);
        // An ampersand begins a code in a footer.
        let foot: String = self.foot.chars().take(200).collect();
        sheet.set_footer(format!("&L{}&R&P / &N", foot.replace('&', "&&")));
        sheet.set_freeze_panes(1, 1)?;
        sheet.set_repeat_rows(0, 0)?;
        let head = Format::new()
            .set_bold()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Center);
        for (column, (key, width)) in (0u16..).zip(COLUMNS) {
            sheet.set_column_width(column, f64::from(*width))?;
            let label = words::say(self.lang, &format!("case.col.{key}"));
            sheet.write_string_with_format(0, column, label, &head)?;
        }
        for (at, one) in listed.iter().enumerate() {
            let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
            self.line(sheet, line, at, one)?;
        }
        book.save_to_buffer()
    }

    fn line(
        &self,
        sheet: &mut Worksheet,
        line: u32,
        at: usize,
        Listed { case, row }: &Listed,
    ) -> Result<(), XlsxError> {
        let told = |list: &[Option<String>]| list.get(at).cloned().flatten().unwrap_or_default();
        let (category, area) = (told(&self.categories), told(&self.areas));
        // The page says category and area in the same line; here they have columns of their own.
        let about = row
            .note
            .split(" · ")
            .filter(|note| *note != category && *note != area);
        let about: Vec<_> = about.collect();
        let marks: Vec<_> = row.marks.iter().map(|mark| mark.label.as_str()).collect();
        let late = row.due.as_ref().is_some_and(|due| due.tone == "late");
        let yes = if late { "case.yes" } else { "case.no" };
        let cells = [
            case.number.clone(),
            case.title.clone(),
            words::kind(self.lang, case.kind),
            category,
            area,
            about.join(" · "),
            row.source.clone(),
            row.lead.clone(),
            row.state.clone(),
            case.due_at.map(stamp).unwrap_or_default(),
            case.due_at
                .map(|_| words::say(self.lang, yes))
                .unwrap_or_default(),
            marks.join("、"),
            stamp(case.recorded_at),
            case.closed_at.map(stamp).unwrap_or_default(),
        ];
        for (column, text) in (0u16..).zip(&cells) {
            sheet.write_string(line, column, text)?;
        }
        Ok(())
    }
}

/// Notes that a list was taken out of the house, before it is handed over.
async fn record(app: &App, actor: &Actor, what: &'static str, ip: &str) -> AppResult<()> {
    let (office, account, ip) = (actor.office, actor.account, ip.to_owned());
    app.db
        .write(move |tx| async move {
            let access = Access {
                office,
                account: Some(account),
                action: "export",
                subject: "cases",
                subject_id: None,
                reason: what,
                ip: &ip,
            };
            record_access(&tx, access).await
        })
        .await
}
