//! Tables that people bring: CSV as Chinese Windows, spreadsheets and other systems write it, and
//! the first sheet of an XLSX workbook, as rows of text with their line numbers.
use crate::error::AppError;
use calamine::{Data, Reader, Xlsx};
use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};
use std::io::{Cursor, Read};

/// Bytes of a table at most.
pub const LARGEST: usize = 10 << 20;
/// Bytes of a workbook once it is unpacked, at most: a small file can hide a huge one.
const UNPACKED: u64 = 64 << 20;
/// Characters of one cell at most; the rest is cut.
const LONGEST_CELL: usize = 5000;

/// What cannot be read at all; `problem.<code>` is its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    TooLarge,
    TooManyRows,
    /// Neither a workbook nor UTF-8 nor a Chinese encoding.
    NotText,
    /// No line of column names.
    NoHeader,
}

impl Unreadable {
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "table_empty",
            Self::TooLarge => "table_too_large",
            Self::TooManyRows => "table_too_many_rows",
            Self::NotText => "table_not_text",
            Self::NoHeader => "table_no_header",
        }
    }

    /// As an answer that explains it; `rows` is how many the reader takes.
    pub fn problem(self, rows: usize) -> AppError {
        AppError::unprocessable(self.code())
            .param("rows", rows)
            .param("mb", LARGEST >> 20)
    }
}

/// A row and the line on which it begins, counted from one.
pub type Line = (usize, Vec<String>);

/// Reads a CSV file or an XLSX workbook; empty rows are left out.
///
/// # Errors
/// [`Unreadable`] for what is no table or too large a one.
pub fn rows(bytes: &[u8], most: usize) -> Result<Vec<Line>, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let rows = if bytes.starts_with(b"PK\x03\x04") {
        workbook(bytes, most)?
    } else {
        let (text, _) = decode(bytes)?;
        csv(&text, most)?
    };
    if rows.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(rows)
}

fn csv(text: &str, most: usize) -> Result<Vec<Line>, Unreadable> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| Unreadable::NotText)?;
        let line = record.position().map_or(0, |at| line(text, at));
        let cells: Vec<String> = record.iter().map(cut).collect();
        push(&mut rows, line, cells, most)?;
    }
    Ok(rows)
}

/// The line on which a record begins: the reader stands before the rest of the last line's end, and
/// before the empty lines that it leaves out.
fn line(text: &str, at: &csv::Position) -> usize {
    let [line, byte] = [at.line(), at.byte()].map(|n| usize::try_from(n).unwrap_or(0));
    let before = text.as_bytes().iter().skip(byte);
    let ends = before.take_while(|c| matches!(c, b'\r' | b'\n'));
    line + ends.filter(|c| **c == b'\n').count()
}

fn push(
    rows: &mut Vec<Line>,
    line: usize,
    cells: Vec<String>,
    most: usize,
) -> Result<(), Unreadable> {
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(());
    }
    // One more for the line of column names.
    if rows.len() > most {
        return Err(Unreadable::TooManyRows);
    }
    rows.push((line, cells));
    Ok(())
}

fn cut(cell: &str) -> String {
    cell.trim().chars().take(LONGEST_CELL).collect()
}

fn workbook(bytes: &[u8], most: usize) -> Result<Vec<Line>, Unreadable> {
    bounded(bytes)?;
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| Unreadable::NotText)?;
    let sheet = book.worksheet_range_at(0).ok_or(Unreadable::Empty)?;
    let sheet = sheet.map_err(|_: calamine::XlsxError| Unreadable::NotText)?;
    let top = sheet.start().map_or(0, |(row, _)| row);
    let mut rows = Vec::new();
    for (n, row) in sheet.rows().enumerate() {
        let line = usize::try_from(top).unwrap_or(0) + n + 1;
        let cells = row.iter().map(|cell| cut(&shown(cell))).collect();
        push(&mut rows, line, cells, most)?;
    }
    Ok(rows)
}

/// A cell as it looks: whole numbers without a point, times as people write them.
fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
        }
        Data::Error(_) => String::new(),
        cell => cell.to_string(),
    }
}

/// Unpacks every part once, counting: what would be too large is refused before it is read.
fn bounded(bytes: &[u8]) -> Result<(), Unreadable> {
    let broken = |_| Unreadable::NotText;
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut left = UNPACKED;
    for n in 0..parts.len() {
        let part = parts.by_index(n).map_err(broken)?;
        let size = std::io::copy(&mut part.take(left + 1), &mut std::io::sink())
            .map_err(|_| Unreadable::NotText)?;
        left = left.checked_sub(size).ok_or(Unreadable::TooLarge)?;
    }
    Ok(())
}

/// UTF-8 with or without its mark; UTF-16 with its mark; else the encoding that Chinese Windows
/// saves tables in. The name is given when it was not UTF-8.
///
/// # Errors
/// [`Unreadable::NotText`] for everything else.
pub fn decode(bytes: &[u8]) -> Result<(String, Option<&'static str>), Unreadable> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, faulty) = encoding.decode_without_bom_handling(&bytes[mark..]);
        if faulty || text.contains('\0') {
            return Err(Unreadable::NotText);
        }
        let named = [UTF_16LE, UTF_16BE].contains(&encoding);
        return Ok((text.into_owned(), named.then(|| encoding.name())));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if text.contains('\0') {
            Err(Unreadable::NotText)
        } else {
            Ok((text.to_owned(), None))
        };
    }
    let (text, faulty) = GB18030.decode_without_bom_handling(bytes);
    if faulty || text.contains(|c: char| c == '\0' || c.is_control() && !c.is_whitespace()) {
        return Err(Unreadable::NotText);
    }
    Ok((text.into_owned(), Some("GBK")))
}

/// Spreadsheets copy with tabs, and some write semicolons.
pub fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|mark| first.bytes().filter(|b| b == mark).count())
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_offices_are_read_whatever_wrote_them() {
        let gbk = encoding_rs::GBK
            .encode("工单编号,内容\r\nW-1,路灯不亮\r\n")
            .0;
        let utf8 = "工单编号\t内容\nW-1\t路灯不亮\n".as_bytes().to_vec();
        for bytes in [gbk.into_owned(), utf8] {
            let rows = rows(&bytes, 10).unwrap();
            assert_eq!(rows[1], (2, vec!["W-1".into(), "路灯不亮".into()]));
        }
    }

    #[test]
    fn a_workbook_is_read_and_a_bomb_is_not() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "工单编号").unwrap();
        sheet.write_number(1, 0, 2026.0).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        assert_eq!(rows(&bytes, 10).unwrap()[1].1, ["2026"]);
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
        let zeros = vec![b' '; 1 << 20];
        for _ in 0..65 {
            std::io::Write::write_all(&mut zip, &zeros).unwrap();
        }
        let bomb = zip.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 20);
        assert_eq!(rows(&bomb, 10), Err(Unreadable::TooLarge));
        assert_eq!(rows(b"PK\x03\x04 nothing", 10), Err(Unreadable::NotText));
    }

    #[test]
    fn more_rows_than_asked_for_are_refused() {
        assert_eq!(rows(b"a\n1\n2\n3\n", 2), Err(Unreadable::TooManyRows));
        assert_eq!(rows(b"a\n1\n2\n", 2).map(|rows| rows.len()), Ok(3));
        assert_eq!(rows(b" \n", 2), Err(Unreadable::Empty));
    }
}
