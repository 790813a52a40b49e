//! The area table as offices keep it in a spreadsheet: bytes → rows, every fault with its line.
use crate::domain::{
    area::{Code, LONGEST_LEAD, LONGEST_NAME, Level, Plan, Row, RowFault},
    fault::FieldFault,
    text::{Line, half_width},
};
use crate::platform::sheet::{LARGEST, Unreadable, decode, delimiter};

/// Rows of a table at most.
pub const MOST_ROWS: usize = 5_000;
/// Faults that a page shows at most.
const MOST_FAULTS: usize = 200;

/// One thing to mend: on which line, in which column (an index into [`COLUMNS`]), and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFault {
    pub line: usize,
    pub column: Option<usize>,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Field(FieldFault),
    Row(RowFault),
    /// Not a line of a CSV file.
    Broken,
}

/// A table that was read: its rows, or what is wrong with them.
#[derive(Debug)]
pub struct Table {
    pub rows: Vec<Row>,
    pub faults: Vec<TableFault>,
    /// Name of the encoding when it was not UTF-8.
    pub encoding: Option<&'static str>,
}

/// Column names: how we write them, and what offices call them.
pub const COLUMNS: [(&str, &[&str]); 5] = [
    ("level", &["层级", "级别", "区域级别"]),
    ("code", &["编码", "区域编码", "代码"]),
    ("name", &["名称", "区域名称"]),
    ("parent_code", &["上级编码", "上级区域编码", "所属上级"]),
    ("lead_name", &["负责人", "负责人姓名", "联系人"]),
];

/// A table to begin with: the five columns and one example of each level.
pub const TEMPLATE: &str = "level,code,name,parent_code,lead_name
street,XG,星光街道,,
community,XG01,民乐社区,XG,李明
grid,XG0101,第一网格,XG01,王芳
building,XG010101,1号楼,XG0101,
";

pub fn read(bytes: &[u8]) -> Result<Table, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let (text, encoding) = decode(bytes)?;
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records
        .next()
        .and_then(Result::ok)
        .ok_or(Unreadable::NoHeader)?;
    let places = places(&header)?;
    let mut table = Table {
        rows: Vec::new(),
        faults: Vec::new(),
        encoding,
    };
    let mut lines = Lines::of(&text);
    for record in records {
        if table.rows.len() >= MOST_ROWS {
            return Err(Unreadable::TooManyRows);
        }
        match record {
            Ok(record) => {
                let line = lines.from(record.position());
                row(&mut table, &record, &places, line);
            }
            Err(error) => table.faults.push(TableFault {
                line: lines.from(error.position()),
                column: None,
                why: Why::Broken,
            }),
        }
        if table.faults.len() >= MOST_FAULTS {
            break;
        }
    }
    if table.rows.is_empty() && table.faults.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(table)
}

/// Where each of our columns stands in the file; the first three must be there.
fn places(header: &csv::StringRecord) -> Result<[Option<usize>; 5], Unreadable> {
    let names: Vec<String> = header
        .iter()
        .map(|h| half_width(h).to_lowercase())
        .collect();
    let place = |(ours, theirs): (&str, &[&str])| {
        names
            .iter()
            .position(|name| name == ours || theirs.contains(&name.as_str()))
    };
    let places = COLUMNS.map(place);
    if places[..3].iter().all(Option::is_some) {
        Ok(places)
    } else {
        Err(Unreadable::NoHeader)
    }
}

fn row(table: &mut Table, record: &csv::StringRecord, places: &[Option<usize>; 5], line: usize) {
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return;
    }
    let cell = |column: usize| places[column].and_then(|at| record.get(at)).unwrap_or("");
    let faults = &mut table.faults;
    let level = note(faults, line, 0, Level::read(cell(0)));
    let code = note(faults, line, 1, Code::required(cell(1)));
    let name = note(faults, line, 2, Line::required(cell(2), LONGEST_NAME));
    let parent = note(faults, line, 3, Code::optional(cell(3)));
    let lead = note(faults, line, 4, Line::optional(cell(4), LONGEST_LEAD));
    if let (Some(level), Some(code), Some(name), Some(parent), Some(lead)) =
        (level, code, name, parent, lead)
    {
        table.rows.push(Row {
            line,
            level,
            code,
            name,
            parent,
            lead,
        });
    }
}

fn note<T>(
    faults: &mut Vec<TableFault>,
    line: usize,
    column: usize,
    read: Result<T, FieldFault>,
) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(fault) => {
            faults.push(TableFault {
                line,
                column: Some(column),
                why: Why::Field(fault),
            });
            None
        }
    }
}

/// The lines of a text as an editor numbers them. The CSV reader says where it went on reading, not
/// where a record begins: before empty lines, and between the two marks of a Windows line end.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of the first record at or behind a position; positions only grow.
    fn from(&mut self, position: Option<&csv::Position>) -> usize {
        let from = position.and_then(|at| usize::try_from(at.byte()).ok());
        let from = from.unwrap_or(self.at);
        while let Some(byte) = self.text.get(self.at) {
            let ends = matches!(byte, b'\r' | b'\n');
            if self.at >= from && !ends {
                break;
            }
            self.at += 1;
            let half = *byte == b'\r' && self.text.get(self.at) == Some(&b'\n');
            self.line += usize::from(ends && !half);
        }
        self.line
    }
}

