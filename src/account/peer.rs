//! Where a request comes from: its address, never a header that anybody can write, and its device.
use crate::{
    error::{AppError, AppResult},
    platform::App,
};
use anyhow::Context;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{header, request::Parts},
};
use std::net::{IpAddr, SocketAddr};

pub struct Peer {
    pub ip: IpAddr,
    /// The browser's own words, cut.
    pub device: String,
}

impl FromRequestParts<App> for Peer {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> AppResult<Self> {
        let connection = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await;
        let ConnectInfo(address) = connection.context("a request without an address")?;
        let words = parts.headers.get(header::USER_AGENT);
        let words = words.and_then(|words| words.to_str().ok());
        Ok(Self {
            ip: address.ip(),
            device: words.unwrap_or_default().chars().take(200).collect(),
        })
    }
}
