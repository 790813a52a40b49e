//! What the database answers to the questions of the guards.
use super::{files, store};
use crate::{
    area::store as areas,
    domain::{
        calendar::day_of,
        case::{
            Action, CaseState, Category, Code, Command, Facts, Kind, Named, PostingFacts,
            SeekerFacts, Shape, Step, Target, Who,
        },
        employer::EmployerStatus,
        fair::FairStatus,
        fault::{Faults, FieldFault},
        id::{AccountId, AreaId, CaseId, OfficeId, PersonId, PostingId, UnitId},
        number::CaseNumber,
        posting::PostingStatus,
    },
    entity::{account, area, case_text, employer, fair, job_match, person, posting, unit},
    error::AppResult,
    platform::secret::Keys,
    rulebook::Book,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::Value;

/// Everything a decision on `command` may ask; without one, what is known before there is any.
pub async fn gather<'b>(
    db: &impl ConnectionTrait,
    keys: &Keys,
    book: &'b Book,
    now: DateTime<Utc>,
    kind: Kind,
    case: Option<(&crate::entity::case::Model, &CaseState)>,
    command: Option<&Command>,
) -> AppResult<Facts<'b>> {
    let office = book.office();
    let mut facts = Facts::at(now, book.calendars(), book.rules());
    facts.limits = book.limits();
    let state = case.map(|(_, state)| state);
    facts.category = category(book, kind, state, command);
    facts.new_category_enabled = match command.and_then(corrected) {
        Some(code) => book.serves(kind, code.as_str()),
        None => true,
    };
    facts.units_active = match command {
        Some(command) => units_active(db, office, kind, command).await?,
        None => true,
    };
    facts.reporter_reachable = reachable(db, state.and_then(|state| state.person)).await?;
    let (posting, seeker) = market(command, state);
    if let Some(posting) = posting {
        facts.posting = posting_facts(db, office, posting, now).await?;
        facts.seeker = seeker_facts(db, posting, seeker, case.map(|(row, _)| row.id)).await?;
    }
    if let Some(number) = command.and_then(target) {
        facts.target = target_facts(db, office, number, case.map(|(row, _)| row)).await?;
    }
    if let Some(named) = command.and_then(asked_by) {
        facts.named = named_facts(db, office, named).await?;
    }
    if let (Some(Command::Redact { event, .. }), Some((row, _))) = (command, case) {
        facts.text_there = text_there(db, row.id, *event).await?;
    }
    if let (Kind::PatrolFinding, Some(place)) = (kind, state.and_then(|state| state.org_node)) {
        let above = areas::ancestors(db, office, place).await?;
        facts.around = above.iter().map(|area| area.id).collect();
    }
    let shows = matches!(
        command,
        Some(Command::SubmitResult { .. } | Command::SelfHandle { .. })
    );
    if let (true, Some((row, state))) = (shows, case) {
        facts.before_there = files::shown_before(db, row.id).await?;
        facts.approved = approved(db, keys, row.id, state).await?;
    }
    Ok(facts)
}

/// 答复稿, once it was approved; none when it was erased since.
pub async fn approved(
    db: &impl ConnectionTrait,
    keys: &Keys,
    id: CaseId,
    state: &CaseState,
) -> AppResult<Option<String>> {
    if state.step != Some(Step::ReplyApproved) {
        return Ok(None);
    }
    store::last_words(db, keys, id, Action::DraftReply, "reply").await
}

/// The category an action names, or that of the case. A match is about no category.
fn category(
    book: &Book,
    kind: Kind,
    state: Option<&CaseState>,
    command: Option<&Command>,
) -> Category {
    if kind == Kind::EmploymentMatch {
        return Category {
            enabled: true,
            ..Category::default()
        };
    }
    let named = match command {
        Some(Command::Report { category, .. } | Command::Accept { category, .. }) => Some(category),
        _ => None,
    };
    let of_case = state.and_then(|state| state.category.as_ref());
    let Some(code) = named.or(of_case) else {
        return Category::default();
    };
    book.traits(kind, code.as_str())
}

fn corrected(command: &Command) -> Option<&Code> {
    match command {
        Command::Correct { category, .. } => category.as_ref(),
        _ => None,
    }
}

