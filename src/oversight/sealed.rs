//! Sealed months as pages show them: the figures as they were sealed, whether they still come out
//! the same, and which cases count otherwise since.
use super::{
    commands,
    gather::{self, Cut, Picture},
    pages::{CorrectionLine, SealFacts, SealedLine, SealedMonthPage, Shown},
    query::Question,
    reading::{self, Names, SEALERS},
    report::{self, CaseRates, Reader},
    routes::reader,
    seal::{self, Correction},
    store,
};
use crate::{
    account::Actor,
    case::door::READERS,
    domain::{
        id::{AccountId, OfficeId},
        rates::{FORMULA, RateKind, Verdict, Weights, Why, seal::Snapshot},
        rota,
    },
    entity::sealed_month::Model,
    error::{AppError, AppResult},
    platform::{App, page::View, secret},
};
use chrono::NaiveDate;

/// Corrections that a page shows.
const MOST: usize = 200;

/// The days of the month of an address.
///
/// # Errors
/// 404 when it is none.
pub fn month(text: &str) -> AppResult<(NaiveDate, NaiveDate)> {
    rota::month(text).map_err(|_| AppError::not_found())
}

pub async fn lines(
    app: &App,
    view: &View,
    office: OfficeId,
    rows: &[Model],
) -> AppResult<Vec<SealedLine>> {
    let reader = reader(view);
    let mut lines = Vec::new();
    for row in rows {
        let query = Question::month(month(&row.month)?).query();
        let snapshot = seal::read(row);
        let rate = |rate| {
            let figure = snapshot.as_ref().map(|snapshot| snapshot.office.of(rate));
            reader.told(rate, &figure.unwrap_or_default(), &query)
        };
        lines.push(SealedLine {
            month: row.month.clone(),
            sealed_at: row.sealed_at.to_rfc3339(),
            by: who(app, office, row.sealed_by).await?,
            hash: row.hash.clone(),
            rates: RateKind::THREE.map(rate).into(),
        });
    }
    lines.sort_by(|a, b| b.month.cmp(&a.month));
    Ok(lines)
}

async fn who(app: &App, office: OfficeId, id: AccountId) -> AppResult<String> {
    let name = store::name(app.db.read(), office, id).await?;
    Ok(name.unwrap_or_else(|| id.to_string()))
}

pub async fn page(
    app: &App,
    actor: &Actor,
    view: &View,
    days: (NaiveDate, NaiveDate),
) -> AppResult<SealedMonthPage> {
    let month = days.0.format("%Y-%m").to_string();
    let question = Question::month(days);
    let over = commands::is_over(&question.period(), app.db.now());
    let row = store::sealed_month(app.db.read(), actor.office, &month).await?;
    let mut page = if let Some(row) = row {
        sealed(app, actor, view, question, row).await?
    } else {
        let board = reading::board(app, actor, question).await?;
        let report = report::report(&reader(view), &board);
        blank(month, Shown::new(report, view.lang))
    };
    page.over = over;
    page.may_seal = actor.is(SEALERS);
    page.opens = actor.is(READERS);
    Ok(page)
}

fn blank(month: String, shown: Shown) -> SealedMonthPage {
    SealedMonthPage {
        month,
        seal: None,
        shown,
        corrections: Vec::new(),
        further: 0,
        over: false,
        may_seal: false,
        once: secret::uid(),
        opens: false,
        flash: None,
    }
}

async fn sealed(
    app: &App,
    actor: &Actor,
    view: &View,
    question: Question,
    row: Model,
) -> AppResult<SealedMonthPage> {
    let (office, period, now) = (actor.office, question.period(), app.db.now());
    let asked = row.clone();
    let (then, since, names) = app
        .db
        .snapshot(move |db| async move {
            let then = seal::then(&*db, &asked).await?;
            let since = gather::read(&*db, office, period, Cut::Now(now), None).await?;
            Ok((then, since, reading::names(&*db, office).await?))
        })
        .await?;
    let reader = reader(view);
    let fault = seal::fault(&row, &then);
    let mut corrections = seal::corrections(&then, &since);
    let further = corrections.len().saturating_sub(MOST);
    corrections.truncate(MOST);
    // Where nothing can be read there are no figures to show, only what is wrong.
    let nothing = Picture::empty(period, row.as_of);
    let snapshot = seal::read(&row)
        .unwrap_or_else(|| seal::snapshot(&row.month, &nothing, Weights::default()));
    let report = told(&reader, &names, &question, &row, &snapshot);
    let corrections = corrections.iter().map(|one| line(&reader, one));
    Ok(SealedMonthPage {
        seal: Some(SealFacts {
            sealed_at: row.sealed_at.to_rfc3339(),
            as_of: row.as_of.to_rfc3339(),
            by: who(app, office, row.sealed_by).await?,
            hash: row.hash.clone(),
            prev_hash: row.prev_hash.clone(),
            formula: row.formula.clone(),
            fault,
        }),
        corrections: corrections.collect(),
        further,
        ..blank(row.month, Shown::new(report, view.lang))
    })
}

/// The figures as they stand in the snapshot.
fn told(
    reader: &Reader,
    names: &Names,
    question: &Question,
    row: &Model,
    snapshot: &Snapshot,
) -> CaseRates {
    let query = question.query();
    let units = snapshot.units.iter();
    let units = units.map(|(unit, rates)| (unit.0, rates.clone())).collect();
    let office = &snapshot.office;
    CaseRates {
        from: question.first.to_string(),
        to: question.last.to_string(),
        as_of: row.as_of.to_rfc3339(),
        unit: None,
        area: None,
        kind: None,
        formula_version: FORMULA,
        rates: RateKind::ALL
            .iter()
            .map(|rate| reader.told(*rate, &office.of(*rate), &query))
            .collect(),
        composite: report::score(reader, office, snapshot.weights),
        handling_time: report::handling_time(&office.durations),
        employment: report::ladder(reader, office),
        ranking: report::standings(reader, names, units, snapshot.weights, |unit| {
            let mut question = question.clone();
            question.unit = Some(unit);
            question.query()
        }),
    }
}

fn line(reader: &Reader, of: &Correction) -> CorrectionLine {
    CorrectionLine {
        rate: reader.rate(of.rate),
        case: of.number.clone(),
        then: judged(reader, of.rate, &of.then),
        now: judged(reader, of.rate, &of.now),
    }
}

fn judged(reader: &Reader, rate: RateKind, found: &[(Verdict, Why)]) -> String {
    if found.is_empty() {
        return reader.say("oversight.not_looked_at");
    }
    let each = found
        .iter()
        .map(|(verdict, why)| format!("{}: {}", reader.verdict(*verdict), reader.why(rate, *why)));
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rates::Period;

    #[test]
    fn a_month_of_an_address_is_a_month_or_not_there() {
        let (first, last) = month("2026-02").unwrap();
        assert_eq!(
            Period::days(first, last).to.to_rfc3339(),
            "2026-02-28T16:00:00+00:00"
        );
        for text in ["", "1", "2026-13", "2026", "July"] {
            assert!(month(text).is_err(), "{text}");
        }
    }
}
