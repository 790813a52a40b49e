//! Where the booths of a plan are drawn: upright for a phone, lying for a screen or a sheet.
//! Numbers only; the drawing is `templates/_parts/map.html`.
use serde::Serialize;
use std::collections::BTreeMap;

/// 平面图的方向
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Rows stand side by side, at most four; 358 units wide, so that a booth is a fair target on a phone.
    Upright,
    /// Rows lie one under the other, at most ten booths in a line.
    Lying,
    /// Like lying, with booths as high as a picture of four by three lets them be.
    Screen,
}

/// 一个摊位在图上的位置
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

/// 排的名字在图上的位置
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowLabel {
    pub label: String,
    pub x: u32,
    pub y: u32,
}

/// 平面图: places come in the order of the booths that were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Floor {
    pub width: u32,
    pub height: u32,
    pub rows: Vec<RowLabel>,
    pub places: Vec<Place>,
}

const PHONE: u32 = 358;
const COLUMNS: usize = 4;
const LINE: u32 = 10;
const GAP: u32 = 4;
/// Between two rows that stand back to back and the next two.
const AISLE: u32 = 12;
const HEIGHT: u32 = 58;
const WIDTH: u32 = 86;
const TALLEST: u32 = 116;
/// Room for the name of a row.
const NAME: u32 = 22;

/// Lays out booths, each given by its row and its number within the row. The number is the place:
/// gaps in the plan stay empty. Rows come in the order of their first appearance.
pub fn lay_out(booths: &[(&str, u16)], shape: Shape) -> Floor {
    let rows = Rows::of(booths);
    match shape {
        Shape::Upright => upright(booths, &rows),
        Shape::Lying => lying(booths, &rows, |_, _| HEIGHT),
        Shape::Screen => lying(booths, &rows, |width, lines| {
            let room = (width * 3 / 4).saturating_sub(lines * AISLE * 2);
            (room / lines.max(1)).clamp(HEIGHT, TALLEST)
        }),
    }
}

/// Rows in order, each with its first and last number.
struct Rows<'a> {
    names: Vec<&'a str>,
    ends: BTreeMap<&'a str, (u16, u16)>,
}

