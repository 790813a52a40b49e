//! 粘贴登记: a message copied from a chat, split into who, number, place and text. Nothing is made
//! up: what is not sure stays in the text, and the clerk sees what was found.
use super::{
    contact::{PersonName, Phone},
    text::half_width,
};
use regex::Regex;
use std::sync::LazyLock;

/// Characters of a message at most.
pub const LONGEST: usize = 4000;

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    pub name: Option<String>,
    pub phone: Option<String>,
    /// The longest name of a place of the office that stands in it: its index.
    pub place: Option<usize>,
    /// Street, building or door as it stands there.
    pub address: Option<String>,
    /// The message without the chat program's own lines.
    pub text: String,
}

/// A line above a message as chat programs copy it: `王阿姨 2026-11-25 19:02:11`, `王阿姨 19:02`.
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"^(?P<who>.{1,30}?)[ \t\u{3000}]+(?:[0-9]{4}[-/年][0-9]{1,2}[-/月][0-9]{1,2}日?[ \t\u{3000}]+)?(?:上午|下午|晚上)?[ \t\u{3000}]*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?[ \t\u{3000}]*$",
    )
});

/// `王阿姨：…` at the beginning, a name and a colon.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    rule(r"^(?P<who>[^ \t\u{3000}:：,，。]{1,12})[:：][ \t\u{3000}]*(?P<rest>.+)$")
});

/// `我是王秀兰`, `我叫王秀兰`, `姓名：王秀兰`, `联系人：王秀兰`
static CALLED: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"(?:我是|我叫|姓名[:：]?|联系人[:：]?|反映人[:：]?)[ \t\u{3000}]*(?P<who>[\u{4e00}-\u{9fff}]{2,4}?)(?:[，,。；; \t\u{3000}]|$|电话|手机|住)",
    )
});

/// Eleven digits of a mobile telephone, perhaps in groups; or a number with its area code.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    rule(r"(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|0[0-9]{2,3}[- ]?[0-9]{7,8}")
});

/// `地址：…` to the end of its sentence, or a door: `3号楼2单元501`, `民乐路12号`.
static PLACED: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"(?:地址|地点|住址|位置)[:：][ \t\u{3000}]*(?P<said>[^，,。；;\n]{2,60})|(?P<door>[\u{4e00}-\u{9fff}]{0,12}[0-9]{1,4}(?:号院|号楼|号|栋|幢|弄|巷)(?:[ \t\u{3000}]*[0-9]{1,2}[ \t\u{3000}]*单元)?(?:[ \t\u{3000}]*[0-9]{2,4}[ \t\u{3000}]*室?)?)",
    )
});

fn rule(pattern: &str) -> Regex {
    // The patterns are ours and compile; a test reads with each of them.
    Regex::new(pattern).unwrap_or_else(|_| unreachable!("a pattern of ours"))
}

/// Splits a message. `places` are the names of the office's areas.
pub fn split(message: &str, places: &[String]) -> Pasted {
    let message: String = message.chars().take(LONGEST).collect();
    let mut pasted = Pasted::default();
    let mut lines = Vec::new();
    for line in message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some(stamp) = STAMP.captures(line) {
            pasted.name = pasted.name.or_else(|| named(&stamp["who"]));
            continue;
        }
        lines.push(line);
    }
    if let Some(said) = lines.first().and_then(|first| SAID.captures(first))
        && let Some(who) = named(&said["who"])
        && !label(&said["who"])
    {
        pasted.name = pasted.name.or(Some(who));
        let rest = said.name("rest").map_or("", |rest| rest.as_str());
        lines[0] = rest;
    }
    let text = lines.join("\n");
    let plain = half_width_keeping_lines(&text);
    if let Some(called) = CALLED.captures(&text) {
        pasted.name = named(&called["who"]).or(pasted.name);
    }
    pasted.phone = PHONE
        .find_iter(&plain)
        .filter(|found| alone(&plain, found.start(), found.end()))
        .find_map(|found| Phone::parse(found.as_str()).ok())
        .map(|phone| phone.in_full().to_owned());
    pasted.place = places
        .iter()
        .enumerate()
        .filter(|(_, name)| name.chars().count() > 1 && text.contains(name.as_str()))
        .max_by_key(|(_, name)| name.chars().count())
        .map(|(n, _)| n);
    pasted.address = PLACED.captures(&plain).and_then(|found| {
        let said = found.name("said").or(found.name("door"))?;
        Some(said.as_str().trim().to_owned())
    });
    pasted.text = text;
    pasted
}

