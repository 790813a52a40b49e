//! 批量办理: one action on many cases. Each case is a transaction of its own and has the answer that
//! it would have had alone, so one that is refused never stops the others; sent again with the same
//! key, what was done is not done twice.
use super::pages::BulkRow;
use crate::{
    account::Actor,
    case::{
        commands::{self, Act},
        door::{self, Sight},
        store::{self, People},
        words,
    },
    domain::{
        case::{Action, Actor as By, Command, Urgency},
        fault::{Faults, FieldFault},
        id::UnitId,
        role::Role,
    },
    entity::case::Model,
    error::{AppError, AppResult, Problem},
    platform::{
        App,
        once::Once,
        page::{fault_text, problem_text},
        text::Lang,
    },
    rulebook::{Book, Dispatcher},
};
use serde_json::{Map, Value};

/// Cases of one order at most.
pub const MOST: usize = 200;

/// Roles whose accounts accept, dispatch or supervise.
pub const DISPATCHERS: &[Role] = &[Role::OfficeAdmin, Role::CommunityClerk, Role::Secretary];

/// What can be done to many at once, with the fields that say how.
pub const ACTIONS: &[(Action, &[&str])] = &[
    (Action::Dispatch, &["lead", "co_units", "due_at"]),
    (Action::Accept, &["category", "urgency"]),
    (Action::Supervise, &["due_on", "reason"]),
];

/// A case, and the event that was the last when it was ticked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    pub number: String,
    pub seq: u64,
}

impl Pick {
    /// `JD-2026-000001.3`
    pub fn read(text: &str) -> Option<Self> {
        let (number, seq) = text.rsplit_once('.')?;
        Some(Self {
            number: number.to_owned(),
            seq: seq.parse().ok()?,
        })
    }

    pub fn text(&self) -> String {
        format!("{}.{}", self.number, self.seq)
    }
}

/// One action on many cases.
#[derive(Clone, Debug)]
pub struct Order {
    pub action: Action,
    pub picks: Vec<Pick>,
    /// The same for all.
    pub fields: Map<String, Value>,
}

impl Order {
    /// # Errors
    /// 422 for another action, for fields that it does not have, for none or too many cases.
    pub fn check(&self) -> Result<(), Faults> {
        let known = ACTIONS.iter().find(|(action, _)| *action == self.action);
        let Some((_, fields)) = known else {
            return Err(Faults::one("action", FieldFault::UnknownChoice));
        };
        let mut faults = Faults::new();
        for name in self
            .fields
            .keys()
            .filter(|name| !fields.contains(&name.as_str()))
        {
            faults.add(name.clone(), FieldFault::UnknownField);
        }
        match self.picks.len() {
            0 => faults.add("items", FieldFault::Required),
            n if n > MOST => faults.add("items", FieldFault::TooMany { max: MOST }),
            _ => {}
        }
        if self.action == Action::Supervise && blank(self.fields.get("due_on")) {
            faults.add("due_on", FieldFault::Required);
        }
        faults.into_result(Some(()))
    }
}

fn blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        _ => false,
    }
}

/// What became, or would become, of one case.
#[derive(Debug)]
pub struct Verdict {
    pub pick: Pick,
    /// None when there is no such case for the caller.
    pub case: Option<Model>,
    /// Who leads, when the action says so.
    pub lead: Option<UnitId>,
    /// Number of the last event after it.
    pub done: AppResult<Option<u64>>,
}

/// What is read once for all cases of an order.
struct Rules {
    by: By,
    dispatcher: Dispatcher,
    book: Book,
}

impl Rules {
    async fn load(app: &App, actor: &Actor) -> AppResult<Self> {
        let db = app.db.read();
        Ok(Self {
            by: door::acting(db, actor).await?,
            dispatcher: Dispatcher::load(db, actor.office).await?,
            book: Book::load(db, actor.office, app.db.now()).await?,
        })
    }

