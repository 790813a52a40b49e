//! A page is a struct bound to one template; samples let a test render every page there is. What
//! all pages share (language, theme, who is asking) comes from [`View`].
use super::{
    App,
    sign::Sign,
    summary,
    text::{self, Lang},
};
use crate::error::{AppError, AppResult};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use minijinja::{
    Environment, Error, ErrorKind, State, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Kwargs, Serde, Value},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{convert::Infallible, sync::LazyLock};

pub trait Page: Serialize + Sized {
    /// Path below `templates/`.
    const TEMPLATE: &'static str;
    /// Pages as they really look: empty, usual, full.
    fn samples() -> Vec<Self>;
}

/// Who is signed in, as far as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Me {
    pub name: String,
    pub role: String,
    /// Where this person's work begins.
    pub home: &'static str,
}

/// Something to say once, on top of the page that follows an action.
#[derive(Clone, Debug, Serialize)]
pub struct Flash {
    pub tone: &'static str,
    pub text: String,
}

impl Flash {
    pub fn ok(text: String) -> Self {
        Self { tone: "ok", text }
    }
}

/// `?said=KEY`: what the redirect after an action wants said. Only keys of the catalogue are said.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Said {
    #[serde(default)]
    said: String,
}

impl Said {
    /// The words of `GROUP.said.KEY`, if there are any.
    pub fn flash(&self, view: &View, group: &str) -> Option<Flash> {
        let key = format!("{group}.said.{}", self.said);
        text::find::<&str>(view.lang, &key, &[]).map(Flash::ok)
    }
}

/// How the reader wants pages: language, theme and size come from cookies set by plain links.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    #[serde(serialize_with = "tag")]
    pub lang: Lang,
    theme: &'static str,
    size: &'static str,
    /// Path and query of this page, for the links that change the view.
    path: String,
    me: Option<Me>,
    #[serde(skip)]
    templates: Option<std::sync::Arc<Environment<'static>>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn tag<S: serde::Serializer>(lang: &Lang, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(lang.tag())
}

#[derive(Serialize)]
struct Framed<'a, P> {
    #[serde(flatten)]
    view: &'a View,
    #[serde(flatten)]
    page: P,
}

impl View {
    /// A view outside a request, for tests and exports.
    pub fn plain(lang: Lang) -> Self {
        Self {
            lang,
            theme: "auto",
            size: "m",
            path: "/".into(),
            me: None,
            templates: None,
        }
    }

    /// The view of somebody who was recognised after it was made.
    pub fn seen_by(self, me: Option<Me>) -> Self {
        Self { me, ..self }
    }

    /// The text of a key in the reader's language.
    pub fn say<V: AsRef<str>>(&self, key: &str, holes: &[(&str, V)]) -> String {
        text::say(self.lang, key, holes)
    }

    /// A day as people write it in the reader's language.
    pub fn day(&self, day: chrono::NaiveDate) -> String {
        let form = match self.lang {
            Lang::Zh => "%Y年%-m月%-d日",
            Lang::En => "%-d %b %Y",
        };
        day.format(form).to_string()
    }

    /// What a page kept for everybody is kept under: `None` when it is not the same for everybody,
    /// or when a query makes it one of too many.
    pub fn ready_key(&self) -> Option<String> {
        let plain = match self.path.split_once('?') {
            None => true,
            Some((_, query)) => matches!(query, "lang=en" | "lang=zh-CN"),
        };
        let same = self.me.is_none() && plain;
        same.then(|| {
            format!(
                "{} {} {} {}",
                self.lang.tag(),
                self.theme,
                self.size,
                self.path
            )
        })
    }

    /// The page as text.
    pub fn html<P: Page>(&self, page: P) -> AppResult<String> {
        let templates = self
            .templates
            .as_ref()
            .ok_or_else(|| anyhow::anyhow!("a view without templates"))?;
        Ok(render(templates, self, page)?)
    }

    pub fn show<P: Page>(&self, page: P) -> AppResult<Response> {
        self.show_with(StatusCode::OK, page)
    }

    /// Like `show`, with another status, such as 422 for a form shown again.
    pub fn show_with<P: Page>(&self, status: StatusCode, page: P) -> AppResult<Response> {
        Ok((status, Html(self.html(page)?)).into_response())
    }

