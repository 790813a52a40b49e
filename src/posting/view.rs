//! Rows as people see them.
use super::{
    commands::Seen,
    form::{Typed, TypedWanted},
    pages::{Choice, Choices, Fact, Filters, Found, Happened, Line, Part, Passage, Sheet, Tab},
    store::{Filter, Stand},
};
use crate::{
    domain::{
        group::TargetGroup,
        moment,
        pay::PayUnit,
        posting::{
            AgeGround, ContractType, Education, Experience, InsuranceItem, Occupation, PostingKind,
            PostingStatus,
        },
        posting_check::{Finding, Severity, basis},
    },
    entity::{fair, posting::Model, posting_event},
    error::{AppError, AppResult},
    platform::{App, form::Form, form::Sent, page::View},
};
use sea_orm::{ActiveEnum, Iterable};
use serde_json::{Value, json};
use std::{collections::HashMap, str::FromStr};

/// An id from an address; what is no number names nothing.
pub fn id<T: FromStr>(text: &str) -> AppResult<T> {
    text.parse().map_err(|_| AppError::not_found())
}

/// The posting a form was about, and the version it showed.
pub fn seen(id: &str, sent: &Sent) -> AppResult<Seen> {
    Ok(Seen {
        id: self::id(id)?,
        version: sent.get("version").parse().ok(),
    })
}

/// Cuts a page of `limit` from rows that were asked for with one more, and says where the next
/// page begins.
pub fn next_of<T>(rows: &mut Vec<T>, limit: u64, id: impl Fn(&T) -> i64) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| id(row).to_string())
}

/// The codes in a column of several.
pub fn code_list(column: &Value) -> Vec<String> {
    serde_json::from_value(column.clone()).unwrap_or_default()
}

/// An address with those parts of its query that say something.
pub fn href(path: &str, query: &[(&str, &str)]) -> String {
    let parts: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let all = percent_encoding::NON_ALPHANUMERIC;
            format!(
                "{name}={}",
                percent_encoding::utf8_percent_encode(value, all)
            )
        })
        .collect();
    if parts.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", parts.join("&"))
    }
}

/// The word of a code.
fn word(view: &View, group: &str, code: &str) -> String {
    view.say::<&str>(&format!("{group}.{code}"), &[])
}

fn words(view: &View, group: &str, column: &Value) -> Vec<String> {
    let codes = code_list(column);
    codes.iter().map(|code| word(view, group, code)).collect()
}

fn options<E: ActiveEnum<Value = String> + Iterable>(view: &View, group: &str) -> Vec<Choice> {
    E::iter()
        .map(|one| one.to_value())
        .map(|value| Choice {
            label: word(view, group, &value),
            value,
        })
        .collect()
}

/// The choices of the form about a posting, in the reader's language.
pub fn choices(view: &View) -> Choices {
    Choices {
        occupations: options::<Occupation>(view, "occupation"),
        kinds: options::<PostingKind>(view, "posting_kind"),
        pay_units: options::<PayUnit>(view, "pay_unit"),
        educations: options::<Education>(view, "education"),
        experiences: options::<Experience>(view, "experience"),
        contracts: options::<ContractType>(view, "contract_type"),
        insurances: options::<InsuranceItem>(view, "insurance_item"),
        groups: offered(view),
        age_grounds: options::<AgeGround>(view, "age_ground"),
    }
}

fn offered(view: &View) -> Vec<Choice> {
    TargetGroup::iter()
        .filter(|group| group.is_offered())
        .map(|group| Choice {
            value: group.code(),
            label: word(view, "target_group", &group.code()),
        })
        .collect()
}

/// The insurances of a posting in words.
pub fn insurance_words(view: &View, row: &Model) -> Vec<String> {
    words(view, "insurance_item", &row.insurance)
}

/// 薪资 in words: `6000—8000 元/月`.
pub fn pay(view: &View, row: &Model) -> String {
    let (min, max) = (row.pay_min / 100, row.pay_max / 100);
    let holes = [
        ("min", min.to_string()),
        ("max", max.to_string()),
        ("unit", word(view, "pay_unit", &row.pay_unit.code())),
    ];
    let key = if min == max { "pay.fixed" } else { "pay.range" };
    let range = view.say(key, &holes);
    if row.pay_months == 12 {
        return range;
    }
    let months = view.say("pay.months", &[("months", row.pay_months.to_string())]);
    format!("{range} · {months}")
}

