//! Registrations and matches as figures need them.
//!
//! They come as one packed text each, a line per row: the driver hands rows over one by one across
//! a thread, which for 40,000 rows costs several times what the database needs to find them.
use super::Areas;
use crate::{
    domain::{
        funnel::Rung,
        id::{
            AreaId, CaseId, EmployerId, FairId, OfficeId, ParticipationId, PersonId, PosterId,
            PostingId, RegistrationId, StreamId,
        },
    },
    error::AppResult,
    tally::{
        facts::{MatchRead, Source, VisitorRead},
        measure::{Marks, Measure},
    },
};
use anyhow::Context;
use chrono::NaiveDate;
use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, Statement, Value};
use std::collections::{HashMap, HashSet};

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

pub(super) async fn visitors(
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

/// `2026-09-18T19:05` in minutes since 1970. Taken apart by its places: reading it by a pattern
/// took longer than finding the row.
fn minute(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let year = text.get(0..4)?.parse().ok()?;
    let day = NaiveDate::from_ymd_opt(year, part(5, 7)?, part(8, 10)?)?;
    let at = day.and_hms_opt(part(11, 13)?, part(14, 16)?, 0)?;
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

pub(super) async fn matches(
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
