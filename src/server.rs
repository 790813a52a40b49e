//! Puts the pieces together: routes, layers, the page or document that explains an error.
use crate::{
    account::{self, Audience, Peer, Routes},
    area, broadcast, case,
    config::Listening,
    desk, employer,
    error::{AppError, AppResult, Problem},
    fair, help, intake, matching, notice, office, oversight, person,
    platform::{
        App,
        api::{FieldProblem, ProblemDocument, Query},
        form, health, metrics,
        page::{self, Me, Page, Static, View},
        refusals,
        text::{self, Lang},
    },
    posting, queue, rulebook, seeker, tally,
};
use anyhow::Context;
use axum::{
    Extension, Json, Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use rustix::process::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr, TcpListener},
    time::{Duration, Instant},
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::CsrfLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::{DeadlineBody, TimeoutBody},
    trace::TraceLayer,
};
use utoipa::openapi::{InfoBuilder, OpenApi};

/// Bytes of any request at most: the largest table, and the form around it.
const LARGEST_REQUEST: usize = (10 << 20) + (64 << 10);
/// How hard answers are compressed: on a slow network a kilobyte is 20 ms, and brotli's usual level
/// leaves a tenth of a page in it.
const SQUEEZED: CompressionLevel = CompressionLevel::Precise(6);
/// Time for the head of a request.
const HEAD: Duration = Duration::from_secs(15);
/// Between two requests of one connection; then, too, for a head that drips.
const IDLE: Duration = Duration::from_secs(75);
/// Time for the body of a request, and for a silence within it.
const BODY: Duration = Duration::from_secs(30);
/// Time for a body with files: pictures of a telephone whose network carries 100 kB a second.
const FILES: Duration = Duration::from_mins(2);
/// Time that running requests get when the program stops.
const DRAIN: Duration = Duration::from_secs(20);
/// A handler that takes longer, once the body is there, answers 503.
const PATIENCE: Duration = Duration::from_secs(20);

/// The details of each kind of case.
static LEDGER: &[case::OfKind] = &[
    intake::HOOKS[0],
    intake::HOOKS[1],
    intake::HOOKS[2],
    intake::HOOKS[3],
    intake::HOOKS[4],
    matching::LEDGER,
];

/// Every door of the building.
pub fn routes() -> Routes {
    Routes::new()
        .merge(account::routes())
        .merge(area::routes())
        .merge(case::routes(case::Hooks(LEDGER)))
        .merge(desk::routes())
        .merge(employer::routes())
        .merge(fair::routes(notice::BESIDE, matching::CROWD))
        .merge(help::routes())
        .merge(intake::routes())
        .merge(notice::routes())
        .merge(office::routes())
        .merge(oversight::routes())
        .merge(tally::routes(notice::BESIDE))
        .merge(person::routes())
        .merge(posting::routes())
        .merge(queue::routes())
        .merge(broadcast::routes())
        .merge(rulebook::routes())
        .merge(matching::routes())
        .merge(seeker::routes(matching::MATCHES))
        .get(Audience::Anyone, "/static/{*path}", static_file)
        .get(Audience::Anyone, "/prefs", set_preference)
        .get(Audience::Anyone, "/healthz", || async { "ok" })
        .get(Audience::Anyone, "/livez", || async { "ok" })
        .get(Audience::Anyone, METRICS, measured)
        .get(Audience::Anyone, "/readyz", ready)
        .get(Audience::Anyone, "/api/v1/openapi.json", || async {
            Json(document())
        })
}

/// The description of the API, made from the handlers themselves.
pub fn document() -> OpenApi {
    let routes = routes();
    let doors = routes.table().iter();
    let open: HashSet<_> = doors
        .filter(|door| matches!(door.audience, Audience::Anyone))
        .map(|door| (door.method.to_string(), door.path.clone()))
        .collect();
    let (_, mut document) = routes.into_parts();
    refusals::describe(&mut document, |method, path| {
        open.contains(&(method.to_owned(), path.to_owned()))
    });
    document.info = InfoBuilder::new()
        .title("Nightfair")
        .version("1")
        .description(Some(
            "Recruitment evenings and service desks from one ledger",
        ))
        .build();
    document
}

