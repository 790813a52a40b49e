//! 照片识别: the photo of a ticket, decoded here: for a telephone whose browser has no camera or runs
//! no script.
use super::{
    form::{self, Entry},
    pages::GatePage,
    routes, show,
};
use crate::{
    account::Actor,
    domain::fault::{Faults, FieldFault},
    entity::fair,
    error::{AppError, AppResult},
    platform::{
        App,
        files::open_picture,
        form::{Form, Sent},
        page::View,
        qr,
    },
    seeker::fairs,
};
use anyhow::Context;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use tokio::sync::Semaphore;

/// Photos unpacked at a time: each may take some hundred megabytes.
static ABREAST: Semaphore = Semaphore::const_new(2);

/// Looks for a code in the photo and treats it as if it had been typed.
pub async fn look(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    mut sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let Some(gate) = show::chosen(&fair, sent.get("gate")) else {
        return Ok(Redirect::to(&format!("/gate/{slug}")).into_response());
    };
    let read = match sent.take_file("photo") {
        Some(photo) => read(photo).await,
        None => Err(Faults::one("photo".to_owned(), FieldFault::Required).into()),
    };
    let text = match read {
        Ok(text) => text,
        Err(error) => return again(&app, &view, &fair, gate, (&sent, error)).await,
    };
    let entry = text.as_deref().map(form::entry);
    match entry {
        Some(Ok(Entry::Ticket(found))) => {
            routes::scan(&app, &actor, &view, (&fair, gate, found), &sent).await
        }
        // Some other code: not one of ours, which is an answer.
        Some(_) => {
            let direction = routes::direction(&sent);
            let scan = super::Scan::here(
                super::Token::Unreadable,
                gate,
                direction,
                routes::nonce(&sent),
            );
            routes::tell(&app, &actor, &view, &fair, scan).await
        }
        None => {
            let error = Faults::one("photo".to_owned(), FieldFault::NoCode).into();
            again(&app, &view, &fair, gate, (&sent, error)).await
        }
    }
}

async fn read(photo: Vec<u8>) -> AppResult<Option<String>> {
    let _turn = ABREAST.acquire().await.context("photos are closed")?;
    let looked = tokio::task::spawn_blocking(move || Ok(qr::read(&open_picture(&photo)?)));
    looked.await.context("photo task")?
}

/// The page again with what is wrong beside the field.
async fn again(
    app: &App,
    view: &View,
    fair: &fair::Model,
    gate: String,
    (sent, error): (&Sent, AppError),
) -> AppResult<Response> {
    let error = match error.code() {
        Some("file_too_large" | "not_an_image" | "image_too_large") => {
            Faults::one("photo".to_owned(), FieldFault::NotAnImage).into()
        }
        _ => error,
    };
    if error.field_errors().is_empty() {
        return Err(error);
    }
    let page = GatePage {
        form: Form::again(view.lang, sent, &error),
        ..show::gate(app, fair, Some(gate)).await?
    };
    view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}