/// Words before a colon that head a line and name nobody.
fn label(word: &str) -> bool {
    const LABELS: &[&str] = &[
        "诉求",
        "内容",
        "问题",
        "反映",
        "地址",
        "地点",
        "电话",
        "手机",
        "姓名",
        "联系人",
        "投诉",
        "建议",
        "时间",
        "你好",
        "您好",
        "请问",
    ];
    LABELS.iter().any(|label| word.contains(label))
}

/// A name as a chat calls somebody: without marks and faces, if something is left that is a name.
fn named(raw: &str) -> Option<String> {
    let raw = raw.trim_matches(|c: char| !c.is_alphanumeric());
    let raw = raw
        .split(['(', '（', '[', '【'])
        .next()
        .unwrap_or(raw)
        .trim();
    PersonName::parse(raw)
        .ok()
        .map(|name| name.in_full().to_owned())
}

/// No digit stands directly before or behind: part of a longer number is no telephone.
fn alone(text: &str, from: usize, to: usize) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !digit(text[..from].chars().next_back()) && !digit(text[to..].chars().next())
}

fn half_width_keeping_lines(text: &str) -> String {
    text.lines().map(half_width).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places() -> Vec<String> {
        ["土门墩街道", "民乐路社区", "民乐路社区3号院", "福利路社区"]
            .map(str::to_owned)
            .into()
    }

    #[test]
    fn a_chat_message_is_split() {
        let message = "王阿姨 2026-11-25 19:02:11\n民乐路社区3号院2单元门口的灯一直不亮，老人看不清台阶，电话１３８ 0000 8000";
        let pasted = split(message, &places());
        assert_eq!(pasted.name.as_deref(), Some("王阿姨"));
        assert_eq!(pasted.phone.as_deref(), Some("13800008000"));
        assert_eq!(pasted.place, Some(2));
        assert!(pasted.text.starts_with("民乐路社区3号院"));
        assert!(!pasted.text.contains("2026-11-25"));
    }

    #[test]
    fn who_says_a_name_is_called_so() {
        let pasted = split(
            "您好，我是李建国，住在12号楼3单元502，楼道堆满杂物。",
            &places(),
        );
        assert_eq!(pasted.name.as_deref(), Some("李建国"));
        assert_eq!(
            pasted
                .address
                .as_deref()
                .map(|a| a.contains("12号楼3单元502")),
            Some(true)
        );
        assert_eq!(pasted.phone, None);
        let pasted = split("张敏：车位被自行车占了", &places());
        assert_eq!(pasted.name.as_deref(), Some("张敏"));
        assert_eq!(pasted.text, "车位被自行车占了");
    }

    #[test]
    fn labels_are_nobody_and_long_numbers_are_no_telephones() {
        let pasted = split("诉求：快递单号 613800008000123 一直没到", &places());
        assert_eq!(pasted.name, None);
        assert_eq!(pasted.phone, None);
        assert!(pasted.text.starts_with("诉求"));
    }

    proptest! {
        #[test]
        fn nothing_breaks_it_and_nothing_is_made_up(message in any::<String>()) {
            let pasted = split(&message, &places());
            prop_assert!(pasted.text.chars().count() <= LONGEST);
            let digits = |text: &str| half_width(text).chars().filter(char::is_ascii_digit).collect::<String>();
            if let Some(phone) = &pasted.phone {
                prop_assert!(digits(&message).contains(&digits(phone)));
            }
        }
    }
}