/// The reporter left a number that was not erased since.
async fn reachable(db: &impl ConnectionTrait, person: Option<PersonId>) -> AppResult<bool> {
    let Some(person) = person else {
        return Ok(false);
    };
    let found = person::Entity::find_by_id(person).one(db).await?;
    Ok(found.is_some_and(|person| person.phone_sealed.is_some()))
}

fn market(
    command: Option<&Command>,
    state: Option<&CaseState>,
) -> (Option<PostingId>, Option<PersonId>) {
    match command {
        Some(Command::Interest {
            posting, seeker, ..
        }) => (Some(*posting), Some(*seeker)),
        _ => (
            state.and_then(|s| s.job.as_ref()).map(|job| job.posting),
            state.and_then(|s| s.person),
        ),
    }
}

async fn posting_facts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: PostingId,
    now: DateTime<Utc>,
) -> AppResult<Option<PostingFacts>> {
    let found = posting::Entity::find_by_id(id)
        .filter(posting::Column::OfficeId.eq(office))
        .one(db)
        .await?;
    let Some(posting) = found else {
        return Ok(None);
    };
    let employer = employer::Entity::find_by_id(posting.employer_id)
        .one(db)
        .await?;
    let fair = fair::Entity::find_by_id(posting.fair_id).one(db).await?;
    let placed = job_match::Entity::find()
        .filter(job_match::Column::PostingId.eq(id))
        .filter(job_match::Column::PlacedOn.is_not_null())
        .count(db)
        .await?;
    Ok(Some(PostingFacts {
        employer: posting.employer_id,
        open: posting.status == PostingStatus::Published && posting.expires_on >= day_of(now),
        event_live: fair.is_some_and(|fair| {
            fair.status == FairStatus::Published
                && fair.registration_opens_at <= now
                && now < fair.ends_at
        }),
        auto_refer: posting.auto_refer,
        must_haves_met: true,
        employer_verified: employer
            .is_some_and(|employer| employer.status == EmployerStatus::Approved),
        slots_left: i64::try_from(placed).unwrap_or(i64::MAX) < i64::from(posting.headcount),
    }))
}

async fn seeker_facts(
    db: &impl ConnectionTrait,
    posting: PostingId,
    seeker: Option<PersonId>,
    this: Option<CaseId>,
) -> AppResult<SeekerFacts> {
    let Some(seeker) = seeker else {
        return Ok(SeekerFacts::default());
    };
    let mut open = job_match::Entity::find()
        .filter(job_match::Column::PersonId.eq(seeker))
        .filter(job_match::Column::PostingId.eq(posting))
        .filter(job_match::Column::Open.eq(true));
    if let Some(this) = this {
        open = open.filter(job_match::Column::CaseId.ne(this));
    }
    let open_match = open.one(db).await?.is_some();
    // Registration asks no birth date: whoever registers declares to be sixteen or older.
    Ok(SeekerFacts {
        of_age: true,
        barred: false,
        open_match,
    })
}

fn target(command: &Command) -> Option<&CaseNumber> {
    match command {
        Command::Merge { target, .. }
        | Command::Link { target, .. }
        | Command::RetireInto { target, .. } => Some(target),
        _ => None,
    }
}

async fn target_facts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    number: &CaseNumber,
    this: Option<&crate::entity::case::Model>,
) -> AppResult<Option<Target>> {
    let Ok(row) = store::by_number(db, office, &number.to_string()).await else {
        return Ok(None);
    };
    let state = store::state(&row)?;
    let near = match this {
        Some(this) if this.category == row.category => {
            side_by_side(db, this.area_id, row.area_id).await?
        }
        _ => false,
    };
    Ok(Some(Target {
        number: number.clone(),
        kind: state.kind,
        itself: this.is_some_and(|this| this.id == row.id),
        open: state.stage.is_open(),
        merged: state.merged_into.is_some(),
        near,
        posting: state.job.map(|job| job.posting),
    }))
}