/// What a line says beside the posting itself.
pub struct Beside<'a> {
    pub stand: Option<&'a Stand>,
    pub fair: Option<&'a fair::Model>,
}

/// A posting as a line of a list.
pub fn line(app: &App, view: &View, row: &Model, beside: &Beside<'_>) -> AppResult<Line> {
    let findings: Vec<Finding> = serde_json::from_value(row.findings.clone())?;
    let holds = findings.iter().filter(|f| f.severity == Severity::Hold);
    Ok(Line {
        id: row.id.to_string(),
        title: row.title.clone(),
        employer: beside
            .stand
            .map_or_else(String::new, |stand| stand.employer.name.clone()),
        fair: beside
            .fair
            .map_or_else(String::new, |fair| fair.title.clone()),
        fair_slug: beside
            .fair
            .map_or_else(String::new, |fair| fair.slug.clone()),
        booth: beside.stand.and_then(|stand| stand.booth.clone()),
        pay: pay(view, row),
        headcount: row.headcount,
        education: word(view, "education", &row.education.code()),
        groups: words(view, "target_group", &row.groups),
        status: row.status.code(),
        status_reason: row.status_reason.clone(),
        holds: holds.count(),
        findings: findings.len(),
        expires_on: row.expires_on.to_string(),
        expired: row.expires_on < moment::today(app.db.now()),
        may_edit: row.status.may_edit(),
        created_at: row.created_at.to_rfc3339(),
    })
}

/// What is known of a posting beside its texts.
pub fn facts(view: &View, row: &Model) -> Vec<Fact> {
    let say = |key: &str| view.say::<&str>(&format!("posting.{key}"), &[]);
    let separator = view.say::<&str>("posting.list_separator", &[]);
    let mut facts = vec![
        ("kind", word(view, "posting_kind", &row.kind.code())),
        (
            "occupation",
            word(view, "occupation", &row.occupation.code()),
        ),
        ("headcount", row.headcount.to_string()),
        ("pay", pay(view, row)),
        ("education", word(view, "education", &row.education.code())),
        (
            "experience",
            word(view, "experience", &row.experience.code()),
        ),
        (
            "contract_type",
            word(view, "contract_type", &row.contract_type.code()),
        ),
        (
            "insurance",
            words(view, "insurance_item", &row.insurance).join(&separator),
        ),
        (
            "groups",
            words(view, "target_group", &row.groups).join(&separator),
        ),
        ("expires_on", view.day(row.expires_on)),
    ];
    if let Some(ground) = row.age_ground {
        facts.push(("age_ground", word(view, "age_ground", &ground.code())));
    }
    facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| Fact {
            label: say(key),
            value,
            href: None,
        })
        .collect()
}

