//! Whatever order holds, bookings, releases, waiting, sweeps and the clock come in, from several
//! sides at once: never two bookings of one booth, and none is lost.
use crate::{
    fair_build::{approved_employer, fair_with},
    harness::{EVENING, TestApp},
};
use chrono::{DateTime, TimeDelta, Utc};
use nightfair::{
    account::Actor,
    domain::{
        booking::BookingStatus,
        id::{AccountId, EmployerId, FairId, ParticipationId},
        role::Role,
    },
    entity::{booth, fair, participation},
    fair::{
        booth_commands::{self, Booking, Freed, Wish},
        booth_store, sweep,
    },
    platform::{clock::Clock, once::Once},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};
use tokio::task::JoinSet;

const BOOTHS: [&str; 3] = ["A01", "A02", "A03"];
/// Each side acts for two employers of its own; the booths are everybody's.
const SIDES: usize = 4;

#[derive(Clone, Debug)]
enum Act {
    /// Of the side's first or second employer.
    Hold(usize, usize),
    Book(usize),
    Release(usize),
    Wait(usize),
    Sweep,
    Minutes(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..2_usize, 0..BOOTHS.len()).prop_map(|(who, booth)| Act::Hold(who, booth)),
        5 => (0..2_usize).prop_map(Act::Book),
        3 => (0..2_usize).prop_map(Act::Release),
        2 => (0..2_usize).prop_map(Act::Wait),
        2 => Just(Act::Sweep),
        2 => (1..20_i64).prop_map(Act::Minutes),
    ]
}

/// Bookings that were answered and not given back: they stand in the database at every moment.
type Standing = Arc<Mutex<HashMap<ParticipationId, String>>>;

struct World {
    app: TestApp,
    employers: Vec<EmployerId>,
    evenings: AtomicU32,
}

#[derive(Clone)]
struct Evening {
    slug: String,
    fair: FairId,
    standing: Standing,
}

/// A hold that was answered, and when it ends.
struct Hold {
    id: ParticipationId,
    booth: String,
    until: DateTime<Utc>,
}

/// One side: what it was told about its employers.
struct Side {
    world: Arc<World>,
    evening: Evening,
    first: usize,
    holds: [Option<Hold>; 2],
    booked: [Option<(ParticipationId, String)>; 2],
}

impl World {
    async fn make() -> Self {
        let app = TestApp::start().await;
        let office = fair_with(&app, "unused", "A 1").await;
        let mut employers = Vec::new();
        for n in 1..=u32::try_from(SIDES * 2).unwrap() {
            employers.push(approved_employer(&office, n).await);
        }
        Self {
            app,
            employers,
            evenings: AtomicU32::new(0),
        }
    }

    /// Somebody who acts for an employer.
    fn clerk(&self, employer: EmployerId) -> Actor {
        Actor {
            account: AccountId(0),
            office: self.app.app.settings.office,
            unit: None,
            employer: Some(employer),
            role: Role::Employer,
            leader: false,
            name: String::new(),
        }
    }

    async fn give_back(&self, evening: &Evening, employer: EmployerId, booth: &str) -> Freed {
        let (slug, clerk) = (evening.slug.clone(), self.clerk(employer));
        let done = booth_commands::release(&self.app.app, clerk, slug, booth.to_owned()).await;
        done.unwrap()
    }

    async fn evening(&self) -> Evening {
        self.app.clock.set(EVENING);
        let slug = format!("evening-{}", self.evenings.fetch_add(1, Ordering::Relaxed));
        fair_with(&self.app, &slug, "A 1-3").await;
        let found = fair::Entity::find().filter(fair::Column::Slug.eq(&slug));
        let fair = found.one(self.app.app.db.read()).await.unwrap().unwrap().id;
        Evening {
            slug,
            fair,
            standing: Standing::default(),
        }
    }

    async fn stands(&self, evening: &Evening) -> Vec<participation::Model> {
        participation::Entity::find()
            .filter(participation::Column::FairId.eq(evening.fair))
            .filter(participation::Column::Active.eq(true))
            .all(self.app.app.db.read())
            .await
            .unwrap()
    }

