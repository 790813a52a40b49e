//! The queries behind the figures. Everything a tally needs is read in one snapshot, so that its
//! tables cannot disagree.
//!
//! Registrations and matches come as one packed text each, a line per row: the driver hands rows
//! over one by one across a thread, which for 40,000 rows costs several times what the database
//! needs to find them.
use super::{
    facts::{Facts, Key, MatchRead, Source, VisitorRead},
    measure::{Marks, Measure},
    picture::{EmployerAt, Fair, GateCount, Names, Picture, PostingAt, Reading, StreamAt, Supply},
    rows::Part,
};
use crate::{
    domain::booking::BookingStatus,
    domain::funnel::Rung,
    domain::id::{
        AreaId, BoothId, CaseId, CheckInId, EmployerId, FairId, OfficeId, ParticipationId,
        PersonId, PosterId, PostingId, RegistrationId, StreamId, UnitId,
    },
    entity::{
        area, booth, case, check_in, employer, fair, fair_host, job_match, participation, poster,
        posting, registration, stream, stream_posting, stream_view, unit,
    },
    error::AppResult,
    platform::secret::Keys,
};
use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement, Value,
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
        capacity: fair.capacity,
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

/// The lines of a packed answer; none when there are no rows.
async fn packed(
    db: &impl ConnectionTrait,
    sql: String,
    values: impl IntoIterator<Item = Value>,
) -> AppResult<String> {
    let query = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(query).await?;
    let text = row.map(|row| row.try_get_by_index::<Option<String>>(0));
    Ok(text.transpose()?.flatten().unwrap_or_default())
}

async fn visitors(
    db: &impl ConnectionTrait,
    fair: FairId,
    areas: &Areas,
) -> AppResult<Vec<VisitorRead>> {
    let came = match db.get_database_backend() {
        DbBackend::Postgres => "to_char(first_in_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI')",
        _ => "substr(first_in_at, 1, 16)",
    };
    let sql = format!(
        "SELECT string_agg(concat_ws('|', id, person_id, COALESCE(area_id, 0), channel, \
         COALESCE(poster_id, 0), COALESCE(stream_id, 0), COALESCE(participation_id, 0), \
         CASE WHEN status = 'withdrawn' THEN 1 ELSE 0 END, CASE WHEN inside THEN 1 ELSE 0 END, \
         COALESCE({came}, ''), groups, COALESCE(first_gate, '')), '\n') \
         FROM registrations WHERE fair_id = $1"
    );
    let text = packed(db, sql, [fair.into()]).await?;
    text.lines()
        .map(|line| Ok(visitor(line, areas).context("a registration out of form")?))
        .collect()
}

fn visitor(line: &str, areas: &Areas) -> Option<VisitorRead> {
    let mut fields = line.splitn(12, '|');
    let mut next = || fields.next();
    let id = RegistrationId(next()?.parse().ok()?);
    let person = PersonId(next()?.parse().ok()?);
    let area = some(next()?)?.map(AreaId);
    let channel = next()?;
    let poster = some(next()?)?.map(PosterId);
    let stream = some(next()?)?.map(StreamId);
    let participation = some(next()?)?.map(ParticipationId);
    let withdrawn = next()? == "1";
    let inside = next()? == "1";
    let came = minute(next()?);
    let groups = codes(next()?);
    let gate = Some(next()?.to_owned()).filter(|gate| !gate.is_empty());
    let source = match (channel, poster, participation, stream) {
        ("poster", Some(id), ..) => Source::Poster(id),
        ("booth", _, Some(id), _) => Source::Booth(id),
        ("stream", .., Some(id)) => Source::Stream(id),
        _ => Source::Channel(channel.to_owned()),
    };
    Some(VisitorRead {
        id,
        person,
        community: area.map(|id| areas.community.get(&id).copied().unwrap_or(id)),
        source,
        stream,
        groups,
        withdrawn,
        came,
        gate,
        inside,
    })
}

/// An id, where 0 stands for none; `None` outside when it is no number at all.
#[expect(
    clippy::option_option,
    reason = "a fault of form and an absent id differ"
)]
fn some(field: &str) -> Option<Option<i64>> {
    let id = field.parse().ok()?;
    Some((id != 0).then_some(id))
}

fn minute(text: &str) -> Option<i64> {
    let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()?;
    Some(at.and_utc().timestamp() / 60)
}

