//! The booths of a fair, planned as rows of text and drawn on a grid.
//!
//! ```text
//! # the gate is in the north
//! A 1-8 北侧
//! A 9-16 南侧
//! B 1-4,6-8
//! C05 入口旁
//! ```
use super::fault::FieldFault;
use super::text::{half_width, half_width_char, is_han};
use std::collections::{BTreeMap, HashSet};

/// The highest number of a booth within its row.
pub const MAX_NUMBER: u16 = 199;
/// The most booths of one fair.
pub const MAX_BOOTHS: usize = 500;
/// The most rows of one fair.
pub const MAX_ROWS: usize = 40;
const MAX_SIDE: usize = 20;
const MAX_PLAN: usize = 4000;

/// 摊位, as planned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Booth {
    /// 排
    pub row: String,
    /// Its number within the row, which is also its place there: gaps stay empty.
    pub number: u16,
    /// `A01`
    pub label: String,
    /// Where the row stands, such as 北侧; may be empty.
    pub side: String,
}

/// `A01`, and `A100` from a hundred on.
pub fn label(row: &str, number: u16) -> String {
    format!("{row}{number:02}")
}

/// Reads a plan. Booths come in the order of the rows' first appearance, then by number.
pub fn plan(text: &str) -> Result<Vec<Booth>, FieldFault> {
    if text.len() > MAX_PLAN * 4 {
        return Err(FieldFault::TooLong { max: MAX_PLAN });
    }
    let mut rows: Vec<(String, BTreeMap<u16, String>)> = vec![];
    for (at, raw) in text.lines().enumerate() {
        let line = at + 1;
        if let Some(read) = read_line(raw, line)? {
            add(&mut rows, read, line)?;
        }
    }
    let booths: Vec<Booth> = rows.into_iter().flat_map(booths_of_row).collect();
    match booths.len() {
        0 => Err(FieldFault::Required),
        n if n > MAX_BOOTHS => Err(FieldFault::TooMany { max: MAX_BOOTHS }),
        _ => Ok(booths),
    }
}

fn booths_of_row((row, numbers): (String, BTreeMap<u16, String>)) -> Vec<Booth> {
    numbers
        .into_iter()
        .map(|(number, side)| Booth {
            label: label(&row, number),
            row: row.clone(),
            number,
            side,
        })
        .collect()
}

struct PlanLine {
    row: String,
    numbers: Vec<u16>,
    side: String,
}

fn add(
    rows: &mut Vec<(String, BTreeMap<u16, String>)>,
    read: PlanLine,
    line: usize,
) -> Result<(), FieldFault> {
    let at = rows
        .iter()
        .position(|(row, _)| *row == read.row)
        .unwrap_or(rows.len());
    if at == rows.len() {
        if at == MAX_ROWS {
            return Err(FieldFault::TooMany { max: MAX_ROWS });
        }
        rows.push((read.row.clone(), BTreeMap::new()));
    }
    for number in read.numbers {
        if rows[at].1.insert(number, read.side.clone()).is_some() {
            let value = label(&read.row, number);
            return Err(FieldFault::LineDuplicate { line, value });
        }
    }
    Ok(())
}

/// One line, or nothing when it is blank or a comment.
fn read_line(raw: &str, line: usize) -> Result<Option<PlanLine>, FieldFault> {
    let text = half_width(raw);
    let text = text.split('#').next().unwrap_or_default();
    let text = text.split("//").next().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let fault = FieldFault::LineFormat { line };
    let (row, rest) = read_row(text).ok_or_else(|| fault.clone())?;
    let (numbers, rest) = read_numbers(&row, rest, line)?;
    let side = rest.trim();
    if numbers.is_empty() || side.chars().count() > MAX_SIDE || side.chars().any(char::is_control) {
        return Err(fault);
    }
    Ok(Some(PlanLine {
        row,
        numbers,
        side: side.to_owned(),
    }))
}

/// One or two letters or Han characters, with or without 排 or 区 behind them.
fn read_row(text: &str) -> Option<(String, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphabetic() || is_han(c)))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let row = word
        .strip_suffix(['排', '区'])
        .unwrap_or(word)
        .to_ascii_uppercase();
    let rest = rest.trim_start().trim_start_matches(['排', '区', ':']);
    (1..=2)
        .contains(&row.chars().count())
        .then_some((row, rest))
}

/// Single numbers and ranges with commas or spaces between; what follows is left over.
fn read_numbers<'t>(
    row: &str,
    text: &'t str,
    line: usize,
) -> Result<(Vec<u16>, &'t str), FieldFault> {
    let mut numbers = vec![];
    let mut rest = text;
    while let Some((first, after)) = read_number(row, rest) {
        rest = after;
        let mut last = first;
        if let Some(after_dash) = after_dash(rest) {
            let (number, after) =
                read_number(row, after_dash).ok_or(FieldFault::LineFormat { line })?;
            last = number;
            rest = after;
        }
        if first < 1 || first > last || last > u32::from(MAX_NUMBER) {
            return Err(FieldFault::LineRange {
                line,
                max: i64::from(MAX_NUMBER),
            });
        }
        numbers.extend((first..=last).filter_map(|n| u16::try_from(n).ok()));
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || is_comma(c));
        if numbers.len() > MAX_BOOTHS {
            return Err(FieldFault::TooMany { max: MAX_BOOTHS });
        }
    }
    Ok((numbers, rest))
}