    /// What nobody may ever see.
    async fn look(&self, evening: &Evening) {
        let before = evening.standing.lock().unwrap().clone();
        let stands = self.stands(evening).await;
        let after = evening.standing.lock().unwrap().clone();
        let (mut booths, mut employers) = (BTreeSet::new(), BTreeSet::new());
        for stand in &stands {
            assert!(
                employers.insert(stand.employer_id),
                "two places of one employer: {stands:?}"
            );
            assert!(
                stand.booth_id.is_none_or(|booth| booths.insert(booth)),
                "two at one booth: {stands:?}"
            );
            assert_eq!(stand.booth_id.is_some(), stand.status.keeps_booth());
        }
        for id in before.keys().filter(|id| after.contains_key(id)) {
            let stand = stands.iter().find(|stand| stand.id == *id);
            let status = stand.map(|stand| stand.status);
            assert_eq!(status, Some(BookingStatus::Booked), "booking {id} is lost");
        }
    }
}

impl Side {
    fn employer(&self, who: usize) -> EmployerId {
        self.world.employers[self.first + who]
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.app.clock.now()
    }

    async fn play(mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Hold(who, booth) => self.hold(who, BOOTHS[booth]).await,
                Act::Book(who) => self.book(who).await,
                Act::Release(who) => self.release(who).await,
                Act::Wait(who) => self.wait(who).await,
                Act::Sweep => drop(sweep(&self.world.app.app).await.unwrap()),
                Act::Minutes(minutes) => self.world.app.clock.advance(TimeDelta::minutes(minutes)),
            }
            self.world.look(&self.evening).await;
        }
    }

    async fn hold(&mut self, who: usize, booth: &str) {
        let app = &self.world.app.app;
        let wish = Wish {
            office: app.settings.office,
            slug: self.evening.slug.clone(),
            label: booth.to_owned(),
            employer: self.employer(who),
        };
        match booth_commands::hold(app, wish, Once::unkeyed()).await {
            Ok(done) => {
                assert!(self.booked[who].is_none(), "a second booth");
                self.holds[who] = Some(Hold {
                    id: done.value.participation,
                    booth: booth.to_owned(),
                    until: done.value.until,
                });
            }
            Err(error) => match error.code() {
                Some("booth_taken") => assert!(self.booked[who].is_none(), "not its own"),
                Some("one_booth_per_employer") => {}
                _ => panic!("hold {booth}: {error:?}"),
            },
        }
    }

    /// Confirms its hold, or the booth that was offered while it waited.
    async fn book(&mut self, who: usize) {
        let hold = match self.holds[who].take() {
            Some(hold) => hold,
            None => match self.offered(who).await {
                Some(hold) => hold,
                None => return,
            },
        };
        let begun = self.now();
        let booking = Booking {
            slug: self.evening.slug.clone(),
            label: hold.booth.clone(),
            hold: hold.id,
        };
        let clerk = self.world.clerk(self.employer(who));
        let app = &self.world.app.app;
        match booth_commands::book(app, clerk, booking, Once::unkeyed()).await {
            Ok(_) => {
                assert!(begun < hold.until, "booked after its time");
                self.booked[who] = Some((hold.id, hold.booth.clone()));
                let mut standing = self.evening.standing.lock().unwrap();
                standing.insert(hold.id, hold.booth);
            }
            Err(error) => {
                assert_eq!(error.code(), Some("hold_expired"));
                assert!(self.now() >= hold.until, "a hold ended before its time");
            }
        }
    }

    async fn offered(&self, who: usize) -> Option<Hold> {
        let employer = self.employer(who);
        let db = self.world.app.app.db.read();
        let stand = booth_store::stand(db, self.evening.fair, employer)
            .await
            .unwrap()?;
        let until = stand
            .held_until
            .filter(|_| stand.status == BookingStatus::Held)?;
        let found = booth::Entity::find_by_id(stand.booth_id?).one(db).await;
        Some(Hold {
            id: stand.id,
            booth: found.unwrap()?.label,
            until,
        })
    }

    async fn release(&mut self, who: usize) {
        let Some((id, booth)) = self.booked[who].take() else {
            return;
        };
        self.evening.standing.lock().unwrap().remove(&id);
        let freed = self
            .world
            .give_back(&self.evening, self.employer(who), &booth);
        assert_eq!(freed.await.fair, self.evening.fair);
    }

    async fn wait(&mut self, who: usize) {
        let (app, slug) = (&self.world.app.app, self.evening.slug.clone());
        let employer = self.employer(who);
        let once = Once::unkeyed();
        match booth_commands::wait(app, app.settings.office, slug, employer, once).await {
            Ok(_) => assert!(self.booked[who].is_none(), "waits beside its own booth"),
            Err(error) => {
                let known = ["already_waiting", "booths_free", "one_booth_per_employer"];
                assert!(known.contains(&error.code().unwrap_or_default()), "{error}");
            }
        }
    }
}

