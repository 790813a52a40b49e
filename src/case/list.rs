//! The ledger as a list: filters with counts, rows with deadlines in words.
use super::{
    door::{self, Reader, Sight},
    hook::{Asked, Hooks, ListLine},
    pages::{LedgerPage, Pill, Row},
    store::{self, Filter, People},
    words,
};
use crate::{
    account,
    domain::{
        calendar::day_of,
        case::{Kind, Stage},
        fault::{Faults, FieldFault},
        id::{CaseId, UnitId},
    },
    entity::case::Model,
    error::AppResult,
    platform::{App, api::PageQuery, text::Lang},
};
use serde::Deserialize;
use std::collections::HashMap;

/// `?kind=&stage=&unit=&overdue=&mine=&q=` of a list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// employment_match, resident_request, …
    pub kind: Option<String>,
    /// registered, accepted, dispatched, handling, suspended, verifying, closed, …
    pub stage: Option<String>,
    /// Id of the unit that leads.
    pub unit: Option<String>,
    /// yes: only those whose deadline is over.
    pub overdue: Option<String>,
    /// yes: only those that wait for the caller.
    pub mine: Option<String>,
    /// A number, its beginning, or words of the title.
    pub q: Option<String>,
    /// Of the page: mine or overdue.
    #[param(ignore)]
    pub show: Option<String>,
    /// At most 200, 50 when absent.
    pub limit: Option<u64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn yes(text: Option<&str>) -> Result<bool, FieldFault> {
    match given(text) {
        None | Some("no" | "false" | "0") => Ok(false),
        Some("yes" | "true" | "1") => Ok(true),
        Some(_) => Err(FieldFault::UnknownChoice),
    }
}

impl ListQuery {
    /// # Errors
    /// 422 with what no filter understands.
    pub async fn filter(&self, app: &App, account: &account::Actor) -> AppResult<Filter> {
        let mut faults = Faults::new();
        let kind = given(self.kind.as_deref())
            .map(|code| Kind::from_code(code).ok_or(FieldFault::UnknownChoice));
        let stage = given(self.stage.as_deref())
            .map(|code| Stage::from_code(code).ok_or(FieldFault::UnknownChoice));
        let unit = given(self.unit.as_deref())
            .map(|id| id.parse::<UnitId>().map_err(|_| FieldFault::Format));
        let kind = faults.take("kind", kind.transpose()).flatten();
        let stage = faults.take("stage", stage.transpose()).flatten();
        let unit = faults.take("unit", unit.transpose()).flatten();
        let overdue = faults.take("overdue", yes(self.overdue.as_deref()));
        let mine = faults.take("mine", yes(self.mine.as_deref()));
        faults.into_result(overdue.zip(mine))?;
        let shown = |name| given(self.show.as_deref()) == Some(name);
        let now = app.db.now();
        let mut filter = Filter {
            kind,
            stage,
            unit,
            words: self.q.clone().unwrap_or_default(),
            ..Filter::default()
        };
        if overdue == Some(true) || shown("overdue") {
            filter.overdue = Some(now);
        }
        if mine == Some(true) || shown("mine") {
            filter.waiting = Some(waiting(app, account).await?);
        }
        Ok(filter)
    }

    /// Where a pill leads: the same list with another stage, kind or queue.
    fn href(&self, kind: Option<&str>, stage: Option<&str>, show: Option<&str>) -> String {
        let pairs = [
            ("kind", kind),
            ("stage", stage),
            ("show", show),
            ("q", given(self.q.as_deref())),
        ];
        address(&pairs)
    }
}

