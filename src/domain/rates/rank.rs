//! 三率综合 and the ranking of units. The weights are local (准格尔旗 30-35-35); an office edits them.
//! Units are ordered by the lower Wilson bound of the parts, so that one lucky case cannot lead.
use super::figure::Figure;
use crate::domain::{funnel::Rate, id::UnitId};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// 权重 of 响应率, 解决率, 满意率; together 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    pub response: u8,
    pub solved: u8,
    pub satisfied: u8,
}

/// The three do not make a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the weights add up to {0}, not 100")]
pub struct WeightsFault(pub u32);

impl Default for Weights {
    fn default() -> Self {
        Self {
            response: 30,
            solved: 35,
            satisfied: 35,
        }
    }
}

impl Weights {
    /// # Errors
    /// When they do not add up to 100.
    pub fn new(response: u8, solved: u8, satisfied: u8) -> Result<Self, WeightsFault> {
        let weights = Self {
            response,
            solved,
            satisfied,
        };
        match weights.parts().iter().map(|w| u32::from(*w)).sum() {
            100 => Ok(weights),
            other => Err(WeightsFault(other)),
        }
    }

    /// In the order of [`super::RateKind::THREE`].
    pub const fn parts(self) -> [u8; 3] {
        [self.response, self.solved, self.satisfied]
    }
}

/// 三率综合, in hundredths of a point out of 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composite {
    /// None when a part has no cases.
    pub value: Option<u64>,
    /// 样本: the smallest n of the parts that weigh anything.
    pub n: u64,
}

/// Puts the three together; a part that weighs nothing is not asked.
pub fn composite(parts: [Rate; 3], weights: Weights) -> Composite {
    let weighed: Vec<_> = weighed(parts, weights).collect();
    let value = weighed
        .iter()
        .map(|(rate, weight)| Some(rate.basis_points()? * u64::from(*weight)))
        .sum::<Option<u64>>();
    Composite {
        value: value.map(|sum| (sum + 50) / 100),
        n: weighed.iter().map(|(rate, _)| rate.n).min().unwrap_or(0),
    }
}

fn weighed(parts: [Rate; 3], weights: Weights) -> impl Iterator<Item = (Rate, u8)> {
    let pairs = parts.into_iter().zip(weights.parts());
    pairs.filter(|(_, weight)| *weight > 0)
}

/// A unit in the ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub unit: UnitId,
    pub parts: [Figure; 3],
    pub composite: Composite,
    /// What it is ranked by, 0 to 100; none when a part has fewer than ten: 样本不足
    pub low: Option<f64>,
    /// 1 for the best; none without a bound.
    pub place: Option<usize>,
}

/// Orders units: by the lower bound, ties by the larger sample, then by id; those with too small a
/// sample last, in the order of their samples.
pub fn rank(
    units: impl IntoIterator<Item = (UnitId, [Figure; 3])>,
    weights: Weights,
) -> Vec<Standing> {
    let mut standings: Vec<_> = units
        .into_iter()
        .map(|(unit, parts)| {
            let rates = [parts[0].rate(), parts[1].rate(), parts[2].rate()];
            Standing {
                unit,
                low: low(rates, weights),
                composite: composite(rates, weights),
                parts,
                place: None,
            }
        })
        .collect();
    standings.sort_by(|a, b| {
        let bound = match (a.low, b.low) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        bound
            .then_with(|| b.composite.n.cmp(&a.composite.n))
            .then_with(|| a.unit.cmp(&b.unit))
    });
    for (at, standing) in standings.iter_mut().enumerate() {
        standing.place = standing.low.map(|_| at + 1);
    }
    standings
}

fn low(parts: [Rate; 3], weights: Weights) -> Option<f64> {
    weighed(parts, weights)
        .map(|(rate, weight)| {
            let bound = rate.wilson_low().filter(|_| rate.is_ranked())?;
            Some(bound * f64::from(weight))
        })
        .sum()
}
