//! 快速录入: rows pasted from a spreadsheet, read into the fields of postings. What is not sure is
//! left open and marked with the words that stood there; nothing is made up.
use super::form::{Typed, codes};
use crate::domain::{
    group::TargetGroup,
    moment,
    pay::{Pay, PayUnit},
    posting::{ContractType, Education, Experience, InsuranceItem, Occupation, PostingKind},
    text::half_width,
};
use std::collections::BTreeMap;

/// Rows of one paste at most.
pub const MAX_ROWS: usize = 15;
/// Characters of one paste at most.
pub const MAX_TEXT: usize = 40_000;
/// Characters of one cell at most.
const MAX_CELL: usize = 2000;

/// What one row says.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub typed: Typed,
    /// Fields to be looked at again, with the words that stood there.
    pub doubts: BTreeMap<&'static str, String>,
}

/// A pasted table, understood as far as it goes.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub rows: Vec<Row>,
    /// Heads of columns that were not understood and are left out.
    pub unused: Vec<String>,
    /// Rows beyond the limit were left out.
    pub cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Title,
    Headcount,
    Pay,
    Education,
    Experience,
    Skills,
    Duties,
    Place,
    Hours,
    Benefits,
    Contract,
    Insurance,
    Groups,
    Kind,
    Occupation,
    Age,
    Expires,
}

/// Words that head a column, most telling first.
const HEADS: &[(Column, &[&str])] = &[
    (Column::Headcount, &["人数", "名额", "headcount"]),
    (Column::Occupation, &["职业", "工种", "occupation"]),
    (Column::Kind, &["岗位类型", "岗位性质", "kind"]),
    (Column::Duties, &["内容", "职责", "描述", "duties"]),
    (Column::Pay, &["薪", "工资", "报酬", "pay", "salary"]),
    (Column::Insurance, &["保险", "社保", "五险", "insurance"]),
    (Column::Benefits, &["福利", "待遇", "食宿", "benefits"]),
    (Column::Education, &["学历", "education"]),
    (Column::Experience, &["经验", "工作年限", "experience"]),
    (Column::Age, &["年龄", "age"]),
    (Column::Place, &["地点", "地址", "place"]),
    (Column::Hours, &["班次", "工时", "时间", "hours"]),
    (Column::Contract, &["合同", "用工形式", "contract"]),
    (Column::Groups, &["人群", "面向", "groups"]),
    (Column::Expires, &["有效期", "截止", "expires"]),
    (Column::Skills, &["技能", "要求", "条件", "skills"]),
    (Column::Title, &["岗位", "职位", "名称", "title"]),
];

/// The order of columns without heads.
const USUAL: &[Column] = &[
    Column::Title,
    Column::Headcount,
    Column::Pay,
    Column::Education,
    Column::Experience,
    Column::Place,
    Column::Duties,
    Column::Benefits,
];

/// Reads a paste. `common` is what the writer chose for all rows; it fills what a row leaves empty.
pub fn read(text: &str, common: &Typed) -> Table {
    let text: String = text.chars().take(MAX_TEXT).collect();
    let mut cells = cells(&text).into_iter().peekable();
    let heads = cells.peek().and_then(|first| heads(first));
    let mut table = Table::default();
    let columns: Vec<Option<Column>> = match heads {
        Some(columns) => {
            let first = cells.next().unwrap_or_default();
            let unused = first
                .iter()
                .zip(&columns)
                .filter(|(_, column)| column.is_none());
            table.unused = unused
                .map(|(head, _)| head.chars().take(20).collect())
                .filter(|head: &String| !head.is_empty())
                .collect();
            columns
        }
        None => USUAL.iter().copied().map(Some).collect(),
    };
    for cells in cells {
        if table.rows.len() == MAX_ROWS {
            table.cut = true;
            break;
        }
        table.rows.push(row(&columns, &cells, common));
    }
    table
}

/// Cells by row; tabs when there are any, else commas. Empty rows are left out.
fn cells(text: &str) -> Vec<Vec<String>> {
    let tab = text.contains('\t');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tab { b'\t' } else { b',' })
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    reader
        .records()
        .filter_map(Result::ok)
        .map(|record| {
            let cell = |cell: &str| cell.trim().chars().take(MAX_CELL).collect::<String>();
            record.iter().map(cell).collect::<Vec<_>>()
        })
        .filter(|cells| cells.iter().any(|cell| !cell.is_empty()))
        .collect()
}

