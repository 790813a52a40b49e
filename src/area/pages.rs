//! What the templates of this capability get.
use super::table::MOST_ROWS;
use crate::{
    domain::{
        area::{Level, UnitKind},
        id::{AreaId, UnitId},
    },
    platform::{
        form::Form,
        page::{Flash, Page},
    },
};
use serde::Serialize;

/// One entry of a list of choices.
#[derive(Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// An area with what lies in it, as far as the page shows it.
#[derive(Serialize)]
pub struct Node {
    pub id: AreaId,
    pub level: Level,
    pub code: String,
    pub name: String,
    pub lead: Option<String>,
    pub active: bool,
    /// Buildings directly or further below.
    pub buildings: usize,
    pub children: Vec<Node>,
}

#[derive(Serialize)]
pub struct AreasPage {
    pub flash: Option<Flash>,
    pub form: Form,
    pub streets: Vec<Node>,
    /// Areas in use by level, in the order of [`Level`].
    pub counts: Vec<(Level, usize)>,
}

#[derive(Serialize)]
pub struct AreaPage {
    pub flash: Option<Flash>,
    pub id: AreaId,
    pub level: Level,
    pub code: String,
    pub name: String,
    pub active: bool,
    pub form: Form,
    pub above: Vec<Node>,
    pub children: Vec<Node>,
    /// The form for something below it; its levels in words.
    pub add: Form,
    pub levels: Vec<Choice>,
}

/// One line of an import's preview or of its faults.
#[derive(Serialize)]
pub struct Line {
    pub number: usize,
    pub code: String,
    pub text: String,
    pub parent: String,
    pub lead: String,
    pub level: Option<Level>,
}

#[derive(Serialize)]
pub struct ImportPage {
    pub form: Form,
    pub most_rows: usize,
    /// Why the file could not be read at all.
    pub fault: Option<String>,
    /// Name of the encoding when it was not UTF-8.
    pub encoding: Option<&'static str>,
    pub faults: Vec<Line>,
    pub preview: Option<Preview>,
}

#[derive(Serialize)]
pub struct Preview {
    pub new: usize,
    pub changed: usize,
    pub same: usize,
    pub rows: Vec<Line>,
    /// The table again, handed to the final step.
    pub csv: String,
}

#[derive(Serialize)]
pub struct UnitRow {
    pub id: UnitId,
    pub kind: UnitKind,
    pub code: String,
    pub name: String,
    pub area: Option<String>,
    pub active: bool,
    pub staff: i64,
}

#[derive(Serialize)]
pub struct UnitsPage {
    pub flash: Option<Flash>,
    pub units: Vec<UnitRow>,
    pub form: Form,
    pub kinds: Vec<Choice>,
    pub areas: Vec<Choice>,
}

#[derive(Serialize)]
pub struct UnitPage {
    pub flash: Option<Flash>,
    pub id: UnitId,
    pub code: String,
    pub name: String,
    pub active: bool,
    pub form: Form,
    pub kinds: Vec<Choice>,
    pub areas: Vec<Choice>,
}

fn node(level: Level, code: &str, name: &str, children: Vec<Node>) -> Node {
    Node {
        id: AreaId(1),
        level,
        code: code.into(),
        name: name.into(),
        lead: (level == Level::Community).then(|| "李明".into()),
        active: code != "XG0102",
        buildings: children.len() * 3,
        children,
    }
}

fn street() -> Node {
    let grids = vec![
        node(Level::Grid, "XG0101", "第一网格", vec![]),
        node(Level::Grid, "XG0102", "第二网格", vec![]),
    ];
    let community = node(Level::Community, "XG01", "民乐社区", grids);
    node(Level::Street, "XG", "星光街道", vec![community])
}

fn choice(value: &str) -> Choice {
    Choice {
        value: value.into(),
        label: value.into(),
    }
}

impl Page for AreasPage {
    const TEMPLATE: &'static str = "area/areas.html";

    fn samples() -> Vec<Self> {
        let page = |streets: Vec<Node>| Self {
            flash: None,
            form: Form::blank(),
            counts: vec![(Level::Street, streets.len()), (Level::Community, 1)],
            streets,
        };
        vec![page(vec![]), page(vec![street()])]
    }
}

impl Page for AreaPage {
    const TEMPLATE: &'static str = "area/area.html";

    fn samples() -> Vec<Self> {
        let page = |level, active: bool, children| Self {
            flash: active.then(|| Flash::ok("已保存。".into())),
            id: AreaId(2),
            level,
            code: "XG01".into(),
            name: "民乐社区".into(),
            active,
            form: Form::blank(),
            above: vec![street()],
            children,
            add: Form::blank(),
            levels: if level == Level::Building {
                vec![]
            } else {
                vec![choice("grid")]
            },
        };
        vec![
            page(Level::Building, false, vec![]),
            page(Level::Community, true, vec![street()]),
        ]
    }
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "area/import.html";

    fn samples() -> Vec<Self> {
        let line = || Line {
            number: 2,
            code: "XG01".into(),
            text: "民乐社区".into(),
            parent: "XG".into(),
            lead: String::new(),
            level: Some(Level::Community),
        };
        let page = |fault: Option<&str>, faults, preview| Self {
            form: Form::blank(),
            most_rows: MOST_ROWS,
            fault: fault.map(str::to_owned),
            encoding: fault.is_none().then_some("GBK"),
            faults,
            preview,
        };
        let preview = |new| Preview {
            new,
            changed: 0,
            same: 3,
            rows: vec![line()],
            csv: "level".into(),
        };
        vec![
            page(None, vec![], None),
            page(Some("文件是空的。"), vec![], None),
            page(None, vec![line()], None),
            page(None, vec![], Some(preview(0))),
            page(None, vec![], Some(preview(1))),
        ]
    }
}

impl Page for UnitsPage {
    const TEMPLATE: &'static str = "area/units.html";

    fn samples() -> Vec<Self> {
        let unit = |active: bool| UnitRow {
            id: UnitId(1),
            kind: UnitKind::CoHost,
            code: "FL".into(),
            name: "区妇女联合会".into(),
            area: active.then(|| "民乐社区".into()),
            active,
            staff: 2,
        };
        let page = |units| Self {
            flash: None,
            units,
            form: Form::blank(),
            kinds: vec![choice("co_host")],
            areas: vec![choice("1")],
        };
        vec![page(vec![]), page(vec![unit(true), unit(false)])]
    }
}

impl Page for UnitPage {
    const TEMPLATE: &'static str = "area/unit.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            flash: None,
            id: UnitId(1),
            code: "FL".into(),
            name: "区妇女联合会".into(),
            active: true,
            form: Form::blank(),
            kinds: vec![choice("co_host")],
            areas: vec![choice("1")],
        }]
    }
}
