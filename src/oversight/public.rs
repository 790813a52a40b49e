//! What everybody may know: the main rates of sealed months, without a number under five.
use super::{
    pages::{PublicFiguresPage, PublicMonth, PublicRate},
    report::Reader,
    seal,
};
use crate::{
    domain::{
        funnel::SMALLEST_CELL,
        rates::{FORMULA, Figure, RateKind},
    },
    entity::sealed_month::Model,
    platform::text,
};

/// The rates that are published.
const MAIN: [RateKind; 6] = [
    RateKind::Response,
    RateKind::Solved,
    RateKind::Satisfied,
    RateKind::Closed,
    RateKind::ClosedOnTime,
    RateKind::HandledOnTime,
];

/// Months whose record was changed are not told.
pub fn page(reader: &Reader, rows: &[Model]) -> PublicFiguresPage {
    let whole = rows.iter().filter(|row| seal::is_whole(row));
    let mut months: Vec<_> = whole
        .filter_map(|row| {
            let snapshot = seal::read(row)?;
            let rate = |rate| told(reader, rate, &snapshot.office.of(rate));
            Some(PublicMonth {
                month: row.month.clone(),
                rates: MAIN.map(rate).into(),
                sealed_at: row.sealed_at.to_rfc3339(),
                hash: row.hash.clone(),
            })
        })
        .collect();
    months.sort_by(|a, b| b.month.cmp(&a.month));
    PublicFiguresPage {
        months,
        columns: MAIN.map(|rate| reader.rate(rate)).into(),
        formulas: MAIN
            .map(|rate| (reader.rate(rate), reader.formula(rate)))
            .into(),
        version: FORMULA,
    }
}

/// A rate in figures. Where fewer than five remain on either side, only their bound is told, and no
/// share from which they could be worked out.
pub fn told(reader: &Reader, rate: RateKind, figure: &Figure) -> PublicRate {
    let (k, n) = (figure.k, figure.n);
    let small = |count: u64| count > 0 && count < SMALLEST_CELL;
    let few = format!("<{SMALLEST_CELL}");
    let (text, shown) = if n == 0 {
        (text::say::<&str>(reader.lang, "common.none", &[]), false)
    } else if n < SMALLEST_CELL {
        (few, false)
    } else if small(k) {
        (format!("{few} / {n}"), false)
    } else if small(n - k) {
        (format!(">{} / {n}", n - SMALLEST_CELL), false)
    } else {
        (format!("{k} / {n}"), true)
    };
    PublicRate {
        label: reader.rate(rate),
        text,
        percent: figure.rate().percent().filter(|_| shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::text::Lang;

    #[test]
    fn no_number_under_five_is_told_nor_can_be_worked_out() {
        let reader = Reader {
            lang: Lang::Zh,
            rows: "",
        };
        let told = |k, n| {
            let figure = Figure {
                k,
                n,
                ..Figure::default()
            };
            let told = told(&reader, RateKind::Solved, &figure);
            (told.text, told.percent)
        };
        let without = |text: &str| (text.to_owned(), None);
        assert_eq!(told(0, 0), without("—"));
        assert_eq!(told(4, 4), without("<5"));
        assert_eq!(told(4, 20), without("<5 / 20"));
        assert_eq!(told(17, 20), without(">15 / 20"));
        assert_eq!(told(15, 20), ("15 / 20".into(), Some("75.00".into())));
        assert_eq!(told(20, 20), ("20 / 20".into(), Some("100.00".into())));
        assert_eq!(told(0, 20), ("0 / 20".into(), Some("0.00".into())));
    }
}
