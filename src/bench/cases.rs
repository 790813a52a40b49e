//! A ledger of many cases, for the measurements of lists and search: a few cases are led through
//! their stages by the product's own commands, then copied row by row with numbers, places, titles
//! and hash chains of their own. A copy keeps the times of its events; when it was recorded and when
//! it is due are spread over the rows, because lists read only those.
use crate::{
    case::{commands, store},
    domain::{
        area::{Level, UnitKind},
        case::{Action, Actor, Channel, Code, Command, Kind, Stage, Text},
        contact::{Contact, PersonName, Phone},
        id::{AccountId, AreaId, CaseId, CaseTextId, OfficeId, PersonId, UnitId},
        number::CaseNumber,
        role::Role,
        search::index_tokens,
    },
    entity::{area, case, case_event, case_party, case_text, case_unit, office, unit},
    error::AppResult,
    person,
    platform::{
        clock::SystemClock,
        db::{Db, WriteTx},
        secret::Keys,
    },
};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

/// Cases written with one commit.
const CHUNK: usize = 200;
/// Rows of one INSERT: a statement has a limited number of values.
const ROWS: usize = 1_000;
const UNITS: usize = 30;
const COMMUNITIES: usize = 10;
const GRIDS: usize = 60;
/// Cases looked for that are being handled.
const IN_HAND: u64 = 2_000;
/// One in so many has not ended.
const OPEN: usize = 100;
/// So many have the rare word in their title, and as many again once a ledger has grown, so that
/// small and large find a like number.
const RARE: usize = 10;

/// What stands in the titles: the second word of each is in one title of twenty.
const TITLES: [&str; 20] = [
    "路灯不亮",
    "井盖松动",
    "垃圾堆放",
    "楼道堆物",
    "停车占位",
    "噪声扰民",
    "油烟扬尘",
    "供水中断",
    "暖气不热",
    "电梯故障",
    "护栏断裂",
    "道路破损",
    "树枝遮挡",
    "医保咨询",
    "养老服务",
    "入学手续",
    "消防通道",
    "积水内涝",
    "充电线路",
    "墙皮脱落",
];
const CATEGORIES: [&str; 8] = [
    "lighting",
    "manhole",
    "litter",
    "stairwell",
    "parking",
    "noise",
    "water",
    "medical",
];
const CHANNELS: [Channel; 6] = [
    Channel::Desk,
    Channel::Qr,
    Channel::Phone,
    Channel::Hotline,
    Channel::Patrol,
    Channel::WechatGroup,
];

/// A database that no program serves, and what was put into it.
pub struct Ledger {
    db: Db,
    keys: Keys,
    office: OfficeId,
    prefix: String,
    places: Places,
    prototypes: Vec<Prototype>,
}

#[derive(Clone)]
struct Places {
    communities: Vec<AreaId>,
    grids: Vec<AreaId>,
    units: Vec<UnitId>,
}

/// A case that is copied, with everything that belongs to it.
#[derive(Clone)]
struct Prototype {
    case: case::Model,
    events: Vec<case_event::Model>,
    texts: Vec<case_text::Model>,
    units: Vec<case_unit::Model>,
    parties: Vec<case_party::Model>,
    /// Hashed words of its texts, as the search index has them.
    hashed: String,
}

impl Ledger {
    /// Opens the data folder of a program that does not run, and makes areas, units and prototypes.
    pub async fn open(database: &str, folder: &Path) -> Result<Self> {
        let db = Db::open(database, Arc::new(SystemClock), false).await?;
        let keys = Keys::load_or_create(folder)?;
        let office = office::Entity::find().one(db.read()).await?;
        let office = office.context("no office")?;
        let id = office.id;
        let places = db.write(move |tx| async move { places(&tx, id).await });
        let mut ledger = Self {
            places: places.await?,
            db,
            keys,
            office: office.id,
            prefix: office.prefix,
            prototypes: Vec::new(),
        };
        for kind in [Kind::ResidentRequest, Kind::Mailbox] {
            for stage in STAGES {
                let prototype = ledger.prototype(kind, *stage).await;
                let prototype = prototype.with_context(|| format!("{kind} {stage}"))?;
                ledger.prototypes.push(prototype);
            }
        }
        Ok(ledger)
    }

