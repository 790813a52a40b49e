//! What only the big screen asks for.
use crate::{
    domain::id::{CaseId, EmployerId, FairId},
    entity::{booth, case_event, fair_programme, job_match},
    error::AppResult,
    tally::{
        measure::Measure,
        picture::{Event, Stage},
    },
};
use chrono::DateTime;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use std::collections::HashMap;

/// What only the big screen needs of a fair.
pub async fn stage(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Stage> {
    use booth::Column;
    let booths: Vec<(String, String, i32)> = booth::Entity::find()
        .filter(Column::FairId.eq(fair))
        .order_by_asc(Column::Id)
        .select_only()
        .columns([Column::Label, Column::Line, Column::Position])
        .into_tuple()
        .all(db)
        .await?;
    let programme = fair_programme::Entity::find()
        .filter(fair_programme::Column::FairId.eq(fair))
        .order_by_asc(fair_programme::Column::StartsAt)
        .all(db)
        .await?;
    let booths = booths.into_iter().map(|(label, row, number)| {
        let number = u16::try_from(number).unwrap_or_default();
        (label, row, number)
    });
    let programme = programme
        .into_iter()
        .map(|item| (item.starts_at, item.ends_at, item.title, item.place));
    Ok(Stage {
        booths: booths.collect(),
        events: events(db, fair).await?,
        programme: programme.collect(),
    })
}

/// Matches whose events the feed looks at, and events it takes from them.
const RECENT_MATCHES: u64 = 200;
const RECENT_EVENTS: u64 = 40;

/// What happened last in the matches of a fair.
async fn events(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<Event>> {
    let recent: Vec<(CaseId, EmployerId)> = job_match::Entity::find()
        .filter(job_match::Column::FairId.eq(fair))
        .order_by_desc(job_match::Column::CaseId)
        .limit(RECENT_MATCHES)
        .select_only()
        .columns([job_match::Column::CaseId, job_match::Column::EmployerId])
        .into_tuple()
        .all(db)
        .await?;
    let employers: HashMap<_, _> = recent.into_iter().collect();
    let rows: Vec<(CaseId, String, i64)> = case_event::Entity::find()
        .filter(case_event::Column::CaseId.is_in(employers.keys().copied()))
        .filter(case_event::Column::Action.is_in([
            "interest",
            "interviewed",
            "offer",
            "offer_accept",
        ]))
        .order_by_desc(case_event::Column::AtMs)
        .order_by_desc(case_event::Column::Id)
        .limit(RECENT_EVENTS)
        .select_only()
        .columns([
            case_event::Column::CaseId,
            case_event::Column::Action,
            case_event::Column::AtMs,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let events = rows.into_iter().filter_map(|(case, action, at)| {
        Some(Event {
            at: DateTime::from_timestamp_millis(at)?,
            employer: *employers.get(&case)?,
            measure: match action.as_str() {
                "interest" => Measure::Interest,
                "interviewed" => Measure::Interview,
                "offer" => Measure::Offer,
                _ => Measure::Agreement,
            },
        })
    });
    Ok(events.collect())
}

/// Changes with anything that a big screen shows: asked often, so that a change made by another
/// instance of the program is seen as well.
pub async fn pulse(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<Option<i64>>> {
    let sql = "SELECT f.version, f.registered, f.inside, (SELECT MAX(id) FROM check_ins), \
               (SELECT MAX(id) FROM case_events), (SELECT MAX(id) FROM stream_views), \
               (SELECT COUNT(*) FROM participations p WHERE p.fair_id = f.id AND p.status = 'booked'), \
               (SELECT COUNT(*) FROM postings p WHERE p.fair_id = f.id AND p.status = 'published') \
               FROM fairs f WHERE f.id = $1";
    let query = Statement::from_sql_and_values(db.get_database_backend(), sql, [fair.into()]);
    let Some(row) = db.query_one_raw(query).await? else {
        return Ok(Vec::new());
    };
    let columns = 0..8_usize;
    let read = columns.map(|at| row.try_get_by_index::<Option<i64>>(at));
    Ok(read.collect::<Result<_, _>>()?)
}