/// The columns that a row of heads names; two known words make it one.
fn heads(cells: &[String]) -> Option<Vec<Option<Column>>> {
    let mut seen = Vec::new();
    let columns: Vec<Option<Column>> = cells
        .iter()
        .map(|cell| {
            let column = head(cell).filter(|column| !seen.contains(column));
            seen.extend(column);
            column
        })
        .collect();
    (seen.len() >= 2).then_some(columns)
}

fn head(cell: &str) -> Option<Column> {
    let cell = half_width(cell).to_lowercase();
    if cell.chars().count() > 12 {
        return None;
    }
    HEADS
        .iter()
        .find(|(_, words)| words.iter().any(|word| cell.contains(word)))
        .map(|(column, _)| *column)
}

fn row(columns: &[Option<Column>], cells: &[String], common: &Typed) -> Row {
    let mut row = Row {
        typed: common.clone(),
        ..Row::default()
    };
    for (column, cell) in columns.iter().zip(cells) {
        if let (Some(column), false) = (column, cell.is_empty()) {
            row.take(*column, cell);
        }
    }
    row
}

impl Row {
    fn take(&mut self, column: Column, cell: &str) {
        match column {
            Column::Title => self.typed.title = cell.into(),
            Column::Skills => self.typed.skills = cell.into(),
            Column::Duties => self.typed.duties = cell.into(),
            Column::Place => self.typed.place = cell.into(),
            Column::Hours => self.typed.hours = cell.into(),
            Column::Benefits => self.typed.benefits = cell.into(),
            Column::Headcount => self.headcount(cell),
            Column::Pay => self.pay(cell),
            Column::Age => {
                self.typed.age_limit = cell.into();
                self.doubts.insert("age_ground", cell.into());
            }
            Column::Expires => match moment::day(cell) {
                Ok(day) => self.typed.expires_on = day.to_string(),
                Err(_) => self.doubt("expires_on", cell),
            },
            Column::Education => {
                self.typed.education = self.sure("education", cell, education(cell));
            }
            Column::Experience => {
                self.typed.experience = self.sure("experience", cell, experience(cell));
            }
            Column::Contract => {
                self.typed.contract_type = self.sure("contract_type", cell, contract(cell));
            }
            Column::Kind => self.typed.kind = self.sure("kind", cell, kind(cell)),
            Column::Occupation => {
                self.typed.occupation = self.sure("occupation", cell, occupation(cell));
            }
            Column::Insurance => {
                let (items, sure) = insurance(cell);
                self.typed.insurance = codes(&items);
                if !sure {
                    self.doubt("insurance", cell);
                }
            }
            Column::Groups => {
                let groups = groups(cell);
                self.typed.groups = codes(&groups);
                if groups.is_empty() {
                    self.doubt("groups", cell);
                }
            }
        }
    }

    fn doubt(&mut self, field: &'static str, cell: &str) {
        self.doubts.insert(field, cell.chars().take(60).collect());
    }

    /// The code when the words mean exactly one; a guess is kept with a doubt, nothing is left open.
    fn sure(&mut self, field: &'static str, cell: &str, read: Reading) -> String {
        match read {
            Reading::Is(code) => code,
            Reading::Perhaps(code) => {
                self.doubt(field, cell);
                code
            }
            Reading::Unknown => {
                self.doubt(field, cell);
                String::new()
            }
        }
    }

    fn headcount(&mut self, cell: &str) {
        let people = half_width(cell);
        let digits = people.trim_end_matches(['人', '名', '个']).trim();
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            self.typed.headcount = digits.into();
        } else {
            self.doubt("headcount", cell);
        }
    }

    /// The unit must be named in the cell or chosen for all rows.
    fn pay(&mut self, cell: &str) {
        let named = ['月', '天', '日', '时', '件']
            .iter()
            .any(|c| cell.contains(*c));
        let chosen = unit(&self.typed.pay_unit);
        match Pay::parse(cell, chosen.unwrap_or(PayUnit::Month)) {
            Ok(pay) => {
                self.typed.pay_min = pay.min().to_string();
                self.typed.pay_max = pay.max().to_string();
                if pay.months() != 12 {
                    self.typed.pay_months = pay.months().to_string();
                }
                if named {
                    self.typed.pay_unit = pay.unit().code();
                } else if chosen.is_none() {
                    self.doubt("pay_unit", cell);
                }
            }
            Err(_) => self.doubt("pay_min", cell),
        }
    }
}

fn unit(code: &str) -> Option<PayUnit> {
    crate::domain::text::choice(code).ok()
}

/// What words mean.
enum Reading {
    Is(String),
    Perhaps(String),
    Unknown,
}