    /// Copies cases until there are so many.
    pub async fn fill(&mut self, cases: usize) -> Result<()> {
        let there = case::Entity::find().count(self.db.read()).await?;
        let there = usize::try_from(there)?;
        let mut next = Next::of(&self.db, there).await?;
        let mut left = cases.saturating_sub(there);
        while left > 0 {
            let count = left.min(CHUNK);
            let rows = self.copies(&mut next, count, cases)?;
            self.db
                .write(move |tx| async move { rows.write(&tx).await })
                .await?;
            left -= count;
        }
        self.settle().await
    }

    /// PostgreSQL is told of rows that brought their numbers, and what its own housekeeping would
    /// find out about them some time later.
    async fn settle(&self) -> Result<()> {
        let db = self.db.read();
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for table in ["cases", "case_events", "case_texts"] {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            );
            db.execute_unprepared(&sql).await?;
        }
        let filled = "cases, case_events, case_texts, case_units, case_parties, case_search";
        db.execute_unprepared(&format!("VACUUM ANALYZE {filled}"))
            .await?;
        Ok(())
    }

    /// What the measurements ask about.
    pub async fn marks(&self) -> Result<Marks> {
        let newest = case::Entity::find().order_by_desc(case::Column::Id);
        let newest = newest.one(self.db.read()).await?.context("no case")?;
        let handled = case::Entity::find()
            .filter(case::Column::Stage.eq(Stage::Handling))
            .filter(case::Column::Kind.eq(Kind::ResidentRequest))
            .order_by_desc(case::Column::Id)
            .limit(IN_HAND)
            .all(self.db.read())
            .await?;
        let mut in_hand = handled.into_iter().map(|case| (case.number, case.seq));
        Ok(Marks {
            newest: newest.id.0,
            handled: in_hand.next().context("no case in hand")?,
            in_hand: in_hand.collect(),
            unit: self.places.units[0].0,
            community: self.places.communities[0].0,
            grid: self.places.grids[0].0,
        })
    }

    async fn prototype(&self, kind: Kind, stage: Stage) -> AppResult<Prototype> {
        let (keys, office) = (self.keys.clone(), self.office);
        let (lead, co) = (self.places.units[0], self.places.units[1]);
        let grid = self.places.grids[0];
        let made = self.db.write(move |tx| async move {
            let team = Team::new(&tx, &keys, office, (lead, co, grid)).await?;
            Box::pin(team.lead_to(&tx, &keys, kind, stage)).await
        });
        let id = made.await?;
        let db = self.db.read();
        let case = store::find(db, self.office, id).await?;
        let texts = case_text::Entity::find().filter(case_text::Column::CaseId.eq(id));
        let units = case_unit::Entity::find().filter(case_unit::Column::CaseId.eq(id));
        let parties = case_party::Entity::find().filter(case_party::Column::CaseId.eq(id));
        let mut query = Query::select();
        query
            .column(Alias::new("tokens"))
            .from(Alias::new("case_search"))
            .and_where(Expr::col(Alias::new("rowid")).eq(id.0));
        let tokens = db.query_one(&query).await?;
        let tokens: String = match tokens {
            Some(row) => row.try_get("", "tokens")?,
            None => String::new(),
        };
        let hashed = tokens
            .split(' ')
            .filter(|token| token.starts_with(crate::domain::search::HASHED));
        Ok(Prototype {
            events: store::events(db, id).await?,
            texts: texts.all(db).await?,
            units: units.all(db).await?,
            parties: parties.all(db).await?,
            hashed: hashed.collect::<Vec<_>>().join(" "),
            case,
        })
    }

    fn copies(&self, next: &mut Next, count: usize, whole: usize) -> Result<Rows> {
        let mut rows = Rows::default();
        for _ in 0..count {
            let n = next.serial;
            let open = n.is_multiple_of(OPEN);
            let at = n / OPEN;
            let stage = if open {
                &STAGES[..STAGES.len() - 1][at % (STAGES.len() - 1)]
            } else {
                &Stage::Closed
            };
            let kind = if n.is_multiple_of(10) && at.is_multiple_of(3) {
                Kind::Mailbox
            } else {
                Kind::ResidentRequest
            };
            let fits = |one: &&Prototype| one.case.kind == kind && one.case.stage == *stage;
            let prototype = self.prototypes.iter().find(fits);
            let prototype = prototype.context("no prototype")?;
            // Years that no prototype is from.
            let year = 2010 + u16::try_from(n / 100_000)?;
            let number = CaseNumber::new(&self.prefix, year, u32::try_from(n % 100_000 + 1)?);
            let number = number.map_err(|error| anyhow::anyhow!("{error}"))?;
            let minutes = i64::try_from(whole.saturating_sub(n))?;
            let when = self.db.now() - TimeDelta::minutes(minutes);
            let rare = n.is_multiple_of(whole.div_ceil(RARE));
            self.copy(&mut rows, next, prototype, (number.to_string(), rare), when);
        }
        Ok(rows)
    }

    /// One copy: its row, its events with a chain of their own, and what belongs to them.
    fn copy(
        &self,
        rows: &mut Rows,
        next: &mut Next,
        prototype: &Prototype,
        (number, rare): (String, bool),
        when: DateTime<Utc>,
    ) {
        let n = next.serial;
        next.serial += 1;
        next.case += 1;
        let id = CaseId(next.case);
        let mut case = prototype.case.clone();
        let title = format!("{}号楼{}", n % 97, TITLES[n % TITLES.len()]);
        case.id = id;
        case.title = if rare {
            format!("{title}鹦鹉")
        } else {
            title
        };
        case.area_id = Some(self.places.grids[n % GRIDS]);
        case.category = Some(CATEGORIES[n % CATEGORIES.len()].to_owned());
        case.channel = Some(CHANNELS[n % CHANNELS.len()].code().to_owned());
        case.recorded_at = when;
        // One open case in ten is late, and none becomes late while it is measured.
        let hours = i64::try_from(n % 1000).unwrap_or(0) - 100;
        let hours = if hours < 0 { hours } else { hours + 24 };
        let now = self.db.now();
        case.due_at = case.due_at.map(|_| now + TimeDelta::hours(hours));
        if case.due_at.is_some_and(|due| due < now) {
            // The timers have been there long ago; they would find nothing else to do all the time.
            (case.supervised, case.level) = (true, 1);
        }
        if case.lead_unit_id.is_some() {
            case.lead_unit_id = Some(self.places.units[n % UNITS]);
        }
        let first_text = next.text;
        for text in &prototype.texts {
            next.text += 1;
            let mut text = text.clone();
            (text.id, text.case_id) = (CaseTextId(next.text), id);
            rows.texts.push(text.into_active_model());
        }
        let mut previous = String::new();
        for event in &prototype.events {
            next.event += 1;
            let mut event = event.clone();
            event.id = crate::domain::id::CaseEventId(next.event);
            event.case_id = id;
            event.text_id = event.text_id.map(|old| {
                let at = prototype.texts.iter().position(|text| text.id == old);
                CaseTextId(first_text + 1 + i64::try_from(at.unwrap_or(0)).unwrap_or(0))
            });
            event.prev_hash = previous;
            let hash = store::link(&number, &event).hash();
            event.hash.clone_from(&hash);
            previous = hash;
            rows.events.push(event.into_active_model());
        }
        case.last_hash = previous;
        case.number = number;
        self.copy_rows(rows, prototype, id, n);
        let tokens = format!("{} {}", index_tokens(&case.title), prototype.hashed);
        rows.words.push((id.0, tokens));
        rows.cases.push(case.into_active_model());
    }

    /// The rows beside one copy.
    fn copy_rows(&self, rows: &mut Rows, prototype: &Prototype, id: CaseId, n: usize) {
        for unit in &prototype.units {
            let mut unit = unit.clone();
            unit.case_id = id;
            let lead = unit.role == "lead";
            unit.unit_id = self.places.units[(n + usize::from(!lead)) % UNITS];
            let mut unit = unit.into_active_model();
            unit.id = NotSet;
            rows.units.push(unit);
        }
        for party in &prototype.parties {
            let mut party = party.clone();
            party.case_id = id;
            let mut party = party.into_active_model();
            party.id = NotSet;
            rows.parties.push(party);
        }
    }
}