/// The texts of a posting that say something, by field.
pub fn texts(row: &Model) -> Vec<(&'static str, &str)> {
    let age = row.age_limit.as_deref().unwrap_or_default();
    let texts: [(&'static str, &str); 7] = [
        ("title", &row.title),
        ("duties", &row.duties),
        ("skills", &row.skills),
        ("place", &row.place),
        ("hours", &row.hours),
        ("benefits", &row.benefits),
        ("age_limit", age),
    ];
    texts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// A text cut at its findings, which come in their order; what overlaps belongs to the first.
fn parts(text: &str, findings: &[(usize, &Finding)]) -> Vec<Part> {
    let chars: Vec<char> = text.chars().collect();
    let piece = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
    let (mut at, mut parts) = (0, Vec::new());
    for (number, finding) in findings {
        let from = finding.start.clamp(at, chars.len());
        let to = (finding.start + finding.len).clamp(from, chars.len());
        if from == to {
            continue;
        }
        parts.push(Part {
            text: piece(at, from),
            mark: None,
            holds: false,
        });
        parts.push(Part {
            text: piece(from, to),
            mark: Some(*number),
            holds: finding.severity == Severity::Hold,
        });
        at = to;
    }
    parts.push(Part {
        text: piece(at, chars.len()),
        mark: None,
        holds: false,
    });
    parts.retain(|part| !part.text.is_empty());
    parts
}

fn found(view: &View, number: usize, finding: &Finding) -> Found {
    let law = |basis: &crate::domain::posting_check::Basis| {
        let law = word(view, "posting_check_law", &basis.law);
        match &basis.article {
            Some(article) => view.say(
                "posting_check_law.article",
                &[("law", law.as_str()), ("article", article.as_str())],
            ),
            None => law,
        }
    };
    Found {
        number,
        phrase: finding.phrase.clone(),
        why: word(view, "posting_check", &finding.rule),
        laws: basis(&finding.rule).iter().map(law).collect(),
        holds: finding.severity == Severity::Hold,
        exception: finding
            .exception
            .as_ref()
            .map(|code| word(view, "posting_check_exception", code)),
    }
}

/// What happened, newest first; `names` are those who may be named to the reader.
fn happened(
    view: &View,
    events: &[posting_event::Model],
    names: &HashMap<crate::domain::id::AccountId, String>,
) -> Vec<Happened> {
    let tone = |what: &str| match what {
        "approved" => "ok",
        "returned" | "rejected" | "hidden" => "bad",
        "submitted" => "now",
        _ => "",
    };
    let ground = |text: &String| view.say("posting.ground_was", &[("ground", text.as_str())]);
    events
        .iter()
        .map(|event| {
            let texts = [event.reason.clone(), event.ground.as_ref().map(ground)];
            let text: Vec<String> = texts.into_iter().flatten().collect();
            Happened {
                title: word(view, "posting.event", &event.what),
                by: event.account_id.and_then(|id| names.get(&id).cloned()),
                at: event.at.to_rfc3339(),
                text: (!text.is_empty()).then(|| text.join("\n")),
                tone: tone(&event.what),
            }
        })
        .collect()
}

/// What a sheet is made from.
pub struct Material<'a> {
    pub row: &'a Model,
    pub beside: Beside<'a>,
    pub events: &'a [posting_event::Model],
    pub names: &'a HashMap<crate::domain::id::AccountId, String>,
}

/// One posting with everything about it.
pub fn sheet(app: &App, view: &View, material: &Material<'_>) -> AppResult<Sheet> {
    let row = material.row;
    let findings: Vec<Finding> = serde_json::from_value(row.findings.clone())?;
    let numbered: Vec<(usize, &Finding)> = (1..).zip(&findings).collect();
    let passage = |(field, text): (&str, &str)| {
        let here = numbered.iter().filter(|(_, f)| f.field == field);
        Passage {
            label: word(view, "posting", field),
            parts: parts(text, &here.copied().collect::<Vec<_>>()),
        }
    };
    Ok(Sheet {
        line: line(app, view, row, &material.beside)?,
        version: row.version,
        facts: facts(view, row),
        passages: texts(row).into_iter().map(passage).collect(),
        found: numbered.iter().map(|(n, f)| found(view, *n, f)).collect(),
        happened: happened(view, material.events, material.names),
    })
}

/// All postings, and those in each status, with their counts.
pub fn tabs(
    view: &View,
    path: &str,
    counts: &HashMap<PostingStatus, i64>,
    filter: &Filter,
    keep: &[(&str, &str)],
) -> Vec<Tab> {
    let tab = |label: String, code: &str, count: i64, current: bool| {
        let query = [&[("status", code)], keep].concat();
        Tab {
            label,
            href: href(path, &query),
            current,
            count: Some(count),
        }
    };
    let all = view.say::<&str>("common.all", &[]);
    let each = PostingStatus::iter().map(|status| {
        let (code, count) = (status.code(), counts.get(&status).copied().unwrap_or(0));
        let label = word(view, "posting_status", &code);
        tab(label, &code, count, filter.status == Some(status))
    });
    let everything = tab(all, "all", counts.values().sum(), filter.status.is_none());
    each.chain([everything]).collect()
}

/// A form filled with a posting.
pub fn filled(typed: &Typed) -> Form {
    let mut form = Form::blank();
    typed.fill(&mut form, "");
    form
}

/// The filters as they stand.
pub fn filters(typed: &TypedWanted) -> Filters {
    let cut = |text: &str| text.chars().take(60).collect::<String>();
    Filters {
        q: cut(&typed.q),
        group: cut(&typed.group),
        salary_min: cut(&typed.salary_min),
        booth: cut(&typed.booth),
        education: cut(&typed.education),
        kind: cut(&typed.kind),
    }
}

/// Links that choose one target group and keep the other filters.
pub fn group_tabs(view: &View, path: &str, filters: &Filters) -> Vec<Tab> {
    offered(view)
        .into_iter()
        .map(|group| {
            let current = group.value == filters.group;
            let wish = if current { "" } else { &group.value };
            Tab {
                href: filtered(path, filters, wish, ""),
                label: group.label,
                current,
                count: None,
            }
        })
        .collect()
}

/// The address of the public list with its filters.
pub fn filtered(path: &str, filters: &Filters, group: &str, cursor: &str) -> String {
    href(
        path,
        &[
            ("q", &filters.q),
            ("group", group),
            ("salary_min", &filters.salary_min),
            ("booth", &filters.booth),
            ("education", &filters.education),
            ("kind", &filters.kind),
            ("cursor", cursor),
        ],
    )
}

/// The posting as schema.org knows it, for search engines.
pub fn linked(app: &App, row: &Model, stand: &Stand, fair: &fair::Model) -> Value {
    let (min, max) = (row.pay_min / 100, row.pay_max / 100);
    let pay = row.pay_unit.unit_text().map(|unit| {
        json!({
            "@type": "MonetaryAmount", "currency": "CNY",
            "value": { "@type": "QuantitativeValue", "minValue": min, "maxValue": max, "unitText": unit },
        })
    });
    json!({
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": row.title,
        "description": row.duties,
        "datePosted": row.published_at,
        "validThrough": moment::end_of(row.expires_on),
        "employmentType": row.contract_type.employment().employment_type(),
        "hiringOrganization": {
            "@type": "Organization", "name": stand.employer.name,
            "identifier": stand.employer.uscc,
        },
        "jobLocation": {
            "@type": "Place",
            "address": { "@type": "PostalAddress", "addressCountry": "CN", "streetAddress": row.place },
        },
        "baseSalary": pay,
        "totalJobOpenings": row.headcount,
        "url": format!("{}/f/{}/postings/{}", app.settings.public_url, fair.slug, row.id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(start: usize, len: usize) -> Finding {
        Finding {
            field: "duties".into(),
            rule: "sex".into(),
            start,
            len,
            phrase: String::new(),
            severity: Severity::Hold,
            exception: None,
        }
    }

    fn cut(text: &str, findings: &[Finding]) -> Vec<(String, Option<usize>)> {
        let numbered: Vec<_> = (1..).zip(findings).collect();
        let parts = parts(text, &numbered);
        parts
            .into_iter()
            .map(|part| (part.text, part.mark))
            .collect()
    }

    #[test]
    fn a_text_is_cut_at_its_findings_and_stays_whole() {
        assert_eq!(cut("打字", &[]), [("打字".into(), None)]);
        assert_eq!(
            cut("待遇好，限男性。", &[finding(4, 3)]),
            [
                ("待遇好，".into(), None),
                ("限男性".into(), Some(1)),
                ("。".into(), None)
            ]
        );
        let overlapping = [finding(0, 3), finding(2, 3), finding(7, 9)];
        let pieces = cut("一二三四五六七八", &overlapping);
        assert_eq!(
            pieces
                .iter()
                .map(|(text, _)| text.as_str())
                .collect::<String>(),
            "一二三四五六七八"
        );
        assert_eq!(pieces.last(), Some(&("八".to_owned(), Some(3))));
        assert_eq!(cut("短", &[finding(5, 2)]), [("短".into(), None)]);
    }

    #[test]
    fn an_address_holds_only_what_is_said() {
        assert_eq!(href("/p", &[("q", ""), ("group", "")]), "/p");
        assert_eq!(href("/p", &[("q", "a&b"), ("x", "1")]), "/p?q=a%26b&x=1");
    }
}
