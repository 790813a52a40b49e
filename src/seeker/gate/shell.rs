//! The two scripts of the gate that the server completes: the worker that decodes pictures, and the
//! one that serves the gate without a network. Both lie below `/gate/`, which is all they reach.
use crate::{
    account::{Audience, Routes},
    error::{AppError, AppResult},
    platform::{
        once::hex,
        page::{Static, address},
    },
};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// Where the decoder's own files lie; the version is in the name.
const VENDOR: &str = "/static/vendor/zxing-wasm-3.1.4/";

/// What a page of the gate is made of, below `static/`.
const FILES: &[&str] = &[
    "icons/lantern.svg",
    "js/gate/store.js",
    "js/gate/ticket.js",
    "js/gate/judge.js",
    "js/gate/link.js",
    "js/gate/camera.js",
    "js/gate/panel.js",
    "js/gate/page.js",
    "js/gate/walk-in.js",
];

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/gate/sw.js", serve)
        .get(Audience::Anyone, DECODER, decode)
}

/// The one script, besides the page, that may run WebAssembly.
pub const DECODER: &str = "/gate/decode.js";

/// The decoder's address with its hash.
///
/// # Errors
/// When the file is not in the program.
pub fn decoder() -> AppResult<String> {
    let script = decoder_script()?;
    Ok(format!("{DECODER}?v={}", short(script.as_bytes())))
}

async fn decode() -> AppResult<Response> {
    Ok(script(
        decoder_script()?,
        "public, max-age=31536000, immutable",
    ))
}

async fn serve() -> AppResult<Response> {
    let mut files = Vec::with_capacity(FILES.len() + 3);
    for name in FILES {
        files.push(address(name).ok_or_else(AppError::not_found)?);
    }
    files.push(decoder()?);
    files.push(format!("{VENDOR}reader.js"));
    files.push(format!("{VENDOR}zxing_reader.wasm"));
    let files = serde_json::to_string(&files)?;
    let body = own("js/gate/sw.js")?;
    let cache = short(format!("{files}{body}").as_bytes());
    let head = format!("const FILES = {files};\nconst CACHE = \"gate-{cache}\";\n");
    Ok(script(head + &body, "no-cache"))
}

fn decoder_script() -> AppResult<String> {
    let body = own("js/gate/decode.js")?;
    Ok(format!("const VENDOR = \"{VENDOR}\";\n{body}"))
}

fn own(name: &str) -> AppResult<String> {
    let file = Static::get(name).ok_or_else(AppError::not_found)?;
    Ok(String::from_utf8_lossy(&file.data).into_owned())
}

fn short(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..6])
}

fn script(text: String, cache: &'static str) -> Response {
    let kind = "text/javascript; charset=utf-8";
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)];
    (headers, text).into_response()
}
