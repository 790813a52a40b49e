//! 岗位用语检查: finds wording in a posting that discriminates or smells of fraud, and says which
//! law it touches. It never decides: a finding holds the posting for a person's review or warns,
//! and what is lawful in the case at hand is answered by a stated ground.
//!
//! The rules are data (`posting_check/rules.json`): patterns, and contexts in which a pattern
//! means nothing («男女不限», «不收押金»). They are matched on a levelled copy of the text, so that
//! spaces, full width, signs between characters and a few look-alikes do not hide a phrase.
use super::posting::AgeGround;
use super::text::{half_width_char, is_invisible};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::LazyLock;

/// What a finding does to the posting.
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
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 提示: the reviewer sees it
    Warn,
    /// 暂缓: not published before the wording is changed or a ground is stated
    Hold,
}

/// 检查结果: one phrase that a rule found. `posting_check.<rule>` is its text key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    /// The field it stands in.
    pub field: String,
    pub rule: String,
    /// Where it begins in the field, in characters.
    pub start: usize,
    /// How many characters it covers, signs between included.
    pub len: usize,
    /// The words as they stand there.
    pub phrase: String,
    pub severity: Severity,
    /// A lawful exception that the text or the form claims and a person must confirm;
    /// `posting_check_exception.<exception>` is its text key.
    pub exception: Option<String>,
}

/// 法律依据: a law, by the key `posting_check_law.<law>`, and its article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    pub law: String,
    pub article: Option<String>,
}

/// Grounds stated on the form, which turn a hold into something to confirm.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grounds {
    pub age: Option<AgeGround>,
}

/// Findings of one posting at most.
const MAX_FINDINGS: usize = 50;
/// How much of a field is looked at, in characters.
const MAX_TEXT: usize = 8000;

/// Checks one field of a posting.
pub fn check(field: &str, text: &str, grounds: Grounds) -> Vec<Finding> {
    let level = Levelled::new(text);
    let mut findings = vec![];
    for rule in RULES.iter() {
        for span in rule.spans(&level.text) {
            findings.push(rule.finding(field, text, &level, span, grounds));
        }
    }
    findings.sort_by_key(|f| f.start);
    findings.truncate(MAX_FINDINGS);
    findings
}

/// Checks all fields of a posting, in their order.
pub fn check_all<'t>(
    fields: impl IntoIterator<Item = (&'t str, &'t str)>,
    grounds: Grounds,
) -> Vec<Finding> {
    let found = fields
        .into_iter()
        .flat_map(|(field, text)| check(field, text, grounds));
    found.take(MAX_FINDINGS).collect()
}

/// How many findings hold the posting.
pub fn holding(findings: &[Finding]) -> usize {
    findings
        .iter()
        .filter(|f| f.severity == Severity::Hold)
        .count()
}

/// The laws behind a rule.
pub fn basis(rule: &str) -> &'static [Basis] {
    RULES
        .iter()
        .find(|r| r.code == rule)
        .map_or(&[], |r| &r.basis)
}

/// The codes of all rules.
pub fn rule_codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.code.as_str())
}

/// A rule as it is written in the data file.
#[derive(Deserialize)]
struct Written {
    code: String,
    severity: Severity,
    basis: Vec<(String, Option<String>)>,
    exception: Option<String>,
    #[serde(default)]
    exception_words: Vec<String>,
    patterns: Vec<String>,
    unless: Vec<String>,
}

struct Rule {
    code: String,
    severity: Severity,
    basis: Vec<Basis>,
    exception: Option<(String, Regex)>,
    patterns: Regex,
    unless: Option<Regex>,
}

/// The file is part of the program and a test reads it, so it cannot be wrong in a release.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| read_rules().unwrap_or_default());

fn read_rules() -> anyhow::Result<Vec<Rule>> {
    let written: Vec<Written> = serde_json::from_str(include_str!("posting_check/rules.json"))?;
    written.into_iter().map(Rule::read).collect()
}

fn any_of(patterns: &[String]) -> Result<Option<Regex>, regex::Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    RegexBuilder::new(&patterns.join("|"))
        .multi_line(false)
        .build()
        .map(Some)
}

