//! 工单表: rows of another system, such as the 12345 hotline's, as reports. The columns are found by
//! the words above them; what is not understood is named and left out.
use super::form::Raw;
use crate::{
    domain::{moment, text::half_width},
    platform::{
        once::hex,
        sheet::{self, Unreadable},
    },
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Rows of one table at most.
pub const MOST_ROWS: usize = 2_000;

/// 一条工单
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub line: usize,
    pub source_ref: String,
    pub said_at: String,
    pub name: String,
    pub phone: String,
    /// Name or code of a category, as it stands there.
    pub category: String,
    /// Name or code of a community, grid or building.
    pub area: String,
    pub address: String,
    pub text: String,
}

/// A table, understood as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub rows: Vec<Row>,
    pub unused: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Ref,
    SaidAt,
    Phone,
    Name,
    Category,
    Area,
    Address,
    Text,
}

/// Words that head a column, most telling first.
const HEADS: &[(Column, &[&str])] = &[
    (
        Column::Ref,
        &["工单编号", "工单号", "编号", "流水号", "order", "number"],
    ),
    (Column::Phone, &["电话", "手机", "联系方式", "phone"]),
    (Column::SaidAt, &["来电时间", "受理时间", "时间", "time"]),
    (Column::Address, &["地址", "地点", "位置", "address"]),
    (Column::Area, &["社区", "网格", "区域", "area"]),
    (Column::Category, &["类别", "类型", "分类", "category"]),
    (Column::Text, &["内容", "诉求", "描述", "问题", "text"]),
    (
        Column::Name,
        &["姓名", "联系人", "来电人", "诉求人", "反映人", "name"],
    ),
];

/// Reads a table.
///
/// # Errors
/// [`Unreadable`]; `NoHeader` when no column is the number or the text.
pub fn read(bytes: &[u8]) -> Result<Table, Unreadable> {
    let mut rows = sheet::rows(bytes, MOST_ROWS)?.into_iter();
    let (_, heads) = rows.next().ok_or(Unreadable::Empty)?;
    let columns: Vec<Option<Column>> = columns(&heads);
    let has = |column| columns.contains(&Some(column));
    if !has(Column::Ref) || !has(Column::Text) {
        return Err(Unreadable::NoHeader);
    }
    let unused = heads.iter().zip(&columns);
    let unused = unused.filter(|(head, column)| column.is_none() && !head.is_empty());
    let table = Table {
        unused: unused
            .map(|(head, _)| head.chars().take(20).collect())
            .collect(),
        rows: rows
            .map(|(line, cells)| row(line, &cells, &columns))
            .collect(),
    };
    if table.rows.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(table)
}

/// Each column is used once, for the first head that fits.
fn columns(heads: &[String]) -> Vec<Option<Column>> {
    let mut found: Vec<Option<Column>> = Vec::new();
    for head in heads {
        let head = half_width(head).to_lowercase();
        let fits = HEADS.iter().find(|(column, words)| {
            !found.contains(&Some(*column)) && words.iter().any(|word| head.contains(word))
        });
        found.push(fits.map(|(column, _)| *column));
    }
    found
}

fn row(line: usize, cells: &[String], columns: &[Option<Column>]) -> Row {
    let mut row = Row {
        line,
        ..Row::default()
    };
    for (cell, column) in cells.iter().zip(columns) {
        let place = match column {
            Some(Column::Ref) => &mut row.source_ref,
            Some(Column::SaidAt) => &mut row.said_at,
            Some(Column::Phone) => &mut row.phone,
            Some(Column::Name) => &mut row.name,
            Some(Column::Category) => &mut row.category,
            Some(Column::Area) => &mut row.area,
            Some(Column::Address) => &mut row.address,
            Some(Column::Text) => &mut row.text,
            None => continue,
        };
        cell.clone_into(place);
    }
    row
}

impl Row {
    /// What tells a changed row from one that was seen: everything but its line.
    pub fn hash(&self) -> String {
        let parts = [
            &self.said_at,
            &self.name,
            &self.phone,
            &self.category,
            &self.area,
            &self.address,
            &self.text,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        hex(&hash.finalize())
    }

    /// The row as a report; `category` and `area` were looked up.
    pub fn raw(&self, source: &str, category: &str, area: &str) -> Raw {
        // A time that cannot be read is not worth a refusal: the text still counts.
        let said_at = moment::instant(&self.said_at).map(|at| at.to_rfc3339());
        Raw {
            category: category.to_owned(),
            text: self.text.clone(),
            area: area.to_owned(),
            address: self.address.clone(),
            said_at: said_at.unwrap_or_default(),
            name: self.name.clone(),
            phone: self.phone.clone(),
            source: source.to_owned(),
            source_ref: self.source_ref.clone(),
            ..Raw::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "工单编号,来电时间,来电人姓名,联系电话,诉求类型,所属社区,事发地址,诉求内容,坐席\n\
        W-1,2026-11-25 19:02,王女士,13800008000,照明,民乐社区,3号院,路灯不亮,07\n";

    #[test]
    fn columns_are_found_by_their_words() {
        let table = read(CSV.as_bytes()).unwrap();
        assert_eq!(table.unused, ["坐席"]);
        let row = &table.rows[0];
        assert_eq!(row.line, 2);
        assert_eq!(row.source_ref, "W-1");
        assert_eq!(row.name, "王女士");
        assert_eq!(row.category, "照明");
        assert_eq!(row.text, "路灯不亮");
        assert_eq!(
            row.raw("12345", "lighting", "XG01").said_at,
            "2026-11-25T11:02:00+00:00"
        );
    }

    #[test]
    fn only_a_changed_row_has_another_hash() {
        let row = read(CSV.as_bytes()).unwrap().rows.remove(0);
        let again = Row {
            line: 9,
            ..row.clone()
        };
        assert_eq!(row.hash(), again.hash());
        let changed = Row {
            text: "路灯还是不亮".into(),
            ..row.clone()
        };
        assert_ne!(row.hash(), changed.hash());
    }

    #[test]
    fn a_table_without_number_or_text_is_none() {
        assert_eq!(
            read("姓名,电话\n王,1\n".as_bytes()),
            Err(Unreadable::NoHeader)
        );
    }
}
