//! What the gate is told: a verdict, where the holder was first seen, and who it is, masked.
use super::{
    Scan, Token,
    decide::{Direction, Reason, Verdict},
};
use crate::{
    domain::{
        group::TargetGroup,
        id::{OfficeId, RegistrationId},
    },
    entity::{check_in, registration},
    error::AppResult,
    person,
    platform::App,
    seeker::{store, ticket},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug)]
pub struct Answer {
    pub verdict: Verdict,
    pub direction: Direction,
    pub first_seen: Option<FirstSeen>,
    pub registration: Option<RegistrationId>,
    pub recorded_at: DateTime<Utc>,
    pub person: Option<Holder>,
}

/// 首次入场
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FirstSeen {
    pub gate: String,
    pub at: DateTime<Utc>,
}

impl FirstSeen {
    pub fn of(row: &registration::Model) -> Option<Self> {
        Some(Self {
            gate: row.first_gate.clone().unwrap_or_default(),
            at: row.first_in_at?,
        })
    }
}

/// 持券人, masked
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Holder {
    /// `王**`
    pub masked_name: String,
    pub code: String,
    pub number: i64,
    /// Codes of the groups that staff may see at a gate.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<TargetGroup>,
}

/// What of an answer is kept beside the scan: nothing personal.
#[derive(Serialize, Deserialize)]
struct Kept {
    again: bool,
    first_seen: Option<FirstSeen>,
    /// The code that was typed or given out: it names nobody who is not in the list.
    #[serde(default)]
    code: Option<String>,
    /// The code that was given out is somebody else's.
    #[serde(default)]
    anothers: bool,
}

impl Kept {
    fn of(row: &check_in::Model) -> Option<Self> {
        serde_json::from_value(row.answer.clone()).ok()
    }
}

impl Answer {
    /// `anothers`: the code that was given out with the scan is somebody else's.
    pub fn to_keep(&self, scan: &Scan, anothers: bool) -> AppResult<serde_json::Value> {
        let code = match (&scan.given, &scan.token) {
            (Some(code), _) | (None, Token::Code(code)) => Some(code.grouped()),
            _ => None,
        };
        let kept = Kept {
            again: self.verdict == Verdict::Admitted { again: true },
            first_seen: self.first_seen.clone(),
            code,
            anothers,
        };
        Ok(serde_json::to_value(kept)?)
    }

    /// The code that was typed or given out, if one was.
    pub fn typed(row: &check_in::Model) -> Option<String> {
        Kept::of(row).and_then(|kept| kept.code)
    }

    /// Whether somebody went in with a code in his hand that is another's.
    pub fn is_anothers(row: &check_in::Model) -> bool {
        row.offline && Kept::of(row).is_some_and(|kept| kept.anothers)
    }

    /// The answer as it was given the first time.
    pub fn kept(row: &check_in::Model) -> Self {
        let kept = Kept::of(row);
        let again = kept.as_ref().is_some_and(|kept| kept.again);
        let reason = row.reason.as_deref().and_then(Reason::from_code);
        let verdict = match row.result.as_str() {
            "admitted" => Verdict::Admitted { again },
            "already_in" => Verdict::AlreadyIn,
            "left" => Verdict::Left,
            _ => Verdict::Refused(reason.unwrap_or(Reason::Unknown)),
        };
        Self {
            verdict,
            direction: Direction::from_code(&row.direction).unwrap_or_default(),
            first_seen: kept.and_then(|kept| kept.first_seen),
            registration: row.registration_id,
            recorded_at: row.recorded_at,
            person: None,
        }
    }

    /// With the masked name and the groups that a gate may see.
    pub async fn named(mut self, app: &App, office: OfficeId) -> AppResult<Self> {
        if let Some(id) = self.registration
            && let Some(row) = store::by_id(app.db.read(), id).await?
        {
            self.person = Some(holder(app, office, row).await?);
        }
        Ok(self)
    }
}

/// The masked holder of a registration.
pub async fn holder(app: &App, office: OfficeId, row: registration::Model) -> AppResult<Holder> {
    let card = person::card(app.db.read(), &app.keys, office, row.person_id).await?;
    let mut groups = ticket::groups(&row.groups);
    groups.retain(|group| !group.is_sensitive());
    Ok(Holder {
        masked_name: card.name,
        code: row.code,
        number: row.number,
        groups,
    })
}
