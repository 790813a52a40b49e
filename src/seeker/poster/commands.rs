//! Making posters.
use super::store;
use crate::{
    domain::{id::FairId, text::Line, ticket::Code},
    error::{AppError, AppResult},
    platform::{
        App,
        once::{Done, Once},
        secret,
    },
};

/// Posters that one form makes at most.
pub const AT_ONCE: usize = 50;
/// Codes are drawn by lot; so often another is drawn when one is taken.
const DRAWS: usize = 8;

/// Makes one poster for each place.
pub async fn make(
    app: &App,
    fair: FairId,
    once: Once,
    places: Vec<Line>,
) -> AppResult<Done<usize>> {
    let done = app.db.write_once(once, move |tx| async move {
        let count = places.len();
        for place in places {
            let mut made = None;
            for _ in 0..DRAWS {
                let code = Code::from_bytes(secret::random());
                made = store::insert(&tx, fair, &code, place.as_str().to_owned()).await?;
                if made.is_some() {
                    break;
                }
            }
            made.ok_or_else(AppError::unavailable)?;
        }
        Ok(count)
    });
    done.await
}