/// Digits, led by the row's own name or not, followed by 号 or not.
fn read_number<'t>(row: &str, text: &'t str) -> Option<(u32, &'t str)> {
    let text = text.trim_start();
    let text = match text.get(..row.len()) {
        Some(start) if start.eq_ignore_ascii_case(row) => &text[row.len()..],
        _ => text,
    };
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return None;
    }
    // Too many digits for a number are as wrong as a number that is too high.
    Some((
        digits.parse().unwrap_or(u32::MAX),
        rest.strip_prefix('号').unwrap_or(rest),
    ))
}

fn after_dash(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let dash = |c: char| matches!(c, '-' | '~' | '\u{2010}'..='\u{2015}' | '至' | '到' | '〜');
    let rest = text.strip_prefix(dash)?;
    Some(rest.trim_start_matches(dash))
}

fn is_comma(c: char) -> bool {
    matches!(half_width_char(c), ',' | ';' | '、' | '，')
}

/// Which way a plan is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// 横向: rows run from left to right, for screens and print.
    Landscape,
    /// 纵向: rows run from top to bottom, four beside each other, for phones.
    Portrait,
}

/// The plan on a grid; the first line (or column) of each row is its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid<'p> {
    pub columns: u16,
    pub lines: u16,
    pub cells: Vec<Cell<'p>>,
    pub heads: Vec<Head<'p>>,
}

/// Where a booth is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'p> {
    pub booth: &'p Booth,
    pub column: u16,
    pub line: u16,
}

/// Where the name of a row is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'p> {
    pub row: &'p str,
    /// Where the row stands, as its first booth says.
    pub side: &'p str,
    pub column: u16,
    pub line: u16,
}

/// Rows beside each other on a phone.
const PORTRAIT_ROWS: u16 = 4;

/// Lays a plan out. Booths of a row keep the distance of their numbers, so a gap in the plan is a
/// gap on the ground.
pub fn lay_out(booths: &[Booth], orientation: Orientation) -> Grid<'_> {
    let mut grid = Grid {
        columns: 0,
        lines: 0,
        cells: vec![],
        heads: vec![],
    };
    let mut block = 0;
    let mut block_end = 0;
    for (index, row) in (0_u16..).zip(rows(booths)) {
        let beside = match orientation {
            Orientation::Landscape => index,
            Orientation::Portrait => index % PORTRAIT_ROWS,
        };
        if beside == 0 {
            block = block_end;
        }
        let place = |along: u16| match orientation {
            Orientation::Landscape => (along, index),
            Orientation::Portrait => (beside, block + along),
        };
        let first = row.iter().map(|b| b.number).min().unwrap_or(1);
        let (column, line) = place(0);
        grid.heads.push(Head {
            row: &row[0].row,
            side: &row[0].side,
            column,
            line,
        });
        for booth in row {
            let along = booth.number - first + 1;
            let (column, line) = place(along);
            grid.cells.push(Cell {
                booth,
                column,
                line,
            });
            grid.columns = grid.columns.max(column + 1);
            grid.lines = grid.lines.max(line + 1);
            block_end = block_end.max(block + along + 1);
        }
    }
    grid
}

/// The order in which one walks past all booths: up one row and down the next.
pub fn walk(booths: &[Booth]) -> Vec<&Booth> {
    let mut path = Vec::with_capacity(booths.len());
    for (index, row) in rows(booths).into_iter().enumerate() {
        if index % 2 == 0 {
            path.extend(row.iter());
        } else {
            path.extend(row.iter().rev());
        }
    }
    path
}

