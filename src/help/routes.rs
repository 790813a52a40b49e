//! Doors of the help pages.
use super::pages::{HelpIndexPage, HelpPage, TOPICS};
use crate::{
    account::{Audience, Routes},
    error::{AppError, AppResult},
    platform::page::View,
};
use axum::{extract::Path, response::Response};

/// Every door of this capability.
pub fn routes() -> Routes {
    Routes::new().get(Audience::Anyone, "/help", index).get(
        Audience::Anyone,
        "/help/{topic}",
        topic,
    )
}

async fn index(view: View) -> AppResult<Response> {
    view.show(HelpIndexPage { topics: TOPICS })
}

async fn topic(view: View, Path(key): Path<String>) -> AppResult<Response> {
    let topic = TOPICS.iter().find(|topic| topic.key == key);
    let topic = *topic.ok_or_else(AppError::not_found)?;
    view.show(HelpPage::of(topic))
}
