//! The rows beside a case: who handles it, who is part of it, callbacks, links, what is public.
//! Each follows from the events, is written where the event is, and is never written elsewhere;
//! only those who follow, or are named in a report ([`add_party`]), have no event.
//!
//! Merged cases: `case_links` keeps for every merged case the one that lives on, in one hop however
//! often that one was merged since; whom a case names as its target stands in its state. The
//! people of a merged case follow the one that lives on, each with the case they came from, so
//! that undoing a merge takes exactly them away again.
use super::{find, state as state_of};
use crate::{
    case::news,
    domain::{
        area::Level,
        case::{CaseState, Command, Event, Part, Relation, Satisfied, Solved, Texts},
        id::{AreaId, CaseId, CaseTextId, OfficeId, PersonId, UnitId},
        number::CaseNumber,
    },
    entity::{area, callback, case, case_link, case_party, case_publication, case_unit},
    error::AppResult,
    platform::{db::WriteTx, secret},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, OnConflict},
};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of the organisation tree.
pub(super) const LEVELS: usize = 4;

/// The relation of a merged case to the one that lives on.
pub const MERGED: &str = "merged_into";

/// An event with what it changed.
pub(super) struct Step<'a> {
    pub case: &'a case::Model,
    /// None for the event that opens a case.
    pub before: Option<&'a CaseState>,
    pub after: &'a CaseState,
    pub event: &'a Event,
    pub texts: &'a Texts,
    pub text: Option<CaseTextId>,
}

/// Writes what follows from one event.
pub(super) async fn keep(tx: &WriteTx, step: &Step<'_>) -> AppResult<()> {
    units(tx, step).await?;
    parties(tx, step).await?;
    called(tx, step).await?;
    publication(tx, step).await?;
    let said = (step.event.seq, &step.event.payload.data);
    news::note(tx, step.case.office_id, step.case.id, said).await?;
    match &step.event.payload.data {
        Command::Link { target, relation } => join(tx, step, target, *relation).await,
        Command::Merge { target, .. } => merged(tx, step, target, true).await,
        Command::RetireInto { target, .. } => merged(tx, step, target, false).await,
        Command::Unmerge { .. } => parted(tx, step).await,
        _ => Ok(()),
    }
}

