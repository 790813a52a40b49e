//! Nothing the ledger can say is missing in either language: kinds, stages, steps, outcomes,
//! actions, fields, codes, guards, parts.
use nightfair::{
    case::words,
    domain::case::{
        Action, ClockKind, Command, FollowUpKind, Guard, Kind, Outcome, Part, Shape, Stage, Step,
        table,
    },
    platform::text::{self, Lang},
};
use std::collections::BTreeSet;

#[test]
fn every_word_of_the_ledger_is_there_in_both_languages() {
    let mut missing = BTreeSet::new();
    for lang in Lang::ALL {
        let mut need = |said: String| {
            if said.is_empty() || said.contains("case.") || said.contains("field_fault.") {
                missing.insert(said);
            }
        };
        for kind in Kind::ALL {
            need(words::kind(lang, *kind));
            for stage in Stage::ALL {
                need(words::stage(lang, *kind, *stage));
            }
            for row in table::rows(*kind) {
                need(words::action(lang, *kind, row.action));
                need(words::did(lang, *kind, row.action));
                for field in Command::fields(*kind, row.action).unwrap() {
                    need(words::field(lang, row.action, field));
                    if let Shape::Choice(list, codes) | Shape::Choices(list, codes) = field.shape {
                        for code in codes {
                            need(words::code(lang, list, code));
                        }
                    }
                }
            }
        }
        for step in Step::ALL {
            need(words::step(lang, *step));
        }
        for one in Outcome::ALL {
            need(words::outcome(lang, *one));
        }
        for part in Part::ALL {
            need(words::part(lang, *part));
        }
        for clock in ClockKind::ALL {
            need(words::code(lang, "ClockKind", clock.code()));
        }
        for what in FollowUpKind::ALL {
            need(words::code(lang, "FollowUpKind", what.code()));
        }
        for guard in Guard::ALL {
            let key = match guard.class() {
                nightfair::domain::case::Class::Invalid(_) => "field_fault",
                _ => "case.guard",
            };
            need(words::say(lang, &format!("{key}.{}", guard.code())));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Words that nothing can ask for are as wrong as missing ones.
#[test]
fn no_action_code_or_guard_has_words_without_being_there() {
    let known = |key: &str| {
        let mut parts: Vec<_> = key.split('.').collect();
        let last = parts.pop().unwrap();
        match parts.as_slice() {
            ["case", "act" | "did", ..] => Action::from_code(last).is_some(),
            ["case", "stage", ..] => Stage::from_code(last).is_some(),
            ["case", "part"] => Part::from_code(last).is_some(),
            ["case", "guard"] => Guard::ALL.iter().any(|guard| guard.code() == last),
            _ => true,
        }
    };
    let strange: Vec<_> = text::catalogue(Lang::Zh)
        .keys()
        .filter(|key| !known(key))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}