impl Rule {
    fn read(written: Written) -> anyhow::Result<Self> {
        let words = any_of(&written.exception_words)?;
        Ok(Self {
            basis: written
                .basis
                .into_iter()
                .map(|(law, article)| Basis { law, article })
                .collect(),
            exception: written.exception.zip(words),
            patterns: Regex::new(&written.patterns.join("|"))?,
            unless: any_of(&written.unless)?,
            code: written.code,
            severity: written.severity,
        })
    }

    /// What the patterns find outside the contexts that excuse it.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> =
            self.patterns.find_iter(text).map(|m| m.range()).collect();
        if let (false, Some(unless)) = (spans.is_empty(), &self.unless) {
            let excused: Vec<Range<usize>> = unless.find_iter(text).map(|m| m.range()).collect();
            spans.retain(|s| !excused.iter().any(|e| s.start < e.end && e.start < s.end));
        }
        spans.retain(|s| !s.is_empty());
        spans
    }

    fn finding(
        &self,
        field: &str,
        text: &str,
        level: &Levelled,
        span: Range<usize>,
        grounds: Grounds,
    ) -> Finding {
        let (start, len) = level.place(span);
        let claimed = self
            .exception
            .as_ref()
            .filter(|(_, words)| words.is_match(&level.text));
        let exception = match claimed {
            Some((code, _)) => Some(code.clone()),
            None if self.code == "age" => grounds.age.map(AgeGround::code),
            None => None,
        };
        Finding {
            field: field.to_owned(),
            rule: self.code.clone(),
            start,
            len,
            phrase: text.chars().skip(start).take(len).collect(),
            severity: if exception.is_some() {
                Severity::Warn
            } else {
                self.severity
            },
            exception,
        }
    }
}

/// A text without what hides phrases, and where each of its characters came from.
struct Levelled {
    text: String,
    /// Byte where a character begins in `text`, and its number in the original.
    from: Vec<(usize, usize)>,
}

impl Levelled {
    fn new(original: &str) -> Self {
        let mut level = Self {
            text: String::new(),
            from: vec![],
        };
        for (number, c) in original.chars().take(MAX_TEXT).enumerate() {
            if let Some(plain) = levelled(c) {
                level.from.push((level.text.len(), number));
                level.text.push(plain);
            }
        }
        level
    }

    /// Start and length in the original, in characters.
    fn place(&self, span: Range<usize>) -> (usize, usize) {
        let first = self.from.partition_point(|(byte, _)| *byte < span.start);
        let after = self.from.partition_point(|(byte, _)| *byte < span.end);
        let start = self.from.get(first).map_or(0, |(_, number)| *number);
        let last = self
            .from
            .get(after.saturating_sub(1))
            .map_or(start, |(_, number)| *number);
        (start, last + 1 - start)
    }
}

/// One character brought to its plain form, or nothing when it only hides others.
fn levelled(c: char) -> Option<char> {
    let c = half_width_char(c).to_ascii_lowercase();
    match c {
        '\n' | '\r' | '!' | '?' | ';' => Some('。'),
        '~' | '〜' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '*' | '_' | '^' | '|' | '`' | '\'' | '"' | '·' | '・' | '･' | '•' | '‧' | '「' | '」'
        | '『' | '』' | '“' | '”' | '‘' | '’' | '[' | ']' | '【' | '】' | '《' | '》' | '<'
        | '>' | '+' | '=' => None,
        c if c.is_whitespace() || is_invisible(c) || c.is_control() => None,
        '/' => Some('、'),
        c => Some(simplified(c)),
    }
}

