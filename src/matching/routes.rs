//! The door table of matches.
use super::{
    hooks::TAKE_IN, routes_api as api, routes_booth as booth, routes_employer as employer,
    routes_office as office, routes_seeker as seeker,
};
use crate::{
    account::{Audience, Routes},
    domain::role::Role,
};
use utoipa_axum::routes;

const EMPLOYER: Audience = Audience::Roles(&[Role::Employer]);

const DESK: Audience = Audience::Roles(TAKE_IN);

pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .get(Anyone, "/B/{participation}", seeker::booth)
        .get(Anyone, "/b/{participation}", seeker::booth)
        .get(Anyone, "/f/{fair}/interest/{posting}", seeker::who)
        .post(Anyone, "/f/{fair}/interest/{posting}", seeker::identify)
        .get(Anyone, "/T/{secret}/jobs", seeker::jobs)
        .get(Anyone, "/T/{secret}/interest/{posting}", seeker::ask)
        .post(
            Anyone,
            "/T/{secret}/interest/{posting}",
            seeker::show_interest,
        )
        .get(Anyone, "/T/{secret}/matches/{number}", seeker::one)
        .post(Anyone, "/T/{secret}/matches/{number}", seeker::act)
        .post(Anyone, "/T/{secret}/matches/{number}/share", seeker::share)
        .get(EMPLOYER, "/employer/matches", employer::queue)
        .get(EMPLOYER, "/employer/matches/{number}", employer::one)
        .post(EMPLOYER, "/employer/matches/{number}", employer::act)
        .post(
            EMPLOYER,
            "/employer/matches/{number}/phone",
            employer::phone,
        )
        .post(
            EMPLOYER,
            "/employer/matches/{number}/rating",
            employer::rate,
        )
        .merge(at_booth())
        .get(EMPLOYER, "/employer/scan", employer::scan)
        .post(EMPLOYER, "/employer/scan", employer::record)
        .get(DESK, "/office/matches", office::work)
        .get(DESK, "/office/matches/new", office::on_behalf)
        .post(DESK, "/office/matches/new", office::record)
        .post(DESK, "/office/matches/{number}", office::act)
        .api(Anyone, routes!(api::interest))
        .api(EMPLOYER, routes!(api::scan))
        .api(EMPLOYER, routes!(api::phone))
}

fn at_booth() -> Routes {
    let at = |rest: &str| format!("/employer/booth/{{participation}}{rest}");
    Routes::new()
        .get(EMPLOYER, "/employer/booth", booth::find)
        .get(EMPLOYER, &at(""), booth::one)
        .post(EMPLOYER, &at("/next"), booth::next)
        .post(EMPLOYER, &at("/places/{number}"), booth::settle)
        .post(EMPLOYER, &at("/numbers"), booth::give)
        .post(EMPLOYER, &at("/pause"), booth::pause)
        .post(EMPLOYER, &at("/scan"), booth::scan)
        .post(EMPLOYER, &at("/interest"), booth::interest)
        .post(EMPLOYER, &at("/matches/{number}"), booth::act)
}