/// The same area, one within the other, or two within the same: as near as areas can tell. Points
/// are sealed, so they are not compared here.
async fn side_by_side(
    db: &impl ConnectionTrait,
    one: Option<AreaId>,
    other: Option<AreaId>,
) -> AppResult<bool> {
    let (Some(one), Some(other)) = (one, other) else {
        return Ok(false);
    };
    let areas = area::Entity::find()
        .filter(area::Column::Id.is_in([one, other]))
        .all(db)
        .await?;
    let parent = |id: AreaId| areas.iter().find(|area| area.id == id)?.parent_id;
    Ok(one == other
        || parent(one) == Some(other)
        || parent(other) == Some(one)
        || (parent(one).is_some() && parent(one) == parent(other)))
}

fn asked_by(command: &Command) -> Option<AccountId> {
    match command {
        Command::Extend { asked_by, .. }
        | Command::Suspend { asked_by, .. }
        | Command::Attribute { asked_by, .. } => Some(*asked_by),
        Command::Appoint { mediator, .. } => Some(*mediator),
        _ => None,
    }
}

async fn named_facts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AccountId,
) -> AppResult<Option<Named>> {
    let found = account::Entity::find_by_id(id)
        .filter(account::Column::OfficeId.eq(office))
        .one(db)
        .await?;
    Ok(found.map(|account| Named {
        who: Who::Account(id),
        role: account.role,
        unit: account.unit_id,
    }))
}

async fn text_there(
    db: &impl ConnectionTrait,
    case: crate::domain::id::CaseId,
    seq: u32,
) -> AppResult<bool> {
    let events = store::events(db, case).await?;
    let text = events
        .iter()
        .find(|event| event.seq == i64::from(seq))
        .and_then(|event| event.text_id);
    let Some(text) = text else { return Ok(false) };
    let row = case_text::Entity::find_by_id(text).one(db).await?;
    Ok(row.is_some_and(|row| row.body_sealed.is_some()))
}

/// The ids of one sort that an action names, each with its field.
fn ids(kind: Kind, command: &Command, sort: &str) -> AppResult<Vec<(&'static str, i64)>> {
    let fields = Command::fields(kind, command.action()).unwrap_or_default();
    let of_sort = |shape| matches!(shape, Shape::Id(of) | Shape::Ids(of) if of == sort);
    let fields: Vec<_> = fields.iter().filter(|field| of_sort(field.shape)).collect();
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let data = serde_json::to_value(command)?;
    let mut ids = Vec::new();
    for field in fields {
        let named: Vec<&Value> = match data.get(field.name) {
            Some(Value::Array(several)) => several.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let named = named.into_iter().filter_map(|id| id.as_str()?.parse().ok());
        ids.extend(named.map(|id| (field.name, id)));
    }
    Ok(ids)
}

async fn units_active(
    db: &impl ConnectionTrait,
    office: OfficeId,
    kind: Kind,
    command: &Command,
) -> AppResult<bool> {
    for (_, id) in ids(kind, command, "unit")? {
        let unit = unit::Entity::find_by_id(UnitId(id))
            .filter(unit::Column::OfficeId.eq(office))
            .filter(unit::Column::Active.eq(true));
        if unit.one(db).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Units, areas and people that an action names belong to the office.
///
/// # Errors
/// 422 on the field otherwise.
pub async fn check_ids(
    db: &impl ConnectionTrait,
    office: OfficeId,
    kind: Kind,
    command: &Command,
) -> AppResult<()> {
    let mut faults = Faults::new();
    for (field, id) in ids(kind, command, "unit")? {
        let unit = unit::Entity::find_by_id(UnitId(id)).filter(unit::Column::OfficeId.eq(office));
        if unit.one(db).await?.is_none() {
            faults.add(field, FieldFault::NotFound);
        }
    }
    for (field, id) in ids(kind, command, "area")? {
        let area = area::Entity::find_by_id(AreaId(id)).filter(area::Column::OfficeId.eq(office));
        if area.one(db).await?.is_none() {
            faults.add(field, FieldFault::NotFound);
        }
    }
    for (field, id) in ids(kind, command, "person")? {
        let person = person::Entity::find_by_id(PersonId(id));
        let person = person.filter(person::Column::OfficeId.eq(office));
        if person.one(db).await?.is_none() {
            faults.add(field, FieldFault::NotFound);
        }
    }
    Ok(faults.into_result(Some(()))?)
}
