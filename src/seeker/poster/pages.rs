//! The list of posters, and the sheet that is hung up.
use crate::{
    platform::{form::Form, page::Page},
    seeker::fairs::FairLine,
};
use serde::Serialize;

#[derive(Serialize)]
pub struct PosterLine {
    pub code: String,
    pub place: String,
    pub registered: i64,
    pub came: i64,
}

/// 海报张贴点
#[derive(Serialize)]
pub struct PostersPage {
    pub fair: FairLine,
    pub posters: Vec<PosterLine>,
    pub form: Form,
}

impl Page for PostersPage {
    const TEMPLATE: &'static str = "seeker/posters.html";

    fn samples() -> Vec<Self> {
        let line = PosterLine {
            code: "7K3M9QX2".into(),
            place: "民乐路社区公告栏".into(),
            registered: 31,
            came: 12,
        };
        vec![
            Self {
                fair: FairLine::sample(),
                posters: vec![],
                form: Form::blank(),
            },
            Self {
                fair: FairLine::sample(),
                posters: vec![line],
                form: Form::blank(),
            },
        ]
    }
}

/// What stands on one poster only.
#[derive(Serialize)]
pub struct PosterSheet {
    /// Where it hangs; small in a corner, for who hangs it up.
    pub place: String,
    /// The drawing of the QR.
    pub qr: String,
    /// The address in letters, for who distrusts stickers or has no scanner.
    pub address: String,
}

/// 海报 (A4): one, or all of an evening in one job
#[derive(Serialize)]
pub struct PosterPage {
    pub fair: FairLine,
    pub hosts: Vec<String>,
    pub sheets: Vec<PosterSheet>,
}

impl Page for PosterPage {
    const TEMPLATE: &'static str = "seeker/poster.html";

    fn samples() -> Vec<Self> {
        let sheet = |place: &str| PosterSheet {
            place: place.into(),
            qr: "<svg></svg>".into(),
            address: "JOB.TMD.CN/R/7K3M9QX2".into(),
        };
        let page = |sheets| Self {
            fair: FairLine::sample(),
            hosts: vec!["土门墩街道".into(), "妇联".into()],
            sheets,
        };
        vec![
            page(vec![]),
            page(vec![sheet("民乐路社区公告栏")]),
            page(vec![sheet("民乐路社区公告栏"), sheet("夜市东门")]),
        ]
    }
}
