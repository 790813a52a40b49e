//! QR codes: ASCII addresses only, upper case where possible, so that the code stays small; and
//! what stands in the photo of one.
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use hashlink::LruCache;
use image::{DynamicImage, GrayImage, imageops::FilterType};
use qrcode::{Color, EcLevel, QrCode};
use rxing::{
    BinaryBitmap, DecodeHints, ImmutableReader, Luma8LuminanceSource, common::HybridBinarizer,
    qrcode::QRCodeReader,
};
use std::{
    fmt::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

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
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    // One bit a pixel and the quick compression: tickets are drawn by the thousand.
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    let mut picture = Vec::new();
    let blank = vec![0xFF_u8; side.div_ceil(8) as usize];
    let quiet = QUIET * module as usize;
    picture.extend(blank.repeat(quiet));
    for row in colors.chunks(width) {
        let mut line = blank.clone();
        for (at, _) in row.iter().enumerate().filter(|(_, c)| **c == Color::Dark) {
            let from = (at + QUIET) * module as usize;
            for pixel in from..from + module as usize {
                line[pixel / 8] &= !(0x80 >> (pixel % 8));
            }
        }
        picture.extend(line.repeat(module as usize));
    }
    picture.extend(blank.repeat(quiet));
    encoder.write_header()?.write_image_data(&picture)?;
    Ok(out)
}

/// Pictures by what they say and their size.
type Drawn = LruCache<(String, u32), Arc<[u8]>>;

/// So many pictures are remembered, of a kilobyte or less each: those of a full square.
const DRAWN: usize = 4096;

/// The picture of [`png`], drawn once for whoever looks at the same code again and again.
pub fn png_again(text: &str, module: u32) -> Result<Arc<[u8]>> {
    static DRAWN_BEFORE: LazyLock<Mutex<Drawn>> =
        LazyLock::new(|| Mutex::new(LruCache::new(DRAWN)));
    let remembered = || DRAWN_BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (text.to_owned(), module);
    if let Some(picture) = remembered().get(&key) {
        return Ok(picture.clone());
    }
    let picture: Arc<[u8]> = png(text, module)?.into();
    remembered().insert(key, picture.clone());
    Ok(picture)
}

/// The picture as an address that needs no request: eight pixels a module.
pub fn data_address(text: &str) -> Result<String> {
    let png = STANDARD.encode(png_again(text, 8)?);
    Ok(format!("data:image/png;base64,{png}"))
}

/// A code for a terminal, two modules a character.
pub fn terminal(text: &str) -> Result<String> {
    let code = encode(text)?;
    Ok(code
        .render::<qrcode::render::unicode::Dense1x2>()
        .quiet_zone(true)
        .build())
}

/// Sides at which a photo is looked at, in turn: large codes are found in the small picture, small
/// ones in the large.
const LOOKS: [u32; 2] = [1000, 2200];

/// What stands in the code of a photo. Not for the async threads.
pub fn read(photo: &DynamicImage) -> Option<String> {
    let mut looked = 0;
    for side in LOOKS {
        let largest = photo.width().max(photo.height());
        if looked >= largest {
            break;
        }
        looked = side.min(largest);
        let picture = if largest > side {
            photo.resize(side, side, FilterType::Triangle).to_luma8()
        } else {
            photo.to_luma8()
        };
        let text = decode(picture);
        if text.is_some() {
            return text;
        }
    }
    None
}

fn decode(picture: GrayImage) -> Option<String> {
    let (width, height) = picture.dimensions();
    let hints = DecodeHints {
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        ..DecodeHints::default()
    };
    let source = Luma8LuminanceSource::new(picture.into_raw(), width, height).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let read = QRCodeReader::new().immutable_decode_with_hints(&mut bitmap, &hints);
    read.ok().map(|read| read.getText().to_owned())
}

/// Level Q bears a quarter of damage: rain, folds, dim light.
fn encode(text: &str) -> Result<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::Q).context("text too long for a QR code")
}
