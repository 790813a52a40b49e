//! An office with all its people around cases of every kind: units that lead and help, areas,
//! accounts of every role, residents, and what a willing clerk would write for every action.
use crate::{
    case_make::{Market, picture},
    harness::{Client, TestApp},
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use nightfair::{
    case::{commands, store},
    domain::{
        area::{Level, UnitKind},
        calendar::day_of,
        case::{Action, Actor, CaseState, Channel, Code, Command, Kind, Line, Shape, Text},
        contact::{Contact, PersonName, Phone},
        id::{AreaId, CaseId, FileId, OfficeId, PersonId, UnitId},
        role::Role,
    },
    entity::{account, area, case, unit, web_session},
    error::{AppError, AppResult},
    person,
    platform::{App, files},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Map, Value, json};

pub struct Member {
    pub name: &'static str,
    pub client: Client,
    pub actor: Actor,
}

pub struct Hall {
    pub market: Market,
    pub lead: UnitId,
    pub co: UnitId,
    pub other: UnitId,
    pub community: AreaId,
    pub grid: AreaId,
    pub reporter: PersonId,
    pub neighbour: PersonId,
    members: Vec<Member>,
}

/// What an attempt came to: the state, or the code and guard that refused.
pub type Tried = Result<CaseState, (u16, String)>;

impl Hall {
    pub async fn open() -> Self {
        Self::around(Market::open().await).await
    }

    async fn around(market: Market) -> Self {
        let app = market.app();
        let street = add_area(app, None, Level::Street, "天湖街道").await;
        let community = add_area(app, Some(street), Level::Community, "民乐社区").await;
        let grid = add_area(app, Some(community), Level::Grid, "第二网格").await;
        let units = [
            add_unit(app, "municipal", "市政养护").await,
            add_unit(app, "property", "乐民物业").await,
            add_unit(app, "urban", "城管队").await,
            add_unit(app, "desk", "社区居委会").await,
            add_unit(app, "office", "党政办").await,
        ];
        let [lead, co, other, desk, office] = units;
        let reporter = add_person(app, "王建国", "13800000001").await;
        let neighbour = add_person(app, "陈秀英", "13800000002").await;
        let mut members = Vec::new();
        for (name, role, unit, leads) in [
            ("admin", Role::OfficeAdmin, office, false),
            ("clerk", Role::CommunityClerk, desk, false),
            ("clerk2", Role::CommunityClerk, desk, false),
            ("secretary", Role::Secretary, office, false),
            ("handler", Role::DepartmentHandler, lead, false),
            ("leader", Role::DepartmentHandler, lead, true),
            ("co", Role::DepartmentHandler, co, false),
            ("stranger", Role::DepartmentHandler, other, false),
            ("verifier", Role::Verifier, other, false),
            ("grid", Role::GridWorker, desk, false),
            ("mediator", Role::Mediator, lead, false),
            ("mediator2", Role::Mediator, lead, false),
            ("head", Role::Mediator, lead, true),
            ("deputy", Role::DeputyLiaison, office, false),
            ("officer2", Role::PlacementOfficer, office, false),
            ("board", Role::Board, office, false),
            ("steward", Role::GateSteward, office, false),
        ] {
            let client = app.member(role, Some(unit), None).await;
            let id = client.account.unwrap();
            if leads {
                let led = app.app.db.write(move |tx| async move {
                    account::Entity::update_many()
                        .col_expr(account::Column::Leader, Expr::value(true))
                        .filter(account::Column::Id.eq(id))
                        .exec(tx.conn())
                        .await?;
                    Ok(())
                });
                led.await.unwrap();
            }
            let mut actor = Actor::staff(id, role, Some(unit));
            actor.leads_unit = leads;
            members.push(Member {
                name,
                client,
                actor,
            });
        }
        for (name, role, client) in [
            ("officer", Role::PlacementOfficer, market.officer.clone()),
            ("employer", Role::Employer, market.clerk.clone()),
        ] {
            let mut actor = Actor::staff(client.account.unwrap(), role, None);
            if role == Role::Employer {
                actor.employer = Some(market.employer);
            }
            members.push(Member {
                name,
                client,
                actor,
            });
        }
        Self {
            market,
            lead,
            co,
            other,
            community,
            grid,
            reporter,
            neighbour,
            members,
        }
    }

    pub fn app(&self) -> &App {
        &self.market.app().app
    }

    pub fn office(&self) -> OfficeId {
        self.app().settings.office
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app().db.now()
    }

    /// Time goes by; everybody stays signed in.
    pub async fn pass(&self, hours: i64) {
        self.market.app().clock.advance(TimeDelta::hours(hours));
        let awake = self.app().db.write(|tx| async move {
            web_session::Entity::update_many()
                .col_expr(web_session::Column::SeenAt, Expr::value(tx.now))
                .col_expr(web_session::Column::CreatedAt, Expr::value(tx.now))
                .col_expr(
                    web_session::Column::ExpiresAt,
                    Expr::value(tx.now + TimeDelta::hours(8)),
                )
                .exec(tx.conn())
                .await?;
            Ok(())
        });
        awake.await.unwrap();
    }

    pub fn client(&self, name: &str) -> &Client {
        &self.member(name).client
    }

    pub fn member(&self, name: &str) -> &Member {
        self.members.iter().find(|one| one.name == name).unwrap()
    }

    /// Staff by name, the people of the case, a neighbour, the timer.
    pub fn actor(&self, name: &str) -> Actor {
        match name {
            "system" => Actor::SYSTEM,
            "reporter" => Actor::person(self.reporter, Channel::Web),
            "neighbour" => {
                let mut actor = Actor::person(self.neighbour, Channel::Web);
                actor.verified_resident = true;
                actor
            }
            name => self.member(name).actor,
        }
    }

    /// Everybody who may try something.
    pub fn names(&self) -> Vec<&'static str> {
        let staff = self.members.iter().map(|member| member.name);
        staff.chain(["reporter", "neighbour", "system"]).collect()
    }

    /// A case of a desk kind, reported by the reporter himself.
    pub async fn report(&self, kind: Kind) -> (String, CaseId) {
        self.report_for(kind, Some(self.reporter)).await
    }

    pub async fn report_for(&self, kind: Kind, reporter: Option<PersonId>) -> (String, CaseId) {
        let by = match reporter {
            Some(person) => Actor::person(person, Channel::Web),
            None => self.actor("grid"),
        };
        let report = Command::Report {
            urgency: None,
            channel: Channel::Desk,
            category: Code::new("lighting").unwrap(),
            text: Text::new("小区东侧巷道没有路灯，晚上老人出行不安全。").unwrap(),
            title: None,
            source_ref: None,
            said_at: None,
            reporter,
            org_node: Some(self.grid),
            address: Some(Line::new("小区东门").unwrap()),
            point: None,
            files: vec![],
            shown: vec![],
        };
        let (keys, office) = (self.app().keys.clone(), self.office());
        let opened = self.app().db.write(move |tx| async move {
            let title = "路灯不亮".to_owned();
            commands::open(&tx, &keys, office, kind, title, report, &by).await
        });
        let opened = opened.await.unwrap();
        (opened.number, opened.id)
    }

    pub async fn case(&self, id: CaseId) -> case::Model {
        store::find(self.app().db.read(), self.office(), id)
            .await
            .unwrap()
    }

    pub async fn state(&self, id: CaseId) -> CaseState {
        store::state(&self.case(id).await).unwrap()
    }

    /// A picture that somebody uploaded and no case names yet.
    pub async fn photo(&self, by: &Actor) -> FileId {
        let app = self.app();
        let stored = app.files.keep_picture(picture()).await.unwrap();
        let (office, by) = (self.office(), *by);
        let kept = app.db.write(move |tx| async move {
            let by = match by.who {
                nightfair::domain::case::Who::Account(account) => Some(account),
                _ => None,
            };
            files::attach(&tx, office, nightfair::case::files::PURPOSE, by, stored).await
        });
        kept.await.unwrap()
    }

    /// Tries an action with fields that are changed from what a willing clerk would write.
    pub async fn attempt(
        &self,
        who: &str,
        id: CaseId,
        action: Action,
        change: Value,
    ) -> AppResult<CaseState> {
        let kind = self.case(id).await.kind;
        let actor = self.actor(who);
        let mut fields = self.body(kind, action, &actor).await;
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                fields.remove(name);
            } else {
                fields.insert(name.clone(), value.clone());
            }
        }
        let command = Command::parse(kind, action, &fields)?;
        let (keys, office) = (self.app().keys.clone(), self.office());
        let acted = self.app().db.write(move |tx| async move {
            commands::act_in(&tx, &keys, office, id, None, command, &actor).await
        });
        acted.await
    }

    pub async fn try_to(&self, who: &str, id: CaseId, action: Action, change: Value) -> Tried {
        let tried = self.attempt(who, id, action, change).await;
        tried.map_err(|error| refused(&error))
    }

    #[track_caller]
    pub fn does<'a>(
        &'a self,
        who: &'a str,
        id: CaseId,
        action: Action,
        change: Value,
    ) -> impl Future<Output = CaseState> + 'a {
        let at = std::panic::Location::caller();
        async move {
            let tried = self.attempt(who, id, action, change).await;
            tried.unwrap_or_else(|error| panic!("{who} {action} at {at}: {:?}", refused(&error)))
        }
    }

    /// Accepted by the clerk and given to the leading and a helping unit.
    pub async fn dispatched(&self, kind: Kind) -> (String, CaseId) {
        let (number, id) = self.report(kind).await;
        self.does("clerk", id, Action::Accept, json!({})).await;
        let by = if kind == Kind::Mediation {
            "admin"
        } else {
            "clerk"
        };
        self.does(by, id, Action::Dispatch, json!({})).await;
        (number, id)
    }

    /// Signed by the leading unit.
    pub async fn in_hand(&self, kind: Kind) -> (String, CaseId) {
        let (number, id) = self.dispatched(kind).await;
        let by = if kind == Kind::Mediation {
            "head"
        } else {
            "handler"
        };
        self.does(by, id, Action::Sign, json!({})).await;
        (number, id)
    }

    /// Handled, and waiting to be verified.
    pub async fn submitted(&self, kind: Kind) -> (String, CaseId) {
        let (number, id) = self.in_hand(kind).await;
        self.does("handler", id, Action::Contact, json!({})).await;
        if kind == Kind::Mailbox {
            self.does("handler", id, Action::DraftReply, json!({}))
                .await;
            self.does("leader", id, Action::ApproveReply, json!({}))
                .await;
        }
        if kind == Kind::Suggestion {
            self.does("secretary", id, Action::Schedule, json!({}))
                .await;
            self.pass(24 * 5).await;
            self.does("secretary", id, Action::Deliberate, json!({}))
                .await;
            self.does("secretary", id, Action::Adopt, json!({})).await;
        }
        self.does("handler", id, Action::SubmitResult, json!({}))
            .await;
        (number, id)
    }

    /// Verified, called back and closed.
    pub async fn closed(&self, kind: Kind) -> (String, CaseId) {
        let (number, id) = self.submitted(kind).await;
        self.does("verifier", id, Action::VerifyPass, json!({}))
            .await;
        self.does("clerk", id, Action::Callback, json!({})).await;
        self.does("verifier", id, Action::Close, json!({})).await;
        (number, id)
    }

    /// A well-formed body that fits what a willing clerk would fill in now, with pictures of his.
    pub async fn body(&self, kind: Kind, action: Action, actor: &Actor) -> Map<String, Value> {
        let mut body = self.plain_body(kind, action);
        let fields = Command::fields(kind, action).unwrap_or_default();
        for field in fields {
            let photo = async || self.photo(actor).await.to_string();
            match field.shape {
                Shape::Ids("file") => drop(body.insert(field.name.into(), json!([photo().await]))),
                Shape::Id("file") => drop(body.insert(field.name.into(), json!(photo().await))),
                _ => {}
            }
        }
        body
    }

    /// The same without pictures of his own.
    pub fn plain_body(&self, kind: Kind, action: Action) -> Map<String, Value> {
        let mut body = Command::sample(kind, action);
        let now = self.now();
        let day = |days: i64| json!((day_of(now) + TimeDelta::days(days)).to_string());
        let time = |hours: i64| json!((now + TimeDelta::hours(hours)).to_rfc3339());
        let outcome = match kind {
            Kind::Suggestion => "adopted_done",
            _ => "resolved",
        };
        let account = |name: &str| json!(self.client(name).account.unwrap().to_string());
        let both = json!([self.reporter.to_string(), self.neighbour.to_string()]);
        let changes = [
            ("category", json!("lighting")),
            ("reporter", json!(self.reporter.to_string())),
            ("org_node", json!(self.grid.to_string())),
            ("lead", json!(self.lead.to_string())),
            ("to", json!(self.lead.to_string())),
            ("owner", json!(self.lead.to_string())),
            ("suggested_unit", json!(self.other.to_string())),
            ("co_units", json!([self.co.to_string()])),
            ("mediator", account("mediator")),
            ("asked_by", account("handler")),
            ("asked_at", time(0)),
            ("due_at", time(24 * 30)),
            ("said_at", time(-1)),
            ("outcome", json!(outcome)),
            ("review_on", day(30)),
            ("slot", json!(next_friday(now).to_string())),
            ("due_on", day(10)),
            ("visibility", json!("parties")),
            ("parties", both.clone()),
            ("party", json!(self.reporter.to_string())),
            ("came", both.clone()),
            ("signed_by", both.clone()),
            ("confirmed_by", both),
            ("effective_on", day(0)),
            ("perform_by", day(5)),
            ("meeting_at", time(24 * 4)),
            ("votes", json!([5])),
            ("options", json!("装灯")),
            ("interview_at", time(2)),
            ("start_on", day(0)),
            ("started_on", day(0)),
            ("placed_on", day(0)),
            ("at_work", json!("yes")),
            ("broad", json!(false)),
            ("urgency", json!("ordinary")),
            ("shown", json!([])),
            ("point", json!("36.06,103.83")),
        ];
        for (field, value) in changes {
            if body.contains_key(field) {
                body.insert(field.to_owned(), value);
            }
        }
        if action == Action::Publish {
            body.insert("title".into(), json!("小区东侧加装路灯"));
            body.insert("public_text".into(), json!("已加装两盏路灯，晚上试亮。"));
        }
        if action == Action::Update {
            body.remove("progress");
        }
        body
    }

    /// Nothing of the ledger was changed or lost, and all rows follow from the events.
    pub async fn proved(&self) {
        let all = nightfair::case::ledger::verify(self.app().db.read()).await;
        assert_eq!(all.unwrap().broken, None);
    }
}

