//! 入场名单: the whole list on paper, for the gate when nothing else works.
use super::pages::{RosterLine, RosterPage};
use crate::{
    account::Actor,
    domain::{search::spelled, ticket::grouped},
    entity::{fair, registration},
    error::AppResult,
    person::{self, Card},
    platform::{App, once::hex},
    seeker::{commands::note_export, fairs::FairLine, gate, holder},
};
use sha2::{Digest, Sha256};

/// Lines of a column, and columns of a sheet of A4.
const LINES: usize = 32;
const COLUMNS: usize = 2;
/// People looked up at a time.
const CHUNK: usize = 500;

/// The roster of an evening, once the record says who took it.
pub async fn page(
    app: &App,
    actor: &Actor,
    fair: &fair::Model,
    by_name: bool,
) -> AppResult<RosterPage> {
    note_export(app, actor, "registrations", fair.id.0, "roster").await?;
    let mut lines = lines(app, fair).await?;
    if by_name {
        lines.sort_by_cached_key(|line| (spelled(&line.name), line.tail.clone()));
    }
    Ok(RosterPage {
        total: lines.len(),
        came: lines.iter().filter(|line| line.came).count(),
        seal: seal(&lines),
        sheets: sheets(&lines),
        by_name,
        at: app.db.now().to_rfc3339(),
        by: actor.name.clone(),
        fair: FairLine::from(fair),
    })
}

/// Everybody who is registered, by number.
async fn lines(app: &App, fair: &fair::Model) -> AppResult<Vec<RosterLine>> {
    let mut rows = gate::standing(app.db.read(), fair.id).await?;
    rows.sort_unstable_by_key(|row| row.number);
    let mut lines = Vec::with_capacity(rows.len());
    for rows in rows.chunks(CHUNK) {
        let people: Vec<_> = rows.iter().map(|row| row.person_id).collect();
        let mut cards = person::cards(app.db.read(), &app.keys, fair.office_id, &people).await?;
        lines.extend(rows.iter().map(|row| {
            let card = cards.remove(&row.person_id).unwrap_or_default();
            line(row, card)
        }));
    }
    Ok(lines)
}

fn line(row: &registration::Model, card: Card) -> RosterLine {
    RosterLine {
        number: holder::number(row.number),
        code: grouped(&row.code),
        name: card.name,
        tail: card.tail,
        came: row.first_in_at.is_some(),
    }
}

/// Cut into columns and sheets, so that each carries its own head and number.
fn sheets(lines: &[RosterLine]) -> Vec<Vec<Vec<RosterLine>>> {
    let sheets = lines.chunks(LINES * COLUMNS);
    sheets
        .map(|sheet| sheet.chunks(LINES).map(<[RosterLine]>::to_vec).collect())
        .collect()
}

/// 校验码: SHA-256 over a line `number code came` for each person, in the order of the paper. Whoever
/// keeps the paper can tell whether two copies are of one list.
fn seal(lines: &[RosterLine]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(format!("{} {} {}\n", line.number, line.code, line.came));
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_two_columns_and_nobody_is_left_out() {
        let line = |n: usize| RosterLine {
            number: n.to_string(),
            ..RosterLine::default()
        };
        for people in [0, 1, 32, 33, 64, 65, 381] {
            let all: Vec<_> = (0..people).map(line).collect();
            let sheets = sheets(&all);
            assert_eq!(sheets.len(), people.div_ceil(LINES * COLUMNS));
            assert!(sheets.iter().all(|sheet| sheet.len() <= COLUMNS));
            let printed: Vec<_> = sheets.into_iter().flatten().flatten().collect();
            assert_eq!(printed, all);
        }
    }
}
