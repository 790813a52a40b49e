//! 岗位文字检查: what the rules find in a posting, over all of its texts.
use super::form::Details;
use crate::domain::{
    posting_check::{Finding, Grounds, check_all},
    text::{Line, Prose},
};

/// Everything the rules find, in the order of the fields.
pub fn findings(details: &Details) -> Vec<Finding> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let age = details.age.as_ref();
    let fields = [
        ("title", details.title.as_str().to_owned()),
        ("duties", details.duties.as_str().to_owned()),
        ("skills", text(details.skills.as_ref().map(Prose::as_str))),
        ("place", details.place.as_str().to_owned()),
        ("hours", text(details.hours.as_ref().map(Line::as_str))),
        (
            "benefits",
            text(details.benefits.as_ref().map(Prose::as_str)),
        ),
        ("age_limit", text(age.map(|(limit, _)| limit.as_str()))),
    ];
    let grounds = Grounds {
        age: age.map(|(_, ground)| *ground),
    };
    check_all(
        fields.iter().map(|(field, text)| (*field, text.as_str())),
        grounds,
    )
}
