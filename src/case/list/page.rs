//! The page of the list: pills with counts, the box of filters, rows.
use super::{
    found::{cut, lines},
    pages::{Condition, LedgerPage, Mark, Offers, Pill, Row},
    query::{self, ListQuery, PAGE, Show, given},
    views,
};
use crate::{
    account::Actor,
    case::{
        door::{Reader, Sight},
        hook::{Hooks, ListLine},
        pages::Choice,
        store::{self, Count, Filter, People, Tallies},
        view, words,
    },
    domain::{
        case::{Channel, Kind, Stage, Urgency},
        id::{AreaId, UnitId},
        moment,
    },
    entity::case::Model,
    error::{AppError, AppResult},
    platform::{App, form::Form, page::fault_text, text, text::Lang},
    rulebook::{self, Book},
};
use std::sync::Arc;

/// Rows of a page.
const ROWS: u64 = 30;

/// Words of the address that the box of filters sets.
const BOXED: &[&str] = &[
    "unit", "area", "group", "category", "channel", "urgency", "from", "to",
];

/// Words that the API has and the page says with a pill.
const TICKS: &[&str] = &["open", "overdue", "mine", "supervised", "callback"];

/// What names and codes are called.
pub(super) struct Names {
    pub lang: Lang,
    pub people: People,
    book: Book,
}

impl Names {
    pub async fn load(app: &App, actor: &Actor, lang: Lang) -> AppResult<Self> {
        let db = app.db.read();
        let (people, book) = tokio::try_join!(
            store::people(db, actor.office),
            Book::load(db, actor.office, app.db.now())
        )?;
        Ok(Self { lang, people, book })
    }

    /// A category as the office calls it; one that it no longer has by its code.
    pub fn category(&self, code: &str) -> String {
        let known = self.book.category(code);
        known
            .map_or(code, |known| rulebook::name(self.lang, known))
            .to_owned()
    }

    fn group(&self, code: &str) -> Option<String> {
        let known = self.book.groups().iter().find(|group| group.code == code);
        known.map(|known| rulebook::group_name(self.lang, known).to_owned())
    }

    /// One word of an address in the reader's words, with its label; none for what says nothing.
    pub fn condition(&self, name: &str, value: &str) -> Option<(String, String)> {
        let code = |list: &str| words::code(self.lang, list, value);
        let said = match name {
            "kind" => words::kind(self.lang, Kind::from_code(value)?),
            "stage" => words::say(
                self.lang,
                &format!("case.stage.{}", Stage::from_code(value)?),
            ),
            "unit" => {
                let id = value.parse::<UnitId>().ok()?;
                self.people.units.get(&id)?.0.clone()
            }
            "area" => {
                let id = value.parse::<AreaId>().ok()?;
                self.people.areas.get(&id)?.clone()
            }
            "category" => self.category(value),
            "group" => self.group(value)?,
            "channel" => Channel::from_code(value).map(|_| code("Channel"))?,
            "urgency" => Urgency::from_code(value).map(|_| code("Urgency"))?,
            "from" | "to" => words::day(self.lang, moment::day(value).ok()?),
            "show" if value == "all" => return None,
            "show" => words::say(self.lang, &format!("case.show.{value}")),
            "sort" if value == "newest" => return None,
            "sort" => words::say(self.lang, &format!("case.sort.{value}")),
            name if TICKS.contains(&name) => {
                if matches!(value, "no" | "false" | "0") {
                    return None;
                }
                words::say(self.lang, "case.yes")
            }
            _ => value.to_owned(),
        };
        Some((words::say(self.lang, &format!("case.by.{name}")), said))
    }

    /// «承办：市政养护；超期»
    pub fn described(&self, query: &ListQuery) -> String {
        let pairs = query.pairs();
        let said = pairs.iter().filter_map(|(name, value)| {
            let (label, value) = self.condition(name, value)?;
            Some(text::say(
                self.lang,
                "case.condition",
                &[("label", label), ("value", value)],
            ))
        });
        let said: Vec<_> = said.collect();
        if said.is_empty() {
            return words::say(self.lang, "case.everything");
        }
        said.join(&words::say(self.lang, "case.and"))
    }