/// Status, and the guard or code.
pub fn refused(error: &AppError) -> (u16, String) {
    match error {
        AppError::Problem(problem) => {
            let guard = problem.extra.get("guard").and_then(Value::as_str);
            let field = problem
                .errors
                .first()
                .map(|one| format!("{} {}", one.field, one.code));
            let code = guard.map(str::to_owned).or(field);
            (
                problem.status.as_u16(),
                code.unwrap_or_else(|| problem.code.clone()),
            )
        }
        AppError::Internal(error) => panic!("{error:?}"),
    }
}

pub fn next_friday(now: DateTime<Utc>) -> NaiveDate {
    let mut days = day_of(now).iter_days();
    days.find(|day| day.weekday() == Weekday::Fri).unwrap()
}

pub async fn add_person(app: &TestApp, name: &str, phone: &str) -> PersonId {
    let contact = Contact {
        name: PersonName::parse(name).unwrap(),
        phone: Phone::parse(phone).unwrap(),
    };
    let (keys, office) = (app.app.keys.clone(), app.app.settings.office);
    let entered = app
        .app
        .db
        .write(move |tx| async move { person::enter(&tx, &keys, office, &contact).await });
    entered.await.unwrap()
}

async fn add_unit(app: &TestApp, code: &'static str, name: &'static str) -> UnitId {
    let office = app.app.settings.office;
    let added = app.app.db.write(move |tx| async move {
        let row = unit::ActiveModel {
            office_id: Set(office),
            code: Set(code.into()),
            name: Set(name.into()),
            kind: Set(UnitKind::Department),
            active: Set(true),
            ..Default::default()
        };
        Ok(unit::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id)
    });
    added.await.unwrap()
}

async fn add_area(
    app: &TestApp,
    parent: Option<AreaId>,
    level: Level,
    name: &'static str,
) -> AreaId {
    let office = app.app.settings.office;
    let added = app.app.db.write(move |tx| async move {
        let row = area::ActiveModel {
            office_id: Set(office),
            parent_id: Set(parent),
            level: Set(level),
            code: Set(format!("a{}", level.code())),
            name: Set(name.into()),
            active: Set(true),
            sort: Set(1),
            ..Default::default()
        };
        Ok(area::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id)
    });
    added.await.unwrap()
}
