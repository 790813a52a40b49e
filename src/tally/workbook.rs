//! 统计表工作簿: the figures of a fair as a spreadsheet. Every text is written as text, so a name
//! that begins like a formula stays a name; numbers are numbers.
use super::{
    measure::{Dimension, Measure, Unit},
    query::{Question, What},
    report::{Columns, Figure, Reader, Report, Tally, report},
    rows::{self, Part, Row},
    sheet::{Answer, Block, sheet},
};
use crate::{
    domain::id::OfficeId,
    entity::fair,
    error::AppResult,
    platform::{App, clock::beijing, text::Lang},
};
use anyhow::Context;
use chrono::DateTime;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

/// What a workbook is made for.
pub struct Order {
    pub lang: Lang,
    /// Who takes it, as it is printed at the foot of each sheet.
    pub taken_by: String,
    /// Whether the rows behind the figures are in it.
    pub with_rows: bool,
}

/// The workbook of a fair, as the bytes of an XLSX file.
pub async fn workbook(
    app: &App,
    office: OfficeId,
    fair: fair::Model,
    order: Order,
) -> AppResult<Vec<u8>> {
    let (keys, as_of, with_rows) = (app.keys.clone(), app.db.now(), order.with_rows);
    let (picture, people, matches) = app
        .db
        .snapshot(move |db| async move {
            let picture = super::store::picture(&*db, fair, as_of).await?;
            let source = rows::Source {
                db: &*db,
                keys: &keys,
                office,
                picture: &picture,
            };
            let (mut people, mut matches) = (Vec::new(), Vec::new());
            if with_rows {
                people = all(&source, What::Of(Measure::Registered, Unit::Persons)).await?;
                matches = all(&source, What::Of(Measure::Interest, Unit::Matches)).await?;
            }
            Ok((picture, people, matches))
        })
        .await?;
    let bytes = tokio::task::spawn_blocking(move || {
        let tally = Tally::of(picture);
        write(&tally, &order, &people, &matches)
    });
    Ok(bytes
        .await
        .context("the workbook did not come to its end")?
        .context("the workbook cannot be written")?)
}

async fn all<C: sea_orm::ConnectionTrait>(
    source: &rows::Source<'_, C>,
    what: What,
) -> AppResult<Vec<Row>> {
    let question = Question {
        what,
        by: Dimension::Fair,
        key: "all".into(),
    };
    let whole = Part {
        after: None,
        limit: u64::MAX,
    };
    Ok(rows::rows(source, &question, whole).await?.rows)
}

fn write(
    tally: &Tally,
    order: &Order,
    people: &[Row],
    matches: &[Row],
) -> Result<Vec<u8>, XlsxError> {
    let reader = Reader {
        lang: order.lang,
        // With rows or without, no addresses stand in a workbook; this says how groups are told.
        rows: order.with_rows.then(String::new),
    };
    let report = report(tally, &reader, Columns::Both);
    let mut book = Book {
        file: Workbook::new(),
        style: Style::new(),
        reader: &reader,
        foot: foot(order, &report),
    };
    book.form(&report, &sheet(tally, &reader))?;
    for table in &report.tables {
        book.table(table)?;
    }
    book.streams(&report)?;
    if order.with_rows {
        book.people(people)?;
        book.matches(matches)?;
    }
    book.definitions(&report)?;
    book.file.save_to_buffer()
}

/// Who took it when: a sheet that turns up elsewhere says where it came from.
fn foot(order: &Order, report: &Report) -> String {
    let words = crate::platform::text::say(
        order.lang,
        "tally.book.foot",
        &[
            ("name", order.taken_by.as_str()),
            ("at", stamp(&report.as_of).as_str()),
        ],
    );
    // An ampersand begins a code in a header or footer.
    format!("&L{}&R&P / &N", words.replace('&', "&&"))
}

/// An instant in Beijing time, in the form that sorts.
fn stamp(at: &str) -> String {
    DateTime::parse_from_rfc3339(at).map_or_else(
        |_| at.to_owned(),
        |at| beijing(at.to_utc()).format("%Y-%m-%d %H:%M").to_string(),
    )
}