/// The texts of a JSON array of codes, which hold neither quotes nor escapes.
fn codes(array: &str) -> Vec<String> {
    array
        .split('"')
        .skip(1)
        .step_by(2)
        .map(ToOwned::to_owned)
        .collect()
}

async fn matches(
    db: &impl ConnectionTrait,
    office: OfficeId,
    fair: FairId,
) -> AppResult<Vec<MatchRead>> {
    let sql = "SELECT string_agg(concat_ws('|', case_id, person_id, posting_id, employer_id, \
               COALESCE(stream_id, 0), rung), '\n') FROM job_matches WHERE fair_id = $1";
    let text = packed(db, sql.to_owned(), [fair.into()]).await?;
    let void = struck_out(db, office).await?;
    let placed = placements(db, fair).await?;
    let mut found = Vec::new();
    for line in text.lines() {
        let read = a_match(line, &placed).context("a match out of form")?;
        if !void.contains(&read.case) {
            found.push(read);
        }
    }
    Ok(found)
}

fn a_match(line: &str, placed: &HashMap<CaseId, Marks>) -> Option<MatchRead> {
    let mut fields = line.splitn(6, '|');
    let mut next = || fields.next();
    let case = CaseId(next()?.parse().ok()?);
    let person = PersonId(next()?.parse().ok()?);
    let posting = PostingId(next()?.parse().ok()?);
    let employer = EmployerId(next()?.parse().ok()?);
    let stream = some(next()?)?.map(StreamId);
    let rung = Rung::try_from_value(&next()?.to_owned()).ok()?;
    let verified = placed.get(&case);
    let top = match verified {
        Some(_) => Measure::Verified,
        // A placement counts with the outcome of its case only.
        None => Measure::of_rung(rung.min(Rung::Started)),
    };
    let mut marks =
        Marks::default().with(Measure::LADDER.into_iter().take_while(|rung| *rung <= top));
    if let Some(results) = verified {
        marks.join(*results);
    }
    Some(MatchRead {
        case,
        person,
        posting,
        employer,
        stream,
        marks,
    })
}

/// Matches entered by mistake: voided, or merged into another.
async fn struck_out(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<HashSet<CaseId>> {
    let sql = "SELECT string_agg(CAST(id AS TEXT), '\n') FROM cases \
               WHERE office_id = $1 AND kind = 'job_match' AND stage IN ('voided', 'merged')";
    let text = packed(db, sql.to_owned(), [office.into()]).await?;
    let ids = text.lines().map(str::parse);
    Ok(ids
        .collect::<Result<_, _>>()
        .context("a case id out of form")?)
}

/// The verified placements of a fair, each with what its follow-ups found.
async fn placements(db: &impl ConnectionTrait, fair: FairId) -> AppResult<HashMap<CaseId, Marks>> {
    let sql = "SELECT string_agg(concat_ws('|', c.id, \
               COALESCE(a.result, ''), COALESCE(b.result, '')), '\n') \
               FROM job_matches m JOIN cases c ON c.id = m.case_id \
               LEFT JOIN follow_ups a ON a.case_id = c.id AND a.what = 'retention_30' \
               LEFT JOIN follow_ups b ON b.case_id = c.id AND b.what = 'retention_90' \
               WHERE m.fair_id = $1 AND m.rung = 'verified' AND c.outcome = 'placed_verified'";
    let text = packed(db, sql.to_owned(), [fair.into()]).await?;
    let mut found = HashMap::new();
    for line in text.lines() {
        let fields: Vec<_> = line.splitn(3, '|').collect();
        let [id, first, second] = fields[..] else {
            continue;
        };
        let id = id.parse().context("a case id out of form")?;
        let mut marks = Marks::default();
        for ((_, kinds), result) in Measure::RETENTION.into_iter().zip([first, second]) {
            let [retained, left, unreachable, pending] = kinds;
            marks.add(match result {
                "retained" => retained,
                "left" => left,
                "unreachable" => unreachable,
                _ => pending,
            });
        }
        found.insert(id, marks);
    }
    Ok(found)
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
        participation: p.id,
        name: called.get(&p.employer_id).cloned().unwrap_or_default(),
        booth: p.booth_id.and_then(|id| labels.get(&id).cloned()),
    });
    Ok(Supply {
        employers: employers.collect(),
        postings: postings(db, fair).await?,
    })
}

