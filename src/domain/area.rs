//! The organisation tree: four levels, each below one above it, and the units that work in it.
use super::{
    fault::FieldFault,
    text::{Line, half_width},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// 层级, from the top down.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 街道
    Street,
    /// 社区
    Community,
    /// 网格（小区）
    Grid,
    /// 楼栋
    Building,
}

impl Level {
    /// The stored name, such as `street`.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// Levels that an area of this one may lie in; a building may stand in a community that has
    /// no grids.
    pub fn parents(self) -> &'static [Self] {
        match self {
            Self::Street => &[],
            Self::Community => &[Self::Street],
            Self::Grid => &[Self::Community],
            Self::Building => &[Self::Grid, Self::Community],
        }
    }

    /// Levels that may lie in an area of this one.
    pub fn children(self) -> &'static [Self] {
        match self {
            Self::Street => &[Self::Community],
            Self::Community => &[Self::Grid, Self::Building],
            Self::Grid => &[Self::Building],
            Self::Building => &[],
        }
    }

    /// As an office writes it in a table: the code or the Chinese word.
    pub fn read(raw: &str) -> Result<Self, FieldFault> {
        match half_width(raw).to_lowercase().as_str() {
            "" => Err(FieldFault::Required),
            "street" | "街道" | "街道办" | "镇" | "乡镇" => Ok(Self::Street),
            "community" | "社区" | "村" => Ok(Self::Community),
            "grid" | "网格" | "小区" | "网格（小区）" | "网格(小区)" => {
                Ok(Self::Grid)
            }
            "building" | "楼栋" | "楼" | "栋" => Ok(Self::Building),
            _ => Err(FieldFault::UnknownChoice),
        }
    }
}

/// 单位类型
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 街道科室
    Office,
    /// 社区居委会
    Community,
    /// 职能部门
    Department,
    /// 协办单位
    CoHost,
    /// 物业等服务单位
    Property,
}

impl UnitKind {
    /// The stored name, such as `co_host`.
    pub fn code(self) -> String {
        self.to_value()
    }
}

/// Characters of an area's or unit's name at most.
pub const LONGEST_NAME: usize = 40;
/// Characters of a lead's name at most.
pub const LONGEST_LEAD: usize = 20;
/// Characters of a code at most.
pub const LONGEST_CODE: usize = 32;

/// 编码: letters, digits, `-`, `_` and `.`; unique in the office. Capitals, so that it can be typed
/// either way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

impl Code {
    pub fn required(raw: &str) -> Result<Self, FieldFault> {
        Self::optional(raw)?.ok_or(FieldFault::Required)
    }

    pub fn optional(raw: &str) -> Result<Option<Self>, FieldFault> {
        let text = half_width(raw).to_uppercase();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().count() > LONGEST_CODE {
            return Err(FieldFault::TooLong { max: LONGEST_CODE });
        }
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if text.bytes().all(fits) {
            Ok(Some(Self(text)))
        } else {
            Err(FieldFault::Format)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 一行: an area as a table names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of the file it stands on, for the words of a fault.
    pub line: usize,
    pub level: Level,
    pub code: Code,
    pub name: Line,
    pub parent: Option<Code>,
    pub lead: Option<Line>,
}

/// 现有区域, as far as an import must know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub level: Level,
    pub name: String,
    pub parent: Option<String>,
    pub lead: Option<String>,
    pub active: bool,
}

/// Why a row cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// The same code on an earlier line.
    Twice {
        first: usize,
    },
    /// A street has a parent, or another level has none.
    ParentMissing,
    ParentUnexpected,
    /// Neither in the file nor in the tree.
    ParentUnknown {
        code: String,
    },
    /// The parent is of a level that cannot hold this one.
    ParentLevel {
        code: String,
    },
    /// The code belongs to an area of another level.
    LevelChanged {
        known: Level,
    },
    /// The area or its parent is not in use any more.
    Inactive {
        code: String,
    },
}

impl RowFault {
    /// The stable code; `area.import.fault.<code>` is the text key.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Twice { .. } => "twice",
            Self::ParentMissing => "parent_missing",
            Self::ParentUnexpected => "parent_unexpected",
            Self::ParentUnknown { .. } => "parent_unknown",
            Self::ParentLevel { .. } => "parent_level",
            Self::LevelChanged { .. } => "level_changed",
            Self::Inactive { .. } => "inactive",
        }
    }
}

/// What an import would do, in an order in which every parent comes before its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub new: Vec<Row>,
    pub changed: Vec<Row>,
    pub same: usize,
}