fn address(pairs: &[(&str, Option<&str>)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<_> = pairs
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", encode(given(*value)?))))
        .collect();
    if pairs.is_empty() {
        "/cases".to_owned()
    } else {
        format!("/cases?{}", pairs.join("&"))
    }
}

type Waiting = (
    crate::domain::case::Parts,
    Option<UnitId>,
    chrono::NaiveDate,
);

async fn waiting(app: &App, account: &account::Actor) -> AppResult<Waiting> {
    use crate::domain::case::{HANDLING, Part};
    let actor = door::acting(app.db.read(), account).await?;
    let mut parts = actor.parts(Kind::ResidentRequest, None, None);
    // Parts that somebody plays only in the cases of his unit or employer.
    if HANDLING.contains(&account.role) {
        parts.add(Part::Handler);
    }
    if account.leader {
        parts.add(Part::UnitLeader);
    }
    match account.role {
        crate::domain::role::Role::Mediator => {
            parts.add(Part::Mediator);
            // The head of a committee signs for it.
            if account.leader {
                parts.add(Part::Handler);
            }
        }
        crate::domain::role::Role::Employer => parts.add(Part::Employer),
        _ => {}
    }
    Ok((parts, account.unit, day_of(app.db.now())))
}

/// One page of cases, cut to the limit, and the cursor of the next.
pub async fn cut(
    app: &App,
    account: &account::Actor,
    filter: &Filter,
    page: &PageQuery,
) -> AppResult<(Vec<Model>, Option<String>)> {
    let (limit, after) = (page.limit()?, page.after()?);
    let (db, sight) = (app.db.read(), Sight::of(account));
    let mut rows = store::list(db, account.office, sight, filter, after, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= most {
        return Ok((rows, None));
    }
    rows.truncate(most);
    let next = rows.last().map(|row| row.id.to_string());
    Ok((rows, next))
}

/// What the capabilities above say about these cases.
pub async fn lines(
    app: &App,
    hooks: Hooks,
    account: &account::Actor,
    lang: Lang,
    rows: &[Model],
) -> AppResult<HashMap<CaseId, ListLine>> {
    let mut lines = HashMap::new();
    for of_kind in hooks.0 {
        let ids: Vec<_> = rows
            .iter()
            .filter(|row| row.kind == of_kind.kind)
            .map(|row| row.id)
            .collect();
        let Some(first) = ids.first() else { continue };
        let asked = Asked {
            office: account.office,
            case: *first,
            reader: Reader::of(account),
            role: Some(account.role),
            lang,
        };
        lines.extend((of_kind.lines)(app.clone(), asked, ids).await?);
    }
    Ok(lines)
}

fn row(
    app: &App,
    lang: Lang,
    reader: Reader,
    people: &People,
    case: &Model,
    line: ListLine,
) -> Row {
    let unit = case.lead_unit_id.and_then(|unit| people.units.get(&unit));
    let area = case.area_id.and_then(|area| people.areas.get(&area));
    let notes = [line.who, line.note, area.cloned().unwrap_or_default()];
    let notes: Vec<_> = notes.into_iter().filter(|note| !note.is_empty()).collect();
    Row {
        number: case.number.clone(),
        title: case.title.clone(),
        href: format!("/cases/{}", case.number),
        note: notes.join(" · "),
        source: if line.source.is_empty() {
            words::kind(lang, case.kind)
        } else {
            line.source
        },
        lead: unit.map_or(line.lead, |(name, _)| name.clone()),
        due: case.due_at.map(|due| words::term(lang, app.db.now(), due)),
        state: words::state(lang, case.kind, (case.stage, case.step, case.outcome)),
        tone: words::tone(case.stage, case.outcome),
        supervised: case.supervised && reader.is_office(),
    }
}

/// The page of the list.
pub async fn ledger(
    app: &App,
    hooks: Hooks,
    account: &account::Actor,
    lang: Lang,
    query: &ListQuery,
) -> AppResult<LedgerPage> {
    let filter = query.filter(app, account).await?;
    let page = PageQuery {
        limit: Some(PAGE),
        cursor: query.cursor.clone(),
    };
    let (rows, next) = cut(app, account, &filter, &page).await?;
    let mut lines = lines(app, hooks, account, lang, &rows).await?;
    let people = store::people(app.db.read(), account.office).await?;
    let reader = Reader::of(account);
    let (stages, kinds) = pills(app, account, lang, query, &filter).await?;
    let kept = [
        ("kind", query.kind.as_deref()),
        ("stage", query.stage.as_deref()),
        ("show", query.show.as_deref()),
        ("q", query.q.as_deref()),
    ];
    let next = next.map(|cursor| {
        let mut pairs = kept.to_vec();
        pairs.push(("cursor", Some(&cursor)));
        address(&pairs)
    });
    let filtered = kept.iter().any(|(_, value)| given(*value).is_some());
    Ok(LedgerPage {
        stages,
        kinds,
        q: query.q.clone().unwrap_or_default(),
        kind: query.kind.clone().unwrap_or_default(),
        show: query.show.clone().unwrap_or_default(),
        rows: rows
            .iter()
            .map(|case| {
                let line = lines.remove(&case.id).unwrap_or_default();
                row(app, lang, reader, &people, case, line)
            })
            .collect(),
        next,
        first: query.cursor.as_ref().map(|_| address(&kept)),
        nothing: match query.show.as_deref() {
            Some("mine") => "mine",
            _ if filtered => "filter",
            _ => "",
        },
    })
}

const PAGE: u64 = 30;

type Pills = (Vec<Pill>, Vec<Pill>);

/// The filters with what each would show.
async fn pills(
    app: &App,
    account: &account::Actor,
    lang: Lang,
    query: &ListQuery,
    filter: &Filter,
) -> AppResult<Pills> {
    let (db, sight, office) = (app.db.read(), Sight::of(account), account.office);
    let any = Filter {
        words: filter.words.clone(),
        unit: filter.unit,
        ..Filter::default()
    };
    let counts = store::counts(db, office, sight, &any).await?;
    let within = Filter {
        kind: filter.kind,
        ..any
    };
    let mine = Filter {
        waiting: Some(waiting(app, account).await?),
        ..within.clone()
    };
    let late = Filter {
        overdue: Some(app.db.now()),
        ..within
    };
    let counted = Counted {
        lang,
        query,
        filter,
        counts,
        mine: store::whole(db, office, sight, &mine).await?,
        late: store::whole(db, office, sight, &late).await?,
    };
    Ok((counted.stages(), counted.kinds(sight)))
}

struct Counted<'a> {
    lang: Lang,
    query: &'a ListQuery,
    filter: &'a Filter,
    counts: Vec<(Kind, Stage, i64)>,
    mine: u64,
    late: u64,
}

impl Counted<'_> {
    fn of(&self, kind: Option<Kind>, stage: Option<Stage>) -> i64 {
        let fits = self.counts.iter().filter(|(k, s, _)| {
            kind.is_none_or(|kind| kind == *k) && stage.is_none_or(|stage| stage == *s)
        });
        fits.map(|(_, _, n)| n).sum()
    }

    /// All, the reader's own queue, what is late, and each stage in which there is something.
    fn stages(&self) -> Vec<Pill> {
        let (kind, shown) = (self.filter.kind, given(self.query.show.as_deref()));
        let code = kind.map(Kind::code);
        let queue = |key: &str, show: &str, count: u64| Pill {
            label: words::say(self.lang, key),
            href: self.query.href(code, None, Some(show)),
            count: i64::try_from(count).unwrap_or(i64::MAX),
            current: shown == Some(show),
        };
        let mut pills = vec![
            Pill {
                label: words::say(self.lang, "common.all"),
                href: self.query.href(code, None, None),
                count: self.of(kind, None),
                current: shown.is_none() && self.filter.stage.is_none(),
            },
            queue("case.mine", "mine", self.mine),
            queue("case.overdue", "overdue", self.late),
        ];
        for stage in Stage::ALL {
            let (count, current) = (
                self.of(kind, Some(*stage)),
                self.filter.stage == Some(*stage),
            );
            if count > 0 || current {
                pills.push(Pill {
                    label: stage_name(self.lang, kind, *stage),
                    href: self.query.href(code, Some(stage.code()), None),
                    count,
                    current,
                });
            }
        }
        pills
    }

    /// Nothing to choose with one kind.
    fn kinds(&self, sight: Sight) -> Vec<Pill> {
        let asked = self.filter.kind;
        let there = |kind: &&Kind| self.of(Some(**kind), None) > 0 || asked == Some(**kind);
        let there: Vec<_> = sight.kinds().iter().filter(there).collect();
        if there.len() < 2 {
            return Vec::new();
        }
        let stage = self.filter.stage.map(Stage::code);
        let shown = given(self.query.show.as_deref());
        let any = Pill {
            label: words::say(self.lang, "case.all_kinds"),
            href: self.query.href(None, stage, shown),
            count: self.of(None, None),
            current: asked.is_none(),
        };
        let each = there.into_iter().map(|kind| Pill {
            label: words::kind(self.lang, *kind),
            href: self.query.href(Some(kind.code()), stage, shown),
            count: self.of(Some(*kind), None),
            current: asked == Some(*kind),
        });
        std::iter::once(any).chain(each).collect()
    }
}

/// A stage as the filtered kind calls it, or as all do.
fn stage_name(lang: Lang, kind: Option<Kind>, stage: Stage) -> String {
    kind.map_or_else(
        || words::say(lang, &format!("case.stage.{stage}")),
        |kind| words::stage(lang, kind, stage),
    )
}
