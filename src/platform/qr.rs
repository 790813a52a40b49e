//! QR codes: ASCII addresses only, upper case where possible, so that the code stays small.
use anyhow::{Context, Result};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Modules of white around the code, as the standard asks (ISO/IEC 18004).
const QUIET: usize = 4;

/// An SVG with one path of horizontal runs; its size is the style sheet's business.
pub fn svg(text: &str) -> Result<String> {
    let code = encode(text)?;
    let side = code.width() + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(code.width()).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                write!(
                    path,
                    "M{} {}h{n}v1h-{n}z",
                    x + QUIET,
                    y + QUIET,
                    n = run.len()
                )?;
            }
            x += run.len();
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

/// A PNG with `module` pixels a module, for long-press saving and chat programs.
pub fn png(text: &str, module: u32) -> Result<Vec<u8>> {
    let code = encode(text)?;
    let (width, colors) = (code.width(), code.to_colors());
    let side = u32::try_from(width + 2 * QUIET)? * module;
    let dark = |at: u32| (at / module) as usize;
    let picture = image::GrayImage::from_fn(side, side, |x, y| {
        let (x, y) = (dark(x).wrapping_sub(QUIET), dark(y).wrapping_sub(QUIET));
        let inked = x < width && y < width && colors[y * width + x] == Color::Dark;
        image::Luma([if inked { 0 } else { 255 }])
    });
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png)?;
    Ok(out.into_inner())
}

/// A code for a terminal, two modules a character.
pub fn terminal(text: &str) -> Result<String> {
    let code = encode(text)?;
    Ok(code
        .render::<qrcode::render::unicode::Dense1x2>()
        .quiet_zone(true)
        .build())
}

/// Level Q bears a quarter of damage: rain, folds, dim light.
fn encode(text: &str) -> Result<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::Q).context("text too long for a QR code")
}