/// Compares a table with the tree: importing the same table twice changes nothing.
///
/// # Errors
/// Every row that cannot be taken, with its line.
pub fn plan(
    known: &BTreeMap<String, Known>,
    rows: Vec<Row>,
) -> Result<Plan, Vec<(usize, RowFault)>> {
    let mut levels: BTreeMap<&str, Level> = known
        .iter()
        .map(|(code, area)| (code.as_str(), area.level))
        .collect();
    let mut lines = BTreeMap::new();
    let mut faults = Vec::new();
    for row in &rows {
        if let Some(first) = lines.insert(row.code.as_str(), row.line) {
            faults.push((row.line, RowFault::Twice { first }));
        }
        levels.entry(row.code.as_str()).or_insert(row.level);
    }
    for row in &rows {
        if let Some(fault) = fault_of(row, known, &levels) {
            faults.push((row.line, fault));
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|(line, _)| *line);
        return Err(faults);
    }
    let mut plan = Plan::default();
    for row in rows {
        match known.get(row.code.as_str()) {
            None => plan.new.push(row),
            Some(area) if differs(area, &row) => plan.changed.push(row),
            Some(_) => plan.same += 1,
        }
    }
    plan.new.sort_by_key(|row| row.level);
    Ok(plan)
}

fn fault_of(
    row: &Row,
    known: &BTreeMap<String, Known>,
    levels: &BTreeMap<&str, Level>,
) -> Option<RowFault> {
    if let Some(area) = known.get(row.code.as_str()) {
        if area.level != row.level {
            return Some(RowFault::LevelChanged { known: area.level });
        }
        if !area.active {
            let code = row.code.0.clone();
            return Some(RowFault::Inactive { code });
        }
    }
    let Some(parent) = &row.parent else {
        return (row.level != Level::Street).then_some(RowFault::ParentMissing);
    };
    if row.level == Level::Street {
        return Some(RowFault::ParentUnexpected);
    }
    let code = parent.0.clone();
    match levels.get(parent.as_str()) {
        None => Some(RowFault::ParentUnknown { code }),
        Some(level) if !row.level.parents().contains(level) => Some(RowFault::ParentLevel { code }),
        Some(_) if known.get(&code).is_some_and(|area| !area.active) => {
            Some(RowFault::Inactive { code })
        }
        Some(_) => None,
    }
}

/// An empty lead in the table leaves the one on record: a list without that column must not wipe it.
fn differs(area: &Known, row: &Row) -> bool {
    area.name != row.name.as_str()
        || area.parent.as_deref() != row.parent.as_ref().map(Code::as_str)
        || row
            .lead
            .as_ref()
            .is_some_and(|lead| area.lead.as_deref() != Some(lead.as_str()))
}

/// Where an area lies: itself and all above it, the street first. `parent_of` answers the parent of
/// a code; a circle ends the walk.
pub fn path<K: Copy + Ord>(from: K, parent_of: impl Fn(K) -> Option<K>) -> Vec<K> {
    let mut seen = BTreeSet::new();
    let mut path = Vec::new();
    let mut at = Some(from);
    while let Some(area) = at.filter(|area| seen.insert(*area)) {
        path.push(area);
        at = parent_of(area);
    }
    path.reverse();
    path
}

/// Whether `inner` is `outer` or lies in it.
pub fn is_inside<K: Copy + Ord>(inner: K, outer: K, parent_of: impl Fn(K) -> Option<K>) -> bool {
    path(inner, parent_of).contains(&outer)
}

/// Order as people count: 2号楼 comes before 10号楼.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let order = digits(&mut a).cmp(&digits(&mut b));
                if order != Ordering::Equal {
                    return order;
                }
            }
            (x, y) => {
                if x != y || x.is_none() {
                    return x.cmp(&y);
                }
                a.next();
                b.next();
            }
        }
    }
}

