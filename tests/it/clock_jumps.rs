//! The clock of the machine jumps, back and forth, by hours and by years: nothing fails, no figure is
//! negative, the ledger keeps its order, and whoever signed in long ago is out.
use crate::{
    case_make::Market,
    harness::{Client, EVENING},
};
use chrono::TimeDelta;
use nightfair::{case, domain::role::Role, fair};
use serde_json::json;

/// By so many hours: two, and ten years, back and forth; and home again after each.
const JUMPS: [i64; 4] = [-2, 2, 87_600, -87_600];

const PAGES: [&str; 9] = [
    "/",
    "/desk",
    "/desk/calendar.ics",
    "/office",
    "/office/fairs",
    "/office/desk",
    "/office/rules",
    "/office/figures",
    "/cases",
];

async fn look(market: &Market, staff: &Client) {
    let slug = &market.square.slug;
    let of_fair = [
        format!("/f/{slug}"),
        format!("/f/{slug}/map"),
        format!("/f/{slug}/register"),
        format!("/office/fairs/{slug}"),
        format!("/office/fairs/{slug}/tally"),
        format!("/api/v1/fairs/{slug}/tally"),
        "/api/v1/cases".to_owned(),
        "/api/v1/stats/cases".to_owned(),
    ];
    let pages = PAGES.iter().map(|page| (*page).to_owned());
    for path in pages.chain(of_fair) {
        for client in [staff, &market.app().visitor()] {
            let status = client.get(&path).await.status.as_u16();
            assert!(status < 500, "{path}: {status}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_upsets_nothing() {
    let market = Market::open().await;
    let (app, admin) = (market.app(), market.app().role(Role::OfficeAdmin).await);
    let mut cases = Vec::new();
    for jump in JUMPS {
        // Begun before the jump and gone on with after it.
        app.clock.set(EVENING);
        let (number, _) = market.interest().await;
        app.clock.advance(TimeDelta::hours(jump));
        let officer = app.role(Role::PlacementOfficer).await;
        let seen = officer
            .api_get(&format!("/cases/{number}"))
            .await
            .expect(200);
        let body = json!({"action": "accept", "expected_seq": seen.json()["seq"]});
        let path = format!("/cases/{number}/actions");
        let done = officer.api_post(&path, &body).await;
        assert!(done.status.as_u16() < 500, "{jump}: {}", done.text());
        cases.push((number, done.status.is_success()));
        look(&market, &admin).await;
        // What is done by itself, minute by minute.
        case::jobs::tick(&app.app).await.unwrap();
        case::recount::run(&app.app).await.unwrap();
        fair::sweep(&app.app).await.unwrap();
        nightfair::account::commands::keep_house(&app.app)
            .await
            .unwrap();
        let found = case::ledger::verify(app.app.db.read()).await.unwrap();
        assert_eq!(found.broken, None, "{jump}");
    }
    app.clock.set(EVENING);
    let officer = app.role(Role::PlacementOfficer).await;
    let mut went_on = 0;
    for (number, accepted) in cases {
        went_on += usize::from(accepted);
        let case = officer.api_get(&format!("/cases/{number}")).await;
        case.expect(200);
    }
    assert!(went_on >= 2, "{went_on} cases went on");
}

/// Ten years forth end every session; back again opens none.
#[tokio::test]
async fn a_jump_of_years_ends_sessions() {
    let market = Market::open().await;
    let app = market.app();
    let staff = app.role(Role::OfficeAdmin).await;
    staff.get("/office").await.expect(200);
    // Sessions of these tests are made for 4000 days.
    app.clock.advance(TimeDelta::days(4001));
    staff.get("/office").await.expect(303);
}