/// The booths cut into their rows; a plan keeps a row's booths together.
fn rows(booths: &[Booth]) -> Vec<&[Booth]> {
    let rows: Vec<&[Booth]> = booths.chunk_by(|a, b| a.row == b.row).collect();
    debug_assert_eq!(
        rows.len(),
        rows.iter().map(|r| &r[0].row).collect::<HashSet<_>>().len()
    );
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(text: &str) -> String {
        plan(text)
            .unwrap()
            .iter()
            .map(|b| b.label.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_plan_is_rows_of_text() {
        let booths = plan("# 入口在北\nA 1-8 北侧\n\nA 9-10 南侧 // 靠树\nB 1-4,6-8").unwrap();
        assert_eq!(booths.len(), 17);
        assert_eq!(
            booths[0],
            Booth {
                row: "A".into(),
                number: 1,
                label: "A01".into(),
                side: "北侧".into()
            }
        );
        assert_eq!(booths[9].side, "南侧");
        assert_eq!(booths[14].label, "B06");
        assert_eq!(booths[16].side, "");
    }

    #[test]
    fn the_same_plan_in_many_spellings() {
        for text in [
            "A 1-3",
            "a1-3",
            "Ａ　１－３",
            "A 1–3",
            "A 1~3",
            "A 1至3",
            "A排 1 到 3",
            "A 排 1—3",
            "A: 1,2,3",
            "A 1、2，3",
            "A 1 2 3",
            "A01-A03",
            "A01,A02,A03",
            "A01\nA02\nA03",
            "A区 1号-3号",
            "A 1--3",
            "A 3\nA 1-2",
        ] {
            assert_eq!(labels(text), "A01 A02 A03", "{text}");
        }
        assert_eq!(labels("东 1-2\n西排 1"), "东01 东02 西01");
        assert_eq!(labels("AB 99-101"), "AB99 AB100 AB101");
        assert_eq!(plan("C05 入口 旁").unwrap()[0].side, "入口 旁");
    }

    #[test]
    fn errors_name_the_line() {
        let format = |line| Err(FieldFault::LineFormat { line });
        let range = |line| Err(FieldFault::LineRange { line, max: 199 });
        assert_eq!(plan("A 1-8\nB"), format(2));
        assert_eq!(plan("A 1-"), format(1));
        assert_eq!(plan("1-8"), format(1));
        assert_eq!(plan("\nABC 1"), format(2));
        assert_eq!(plan("A 北侧"), format(1));
        assert_eq!(plan("A 1 北侧\u{7}"), format(1));
        assert_eq!(plan("A 8-1"), range(1));
        assert_eq!(plan("A 0-1"), range(1));
        assert_eq!(plan("A 1-200"), range(1));
        assert_eq!(plan("A 1-99999999999999999999"), range(1));
        let twice = |line| {
            Err(FieldFault::LineDuplicate {
                line,
                value: "A03".into(),
            })
        };
        assert_eq!(plan("A 1-3\nA 3"), twice(2));
        assert_eq!(plan("A 1-3,3-5"), twice(1));
    }

    #[test]
    fn a_plan_has_limits() {
        assert_eq!(plan(" \n# nothing"), Err(FieldFault::Required));
        assert_eq!(
            plan(&"A".repeat(99_999)),
            Err(FieldFault::TooLong { max: MAX_PLAN })
        );
        assert_eq!(
            plan("A 1-199\nB 1-199\nC 1-199"),
            Err(FieldFault::TooMany { max: MAX_BOOTHS })
        );
        let letters = ('A'..='Z').flat_map(|a| ('A'..='B').map(move |b| format!("{a}{b} 1\n")));
        assert_eq!(
            plan(&letters.collect::<String>()),
            Err(FieldFault::TooMany { max: MAX_ROWS })
        );
    }

    #[test]
    fn rows_lie_on_a_grid() {
        let booths = plan("A 1-4,6\nB 3-4").unwrap();
        let wide = lay_out(&booths, Orientation::Landscape);
        assert_eq!((wide.columns, wide.lines), (7, 2));
        assert_eq!((wide.cells[4].column, wide.cells[4].line), (6, 0));
        assert_eq!((wide.cells[5].column, wide.cells[5].line), (1, 1));
        assert_eq!((wide.heads[1].column, wide.heads[1].line), (0, 1));
        let tall = lay_out(&booths, Orientation::Portrait);
        assert_eq!((tall.columns, tall.lines), (2, 7));
        assert_eq!((tall.cells[4].column, tall.cells[4].line), (0, 6));
    }

    #[test]
    fn on_a_phone_the_fifth_row_starts_below() {
        let booths = plan("A 1-8\nB 1-2\nC 1\nD 1\nE 1-2").unwrap();
        let tall = lay_out(&booths, Orientation::Portrait);
        let head = tall.heads[4];
        assert_eq!((head.row, head.column, head.line), ("E", 0, 9));
        assert_eq!((tall.columns, tall.lines), (4, 12));
    }

    #[test]
    fn one_walks_up_one_row_and_down_the_next() {
        let booths = plan("A 1-3\nB 1-3").unwrap();
        let path: Vec<&str> = walk(&booths).iter().map(|b| b.label.as_str()).collect();
        assert_eq!(path, ["A01", "A02", "A03", "B03", "B02", "B01"]);
    }

    proptest! {
        #[test]
        fn reading_a_plan_never_panics(text in "[A-C东排区0-9\\-, #/\n，、－至号侧]{0,60}") {
            if let Ok(booths) = plan(&text) {
                let labels: HashSet<&str> = booths.iter().map(|b| b.label.as_str()).collect();
                prop_assert_eq!(labels.len(), booths.len());
                for orientation in [Orientation::Landscape, Orientation::Portrait] {
                    let grid = lay_out(&booths, orientation);
                    let places: HashSet<(u16, u16)> = grid.cells.iter().map(|c| (c.column, c.line))
                        .chain(grid.heads.iter().map(|h| (h.column, h.line))).collect();
                    prop_assert_eq!(places.len(), booths.len() + grid.heads.len());
                    let inside = places.iter().all(|(c, l)| *c < grid.columns && *l < grid.lines);
                    prop_assert!(inside);
                }
                prop_assert_eq!(walk(&booths).len(), booths.len());
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            prop_assert!(plan(&text).is_err() || !text.is_empty());
        }
    }
}
