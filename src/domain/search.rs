//! Search without a dictionary. Han text is cut into overlapping pairs of characters, everything
//! else into words; the initials of the pinyin (and the pinyin itself) are further tokens. The
//! same tokens are stored beside the row for FTS5 on SQLite and `tsvector('simple')` on PostgreSQL.
//!
//! Words that may not be stored readable are stored hashed (`word_tokens`, and the `Blind` of a
//! query): then a token is found whole or not at all, and in no order.
//!
//! Tokens hold only letters and digits, so no query can carry a quote or an operator through.
use super::text::{half_width_char, is_han};
use pinyin::ToPinyin;
use std::collections::BTreeSet;

/// Leads a token of initials. A Bopomofo letter, because both databases take it for a letter and
/// nobody types one, so initials are never mistaken for a word nor the other way round.
const INITIALS: char = 'ㄅ';
/// Leads a token of spelled pinyin.
const SPELLED: char = 'ㄆ';

/// Leads a hashed token.
pub const HASHED: char = 'ㄇ';
/// Letters that only the program writes: whoever types one has typed a gap.
const MARKS: [char; 3] = [INITIALS, SPELLED, HASHED];

/// How much of one text is indexed, in characters.
const MAX_INDEXED: usize = 8000;
/// How much of one query is read, in characters.
const MAX_QUERY: usize = 64;
/// Phrases of one query.
const MAX_PHRASES: usize = 8;
/// Initials kept from one start; nobody types more.
const MAX_INITIALS: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Han,
    Word,
}

/// Cuts text into runs of Han characters and words; width and case are levelled.
fn runs(text: &str, limit: usize) -> Vec<(Kind, Vec<char>)> {
    let mut out: Vec<(Kind, Vec<char>)> = vec![];
    let mut open = false;
    for c in text.chars().take(limit).map(half_width_char) {
        let kind = if is_han(c) {
            Kind::Han
        } else if c.is_alphanumeric() && !MARKS.contains(&c) {
            Kind::Word
        } else {
            open = false;
            continue;
        };
        let low = c.to_lowercase().filter(|c| c.is_alphanumeric());
        match out.last_mut() {
            Some((last, run)) if open && *last == kind => run.extend(low),
            _ => out.push((kind, low.collect())),
        }
        open = true;
    }
    out.retain(|(_, run)| !run.is_empty());
    out
}

/// The tokens of a text to be stored, in order, separated by spaces. Later Han characters are
/// also tokens of their own, so that a query of one character finds them.
pub fn index_tokens(text: &str) -> String {
    let mut tokens: Vec<String> = vec![];
    let mut sounds = BTreeSet::new();
    for (kind, run) in runs(text, MAX_INDEXED) {
        match kind {
            Kind::Word => tokens.push(run.iter().collect()),
            Kind::Han => {
                tokens.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
                // The last character of a run begins no pair.
                tokens.extend(run.last().map(char::to_string));
                sounds.extend(sound_tokens(&run));
            }
        }
    }
    tokens.extend(sounds);
    tokens.join(" ")
}

/// The words of a text that is not to be stored readable: each pair of Han characters, a Han
/// character that stands alone, each other word; without their order. Single characters of a
/// longer run are left out, because how often each occurs would give them away.
pub fn word_tokens(text: &str) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for (kind, run) in runs(text, MAX_INDEXED) {
        match kind {
            Kind::Han if run.len() > 1 => {
                tokens.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
            }
            Kind::Han | Kind::Word => {
                tokens.insert(run.iter().collect());
            }
        }
    }
    tokens
}

