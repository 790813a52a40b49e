//! 首页: the next desks and what was done today, for the start page and the big screen.
use crate::{
    case::{store, words},
    desk,
    domain::{
        calendar::{day_of, instant},
        rota::clock,
    },
    error::AppResult,
    platform::{
        App,
        home::{Beside, Coming, Half},
        text::{self, Lang},
    },
};
use chrono::Days;

/// Desks shown, and days looked ahead.
const SHOWN: usize = 3;
const AHEAD: Days = Days::new(14);

/// The hook of the start page.
pub const BESIDE: Beside = |app, lang| Box::pin(async move { half(&app, lang).await });

/// The next desks, and what was done today.
///
/// # Errors
/// When the database does not answer.
pub async fn half(app: &App, lang: Lang) -> AppResult<Half> {
    let (office, midnight) = (app.settings.office, instant(day_of(app.db.now()), 0));
    let (brought, closed) = store::brought_and_closed(app.db.read(), office, midnight).await?;
    Ok(Half {
        desks: coming(app, lang).await?,
        brought,
        closed,
    })
}

async fn coming(app: &App, lang: Lang) -> AppResult<Vec<Coming>> {
    let (now, office) = (app.db.now(), app.settings.office);
    let today = day_of(now);
    let last = today.checked_add_days(AHEAD).unwrap_or(today);
    let table = desk::table(app.db.read(), office, today, last).await?;
    let lines = table.lines.iter().map(|line| &line.session);
    let open = lines.filter(|one| one.public && !one.cancelled && one.ends_at() > now);
    Ok(open
        .take(SHOWN)
        .map(|session| Coming {
            starts_at: session.starts_at(),
            when: format!(
                "{} {}–{}",
                words::weekday(lang, session.date),
                clock(session.hours.from),
                clock(session.hours.to)
            ),
            place: table
                .sites
                .get(&session.site)
                .map(|site| site.name.clone())
                .unwrap_or_default(),
            kind: text::say::<&str>(lang, &format!("desk_kind.{}", session.kind.code()), &[]),
            now: session.is_on(now),
        })
        .collect())
}