/// Labels of the fair's booths.
pub async fn booths(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<HashMap<BoothId, String>> {
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

/// A registration as a list shows it.
pub struct Registered {
    pub id: RegistrationId,
    pub code: String,
    /// Masked; nothing when the person was erased.
    pub name: Option<String>,
    pub registered_at: DateTime<Utc>,
    pub first_in_at: Option<DateTime<Utc>>,
    pub first_gate: Option<String>,
}

pub async fn registrations(
    db: &impl ConnectionTrait,
    office: OfficeId,
    keys: &Keys,
    ids: &[RegistrationId],
) -> AppResult<Vec<Registered>> {
    let rows = registration::Entity::find()
        .filter(registration::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let people: Vec<_> = rows.iter().map(|r| r.person_id).collect();
    let cards = cards(db, keys, office, &people).await?;
    let shown = rows.into_iter().map(|row| Registered {
        id: row.id,
        name: cards.get(&row.person_id).cloned(),
        code: row.code,
        registered_at: row.registered_at,
        first_in_at: row.first_in_at,
        first_gate: row.first_gate,
    });
    Ok(shown.collect())
}

async fn cards(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    people: &[PersonId],
) -> AppResult<HashMap<PersonId, String>> {
    let rows = crate::entity::person::Entity::find()
        .filter(crate::entity::person::Column::OfficeId.eq(office))
        .filter(crate::entity::person::Column::Id.is_in(people.iter().copied()))
        .all(db)
        .await?;
    let mut names = HashMap::new();
    for row in rows {
        if let Some(sealed) = &row.name_sealed {
            let name = keys.open(&format!("person:{}:name", row.uid), sealed)?;
            if let Ok(name) = crate::domain::contact::PersonName::parse(&name) {
                names.insert(row.id, name.masked());
            }
        }
    }
    Ok(names)
}

/// A match as a list shows it.
pub struct Stage {
    pub number: String,
    pub created_at: DateTime<Utc>,
    pub placed_on: Option<NaiveDate>,
}

pub async fn stages(
    db: &impl ConnectionTrait,
    ids: &[CaseId],
) -> AppResult<HashMap<CaseId, Stage>> {
    let numbers: Vec<(CaseId, String)> = case::Entity::find()
        .filter(case::Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .columns([case::Column::Id, case::Column::Number])
        .into_tuple()
        .all(db)
        .await?;
    let numbers: HashMap<_, _> = numbers.into_iter().collect();
    let matches: Vec<(CaseId, DateTime<Utc>, Option<NaiveDate>)> = job_match::Entity::find()
        .filter(job_match::Column::CaseId.is_in(ids.iter().copied()))
        .select_only()
        .columns([
            job_match::Column::CaseId,
            job_match::Column::CreatedAt,
            job_match::Column::PlacedOn,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let stages = matches.into_iter().map(|(id, created_at, placed_on)| {
        let stage = Stage {
            number: numbers.get(&id).cloned().unwrap_or_default(),
            created_at,
            placed_on,
        };
        (id, stage)
    });
    Ok(stages.collect())
}

/// An admission at a gate.
pub struct Entry {
    pub id: CheckInId,
    pub registration: Option<RegistrationId>,
    pub gate: String,
    pub at: DateTime<Utc>,
}

/// Admissions after the cursor, one more than fit the page.
pub async fn entries(
    db: &impl ConnectionTrait,
    fair: FairId,
    gate: Option<&str>,
    part: Part,
) -> AppResult<Vec<Entry>> {
    use check_in::Column;
    let mut query = check_in::Entity::find()
        .filter(Column::FairId.eq(fair))
        .filter(Column::Direction.eq("in"))
        .filter(Column::Result.eq("admitted"))
        .filter(Column::Id.gt(part.after.unwrap_or(i64::MIN)));
    if let Some(gate) = gate {
        query = query.filter(Column::Gate.eq(gate));
    }
    let rows: Vec<(CheckInId, Option<RegistrationId>, String, DateTime<Utc>)> = query
        .order_by_asc(Column::Id)
        .limit(part.limit + 1)
        .select_only()
        .columns([
            Column::Id,
            Column::RegistrationId,
            Column::Gate,
            Column::ScannedAt,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let entries = rows.into_iter().map(|(id, registration, gate, at)| Entry {
        id,
        registration,
        gate,
        at,
    });
    Ok(entries.collect())
}
