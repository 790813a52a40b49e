//! The one error a handler returns. It knows a status and a code; the words come from the
//! catalogues (`problem.<code>`), so a page and the API say the same thing in the reader's language.
use crate::domain::{
    case::{Class, Refusal},
    fault::{Faults, FieldFault},
};
use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

pub type AppResult<T> = Result<T, AppError>;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Something the caller can understand and mend.
    #[error("{}", .0.code)]
    Problem(Box<Problem>),
    /// Something only we can mend: logged once, never shown.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// What went wrong, as RFC 9457 has it, without words.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    /// Stable name; `problem.<code>` is its text.
    pub code: String,
    /// Fills the holes of the text.
    pub params: Vec<(&'static str, String)>,
    pub errors: Vec<FieldError>,
    /// What to say instead of the text of the code, already in the reader's language.
    pub detail: Option<String>,
    /// Further members of the problem document, such as `free` booths or the current `seq`.
    pub extra: Map<String, Value>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

/// One field that cannot be taken as it is; `field_fault.<code>` is its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name in a form, JSON pointer (without the leading slash) in a document.
    pub field: String,
    pub code: String,
    pub params: Vec<(&'static str, String)>,
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            params: Vec::new(),
            errors: Vec::new(),
            detail: None,
            extra: Map::new(),
            retry_after: None,
        }
    }

    /// 503: the same call may succeed in a moment.
    pub fn unavailable() -> Self {
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
    }
}

impl AppError {
    pub fn new(status: StatusCode, code: impl Into<String>) -> Self {
        Self::Problem(Box::new(Problem::new(status, code)))
    }

