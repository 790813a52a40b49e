use super::routes_api::{self, PLANNERS, TAKERS};
use crate::account::{Audience, Routes};
use utoipa_axum::routes;

const PLAN: Audience = Audience::Roles(PLANNERS);
const TAKE: Audience = Audience::Roles(TAKERS);

pub fn routes() -> Routes {
    Routes::new()
        .api(Audience::Anyone, routes!(routes_api::list))
        .api(Audience::Anyone, routes!(routes_api::one))
        .api(Audience::Anyone, routes!(routes_api::booths))
        .api(PLAN, routes!(routes_api::create))
        .api(PLAN, routes!(routes_api::publish))
        .api(TAKE, routes!(routes_api::hold))
        .api(TAKE, routes!(routes_api::book))
        .api(TAKE, routes!(routes_api::release))
}
