//! The ladder of a match, from the first interest to a verified placement, and honest figures
//! about it: a person counts once, every rate shows its k and n, small cells stay hidden.
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 对接进度: each rung implies the ones before.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// 意向
    Interest,
    /// 面试
    Interview,
    /// 录用通知
    Offer,
    /// 接受录用（达成就业意向）
    Accepted,
    /// 到岗
    Started,
    /// 核实到岗
    Verified,
}

impl Rung {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

/// How many reached each rung. `persons` is by distinct person, `matches` by match: a person with
/// three interests and one placement is one of the interested and one of the placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    steps: Vec<Reached>,
}

/// The count of one rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    pub rung: Rung,
    pub persons: u64,
    pub matches: u64,
}

impl Funnel {
    /// Counts matches, given as who and how far it went.
    pub fn count<P: Ord>(matches: impl IntoIterator<Item = (P, Rung)>) -> Self {
        let mut highest: BTreeMap<P, Rung> = BTreeMap::new();
        let mut by_match: BTreeMap<Rung, u64> = BTreeMap::new();
        for (person, rung) in matches {
            *by_match.entry(rung).or_default() += 1;
            let best = highest.entry(person).or_insert(rung);
            *best = (*best).max(rung);
        }
        let mut by_person: BTreeMap<Rung, u64> = BTreeMap::new();
        for rung in highest.into_values() {
            *by_person.entry(rung).or_default() += 1;
        }
        let reached =
            |counts: &BTreeMap<Rung, u64>, rung| counts.range(rung..).map(|(_, n)| n).sum();
        let steps = Rung::iter()
            .map(|rung| Reached {
                rung,
                persons: reached(&by_person, rung),
                matches: reached(&by_match, rung),
            })
            .collect();
        Self { steps }
    }

    /// All rungs from the lowest.
    pub fn steps(&self) -> &[Reached] {
        &self.steps
    }

    /// Distinct persons who reached a rung.
    pub fn persons(&self, rung: Rung) -> u64 {
        self.steps
            .iter()
            .find(|s| s.rung == rung)
            .map_or(0, |s| s.persons)
    }

    /// Matches that reached a rung.
    pub fn matches(&self, rung: Rung) -> u64 {
        self.steps
            .iter()
            .find(|s| s.rung == rung)
            .map_or(0, |s| s.matches)
    }

    /// Of the persons on one rung, how many reached a later one.
    pub fn rate(&self, from: Rung, to: Rung) -> Rate {
        Rate {
            k: self.persons(to.max(from)),
            n: self.persons(from),
        }
    }
}

/// 比率: always shown with its k and n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub k: u64,
    pub n: u64,
}

/// Units with fewer cases than this are "样本不足" in a ranking.
pub const RANKED_FROM: u64 = 10;

impl Rate {
    /// `k` of `n`; more than all is taken as all.
    pub fn new(k: u64, n: u64) -> Self {
        Self { k: k.min(n), n }
    }

    /// Hundredths of a per cent, rounded half up: 9372 for 93.72 %. Nothing of nothing has no rate.
    pub fn basis_points(self) -> Option<u64> {
        let k = u128::from(self.k) * 20_000 + u128::from(self.n);
        u64::try_from(k.checked_div(2 * u128::from(self.n))?).ok()
    }

    /// `93.72`, or nothing for nothing of nothing.
    pub fn percent(self) -> Option<String> {
        self.basis_points()
            .map(|bp| format!("{}.{:02}", bp / 100, bp % 100))
    }

    /// The lower bound of the Wilson interval at 95 %, by which units are ranked, so that one
    /// lucky case cannot lead.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of people are far below 2^52"
    )]
    pub fn wilson_low(self) -> Option<f64> {
        const Z: f64 = 1.96;
        if self.n == 0 {
            return None;
        }
        let n = self.n as f64;
        let p = self.k as f64 / n;
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(((p + Z * Z / (2.0 * n) - spread) / (1.0 + Z * Z / n)).clamp(0.0, p))
    }

    /// Whether there are enough cases to be ranked at all.
    pub fn is_ranked(self) -> bool {
        self.n >= RANKED_FROM
    }
}

/// The smallest number of persons that a public table shows.
pub const SMALLEST_CELL: u64 = 5;

/// One cell of a public table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    Shown(u64),
    /// Fewer than five, or hidden so that such a number cannot be worked out.
    Hidden,
}

