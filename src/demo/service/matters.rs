//! What people bring, read from lists beside this file.
use super::shots::Motif;
use anyhow::{Result, ensure};

/// 一件事: what it is about and how it goes.
#[derive(Clone, Copy, Debug)]
pub struct Matter {
    pub category: &'static str,
    pub motif: Motif,
    /// What the ledger calls it.
    pub title: &'static str,
    /// What people say; the second is another place's.
    pub said: [&'static str; 2],
    pub done: &'static str,
    /// Title and words for the board; none when it is nobody else's business.
    pub public: Option<(&'static str, &'static str)>,
}

/// The lists, in the order of their files.
pub struct Matters {
    pub requests: Vec<Matter>,
    pub patrols: Vec<Matter>,
    pub letters: Vec<Matter>,
    pub ideas: Vec<Matter>,
    pub disputes: Vec<Matter>,
}

/// # Errors
/// When a line is not whole.
pub fn read() -> Result<Matters> {
    Ok(Matters {
        requests: list(include_str!("requests.txt"))?,
        patrols: list(include_str!("patrols.txt"))?,
        letters: list(include_str!("letters.txt"))?,
        ideas: list(include_str!("ideas.txt"))?,
        disputes: list(include_str!("disputes.txt"))?,
    })
}

fn list(text: &'static str) -> Result<Vec<Matter>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(one).collect()
}

fn one(line: &'static str) -> Result<Matter> {
    let parts: Vec<&'static str> = line.split('|').map(str::trim).collect();
    ensure!(parts.len() >= 6, "a matter is not whole: {line}");
    let public = match (parts.get(6), parts.get(7)) {
        (Some(title), Some(text)) if *text != "-" => Some((*title, *text)),
        _ => None,
    };
    let second = if parts[4] == "-" { parts[3] } else { parts[4] };
    Ok(Matter {
        category: parts[0],
        motif: Motif::named(parts[1]),
        title: parts[2],
        said: [parts[3], second],
        done: parts[5],
        public,
    })
}

/// What is answered on the spot: category, title, question, answer.
pub const QUESTIONS: [[&str; 4]; 6] = [
    [
        "pension",
        "养老金认证怎么办",
        "人在外地，养老金资格认证怎么办？",
        "可在手机上刷脸认证，不会用的可以约社工上门，已当场教会。",
    ],
    [
        "medical",
        "异地就医备案",
        "去省城看病要不要先备案？",
        "先在医保小程序备案，已当场帮助办好。",
    ],
    [
        "household",
        "身份证到期换领",
        "身份证快到期了，要回老家办吗？",
        "本地派出所即可异地换领，带旧证和照片回执。",
    ],
    [
        "elderly",
        "高龄津贴从几岁起",
        "我妈八十了，高龄津贴怎么领？",
        "满八十周岁当月可以申领，材料清单已交给本人。",
    ],
    [
        "training",
        "电工培训怎么报名",
        "想学电工，街道有没有免费培训？",
        "下期班次在月底，已登记联系方式并发放课程表。",
    ],
    [
        "disability",
        "残疾证换证",
        "残疾证丢了怎么补？",
        "带身份证和照片到社区登记，七个工作日补发。",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::personal;

    #[test]
    fn the_lists_are_whole_and_tell_the_public_nothing_personal() {
        let all = read().unwrap();
        let lists = [
            &all.requests,
            &all.patrols,
            &all.letters,
            &all.ideas,
            &all.disputes,
        ];
        assert!(lists.iter().all(|list| list.len() >= 10));
        for matter in lists.into_iter().flatten() {
            if let Some((title, text)) = matter.public {
                for words in [title, text] {
                    assert!(personal::find(words, &[]).is_empty(), "{words}");
                }
            }
        }
        assert!(all.disputes.iter().all(|matter| matter.public.is_none()));
    }
}