    pub fn row(
        &self,
        now: chrono::DateTime<chrono::Utc>,
        reader: Reader,
        case: &Model,
        line: ListLine,
    ) -> Row {
        let unit = case
            .lead_unit_id
            .and_then(|unit| self.people.units.get(&unit));
        let area = case.area_id.and_then(|area| self.people.areas.get(&area));
        let category = case.category.as_deref().map(|code| self.category(code));
        let notes = [Some(line.who), Some(line.note), category, area.cloned()];
        let notes: Vec<_> = notes
            .into_iter()
            .flatten()
            .filter(|note| !note.is_empty())
            .collect();
        let channel = case.channel.as_deref().and_then(Channel::from_code);
        Row {
            number: case.number.clone(),
            pick: format!("{}.{}", case.number, case.seq),
            title: view::title(self.lang, case, &self.book),
            href: format!("/cases/{}", case.number),
            note: notes.join(" · "),
            source: match (line.source.is_empty(), channel) {
                (false, _) => line.source,
                (true, Some(channel)) => words::code(self.lang, "Channel", channel.code()),
                (true, None) => words::kind(self.lang, case.kind),
            },
            lead: unit.map_or(line.lead, |(name, _)| name.clone()),
            due: case.due_at.map(|due| words::term(self.lang, now, due)),
            state: words::state(self.lang, case.kind, (case.stage, case.step, case.outcome)),
            tone: words::tone(case.stage, case.outcome),
            marks: if reader.is_office() {
                self.marks(case)
            } else {
                Vec::new()
            },
            recorded_at: case.recorded_at.to_rfc3339(),
        }
    }

    /// What makes a case unlike the others.
    fn marks(&self, case: &Model) -> Vec<Mark> {
        let open = case.open;
        let urgent = case.urgency.as_deref() == Some(Urgency::Emergency.code());
        let n = |key: &str, n: i32| text::say(self.lang, key, &[("n", n.to_string())]);
        let marks = [
            (
                open && urgent,
                words::code(self.lang, "Urgency", "emergency"),
                "bad",
            ),
            (
                case.supervised,
                words::say(self.lang, "case.supervised"),
                "bad",
            ),
            (
                open && case.level > 0,
                n("case.mark.level", case.level),
                "warn",
            ),
            (
                case.reopen_no > 0,
                n("case.mark.reopened", case.reopen_no),
                "warn",
            ),
            (
                case.rework_no > 0,
                n("case.mark.reworked", case.rework_no),
                "warn",
            ),
            (
                case.needs_callback,
                words::say(self.lang, "case.show.callback"),
                "info",
            ),
        ];
        marks
            .into_iter()
            .filter(|(shown, ..)| *shown)
            .map(|(_, label, tone)| Mark { label, tone })
            .collect()
    }
}

/// The page of the list.
///
/// # Errors
/// What the query cannot be understood by, when that is not one of its words.
pub async fn ledger(
    app: &App,
    hooks: Hooks,
    actor: &Actor,
    lang: Lang,
    query: &ListQuery,
) -> AppResult<LedgerPage> {
    let reader = Reader::of(actor);
    let filter = query.filter(app, actor).await?;
    let after = query
        .cursor
        .as_deref()
        .map(store::Cursor::read)
        .transpose()?;
    let (names, (rows, next), counted) = tokio::try_join!(
        Names::load(app, actor, lang),
        cut(app, actor, &filter, (ROWS, after)),
        counted(app, actor, lang, query, &filter)
    )?;
    let (mut lines, mut page) = tokio::try_join!(
        lines(app, hooks, actor, lang, &rows),
        frame(app, actor, &names, query)
    )?;
    let now = app.db.now();
    page.queues = counted.queues(reader, actor);
    page.stages = counted.stages();
    page.kinds = counted.kinds(Sight::of(actor));
    page.rows = rows
        .iter()
        .map(|case| {
            names.row(
                now,
                reader,
                case,
                lines.remove(&case.id).unwrap_or_default(),
            )
        })
        .collect();
    page.next = next.map(|cursor| query.with(PAGE, &[("cursor", &cursor)]));
    page.first = query.cursor.as_ref().map(|_| query.with(PAGE, &[]));
    page.nothing = match given(query.show.as_deref()) {
        Some("mine") => "mine",
        _ if !query.canonical().is_empty() => "filter",
        _ => "",
    };
    Ok(page)
}

