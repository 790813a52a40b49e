//! 核对: some actions are looked at before they are done, because everybody will read what they say
//! or because they join two cases: the form comes back once with what would happen.
use super::{
    door::Sight,
    hook::FactLine,
    pages::{Check, Choice, Picture},
    store, words,
};
use crate::{
    account,
    domain::case::{Action, Command},
    entity::case::Model,
    error::AppResult,
    platform::{
        App,
        form::Sent,
        text::{self, Lang},
    },
};

/// Fields that say nothing about what was looked at.
const ASIDE: &[&str] = &["once", "checked", "expected_seq", "kept"];

/// Whether an action is looked at first.
pub const fn asks_first(action: Action) -> bool {
    matches!(action, Action::Publish | Action::Merge | Action::Link)
}

/// Whether exactly this was looked at.
pub fn looked_at(sent: &Sent) -> AppResult<bool> {
    Ok(sent.get("checked") == sent.digest(ASIDE)?)
}

/// What the action would bring about.
pub async fn of(
    app: &App,
    lang: Lang,
    account: &account::Actor,
    (case, action): (&Model, Action),
    sent: &Sent,
) -> AppResult<Check> {
    let seen = sent.digest(ASIDE)?;
    let text = words::say(lang, &format!("case.check.{action}"));
    if action == Action::Publish {
        let pictures = sent
            .all("files")
            .into_iter()
            .map(|id| picture(lang, case, id));
        return Ok(Check {
            text,
            lines: published(lang, case, sent),
            pictures: pictures.collect(),
            seen,
        });
    }
    let sight = Sight::of(account);
    let number = sent.get("target");
    let target = store::find_for(app.db.read(), case.office_id, sight, number).await;
    Ok(Check {
        text,
        lines: match target {
            Ok(target) => about(app, lang, &target).await?,
            Err(_) => Vec::new(),
        },
        pictures: Vec::new(),
        seen,
    })
}

fn published(lang: Lang, case: &Model, sent: &Sent) -> Vec<FactLine> {
    let fields = Command::fields(case.kind, Action::Publish).unwrap_or_default();
    let shown = fields
        .iter()
        .filter(|field| ["title", "public_text"].contains(&field.name));
    shown
        .map(|field| FactLine {
            label: words::field(lang, Action::Publish, field),
            value: sent.get(field.name).trim().to_owned(),
            href: None,
        })
        .collect()
}

fn picture(lang: Lang, case: &Model, id: &str) -> Picture {
    Picture {
        href: format!("/cases/{}/files/{id}", case.number),
        alt: words::say(lang, "case.public_picture"),
        side: "",
    }
}

/// What the other case is, so that nobody joins the wrong one by a mistyped number.
async fn about(app: &App, lang: Lang, target: &Model) -> AppResult<Vec<FactLine>> {
    let people = store::people(app.db.read(), target.office_id).await?;
    let unit = target.lead_unit_id.and_then(|unit| people.units.get(&unit));
    let area = target.area_id.and_then(|area| people.areas.get(&area));
    let at = (target.stage, target.step, target.outcome);
    let line = |key: &str, value: String| FactLine {
        label: words::say(lang, &format!("case.fact.{key}")),
        value,
        href: None,
    };
    let mut lines = vec![
        FactLine {
            href: Some(format!("/cases/{}", target.number)),
            ..line("no", format!("{} {}", target.number, target.title))
        },
        line("kind", words::kind(lang, target.kind)),
        line("state", words::state(lang, target.kind, at)),
        line("recorded", words::moment(lang, target.recorded_at)),
    ];
    lines.extend(unit.map(|(name, _)| line("lead", name.clone())));
    lines.extend(area.map(|name| line("area", name.clone())));
    Ok(lines)
}

/// Pictures that were sent with a form and are kept already, to be chosen in the form that comes
/// back.
pub fn kept(lang: Lang, case: &Model, ids: &[String]) -> Vec<Choice> {
    ids.iter()
        .enumerate()
        .map(|(n, id)| Choice {
            picture: format!("/cases/{}/files/{id}", case.number),
            ..Choice::new(
                id,
                text::say(lang, "case.new_picture", &[("n", (n + 1).to_string())]),
            )
        })
        .collect()
}