/// 承办单位: one row for each unit of each dispatch.
async fn units(tx: &WriteTx, step: &Step<'_>) -> AppResult<()> {
    use case_unit::Column;
    let due = step.after.due.unit.as_ref().map(|due| due.at);
    let Some(now) = step.after.dispatches.last() else {
        return Ok(());
    };
    let before = step.before.map_or(&[][..], |case| &case.dispatches);
    let no = i32::try_from(now.no).unwrap_or(i32::MAX);
    let Some(lead) = now.lead else { return Ok(()) };
    if before.len() < step.after.dispatches.len() {
        let row = |unit, role: &str| case_unit::ActiveModel {
            case_id: Set(step.case.id),
            dispatch_no: Set(no),
            unit_id: Set(unit),
            role: Set(role.to_owned()),
            due_at: Set(due),
            ..Default::default()
        };
        let rows = std::iter::once(row(lead, "lead"))
            .chain(now.co_units.iter().map(|unit| row(*unit, "co")));
        case_unit::Entity::insert_many(rows)
            .exec_without_returning(tx.conn())
            .await?;
        return Ok(());
    }
    let of_this = case_unit::Entity::update_many()
        .filter(Column::CaseId.eq(step.case.id))
        .filter(Column::DispatchNo.eq(no));
    if step
        .before
        .is_some_and(|case| case.due.unit != step.after.due.unit)
    {
        let all = of_this.clone().col_expr(Column::DueAt, Expr::value(due));
        all.exec(tx.conn()).await?;
    }
    if before.last() != Some(now) {
        of_this
            .col_expr(Column::SignedAt, Expr::value(now.signed_at))
            .col_expr(Column::SubmittedAt, Expr::value(now.submitted_at))
            .col_expr(Column::ObjectedAt, Expr::value(now.objected_at))
            .filter(Column::Role.eq("lead"))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// 当事人 as a state names them, each with his part.
pub(super) fn people_of(case: &CaseState) -> BTreeSet<(&'static str, PersonId)> {
    let own = match &case.job {
        Some(_) => "seeker",
        None => "reporter",
    };
    let mut people: BTreeSet<_> = case
        .person
        .map(|person| (own, person))
        .into_iter()
        .collect();
    if let Some(mediation) = &case.mediation {
        let others = mediation
            .invited
            .iter()
            .filter(|one| case.person != Some(**one));
        people.extend(others.map(|person| ("respondent", *person)));
    }
    people
}

/// Somebody who comes into a case.
struct Joins<'a> {
    case: CaseId,
    person: PersonId,
    role: &'a str,
    via: Option<CaseId>,
    since: DateTime<Utc>,
}

impl Joins<'_> {
    /// Somebody who is there in that part already, such as the other side that a report of a
    /// quarrel named, is not written twice.
    async fn keep(self, tx: &WriteTx) -> AppResult<()> {
        use case_party::Column;
        let via = match self.via {
            Some(case) => Column::ViaId.eq(case),
            None => Column::ViaId.is_null(),
        };
        let there = case_party::Entity::find()
            .filter(Column::CaseId.eq(self.case))
            .filter(Column::PersonId.eq(self.person))
            .filter(Column::Role.eq(self.role))
            .filter(Column::Until.is_null())
            .filter(via);
        if there.one(tx.conn()).await?.is_some() {
            return Ok(());
        }
        let row = case_party::ActiveModel {
            case_id: Set(self.case),
            person_id: Set(Some(self.person)),
            role: Set(self.role.to_owned()),
            since: Set(self.since),
            via_id: Set(self.via),
            ..Default::default()
        };
        case_party::Entity::insert(row)
            .exec_without_returning(tx.conn())
            .await?;
        Ok(())
    }
}

