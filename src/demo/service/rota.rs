//! The desks of three weeks: where they stand, when, who sits there; and which unit gets what.
use super::{super::Story, cast::Cast, rota_begins};
use crate::{
    desk::{
        commands, form, roster_commands as roster,
        store::{self, Retired},
        table,
    },
    domain::{
        calendar::day_of,
        dispatch::About,
        id::{DeskMemberId, DeskPatternId, DeskSiteId},
        rota::{Key, Post, Session},
    },
    entity::desk_member,
    platform::once::Once,
    rulebook::{NewDispatch, add_dispatch},
};
use anyhow::{Context, Result};
use chrono::{Days, TimeDelta};
use std::collections::HashMap;

/// By code of their communities.
pub type Sites = HashMap<&'static str, DeskSiteId>;

/// About, area, lead unit. A category is more particular than a group, an area than none.
const RULES: [(&str, &str, &str); 17] = [
    ("group:facilities", "", "SZYH"),
    ("group:appearance", "", "ZFD"),
    ("group:utilities", "", "SZYH"),
    ("category:power", "", "GDZ"),
    ("group:estate", "ML", "AJWY"),
    ("group:estate", "FLL", "HXWY"),
    ("group:estate", "XG", "HXWY"),
    ("category:heat", "ML", "AJWY"),
    ("category:stairwell", "XG", "SQ-XG"),
    ("group:neighbours", "", "SFS"),
    ("category:shared_space", "", "ZFD"),
    ("group:employment", "", "LDJC"),
    ("group:policy", "", "MZB"),
    ("group:safety", "", "PCS"),
    ("group:ideas", "ML", "SQ-ML"),
    ("group:ideas", "FLL", "SQ-FLL"),
    ("group:ideas", "", "SQ-XG"),
];

/// # Errors
/// What the product refuses.
pub async fn rules(story: &Story, cast: &Cast) -> Result<()> {
    let admin = cast.account("admin")?;
    for (about, area, lead) in RULES {
        let about = match about.split_once(':') {
            Some(("group", code)) => About::Group(code.into()),
            Some((_, code)) => About::Category(code.into()),
            None => About::Any,
        };
        let new = NewDispatch {
            about,
            area: if area.is_empty() {
                None
            } else {
                Some(cast.area(area)?)
            },
            lead: cast.unit(lead)?,
            co_units: Vec::new(),
            priority: 0,
        };
        add_dispatch(&story.app.db, admin, new, Once::unkeyed()).await?;
    }
    Ok(())
}

const SITES: [(&str, &str, &str, &str); 2] = [
    (
        "ML",
        "民乐路小区东门",
        "民乐路小区东门岗亭旁",
        "蓝色遮阳棚，两张桌子四把椅子",
    ),
    (
        "FLL",
        "福利路花园南门",
        "福利路花园南门快递柜旁",
        "有坡道，轮椅可以到桌前",
    ),
];

/// Two tables and four chairs at two gates, each with its banner.
///
/// # Errors
/// What the product refuses.
pub async fn sites(story: &Story, cast: &Cast) -> Result<Sites> {
    let mut sites = Sites::new();
    for (area, name, address, note) in SITES {
        let typed = form::TypedSite {
            area: cast.area(area)?.to_string(),
            name: name.into(),
            address: address.into(),
            note: note.into(),
        };
        let clerk = cast.account("admin")?;
        let site = form::site(&typed)?;
        let done = commands::add_site(&story.app.db, clerk, site, Once::unkeyed()).await?;
        sites.insert(area, done.value);
    }
    Ok(sites)
}

/// Login of an account or none, name, duty, where they come from, all-round.
const MEMBERS: [(&str, &str, &str, &str, bool); 13] = [
    ("clerk-ml", "", "community", "", true),
    ("clerk-fll", "", "community", "", true),
    ("clerk", "", "community", "", true),
    ("", "社区民警甲", "police", "派出所", false),
    ("", "家庭医生乙", "doctor", "社区卫生服务中心", false),
    ("", "银行客户经理丙", "bank", "驻区银行网点", false),
    ("leader-ajwy", "", "property", "", false),
    ("leader-hxwy", "", "property", "", false),
    ("", "志愿者丁", "volunteer", "邻里志愿服务队", false),
    ("", "志愿者戊", "volunteer", "邻里志愿服务队", false),
    ("", "报到党员己", "party_member", "区机关支部", false),
    ("", "社工庚", "social_worker", "社工站", false),
    ("", "退休老书记", "receiver", "民乐路社区", false),
];

/// Area of the site, kind, weekday, band, who sits there by place in `MEMBERS`.
const WEEK: [(&str, &str, u8, &str, &[usize]); 6] = [
    ("ML", "office", 1, "morning", &[0, 3, 6, 8]),
    ("ML", "reply", 3, "noon", &[0, 4, 5, 6]),
    ("ML", "reception", 5, "evening", &[12, 0, 6, 10]),
    ("FLL", "publicity", 1, "evening", &[1, 11, 9]),
    ("FLL", "deliberation", 3, "evening", &[1, 7, 10]),
    ("FLL", "mediation", 5, "morning", &[1, 3, 11]),
];