    fn of(parts: &Parts) -> Self {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = |name| {
            jar.get(name)
                .map(|c| c.value().to_owned())
                .unwrap_or_default()
        };
        let asked = query(&parts.uri, "lang");
        let accepted = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok());
        let lang = asked
            .and_then(|tag| Lang::from_tag(&tag))
            .or_else(|| Lang::from_tag(&cookie("lang")))
            .unwrap_or_else(|| Lang::accepted(accepted.unwrap_or_default()));
        Self {
            lang,
            theme: one_of(&["auto", "day", "night"], &cookie("theme")),
            size: one_of(&["m", "l"], &cookie("size")),
            path: parts
                .uri
                .path_and_query()
                .map_or("/", |p| p.as_str())
                .to_owned(),
            me: parts.extensions.get::<Me>().cloned(),
            templates: None,
        }
    }
}

fn one_of(choices: &[&'static str], wish: &str) -> &'static str {
    choices.iter().find(|c| **c == wish).unwrap_or(&choices[0])
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
        .ok()?
        .0
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

impl FromRequestParts<App> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self {
            templates: Some(app.templates.clone()),
            ..Self::of(parts)
        })
    }
}

/// The language alone, for answers to machines.
impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(View::of(parts).lang)
    }
}

impl OptionalFromRequestParts<App> for Me {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// Renders a page; undefined names fail, so a misspelt field is found by the samples.
pub fn render<P: Page>(env: &Environment<'_>, view: &View, page: P) -> Result<String, Error> {
    let lang = view.lang;
    let page = env
        .get_template(P::TEMPLATE)?
        .render_captured(Serde(Framed { view, page }))?;
    Ok(summary::fill(page, lang))
}

#[derive(rust_embed::RustEmbed)]
#[folder = "templates/"]
#[exclude = "text/*"]
struct Templates;

#[derive(rust_embed::RustEmbed)]
#[folder = "static/"]
pub struct Static;

/// The template environment. Debug builds read templates from the disk at each change; release
/// builds carry them inside.
pub fn environment(sign: &Sign) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
    {
        env.set_syntax(syntax);
    }
    if cfg!(debug_assertions) {
        env.set_loader(minijinja::path_loader(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates"
        )));
    } else {
        env.set_loader(|name| {
            Ok(Templates::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()))
        });
    }
    // minijinja 3 prints None like Python does: print nothing instead.
    env.set_formatter(|out, state, value| {
        if value.is_none() {
            Ok(())
        } else {
            minijinja::escape_formatter(out, state, value)
        }
    });
    env.add_global("office", Value::from_object(sign.clone()));
    env.add_function("t", say);
    env.add_function("asset", asset);
    env.add_function("field_awaited", summary::field_awaited);
    env.add_function("field_known", summary::field_known);
    env.add_function("inline_css", |name: &str| {
        inline_css(name).map(Value::from_safe_string)
    });
    for (name, zh, en) in TIMES {
        env.add_filter(*name, move |state: &State<'_, '_>, at: &str| {
            local(at, if lang(state) == Lang::En { en } else { zh })
        });
    }
    env.add_filter("num", thousands);
    env
}

/// Filters that show an instant (RFC 3339, UTC) in Beijing time: name, Chinese form, English form.
const TIMES: &[(&str, &str, &str)] = &[
    ("localtime", "%Y年%-m月%-d日 %H:%M", "%-d %b %Y, %H:%M"),
    ("localdate", "%Y年%-m月%-d日", "%-d %b %Y"),
    ("day", "%-m月%-d日", "%-d %b"),
    ("clock", "%H:%M", "%H:%M"),
    ("daytime", "%-m月%-d日 %H:%M", "%-d %b %H:%M"),
];

fn lang(state: &State<'_, '_>) -> Lang {
    let tag = state.lookup("lang").unwrap_or_default();
    tag.as_str().and_then(Lang::from_tag).unwrap_or_default()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "functions of templates take their arguments by value"
)]
fn say(state: &State<'_, '_>, key: &str, holes: Kwargs) -> Result<String, Error> {
    let mut filled = Vec::new();
    for name in holes.args() {
        filled.push((name, holes.peek::<Value>(name)?.to_string()));
    }
    text::find(lang(state), key, &filled)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no text for {key}")))
}

