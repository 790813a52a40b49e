use super::{
    Crowd,
    routes_api::{self, PLANNERS, TAKERS},
    routes_employer as own, routes_office as office, routes_papers as papers,
    routes_public as public, routes_stalls as stalls,
};
use crate::{
    account::{Audience, Routes},
    domain::role::Role,
    platform::home::Beside,
};
use utoipa_axum::routes;

const PLAN: Audience = Audience::Roles(PLANNERS);
const TAKE: Audience = Audience::Roles(TAKERS);
const EMPLOYER: Audience = Audience::Roles(&[Role::Employer]);
/// Who sees fairs from the office's side; a co-host those that it hosts.
const LOOK: Audience = Audience::Roles(office::HOSTS);

/// Every door of fairs; `beside` is the other half of the start page, `crowd` fills the floor plan.
pub fn routes(beside: Beside, crowd: Crowd) -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/", move |app, view, headers| {
            public::home(beside, app, view, headers)
        })
        .get(Audience::Anyone, "/f/{fair}", public::fair)
        .get(
            Audience::Anyone,
            "/f/{fair}/map",
            move |app, view, jar, headers, path| {
                public::map(crowd, app, view, (jar, headers), path)
            },
        )
        .merge(employer())
        .merge(planning())
        .merge(booths())
        .api(Audience::Anyone, routes!(routes_api::list))
        .api(Audience::Anyone, routes!(routes_api::one))
        .api(Audience::Anyone, routes!(routes_api::booths))
        .api(PLAN, routes!(routes_api::create))
        .api(PLAN, routes!(routes_api::publish))
        .api(TAKE, routes!(routes_api::hold))
        .api(TAKE, routes!(routes_api::book))
        .api(TAKE, routes!(routes_api::release))
}

fn employer() -> Routes {
    let at = |rest: &str| format!("/employer/fairs/{{fair}}{rest}");
    Routes::new()
        .get(EMPLOYER, "/employer", own::portal)
        .get(EMPLOYER, &at(""), own::pick)
        .post(EMPLOYER, &at("/hold"), own::hold)
        .post(EMPLOYER, &at("/book"), own::book)
        .post(EMPLOYER, &at("/equip"), own::equip)
        .post(EMPLOYER, &at("/release"), own::release)
        .post(EMPLOYER, &at("/wait"), own::wait)
}

fn planning() -> Routes {
    let at = |rest: &str| format!("/office/fairs/{{fair}}{rest}");
    Routes::new()
        .get(LOOK, "/office/fairs", office::list)
        .get(PLAN, "/office/fairs/new", office::new_page)
        .post(PLAN, "/office/fairs/new", office::create)
        .get(LOOK, &at(""), office::settings)
        .get(PLAN, &at("/edit"), office::edit_page)
        .post(PLAN, &at("/edit"), office::edit)
        .post(PLAN, &at("/publish"), office::publish)
        .post(PLAN, &at("/cancel"), office::cancel)
        .post(PLAN, &at("/tasks"), office::tick)
        .post(PLAN, &at("/programme"), office::add_item)
        .post(PLAN, &at("/programme/{item}/remove"), office::remove_item)
}

fn booths() -> Routes {
    let at = |rest: &str| format!("/office/fairs/{{fair}}{rest}");
    Routes::new()
        .get(LOOK, &at("/booths"), stalls::page)
        .post(PLAN, &at("/booths/hold"), stalls::hold)
        .post(PLAN, &at("/booths/book"), stalls::book)
        .post(PLAN, &at("/booths/release"), stalls::release)
        .post(PLAN, &at("/booths/arrived"), stalls::arrived)
        .post(PLAN, &at("/booths/missed"), stalls::missed)
        .post(PLAN, &at("/booths/swap"), stalls::swap)
        .post(PLAN, &at("/booths/wait"), stalls::wait)
        .get(LOOK, &at("/signs"), stalls::signs)
        .get(LOOK, &at("/print"), papers::page)
}
