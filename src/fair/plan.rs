//! The booths of a fair with who stands there, and the same drawn on a grid.
use super::{
    booth_store,
    pages::{Drawing, Drawn},
};
use crate::{
    domain::{
        booking::{BookingStatus, is_over},
        booth::{self, Booth},
        employer::EmployerStatus,
        floor::{Shape, lay_out},
        id::{BoothId, EmployerId, OfficeId},
    },
    employer,
    entity::{fair, participation},
    error::AppResult,
    platform::App,
};
use std::collections::HashMap;

/// 摊位状态, as the public sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StallState {
    /// 空闲
    Free,
    /// 占位中
    Held,
    /// 已预订
    Taken,
}

impl StallState {
    pub fn code(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Held => "held",
            Self::Taken => "taken",
        }
    }
}

/// A booth and who has it.
#[derive(Clone, Debug)]
pub struct Stall {
    pub booth: Booth,
    pub state: StallState,
    pub stand: Option<participation::Model>,
    pub employer: Option<Standing>,
}

/// Who has a booth.
#[derive(Clone, Debug)]
pub struct Standing {
    pub id: EmployerId,
    pub name: String,
    /// Its papers were approved: only then is it named in public.
    pub approved: bool,
}

impl Stall {
    /// The employer as the public may know it.
    pub fn public_employer(&self) -> Option<&Standing> {
        self.employer
            .as_ref()
            .filter(|who| who.approved && self.state == StallState::Taken)
    }
}

/// Everybody at a fair: its booths in the order of the plan, and the waiting line.
pub struct Everybody {
    pub stalls: Vec<Stall>,
    /// Who waits, first in line first.
    pub line: Vec<(participation::Model, Standing)>,
}

/// Reads a fair's booths and bookings.
pub async fn everybody(app: &App, fair: &fair::Model) -> AppResult<Everybody> {
    let db = app.db.read();
    let rows = super::store::booths(db, fair.id).await?;
    let active = booth_store::active(db, fair.id).await?;
    let names = names(app, fair.office_id, &active).await?;
    let mut waiting = Vec::new();
    let mut at: HashMap<BoothId, participation::Model> = HashMap::new();
    for stand in active {
        match stand.booth_id {
            Some(booth) => drop(at.insert(booth, stand)),
            None => waiting.push(stand),
        }
    }
    waiting.sort_by_key(|stand| (stand.waiting_since, stand.id));
    let someone_waits = !waiting.is_empty();
    let now = app.db.now();
    let plan = booth::plan(&fair.plan).unwrap_or_default();
    let stalls = plan.into_iter().map(|booth| {
        let stand = rows.get(&booth.label).and_then(|row| at.remove(&row.id));
        let over = |stand: &participation::Model| {
            stand.held_until.is_some_and(|until| is_over(until, now))
        };
        let state = match &stand {
            None if someone_waits => StallState::Held,
            None => StallState::Free,
            Some(stand) if stand.status == BookingStatus::Booked => StallState::Taken,
            Some(stand) if over(stand) && !someone_waits => StallState::Free,
            Some(_) => StallState::Held,
        };
        let employer = stand
            .as_ref()
            .and_then(|stand| names.get(&stand.employer_id).cloned());
        Stall {
            booth,
            state,
            stand,
            employer,
        }
    });
    let stalls = stalls.collect();
    let line = waiting
        .into_iter()
        .filter_map(|stand| {
            names
                .get(&stand.employer_id)
                .cloned()
                .map(|who| (stand, who))
        })
        .collect();
    Ok(Everybody { stalls, line })
}

async fn names(
    app: &App,
    office: OfficeId,
    active: &[participation::Model],
) -> AppResult<HashMap<EmployerId, Standing>> {
    let ids = active.iter().map(|stand| stand.employer_id).collect();
    let rows = employer::store::by_ids(app.db.read(), office, ids).await?;
    Ok(rows
        .into_iter()
        .map(|(id, row)| {
            let approved = row.status == EmployerStatus::Approved;
            let name = row.name;
            (id, Standing { id, name, approved })
        })
        .collect())
}

/// What a drawn booth says and where it leads.
pub struct Label {
    /// Written in the booth.
    pub name: Option<String>,
    /// What a screen reader and a pointer hear.
    pub title: String,
    pub detail: Option<String>,
    pub href: Option<String>,
    pub mine: bool,
    /// 0 to 4, while lines are being called.
    pub heat: Option<u8>,
    pub state: &'static str,
}

/// Draws the booths, upright for a phone or lying for a wide page.
pub fn draw(stalls: &[Stall], shape: Shape, label: impl Fn(&Stall) -> Label) -> Drawing {
    let booths: Vec<(&str, u16)> = stalls
        .iter()
        .map(|stall| (stall.booth.row.as_str(), stall.booth.number))
        .collect();
    let floor = lay_out(&booths, shape);
    let drawn = floor.places.iter().zip(stalls).map(|(place, stall)| {
        let said = label(stall);
        Drawn {
            label: stall.booth.label.clone(),
            name: said.name,
            title: said.title,
            detail: said.detail,
            href: said.href,
            mine: said.mine,
            heat: said.heat,
            state: said.state,
            place: *place,
        }
    });
    Drawing {
        booths: drawn.collect(),
        width: floor.width,
        height: floor.height,
        rows: floor.rows,
    }
}
