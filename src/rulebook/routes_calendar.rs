//! The working calendar of the office: a year at a glance, its own hours and days, and the notice
//! of a year that is imported after a look at what it changes.
use super::{
    book::Book,
    commands, desk_hours, form, notice,
    notice::{Doubt, NoticeFault},
    pages::{
        CalendarPage, ChangeLine, DayCell, DeskLine, Month, NoticePage, NoticePreview, OwnLine,
        RunLine, YearTab,
    },
    recount::{self, Moves},
    routes::{EDIT, EDITORS, READ, WRONG, to},
    store, view as words,
};
use crate::{
    account::{Actor, Routes},
    domain::{
        calendar::{
            Calendar, Day, Why, day_of,
            days::{Special, Year},
        },
        fault::{Faults, FieldFault},
        moment,
        text::Line,
    },
    entity::{calendar_day, calendar_run},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
        text,
    },
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

pub fn add(routes: Routes) -> Routes {
    routes
        .get(READ, "/office/rules/calendar", calendar)
        .post(EDIT, "/office/rules/calendar/hours", set_hours)
        .post(EDIT, "/office/rules/calendar/days", put_day)
        .post(EDIT, "/office/rules/calendar/days/{day}/remove", remove_day)
        .get(EDIT, "/office/rules/calendar/notice", notice_form)
        .post(EDIT, "/office/rules/calendar/notice", preview)
        .post(EDIT, "/office/rules/calendar/notice/confirm", import)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    year: Option<i32>,
}

/// Years that may be looked at.
const YEARS: std::ops::RangeInclusive<i32> = 2025..=2099;

async fn calendar(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = page_of(&app, &actor, &view, asked.year).await?;
    view.show(CalendarPage {
        flash: said.flash(&view, "rulebook"),
        ..page
    })
}

async fn page_of(
    app: &App,
    actor: &Actor,
    view: &View,
    year: Option<i32>,
) -> AppResult<CalendarPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let book = Book::load(db, actor.office, now).await?;
    let this_year = day_of(now).year();
    let year = year
        .filter(|year| YEARS.contains(year))
        .unwrap_or(this_year);
    let office = book.calendars().office();
    let own = store::own_days(db, actor.office).await?;
    let known = book.notices().year(year);
    let days = days_of(office, year);
    let mut years: Vec<i32> = book.notices().years().map(|year| year.year).collect();
    years.extend([this_year, this_year + 1, year]);
    years.sort_unstable();
    years.dedup();
    let tab = |one: i32| YearTab {
        label: one.to_string(),
        href: format!("/office/rules/calendar?year={one}"),
        current: one == year,
    };
    let week = words_of_week(office);
    let run = store::last_run(db, actor.office).await?;
    Ok(CalendarPage {
        flash: None,
        fault: None,
        year,
        years: years.into_iter().map(tab).collect(),
        provisional: known.is_none_or(|year| year.notice.is_none()),
        source: known.map_or_else(String::new, |year| year.source.clone()),
        published: known.and_then(|year| year.notice),
        working_days: days.iter().filter(|day| day.works()).count(),
        months: months(view, &days, &own),
        own_days: own
            .iter()
            .filter(|day| day.day.year() == year)
            .map(|day| own_line(view, day))
            .collect(),
        hours: Form::filled(week),
        own: Form::blank(),
        desks: desks(app, actor, view).await?,
        run: run.map(|run| run_line(view, &run)),
        may_write: actor.is(EDITORS),
    })
}

fn days_of(office: &Calendar, year: i32) -> Vec<Day> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    office
        .days(first)
        .take_while(|day| day.date.year() == year)
        .collect()
}

fn words_of_week(office: &Calendar) -> Vec<(&'static str, String)> {
    let days = form::WEEK.into_iter().zip(office.week());
    days.map(|(name, windows)| (name, words::typed_hours(windows)))
        .collect()
}

