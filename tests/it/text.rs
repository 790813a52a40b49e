//! Both languages say everything, and no template says anything by itself.
use nightfair::platform::text::{self, Lang};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn holes(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|s| s.split('}').next())
        .collect()
}

#[test]
fn both_languages_have_the_same_keys_and_holes() {
    let (zh, en) = (text::catalogue(Lang::Zh), text::catalogue(Lang::En));
    let missing = |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| {
        a.keys()
            .filter(|key| !b.contains_key(*key))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!((missing(zh, en), missing(en, zh)), (vec![], vec![]));
    for (key, words) in zh {
        assert_eq!(holes(words), holes(&en[key]), "{key}");
    }
}

#[test]
fn every_catalogue_is_flat_json_and_no_key_stands_in_two() {
    let mut seen = BTreeMap::new();
    for lang in Lang::ALL {
        let dir = Path::new("templates/text").join(lang.tag());
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let file: BTreeMap<String, String> =
                serde_json::from_str(&fs::read_to_string(&path).unwrap())
                    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            for key in file.into_keys() {
                let first = seen.insert((lang.tag(), key.clone()), path.clone());
                assert!(
                    first.is_none(),
                    "{key} stands in {} and {}",
                    path.display(),
                    first.unwrap().display()
                );
            }
        }
    }
}

/// Help that names a button by another word than the button does helps nobody.
#[test]
fn what_help_quotes_is_what_the_screen_says() {
    let mut wrong = Vec::new();
    for lang in Lang::ALL {
        let words = text::catalogue(lang);
        let (help, screen): (Vec<_>, Vec<_>) =
            words.iter().partition(|(key, _)| key.starts_with("help."));
        let quoted = help.iter().flat_map(|(key, words)| {
            let parts = words.split('“').skip(1);
            parts.filter_map(move |part| Some((key, part.split_once('”')?.0)))
        });
        // Examples of what people type are Chinese in both languages.
        let said = |quote: &str| {
            let here = screen.iter().any(|(_, words)| words.contains(quote));
            here || text::catalogue(Lang::Zh)
                .iter()
                .any(|(key, words)| !key.starts_with("help.") && words.contains(quote))
        };
        for (key, quote) in quoted {
            if !said(quote) {
                wrong.push(format!("{} {key}: {quote}", lang.tag()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn templates_hold_no_chinese() {
    let mut wrong = Vec::new();
    walk(Path::new("templates"), &mut |path, text| {
        for (n, line) in text.lines().enumerate() {
            if line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
                wrong.push(format!("{}:{}", path.display(), n + 1));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_key_a_template_names_has_words() {
    let zh = text::catalogue(Lang::Zh);
    let mut wrong = Vec::new();
    walk(Path::new("templates"), &mut |path, text| {
        for quote in ['"', '\''] {
            for (at, start) in text.match_indices(&format!("t({quote}")) {
                // `default("")`, `asset("…")` and the like end in the same letter.
                if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let Some((key, rest)) = text[at + start.len()..].split_once(quote) else {
                    continue;
                };
                if !rest.trim_start().starts_with('~') && !zh.contains_key(key) {
                    wrong.push(format!("{}: {key}", path.display()));
                }
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn walk(dir: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, look);
        } else if path.extension().is_some_and(|e| e == "html") {
            look(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