/// Stages of the prototypes; the last one is the end.
const STAGES: &[Stage] = &[
    Stage::Registered,
    Stage::Accepted,
    Stage::Dispatched,
    Stage::Handling,
    Stage::Verifying,
    Stage::Closed,
];

/// What the measurements ask about.
pub struct Marks {
    pub newest: i64,
    /// Number and last event of a case that is being handled.
    pub handled: (String, i64),
    /// The same of others.
    pub in_hand: Vec<(String, i64)>,
    pub unit: i64,
    pub community: i64,
    pub grid: i64,
}

/// Ids and number of the next copy.
struct Next {
    serial: usize,
    case: i64,
    event: i64,
    text: i64,
}

impl Next {
    async fn of(db: &Db, there: usize) -> Result<Self> {
        let db = db.read();
        let case = case::Entity::find().order_by_desc(case::Column::Id).one(db);
        let event = case_event::Entity::find()
            .order_by_desc(case_event::Column::Id)
            .one(db);
        let text = case_text::Entity::find()
            .order_by_desc(case_text::Column::Id)
            .one(db);
        Ok(Self {
            serial: there,
            case: case.await?.map_or(0, |row| row.id.0),
            event: event.await?.map_or(0, |row| row.id.0),
            text: text.await?.map_or(0, |row| row.id.0),
        })
    }
}