fn months(view: &View, days: &[Day], own: &[calendar_day::Model]) -> Vec<Month> {
    let months = days.chunk_by(|a, b| a.date.month() == b.date.month());
    months
        .filter_map(|days| {
            let first = days.first()?.date;
            Some(Month {
                number: first.month(),
                lead: first.weekday().num_days_from_monday(),
                days: days.iter().map(|day| cell(view, day, own)).collect(),
            })
        })
        .collect()
}

fn cell(view: &View, day: &Day, own: &[calendar_day::Model]) -> DayCell {
    let lang = view.lang;
    let weekend = day.date.weekday().number_from_monday() > 5;
    let occasion = |code: &str| words::say(lang, &format!("desk.occasion.{code}"));
    let (state, why) = match (day.why, day.works()) {
        (Why::Holiday(what), _) => ("off", occasion(what.code())),
        (Why::MovedWork(what), _) => {
            let holes = [("occasion", occasion(what.code()))];
            ("moved", text::say(lang, "rulebook.day.moved", &holes))
        }
        (Why::Office, works) => {
            let row = own.iter().find(|row| row.day == day.date);
            let note = row.map_or_else(String::new, |row| row.note.clone());
            (if works { "own_on" } else { "own_off" }, note)
        }
        (Why::Week, true) => ("week", String::new()),
        (Why::Week, false) if weekend => ("rest", String::new()),
        (Why::Week, false) => ("rest", words::say(lang, "rulebook.day.closed")),
    };
    DayCell {
        day: day.date.day(),
        state,
        title: format!("{} {why}", words::day(view, day.date))
            .trim_end()
            .to_owned(),
    }
}

fn own_line(view: &View, row: &calendar_day::Model) -> OwnLine {
    let hours = row.from_minute.zip(row.to_minute);
    let hours = hours.and_then(|(from, to)| super::rota::window(from, to).ok());
    let what = match (row.works, hours) {
        (false, _) => words::say(view.lang, "rulebook.day.closed"),
        (true, Some(window)) => {
            let holes = [("hours", words::hours(&[window]))];
            text::say(view.lang, "rulebook.day.hours", &holes)
        }
        (true, None) => words::say(view.lang, "rulebook.day.open"),
    };
    OwnLine {
        date: row.day,
        weekday: words::weekday(view.lang, row.day),
        what,
        note: row.note.clone(),
    }
}

async fn desks(app: &App, actor: &Actor, view: &View) -> AppResult<Vec<DeskLine>> {
    let (db, now) = (app.db.read(), app.db.now());
    let calendars = desk_hours::calendars(db, actor.office, now).await?;
    let sites = desk_hours::sites(db, actor.office).await?;
    let line = |(_, code, name): (_, String, String)| {
        let calendar = desk_hours::name(&code);
        let known = calendars.iter().find(|one| one.name() == calendar);
        DeskLine {
            name,
            hours: known.map_or_else(
                || words::say(view.lang, "rulebook.desk.no_hours"),
                |one| words::week(view.lang, one.week()),
            ),
            calendar,
        }
    };
    Ok(sites.into_iter().map(line).collect())
}

fn run_line(view: &View, run: &calendar_run::Model) -> RunLine {
    let key = match (run.done_at, run.failed) {
        (None, _) => "going_on",
        (Some(_), 0) => "done",
        (Some(_), _) => "failed",
    };
    let holes = [
        ("seen", run.seen.to_string()),
        ("moved", run.moved.to_string()),
        ("failed", run.failed.to_string()),
        ("day", view.day(day_of(run.started_at))),
    ];
    RunLine {
        text: text::say(view.lang, &format!("rulebook.run.{key}"), &holes),
        tone: match key {
            "done" => "ok",
            _ => "warn",
        },
    }
}