/// A run of digits by its size: length without leading zeros first.
fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> (usize, String) {
    let mut run = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        run.push(digit);
    }
    let run = run.trim_start_matches('0').to_owned();
    (run.len(), run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(line: usize, level: Level, code: &str, name: &str, parent: &str) -> Row {
        Row {
            line,
            level,
            code: Code::required(code).unwrap(),
            name: Line::required(name, LONGEST_NAME).unwrap(),
            parent: Code::optional(parent).unwrap(),
            lead: None,
        }
    }

    fn tree() -> Vec<Row> {
        vec![
            row(2, Level::Building, "B1", "1号楼", "G1"),
            row(3, Level::Street, "S", "星光街道", ""),
            row(4, Level::Community, "C1", "民乐社区", "S"),
            row(5, Level::Grid, "G1", "第一网格", "C1"),
        ]
    }

    fn known(rows: &[Row]) -> BTreeMap<String, Known> {
        rows.iter()
            .map(|row| {
                let area = Known {
                    level: row.level,
                    name: row.name.as_str().to_owned(),
                    parent: row.parent.as_ref().map(|p| p.0.clone()),
                    lead: row.lead.as_ref().map(|l| l.as_str().to_owned()),
                    active: true,
                };
                (row.code.0.clone(), area)
            })
            .collect()
    }

    #[test]
    fn parents_come_first_whatever_the_order_of_the_file() {
        let plan = plan(&BTreeMap::new(), tree()).unwrap();
        let order: Vec<_> = plan.new.iter().map(|row| row.code.as_str()).collect();
        assert_eq!(order, ["S", "C1", "G1", "B1"]);
    }

    #[test]
    fn a_table_imported_again_changes_nothing() {
        let again = plan(&known(&tree()), tree()).unwrap();
        assert_eq!(
            (again.new.len(), again.changed.len(), again.same),
            (0, 0, 4)
        );
    }

    #[test]
    fn a_changed_row_is_an_update_and_an_empty_lead_wipes_nothing() {
        let mut before = tree();
        before[2].lead = Some(Line::required("李主任", 20).unwrap());
        let mut rows = tree();
        assert_eq!(plan(&known(&before), rows.clone()).unwrap().same, 4);
        rows[0].name = Line::required("一号楼", 20).unwrap();
        rows[2].lead = Some(Line::required("周主任", 20).unwrap());
        let changed = plan(&known(&before), rows).unwrap().changed;
        assert_eq!(changed.len(), 2);
    }

    #[test]
    fn every_wrong_row_is_named_with_its_line() {
        let mut rows = tree();
        rows.push(row(6, Level::Grid, "G1", "又一个", "C1"));
        rows.push(row(7, Level::Grid, "G2", "没有上级", ""));
        rows.push(row(8, Level::Grid, "G3", "上级不存在", "C9"));
        rows.push(row(9, Level::Grid, "G4", "上级不对", "S"));
        rows.push(row(10, Level::Street, "S2", "街道", "S"));
        let faults = plan(&BTreeMap::new(), rows).unwrap_err();
        let codes: Vec<_> = faults.iter().map(|(line, f)| (*line, f.code())).collect();
        assert_eq!(
            codes,
            [
                (6, "twice"),
                (7, "parent_missing"),
                (8, "parent_unknown"),
                (9, "parent_level"),
                (10, "parent_unexpected")
            ]
        );
    }

    #[test]
    fn a_code_keeps_its_level_and_what_is_closed_stays_closed() {
        let mut tree_known = known(&tree());
        let moved = vec![row(2, Level::Community, "G1", "第一网格", "S")];
        let faults = plan(&tree_known, moved).unwrap_err();
        assert_eq!(faults[0].1, RowFault::LevelChanged { known: Level::Grid });
        tree_known.get_mut("C1").unwrap().active = false;
        let child = vec![row(2, Level::Grid, "G9", "新网格", "C1")];
        assert_eq!(
            plan(&tree_known, child).unwrap_err()[0].1.code(),
            "inactive"
        );
    }

    #[test]
    fn levels_hold_each_other() {
        for level in [
            Level::Street,
            Level::Community,
            Level::Grid,
            Level::Building,
        ] {
            for child in level.children() {
                assert!(child.parents().contains(&level) && *child > level);
            }
            assert_eq!(Level::read(&level.code()), Ok(level));
        }
        assert_eq!(Level::read(" 社区 "), Ok(Level::Community));
        assert_eq!(Level::read("省"), Err(FieldFault::UnknownChoice));
    }

    #[test]
    fn codes_are_capitals_of_any_width() {
        assert_eq!(Code::required("ml－０1a").unwrap().as_str(), "ML-01A");
        assert_eq!(Code::required("a b"), Err(FieldFault::Format));
        assert_eq!(Code::required("社区1"), Err(FieldFault::Format));
        assert_eq!(Code::optional("\u{3000}"), Ok(None));
        assert!(Code::required(&"A".repeat(33)).is_err());
    }

    #[test]
    fn inside_follows_the_parents_and_survives_a_circle() {
        let parent = |n: u8| match n {
            3 => Some(2),
            2 => Some(1),
            8 => Some(9),
            9 => Some(8),
            _ => None,
        };
        assert_eq!(path(3, parent), [1, 2, 3]);
        assert!(is_inside(3, 1, parent) && is_inside(3, 3, parent));
        assert!(!is_inside(1, 3, parent));
        assert_eq!(path(8, parent).len(), 2);
    }

    #[test]
    fn buildings_are_sorted_as_people_count() {
        let mut names = ["10号楼", "2号楼", "1号楼", "02号楼", "甲楼"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names[0], "1号楼");
        assert_eq!(names[3], "10号楼");
    }

    proptest! {
        #[test]
        fn natural_is_an_order(a in ".{0,6}", b in ".{0,6}", c in ".{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &a), Ordering::Equal);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }
    }
}
