//! Lines at some booths of tonight: telephones and slips of paper, somebody at the table, somebody
//! who is being called.
use super::{Story, company::Firm, evening::Evening, store};
use crate::{
    domain::id::RegistrationId,
    platform::once::Once,
    queue::{
        commands::{self, Became, Taker},
        stand::{self, Stand},
    },
};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

/// Booths with a line.
const BOOTHS: usize = 14;
/// How long the lines have been there at most.
const SINCE: TimeDelta = TimeDelta::minutes(56);
/// Every so many takes its number on paper.
const ON_PAPER: usize = 4;

struct Booth<'a> {
    stand: Stand,
    firm: &'a Firm,
    /// Who was called last.
    last: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Arrives,
    Calls,
    Comes,
}

/// From the last hour until now, at the booths of every other employer.
pub async fn stand_in_line(story: &Story, firms: &[Firm], evening: &Evening) -> Result<()> {
    let since = (story.now - SINCE).max(evening.stage.starts);
    let minutes = (story.now - since).num_minutes();
    let mut booths = Vec::new();
    for firm in firms.iter().step_by(2) {
        let own = evening.stands.iter().find(|row| row.employer_id == firm.id);
        if let Some(own) = own.filter(|_| booths.len() < BOOTHS) {
            booths.push(Booth {
                stand: stand::by_code(&story.app, &own.code).await?,
                firm,
                last: None,
            });
        }
    }
    let db = story.app.db.read();
    let mut tickets = store::inside(db, evening.fair.id).await?.into_iter();
    story.clock.back(since);
    let mut taken = 0;
    for (at, n, what) in coming(since, minutes, booths.len()) {
        story.clock.set(at);
        let booth = &mut booths[n];
        match what {
            What::Arrives => {
                taken += 1;
                let ticket = tickets.next().filter(|_| taken % ON_PAPER != 0);
                arrive(story, booth, ticket).await?;
            }
            What::Calls => call(story, booth).await?,
            What::Comes => come(story, booth).await?,
        }
    }
    story.clock.set(story.now);
    Ok(())
}

/// What happens at so many booths, in the order of time.
fn coming(since: DateTime<Utc>, minutes: i64, booths: usize) -> Vec<(DateTime<Utc>, usize, What)> {
    let mut coming = Vec::new();
    let at = |minute: i64, n: i64| since + TimeDelta::minutes(minute) + TimeDelta::seconds(7 * n);
    for (booth, n) in (0..booths).zip(0_i64..) {
        let (pace, waiting) = (5 + n % 3, 2 + (2 * n) % 5);
        let calls = (minutes - 8) / pace;
        if calls < 1 {
            continue;
        }
        for one in 0..calls {
            let call = minutes - 2 - pace * (calls - 1 - one);
            coming.push((at(call, n), booth, What::Calls));
            // At some booths whoever was called last is on the way.
            if one < calls - 1 || n % 2 == 0 {
                coming.push((at(call + 1, n), booth, What::Comes));
            }
        }
        let people = calls + waiting;
        for one in 0..people {
            let arrival = one * (minutes - 3) / people;
            coming.push((
                at(arrival, n) - TimeDelta::seconds(30),
                booth,
                What::Arrives,
            ));
        }
    }
    coming.sort_by_key(|(at, booth, _)| (*at, *booth));
    coming
}

async fn arrive(story: &Story, booth: &Booth<'_>, ticket: Option<RegistrationId>) -> Result<()> {
    let taker = Taker {
        ticket,
        given_by: ticket.is_none().then_some(booth.firm.actor.account),
    };
    commands::take(&story.app, &booth.stand, taker, Once::unkeyed()).await?;
    Ok(())
}

async fn call(story: &Story, booth: &mut Booth<'_>) -> Result<()> {
    let (by, last) = (booth.firm.actor.account, booth.last.take());
    let once = Once::unkeyed();
    let called = commands::call_next(&story.app, &booth.stand, by, last, once).await?;
    booth.last = called.value.number;
    Ok(())
}

async fn come(story: &Story, booth: &Booth<'_>) -> Result<()> {
    let Some(last) = booth.last else {
        return Ok(());
    };
    let once = Once::unkeyed();
    commands::settle(&story.app, &booth.stand, last, Became::Here, once).await?;
    Ok(())
}