pub fn router(app: App) -> Router {
    let (router, _) = routes().into_parts();
    let csrf = CsrfLayer::new();
    let csrf = csrf
        .clone()
        .add_trusted_origin(&app.settings.public_url)
        .unwrap_or(csrf);
    let csrf = csrf.with_rejection_response(|_| cross_site().into_response());
    router
        .fallback(|| async { AppError::not_found() })
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            account::session::identify,
        ))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            unless_database_is_away,
        ))
        .layer(middleware::from_fn(in_time))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
        }))
        .layer(csrf)
        .layer(middleware::from_fn(machines_have_no_cookies))
        .layer(middleware::from_fn(names_a_host))
        .layer(RequestBodyLimitLayer::new(LARGEST_REQUEST))
        .layer(middleware::from_fn_with_state(app.clone(), explain))
        .layer(CompressionLayer::new().quality(SQUEEZED))
        .layer(middleware::from_fn_with_state(app.clone(), guard_headers))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(middleware::from_fn_with_state(app.clone(), measure))
        .with_state(app)
}

/// A request of HTTP/1.1 names one host, and one that can be (RFC 9112 §3.2): two that stand behind
/// each other could each believe another of several.
async fn names_a_host(request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => authority(host).is_some(),
        (None, _) => request.version() != Version::HTTP_11,
        (Some(_), Some(_)) => false,
    };
    if named {
        next.run(request).await
    } else {
        AppError::malformed("host_malformed").into_response()
    }
}

/// What a `Host` names, without the name of a user before it.
fn authority(host: &HeaderValue) -> Option<Authority> {
    let host = host.to_str().ok()?;
    host.parse().ok().filter(|_| !host.contains('@'))
}

/// Gives a body the time that its sender's network needs, and the handler its own.
async fn in_time(request: Request, next: Next) -> Response {
    let mut limit = PATIENCE;
    let request = if request.body().is_end_stream() {
        request
    } else {
        let body = if form::has_files(request.headers()) {
            FILES
        } else {
            BODY
        };
        limit += body;
        request.map(|sent| Body::new(TimeoutBody::new(BODY, DeadlineBody::new(body, sent))))
    };
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// Path without query: secrets in ticket addresses stay out of the log as well.
fn span(request: &Request) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok());
    let path = request.uri().path();
    let leads = |secret: &str| {
        let start = path.get(..secret.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(secret))
    };
    let path = if leads("/t/") {
        "/T/…"
    } else if leads("/k/") {
        "/K/…"
    } else if leads("/api/v1/track/") {
        "/api/v1/track/…"
    } else if leads("/setup/") {
        "/setup/…"
    } else {
        path
    };
    tracing::info_span!("request", id = id.unwrap_or_default(), method = %request.method(), path)
}

fn cross_site() -> AppError {
    AppError::new(StatusCode::FORBIDDEN, "cross_site")
}

/// Who has to wait while the database does not answer is told to come again; what needs no
/// database never waits here. A write under way goes on, and stands or falls by itself.
async fn unless_database_is_away(State(app): State<App>, request: Request, next: Next) -> Response {
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = app.db.away() => AppError::unavailable().into_response(),
    }
}

/// A bearer token is not sent by browsers on their own, so a request that carries one cannot be
/// forged by another site: the check of its origin would only refuse mini-programs.
async fn machines_have_no_cookies(mut request: Request, next: Next) -> Response {
    if request.uri().path() == METRICS {
        // The token of the metrics is no account's, and they are read while the database is away.
        if let Some(token) = request.headers_mut().remove(header::AUTHORIZATION) {
            request.extensions_mut().insert(Opens(token));
        }
        request.headers_mut().remove(header::COOKIE);
        return next.run(request).await;
    }
    if request.headers().contains_key(header::AUTHORIZATION) {
        for name in ["sec-fetch-site", "origin", "cookie"] {
            request.headers_mut().remove(name);
        }
    }
    next.run(request).await
}

const METRICS: &str = "/metrics";

/// What was sent along to read the metrics.
#[derive(Clone)]
struct Opens(HeaderValue);

#[derive(Serialize)]
pub struct ErrorPage {
    pub status: u16,
    pub title: String,
    pub detail: String,
    pub request_id: String,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            status: 404,
            title: "没有找到".into(),
            detail: "没有找到您要的内容。".into(),
            request_id: "0".into(),
        }]
    }
}