async fn set_hours(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let week = form::week(&sent)?;
        commands::set_hours(&app.db, &actor, week).await
    };
    match done.await {
        Ok(()) => Ok(to("/office/rules/calendar", "hours_saved")),
        Err(error) => {
            let (hours, fault) = Form::refused(view.lang, &sent, error)?;
            let page = page_of(&app, &actor, &view, None).await?;
            view.show_with(
                WRONG,
                CalendarPage {
                    fault,
                    hours,
                    ..page
                },
            )
        }
    }
}

async fn put_day(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let day = form::own_day(&sent, day_of(app.db.now()))?;
        let year = day.date.year();
        commands::put_own_day(&app.db, &actor, day).await?;
        Ok(year)
    };
    match done.await {
        Ok(year) => {
            let path = format!("/office/rules/calendar?year={year}&said=day_saved");
            Ok(Redirect::to(&path).into_response())
        }
        Err(error) => {
            let (own, fault) = Form::refused(view.lang, &sent, error)?;
            let page = page_of(&app, &actor, &view, None).await?;
            view.show_with(WRONG, CalendarPage { fault, own, ..page })
        }
    }
}

async fn remove_day(
    State(app): State<App>,
    actor: Actor,
    Path(day): Path<NaiveDate>,
) -> AppResult<Response> {
    if day < day_of(app.db.now()) {
        return Err(AppError::conflict("day_passed"));
    }
    commands::remove_own_day(&app.db, &actor, day).await?;
    Ok(to("/office/rules/calendar", "day_removed"))
}

// The notice of a year

async fn notice_form(view: View) -> AppResult<Response> {
    view.show(NoticePage {
        fault: None,
        form: Form::blank(),
        preview: None,
    })
}

/// A notice with what is wrong about it.
fn read_notice(sent: &Sent, table: &str, today: NaiveDate) -> Result<Year, Refused> {
    let mut faults = Faults::new();
    let source = faults.take("source", Line::required(sent.get("source"), 80));
    let published = match moment::day(sent.get("published")) {
        Ok(day) if day > today => Err(FieldFault::Future),
        read => read,
    };
    let published = faults.take("published", published);
    let mut why = None;
    let read = notice::read(table).and_then(|(year, days)| {
        let near = (today.year() - 1..=today.year() + 3).contains(&year);
        near.then_some((year, days))
            .ok_or(NoticeFault::SeveralYears)
    });
    let read = match read {
        Ok(read) => Some(read),
        Err(fault) => {
            faults.add("table", fault.field_fault());
            why = Some(fault);
            None
        }
    };
    let whole = || {
        let (year, days) = read?;
        Some(notice::year(year, days, source?.into_string(), published?))
    };
    let whole = whole();
    faults
        .into_result(whole)
        .map_err(|faults| Refused { faults, why })
}

struct Refused {
    faults: Faults,
    why: Option<NoticeFault>,
}

/// The uploaded file, or what was pasted.
fn table_of(sent: &mut Sent) -> String {
    match sent.take_file("file") {
        Some(bytes) => decoded(&bytes),
        None => sent.get("table").to_owned(),
    }
}

/// UTF-8, or what a Chinese spreadsheet writes.
fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    }
}

async fn preview(
    State(app): State<App>,
    actor: Actor,
    view: View,
    mut sent: Sent,
) -> AppResult<Response> {
    let table = table_of(&mut sent);
    let year = match read_notice(&sent, &table, day_of(app.db.now())) {
        Ok(year) => year,
        Err(refused) => {
            let fault = refused.why.as_ref().map(|why| {
                let day = match why {
                    NoticeFault::Twice { date } => date.to_string(),
                    _ => String::new(),
                };
                let line = match why {
                    NoticeFault::Line { line } => line.to_string(),
                    _ => String::new(),
                };
                let key = format!("rulebook.notice.fault.{}", why.code());
                text::say(view.lang, &key, &[("day", day), ("line", line)])
            });
            let mut form = Form::retry(view.lang, &sent, refused.faults.into())?;
            form.values.insert("table".into(), table);
            let page = NoticePage {
                fault,
                form,
                preview: None,
            };
            return view.show_with(WRONG, page);
        }
    };
    let preview = previewed(&app, &actor, &view, year).await?;
    view.show(NoticePage {
        fault: None,
        form: Form::blank(),
        preview: Some(preview),
    })
}

