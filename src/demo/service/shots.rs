//! Pictures for evidence, drawn by the program: nobody's house, nobody's face.
use image::{ImageFormat, Rgb, RgbImage};
use std::{
    collections::HashMap,
    io::Cursor,
    sync::{LazyLock, Mutex, PoisonError},
};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

/// 一张照片: of what, before or after, and which of its angles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shot {
    pub of: Motif,
    pub after: bool,
    pub angle: u8,
}

/// What is in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motif {
    Lamp,
    Rail,
    Litter,
    Bikes,
    Pipe,
    Road,
    Tree,
    Door,
    Paper,
}

impl Motif {
    /// As the lists of matters call it.
    pub fn named(word: &str) -> Self {
        match word {
            "lamp" => Self::Lamp,
            "rail" => Self::Rail,
            "litter" => Self::Litter,
            "bikes" => Self::Bikes,
            "pipe" => Self::Pipe,
            "road" => Self::Road,
            "tree" => Self::Tree,
            "paper" => Self::Paper,
            _ => Self::Door,
        }
    }

    pub const fn before(self, angle: u8) -> Shot {
        Shot {
            of: self,
            after: false,
            angle,
        }
    }

    pub const fn after(self, angle: u8) -> Shot {
        Shot {
            of: self,
            after: true,
            angle,
        }
    }
}

static DRAWN: LazyLock<Mutex<HashMap<Shot, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// The picture as a telephone would send it.
///
/// # Errors
/// When it cannot be encoded.
pub fn png(shot: Shot) -> anyhow::Result<Vec<u8>> {
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(png) = drawn.get(&shot) {
        return Ok(png.clone());
    }
    let mut png = Cursor::new(Vec::new());
    draw(shot).write_to(&mut png, ImageFormat::Png)?;
    let png = png.into_inner();
    drawn.insert(shot, png.clone());
    Ok(png)
}

type Colour = [u8; 3];

const DARK: Colour = [38, 42, 54];
const STEEL: Colour = [120, 128, 138];
const RED: Colour = [192, 48, 40];
const WHITE: Colour = [246, 246, 240];
const GREEN: Colour = [74, 122, 72];
const BROWN: Colour = [116, 86, 60];
const YELLOW: Colour = [244, 214, 120];
const BLUE: Colour = [58, 104, 160];

/// A canvas with the few shapes that the motifs need.
struct Sheet {
    on: RgbImage,
    /// Moves everything a little, so that angles differ.
    shift: i64,
}

impl Sheet {
    fn rect(&mut self, (x, y): (i64, i64), (w, h): (i64, i64), colour: Colour) {
        for at in y..y + h {
            for across in x..x + w {
                self.dot(across, at, colour);
            }
        }
    }

    fn disc(&mut self, (x, y): (i64, i64), r: i64, colour: Colour) {
        for at in y - r..=y + r {
            for across in x - r..=x + r {
                if (across - x).pow(2) + (at - y).pow(2) <= r * r {
                    self.dot(across, at, colour);
                }
            }
        }
    }

    /// A line that is `thick` wide.
    fn line(&mut self, (x, y): (i64, i64), (to_x, to_y): (i64, i64), thick: i64, colour: Colour) {
        let steps = (to_x - x).abs().max((to_y - y).abs()).max(1);
        for n in 0..=steps {
            let at = (x + (to_x - x) * n / steps, y + (to_y - y) * n / steps);
            self.rect(at, (thick, thick), colour);
        }
    }

    fn dot(&mut self, x: i64, y: i64, colour: Colour) {
        let place = (u32::try_from(x + self.shift), u32::try_from(y));
        if let (Ok(x), Ok(y)) = place
            && x < WIDTH
            && y < HEIGHT
        {
            self.on.put_pixel(x, y, Rgb(colour));
        }
    }
}

fn draw(shot: Shot) -> RgbImage {
    let night = shot.of == Motif::Lamp && !shot.after;
    let (sky, wall, ground) = if night {
        ([26, 30, 44], [44, 46, 56], [30, 30, 34])
    } else {
        ([198, 214, 224], [214, 204, 188], [154, 150, 142])
    };
    let mut sheet = Sheet {
        on: RgbImage::from_pixel(WIDTH, HEIGHT, Rgb(sky)),
        shift: 0,
    };
    sheet.rect((0, 60), (320, 120), wall);
    sheet.rect((0, 180), (320, 60), ground);
    for n in 0..4 {
        sheet.rect((18 + n * 80, 78), (36, 44), if night { DARK } else { BLUE });
    }
    sheet.shift = i64::from(shot.angle % 5) * 9 - 18;
    match shot.of {
        Motif::Lamp => lamp(&mut sheet, shot.after),
        Motif::Rail => rail(&mut sheet, shot.after),
        Motif::Litter => litter(&mut sheet, shot.after),
        Motif::Bikes => bikes(&mut sheet, shot.after),
        Motif::Pipe => pipe(&mut sheet, shot.after),
        Motif::Road => road(&mut sheet, shot.after),
        Motif::Tree => tree(&mut sheet, shot.after),
        Motif::Door => door(&mut sheet, shot.after),
        Motif::Paper => paper(&mut sheet, shot.after),
    }
    sheet.on
}