/// Rows of one commit.
#[derive(Default)]
struct Rows {
    cases: Vec<case::ActiveModel>,
    events: Vec<case_event::ActiveModel>,
    texts: Vec<case_text::ActiveModel>,
    units: Vec<case_unit::ActiveModel>,
    parties: Vec<case_party::ActiveModel>,
    words: Vec<(i64, String)>,
}

impl Rows {
    async fn write(self, tx: &WriteTx) -> AppResult<()> {
        many::<case::Entity, _>(tx, self.cases).await?;
        many::<case_text::Entity, _>(tx, self.texts).await?;
        many::<case_event::Entity, _>(tx, self.events).await?;
        many::<case_unit::Entity, _>(tx, self.units).await?;
        many::<case_party::Entity, _>(tx, self.parties).await?;
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new("case_search"))
            .columns([Alias::new("rowid"), Alias::new("tokens")]);
        for (row, tokens) in self.words {
            insert.values_panic([row.into(), tokens.into()]);
        }
        tx.conn().execute(&insert).await?;
        Ok(())
    }
}

async fn many<E, A>(tx: &WriteTx, rows: Vec<A>) -> AppResult<()>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + Send,
{
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(ROWS).collect();
        E::insert_many(some)
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

async fn places(tx: &WriteTx, office: OfficeId) -> AppResult<Places> {
    let street = add_area(tx, office, (None, Level::Street), "测速街道".into()).await?;
    let mut places = Places {
        communities: Vec::new(),
        grids: Vec::new(),
        units: Vec::new(),
    };
    for n in 0..COMMUNITIES {
        let name = format!("第{n}社区");
        let at = (Some(street), Level::Community);
        places
            .communities
            .push(add_area(tx, office, at, name).await?);
    }
    for n in 0..GRIDS {
        let at = (Some(places.communities[n % COMMUNITIES]), Level::Grid);
        places
            .grids
            .push(add_area(tx, office, at, format!("第{n}网格")).await?);
    }
    for n in 0..UNITS {
        let row = unit::ActiveModel {
            office_id: Set(office),
            area_id: Set(None),
            code: Set(format!("BENCH{n}")),
            name: Set(format!("测速第{n}单位")),
            kind: Set(UnitKind::Department),
            active: Set(true),
            ..Default::default()
        };
        let done = unit::Entity::insert(row).exec(tx.conn()).await?;
        places.units.push(done.last_insert_id);
    }
    Ok(places)
}

async fn add_area(
    tx: &WriteTx,
    office: OfficeId,
    (parent, level): (Option<AreaId>, Level),
    name: String,
) -> AppResult<AreaId> {
    let row = area::ActiveModel {
        office_id: Set(office),
        parent_id: Set(parent),
        level: Set(level),
        code: Set(format!("BENCH-{name}")),
        name: Set(name),
        lead_name: Set(None),
        active: Set(true),
        sort: Set(0),
        ..Default::default()
    };
    Ok(area::Entity::insert(row)
        .exec(tx.conn())
        .await?
        .last_insert_id)
}

/// Who leads a prototype through its stages. Accounts need not exist for that.
struct Team {
    office: OfficeId,
    lead: UnitId,
    co: UnitId,
    grid: AreaId,
    reporter: PersonId,
    clerk: Actor,
    handler: Actor,
    leader: Actor,
    verifier: Actor,
}

impl Team {
    async fn new(
        tx: &WriteTx,
        keys: &Keys,
        office: OfficeId,
        (lead, co, grid): (UnitId, UnitId, AreaId),
    ) -> AppResult<Self> {
        let contact = Contact {
            name: PersonName::parse("测试").map_err(|fault| anyhow::anyhow!("{fault}"))?,
            phone: Phone::parse("19920000000").map_err(|fault| anyhow::anyhow!("{fault}"))?,
        };
        let staff = |id, role, unit| Actor::staff(AccountId(id), role, unit);
        let mut leader = staff(9003, Role::DepartmentHandler, Some(lead));
        leader.leads_unit = true;
        Ok(Self {
            office,
            lead,
            co,
            grid,
            reporter: person::enter(tx, keys, office, &contact).await?,
            clerk: staff(9001, Role::CommunityClerk, None),
            handler: staff(9002, Role::DepartmentHandler, Some(lead)),
            leader,
            verifier: staff(9004, Role::Verifier, None),
        })
    }

    async fn lead_to(&self, tx: &WriteTx, keys: &Keys, kind: Kind, to: Stage) -> AppResult<CaseId> {
        let text = "医保卡在社区医院刷不了，窗口说系统里没有登记，希望帮忙问清楚要带什么材料、去哪里办理。";
        let report = Command::Report {
            urgency: None,
            channel: Channel::Desk,
            category: Code::new("medical").map_err(|fault| anyhow::anyhow!("{fault}"))?,
            text: Text::new(text).map_err(|fault| anyhow::anyhow!("{fault}"))?,
            title: None,
            source_ref: None,
            said_at: None,
            reporter: Some(self.reporter),
            org_node: Some(self.grid),
            address: None,
            point: None,
            files: Vec::new(),
            shown: Vec::new(),
        };
        let title = "医保咨询".to_owned();
        let opened = commands::open(tx, keys, self.office, kind, title, report, &self.clerk);
        let opened = opened.await?;
        for (stage, by, action, fields) in self.way(kind) {
            if to < stage {
                break;
            }
            let mut body = Command::sample(kind, action);
            for field in Command::fields(kind, action).unwrap_or_default() {
                if !field.required {
                    body.remove(field.name);
                }
            }
            if let Value::Object(fields) = fields {
                body.extend(fields);
            }
            let command = Command::parse(kind, action, &body)?;
            commands::act_in(tx, keys, self.office, opened.id, None, command, by).await?;
        }
        Ok(opened.id)
    }

    /// Each action with the stage for which it is taken.
    fn way(&self, kind: Kind) -> Vec<(Stage, &Actor, Action, Value)> {
        let note = json!({"text": "已电话联系，材料清单已经发给本人。", "visibility": "parties"});
        let inside =
            json!({"text": "系统里确实没有登记，已经请经办窗口补录。", "visibility": "internal"});
        let given = json!({"lead": self.lead.to_string(), "co_units": [self.co.to_string()], "basis": "manual"});
        let (clerk, handler, verifier) = (&self.clerk, &self.handler, &self.verifier);
        let reached = json!({"method": "phone", "reached": true});
        let mut way = vec![
            (
                Stage::Accepted,
                clerk,
                Action::Accept,
                json!({"category": "medical", "urgency": "ordinary"}),
            ),
            (Stage::Dispatched, clerk, Action::Dispatch, given),
            (Stage::Handling, handler, Action::Sign, json!({})),
            (Stage::Handling, handler, Action::Contact, reached),
            (Stage::Handling, handler, Action::Update, note),
            (Stage::Handling, handler, Action::Update, inside),
        ];
        if kind == Kind::Mailbox {
            way.push((Stage::Verifying, handler, Action::DraftReply, json!({})));
            way.push((
                Stage::Verifying,
                &self.leader,
                Action::ApproveReply,
                json!({}),
            ));
        }
        way.extend([
            (
                Stage::Verifying,
                handler,
                Action::SubmitResult,
                json!({"outcome": "resolved"}),
            ),
            (
                Stage::Closed,
                verifier,
                Action::VerifyPass,
                json!({"note": "已核实。"}),
            ),
            (
                Stage::Closed,
                clerk,
                Action::Callback,
                json!({"reached": true, "solved": "yes", "satisfied": "yes"}),
            ),
            (
                Stage::Closed,
                verifier,
                Action::Close,
                json!({"outcome": "resolved"}),
            ),
        ]);
        way
    }
}
