//! 派单规则: which unit leads, by what a case is about and where. The most particular rule wins: one
//! for the category before one for its group before one for anything, then the deeper area, then
//! the higher priority, then the older rule. So the answer never depends on the order of rows.
use super::id::{AreaId, DispatchRuleId, UnitId};
use serde::Serialize;
use std::cmp::Reverse;

/// What a rule is about, by code; the more particular one is greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "scope", content = "code")]
pub enum About {
    /// 全部
    Any,
    /// 一组类别
    Group(String),
    /// 一个类别
    Category(String),
}

impl About {
    fn fits(&self, matter: &Matter) -> bool {
        match self {
            Self::Any => true,
            Self::Group(group) => matter.group == Some(group),
            Self::Category(category) => matter.category == Some(category),
        }
    }

    /// How particular it is: 0, 1 or 2.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Any => 0,
            Self::Group(_) => 1,
            Self::Category(_) => 2,
        }
    }
}

/// A rule in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: DispatchRuleId,
    pub about: About,
    /// An area covers all that lies in it; none covers everything.
    pub area: Option<AreaId>,
    pub lead: UnitId,
    pub co_units: Vec<UnitId>,
    pub priority: i32,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    pub category: Option<&'a str>,
    pub group: Option<&'a str>,
    /// The area of the case and all above it, the highest first.
    pub path: &'a [AreaId],
}

/// Why a rule stands where it does: compared from left to right.
type Weight = (u8, usize, i32, Reverse<DispatchRuleId>);

impl Rule {
    /// How much weight the rule has for a matter; none when it does not fit.
    fn weight(&self, matter: &Matter) -> Option<Weight> {
        let depth = match self.area {
            None => 0,
            Some(area) => matter.path.iter().position(|one| *one == area)? + 1,
        };
        let weight = (self.about.rank(), depth, self.priority, Reverse(self.id));
        self.about.fits(matter).then_some(weight)
    }
}

/// The rules that fit, the winner first.
pub fn ranked<'a>(rules: &'a [Rule], matter: &Matter) -> Vec<&'a Rule> {
    let mut fitting: Vec<_> = rules
        .iter()
        .filter_map(|rule| Some((rule.weight(matter)?, rule)))
        .collect();
    fitting.sort_by_key(|(weight, _)| Reverse(*weight));
    fitting.into_iter().map(|(_, rule)| rule).collect()
}

/// The rule that decides.
pub fn winner<'a>(rules: &'a [Rule], matter: &Matter) -> Option<&'a Rule> {
    let weighed = rules
        .iter()
        .filter_map(|rule| Some((rule.weight(matter)?, rule)));
    weighed
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, rule)| rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(id: i64, about: About, area: Option<i64>, lead: i64) -> Rule {
        Rule {
            id: DispatchRuleId(id),
            about,
            area: area.map(AreaId),
            lead: UnitId(lead),
            co_units: Vec::new(),
            priority: 0,
        }
    }

    fn lead(rules: &[Rule], category: &str, group: &str, path: &[i64]) -> Option<i64> {
        let path: Vec<AreaId> = path.iter().copied().map(AreaId).collect();
        let matter = Matter {
            category: Some(category),
            group: Some(group),
            path: &path,
        };
        winner(rules, &matter).map(|rule| rule.lead.0)
    }

    #[test]
    fn the_most_particular_rule_wins() {
        let (about, group) = (
            |c: &str| About::Category(c.into()),
            |g: &str| About::Group(g.into()),
        );
        let rules = [
            rule(1, About::Any, None, 10),
            rule(2, About::Any, Some(2), 20),
            rule(3, group("facilities"), None, 30),
            rule(4, about("lighting"), None, 40),
            rule(5, about("lighting"), Some(1), 50),
            rule(6, about("lighting"), Some(2), 60),
        ];
        assert_eq!(lead(&rules, "lighting", "facilities", &[1, 2, 3]), Some(60));
        assert_eq!(lead(&rules, "lighting", "facilities", &[1, 9]), Some(50));
        assert_eq!(lead(&rules, "lighting", "facilities", &[8]), Some(40));
        assert_eq!(lead(&rules, "road", "facilities", &[1, 2]), Some(30));
        assert_eq!(lead(&rules, "noise", "appearance", &[1, 2]), Some(20));
        assert_eq!(lead(&rules, "noise", "appearance", &[]), Some(10));
        assert_eq!(lead(&rules[1..2], "noise", "appearance", &[1]), None);
    }

    #[test]
    fn priority_decides_between_equals_and_age_after_it() {
        let mut rules = [rule(7, About::Any, None, 1), rule(8, About::Any, None, 2)];
        assert_eq!(lead(&rules, "x", "y", &[]), Some(1));
        rules[1].priority = 5;
        assert_eq!(lead(&rules, "x", "y", &[]), Some(2));
    }

    fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
        let about = prop_oneof![
            Just(About::Any),
            "[ab]".prop_map(About::Group),
            "[cd]".prop_map(About::Category),
        ];
        let one = (about, prop::option::of(1_i64..5), 0_i32..3);
        prop::collection::vec(one, 0..12).prop_map(|list| {
            let rules = list
                .into_iter()
                .zip(1..)
                .map(|((about, area, priority), id)| Rule {
                    priority,
                    ..rule(id, about, area, id)
                });
            rules.collect()
        })
    }

    proptest! {
        /// The winner heads the ranking, fits, beats every other rule that fits, and does not depend
        /// on the order of the rules.
        #[test]
        fn the_winner_is_the_same_in_any_order(rules in any_rules(), depth in 0_usize..5, turn in 0_usize..12) {
            let path: Vec<AreaId> = (1..=4).take(depth).map(AreaId).collect();
            let matter = Matter { category: Some("c"), group: Some("a"), path: &path };
            let found = winner(&rules, &matter);
            prop_assert_eq!(found, ranked(&rules, &matter).first().copied());
            let mut turned = rules.clone();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            prop_assert_eq!(found.map(|rule| rule.id), winner(&turned, &matter).map(|rule| rule.id));
            if let Some(found) = found {
                prop_assert!(found.about.fits(&matter));
                prop_assert!(found.area.is_none_or(|area| path.contains(&area)));
                for other in ranked(&rules, &matter) {
                    prop_assert!(found.about.rank() >= other.about.rank());
                }
            } else {
                prop_assert!(rules.iter().all(|rule| rule.weight(&matter).is_none()));
            }
        }
    }
}
