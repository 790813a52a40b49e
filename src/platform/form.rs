//! A browser's form, urlencoded or multipart, as text; and the form shown again with what was typed.
use super::{once::Once, page, secret, text::Lang};
use crate::error::{AppError, AppResult};
use axum::{
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::LengthLimitError;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, error::Error};
use tower_http::timeout::TimeoutError;

/// Bytes of a form without files at most.
const LARGEST_FORM: usize = 256 << 10;
/// Fields of a form at most.
const MOST_FIELDS: usize = 500;

/// What was sent: fields in order, a name may come more than once; and files that are not empty.
#[derive(Debug, Default)]
pub struct Sent {
    fields: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Sent {
    /// Fields that came some other way, such as in the query of an address.
    pub fn of(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            fields: fields.into_iter().collect(),
            files: Vec::new(),
        }
    }

    /// The first field of that name, or nothing typed.
    pub fn get(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }

    /// All fields of that name, such as ticked boxes.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n == name)
    }

    /// Whether a file of that name was chosen and not taken yet.
    pub fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|(n, _)| n == name)
    }

    /// Takes the uploaded file of that name out, if one was chosen.
    pub fn take_file(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.files.iter().position(|(n, _)| n == name)?;
        Some(self.files.swap_remove(at).1)
    }

    /// Adds a field, such as the id under which an uploaded file was kept.
    pub fn put(&mut self, name: &str, value: String) {
        self.fields.push((name.to_owned(), value));
    }

    /// Stands for everything that was sent but these fields: the same again only when nobody
    /// changed anything.
    pub fn digest(&self, without: &[&str]) -> AppResult<String> {
        let kept = self
            .fields
            .iter()
            .filter(|(name, _)| !without.contains(&name.as_str()));
        let mut kept: Vec<_> = kept.map(|(name, value)| (name, value.trim())).collect();
        kept.sort_unstable();
        let body = serde_json::to_vec(&kept)?;
        Ok(super::once::hex(&Sha256::digest(&body)))
    }

    /// The intent behind a form: a second click on the same form with the same content is the same
    /// intent, a changed content is a new one. `scope` names the route and who is asking.
    pub fn once(&self, scope: &str) -> AppResult<Once> {
        let token = self.get("once");
        if token.is_empty() {
            return Ok(Once::unkeyed());
        }
        let body = serde_json::to_vec(&self.fields)?;
        let scope = format!("{scope} {}", super::once::hex(&Sha256::digest(&body)));
        Once::keyed(scope, token, &body)
    }
}

/// Whether a form is sent in parts, as one with files is.
pub fn has_files(headers: &HeaderMap) -> bool {
    in_parts(&content_type(headers))
}

fn in_parts(kind: &str) -> bool {
    kind.starts_with("multipart/form-data")
}

fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default().to_ascii_lowercase()
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> AppResult<Self> {
        let kind = content_type(request.headers());
        let sent = if in_parts(&kind) {
            let parts = Multipart::from_request(request, state).await;
            collect(parts.map_err(|e| AppError::new(e.status(), "malformed"))?).await?
        } else if kind.is_empty() || kind.starts_with("application/x-www-form-urlencoded") {
            let body = axum::body::to_bytes(request.into_body(), LARGEST_FORM).await;
            let body = body.map_err(|e| broken(&e))?;
            Self {
                fields: decode(&body)?,
                files: Vec::new(),
            }
        } else {
            return Err(AppError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
            ));
        };
        if sent.fields.len() > MOST_FIELDS {
            return Err(AppError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
        }
        Ok(sent)
    }
}

fn decode(body: &[u8]) -> AppResult<Vec<(String, String)>> {
    let fields: Vec<(Vec<u8>, Vec<u8>)> = body
        .split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            (
                percent_decode(&pair[..at]),
                percent_decode(pair.get(at + 1..).unwrap_or_default()),
            )
        })
        .collect();
    let text = |bytes| String::from_utf8(bytes).map_err(|_| AppError::malformed("not_utf8"));
    fields
        .into_iter()
        .map(|(name, value)| Ok((text(name)?, text(value)?)))
        .collect()
}

/// To bytes, not to text: broken UTF-8 must be refused, not replaced.
fn percent_decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|b| if *b == b'+' { b' ' } else { *b })
        .collect();
    percent_encoding::percent_decode(&spaced).collect()
}