/// The rota is drawn up on a Monday morning, before the first desk stands.
///
/// # Errors
/// What the product refuses.
pub async fn draw_up(story: &Story, cast: &Cast) -> Result<()> {
    let (db, admin) = (&story.app.db, cast.account("admin")?);
    let members = members(story, cast).await?;
    let (read, office) = (story.app.db.read(), story.office());
    let known = store::sites(read, office, Retired::Hidden).await?;
    let first = day_of(rota_begins(story.now)).to_string();
    for (area, kind, weekday, band, sitting) in WEEK {
        let area = cast.area(area)?;
        let site = known
            .iter()
            .find(|site| site.area_id == area)
            .context("no site")?;
        let weekly = form::weekly(&form::TypedPattern {
            site: site.id.to_string(),
            kind: kind.into(),
            weekday: weekday.to_string(),
            band: band.into(),
            starts_on: first.clone(),
            on_holiday: if weekday == 1 {
                "move".into()
            } else {
                "skip".into()
            },
            public: "yes".into(),
            ..form::TypedPattern::default()
        })?;
        let hours = weekly.hours;
        let pattern: DeskPatternId = commands::add_pattern(db, admin, weekly, Once::unkeyed())
            .await?
            .value;
        for member in sitting.iter().filter_map(|n| members.get(*n)) {
            let post = form::TypedPost {
                member: member.to_string(),
                starts_on: first.clone(),
                ..form::TypedPost::default()
            };
            let post = form::post(&post, hours)?;
            roster::place(db, admin, pattern, post, Once::unkeyed()).await?;
        }
    }
    Ok(())
}

async fn members(story: &Story, cast: &Cast) -> Result<Vec<DeskMemberId>> {
    let admin = cast.account("admin")?;
    let mut members = Vec::new();
    for (login, name, duty, organisation, all_round) in MEMBERS {
        let account = match login {
            "" => String::new(),
            login => cast.account(login)?.account.to_string(),
        };
        let member = form::member(&form::TypedMember {
            account,
            name: name.into(),
            duty: duty.into(),
            organisation: organisation.into(),
            all_round: if all_round {
                "yes".into()
            } else {
                String::new()
            },
        })?;
        let done = commands::add_member(&story.app.db, admin, member, Once::unkeyed()).await?;
        members.push(done.value);
    }
    Ok(members)
}

/// Hours of the desks that stood are confirmed, all but those of the last; a doctor's shift was
/// swapped, and one desk of next week does not stand.
///
/// # Errors
/// What the product refuses.
pub async fn keep_book(story: &Story, cast: &Cast) -> Result<()> {
    let (db, admin) = (&story.app.db, cast.account("admin")?);
    let (today, office) = (day_of(story.now), story.office());
    let from = day_of(rota_begins(story.now));
    let table = table(db.read(), office, from, today + Days::new(14)).await?;
    let over = table
        .lines
        .iter()
        .filter(|line| line.session.ends_at() + TimeDelta::hours(1) <= story.now);
    let over: Vec<_> = over.collect();
    let counted = over.len().saturating_sub(1);
    for (n, line) in over.into_iter().take(counted).enumerate() {
        let served = line.posts.iter().enumerate().map(|(place, post)| {
            let planned = i32::from(post.hours.to - post.hours.from);
            // Some came late, some stayed longer.
            let served = planned + [0, 0, 10, -15, 0][(n + place) % 5];
            (post.member, served)
        });
        let key = line.session.key;
        roster::confirm(db, admin, key, served.collect()).await?;
    }
    let ahead = table
        .lines
        .iter()
        .filter(|line| line.session.starts_at() > story.now);
    let ahead: Vec<_> = ahead
        .map(|line| (line.session.clone(), line.posts.clone()))
        .collect();
    swapped(story, cast, &ahead, &table.members).await?;
    let reason = "小区自来水管道施工，东门封闭一天";
    // The last of those ahead, so that the next one still stands.
    if let Some((session, _)) = ahead.iter().rev().find(|(session, _)| free(session)) {
        commands::cancel(db, admin, session.key, reason.into()).await?;
    }
    Ok(())
}

fn free(session: &Session) -> bool {
    !session.cancelled && matches!(session.key, Key::Weekly(..))
}

type Ahead = (Session, Vec<Post>);

/// A volunteer of a coming session lets another come instead.
async fn swapped(
    story: &Story,
    cast: &Cast,
    ahead: &[Ahead],
    members: &HashMap<DeskMemberId, desk_member::Model>,
) -> Result<()> {
    let called = |name: &str| {
        members
            .values()
            .find(|one| one.name == name)
            .map(|one| one.id)
    };
    let (Some(from), Some(to)) = (called("志愿者丁"), called("志愿者戊")) else {
        return Ok(());
    };
    let stands = |posts: &[Post], who| posts.iter().any(|post| post.member == who);
    let session = ahead
        .iter()
        .find(|(_, posts)| stands(posts, from) && !stands(posts, to));
    if let Some((session, _)) = session {
        let swap = form::swap(&form::TypedSwap {
            from: from.to_string(),
            to: to.to_string(),
            back: String::new(),
            reason: "家中有事，与同队志愿者对换".into(),
        })?;
        let admin = cast.account("admin")?;
        roster::swap(&story.app.db, admin, session.key, swap, Once::unkeyed()).await?;
    }
    Ok(())
}