/// The page that shows what is wrong with the filters, and no rows.
///
/// # Errors
/// The error itself when no word of the filters is to blame.
pub async fn wrong(
    app: &App,
    actor: &Actor,
    lang: Lang,
    query: &ListQuery,
    error: AppError,
) -> AppResult<LedgerPage> {
    if error.field_errors().is_empty() {
        return Err(error);
    }
    let names = Names::load(app, actor, lang).await?;
    let mut page = frame(app, actor, &names, query).await?;
    for fault in error.field_errors() {
        let said = fault_text(lang, fault);
        page.form.faults.push((fault.field.clone(), said.clone()));
        page.form.errors.insert(fault.field.clone(), said);
    }
    page.conditions = Vec::new();
    page.query = String::new();
    page.nothing = "filter";
    Ok(page)
}

/// Everything but what was found.
async fn frame(
    app: &App,
    actor: &Actor,
    names: &Names,
    query: &ListQuery,
) -> AppResult<LedgerPage> {
    let office = Reader::of(actor).is_office();
    let pairs = query.pairs();
    let kept = |drop: &dyn Fn(&str) -> bool| -> Vec<(&'static str, String)> {
        let kept = pairs.iter().filter(|(name, _)| !drop(name));
        kept.map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    let canonical = query.canonical();
    let (views, offers) = if office {
        tokio::try_join!(
            views::pills(app, actor, &canonical),
            offers(app, actor, names)
        )?
    } else {
        (Vec::new(), Offers::default())
    };
    let boxed = pairs.iter().filter(|(name, _)| BOXED.contains(name));
    let conditions = pairs
        .iter()
        .filter(|(name, _)| BOXED.contains(name) || TICKS.contains(name))
        .filter_map(|(name, value)| {
            let (label, value) = names.condition(name, value)?;
            Some(Condition {
                label,
                value,
                href: query.with(PAGE, &[(name, "")]),
            })
        });
    Ok(LedgerPage {
        orders: orders(names.lang, query),
        views,
        q: query.q.clone().unwrap_or_default(),
        form: Form::filled(boxed.map(|(name, value)| (*name, (*value).to_owned()))),
        offers,
        box_keeps: kept(&|name| BOXED.contains(&name)),
        search_keeps: kept(&|name| name == "q").into_iter().collect(),
        conditions: conditions.collect(),
        query: canonical,
        staff: office,
        bulk: actor.is(super::bulk::DISPATCHERS),
        leader: actor.leader && actor.unit.is_some(),
        print: query.with("/cases/print", &[]),
        book: query.with("/cases.xlsx", &[]),
        here: query.with(PAGE, &[]),
        ..LedgerPage::default()
    })
}

fn orders(lang: Lang, query: &ListQuery) -> Vec<Pill> {
    let by_due = given(query.sort.as_deref()) == Some("due");
    let pill = |key: &str, sort: &str, current| Pill {
        label: words::say(lang, key),
        href: query.with(PAGE, &[("sort", sort)]),
        count: None,
        current,
    };
    vec![
        pill("case.sort.newest", "", !by_due),
        pill("case.sort.due", "due", by_due),
    ]
}

async fn offers(app: &App, actor: &Actor, names: &Names) -> AppResult<Offers> {
    let db = app.db.read();
    let choice = |value: String, label: String| Choice::new(value, label);
    let codes = |list: &str, codes: Vec<&'static str>| {
        let named = codes.into_iter();
        named
            .map(|code| choice(code.to_owned(), words::code(names.lang, list, code)))
            .collect::<Vec<_>>()
    };
    let mut units: Vec<_> = names
        .people
        .units
        .iter()
        .map(|(id, (name, _))| choice(id.to_string(), name.clone()))
        .collect();
    units.sort_by(|a, b| a.label.cmp(&b.label));
    let places = store::places(db, actor.office).await?;
    // Spaces at the start of a choice are not shown, unless they are ideographic.
    let place = |(id, name, depth): (AreaId, String, usize)| {
        choice(
            id.to_string(),
            format!("{}{name}", "\u{3000}".repeat(depth)),
        )
    };
    let (book, lang) = (&names.book, names.lang);
    let groups = book.groups().iter();
    let groups = groups.map(|one| choice(one.code.clone(), rulebook::group_name(lang, one).into()));
    let categories = book.categories().iter();
    let categories =
        categories.map(|one| choice(one.code.clone(), rulebook::name(lang, one).into()));
    Ok(Offers {
        units,
        areas: places.into_iter().map(place).collect(),
        groups: groups.collect(),
        categories: categories.collect(),
        channels: codes(
            "Channel",
            Channel::ALL.iter().map(|one| one.code()).collect(),
        ),
        urgencies: codes(
            "Urgency",
            Urgency::ALL.iter().map(|one| one.code()).collect(),
        ),
    })
}