fn lamp(sheet: &mut Sheet, after: bool) {
    for x in [110, 210] {
        if after {
            sheet.disc((x + 22, 52), 26, YELLOW);
        }
        sheet.rect((x, 50), (6, 140), STEEL);
        sheet.rect((x, 48), (30, 6), STEEL);
        sheet.disc((x + 24, 56), 7, if after { WHITE } else { DARK });
    }
}

fn rail(sheet: &mut Sheet, after: bool) {
    sheet.rect((110, 96), (100, 90), DARK);
    sheet.rect((126, 112), (68, 74), BROWN);
    let steel = if after { GREEN } else { STEEL };
    sheet.rect((84, 84), (152, 7), steel);
    for n in 0..8 {
        let x = 90 + n * 19;
        if !after && n == 5 {
            sheet.line((x, 88), (x + 34, 150), 5, RED);
        } else {
            sheet.rect((x, 84), (5, 36), steel);
        }
    }
}

fn litter(sheet: &mut Sheet, after: bool) {
    sheet.rect((40, 140), (44, 60), GREEN);
    if after {
        sheet.rect((100, 196), (180, 4), WHITE);
        return;
    }
    for n in 0..9 {
        let at = (110 + n * 18, 196 - (n * 7) % 24);
        sheet.disc(
            at,
            13,
            [BROWN, WHITE, DARK][usize::try_from(n % 3).unwrap_or(0)],
        );
    }
}

fn bikes(sheet: &mut Sheet, after: bool) {
    for n in 0..5 {
        let slant = if after { 0 } else { (n * 13) % 30 - 12 };
        let (x, y) = (50 + n * 46, 196 + slant / 3);
        for wheel in [0, 30] {
            sheet.disc((x + wheel, y), 12, DARK);
            sheet.disc((x + wheel, y), 8, [154, 150, 142]);
        }
        sheet.line((x, y), (x + 15 + slant, y - 24), 3, RED);
        sheet.line((x + 15 + slant, y - 24), (x + 30, y), 3, RED);
    }
    if after {
        sheet.rect((36, 214), (240, 4), WHITE);
    }
}

fn pipe(sheet: &mut Sheet, after: bool) {
    sheet.rect((150, 60), (14, 130), STEEL);
    sheet.rect((140, 116), (34, 14), if after { GREEN } else { RED });
    if !after {
        sheet.disc((170, 206), 30, BLUE);
        sheet.line((172, 128), (180, 200), 4, BLUE);
    }
}

fn road(sheet: &mut Sheet, after: bool) {
    sheet.rect((0, 186), (320, 54), [96, 96, 98]);
    for n in 0..6 {
        sheet.rect((10 + n * 56, 210), (30, 4), WHITE);
    }
    if after {
        sheet.rect((124, 194), (86, 34), [110, 110, 112]);
    } else {
        sheet.disc((166, 212), 24, DARK);
        sheet.disc((180, 214), 14, BROWN);
    }
}

fn tree(sheet: &mut Sheet, after: bool) {
    sheet.rect((150, 100), (14, 96), BROWN);
    sheet.disc((157, 92), 34, GREEN);
    if !after {
        sheet.disc((118, 84), 26, GREEN);
        sheet.disc((98, 98), 18, GREEN);
        sheet.line((150, 120), (84, 96), 5, BROWN);
    }
}

fn door(sheet: &mut Sheet, after: bool) {
    sheet.rect((120, 92), (80, 96), DARK);
    sheet.rect((126, 98), (68, 90), if after { GREEN } else { STEEL });
    sheet.disc((184, 146), 4, YELLOW);
    if !after {
        sheet.line((128, 100), (190, 184), 3, RED);
    }
}

fn paper(sheet: &mut Sheet, after: bool) {
    sheet.rect((70, 20), (180, 210), WHITE);
    for n in 0..9 {
        let long = if n == 8 { 70 } else { 148 };
        sheet.rect((86, 44 + n * 18), (long, 4), STEEL);
    }
    if after {
        sheet.disc((206, 196), 22, RED);
        sheet.disc((206, 196), 17, WHITE);
        sheet.disc((206, 196), 6, RED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_and_after_differ_and_so_do_angles() {
        for of in [Motif::Lamp, Motif::Rail, Motif::Bikes, Motif::Paper] {
            let before = png(of.before(1)).unwrap();
            assert_ne!(before, png(of.after(1)).unwrap());
            assert_ne!(before, png(of.before(2)).unwrap());
            assert_eq!(before, png(of.before(1)).unwrap());
        }
    }
}