/// The one whose words occur; with several, the first as a guess.
fn among(cell: &str, words: &[(&str, String)]) -> Reading {
    let cell = half_width(cell);
    let mut found: Vec<&String> = words
        .iter()
        .filter(|(word, _)| cell.contains(word))
        .map(|(_, code)| code)
        .collect();
    found.dedup();
    match found.as_slice() {
        [] => Reading::Unknown,
        [one] => Reading::Is((*one).clone()),
        [first, ..] => Reading::Perhaps((*first).clone()),
    }
}

fn education(cell: &str) -> Reading {
    use Education as E;
    among(
        cell,
        &[
            ("不限", E::Any.code()),
            ("无要求", E::Any.code()),
            ("初中", E::JuniorMiddle.code()),
            ("高中", E::HighSchool.code()),
            ("中专", E::HighSchool.code()),
            ("技校", E::HighSchool.code()),
            ("职高", E::HighSchool.code()),
            ("大专", E::College.code()),
            ("专科", E::College.code()),
            ("本科", E::Bachelor.code()),
            ("学士", E::Bachelor.code()),
            ("硕士", E::Master.code()),
            ("研究生", E::Master.code()),
            ("博士", E::Doctor.code()),
        ],
    )
}

/// `1-3年` is exact; `2年以上` is a guess at the class it begins in.
fn experience(cell: &str) -> Reading {
    use Experience as E;
    let text = half_width(cell).replace(['—', '–', '~', '至', '到'], "-");
    let exact = [
        ("不限", E::Any),
        ("无要求", E::Any),
        ("无需", E::Any),
        ("应届", E::Graduate),
        ("1年以下", E::UpToOne),
        ("1年以内", E::UpToOne),
        ("1-3年", E::OneToThree),
        ("3-5年", E::ThreeToFive),
        ("5-10年", E::FiveToTen),
        ("10年以上", E::OverTen),
    ];
    if let Some((_, class)) = exact.iter().find(|(word, _)| text.contains(word)) {
        return Reading::Is(class.code());
    }
    let digits: String = text
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .take(3)
        .collect();
    match digits.parse::<u16>() {
        Ok(0) => Reading::Perhaps(E::UpToOne.code()),
        Ok(1..3) => Reading::Perhaps(E::OneToThree.code()),
        Ok(3..5) => Reading::Perhaps(E::ThreeToFive.code()),
        Ok(5..10) => Reading::Perhaps(E::FiveToTen.code()),
        Ok(10..60) => Reading::Perhaps(E::OverTen.code()),
        _ => Reading::Unknown,
    }
}

fn contract(cell: &str) -> Reading {
    use ContractType as C;
    let exact = among(
        cell,
        &[
            ("无固定期限", C::OpenEnded.code()),
            ("非全日制", C::PartTime.code()),
            ("兼职", C::PartTime.code()),
            ("派遣", C::Dispatch.code()),
            ("见习", C::Trainee.code()),
            ("劳务协议", C::Service.code()),
            ("劳务合同", C::Service.code()),
            ("完成一定", C::TaskBased.code()),
        ],
    );
    if !matches!(exact, Reading::Unknown) {
        return exact;
    }
    if cell.contains("固定期限") {
        return Reading::Is(C::FixedTerm.code());
    }
    if cell.contains("劳动合同") || cell.contains("全日制") {
        return Reading::Perhaps(C::FixedTerm.code());
    }
    Reading::Unknown
}

fn kind(cell: &str) -> Reading {
    use PostingKind as K;
    among(
        cell,
        &[
            ("常规", K::Regular.code()),
            ("全职", K::Regular.code()),
            ("见习", K::Traineeship.code()),
            ("实习", K::Internship.code()),
            ("实训", K::Internship.code()),
            ("社区实践", K::CommunityPractice.code()),
            ("零工", K::Gig.code()),
            ("临时", K::Gig.code()),
        ],
    )
}

fn occupation(cell: &str) -> Reading {
    use Occupation as O;
    among(
        cell,
        &[
            ("负责人", O::Leader.code()),
            ("专业技术", O::Professional.code()),
            ("办事人员", O::Clerical.code()),
            ("生活服务", O::Service.code()),
            ("生产服务", O::Service.code()),
            ("农、林", O::Agriculture.code()),
            ("生产制造", O::Production.code()),
        ],
    )
}

/// Items named, and whether every word of the cell was understood.
fn insurance(cell: &str) -> (Vec<InsuranceItem>, bool) {
    use InsuranceItem as I;
    let five = [
        I::Pension,
        I::Medical,
        I::Unemployment,
        I::WorkInjury,
        I::Maternity,
    ];
    let names = [
        ("养老", I::Pension),
        ("医疗", I::Medical),
        ("失业", I::Unemployment),
        ("工伤", I::WorkInjury),
        ("生育", I::Maternity),
        ("公积金", I::HousingFund),
        ("意外", I::Accident),
    ];
    let mut items = Vec::new();
    if cell.contains("五险") {
        items.extend(five);
    }
    if cell.contains("一金") {
        items.push(I::HousingFund);
    }
    for (name, item) in names {
        if cell.contains(name) && !items.contains(&item) {
            items.push(item);
        }
    }
    let sure = !items.is_empty() && !cell.contains("六险") && !cell.contains("七险");
    (items, sure)
}