/// The rows of a plan as a table again, which the preview hands to the final step.
pub fn write(plan: &Plan) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = String::from("level,code,name,parent_code,lead_name\n");
    for row in plan.new.iter().chain(&plan.changed) {
        let cells = [
            row.level.code(),
            row.code.as_str().to_owned(),
            quoted(row.name.as_str()),
            row.parent.as_ref().map_or("", Code::as_str).to_owned(),
            quoted(row.lead.as_ref().map_or("", Line::as_str)),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::area::plan;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_template_reads_in_every_encoding_an_office_saves() {
        let gbk = encoding_rs::GB18030.encode(TEMPLATE).0.into_owned();
        let marked = [b"\xef\xbb\xbf", TEMPLATE.as_bytes()].concat();
        let mut utf16 = vec![0xff, 0xfe];
        utf16.extend(TEMPLATE.encode_utf16().flat_map(u16::to_le_bytes));
        for (bytes, encoding) in [
            (TEMPLATE.as_bytes().to_vec(), None),
            (marked, None),
            (gbk, Some("GBK")),
            (utf16, Some("UTF-16LE")),
            (TEMPLATE.replace('\n', "\r\n").into_bytes(), None),
            (TEMPLATE.replace(',', "\t").into_bytes(), None),
        ] {
            let table = read(&bytes).unwrap();
            assert_eq!(table.encoding, encoding);
            assert_eq!(table.faults, []);
            assert_eq!(table.rows.len(), 4);
            assert_eq!(table.rows[1].name.as_str(), "民乐社区");
            assert_eq!(table.rows[3].line, 5);
        }
    }

    #[test]
    fn chinese_column_names_in_any_order_are_understood() {
        let text = "名称,层级,编码\n星光街道,街道,xg\n";
        let table = read(text.as_bytes()).unwrap();
        assert_eq!(table.rows[0].level, Level::Street);
        assert_eq!(table.rows[0].code.as_str(), "XG");
    }

    #[test]
    fn every_fault_has_its_line_and_column() {
        let text = "level,code,name,parent_code\nstreet,XG,,\n\nplanet,X G,名\u{202e}称,\n";
        let table = read(text.as_bytes()).unwrap();
        let faults: Vec<_> = table.faults.iter().map(|f| (f.line, f.column)).collect();
        assert_eq!(
            faults,
            [(2, Some(2)), (4, Some(0)), (4, Some(1)), (4, Some(2))]
        );
    }

    #[test]
    fn lines_are_numbered_as_an_editor_does_whatever_ends_them() {
        let text = "level,code,name\n\n\nstreet,XG,\"星光\n街道\"\ncommunity,A,\n\ngrid,B,\n";
        for end in ["\n", "\r\n", "\r"] {
            let table = read(text.replace('\n', end).as_bytes()).unwrap();
            let lines: Vec<_> = table.faults.iter().map(|fault| fault.line).collect();
            assert_eq!(lines, [4, 6, 8], "{end:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_named() {
        let unreadable = |bytes: &[u8]| read(bytes).unwrap_err();
        assert_eq!(unreadable(b""), Unreadable::Empty);
        assert_eq!(unreadable(b" \n\n"), Unreadable::Empty);
        assert_eq!(unreadable(b"level,code,name\n"), Unreadable::Empty);
        assert_eq!(unreadable(b"a,b,c\n1,2,3\n"), Unreadable::NoHeader);
        assert_eq!(unreadable(b"PK\x03\x04\0\0\xff\xff"), Unreadable::NotText);
        assert_eq!(unreadable(b"\x89PNG\r\n\x1a\n\0\0\0"), Unreadable::NotText);
        let many = format!("level,code,name\n{}", "street,A,B\n".repeat(MOST_ROWS + 1));
        assert_eq!(unreadable(many.as_bytes()), Unreadable::TooManyRows);
        assert_eq!(unreadable(&vec![b'a'; LARGEST + 1]), Unreadable::TooLarge);
    }

    #[test]
    fn a_plan_written_down_is_the_same_plan() {
        let text = "level,code,name,parent_code,lead_name\nstreet,XG,\"星光,\"\"街道\"\"\",,=1+1\n";
        let first = plan(&BTreeMap::new(), read(text.as_bytes()).unwrap().rows).unwrap();
        let again = read(write(&first).as_bytes()).unwrap();
        assert_eq!(plan(&BTreeMap::new(), again.rows).unwrap(), first);
    }

    proptest! {
        #[test]
        fn no_bytes_upset_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut table = b"level,code,name\n".to_vec();
            table.extend(&bytes);
            drop(read(&bytes));
            drop(read(&table));
        }
    }
}