/// Counts everything that a pill may show.
async fn counted<'a>(
    app: &App,
    actor: &Actor,
    lang: Lang,
    query: &'a ListQuery,
    filter: &'a Filter,
) -> AppResult<Counted<'a>> {
    let any = Filter {
        unit: given(query.unit.as_deref()).and(filter.unit),
        area: filter.area.clone(),
        category: filter.category.clone(),
        channel: filter.channel,
        urgency: filter.urgency,
        since: filter.since,
        before: filter.before,
        words: filter.words.clone(),
        ..Filter::default()
    };
    Ok(Counted {
        lang,
        query,
        filter,
        tallies: query::tallies(app, actor, &any).await?,
    })
}

struct Counted<'a> {
    lang: Lang,
    query: &'a ListQuery,
    filter: &'a Filter,
    tallies: Arc<Tallies>,
}

impl Counted<'_> {
    fn shown(&self) -> Option<&str> {
        given(self.query.show.as_deref()).filter(|show| *show != "all")
    }

    /// All, and the queues of open cases that may concern the reader.
    fn queues(&self, reader: Reader, actor: &Actor) -> Vec<Pill> {
        let (kind, shown) = (self.filter.kind, self.shown());
        let marks = self.tallies.marks(kind);
        let all = Pill {
            label: words::say(self.lang, "common.all"),
            href: self.query.with(PAGE, &[("show", ""), ("stage", "")]),
            count: told(self.tallies.of(kind, None)),
            current: shown.is_none() && self.filter.stage.is_none(),
        };
        let queues = Show::ALL.iter().filter(|show| match show {
            Show::Mine | Show::Overdue => true,
            Show::Unit => reader.is_office() && actor.unit.is_some(),
            Show::Callback => {
                reader.is_office() && (marks.callback > 0 || shown == Some("callback"))
            }
            Show::Supervised => {
                reader.is_office() && (marks.supervised > 0 || shown == Some("supervised"))
            }
        });
        let queues = queues.map(|show| Pill {
            label: words::say(self.lang, &format!("case.show.{}", show.code())),
            href: self
                .query
                .with(PAGE, &[("stage", ""), ("show", show.code())]),
            count: Some(
                match show {
                    Show::Mine => marks.mine,
                    Show::Unit => marks.team,
                    Show::Overdue => marks.late,
                    Show::Callback => marks.callback,
                    Show::Supervised => marks.supervised,
                }
                .to_string(),
            ),
            current: shown == Some(show.code()),
        });
        std::iter::once(all).chain(queues).collect()
    }

    /// Each stage in which there is something.
    fn stages(&self) -> Vec<Pill> {
        let kind = self.filter.kind;
        let there = Stage::ALL.iter().filter(|stage| {
            self.filter.stage == Some(**stage) || self.tallies.any(kind, Some(**stage))
        });
        there
            .map(|stage| Pill {
                label: stage_name(self.lang, kind, *stage),
                href: self
                    .query
                    .with(PAGE, &[("show", ""), ("stage", stage.code())]),
                count: told(self.tallies.of(kind, Some(*stage))),
                current: self.filter.stage == Some(*stage),
            })
            .collect()
    }

    /// Nothing to choose with one kind.
    fn kinds(&self, sight: Sight) -> Vec<Pill> {
        let asked = self.filter.kind;
        let there = |kind: &&Kind| self.tallies.any(Some(**kind), None) || asked == Some(**kind);
        let there: Vec<_> = sight.kinds().iter().filter(there).collect();
        if there.len() < 2 {
            return Vec::new();
        }
        let any = Pill {
            label: words::say(self.lang, "case.all_kinds"),
            href: self.query.with(PAGE, &[("kind", "")]),
            count: told(self.tallies.of(None, None)),
            current: asked.is_none(),
        };
        let each = there.into_iter().map(|kind| Pill {
            label: words::kind(self.lang, *kind),
            href: self.query.with(PAGE, &[("kind", kind.code())]),
            count: told(self.tallies.of(Some(*kind), None)),
            current: asked == Some(*kind),
        });
        std::iter::once(any).chain(each).collect()
    }
}

fn told(count: Option<Count>) -> Option<String> {
    count.map(|count| count.to_string())
}

/// A stage as the filtered kind calls it, or as all do.
fn stage_name(lang: Lang, kind: Option<Kind>, stage: Stage) -> String {
    kind.map_or_else(
        || words::say(lang, &format!("case.stage.{stage}")),
        |kind| words::stage(lang, kind, stage),
    )
}