impl<'a> Rows<'a> {
    fn of(booths: &[(&'a str, u16)]) -> Self {
        let mut rows = Self {
            names: Vec::new(),
            ends: BTreeMap::new(),
        };
        for (row, number) in booths {
            let ends = rows.ends.entry(row).or_insert_with(|| {
                rows.names.push(row);
                (*number, *number)
            });
            *ends = (ends.0.min(*number), ends.1.max(*number));
        }
        rows
    }

    fn at(&self, row: &str) -> usize {
        self.names.iter().position(|name| *name == row).unwrap_or(0)
    }

    /// How many places in, from the row's first booth.
    fn step(&self, row: &str, number: u16) -> u32 {
        let first = self.ends.get(row).map_or(number, |ends| ends.0);
        u32::from(number - first)
    }

    fn steps(&self, row: &str) -> u32 {
        self.ends
            .get(row)
            .map_or(0, |ends| u32::from(ends.1 - ends.0) + 1)
    }
}

fn upright(booths: &[(&str, u16)], rows: &Rows<'_>) -> Floor {
    let columns = rows.names.len().clamp(1, COLUMNS);
    let aisles = small(columns).saturating_sub(1) / 2;
    let gaps = (small(columns) - 1) * GAP + aisles * (AISLE - GAP);
    let width = (PHONE - gaps) / small(columns);
    let x = |column: u32| column * (width + GAP) + column / 2 * (AISLE - GAP);
    // Bands of up to four rows, one under the other.
    let tops = running(rows.names.chunks(columns).map(|band| {
        let longest = band.iter().map(|row| rows.steps(row)).max().unwrap_or(0);
        NAME + longest * (HEIGHT + GAP) + AISLE
    }));
    let corner = |row: &str| {
        let at = rows.at(row);
        (x(small(at % columns)), tops[at / columns] + NAME)
    };
    let labels = rows.names.iter().map(|row| {
        let (x, y) = corner(row);
        RowLabel {
            label: (*row).to_owned(),
            x: x + width / 2,
            y: y - 6,
        }
    });
    let places = booths.iter().map(|(row, number)| {
        let (x, top) = corner(row);
        Place {
            x,
            y: top + rows.step(row, *number) * (HEIGHT + GAP),
            w: width,
            h: HEIGHT,
        }
    });
    Floor {
        width: PHONE,
        height: tops.last().map_or(0, |end| end.saturating_sub(AISLE)),
        rows: labels.collect(),
        places: places.collect(),
    }
}

/// `height` of a booth is chosen from the width of the whole and the number of lines.
fn lying(booths: &[(&str, u16)], rows: &Rows<'_>, height: impl Fn(u32, u32) -> u32) -> Floor {
    let lines = |row: &str| rows.steps(row).div_ceil(LINE);
    let longest = rows.names.iter().map(|row| rows.steps(row).min(LINE)).max();
    let width = NAME + longest.unwrap_or(1) * (WIDTH + GAP) - GAP;
    let height = height(width, rows.names.iter().map(|row| lines(row)).sum());
    let tops = running(rows.names.iter().enumerate().map(|(at, row)| {
        lines(row) * (height + GAP) + if at % 2 == 1 { AISLE * 2 } else { AISLE }
    }));
    let labels = rows.names.iter().zip(&tops).map(|(row, top)| RowLabel {
        label: (*row).to_owned(),
        x: NAME / 2 - 2,
        y: top + height / 2 + 6,
    });
    let places = booths.iter().map(|(row, number)| {
        let step = rows.step(row, *number);
        Place {
            x: NAME + step % LINE * (WIDTH + GAP),
            y: tops[rows.at(row)] + step / LINE * (height + GAP),
            w: WIDTH,
            h: height,
        }
    });
    let last = if rows.names.len().is_multiple_of(2) {
        AISLE * 2
    } else {
        AISLE
    };
    Floor {
        width,
        height: tops.last().map_or(0, |end| end.saturating_sub(last + GAP)),
        rows: labels.collect(),
        places: places.collect(),
    }
}

/// Where each of some heights begins, and at last where all end.
fn running(heights: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut tops = vec![0];
    for height in heights {
        tops.push(tops.last().map_or(0, |top| top + height));
    }
    tops
}

/// Counts of rows are small: a plan has at most forty.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// 热度: in which quarter of the busiest booth's persons a booth is, 1 to 4; 0 where nobody is.
pub fn heat(persons: i64, busiest: i64) -> u8 {
    let busiest = busiest.max(1);
    let quarter = (persons * 4 + busiest - 1) / busiest;
    u8::try_from(quarter.clamp(0, 4)).unwrap_or(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four_by_eight() -> Vec<(&'static str, u16)> {
        ["A", "B", "C", "D"]
            .into_iter()
            .flat_map(|row| (1..=8).map(move |number| (row, number)))
            .collect()
    }

    fn overlap(a: Place, b: Place) -> bool {
        a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
    }

    #[test]
    fn no_two_booths_share_a_spot_and_all_are_inside() {
        let long: Vec<_> = (1..=37).map(|number| ("A", number)).collect();
        let many: Vec<_> = ["A", "B", "C", "D", "E", "北"].map(|row| (row, 3)).to_vec();
        for booths in [four_by_eight(), long, many, vec![("A", 9)]] {
            for shape in [Shape::Upright, Shape::Lying, Shape::Screen] {
                let floor = lay_out(&booths, shape);
                assert_eq!(floor.places.len(), booths.len());
                for (at, place) in floor.places.iter().enumerate() {
                    assert!(place.x + place.w <= floor.width, "{shape:?} {place:?}");
                    assert!(place.y + place.h <= floor.height, "{shape:?} {place:?}");
                    assert!(
                        floor.places[..at]
                            .iter()
                            .all(|other| !overlap(*place, *other))
                    );
                }
            }
        }
    }

    #[test]
    fn a_phone_shows_four_rows_beside_each_other_as_fair_targets() {
        let floor = lay_out(&four_by_eight(), Shape::Upright);
        assert_eq!(floor.width, 358);
        assert!(
            floor
                .places
                .iter()
                .all(|place| place.w >= 44 && place.h >= 44)
        );
        let first_line: Vec<_> = [0, 8, 16, 24].map(|at| floor.places[at].y).to_vec();
        assert!(first_line.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_gap_in_the_plan_stays_empty_and_a_row_begins_at_its_first_number() {
        let floor = lay_out(&[("A", 5), ("A", 7)], Shape::Lying);
        assert_eq!(floor.places[0].x, NAME);
        assert_eq!(floor.places[1].x - floor.places[0].x, 2 * (WIDTH + GAP));
    }

    #[test]
    fn one_person_is_warmer_than_nobody() {
        let of_eight = [0, 1, 2, 3, 4, 6, 7, 8, 9].map(|n| heat(n, 8));
        assert_eq!(of_eight, [0, 1, 1, 2, 2, 3, 4, 4, 4]);
        assert_eq!((heat(0, 0), heat(1, 1)), (0, 4));
    }

    #[test]
    fn four_rows_of_eight_fill_a_screen() {
        let floor = lay_out(&four_by_eight(), Shape::Screen);
        assert!(floor.height * 4 > floor.width * 2, "{floor:?}");
        assert!(floor.height * 4 <= floor.width * 3, "{floor:?}");
    }

    #[test]
    fn nothing_planned_is_an_empty_floor() {
        assert!(lay_out(&[], Shape::Upright).places.is_empty());
        assert!(lay_out(&[], Shape::Lying).places.is_empty());
    }
}
