//! The office looks at what gates without a network reported.
use super::gather;
use crate::{
    account::{Actor, Routes},
    domain::{
        fault::{Faults, FieldFault},
        text::Line,
    },
    entity::fair,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
    },
    seeker::{fairs, gate::store, roles::RECONCILE},
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

/// Characters of a note.
const NOTE: usize = 200;

pub fn routes() -> Routes {
    Routes::new()
        .get(RECONCILE, "/office/fairs/{fair}/reconcile", list)
        .post(RECONCILE, "/office/fairs/{fair}/reconcile", settle)
}

async fn list(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let mut page = gather::page(&app, &fair, Form::blank(), "").await?;
    page.flash = said.flash(&view, "seeker.reconcile");
    view.show(page)
}

async fn settle(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    match keep(&app, &actor, &fair, &sent).await {
        Ok(()) => {
            let back = format!("/office/fairs/{slug}/reconcile?said=settled");
            Ok(Redirect::to(&back).into_response())
        }
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = gather::page(&app, &fair, form, sent.get("question")).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn keep(app: &App, actor: &Actor, fair: &fair::Model, sent: &Sent) -> AppResult<()> {
    let mut faults = Faults::new();
    let note = faults.take("note", Line::required(sent.get("note"), NOTE));
    let asked = gather::questions(app, fair).await?.1;
    let question = asked.into_iter().find(|q| q.key == sent.get("question"));
    let question = question.ok_or(FieldFault::NotFound);
    let question = faults.take("question", question);
    let (note, question) = faults.into_result(note.zip(question))?;
    let place = gather::note_place(fair, &question.key);
    let sealed = app.keys.seal(&place, note.as_str())?;
    let (id, by) = (fair.id, actor.account);
    let done = app.db.write(move |tx| async move {
        if store::settle(&tx, id, question.key, sealed, by).await? {
            Ok(())
        } else {
            Err(AppError::conflict("settled_already"))
        }
    });
    done.await
}
