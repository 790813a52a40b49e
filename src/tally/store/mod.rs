//! The queries behind the figures. Everything a tally needs is read in one snapshot, so that its
//! tables cannot disagree.
mod facts;
mod lists;
mod screen;

pub use lists::{Progress, Registered, entries, registrations, stages};
pub use screen::{pulse, stage};

use super::{
    facts::{Facts, Key, Source},
    picture::{EmployerAt, Fair, GateCount, Names, Picture, PostingAt, Reading, StreamAt, Supply},
};
use crate::{
    domain::{
        booking::BookingStatus,
        id::{
            AreaId, BoothId, EmployerId, FairId, OfficeId, ParticipationId, PosterId, PostingId,
            UnitId,
        },
    },
    entity::{
        area, booth, employer, fair, fair_host, participation, poster, posting, stream,
        stream_posting, stream_view, unit,
    },
    error::AppResult,
};
use chrono::{DateTime, Utc};
use facts::{matches, visitors};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use std::collections::{HashMap, HashSet};

/// The fair of that address in the office, whatever its state.
pub async fn fair(
    db: &impl ConnectionTrait,
    office: OfficeId,
    slug: &str,
) -> AppResult<Option<fair::Model>> {
    let found = fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Slug.eq(slug));
    Ok(found.one(db).await?)
}

/// Whether a unit stands behind a fair in any part.
pub async fn hosts(db: &impl ConnectionTrait, fair: FairId, unit: UnitId) -> AppResult<bool> {
    let row = fair_host::Entity::find()
        .filter(fair_host::Column::FairId.eq(fair))
        .filter(fair_host::Column::UnitId.eq(unit));
    Ok(row.one(db).await?.is_some())
}

/// Everything about a fair; `db` is a snapshot.
pub async fn picture(
    db: &impl ConnectionTrait,
    fair: fair::Model,
    as_of: DateTime<Utc>,
) -> AppResult<Picture> {
    let areas = Areas::read(db, fair.office_id).await?;
    let streams = streams(db, fair.id).await?;
    let supply = supply(db, fair.id).await?;
    let mut names = names(db, fair.id).await?;
    names.streams = streams.iter().map(|s| (s.id, s.title.clone())).collect();
    let visitors = visitors(db, fair.id, &areas).await?;
    let matches = matches(db, fair.office_id, fair.id).await?;
    names.areas = areas.names;
    let facts = Facts::new(visitors, matches, known(&supply, &streams, &names));
    let gates = gates(db, fair.id).await?;
    let fair = described(db, fair).await?;
    Ok(Picture {
        fair,
        as_of,
        facts,
        names,
        supply,
        gates,
        streams,
    })
}

/// Rows that stand in their table also while nothing was counted in them.
fn known(supply: &Supply, streams: &[StreamAt], names: &Names) -> Vec<Key> {
    let mut posters: Vec<_> = names.posters.keys().copied().collect();
    posters.sort_unstable();
    let employers = supply.employers.iter().map(|e| Key::Employer(e.id));
    let postings = supply.postings.iter().map(|p| Key::Posting(p.id));
    let streams = streams.iter().map(|s| Key::Stream(s.id));
    let posters = posters
        .into_iter()
        .map(|id| Key::Source(Source::Poster(id)));
    employers
        .chain(postings)
        .chain(streams)
        .chain(posters)
        .collect()
}

async fn described(db: &impl ConnectionTrait, fair: fair::Model) -> AppResult<Fair> {
    let hosts = fair_host::Entity::find()
        .filter(fair_host::Column::FairId.eq(fair.id))
        .order_by_asc(fair_host::Column::Id)
        .all(db)
        .await?;
    let units = unit::Entity::find()
        .filter(unit::Column::Id.is_in(hosts.iter().map(|h| h.unit_id)))
        .all(db)
        .await?;
    let units: HashMap<_, _> = units.into_iter().map(|u| (u.id, u.name)).collect();
    let hosts = hosts
        .into_iter()
        .filter_map(|host| Some((host.part, units.get(&host.unit_id)?.clone())));
    Ok(Fair {
        hosts: hosts.collect(),
        id: fair.id,
        slug: fair.slug,
        title: fair.title,
        kind: fair.kind,
        venue: fair.venue,
        address: fair.address,
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        filing_no: fair.filing_no,
        permit_no: fair.permit_no,
    })
}