fn groups(cell: &str) -> Vec<TargetGroup> {
    use TargetGroup as G;
    let names = [
        ("毕业生", G::Graduate),
        ("退役", G::Veteran),
        ("农民工", G::MigrantWorker),
        ("妇女", G::Woman),
        ("残疾", G::Disabled),
        ("困难", G::HardToPlace),
    ];
    names
        .iter()
        .filter(|(name, _)| cell.contains(name))
        .map(|(_, group)| *group)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PASTE: &str = "岗位名称\t招聘人数\t薪资待遇\t学历要求\t工作经验\t工作地点\t岗位职责\t社保\t性别\n\
        电气设计师\t２人\t6千-8千/月\t本科及以上\t3-5年\t七里河区\t绘制电气图纸\t五险一金\t不限\n\
        课程顾问\t若干\t面议\t大专或本科\t2年以上\t西固区\t接待家长\t有\t女";

    #[test]
    fn a_spreadsheet_is_read_and_doubts_are_named() {
        let table = read(PASTE, &Typed::default());
        assert_eq!(table.unused, ["性别"]);
        let first = &table.rows[0];
        assert_eq!(first.typed.title, "电气设计师");
        assert_eq!(first.typed.headcount, "2");
        assert_eq!(
            (first.typed.pay_min.as_str(), first.typed.pay_max.as_str()),
            ("6000", "8000")
        );
        assert_eq!(first.typed.pay_unit, "month");
        assert_eq!(first.typed.education, "bachelor");
        assert_eq!(first.typed.experience, "three_to_five");
        assert_eq!(first.typed.insurance.len(), 6);
        assert!(first.doubts.is_empty(), "{:?}", first.doubts);
        let second = &table.rows[1];
        let fields: Vec<_> = second.doubts.keys().copied().collect();
        assert_eq!(
            fields,
            [
                "education",
                "experience",
                "headcount",
                "insurance",
                "pay_min"
            ]
        );
        assert_eq!(second.typed.headcount, "");
        assert_eq!(second.typed.pay_min, "");
        assert_eq!(second.doubts["pay_min"], "面议");
        assert_eq!(second.typed.contract_type, "");
    }

    #[test]
    fn without_heads_the_usual_order_holds_and_the_unit_stays_open() {
        let table = read(
            "保安,3,4500-5000,不限,不限,西站,巡逻\n\n",
            &Typed::default(),
        );
        assert_eq!(table.rows.len(), 1);
        let row = &table.rows[0];
        assert_eq!(row.typed.pay_max, "5000");
        assert_eq!(row.typed.pay_unit, "");
        assert_eq!(row.doubts.keys().copied().collect::<Vec<_>>(), ["pay_unit"]);
        let common = Typed {
            pay_unit: "month".into(),
            kind: "regular".into(),
            ..Typed::default()
        };
        let table = read("保安,3,4500-5000,不限,不限,西站,巡逻", &common);
        assert!(table.rows[0].doubts.is_empty());
        assert_eq!(table.rows[0].typed.kind, "regular");
    }

    #[test]
    fn an_age_asks_for_its_ground_and_many_rows_are_cut() {
        let table = read("岗位\t年龄\n保洁\t55岁以下", &Typed::default());
        assert_eq!(table.rows[0].typed.age_limit, "55岁以下");
        assert!(table.rows[0].doubts.contains_key("age_ground"));
        let table = read(&"保洁,1,3000/月\n".repeat(40), &Typed::default());
        assert_eq!((table.rows.len(), table.cut), (MAX_ROWS, true));
    }

    proptest! {
        #[test]
        fn any_paste_is_read(text in any::<String>()) {
            prop_assert!(read(&text, &Typed::default()).rows.len() <= MAX_ROWS);
        }

        #[test]
        fn cells_of_any_kind_are_read(cells in prop::collection::vec("[0-9一两年以上月薪千本科大专险金不限\\-,\"]{0,12}", 1..20)) {
            let text = format!("岗位\t人数\t薪资\t学历\t经验\t社保\n{}", cells.join("\t"));
            prop_assert!(read(&text, &Typed::default()).rows.len() <= MAX_ROWS);
        }
    }
}