    pub fn malformed(code: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code)
    }

    pub fn sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign_in")
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden")
    }

    /// 403: the code says why.
    pub fn forbidden_because(code: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// 409: the code says which conflict.
    pub fn conflict(code: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code)
    }

    /// 410: it was there, and is over.
    pub fn gone(code: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, code)
    }

    /// 422 about the whole, not one field.
    pub fn unprocessable(code: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code)
    }

    /// 422 with the fields that are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        problem.errors = errors;
        Self::Problem(Box::new(problem))
    }

    pub fn too_many(retry_after: u64) -> Self {
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many");
        problem.retry_after = Some(retry_after);
        Self::Problem(Box::new(problem))
    }

    /// 503: the database is away or busy, or the disk is full.
    pub fn unavailable() -> Self {
        Self::Problem(Box::new(Problem::unavailable()))
    }

    /// Adds a value for a hole of the text.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and short texts are handed over as they are"
    )]
    pub fn param(mut self, name: &'static str, value: impl ToString) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.params.push((name, value.to_string()));
        }
        self
    }

    /// Says something more particular than the text of the code.
    pub fn saying(mut self, detail: String) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.detail = Some(detail);
        }
        self
    }

    /// Adds a member to the problem document.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.extra.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The code, when this is a problem.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            Self::Internal(_) => None,
        }
    }

    /// The faulty fields of a 422, so that a form can be shown again with them.
    pub fn field_errors(&self) -> &[FieldError] {
        match self {
            Self::Problem(problem) => &problem.errors,
            Self::Internal(_) => &[],
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Problem(problem) => *problem,
            Self::Internal(cause) if is_full(&cause) => {
                tracing::error!(error = ?cause, "the disk is full");
                Problem::unavailable()
            }
            Self::Internal(cause) => {
                tracing::error!(error = ?cause, "request failed");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        (problem.status, Extension(problem)).into_response()
    }
}

impl From<Faults> for AppError {
    fn from(faults: Faults) -> Self {
        let error = |(field, fault): (&str, &FieldFault)| FieldError {
            field: field.to_owned(),
            code: fault.code().to_owned(),
            params: fault.params(),
        };
        Self::invalid(faults.iter().map(error).collect())
    }
}

impl From<Refusal> for AppError {
    /// `guard` names what failed, `who_can` the parts that may act, `stages` when.
    fn from(refusal: Refusal) -> Self {
        let error = match refusal.class {
            Class::NotNow => Self::conflict("not_now"),
            Class::NotYours => Self::new(StatusCode::FORBIDDEN, "not_yours"),
            Class::Invalid(_) if !refusal.fields.is_empty() => return refusal.fields.into(),
            // The guard that failed is the fault of the field: `field_fault.<guard>` is its text.
            Class::Invalid(field) => {
                return Self::invalid(vec![FieldError {
                    field: field.to_owned(),
                    code: refusal.code.to_owned(),
                    params: Vec::new(),
                }]);
            }
        };
        let who: Vec<_> = refusal.who_can.iter().map(|part| part.code()).collect();
        let stages: Vec<_> = refusal.stages.iter().map(|stage| stage.code()).collect();
        error
            .with("guard", refusal.code)
            .with("who_can", who)
            .with("stages", stages)
    }
}

impl From<sea_orm::DbErr> for AppError {
    fn from(error: sea_orm::DbErr) -> Self {
        if is_away(&error) {
            tracing::warn!(%error, "database unavailable");
            return Self::unavailable();
        }
        match sqlstate(&error).as_deref() {
            // No text with a NUL in it is kept: whoever sends one is told so, wherever it was.
            Some("22021") => Self::malformed("not_utf8"),
            // Two transactions in each other's way, one was given up: it may simply be repeated.
            Some("40001" | "40P01") => {
                tracing::warn!(%error, "transaction given up");
                Self::unavailable()
            }
            _ => Self::Internal(error.into()),
        }
    }
}

/// Whether the database could not be asked, or went away while it was. Of a commit that ended so
/// nobody knows whether it stands: who repeats it under the same key finds out.
fn is_away(error: &sea_orm::DbErr) -> bool {
    use sea_orm::{DbErr, sqlx::Error};
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    match cause(error) {
        Some(
            Error::Io(_)
            | Error::Tls(_)
            | Error::PoolTimedOut
            | Error::PoolClosed
            | Error::WorkerCrashed
            | Error::BeginFailed,
        ) => true,
        _ => sqlstate(error).is_some_and(|state| passes(&state)),
    }
}

/// What passes. On PostgreSQL: connection lost, server ending or starting, no more connections,
/// memory or room, and a standby that does not write yet. On SQLite, whose states are numbers:
/// somebody else is writing, and a disk that is full or fails.
fn passes(sqlstate: &str) -> bool {
    if let Ok(result) = sqlstate.parse::<u32>()
        && sqlstate.len() < 5
    {
        // BUSY, LOCKED, IOERR, FULL, CANTOPEN, whatever the upper bits add to them.
        return [5, 6, 10, 13, 14].contains(&(result & 0xFF));
    }
    sqlstate.len() == 5
        && (["08", "53"].iter().any(|class| sqlstate.starts_with(class))
            || matches!(
                sqlstate,
                "57P01" | "57P02" | "57P03" | "57P05" | "57014" | "25006" | "25P03" | "58030"
            ))
}

/// Whether the disk had no room for a file.
fn is_full(cause: &anyhow::Error) -> bool {
    use std::io::{Error, ErrorKind};
    let kinds = [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
    ];
    let failed = cause
        .chain()
        .find_map(|cause| cause.downcast_ref::<Error>());
    failed.is_some_and(|failed| kinds.contains(&failed.kind()))
}

/// The SQLSTATE that PostgreSQL gave for a failed statement.
pub fn sqlstate(error: &sea_orm::DbErr) -> Option<String> {
    use sea_orm::sqlx::error::DatabaseError;
    let told = cause(error)?.as_database_error()?;
    Some(DatabaseError::code(told)?.into_owned())
}

/// What the driver said of a failed statement.
fn cause(error: &sea_orm::DbErr) -> Option<&sea_orm::sqlx::Error> {
    use sea_orm::{DbErr, RuntimeErr};
    match error {
        DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause)) => {
            Some(cause)
        }
        _ => None,
    }
}

impl From<minijinja::Error> for AppError {
    fn from(error: minijinja::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<serde_json::Error> for AppError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for state in [
            "08006", "08P01", "53100", "53300", "57P01", "57P03", "25006", "5", "13", "778", "1034",
        ] {
            assert!(passes(state), "{state}");
        }
        // 531 and 787 are SQLite's, and mean that a constraint refused.
        for state in ["23505", "22021", "42P01", "40001", "531", "787", ""] {
            assert!(!passes(state), "{state}");
        }
    }
}