async fn parties(tx: &WriteTx, step: &Step<'_>) -> AppResult<()> {
    use case_party::Column;
    let before = step.before.map(people_of).unwrap_or_default();
    let after = people_of(step.after);
    for (role, person) in after.difference(&before) {
        let joins = Joins {
            case: step.case.id,
            person: *person,
            role,
            via: None,
            since: step.event.at,
        };
        joins.keep(tx).await?;
    }
    if let (None, Some(job)) = (step.before, &step.after.job) {
        let row = case_party::ActiveModel {
            case_id: Set(step.case.id),
            employer_id: Set(Some(job.employer)),
            role: Set("employer".into()),
            since: Set(step.event.at),
            ..Default::default()
        };
        case_party::Entity::insert(row)
            .exec_without_returning(tx.conn())
            .await?;
    }
    for (role, person) in before.difference(&after) {
        case_party::Entity::update_many()
            .col_expr(Column::Until, Expr::value(step.event.at))
            .filter(Column::CaseId.eq(step.case.id))
            .filter(Column::PersonId.eq(*person))
            .filter(Column::Role.eq(*role))
            .filter(Column::Until.is_null())
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// 回访
async fn called(tx: &WriteTx, step: &Step<'_>) -> AppResult<()> {
    let (reached, solved, satisfied) = match &step.event.payload.data {
        Command::Callback {
            reached,
            solved,
            satisfied,
            ..
        } => (*reached, *solved, *satisfied),
        Command::CallSeeker {
            reached,
            at_work,
            satisfied,
            ..
        } => (*reached, *at_work, *satisfied),
        // Who says what he thinks of the answer was reached by it.
        Command::Opinion { satisfied, .. } if step.event.part == Part::Reporter => {
            (true, None, Some(*satisfied))
        }
        _ => return Ok(()),
    };
    let number = |n| i32::try_from(n).unwrap_or(i32::MAX);
    let row = callback::ActiveModel {
        case_id: Set(step.case.id),
        cycle: Set(i32::try_from(step.after.counts.reopenings).unwrap_or(i32::MAX)),
        attempt_no: Set(number(step.after.callbacks_now().count())),
        at: Set(step.event.at),
        by_account: Set(super::account(step.event.who)),
        reached: Set(reached),
        solved: Set(solved.map(|code| code.code().to_owned())),
        satisfied: Set(satisfied.map(|code| code.code().to_owned())),
        text_id: Set(step.text),
        ..Default::default()
    };
    callback::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// 关联: said once, shown on both.
async fn join(
    tx: &WriteTx,
    step: &Step<'_>,
    target: &CaseNumber,
    relation: Relation,
) -> AppResult<()> {
    use case_link::Column;
    let other = super::by_number(tx.conn(), step.case.office_id, &target.to_string()).await?;
    let there = case_link::Entity::find()
        .filter(Column::FromId.eq(step.case.id))
        .filter(Column::ToId.eq(other.id))
        .filter(Column::Relation.eq(relation.code()))
        .one(tx.conn())
        .await?;
    if there.is_none() {
        link(tx, step.case.id, other.id, relation.code(), step.event.at).await?;
    }
    Ok(())
}

async fn link(
    tx: &WriteTx,
    from: CaseId,
    to: CaseId,
    relation: &str,
    since: DateTime<Utc>,
) -> AppResult<()> {
    let row = case_link::ActiveModel {
        from_id: Set(from),
        to_id: Set(to),
        relation: Set(relation.to_owned()),
        since: Set(since),
        ..Default::default()
    };
    case_link::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The cases that lead to one, in one hop.
pub async fn followers(db: &impl ConnectionTrait, root: CaseId) -> AppResult<Vec<CaseId>> {
    let rows = case_link::Entity::find()
        .filter(case_link::Column::ToId.eq(root))
        .filter(case_link::Column::Relation.eq(MERGED))
        .filter(case_link::Column::Until.is_null())
        .order_by_asc(case_link::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.from_id).collect())
}

/// The case that lives on for a merged one.
pub async fn root(db: &impl ConnectionTrait, case: CaseId) -> AppResult<Option<CaseId>> {
    let row = case_link::Entity::find()
        .filter(case_link::Column::FromId.eq(case))
        .filter(case_link::Column::Relation.eq(MERGED))
        .filter(case_link::Column::Until.is_null())
        .one(db)
        .await?;
    Ok(row.map(|row| row.to_id))
}

/// The case a number leads to: itself, or the one it was merged into.
pub async fn resolve(db: &impl ConnectionTrait, case: case::Model) -> AppResult<case::Model> {
    match root(db, case.id).await? {
        Some(root) => find(db, case.office_id, root).await,
        None => Ok(case),
    }
}

async fn unlink(tx: &WriteTx, from: &[CaseId], at: DateTime<Utc>) -> AppResult<()> {
    use case_link::Column;
    case_link::Entity::update_many()
        .col_expr(Column::Until, Expr::value(at))
        .filter(Column::FromId.is_in(from.iter().copied()))
        .filter(Column::Relation.eq(MERGED))
        .filter(Column::Until.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// 并案: what led here leads to the target now, and so do the people. Whoever supports a retired
/// suggestion is invited to the other one, not moved.
async fn merged(
    tx: &WriteTx,
    step: &Step<'_>,
    target: &CaseNumber,
    all_follow: bool,
) -> AppResult<()> {
    let (case, at) = (step.case, step.event.at);
    let root = super::by_number(tx.conn(), case.office_id, &target.to_string()).await?;
    let mut moved = followers(tx.conn(), case.id).await?;
    unlink(tx, &moved, at).await?;
    moved.push(case.id);
    for one in moved {
        link(tx, one, root.id, MERGED, at).await?;
    }
    let here = active_people(tx, case.id).await?;
    let there: BTreeSet<_> = active_people(tx, root.id)
        .await?
        .into_iter()
        .filter(|party| party.role != "follower")
        .filter_map(|party| party.person_id)
        .collect();
    let follows = |role: &str| role != "respondent" && (all_follow || role == "reporter");
    let mut people = BTreeSet::new();
    for party in here.iter().filter(|party| follows(&party.role)) {
        if let Some(person) = party.person_id.filter(|person| !there.contains(person)) {
            people.insert((person, party.via_id.unwrap_or(case.id)));
        }
    }
    for (person, via) in people {
        let joins = Joins {
            case: root.id,
            person,
            role: "follower",
            via: Some(via),
            since: at,
        };
        joins.keep(tx).await?;
    }
    Ok(())
}

async fn active_people(tx: &WriteTx, case: CaseId) -> AppResult<Vec<case_party::Model>> {
    parties_of(tx.conn(), case).await
}

/// Everybody who is part of a case now, in the order they came.
pub async fn parties_of(
    db: &impl ConnectionTrait,
    case: CaseId,
) -> AppResult<Vec<case_party::Model>> {
    Ok(case_party::Entity::find()
        .filter(case_party::Column::CaseId.eq(case))
        .filter(case_party::Column::Until.is_null())
        .order_by_asc(case_party::Column::Id)
        .all(db)
        .await?)
}

/// 撤销并案: those that had followed the case follow it again, and its people leave where they
/// were taken.
async fn parted(tx: &WriteTx, step: &Step<'_>) -> AppResult<()> {
    use case_party::Column;
    let (case, at) = (step.case, step.event.at);
    let Some(root) = root(tx.conn(), case.id).await? else {
        return Ok(());
    };
    let below = below(tx, case, root).await?;
    let mut leaving = below.clone();
    leaving.push(case.id);
    unlink(tx, &leaving, at).await?;
    for one in below {
        link(tx, one, case.id, MERGED, at).await?;
    }
    case_party::Entity::update_many()
        .col_expr(Column::Until, Expr::value(at))
        .filter(Column::ViaId.is_in(leaving.iter().copied()))
        .filter(Column::CaseId.is_not_in(leaving.iter().copied()))
        .filter(Column::Until.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The cases merged into one, directly or not, among those that lead to `root`.
async fn below(tx: &WriteTx, case: &case::Model, root: CaseId) -> AppResult<Vec<CaseId>> {
    let ids = followers(tx.conn(), root).await?;
    let rows = case::Entity::find()
        .filter(case::Column::Id.is_in(ids))
        .all(tx.conn())
        .await?;
    let mut target = BTreeMap::new();
    for row in &rows {
        if let Some(into) = state_of(row)?.merged_into {
            target.insert(row.number.clone(), into.to_string());
        }
    }
    let leads_here = |number: &str| {
        let mut at = number;
        for _ in 0..=target.len() {
            match target.get(at) {
                Some(next) if *next == case.number => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    };
    Ok(rows
        .iter()
        .filter(|row| row.id != case.id && leads_here(&row.number))
        .map(|row| row.id)
        .collect())
}

/// Adds somebody of whom no event speaks: a neighbour who follows, or the other side that a report
/// of a quarrel names. Twice is once.
pub async fn add_party(tx: &WriteTx, case: CaseId, person: PersonId, role: &str) -> AppResult<()> {
    let joins = Joins {
        case,
        person,
        role,
        via: None,
        since: tx.now,
    };
    joins.keep(tx).await
}

/// 公示: the words that everybody may read lie open, as long as they are not redacted.
async fn publication(tx: &WriteTx, step: &Step<'_>) -> AppResult<()> {
    use case_publication::Column;
    let seq = i64::try_from(step.event.seq).unwrap_or(i64::MAX);
    let of_this = Column::CaseId.eq(step.case.id);
    match &step.event.payload.data {
        Command::Publish { .. } => {
            let word = |name| step.texts.get(name).cloned().unwrap_or_default();
            let row = case_publication::ActiveModel {
                case_id: Set(step.case.id),
                office_id: Set(step.case.office_id),
                uid: Set(secret::uid()),
                title: Set(word("title")),
                text: Set(word("public_text")),
                area_id: Set(community(tx.conn(), step.case.office_id, step.after.org_node).await?),
                event_seq: Set(seq),
                published_at: Set(step.event.at),
            };
            // The address stays when the words are written anew.
            let again = OnConflict::column(Column::CaseId)
                .update_columns([Column::Title, Column::Text, Column::EventSeq])
                .to_owned();
            case_publication::Entity::insert(row)
                .on_conflict(again)
                .exec_without_returning(tx.conn())
                .await?;
        }
        Command::Redact { event, .. } => {
            case_publication::Entity::delete_many()
                .filter(of_this)
                .filter(Column::EventSeq.eq(i64::from(*event)))
                .exec(tx.conn())
                .await?;
        }
        Command::Correct {
            org_node: Some(area),
            ..
        } => {
            let area = community(tx.conn(), step.case.office_id, Some(*area)).await?;
            case_publication::Entity::update_many()
                .col_expr(Column::AreaId, Expr::value(area))
                .filter(of_this)
                .exec(tx.conn())
                .await?;
        }
        _ => {}
    }
    Ok(())
}

/// The community in which an area lies; none above one.
pub async fn community(
    db: &impl ConnectionTrait,
    office: OfficeId,
    area: Option<AreaId>,
) -> AppResult<Option<AreaId>> {
    let mut at = area;
    for _ in 0..LEVELS {
        let Some(id) = at else { return Ok(None) };
        let row = area::Entity::find_by_id(id)
            .filter(area::Column::OfficeId.eq(office))
            .one(db)
            .await?;
        match row {
            Some(row) if row.level == Level::Community => return Ok(Some(row.id)),
            Some(row) => at = row.parent_id,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// The rows of some cases, to be compared with what their states say.
#[derive(Default)]
pub struct Stored {
    units: BTreeMap<CaseId, BTreeSet<UnitRow>>,
    people: BTreeMap<CaseId, BTreeSet<(String, PersonId)>>,
    callbacks: BTreeMap<CaseId, Vec<CallRow>>,
    /// Where merged cases lead.
    roots: BTreeMap<CaseId, Vec<CaseId>>,
    /// Of those that something leads to, which are merged themselves.
    merged: BTreeSet<CaseId>,
}

/// Dispatch, unit, part, signed, submitted, objected.
type UnitRow = (i32, UnitId, String, Option<i64>, Option<i64>, Option<i64>);
/// Cycle, instant, reached, solved or at work, satisfied.
type CallRow = (i32, i64, bool, Option<String>, Option<String>);

fn millis(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp_millis())
}

/// Parts that no event gives: who follows, and who was named as the other side of a dispute but is
/// not invited yet.
const BESIDE: [&str; 2] = ["follower", "named"];

/// Reads the rows of some cases at once.
pub async fn stored(db: &impl ConnectionTrait, cases: &[CaseId]) -> AppResult<Stored> {
    let mut stored = Stored::default();
    let ids = || cases.iter().copied();
    let units = case_unit::Entity::find().filter(case_unit::Column::CaseId.is_in(ids()));
    for row in units.all(db).await? {
        let (signed, submitted) = (millis(row.signed_at), millis(row.submitted_at));
        let objected = millis(row.objected_at);
        let unit = (
            row.dispatch_no,
            row.unit_id,
            row.role,
            signed,
            submitted,
            objected,
        );
        stored.units.entry(row.case_id).or_default().insert(unit);
    }
    let parties = case_party::Entity::find()
        .filter(case_party::Column::CaseId.is_in(ids()))
        .filter(case_party::Column::Until.is_null())
        .filter(case_party::Column::Role.is_not_in(BESIDE));
    for row in parties.all(db).await? {
        let Some(person) = row.person_id else {
            continue;
        };
        stored
            .people
            .entry(row.case_id)
            .or_default()
            .insert((row.role, person));
    }
    let callbacks = callback::Entity::find()
        .filter(callback::Column::CaseId.is_in(ids()))
        .order_by_asc(callback::Column::Id);
    for row in callbacks.all(db).await? {
        let at = row.at.timestamp_millis();
        let call = (row.cycle, at, row.reached, row.solved, row.satisfied);
        stored.callbacks.entry(row.case_id).or_default().push(call);
    }
    for row in open_merges(db, ids()).await? {
        stored.roots.entry(row.from_id).or_default().push(row.to_id);
    }
    let roots = stored.roots.values().flatten().copied();
    let roots = open_merges(db, roots).await?;
    stored.merged.extend(roots.iter().map(|row| row.from_id));
    Ok(stored)
}

/// The links of merged cases to what they were merged into.
async fn open_merges(
    db: &impl ConnectionTrait,
    cases: impl Iterator<Item = CaseId>,
) -> AppResult<Vec<case_link::Model>> {
    let links = case_link::Entity::find()
        .filter(case_link::Column::Relation.eq(MERGED))
        .filter(case_link::Column::Until.is_null())
        .filter(case_link::Column::FromId.is_in(cases));
    Ok(links.all(db).await?)
}

impl Stored {
    /// What of a case's rows is not what its state says, if anything.
    pub fn disagrees(&self, case: CaseId, state: &CaseState) -> Option<&'static str> {
        let units = self.units.get(&case).cloned().unwrap_or_default();
        if units != units_of(state) {
            return Some("the units");
        }
        let people = self.people.get(&case).cloned().unwrap_or_default();
        let named = people_of(state).into_iter();
        if people
            != named
                .map(|(role, person)| (role.to_owned(), person))
                .collect()
        {
            return Some("the people");
        }
        let callbacks = self.callbacks.get(&case).cloned().unwrap_or_default();
        if callbacks != callbacks_of(state) {
            return Some("the callbacks");
        }
        let roots = self.roots.get(&case).map_or(&[][..], Vec::as_slice);
        let alone = roots.iter().all(|root| !self.merged.contains(root));
        if roots.len() != usize::from(state.merged_into.is_some()) || !alone {
            return Some("the case it was merged into");
        }
        None
    }
}

fn units_of(state: &CaseState) -> BTreeSet<UnitRow> {
    let mut rows = BTreeSet::new();
    for dispatch in &state.dispatches {
        let Some(lead) = dispatch.lead else { continue };
        let no = i32::try_from(dispatch.no).unwrap_or(i32::MAX);
        let (signed, submitted) = (millis(dispatch.signed_at), millis(dispatch.submitted_at));
        let objected = millis(dispatch.objected_at);
        rows.insert((no, lead, "lead".to_owned(), signed, submitted, objected));
        rows.extend(
            dispatch
                .co_units
                .iter()
                .map(|unit| (no, *unit, "co".to_owned(), None, None, None)),
        );
    }
    rows
}

fn callbacks_of(state: &CaseState) -> Vec<CallRow> {
    let code = |code: Option<&'static str>| code.map(str::to_owned);
    state
        .callbacks
        .iter()
        .map(|note| {
            let solved = note.solved.or(note.at_work).map(Solved::code);
            (
                i32::try_from(note.cycle).unwrap_or(i32::MAX),
                note.at.timestamp_millis(),
                note.reached,
                code(solved),
                code(note.satisfied.map(Satisfied::code)),
            )
        })
        .collect()
}
