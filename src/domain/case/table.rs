//! The transition table: which action leads from where to where, who may take it and on which
//! conditions. `decide` reads nothing else; the printed form is the reviewable specification.
use super::codes::{Action, Kind, Part, Stage};
use super::guard::Guard;
use std::fmt::Write;

/// 一行流转规则
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub kinds: &'static [Kind],
    /// Empty: the action opens a case.
    pub from: &'static [Stage],
    pub action: Action,
    pub to: To,
    pub by: &'static [Part],
    pub guards: &'static [Guard],
}

/// Where an action leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The stage stays.
    Same,
    Stage(Stage),
    /// To the stage, unless the matter is a public hazard: then only the reporter leaves.
    UnlessHazard(Stage),
}

const fn row(
    kinds: &'static [Kind],
    from: &'static [Stage],
    action: Action,
    to: To,
    by: &'static [Part],
    guards: &'static [Guard],
) -> Row {
    Row {
        kinds,
        from,
        action,
        to,
        by,
        guards,
    }
}

/// The row that applies, if any. `stage` is none before the case exists.
pub fn find(kind: Kind, stage: Option<Stage>, action: Action) -> Option<&'static Row> {
    rows(kind).find(|row| {
        row.action == action
            && match stage {
                None => row.from.is_empty(),
                Some(stage) => row.from.contains(&stage),
            }
    })
}

/// All rows of a kind.
pub fn rows(kind: Kind) -> impl Iterator<Item = &'static Row> {
    ROWS.iter()
        .flat_map(|block| block.iter())
        .filter(move |row| row.kinds.contains(&kind))
}

/// Stages in which a kind knows an action, and who may take it there.
pub fn known(kind: Kind, action: Action) -> impl Iterator<Item = &'static Row> {
    rows(kind).filter(move |row| row.action == action)
}

/// The specification as text, one kind after the other.
pub fn print(kind: Kind) -> String {
    let mut text = String::new();
    for row in rows(kind) {
        let from: Vec<_> = row.from.iter().map(|stage| stage.code()).collect();
        let by: String = row.by.iter().map(|part| part.letter()).collect();
        let guards: Vec<_> = row.guards.iter().map(|guard| guard.code()).collect();
        let line = writeln!(
            text,
            "{:<48} {:<18} -> {:<22} {:<8} {}",
            match (from.is_empty(), from.len() == Stage::OPEN.len()) {
                (true, _) => "-".to_owned(),
                (_, true) if row.from == Stage::OPEN => "any open".to_owned(),
                _ if row.from.len() == Stage::ALL.len() => "any".to_owned(),
                _ => from.join(" "),
            },
            row.action.code(),
            match row.to {
                To::Same => "=".to_owned(),
                To::Stage(stage) => stage.code().to_owned(),
                To::UnlessHazard(stage) => format!("{stage} (hazard: =)"),
            },
            by,
            guards.join(" ")
        );
        debug_assert!(line.is_ok(), "writing to a string does not fail");
    }
    text.lines()
        .fold(String::new(), |all, line| all + line.trim_end() + "\n")
}

mod base;
mod market;
mod own;

/// In the order of the specification: what the desk's kinds share, what each adds, the market,
/// and what only the program itself records.
const ROWS: &[&[Row]] = &[base::ROWS, own::ROWS, market::ROWS, own::SYSTEM];
