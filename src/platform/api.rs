//! What machines send and get: JSON with limits, idempotency keys, keyset pages.
use super::{
    form::broken,
    once::{Done, Once},
};
use crate::error::{AppError, AppResult};
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Unexpected, Visitor},
};
use serde_json::{Map, Value};
use std::{convert::Infallible, fmt};

/// Bytes of a JSON document at most.
const LARGEST: usize = 1 << 20;
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const MINIMAL: &str = "return=minimal";

/// Who asks, as far as an idempotency key is concerned: put into the request by the account layer.
#[derive(Clone, Debug)]
pub struct Principal(pub String);

/// A JSON body, and the intent it belongs to.
pub struct Call<T> {
    pub body: T,
    pub once: Once,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Call<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, _: &S) -> AppResult<Self> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts) {
            return Err(AppError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
            ));
        }
        let bytes = axum::body::to_bytes(body, LARGEST).await;
        let bytes = bytes.map_err(|e| broken(&e))?;
        let once = once(&parts, &bytes)?;
        Ok(Self {
            body: parse(&bytes)?,
            once,
        })
    }
}

fn is_json(parts: &Parts) -> bool {
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    kind.is_some_and(|kind| {
        kind.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .eq_ignore_ascii_case("application/json")
    })
}

fn once(parts: &Parts, body: &[u8]) -> AppResult<Once> {
    let Some(key) = parts.headers.get("idempotency-key") else {
        return Ok(Once::unkeyed());
    };
    let key = key
        .to_str()
        .map_err(|_| AppError::malformed("idempotency_key_malformed"))?;
    let principal = parts
        .extensions
        .get::<Principal>()
        .map_or("public", |p| &p.0);
    Once::keyed(
        format!("{principal} {} {}", parts.method, parts.uri.path()),
        key,
        body,
    )
}

/// Broken JSON is 400; well-formed JSON of another shape is 422 and names the place.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> AppResult<T> {
    let text = std::str::from_utf8(bytes).map_err(|_| AppError::malformed("not_utf8"))?;
    let read = if text.trim_start().starts_with('[') {
        // A struct would take a list as its members in order.
        Err(serde_json::Error::invalid_type(
            Unexpected::Seq,
            &"an object",
        ))
    } else {
        serde_json::from_str(text)
    };
    // The shape may be wrong long before the place where the document breaks off.
    let whole = |error| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => AppError::unprocessable("wrong_shape").param("where", error),
        Err(broken) => AppError::malformed("broken_json").param("where", broken),
    };
    read.map_err(|error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => whole(error),
        _ => AppError::malformed("broken_json").param("where", error),
    })
}

/// The members of an object whose shape is told by one of them; none may stand twice.
#[derive(Debug)]
pub struct Members(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut sent: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = sent.next_entry::<String, Value>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    members.insert(name, value);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Read)
    }
}

/// 201 with what was made; a replay says so in its header.
pub fn created<T: Serialize>(done: Done<T>) -> Response {
    answer(StatusCode::CREATED, done)
}

/// The given status, and whether this answer was given before.
pub fn answer<T: Serialize>(status: StatusCode, done: Done<T>) -> Response {
    let mut response = (status, Json(done.value)).into_response();
    if done.replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// 200 to who prefers no more than `value` (RFC 7240 §4.2).
pub fn minimal<T: Serialize>(done: Done<T>) -> Response {
    let applied = HeaderValue::from_static(MINIMAL);
    let mut response = answer(StatusCode::OK, done);
    response.headers_mut().insert(APPLIED, applied);
    response
}

impl<T> Done<T> {
    /// The same answer in another shape.
    pub fn map<U>(self, shape: impl FnOnce(T) -> U) -> Done<U> {
        Done {
            value: shape(self.value),
            replayed: self.replayed,
        }
    }
}

/// What the caller prefers to be answered (RFC 7240).
#[derive(Clone, Copy, Debug)]
pub struct Prefers {
    /// `return=minimal`: that it was done, and not what became of it.
    pub minimal: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Prefers {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let said = parts.headers.get_all("prefer").iter();
        let words = said.filter_map(|said| said.to_str().ok());
        let mut words = words.flat_map(|words| words.split(','));
        Ok(Self {
            minimal: words.any(|word| word.trim().eq_ignore_ascii_case(MINIMAL)),
        })
    }
}

/// `?limit=&cursor=` of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most 200, 50 when absent.
    pub limit: Option<u64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// # Errors
    /// 422 when the limit is not 1–200.
    pub fn limit(&self) -> AppResult<u64> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(limit),
            _ => Err(AppError::unprocessable("limit_out_of_range")),
        }
    }

    /// # Errors
    /// 400 when the cursor is not one of ours.
    pub fn after(&self) -> AppResult<Option<i64>> {
        let parse = |cursor: &str| {
            cursor
                .parse()
                .map_err(|_| AppError::malformed("cursor_malformed"))
        };
        self.cursor.as_deref().map(parse).transpose()
    }
}

/// A page of a list: `next` is the cursor of the following page.
#[derive(Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A query string whose faults are ours to explain.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> AppResult<Self> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|error| {
                AppError::malformed("query_malformed").param("where", error.body_text())
            })
    }
}

/// The problem document of RFC 9457, for the API description.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// JSON pointer to the field.
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// Reads a number, or a number in quotes, as text: numbers are understood by one set of rules,
/// however they come.
///
/// # Errors
/// When it is neither.
pub fn figure<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(from)? {
        serde_json::Value::Number(number) => Ok(number.to_string()),
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Null => Ok(String::new()),
        _ => Err(serde::de::Error::custom("not a number")),
    }
}