async fn previewed(app: &App, actor: &Actor, view: &View, year: Year) -> AppResult<NoticePreview> {
    let (db, now) = (app.db.read(), app.db.now());
    let book = Book::load(db, actor.office, now).await?;
    let notices = book.notices().with(year.clone());
    let with = |calendar: &Calendar| calendar.clone().with_notices(&notices);
    let calendars = book.calendars().map(with);
    let moves = recount::would_move(db, actor.office, &calendars, now).await?;
    let changes = notice::changes(book.notices(), year.year, &year.days);
    let told = |date: NaiveDate, special: Option<Special>| day_words(view, date, special);
    Ok(NoticePreview {
        year: year.year,
        off: year.days.values().filter(|day| !day.works).count(),
        worked: year.days.values().filter(|day| day.works).count(),
        changes: changes
            .iter()
            .map(|change| ChangeLine {
                date: change.date,
                weekday: words::weekday(view.lang, change.date),
                before: told(change.date, change.before),
                after: told(change.date, change.after),
            })
            .collect(),
        doubts: notice::doubts(year.year, &year.days)
            .iter()
            .map(|doubt| doubt_words(view, doubt))
            .collect(),
        moves: moves_words(view, moves),
        table: notice::write(&year.days),
        source: year.source,
        published: year.notice.unwrap_or_default(),
        once: crate::platform::secret::uid(),
    })
}

fn day_words(view: &View, date: NaiveDate, special: Option<Special>) -> String {
    let lang = view.lang;
    match special {
        Some(special) => {
            let code = special.occasion.code();
            let occasion = words::say(lang, &format!("desk.occasion.{code}"));
            let key = if special.works { "worked" } else { "off" };
            text::say(
                lang,
                &format!("rulebook.notice.{key}"),
                &[("occasion", occasion)],
            )
        }
        None if date.weekday().number_from_monday() > 5 => {
            words::say(lang, "rulebook.notice.weekend")
        }
        None => words::say(lang, "rulebook.notice.weekday"),
    }
}

fn doubt_words(view: &View, doubt: &Doubt) -> String {
    let (key, day, n) = match doubt {
        Doubt::StatutoryWorked(date) => ("statutory", words::day(view, *date), String::new()),
        Doubt::WorkOnWeekday(date) => ("weekday", words::day(view, *date), String::new()),
        Doubt::FewDays(n) => ("few", String::new(), n.to_string()),
    };
    let key = format!("rulebook.notice.doubt.{key}");
    text::say(view.lang, &key, &[("day", day), ("n", n)])
}

fn moves_words(view: &View, moves: Moves) -> String {
    let key = match (moves.moved, moves.more) {
        (0, false) => "none",
        (_, false) => "some",
        (_, true) => "at_least",
    };
    let holes = [
        ("n", moves.moved.to_string()),
        ("seen", moves.seen.to_string()),
    ];
    text::say(view.lang, &format!("rulebook.notice.moves.{key}"), &holes)
}

async fn import(State(app): State<App>, actor: Actor, sent: Sent) -> AppResult<Response> {
    let year = read_notice(&sent, sent.get("table"), day_of(app.db.now()));
    let year = year.map_err(|refused| AppError::from(refused.faults))?;
    let of = year.year;
    let once = sent.once(&format!("{} /office/rules/calendar/notice", actor.account))?;
    commands::import_notice(&app.db, &actor, year, once).await?;
    let path = format!("/office/rules/calendar?year={of}&said=notice_applied");
    Ok(Redirect::to(&path).into_response())
}