struct Style {
    title: Format,
    head: Format,
    label: Format,
    text: Format,
    number: Format,
    decimal: Format,
    total: Format,
}

impl Style {
    fn new() -> Self {
        let cell = || {
            Format::new()
                .set_font_size(11)
                .set_border(FormatBorder::Thin)
                .set_border_color(Color::RGB(0x99_99_99))
                .set_align(FormatAlign::VerticalCenter)
        };
        let grey = || cell().set_background_color(Color::RGB(0xF3_EE_DF));
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(16)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            head: grey()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center),
            label: grey(),
            text: cell().set_text_wrap(),
            number: cell().set_num_format("#,##0"),
            decimal: cell().set_num_format("0.00"),
            total: grey().set_bold().set_num_format("#,##0"),
        }
    }
}

struct Book<'r> {
    file: Workbook,
    style: Style,
    reader: &'r Reader,
    foot: String,
}

impl Book<'_> {
    fn say(&self, key: &str) -> String {
        self.reader.say(key)
    }

    /// A sheet ready for A4, with its first rows repeated on each page and frozen.
    fn sheet(&mut self, name: &str, heads: u32, widths: &[u16]) -> Result<(), XlsxError> {
        let foot = self.foot.clone();
        let sheet = self.file.add_worksheet();
        sheet.set_name(name)?;
        sheet.set_paper_size(9);
        sheet.set_footer(&foot);
        sheet.set_margins(0.5, 0.5, 0.6, 0.7, 0.3, 0.3);
        sheet.set_print_fit_to_pages(1, 0);
        if widths.len() > 6 {
            sheet.set_landscape();
        }
        for (column, width) in (0u16..).zip(widths) {
            sheet.set_column_width(column, f64::from(*width))?;
        }
        if heads > 0 {
            sheet.set_freeze_panes(heads, 1)?;
            sheet.set_repeat_rows(0, heads - 1)?;
        }
        Ok(())
    }

    /// The sheet that was added last, with the styles to write it.
    fn last(&mut self) -> Result<(&mut Worksheet, &Style), XlsxError> {
        let at = self.file.worksheets().len() - 1;
        let sheet = self.file.worksheet_from_index(at)?;
        Ok((sheet, &self.style))
    }

    /// 招聘会统计表
    fn form(&mut self, report: &Report, blocks: &[Block]) -> Result<(), XlsxError> {
        let name = self.say("tally.sheet.name");
        let signs = ["filled_by", "checked_by", "responsible"]
            .map(|key| self.say(&format!("tally.sheet.{key}")));
        self.sheet(&name, 0, &[24, 16, 16, 16, 16, 16])?;
        let (sheet, style) = self.last()?;
        let title = format!("{} {name}", report.title);
        sheet.merge_range(0, 0, 0, 5, &title, &style.title)?;
        sheet.set_row_height(0, 30)?;
        let mut at = 1;
        for block in blocks {
            at = write_block(sheet, style, at, block)?;
        }
        for (column, sign) in [0u16, 2, 4].into_iter().zip(&signs) {
            sheet.write_string(at + 1, column, sign)?;
        }
        Ok(())
    }

    fn table(&mut self, table: &super::report::Table) -> Result<(), XlsxError> {
        let mut heads = vec![table.label.clone(), self.say("tally.book.note")];
        heads.extend(table.columns.iter().map(|c| c.label.clone()));
        let noted = table.rows.iter().any(|line| line.note.is_some());
        if !noted {
            heads.remove(1);
        }
        let mut widths = vec![28, 22];
        widths.truncate(1 + usize::from(noted));
        widths.resize(heads.len(), 11);
        self.sheet(&table.label, 1, &widths)?;
        let total = self.say("tally.row.all");
        let hidden = self.say("tally.hidden");
        let (sheet, style) = self.last()?;
        write_heads(sheet, style, &heads)?;
        let mut at = 1;
        for line in &table.rows {
            sheet.write_string_with_format(at, 0, &line.label, &style.text)?;
            if noted {
                let note = line.note.as_deref().unwrap_or_default();
                sheet.write_string_with_format(at, 1, note, &style.text)?;
            }
            let first = 1 + u16::from(noted);
            write_figures(sheet, &style.number, &hidden, (at, first), &line.figures)?;
            at += 1;
        }
        sheet.write_string_with_format(at, 0, &total, &style.total)?;
        if noted {
            sheet.write_blank(at, 1, &style.total)?;
        }
        let first = 1 + u16::from(noted);
        write_figures(sheet, &style.total, &hidden, (at, first), &table.total)
    }

    fn streams(&mut self, report: &Report) -> Result<(), XlsxError> {
        let name = self.say("tally.by.stream");
        let keys = [
            "tally.stream.title",
            "tally.stream.host",
            "tally.stream.starts_at",
            "tally.stream.platforms",
            "tally.measure.postings",
            "tally.measure.views",
            "tally.measure.registered",
            "tally.measure.checked_in",
            "tally.measure.interest",
            "tally.measure.verified",
        ];
        let heads = keys.map(|key| self.say(key));
        self.sheet(&name, 1, &[26, 18, 17, 30, 10, 10, 10, 10, 10, 10])?;
        let hidden = self.say("tally.hidden");
        let (sheet, style) = self.last()?;
        write_heads(sheet, style, &heads)?;
        for (at, session) in (1u32..).zip(&report.streams) {
            let platforms: Vec<_> = session
                .platforms
                .iter()
                .map(|p| format!("{} {}", p.name, p.views))
                .collect();
            let texts = [
                session.title.clone(),
                session.host.clone(),
                stamp(&session.starts_at),
                platforms.join("; "),
            ];
            write_texts(sheet, style, at, &texts)?;
            let postings = u32::try_from(session.postings).unwrap_or(u32::MAX);
            sheet.write_number_with_format(at, 4, postings, &style.number)?;
            let figures = [
                session.views.clone(),
                session.registered.clone(),
                session.checked_in.clone(),
                session.interest.clone(),
                session.verified.clone(),
            ];
            write_figures(sheet, &style.number, &hidden, (at, 5), &figures)?;
        }
        Ok(())
    }

    fn people(&mut self, people: &[Row]) -> Result<(), XlsxError> {
        let name = self.say("tally.book.people");
        let rows = people.iter().map(|row| {
            vec![
                told(row.ticket.as_ref()),
                told(row.name.as_ref()),
                at(row.registered_at.as_ref()),
                at(row.checked_in_at.as_ref()),
                told(row.gate.as_ref()),
                row.rung.map(|rung| self.rung(rung)).unwrap_or_default(),
                told(row.posting.as_ref()),
                told(row.employer.as_ref()),
                told(row.placed_on.as_ref()),
            ]
        });
        let rows: Vec<_> = rows.collect();
        let heads = [
            "ticket",
            "name",
            "registered_at",
            "checked_in_at",
            "gate",
            "rung",
            "posting",
            "employer",
            "placed_on",
        ];
        self.list(&name, &heads, &[14, 10, 17, 17, 14, 14, 26, 26, 12], &rows)
    }

    fn matches(&mut self, matches: &[Row]) -> Result<(), XlsxError> {
        let name = self.say("tally.book.matches");
        let rows = matches.iter().map(|row| {
            vec![
                told(row.case.as_ref()),
                told(row.ticket.as_ref()),
                told(row.name.as_ref()),
                told(row.posting.as_ref()),
                told(row.employer.as_ref()),
                told(row.booth.as_ref()),
                row.rung.map(|rung| self.rung(rung)).unwrap_or_default(),
                at(row.matched_at.as_ref()),
                told(row.placed_on.as_ref()),
            ]
        });
        let rows: Vec<_> = rows.collect();
        let heads = [
            "case",
            "ticket",
            "name",
            "posting",
            "employer",
            "booth",
            "rung",
            "matched_at",
            "placed_on",
        ];
        self.list(&name, &heads, &[20, 14, 10, 26, 26, 8, 14, 17, 12], &rows)
    }

    fn rung(&self, rung: &str) -> String {
        self.say(&format!("tally.measure.{rung}"))
    }

    fn list(
        &mut self,
        name: &str,
        heads: &[&str],
        widths: &[u16],
        rows: &[Vec<String>],
    ) -> Result<(), XlsxError> {
        let heads: Vec<_> = heads
            .iter()
            .map(|head| self.say(&format!("tally.column.{head}")))
            .collect();
        self.sheet(name, 1, widths)?;
        let (sheet, style) = self.last()?;
        write_heads(sheet, style, &heads)?;
        for (at, row) in (1u32..).zip(rows) {
            write_texts(sheet, style, at, row)?;
        }
        Ok(())
    }

    /// 统计口径
    fn definitions(&mut self, report: &Report) -> Result<(), XlsxError> {
        let name = self.say("tally.definitions");
        let words: Vec<_> = super::pages::DEFINED
            .iter()
            .map(|code| {
                [
                    self.say(&format!("tally.measure.{code}")),
                    self.say(&format!("tally.define.{code}")),
                ]
            })
            .collect();
        let formula = [self.say("tally.formula"), report.formula.to_owned()];
        self.sheet(&name, 0, &[24, 90])?;
        let (sheet, style) = self.last()?;
        for (at, [label, text]) in (0u32..).zip(words.iter().chain([&formula])) {
            sheet.write_string_with_format(at, 0, label, &style.label)?;
            sheet.write_string_with_format(at, 1, text, &style.text)?;
        }
        Ok(())
    }
}