/// The organisation tree, folded to communities.
struct Areas {
    names: HashMap<AreaId, String>,
    community: HashMap<AreaId, AreaId>,
}

impl Areas {
    async fn read(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Self> {
        use area::Column;
        let rows: Vec<(AreaId, Option<AreaId>, String, String)> = area::Entity::find()
            .filter(Column::OfficeId.eq(office))
            .select_only()
            .columns([Column::Id, Column::ParentId, Column::Level, Column::Name])
            .into_tuple()
            .all(db)
            .await?;
        let tree: HashMap<_, _> = rows
            .iter()
            .map(|(id, parent, level, _)| (*id, (*parent, level.as_str())))
            .collect();
        let community = tree
            .keys()
            .map(|id| (*id, community_of(*id, &tree)))
            .collect();
        let names = rows.iter().map(|(id, _, _, name)| (*id, name.clone()));
        Ok(Self {
            names: names.collect(),
            community,
        })
    }
}

/// Up the tree to the community; an area above all communities stands for itself.
fn community_of(start: AreaId, tree: &HashMap<AreaId, (Option<AreaId>, &str)>) -> AreaId {
    let mut at = start;
    // The tree is four levels deep; the bound keeps a broken one from turning in circles.
    for _ in 0..8 {
        match tree.get(&at) {
            Some((_, "community")) => return at,
            Some((Some(parent), _)) => at = *parent,
            _ => break,
        }
    }
    start
}

async fn gates(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<GateCount>> {
    let sql = "SELECT gate, COUNT(*) AS entries FROM check_ins \
               WHERE fair_id = $1 AND direction = 'in' AND result = 'admitted' \
               GROUP BY gate ORDER BY gate";
    let query = Statement::from_sql_and_values(db.get_database_backend(), sql, [fair.into()]);
    let mut found = Vec::new();
    for row in db.query_all_raw(query).await? {
        let entries: i64 = row.try_get_by_index(1)?;
        found.push(GateCount {
            gate: row.try_get_by_index(0)?,
            entries: u64::try_from(entries).unwrap_or_default(),
        });
    }
    Ok(found)
}

async fn supply(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Supply> {
    let labels = booths(db, fair).await?;
    let taking_part = participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .filter(participation::Column::Active.eq(true))
        .filter(participation::Column::Status.eq(BookingStatus::Booked))
        .order_by_asc(participation::Column::EmployerId)
        .all(db)
        .await?;
    let called = employer_names(db, taking_part.iter().map(|p| p.employer_id)).await?;
    let employers = taking_part.into_iter().map(|p| EmployerAt {
        id: p.employer_id,
        name: called.get(&p.employer_id).cloned().unwrap_or_default(),
        booth: p.booth_id.and_then(|id| labels.get(&id).cloned()),
    });
    Ok(Supply {
        employers: employers.collect(),
        postings: postings(db, fair).await?,
    })
}

/// Labels of the fair's booths.
async fn booths(db: &impl ConnectionTrait, fair: FairId) -> AppResult<HashMap<BoothId, String>> {
    let rows: Vec<(BoothId, String)> = booth::Entity::find()
        .filter(booth::Column::FairId.eq(fair))
        .select_only()
        .columns([booth::Column::Id, booth::Column::Label])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn employer_names(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = EmployerId>,
) -> AppResult<HashMap<EmployerId, String>> {
    let rows: Vec<(EmployerId, String)> = employer::Entity::find()
        .filter(employer::Column::Id.is_in(ids))
        .select_only()
        .columns([employer::Column::Id, employer::Column::Name])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Postings that people could see: published, or closed afterwards.
async fn postings(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<PostingAt>> {
    use posting::Column;
    type Row = (PostingId, EmployerId, String, i32, i64, i64, String);
    let rows: Vec<Row> = posting::Entity::find()
        .filter(Column::FairId.eq(fair))
        .filter(Column::Status.is_in(["published", "closed"]))
        .filter(Column::PublishedAt.is_not_null())
        .order_by_asc(Column::Id)
        .select_only()
        .columns([
            Column::Id,
            Column::EmployerId,
            Column::Title,
            Column::Headcount,
            Column::PayMin,
            Column::PayMax,
            Column::PayUnit,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let shown = rows
        .into_iter()
        .map(|(id, employer, title, heads, low, high, unit)| PostingAt {
            id,
            employer,
            title,
            headcount: heads.into(),
            pay_min: low,
            pay_max: high,
            pay_unit: unit,
        });
    Ok(shown.collect())
}

/// Names of everything the fair's rows may speak of, also of what has left it since.
async fn names(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Names> {
    let taking_part: Vec<(ParticipationId, EmployerId)> = participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .select_only()
        .columns([participation::Column::Id, participation::Column::EmployerId])
        .into_tuple()
        .all(db)
        .await?;
    let titles: Vec<(PostingId, EmployerId, String)> = posting::Entity::find()
        .filter(posting::Column::FairId.eq(fair))
        .select_only()
        .columns([
            posting::Column::Id,
            posting::Column::EmployerId,
            posting::Column::Title,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let posters: Vec<(PosterId, String)> = poster::Entity::find()
        .filter(poster::Column::FairId.eq(fair))
        .select_only()
        .columns([poster::Column::Id, poster::Column::Place])
        .into_tuple()
        .all(db)
        .await?;
    let met = taking_part.iter().map(|(_, employer)| *employer);
    let met: HashSet<_> = met.chain(titles.iter().map(|(_, e, _)| *e)).collect();
    Ok(Names {
        areas: HashMap::new(),
        employers: employer_names(db, met).await?,
        postings: titles.into_iter().map(|(id, _, t)| (id, t)).collect(),
        posters: posters.into_iter().collect(),
        participations: taking_part.into_iter().collect(),
        streams: HashMap::new(),
    })
}

async fn streams(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<StreamAt>> {
    let sessions = stream::Entity::find()
        .filter(stream::Column::FairId.eq(fair))
        .order_by_asc(stream::Column::StartsAt)
        .order_by_asc(stream::Column::Id)
        .all(db)
        .await?;
    let ids: Vec<_> = sessions.iter().map(|s| s.id).collect();
    let readings = stream_view::Entity::find()
        .filter(stream_view::Column::StreamId.is_in(ids.clone()))
        .order_by_asc(stream_view::Column::At)
        .order_by_asc(stream_view::Column::Id)
        .all(db)
        .await?;
    let presented = stream_posting::Entity::find()
        .filter(stream_posting::Column::StreamId.is_in(ids))
        .order_by_asc(stream_posting::Column::Minute)
        .all(db)
        .await?;
    let whole = sessions.into_iter().map(|s| StreamAt {
        readings: readings
            .iter()
            .filter(|r| r.stream_id == s.id)
            .map(reading)
            .collect(),
        postings: presented
            .iter()
            .filter(|p| p.stream_id == s.id)
            .map(|p| (p.posting_id, p.minute))
            .collect(),
        id: s.id,
        title: s.title,
        host: s.host,
        starts_at: s.starts_at,
        ends_at: s.ends_at,
    });
    Ok(whole.collect())
}

fn reading(row: &stream_view::Model) -> Reading {
    Reading {
        id: row.id,
        platform: row.platform.clone(),
        at: row.at,
        views: row.views,
        evidence_url: row.evidence_url.clone(),
    }
}