async fn collect(mut parts: Multipart) -> AppResult<Sent> {
    let mut sent = Sent::default();
    while let Some(part) = parts.next_field().await.map_err(|e| refuse(&e))? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|e| refuse(&e))?;
        if is_file {
            if !bytes.is_empty() {
                sent.files.push((name, bytes.to_vec()));
            }
        } else {
            let value = String::from_utf8(bytes.to_vec());
            sent.fields
                .push((name, value.map_err(|_| AppError::malformed("not_utf8"))?));
        }
    }
    Ok(sent)
}

fn refuse(error: &MultipartError) -> AppError {
    let status = error.status();
    let malformed = if status.is_client_error() {
        status
    } else {
        StatusCode::BAD_REQUEST
    };
    refusal(error).unwrap_or_else(|| AppError::new(malformed, "malformed"))
}

/// Why a body could not be read to its end: 413 beyond the limit, 408 when it did not come in time,
/// 400 otherwise.
pub fn broken(error: &(dyn Error + 'static)) -> AppError {
    refusal(error).unwrap_or_else(|| AppError::malformed("malformed"))
}

/// Limits reach a parser as a broken stream.
fn refusal(error: &(dyn Error + 'static)) -> Option<AppError> {
    let mut cause = Some(error);
    while let Some(at) = cause {
        if at.is::<LengthLimitError>() {
            return Some(AppError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
        }
        if at.is::<TimeoutError>() {
            return Some(AppError::new(StatusCode::REQUEST_TIMEOUT, "too_slow"));
        }
        cause = at.source();
    }
    None
}

/// A form as a template shows it: `form.values.NAME` is what stands in a field, `form.chosen.NAME`
/// the ticked ones of several, `form.errors.NAME` the text beside it, `form.faults` the same texts
/// in the order they were found, for the summary on top, `form.once` its intent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Form {
    pub values: BTreeMap<String, String>,
    pub chosen: BTreeMap<String, Vec<String>>,
    pub errors: BTreeMap<String, String>,
    pub faults: Vec<(String, String)>,
    pub once: String,
}

impl Form {
    /// An empty form.
    pub fn blank() -> Self {
        Self {
            once: secret::uid(),
            ..Self::default()
        }
    }

    /// A form filled with what is stored.
    pub fn filled<'a>(values: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let mut form = Self::blank();
        form.values.extend(
            values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        form
    }

    /// Adds the ticked ones of several.
    pub fn choose(mut self, name: &str, chosen: impl IntoIterator<Item = String>) -> Self {
        self.chosen
            .insert(name.to_owned(), chosen.into_iter().collect());
        self
    }

    /// The form again after a refusal that names fields; any other error goes on.
    ///
    /// # Errors
    /// The error itself when no field is to blame.
    pub fn retry(lang: Lang, sent: &Sent, error: AppError) -> AppResult<Self> {
        if error.field_errors().is_empty() {
            return Err(error);
        }
        Ok(Self::again(lang, sent, &error))
    }

    /// The form again with what is wrong, and what the whole refuses; errors that no form can mend
    /// go on.
    ///
    /// # Errors
    /// The error itself when it is no refusal.
    pub fn refused(lang: Lang, sent: &Sent, error: AppError) -> AppResult<(Self, Option<String>)> {
        let form = Self::again(lang, sent, &error);
        match error {
            AppError::Problem(problem) if !problem.errors.is_empty() => Ok((form, None)),
            AppError::Problem(problem)
                if [StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]
                    .contains(&problem.status) =>
            {
                let fault = page::problem_text(lang, &problem);
                Ok((form, Some(fault)))
            }
            error => Err(error),
        }
    }

    /// The form again: what was typed, and what is wrong with it.
    pub fn again(lang: Lang, sent: &Sent, error: &AppError) -> Self {
        let mut form = Self::blank();
        for (name, value) in &sent.fields {
            form.chosen
                .entry(name.clone())
                .or_default()
                .push(value.clone());
            form.values.insert(name.clone(), value.clone());
        }
        if sent.has("once") {
            sent.get("once").clone_into(&mut form.once);
        }
        for error in error.field_errors() {
            let text = page::fault_text(lang, error);
            form.faults.push((error.field.clone(), text.clone()));
            form.errors.insert(error.field.clone(), text);
        }
        form
    }
}
