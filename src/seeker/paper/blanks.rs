//! 空白入场券: codes made by lot, as a gate without a network makes them. A ticket of paper becomes
//! somebody's when his registration is entered with its code, during the evening or after it. Before
//! that it is a number that nobody has, so nothing is kept of it and none has to be counted back.
use super::pages::{Blank, BlanksPage};
use crate::{
    domain::ticket::Code,
    entity::fair,
    error::AppResult,
    platform::{qr, secret, text::Lang},
    seeker::{
        fairs::{self, FairLine},
        holder,
    },
};
use std::collections::BTreeSet;

/// Tickets on a sheet.
const ON_A_SHEET: usize = 6;
/// Sheets of one job: as many as asked for, within these.
const USUAL: usize = 4;
const MOST: usize = 50;
/// Numbers of sheets to choose from by a link.
const CHOICES: &[usize] = &[1, 4, 10, 25, 50];

pub fn page(lang: Lang, fair: &fair::Model, sheets: Option<usize>) -> AppResult<BlanksPage> {
    let sheets = sheets.unwrap_or(USUAL).clamp(1, MOST);
    let blanks = (1..).zip(codes(sheets * ON_A_SHEET)).map(blank);
    let blanks: Vec<Blank> = blanks.collect::<AppResult<_>>()?;
    Ok(BlanksPage {
        gates: fairs::gates(fair),
        groups: holder::offered(lang),
        sheets: blanks.chunks(ON_A_SHEET).map(<[Blank]>::to_vec).collect(),
        choices: CHOICES,
        fair: FairLine::from(fair),
    })
}

/// So many different codes.
fn codes(count: usize) -> BTreeSet<Code> {
    let mut codes = BTreeSet::new();
    while codes.len() < count {
        codes.insert(Code::from_bytes(secret::random()));
    }
    codes
}

fn blank((serial, code): (usize, Code)) -> AppResult<Blank> {
    Ok(Blank {
        serial,
        qr: qr::svg(code.as_str())?,
        code: code.into_string(),
    })
}