/// Gives a failed answer its words: a problem document for machines, a page for people.
async fn explain(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(view) = View::from_request_parts(&mut parts, &app).await;
    let machine = wants_document(parts.uri.path(), &parts.headers);
    let id = parts
        .extensions
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok());
    let id = id.unwrap_or_default().to_owned();
    let back = parts
        .uri
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let reads = parts.method.is_safe();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = problem_of(&response) else {
        return response;
    };
    if machine {
        return problem_document(view.lang, &problem, &id);
    }
    if problem.status == StatusCode::UNAUTHORIZED && reads {
        return Redirect::to(&format!("/sign-in?back={}", encode(&back))).into_response();
    }
    if problem.code == "password_change_needed" && reads {
        return Redirect::to(account::session::CHANGE_PASSWORD).into_response();
    }
    let page = ErrorPage {
        status: problem.status.as_u16(),
        title: title(view.lang, problem.status),
        detail: page::problem_text(view.lang, &problem),
        request_id: id,
    };
    let me = response.extensions().get::<Me>().cloned();
    let shown = view
        .seen_by(me)
        .show_with(problem.status, page)
        .unwrap_or_else(|error| {
            tracing::error!(?error, "no error page");
            problem.status.into_response()
        });
    with_retry(shown, &problem)
}

fn encode(path: &str) -> String {
    percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn wants_document(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    path.starts_with("/api/") || (accept.contains("json") && !accept.contains("html"))
}

/// What a handler said, or what a bare failure status of a layer means.
fn problem_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let status = response.status();
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let bare = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    (status.as_u16() >= 400 && bare).then(|| match status {
        StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(),
        status => Problem::new(status, status_code(status)),
    })
}

/// The code of a failure that only has a status.
fn status_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "sign_in",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        408 => "too_slow",
        413 => "too_large",
        415 => "unsupported_media_type",
        422 => "invalid",
        429 => "too_many",
        500..=599 => "internal",
        _ => "malformed",
    }
}

fn title(lang: Lang, status: StatusCode) -> String {
    text::say::<&str>(lang, &format!("problem.title.{}", status.as_u16()), &[])
}

fn problem_document(lang: Lang, problem: &Problem, request_id: &str) -> Response {
    let errors = problem.errors.iter().map(|error| FieldProblem {
        pointer: format!("/{}", error.field),
        code: error.code.clone(),
        detail: page::fault_text(lang, error),
    });
    let document = ProblemDocument {
        r#type: format!("/problems/{}", problem.code),
        title: title(lang, problem.status),
        status: problem.status.as_u16(),
        detail: page::problem_text(lang, problem),
        code: problem.code.clone(),
        errors: errors.collect(),
    };
    let mut members = match serde_json::to_value(document) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    members.insert("request_id".into(), request_id.into());
    members.extend(problem.extra.clone());
    let mut response = (problem.status, Json(members)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    with_retry(response, problem)
}

fn with_retry(mut response: Response, problem: &Problem) -> Response {
    if let Some(seconds) = problem.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Extension(self)).into_response()
    }
}

/// What every answer says about itself. Pages of one person are never stored.
async fn guard_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let camera = seeker::gate::is_scanner(path);
    let wasm = if camera || path == seeker::gate::DECODER {
        " 'wasm-unsafe-eval'"
    } else {
        ""
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let csp = format!(
        "default-src 'none'; script-src 'self'{wasm}; style-src 'self'{}; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        *page::STYLE_HASHES
    );
    let mut put = |name: HeaderName, value: &str| {
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    put(header::CONTENT_SECURITY_POLICY, &csp);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    put(header::CACHE_CONTROL, "no-store");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    let camera = if camera {
        "camera=(self), microphone=(), geolocation=()"
    } else {
        "camera=(), microphone=(), geolocation=()"
    };
    put(HeaderName::from_static("permissions-policy"), camera);
    if app.leaving.is_cancelled() {
        // Whoever keeps this connection opens the next one elsewhere.
        put(header::CONNECTION, "close");
    }
    if app.settings.secure() {
        put(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
    response
}

/// Files of the program itself; the address carries their hash, so they never change.
async fn static_file(Path(path): Path<String>) -> AppResult<Response> {
    let (kind, data) = if let Some(file) = Static::get(&path) {
        let kind = file.metadata.mimetype().to_owned();
        (kind, Body::from(file.data.into_owned()))
    } else {
        let css = page::linked_css(&path).ok_or_else(AppError::not_found)?;
        ("text/css".to_owned(), Body::from(css))
    };
    let cache = "public, max-age=31536000, immutable".to_owned();
    Ok((
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)],
        data,
    )
        .into_response())
}

#[derive(Deserialize)]
struct Preference {
    lang: Option<String>,
    theme: Option<String>,
    size: Option<String>,
    back: Option<String>,
}

/// Language, theme and size are cookies set by plain links, so that they work without a script.
async fn set_preference(
    State(app): State<App>,
    jar: CookieJar,
    Query(wish): Query<Preference>,
) -> Response {
    let wishes = [
        ("lang", wish.lang),
        ("theme", wish.theme),
        ("size", wish.size),
    ];
    let jar = wishes
        .into_iter()
        .fold(jar, |jar, (name, value)| match value {
            Some(value) if value.len() < 8 && value.is_ascii() => jar.add(
                Cookie::build((name, value))
                    .path("/")
                    .secure(app.settings.secure())
                    .http_only(true)
                    .same_site(SameSite::Lax)
                    .permanent(),
            ),
            _ => jar,
        });
    (jar, Redirect::to(page::own_path(wish.back.as_deref()))).into_response()
}

/// Whether visitors may be sent here: nobody asked the program to stop, the database answers and is
/// that of this program, and there is room to write.
async fn ready(State(app): State<App>) -> AppResult<&'static str> {
    if app.leaving.is_cancelled() {
        return Err(AppError::unavailable());
    }
    account::store::any(app.db.read(), app.settings.office).await?;
    let migrated = health::is_migrated(app.db.read()).await?;
    // A folder that is gone has no room.
    let room = app.files.room().unwrap_or_default();
    if !migrated || room < health::TOO_FULL {
        tracing::warn!(migrated, room, "not ready");
        return Err(AppError::unavailable());
    }
    Ok("ready")
}

