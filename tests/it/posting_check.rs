//! How well the posting check does on phrases that people labelled.
use nightfair::domain::posting_check::{self, Grounds};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

#[derive(Default, Clone, Copy)]
struct Score {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Score {
    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.wrong)
    }

    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.missed)
    }
}

fn corpus() -> Vec<(BTreeSet<&'static str>, &'static str)> {
    include_str!("data/posting_corpus.tsv")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (label, phrase) = line.split_once('\t').unwrap();
            let rules = label.split(',').filter(|rule| *rule != "clean").collect();
            (rules, phrase)
        })
        .collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are read with --nocapture")]
fn precision_and_recall_on_the_labelled_corpus() {
    let corpus = corpus();
    let clean = corpus.iter().filter(|(rules, _)| rules.is_empty()).count();
    assert!(corpus.len() >= 300 && clean >= 100);
    let mut total = Score::default();
    let mut by_rule: BTreeMap<&str, Score> = BTreeMap::new();
    let mut report = String::new();
    let mut false_alarms = 0;
    for (expected, phrase) in &corpus {
        let findings = posting_check::check("duties", phrase, Grounds::default());
        let found: BTreeSet<&str> = findings.iter().map(|f| f.rule.as_str()).collect();
        false_alarms += u32::from(expected.is_empty() && !found.is_empty());
        for rule in posting_check::rule_codes() {
            let score = by_rule.entry(rule).or_default();
            let (counted, sum) = match (expected.contains(rule), found.contains(rule)) {
                (true, true) => (&mut score.right, &mut total.right),
                (false, true) => (&mut score.wrong, &mut total.wrong),
                (true, false) => (&mut score.missed, &mut total.missed),
                (false, false) => continue,
            };
            *counted += 1;
            *sum += 1;
        }
        if *expected != found {
            writeln!(report, "  expected {expected:?}, found {found:?}: {phrase}").unwrap();
        }
    }
    for (rule, score) in &by_rule {
        let (precision, recall) = (score.precision(), score.recall());
        println!("{rule:<20} precision {precision:.3} recall {recall:.3}");
    }
    let (precision, recall) = (total.precision(), total.recall());
    println!(
        "{} phrases, {clean} of them clean, {false_alarms} false alarms",
        corpus.len()
    );
    println!("precision {precision:.4} recall {recall:.4}\n{report}");
    assert!(
        precision >= 0.95 && recall >= 0.95,
        "precision {precision}, recall {recall}\n{report}"
    );
    assert!(f64::from(false_alarms) <= 0.05 * f64::from(u32::try_from(clean).unwrap()));
}