    /// How urgent a case is unless somebody says otherwise.
    fn urgency(&self, case: &Model) -> Urgency {
        let known = case.urgency.as_deref().and_then(Urgency::from_code);
        let category = case
            .category
            .as_deref()
            .and_then(|code| self.book.category(code));
        known
            .or(category.map(|category| category.urgency))
            .unwrap_or(Urgency::Ordinary)
    }
}

/// What would become of each case.
///
/// # Errors
/// 422 as [`Order::check`].
pub async fn preview(app: &App, actor: &Actor, order: &Order) -> AppResult<Vec<Verdict>> {
    order.check()?;
    let rules = Rules::load(app, actor).await?;
    let mut verdicts = Vec::with_capacity(order.picks.len());
    for pick in &order.picks {
        verdicts.push(one(app, actor, &rules, order, pick, None).await?);
    }
    Ok(verdicts)
}

/// Does it, case by case.
///
/// # Errors
/// 422 as [`Order::check`]; 422 `idempotency_key_reused` when the key came with another order.
pub async fn apply(
    app: &App,
    actor: &Actor,
    order: &Order,
    once: &Once,
) -> AppResult<(Vec<Verdict>, bool)> {
    order.check()?;
    let begun = app
        .db
        .write_once(once.clone(), |_| async { Ok(()) })
        .await?;
    let rules = Rules::load(app, actor).await?;
    let mut verdicts = Vec::with_capacity(order.picks.len());
    for pick in &order.picks {
        verdicts.push(one(app, actor, &rules, order, pick, Some(once)).await?);
    }
    Ok((verdicts, begun.replayed))
}

/// # Errors
/// Only what is not the case's own: everything else is its verdict.
async fn one(
    app: &App,
    actor: &Actor,
    rules: &Rules,
    order: &Order,
    pick: &Pick,
    once: Option<&Once>,
) -> AppResult<Verdict> {
    let found = store::find_for(app.db.read(), actor.office, Sight::of(actor), &pick.number);
    let mut verdict = Verdict {
        pick: pick.clone(),
        case: None,
        lead: None,
        done: Ok(None),
    };
    let case = match found.await {
        Ok(case) => case,
        Err(error @ AppError::Problem(_)) => {
            verdict.done = Err(error);
            return Ok(verdict);
        }
        Err(error) => return Err(error),
    };
    let done = match fields(rules, &case, order) {
        Ok(fields) => {
            verdict.lead = fields
                .get("lead")
                .and_then(Value::as_str)
                .and_then(|id| id.parse().ok());
            let act = Act {
                office: case.office_id,
                id: case.id,
                kind: case.kind,
                action: order.action,
                expected_seq: Some(pick.seq),
                fields,
                uploads: Vec::new(),
                people: Vec::new(),
                by: rules.by,
                once: once.map_or_else(Once::unkeyed, |once| once.part(&case.number)),
            };
            match once {
                Some(_) => commands::act_once(app, act)
                    .await
                    .map(|done| Some(done.value)),
                None => commands::rehearse(app, act).await.map(|()| None),
            }
        }
        Err(refused) => Err(refused),
    };
    verdict.case = Some(case);
    verdict.done = match done {
        Err(AppError::Internal(error)) => return Err(AppError::Internal(error)),
        done => done,
    };
    Ok(verdict)
}

