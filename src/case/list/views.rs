//! 台账视图: filters and an order that somebody keeps under a name. A leader shares them with his
//! unit; the filters are the reader's, so everybody finds only what he may see.
use super::{
    page::Names,
    pages::{KeptView, Pill, ViewsPage},
    query::{ListQuery, PAGE},
};
use crate::{
    account::Actor,
    case::store::{self, NewView},
    domain::{
        fault::{Faults, FieldFault},
        id::LedgerViewId,
        text::Line,
    },
    entity::ledger_view,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::Form,
        once::{Done, Once},
        text::Lang,
    },
};
use axum::{extract::FromRequestParts, http::Request};

/// Views an account may keep.
pub const MOST: usize = 20;
/// Characters of a name.
const LONGEST: usize = 30;
/// Bytes of a kept query.
const LONGEST_QUERY: usize = 2000;

/// A view as somebody asks for it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub name: String,
    /// Filters and order, as an address has them.
    pub query: String,
    pub opens_first: bool,
    pub shared: bool,
}

/// Reads a kept query.
///
/// # Errors
/// 400 or 422 for what no list is asked by.
pub async fn read(query: &str) -> AppResult<ListQuery> {
    let query = query.trim().trim_start_matches('?');
    let address = format!("{PAGE}?{query}");
    let request = Request::get(address).body(());
    let request = request.map_err(|_| AppError::malformed("query_malformed"))?;
    let (mut parts, ()) = request.into_parts();
    let Query(read) = Query::<ListQuery>::from_request_parts(&mut parts, &()).await?;
    Ok(read)
}

fn name(asked: &Asked, faults: &mut Faults) -> String {
    let read = faults.take("name", Line::required(&asked.name, LONGEST));
    read.map(Line::into_string).unwrap_or_default()
}

/// Who shares: a leader, with his unit.
fn shared_with(actor: &Actor, asked: &Asked) -> Option<crate::domain::id::UnitId> {
    actor.unit.filter(|_| asked.shared && actor.leader)
}

/// Keeps a view.
///
/// # Errors
/// 422 for a name that is missing, too long or taken, for a query that says nothing, and beyond
/// [`MOST`].
pub async fn keep(
    app: &App,
    actor: &Actor,
    asked: &Asked,
    once: Once,
) -> AppResult<Done<LedgerViewId>> {
    let mut faults = Faults::new();
    let name = name(asked, &mut faults);
    let query = if asked.query.len() > LONGEST_QUERY {
        faults.add("query", FieldFault::TooLong { max: LONGEST_QUERY });
        String::new()
    } else {
        let query = read(&asked.query).await?;
        query.filter(app, actor).await?;
        query.canonical()
    };
    if query.is_empty() && faults.is_empty() {
        faults.add("query", FieldFault::Required);
    }
    faults.into_result(Some(()))?;
    let kept = NewView {
        name,
        query,
        opens_first: asked.opens_first,
        shared_with: shared_with(actor, asked),
    };
    let actor = actor.clone();
    app.db
        .write_once(once, move |tx| async move {
            let views = store::views(tx.conn(), &actor).await?;
            let mut own = views.iter().filter(|view| view.account_id == actor.account);
            if own.clone().count() >= MOST {
                return Err(Faults::one("name", FieldFault::TooMany { max: MOST }).into());
            }
            if own.any(|view| view.name == kept.name) {
                return Err(Faults::one("name", FieldFault::Taken).into());
            }
            let row = store::keep_view(&tx, (actor.office, actor.account), kept).await?;
            Ok(row.id)
        })
        .await
}

/// Gives a view another name, and says whether it opens first and who sees it.
///
/// # Errors
/// 404 for somebody else's view, 422 as [`keep`].
pub async fn change(app: &App, actor: &Actor, id: LedgerViewId, asked: &Asked) -> AppResult<()> {
    let mut faults = Faults::new();
    let name = name(asked, &mut faults);
    faults.into_result(Some(()))?;
    let kept = NewView {
        name,
        query: String::new(),
        opens_first: asked.opens_first,
        shared_with: shared_with(actor, asked),
    };
    let actor = actor.clone();
    app.db
        .write(move |tx| async move {
            let views = store::views(tx.conn(), &actor).await?;
            let mut others = views
                .iter()
                .filter(|view| view.account_id == actor.account && view.id != id);
            if others.any(|view| view.name == kept.name) {
                return Err(Faults::one("name", FieldFault::Taken).into());
            }
            store::change_view(&tx, actor.account, id, kept).await
        })
        .await
}

/// # Errors
/// 404 for somebody else's view.
pub async fn remove(app: &App, actor: &Actor, id: LedgerViewId) -> AppResult<()> {
    let account = actor.account;
    app.db
        .write(move |tx| async move { store::remove_view(&tx, account, id).await })
        .await
}

/// Where a kept view leads.
pub fn href(view: &ledger_view::Model) -> String {
    format!("{PAGE}?{}", view.query)
}

/// The view with which the ledger opens, if the reader keeps one.
pub async fn first(app: &App, actor: &Actor) -> AppResult<Option<String>> {
    let views = store::views(app.db.read(), actor).await?;
    let first = views
        .iter()
        .find(|view| view.opens_first && view.account_id == actor.account);
    Ok(first.map(href))
}

/// The views above a list; the one it shows is marked.
pub async fn pills(app: &App, actor: &Actor, canonical: &str) -> AppResult<Vec<Pill>> {
    let views = store::views(app.db.read(), actor).await?;
    Ok(views
        .iter()
        .map(|view| Pill {
            label: view.name.clone(),
            href: href(view),
            count: None,
            current: view.query == canonical,
        })
        .collect())
}

/// The page of views; `new` is one that is about to be kept, with its form.
pub async fn page(
    app: &App,
    actor: &Actor,
    lang: Lang,
    new: Option<(String, Form)>,
) -> AppResult<ViewsPage> {
    let db = app.db.read();
    let names = Names::load(app, actor, lang).await?;
    let mut page = ViewsPage {
        most: MOST,
        leader: actor.leader && actor.unit.is_some(),
        ..ViewsPage::default()
    };
    if let Some((query, form)) = new {
        let words = names.described(&read(&query).await?);
        page.new = Some((words, form));
    }
    for view in store::views(db, actor).await? {
        let own = view.account_id == actor.account;
        let by = names.people.accounts.get(&view.account_id).filter(|_| !own);
        let kept = KeptView {
            id: view.id.to_string(),
            href: href(&view),
            words: names.described(&read(&view.query).await?),
            opens_first: view.opens_first && own,
            shared: view.unit_id.is_some(),
            by: by.map(|(name, _)| name.clone()).unwrap_or_default(),
            form: Form::filled([("name", view.name.clone())]),
            name: view.name,
        };
        if own {
            page.own.push(kept);
        } else {
            page.shared.push(kept);
        }
    }
    Ok(page)
}