fn local(at: &str, form: &str) -> Result<String, Error> {
    if let Ok(date) = at.parse::<chrono::NaiveDate>() {
        let form = form
            .split(" %H")
            .next()
            .unwrap_or(form)
            .trim_end_matches(',');
        return Ok(date.format(form).to_string());
    }
    let at = DateTime::parse_from_rfc3339(at)
        .map_err(|e| Error::new(ErrorKind::InvalidOperation, "not a time").with_source(e))?;
    Ok(super::clock::beijing(at.to_utc()).format(form).to_string())
}

fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

/// A static file's address with its hash, so that it can be cached for ever.
fn asset(name: &str) -> Result<String, Error> {
    address(name).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no file {name}")))
}

/// The same for what is no template: nothing when there is no such file.
pub fn address(name: &str) -> Option<String> {
    let hash: [u8; 32] = match Static::get(name) {
        Some(file) => file.metadata.sha256_hash(),
        None => Sha256::digest(linked_css(name)?).into(),
    };
    let hash = super::once::hex(&hash[..6]);
    Some(format!("/static/{name}?v={hash}"))
}

/// A style sheet made of several that pages link to, by its name below `static/`.
pub fn linked_css(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("css/").filter(|name| linked(name))?;
    let bundle = BUNDLES.iter().find(|(bundle, _)| bundle == name);
    bundle.map(|(_, css)| css.as_str())
}

/// Whether a bundle is a file of its own; the others stand in the page.
fn linked(bundle: &str) -> bool {
    bundle.strip_suffix(".css").is_some()
}

/// Style sheets put into the page itself, or sent as one: on a slow network each further request
/// costs seconds. `static/css/BUNDLES.txt` says which files make a bundle, in order.
static BUNDLES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let list =
        Static::get("css/BUNDLES.txt").map(|f| String::from_utf8_lossy(&f.data).into_owned());
    list.unwrap_or_default()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, files)| {
            (
                name.trim().to_owned(),
                files.split_whitespace().map(css).collect(),
            )
        })
        .collect()
});

fn css(file: &str) -> String {
    let text =
        Static::get(&format!("css/{file}")).map(|f| String::from_utf8_lossy(&f.data).into_owned());
    shrink(&text.unwrap_or_default())
}

/// Takes comments, line breaks and indents out of a style sheet.
fn shrink(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn inline_css(name: &str) -> Result<String, Error> {
    let bundle = BUNDLES.iter().find(|(bundle, _)| bundle == name);
    bundle
        .map(|(_, css)| format!("<style>{css}</style>"))
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no bundle {name}")))
}

/// The hashes that let the inlined style sheets through the content security policy.
pub static STYLE_HASHES: LazyLock<String> = LazyLock::new(|| {
    let inlined = BUNDLES.iter().filter(|(name, _)| !linked(name));
    let hashes = inlined.map(|(_, css)| STANDARD.encode(Sha256::digest(css)));
    hashes.fold(String::new(), |all, hash| format!("{all} 'sha256-{hash}'"))
});

/// The text of each faulty field, for a form shown again.
pub fn fault_text(lang: Lang, error: &crate::error::FieldError) -> String {
    text::say(lang, &format!("field_fault.{}", error.code), &error.params)
}

/// What a refusal says, for a page that shows it in its place.
///
/// # Errors
/// The error itself when it is not for people's eyes.
pub fn refusal(lang: Lang, error: AppError) -> AppResult<String> {
    match error {
        AppError::Problem(problem) => Ok(problem_text(lang, &problem)),
        AppError::Internal(_) => Err(error),
    }
}

/// `detail` of a problem in the reader's language; a code without words falls back to its status.
pub fn problem_text(lang: Lang, problem: &crate::error::Problem) -> String {
    if let Some(detail) = &problem.detail {
        return detail.clone();
    }
    text::find(lang, &format!("problem.{}", problem.code), &problem.params).unwrap_or_else(|| {
        text::say(
            lang,
            &format!("problem.status_{}", problem.status.as_u16()),
            &problem.params,
        )
    })
}

/// An answer below an address that is a key: it goes nowhere as a referrer and into no cache.
pub fn sealed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A path of this site, or the start page: never a redirect to somebody else's.
pub fn own_path(back: Option<&str>) -> &str {
    back.filter(|path| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r'])
    })
    .unwrap_or("/")
}

impl From<Infallible> for AppError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_stays_on_this_site() {
        assert_eq!(own_path(Some("/f/x?q=1")), "/f/x?q=1");
        for evil in ["//evil", "https://evil", "/\\evil", "javascript:1"] {
            assert_eq!(own_path(Some(evil)), "/");
        }
    }
}