/// Hides the small cells of one row of a public table whose total is shown. When only one cell
/// would be hidden, the smallest of the others is hidden too, since the total gives it away.
/// Zero tells nothing about anybody and stays.
pub fn suppress(cells: &[u64]) -> Vec<Cell> {
    let small = |n: u64| n > 0 && n < SMALLEST_CELL;
    let mut hidden: Vec<bool> = cells.iter().map(|n| small(*n)).collect();
    if hidden.iter().filter(|h| **h).count() == 1 {
        let next = (0..cells.len())
            .filter(|i| !hidden[*i] && cells[*i] > 0)
            .min_by_key(|i| cells[*i]);
        if let Some(next) = next {
            hidden[next] = true;
        }
    }
    cells
        .iter()
        .zip(hidden)
        .map(|(n, hide)| if hide { Cell::Hidden } else { Cell::Shown(*n) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_person_counts_once_on_every_rung_up_to_the_highest() {
        let funnel = Funnel::count([
            ("王", Rung::Interest),
            ("王", Rung::Verified),
            ("王", Rung::Interview),
            ("李", Rung::Offer),
            ("张", Rung::Interest),
        ]);
        let persons: Vec<u64> = funnel.steps().iter().map(|s| s.persons).collect();
        let matches: Vec<u64> = funnel.steps().iter().map(|s| s.matches).collect();
        assert_eq!(persons, [3, 2, 2, 1, 1, 1]);
        assert_eq!(matches, [5, 3, 2, 1, 1, 1]);
        assert_eq!(
            funnel.rate(Rung::Interest, Rung::Verified),
            Rate { k: 1, n: 3 }
        );
        assert_eq!(
            Funnel::count([("王", Rung::Offer); 0]).persons(Rung::Interest),
            0
        );
    }

    #[test]
    fn published_bulletins_are_reproduced() {
        for (k, n, percent) in [
            (911, 972, "93.72"),
            (737, 972, "75.82"),
            (23_974, 24_932, "96.16"),
            (22_345, 24_932, "89.62"),
            (597, 601, "99.33"),
        ] {
            assert_eq!(Rate::new(k, n).percent().as_deref(), Some(percent));
        }
        assert_eq!(Rate::new(0, 0).percent(), None);
        assert_eq!(
            Rate::new(u64::MAX, u64::MAX).percent().as_deref(),
            Some("100.00")
        );
    }

    #[test]
    fn the_wilson_bound_has_its_known_values() {
        for (k, n, low) in [
            (1, 1, 0.2065),
            (3, 3, 0.4385),
            (29, 30, 0.8333),
            (97, 100, 0.9155),
            (970, 1000, 0.9575),
            (0, 5, 0.0),
        ] {
            let bound = Rate::new(k, n).wilson_low().unwrap();
            assert!((bound - low).abs() < 0.000_05, "{k}/{n}: {bound}");
        }
        assert_eq!(Rate::new(0, 0).wilson_low(), None);
        // Rounding alone would put it beside zero.
        assert_eq!(Rate::new(0, 197).wilson_low(), Some(0.0));
        assert!(!Rate::new(9, 9).is_ranked());
    }

    #[test]
    fn small_cells_are_hidden_and_cannot_be_worked_out() {
        use Cell::{Hidden, Shown};
        assert_eq!(suppress(&[12, 3, 40]), [Hidden, Hidden, Shown(40)]);
        assert_eq!(suppress(&[2, 3, 40]), [Hidden, Hidden, Shown(40)]);
        assert_eq!(suppress(&[0, 5, 40]), [Shown(0), Shown(5), Shown(40)]);
        assert_eq!(suppress(&[3, 0]), [Hidden, Shown(0)]);
        assert_eq!(suppress(&[]), []);
    }

    fn any_rung() -> impl Strategy<Value = Rung> {
        (0_usize..6).prop_map(|at| Rung::iter().nth(at).unwrap_or(Rung::Interest))
    }

    proptest! {
        #[test]
        fn the_ladder_never_widens(matches in proptest::collection::vec((0_u8..20, any_rung()), 0..80)) {
            let total = matches.len() as u64;
            let funnel = Funnel::count(matches);
            prop_assert_eq!(funnel.matches(Rung::Interest), total);
            for pair in funnel.steps().windows(2) {
                prop_assert!(pair[0].persons >= pair[1].persons);
                prop_assert!(pair[0].matches >= pair[1].matches);
            }
            for step in funnel.steps() {
                prop_assert!(step.persons <= step.matches);
            }
        }

        #[test]
        fn the_bound_is_below_the_rate(k in 0_u64..500, more in 1_u64..500) {
            let rate = Rate::new(k, k + more);
            let low = rate.wilson_low().unwrap();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let p = k as f64 / (k + more) as f64;
            prop_assert!(low >= 0.0 && low <= p);
        }

        #[test]
        fn one_hidden_cell_never_stands_alone(cells in proptest::collection::vec(0_u64..30, 0..8)) {
            let hidden = suppress(&cells).iter().filter(|c| **c == Cell::Hidden).count();
            let positive = cells.iter().filter(|n| **n > 0).count();
            prop_assert!(hidden != 1 || positive == 1);
        }
    }
}