/// The fields of the action for one case: what the order says, and what the case or the rules add.
fn fields(rules: &Rules, case: &Model, order: &Order) -> AppResult<Map<String, Value>> {
    let Some(known) = Command::fields(case.kind, order.action) else {
        let refused = AppError::conflict("not_now").with("guard", "not_for_this_kind");
        return Err(refused);
    };
    let knows = |name: &str| known.iter().any(|field| field.name == name);
    if knows("mediator") {
        // Who mediates is chosen case by case, with the parties.
        return Err(AppError::unprocessable("mediator_by_hand"));
    }
    let mut fields: Map<String, Value> = order
        .fields
        .iter()
        .filter(|(name, value)| knows(name) && !blank(Some(value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|_| knows(name) && !fields.contains_key(name)) {
            fields.insert(name.to_owned(), value.into());
        }
    };
    match order.action {
        Action::Accept => {
            add("category", case.category.clone());
            add("urgency", Some(rules.urgency(case).code().to_owned()));
        }
        Action::Dispatch => {
            let by_rule = order.fields.get("lead").and_then(Value::as_str);
            let by_rule = by_rule.is_none_or(|lead| lead.is_empty() || lead == "rule");
            if !by_rule {
                add("basis", Some("manual".into()));
                return Ok(fields);
            }
            let category = case.category.as_deref();
            let Some(rule) = rules.dispatcher.lead_for(category, case.area_id) else {
                return Err(AppError::unprocessable("no_dispatch_rule"));
            };
            fields.insert("lead".into(), rule.lead.to_string().into());
            fields.insert("basis".into(), "rule".into());
            if !fields.contains_key("co_units") {
                let co_units = rule
                    .co_units
                    .iter()
                    .map(|unit| Value::from(unit.to_string()));
                fields.insert("co_units".into(), co_units.collect());
            }
        }
        _ => {}
    }
    Ok(fields)
}

/// Why a case is refused, in the reader's words: the guard's, or each field's.
pub fn why(lang: Lang, order: &Order, verdict: &Verdict) -> Option<(String, Box<Problem>)> {
    let Err(AppError::Problem(problem)) = &verdict.done else {
        return None;
    };
    let error = AppError::Problem(problem.clone());
    let error = match &verdict.case {
        Some(case) => words::explain(lang, case.kind, order.action, case.stage, error),
        None => error,
    };
    let AppError::Problem(problem) = error else {
        return None;
    };
    if problem.errors.is_empty() {
        return Some((problem_text(lang, &problem), problem));
    }
    let fields = verdict
        .case
        .as_ref()
        .and_then(|case| Command::fields(case.kind, order.action));
    let said = problem.errors.iter().map(|error| {
        let field = fields
            .into_iter()
            .flatten()
            .find(|field| field.name == error.field);
        let label = field.map(|field| words::field(lang, order.action, field));
        let fault = fault_text(lang, error);
        match label {
            Some(label) => crate::platform::text::say(
                lang,
                "case.condition",
                &[("label", label), ("value", fault)],
            ),
            None => fault,
        }
    });
    let said: Vec<_> = said.collect();
    Some((said.join(&words::say(lang, "case.and")), problem))
}

/// A verdict as the page shows it; `asked` when the action was tried at all.
pub fn row(lang: Lang, people: &People, order: &Order, verdict: &Verdict) -> BulkRow {
    let lead = verdict
        .lead
        .or(verdict.case.as_ref().and_then(|case| case.lead_unit_id));
    let lead = lead.and_then(|unit| people.units.get(&unit));
    let why = why(lang, order, verdict);
    let mut row = bare(lang, &verdict.pick, verdict.case.as_ref());
    row.lead = lead.map(|(name, _)| name.clone()).unwrap_or_default();
    row.verdict = if why.is_some() { "refused" } else { "ok" };
    row.why = why.map(|(why, _)| why).unwrap_or_default();
    row
}

/// A ticked case before anything was asked about it.
pub fn bare(lang: Lang, pick: &Pick, case: Option<&Model>) -> BulkRow {
    BulkRow {
        number: pick.number.clone(),
        pick: pick.text(),
        title: case.map(|case| case.title.clone()).unwrap_or_default(),
        href: format!("/cases/{}", pick.number),
        state: case
            .map(|case| words::state(lang, case.kind, (case.stage, case.step, case.outcome)))
            .unwrap_or_default(),
        lead: String::new(),
        verdict: "",
        why: String::new(),
    }
}