/// Lets every hold and offer run out.
async fn quiet(world: &World) {
    for _ in 0..30 {
        world.app.clock.advance(TimeDelta::hours(2));
        if sweep(&world.app.app).await.unwrap() == 0 {
            return;
        }
    }
    panic!("the sweep does not come to rest");
}

/// After the storm: what is booked is what was answered, nothing is held for ever, nobody waits
/// before a free booth, and everything that is given back is free again.
async fn settle(world: &World, evening: &Evening) {
    quiet(world).await;
    world.look(evening).await;
    let stands = world.stands(evening).await;
    let with = |status| stands.iter().filter(move |stand| stand.status == status);
    let booked: BTreeSet<_> = with(BookingStatus::Booked).map(|stand| stand.id).collect();
    let standing = evening.standing.lock().unwrap().clone();
    assert_eq!(booked, standing.keys().copied().collect());
    assert_eq!(
        with(BookingStatus::Held).count(),
        0,
        "held for ever: {stands:?}"
    );
    let full = booked.len() == BOOTHS.len();
    assert!(
        full || with(BookingStatus::Waiting).count() == 0,
        "waits in vain: {stands:?}"
    );
    for stand in with(BookingStatus::Booked) {
        let booth = &standing[&stand.id];
        world.give_back(evening, stand.employer_id, booth).await;
    }
    quiet(world).await;
    let db = world.app.app.db.read();
    let vacant = booth_store::vacant(db, evening.fair).await.unwrap();
    let labels: Vec<_> = vacant.into_iter().map(|booth| booth.label).collect();
    assert_eq!(labels, BOOTHS);
    assert!(world.stands(evening).await.is_empty());
}

async fn one_evening(world: Arc<World>, sides: Vec<Vec<Act>>) {
    let evening = world.evening().await;
    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn({
        let (world, evening, over) = (world.clone(), evening.clone(), over.clone());
        async move {
            while !over.load(Ordering::Relaxed) {
                world.look(&evening).await;
                tokio::task::yield_now().await;
            }
        }
    });
    let mut playing = JoinSet::new();
    for (n, acts) in sides.into_iter().enumerate() {
        let side = Side {
            world: world.clone(),
            evening: evening.clone(),
            first: n * 2,
            holds: [None, None],
            booked: [None, None],
        };
        playing.spawn(side.play(acts));
    }
    playing.join_all().await;
    over.store(true, Ordering::Relaxed);
    watching.await.unwrap();
    settle(&world, &evening).await;
}

#[test]
fn never_two_bookings_of_one_booth_and_none_lost() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = Arc::new(runtime.block_on(World::make()));
    let sides = proptest::collection::vec(proptest::collection::vec(act(), 20..40), SIDES);
    let config = Config {
        cases: 10,
        max_shrink_iters: 20,
        failure_persistence: None,
        ..Config::default()
    };
    let done = TestRunner::new(config).run(&sides, |sides| {
        runtime.block_on(one_evening(world.clone(), sides));
        Ok(())
    });
    done.unwrap();
}
