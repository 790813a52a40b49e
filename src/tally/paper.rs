//! 现场记录表: what gates and booths write down by hand while there is no power, in the words and codes
//! of the program, so that it can be typed in afterwards.
use super::{
    picture::{EmployerAt, Picture},
    report::Reader,
};
use crate::{
    domain::{
        case::{DeclineReason, NotSelectedReason},
        group::TargetGroup,
    },
    platform::page::Page,
};
use sea_orm::Iterable;
use serde::Serialize;

/// Lines for arrivals on a gate's sheet: two columns of so many.
const ARRIVALS: usize = 26;
/// Lines for talks on a booth's sheet with few postings.
const TALKS: usize = 22;
/// Postings that stand on the sheet without taking the room of a talk; two stand side by side.
const FEW: usize = 6;
/// Postings listed on a sheet at most; the others are written by their titles.
const MOST: usize = 24;

/// A code as it is written: its place in the list of the form, and its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub mark: String,
    pub label: String,
}

/// 摊位记录表
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoothSheet {
    /// Empty when the employer has no booth, and on the spare sheet.
    pub booth: String,
    pub employer: String,
    /// The number of each posting, as the form at the desk names it.
    pub postings: Vec<Mark>,
    /// Postings that are not listed.
    pub more: usize,
    /// Lines to write on.
    pub talks: usize,
}

/// 现场记录表, on paper
#[derive(Serialize)]
pub struct PaperPage {
    pub slug: String,
    pub title: String,
    pub starts_at: String,
    pub ends_at: String,
    pub venue: String,
    pub gates: Vec<String>,
    pub arrivals: usize,
    pub booths: Vec<BoothSheet>,
    pub groups: Vec<Mark>,
    pub not_selected: Vec<Mark>,
    pub declined: Vec<Mark>,
}

impl PaperPage {
    pub fn new(picture: &Picture, gates: Vec<String>, reader: &Reader) -> Self {
        let fair = &picture.fair;
        let groups = TargetGroup::iter().filter(|group| group.is_offered());
        let groups = groups.map(|group| format!("target_group.{}", group.code()));
        let not_selected = NotSelectedReason::ALL.iter();
        let not_selected = not_selected.map(|why| format!("matching.not_selected.{}", why.code()));
        let declined = DeclineReason::ALL.iter();
        let declined = declined.map(|why| format!("matching.decline.{}", why.code()));
        Self {
            slug: fair.slug.clone(),
            title: fair.title.clone(),
            starts_at: fair.starts_at.to_rfc3339(),
            ends_at: fair.ends_at.to_rfc3339(),
            venue: fair.venue.clone(),
            gates,
            arrivals: ARRIVALS,
            booths: booths(picture),
            groups: numbered(reader, groups),
            not_selected: numbered(reader, not_selected),
            declined: numbered(reader, declined),
        }
    }
}

/// Numbers the words of a list, in the order in which the form has them.
fn numbered(reader: &Reader, keys: impl Iterator<Item = String>) -> Vec<Mark> {
    let marks = (1..).zip(keys).map(|(n, key): (usize, _)| Mark {
        mark: n.to_string(),
        label: reader.say(&key),
    });
    marks.collect()
}

/// A sheet for each employer, in the order of the plan, and a spare one.
fn booths(picture: &Picture) -> Vec<BoothSheet> {
    let mut employers: Vec<&EmployerAt> = picture.supply.employers.iter().collect();
    employers.sort_by(|a, b| a.booth.cmp(&b.booth).then(a.id.cmp(&b.id)));
    let sheets = employers.into_iter().map(|at| {
        let own = picture.supply.postings.iter();
        let own: Vec<Mark> = own
            .filter(|posting| posting.employer == at.id)
            .map(|posting| Mark {
                mark: posting.id.to_string(),
                label: posting.title.clone(),
            })
            .collect();
        sheet(at.booth.clone().unwrap_or_default(), at.name.clone(), own)
    });
    let spare = sheet(String::new(), String::new(), Vec::new());
    sheets.chain([spare]).collect()
}

fn sheet(booth: String, employer: String, mut postings: Vec<Mark>) -> BoothSheet {
    let more = postings.len().saturating_sub(MOST);
    postings.truncate(MOST);
    let beyond = postings.len().saturating_sub(FEW) + usize::from(more > 0) * 2;
    BoothSheet {
        booth,
        employer,
        // Two lines of postings take the room of one talk.
        talks: TALKS - beyond.div_ceil(4).min(TALKS),
        postings,
        more,
    }
}

impl Page for PaperPage {
    const TEMPLATE: &'static str = "tally/paper.html";

    fn samples() -> Vec<Self> {
        super::samples::papers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_room_for_its_postings_and_the_talks() {
        let own = |n: usize| {
            let marks = (0..n).map(|n| Mark {
                mark: n.to_string(),
                label: String::new(),
            });
            sheet("A01".into(), String::new(), marks.collect())
        };
        for (postings, listed, more, talks) in [
            (0, 0, 0, 22),
            (6, 6, 0, 22),
            (7, 7, 0, 21),
            (10, 10, 0, 21),
            (24, 24, 0, 17),
            (90, 24, 66, 17),
        ] {
            let sheet = own(postings);
            assert_eq!(
                (sheet.postings.len(), sheet.more, sheet.talks),
                (listed, more, talks),
                "{postings}"
            );
        }
    }
}
