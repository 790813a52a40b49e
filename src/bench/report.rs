//! The figures of a run as a table and as JSON.
use serde::Serialize;
use std::time::Duration;

/// One line: what was measured, how fast, and how it stands to its limit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    pub work: String,
    pub clients: usize,
    /// Requests a second, median of the rounds.
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// What it is measured against, and the ratio in the same run.
    pub limit: Option<(String, f64)>,
    /// Anything the numbers do not say.
    pub note: String,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub database: &'static str,
    pub fsyncs_per_second: f64,
    pub rounds: usize,
    pub rows: Vec<Row>,
}

impl Report {
    /// A Markdown table.
    pub fn table(&self) -> String {
        let mut lines = vec![
            format!(
                "{}; fsync: {:.0} a second; {} rounds, medians",
                self.database, self.fsyncs_per_second, self.rounds
            ),
            "| work | clients | per second | p50 ms | p99 ms | ratio to limit | note |".to_owned(),
            "|---|--:|--:|--:|--:|---|---|".to_owned(),
        ];
        lines.extend(self.rows.iter().map(|row| {
            let ratio = row
                .limit
                .as_ref()
                .map(|(limit, ratio)| format!("{ratio:.2} of {limit}"));
            // What was not measured is left out.
            let some = |figure: f64, digits: usize| match figure {
                0.0 => String::new(),
                _ => format!("{figure:.digits$}"),
            };
            format!(
                "| {} | {} | {} | {} | {} | {} | {} |",
                row.work,
                row.clients,
                some(row.per_second, 0),
                some(row.p50_ms, 1),
                some(row.p99_ms, 1),
                ratio.unwrap_or_default(),
                row.note
            )
        }));
        lines.join("\n")
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