fn told(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn at(text: Option<&String>) -> String {
    text.map(|at| stamp(at)).unwrap_or_default()
}

fn write_heads(sheet: &mut Worksheet, style: &Style, heads: &[String]) -> Result<(), XlsxError> {
    for (column, head) in (0u16..).zip(heads) {
        sheet.write_string_with_format(0, column, head, &style.head)?;
    }
    Ok(())
}

fn write_texts(
    sheet: &mut Worksheet,
    style: &Style,
    at: u32,
    texts: &[String],
) -> Result<(), XlsxError> {
    for (column, text) in (0u16..).zip(texts) {
        sheet.write_string_with_format(at, column, text, &style.text)?;
    }
    Ok(())
}

/// Figures from one cell on to the right; a number too small to be told is words.
fn write_figures(
    sheet: &mut Worksheet,
    format: &Format,
    hidden: &str,
    (at, first): (u32, u16),
    figures: &[Figure],
) -> Result<(), XlsxError> {
    for (column, figure) in (first..).zip(figures) {
        match figure.value {
            Some(value) => sheet.write_number_with_format(at, column, exact(value), format)?,
            None => sheet.write_string_with_format(at, column, hidden, format)?,
        };
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people and views are far below 2^52"
)]
fn exact(value: i64) -> f64 {
    value as f64
}

fn write_block(
    sheet: &mut Worksheet,
    style: &Style,
    at: u32,
    block: &Block,
) -> Result<u32, XlsxError> {
    let mut at = at;
    sheet.write_string_with_format(at, 0, &block.title, &style.head)?;
    match &block.heads[..] {
        [] => {
            sheet.merge_range(at, 1, at, 5, "", &style.head)?;
        }
        heads => {
            for (column, head) in (1u16..).zip(heads) {
                sheet.write_string_with_format(at, column, head, &style.head)?;
            }
        }
    }
    at += 1;
    for line in &block.lines {
        sheet.write_string_with_format(at, 0, &line.label, &style.label)?;
        if let [Answer::Text(text)] = &line.answers[..] {
            sheet.merge_range(at, 1, at, 5, text, &style.text)?;
        } else {
            for (column, answer) in (1u16..).zip(&line.answers) {
                match answer {
                    Answer::Number(n) => {
                        sheet.write_number_with_format(at, column, exact(*n), &style.number)?
                    }
                    Answer::Decimal(n) => {
                        sheet.write_number_with_format(at, column, *n, &style.decimal)?
                    }
                    Answer::Text(text) => {
                        sheet.write_string_with_format(at, column, text, &style.text)?
                    }
                };
            }
        }
        at += 1;
    }
    Ok(at)
}