/// The traditional forms that occur in the phrases looked for.
fn simplified(c: char) -> char {
    const FORMS: [(char, char); 38] = [
        ('僅', '仅'),
        ('優', '优'),
        ('齡', '龄'),
        ('歲', '岁'),
        ('體', '体'),
        ('證', '证'),
        ('費', '费'),
        ('繳', '缴'),
        ('漢', '汉'),
        ('戶', '户'),
        ('無', '无'),
        ('壓', '压'),
        ('險', '险'),
        ('貸', '贷'),
        ('訓', '训'),
        ('議', '议'),
        ('過', '过'),
        ('萬', '万'),
        ('錢', '钱'),
        ('員', '员'),
        ('內', '内'),
        ('資', '资'),
        ('職', '职'),
        ('單', '单'),
        ('雙', '双'),
        ('學', '学'),
        ('歷', '历'),
        ('擾', '扰'),
        ('謝', '谢'),
        ('絕', '绝'),
        ('發', '发'),
        ('線', '线'),
        ('頭', '头'),
        ('錄', '录'),
        ('賺', '赚'),
        ('風', '风'),
        ('殘', '残'),
        ('當', '当'),
    ];
    FORMS
        .iter()
        .find(|(old, _)| *old == c)
        .map_or(c, |(_, new)| *new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules_of(text: &str) -> Vec<String> {
        let mut rules: Vec<String> = check("duties", text, Grounds::default())
            .into_iter()
            .map(|f| f.rule)
            .collect();
        rules.dedup();
        rules
    }

    #[test]
    fn the_rules_of_the_file_are_all_there() {
        let rules = read_rules().unwrap();
        assert_eq!(rules.len(), 21);
        assert!(rules.iter().all(|rule| !rule.basis.is_empty()));
    }

    #[test]
    fn a_finding_names_its_place_and_phrase() {
        let found = check("duties", "待遇好。限 ＊ 男，包吃住", Grounds::default());
        assert_eq!(found.len(), 1);
        let finding = &found[0];
        assert_eq!((finding.start, finding.len), (4, 5));
        assert_eq!(finding.phrase, "限 ＊ 男");
        assert_eq!(
            (finding.rule.as_str(), finding.severity),
            ("sex", Severity::Hold)
        );
        assert_eq!(holding(&found), 1);
    }

    #[test]
    fn tricks_do_not_hide_a_phrase() {
        for text in [
            "限\u{200b}男",
            "限　男",
            "【限】男",
            "限·男",
            "僅限男性",
            "３５歲以下",
            "收-押金".replace('-', "*").as_str(),
        ] {
            assert_eq!(rules_of(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn an_exception_must_be_cited_and_is_still_shown() {
        let text = "矿山井下作业，属女职工禁忌劳动范围，限男性";
        let found = check("duties", text, Grounds::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Warn);
        assert_eq!(found[0].exception.as_deref(), Some("women_prohibited_work"));
        assert_eq!(
            check("duties", "矿山井下作业，限男性", Grounds::default())[0].severity,
            Severity::Hold
        );
    }

    #[test]
    fn a_stated_ground_for_age_leaves_a_warning() {
        let grounds = Grounds {
            age: Some(AgeGround::YouthPolicy),
        };
        let found = check("duties", "就业见习岗位，16-24周岁", grounds);
        assert_eq!(found[0].severity, Severity::Warn);
        assert_eq!(found[0].exception.as_deref(), Some("youth_policy"));
    }

    #[test]
    fn a_denial_excuses_its_own_phrase_only() {
        assert_eq!(rules_of("不收押金"), Vec::<String>::new());
        assert_eq!(rules_of("不收报名费，收取押金"), ["deposit"]);
        assert_eq!(rules_of("男女不限。限男"), ["sex"]);
    }

    #[test]
    fn fields_are_checked_together() {
        let found = check_all(
            [("title", "女文员"), ("duties", "打字")],
            Grounds::default(),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].field, "title");
        assert_eq!(basis("sex")[0].article.as_deref(), Some("27"));
        assert!(basis("nonsense").is_empty());
    }

    #[test]
    fn rules_and_laws_have_words_in_both_languages() {
        for text in [
            include_str!("../../templates/text/zh-CN/posting_check.json"),
            include_str!("../../templates/text/en/posting_check.json"),
        ] {
            let words: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text).unwrap();
            for rule in rule_codes() {
                assert!(
                    words.contains_key(&format!("posting_check.{rule}")),
                    "{rule}"
                );
                for basis in basis(rule) {
                    let key = format!("posting_check_law.{}", basis.law);
                    assert!(words.contains_key(&key), "{key}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_phrase_always_stands_at_its_place(text in "[限男女 ＊不收押金，。35岁以下\n婚汉户乙肝]{0,60}") {
            for finding in check("x", &text, Grounds::default()) {
                let there: String = text.chars().skip(finding.start).take(finding.len).collect();
                prop_assert_eq!(&there, &finding.phrase);
                prop_assert!(finding.len > 0);
            }
        }

        #[test]
        fn any_text_is_checked(text in any::<String>()) {
            prop_assert!(check("x", &text, Grounds::default()).len() <= MAX_FINDINGS);
        }
    }
}