/// Counts and times every answer by the template of its route.
async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let _under_way = app.metrics.asked();
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    let status = response.status().as_u16();
    app.metrics
        .answered(route, method.as_str(), status, begun.elapsed());
    response
}

/// The counts, for this machine or whoever has the token. A proxy on this machine speaks for
/// others: it says so in a header, or passes on the name that they asked for.
///
/// # Errors
/// 403 for everybody else.
async fn measured(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    opens: Option<Extension<Opens>>,
) -> AppResult<Response> {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    let local = peer.ip.to_canonical().is_loopback()
        && names_this_machine(&headers)
        && !forwarded.iter().any(|name| headers.contains_key(*name));
    let bearer = opens
        .as_ref()
        .and_then(|Extension(Opens(token))| token.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if !app.metrics.open_to(local, bearer) {
        return Err(AppError::new(StatusCode::FORBIDDEN, "forbidden"));
    }
    let text = app.metrics.text(&app).await?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(authority) else {
        return false;
    };
    let address = host.host().trim_matches(['[', ']']).parse::<IpAddr>();
    host.host() == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Serves until the program is asked to stop, then lets running requests end.
pub async fn serve(app: App, listener: TcpListener, listening: &Listening) -> anyhow::Result<()> {
    open_as_many_as_allowed();
    let handle = axum_server::Handle::new();
    tokio::spawn(drain(app.stop.clone(), handle.clone()));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    if let (Some(cert), Some(key)) = (&listening.tls_cert, &listening.tls_key) {
        let tls = RustlsConfig::from_pem_file(cert, key).await;
        let tls = tls.context("--tls-cert, --tls-key: cannot be read")?;
        let server = axum_server::from_tcp_rustls(listener, tls)?;
        limited(server.handle(handle)).serve(service).await?;
    } else {
        let server = axum_server::from_tcp(listener)?;
        limited(server.handle(handle)).serve(service).await?;
    }
    Ok(())
}

/// A shell starts programs with 1024 open files, which the connections of a full square exceed; up to
/// the harder limit a program may go by itself.
fn open_as_many_as_allowed() {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, files) {
        tracing::warn!(%error, "the number of open files stays as it was");
    }
}

/// Slow and silent clients are let go: see [`HEAD`] and [`IDLE`].
fn limited<A: axum_server::Address, C>(
    mut server: axum_server::Server<A, C>,
) -> axum_server::Server<A, C> {
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE);
    server.first_request_timeout(HEAD)
}

/// From here on an init system or Ctrl-C asks the program to stop instead of ending it. Called
/// before the program says that it serves: whoever reads that may ask at once. Who asks twice does
/// not want to wait until others have seen that it goes.
pub fn stop_when_asked(
    leaving: CancellationToken,
    stop: CancellationToken,
    linger: Duration,
) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("no signal handler")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("no signal handler")?;
    tokio::spawn(async move {
        let mut asked = async || {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
                () = stop.cancelled() => {}
            }
        };
        asked().await;
        leaving.cancel();
        drop(tokio::time::timeout(linger, asked()).await);
        stop.cancel();
    });
    Ok(())
}

async fn drain(stop: CancellationToken, handle: axum_server::Handle<SocketAddr>) {
    stop.cancelled().await;
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(DRAIN));
}