/// How a name sounds, for lists in the order of a dictionary: Han characters as they are spelled,
/// others as they are.
pub fn spelled(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c.to_pinyin() {
            Some(sound) => out.push_str(sound.plain()),
            None => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// For each character of a run the initials and the spelling of what follows it, so that a query
/// of any part is the beginning of some token.
fn sound_tokens(run: &[char]) -> Vec<String> {
    let sounds: Vec<&str> = run
        .iter()
        .map(|c| c.to_pinyin().map_or("", pinyin::Pinyin::plain))
        .collect();
    let mut out = vec![];
    for part in sounds.split(|s| s.is_empty()) {
        for start in 0..part.len() {
            let rest = &part[start..part.len().min(start + MAX_INITIALS)];
            let initials: String = rest.iter().filter_map(|s| s.chars().next()).collect();
            out.push(format!("{INITIALS}{initials}"));
            let few = &rest[..rest.len().min(4)];
            out.push(format!("{SPELLED}{}", few.concat().replace('ü', "v")));
        }
    }
    out
}

/// One thing asked for: all parts must match; within a part, one of the readings.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    /// Consecutive tokens
    Phrase(Vec<String>),
    /// Tokens that begin so, any of them
    Begins(Vec<String>),
}

fn asks(query: &str) -> Vec<Ask> {
    let ask = |(kind, run): (Kind, Vec<char>)| match kind {
        Kind::Han if run.len() > 1 => {
            Ask::Phrase(run.windows(2).map(|pair| pair.iter().collect()).collect())
        }
        Kind::Han => Ask::Begins(vec![run.iter().collect()]),
        Kind::Word => Ask::Begins(readings(&run.iter().collect::<String>())),
    };
    runs(query, MAX_QUERY)
        .into_iter()
        .take(MAX_PHRASES)
        .map(ask)
        .collect()
}

/// A word of Latin letters may be meant as itself, as initials or as pinyin.
fn readings(word: &str) -> Vec<String> {
    let mut out = vec![word.to_owned()];
    if word.bytes().all(|b| b.is_ascii_lowercase()) {
        let initials: String = word.chars().take(MAX_INITIALS).collect();
        out.push(format!("{INITIALS}{initials}"));
        out.push(format!("{SPELLED}{word}"));
    }
    out
}

impl Ask {
    /// What a text without order would have to hold.
    fn words(&self) -> &[String] {
        match self {
            Self::Phrase(tokens) => tokens,
            // The other readings are sounds.
            Self::Begins(readings) => readings.get(..1).unwrap_or_default(),
        }
    }
}

/// Hashes a token, once for each vocabulary that the asker may search, always in the same order.
pub type Blind<'a> = &'a dyn Fn(&str) -> Vec<String>;

/// No hashed words.
pub const SEEING: Blind<'static> = &|_| Vec::new();

/// How a database writes its queries.
struct Grammar {
    and: &'static str,
    or: &'static str,
    phrase: fn(&[String]) -> String,
    begins: fn(&str) -> String,
    word: fn(&str) -> String,
}

const FTS5: Grammar = Grammar {
    and: " AND ",
    or: " OR ",
    phrase: |tokens| format!("\"{}\"", tokens.join(" ")),
    begins: |token| format!("\"{token}\" *"),
    word: |token| format!("\"{token}\""),
};

const TSQUERY: Grammar = Grammar {
    and: " & ",
    or: " | ",
    phrase: |tokens| {
        let quoted: Vec<String> = tokens.iter().map(|t| format!("'{t}'")).collect();
        format!("({})", quoted.join(" <-> "))
    },
    begins: |token| format!("'{token}':*"),
    word: |token| format!("'{token}'"),
};

/// The right side of FTS5's MATCH, or nothing when the query holds nothing to look for.
pub fn fts5(query: &str, blind: Blind<'_>) -> Option<String> {
    FTS5.expression(query, blind)
}

/// The argument of `to_tsquery('simple', …)`, or nothing when the query holds nothing to look for.
pub fn tsquery(query: &str, blind: Blind<'_>) -> Option<String> {
    TSQUERY.expression(query, blind)
}

impl Grammar {
    fn expression(&self, query: &str, blind: Blind<'_>) -> Option<String> {
        let parts: Vec<String> = asks(query)
            .iter()
            .map(|ask| self.part(ask, blind))
            .collect();
        (!parts.is_empty()).then(|| parts.join(self.and))
    }

    /// One thing asked for, as it stands in readable text or in one of the hashed vocabularies.
    fn part(&self, ask: &Ask, blind: Blind<'_>) -> String {
        let mut ways = match ask {
            Ask::Phrase(tokens) => vec![(self.phrase)(tokens)],
            Ask::Begins(tokens) => tokens.iter().map(|token| (self.begins)(token)).collect(),
        };
        let hashed: Vec<Vec<String>> = ask.words().iter().map(|word| blind(word)).collect();
        for vocabulary in 0..hashed.first().map_or(0, Vec::len) {
            let all: Vec<_> = hashed
                .iter()
                .filter_map(|hashes| hashes.get(vocabulary))
                .map(|hash| (self.word)(hash))
                .collect();
            ways.push(bracket(&all, self.and));
        }
        bracket(&ways, self.or)
    }
}

fn bracket(parts: &[String], between: &str) -> String {
    match parts {
        [one] => one.clone(),
        several => format!("({})", several.join(between)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What both databases do with tokens and a query, in the small.
    fn finds(text: &str, query: &str) -> bool {
        let stored = index_tokens(text);
        let stored: Vec<&str> = stored.split(' ').collect();
        let asked = asks(query);
        !asked.is_empty()
            && asked.iter().all(|ask| match ask {
                Ask::Phrase(tokens) => stored.windows(tokens.len()).any(|w| w == tokens.as_slice()),
                Ask::Begins(any) => stored
                    .iter()
                    .any(|token| any.iter().any(|start| token.starts_with(start))),
            })
    }

    #[test]
    fn chinese_is_found_by_any_part() {
        let text = "电气设计师（工业园区）五险一金 CAD Solidworks";
        for query in [
            "电气",
            "设计",
            "气设",
            "电气设计师",
            "师",
            "电",
            "设计 园区",
            "cad",
            "ＣＡＤ",
            "Solid",
            "五险一金",
        ] {
            assert!(finds(text, query), "{query}");
        }
        for query in ["师电", "会计", "气电", "设计 会计", "works", "险五"] {
            assert!(!finds(text, query), "{query}");
        }
    }

    #[test]
    fn names_are_in_the_order_of_a_dictionary() {
        let mut names = ["张**", "Zoe", "陈**", "王*", "艾**"];
        names.sort_by_key(|name| spelled(name));
        assert_eq!(names, ["艾**", "陈**", "王*", "张**", "Zoe"]);
    }

    #[test]
    fn initials_and_pinyin_find_too() {
        for query in [
            "dqsjs", "dqsj", "sjs", "sj", "DQ", "dianqi", "sheji", "shejishi", "dianqish",
        ] {
            assert!(finds("电气设计师", query), "{query}");
        }
        for query in ["qd", "sjd", "qisd", "dqsjsx"] {
            assert!(!finds("电气设计师", query), "{query}");
        }
        assert!(finds("绿化工", "lv"));
    }

    #[test]
    fn a_word_is_not_mistaken_for_initials() {
        assert!(!finds("qdqsjs", "dqsjs"));
        assert!(finds("sales 销售", "sales"));
    }

    #[test]
    fn expressions_for_both_databases() {
        assert_eq!(
            fts5("电气设计", SEEING).as_deref(),
            Some("\"电气 气设 设计\"")
        );
        assert_eq!(fts5("电", SEEING).as_deref(), Some("\"电\" *"));
        assert_eq!(
            fts5("电气 cad", SEEING).as_deref(),
            Some("\"电气\" AND (\"cad\" * OR \"ㄅcad\" * OR \"ㄆcad\" *)")
        );
        assert_eq!(
            tsquery("电气设计", SEEING).as_deref(),
            Some("('电气' <-> '气设' <-> '设计')")
        );
        assert_eq!(tsquery("5g 电", SEEING).as_deref(), Some("'5g':* & '电':*"));
        assert_eq!(
            tsquery("dq", SEEING).as_deref(),
            Some("('dq':* | 'ㄅdq':* | 'ㄆdq':*)")
        );
    }

    #[test]
    fn hashed_words_stand_beside_the_readable_ones() {
        let tokens = word_tokens("三号楼3单元，灯");
        let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
        assert_eq!(tokens, ["3", "三号", "单元", "号楼", "灯"]);
        let blind: Blind<'_> = &|token| vec![format!("ㄇ{token}"), format!("ㄇ内{token}")];
        assert_eq!(
            fts5("楼道灯 5", blind).as_deref(),
            Some(
                "(\"楼道 道灯\" OR (\"ㄇ楼道\" AND \"ㄇ道灯\") OR (\"ㄇ内楼道\" AND \"ㄇ内道灯\")) AND (\"5\" * OR \"ㄇ5\" OR \"ㄇ内5\")"
            )
        );
        assert_eq!(
            tsquery("灯", blind).as_deref(),
            Some("('灯':* | 'ㄇ灯' | 'ㄇ内灯')")
        );
        // Who types a mark asks for nothing that is stored under it.
        assert_eq!(fts5("ㄇab", SEEING), fts5("ab", SEEING));
    }

    #[test]
    fn nothing_to_look_for_is_nothing() {
        for query in [
            "",
            " ",
            "!!",
            "\"",
            "' OR 1=1 --\0".split_at(2).0,
            "*",
            "😀",
            "\u{200b}",
        ] {
            assert_eq!(fts5(query, SEEING), None, "{query:?}");
            assert_eq!(tsquery(query, SEEING), None, "{query:?}");
        }
    }

    #[test]
    fn long_input_stays_small() {
        let long = "电气".repeat(100_000);
        assert!(index_tokens(&long).len() < 400_000);
        assert!(fts5(&long, SEEING).unwrap().len() < 1000);
        assert!(tsquery(&"a b ".repeat(10_000), SEEING).unwrap().len() < 1000);
    }

    proptest! {
        #[test]
        fn no_quote_or_operator_gets_through(query in any::<String>()) {
            if let Some(expression) = fts5(&query, SEEING) {
                let inside: String = expression.split('"').skip(1).step_by(2).collect();
                prop_assert!(inside.chars().all(|c| c.is_alphanumeric() || c == ' '), "{}", expression);
                prop_assert_eq!(expression.matches('"').count() % 2, 0);
            }
            if let Some(expression) = tsquery(&query, SEEING) {
                let inside: String = expression.split('\'').skip(1).step_by(2).collect();
                prop_assert!(inside.chars().all(char::is_alphanumeric), "{}", expression);
            }
        }

        #[test]
        fn every_part_of_a_han_text_is_found(text in "[一-龥]{2,12}", from in 0_usize..10, long in 1_usize..6) {
            let part: String = text.chars().skip(from).take(long).collect();
            if !part.is_empty() {
                prop_assert!(finds(&text, &part), "{}", part);
            }
        }
    }
}
