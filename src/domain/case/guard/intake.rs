//! Taking in, correcting, merging, publishing.
use super::Ask;
use crate::domain::case::codes::{Kind, Part, Visibility};
use crate::domain::case::command::Command;
use crate::domain::case::facts::Target;
use crate::domain::personal;

pub(super) fn category_enabled(ask: &Ask) -> bool {
    ask.facts.category.enabled
}

pub(super) fn place_given(ask: &Ask) -> bool {
    let Command::Report {
        org_node,
        address,
        point,
        ..
    } = ask.command
    else {
        return false;
    };
    let needs = ask.kind == Kind::PatrolFinding || ask.facts.category.place;
    !needs || org_node.is_some() || address.is_some() || point.is_some()
}

pub(super) fn category_consult(ask: &Ask) -> bool {
    ask.facts.category.consult
}

pub(super) fn appeal_once(ask: &Ask) -> bool {
    ask.case(|case| case.counts.appeals == 0)
}

pub(super) fn appeal_window(ask: &Ask) -> bool {
    let since = ask.case.and_then(|case| case.times.stage_since);
    since.is_some_and(|rejected| within(ask, rejected, ask.facts.limits.appeal_workdays))
}

pub(super) fn within(ask: &Ask, from: chrono::DateTime<chrono::Utc>, workdays: u32) -> bool {
    ask.facts.now <= ask.facts.calendars.office().add_workdays(from, workdays)
}

pub(super) fn category_self_handle(ask: &Ask) -> bool {
    ask.facts.category.self_handle
}

pub(super) fn something_to_correct(ask: &Ask) -> bool {
    match ask.command {
        Command::Correct {
            category,
            org_node,
            said_at,
            address,
            point,
        } => {
            category.is_some()
                || org_node.is_some()
                || said_at.is_some()
                || address.is_some()
                || point.is_some()
        }
        _ => false,
    }
}

pub(super) fn corrected_category(ask: &Ask) -> bool {
    match ask.command {
        Command::Correct { category, .. } => category.is_none() || ask.facts.new_category_enabled,
        _ => false,
    }
}

/// 无个人信息: no telephone, identity or house number is left in what is to be published. Names are
/// looked for where the people of the case are known.
pub(super) fn text_without_personal_data(ask: &Ask) -> bool {
    match ask.command {
        Command::Publish {
            title, public_text, ..
        } => [title.as_str(), public_text.as_str()]
            .iter()
            .all(|text| personal::find(text, &[]).is_empty()),
        _ => false,
    }
}

pub(super) fn photos_redacted(ask: &Ask) -> bool {
    match ask.command {
        Command::Publish {
            files,
            photos_redacted,
            ..
        } => files.is_empty() || *photos_redacted,
        _ => false,
    }
}

pub(super) fn text_still_there(ask: &Ask) -> bool {
    ask.facts.text_there
}

fn target(ask: &Ask, holds: impl FnOnce(&Target) -> bool) -> bool {
    ask.facts.target.as_ref().is_some_and(holds)
}

pub(super) fn target_known(ask: &Ask) -> bool {
    ask.facts.target.is_some()
}

pub(super) fn target_not_self(ask: &Ask) -> bool {
    target(ask, |other| !other.itself)
}

pub(super) fn target_same_kind(ask: &Ask) -> bool {
    target(ask, |other| other.kind == ask.kind)
}

pub(super) fn target_not_merged(ask: &Ask) -> bool {
    target(ask, |other| !other.merged)
}

pub(super) fn target_open(ask: &Ask) -> bool {
    target(ask, |other| other.open)
}

pub(super) fn target_same_posting(ask: &Ask) -> bool {
    let posting = ask
        .case
        .and_then(|case| case.job.as_ref())
        .map(|job| job.posting);
    target(ask, |other| {
        other.posting.is_some() && other.posting == posting
    })
}

pub(super) fn near_or_reason(ask: &Ask) -> bool {
    let said = matches!(
        ask.command,
        Command::Merge {
            reason: Some(_),
            ..
        }
    );
    said || target(ask, |other| other.near)
}

pub(super) fn not_who_entered(ask: &Ask) -> bool {
    ask.case(|case| case.entered_by != ask.actor.who)
}

/// 代为操作须记录本人同意: who acts for somebody else says how that person agreed.
pub(super) fn consent_recorded(ask: &Ask) -> bool {
    let consent = match ask.command {
        Command::Withdraw { consent, .. }
        | Command::WithdrawMatch { consent, .. }
        | Command::OfferAccept { consent }
        | Command::OfferDecline { consent, .. } => *consent,
        _ => None,
    };
    matches!(ask.part, Part::Reporter | Part::Seeker) || consent.is_some()
}

pub(super) fn visibility_fits(ask: &Ask) -> bool {
    match ask.command {
        Command::Update { visibility, .. } | Command::PatrolUpdate { visibility, .. } => {
            *visibility != Visibility::Public || ask.kind.widest_visibility() == Visibility::Public
        }
        _ => false,
    }
}
