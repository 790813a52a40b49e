//! Computes the questions of a fair from all its scans, and finds the words for them.
use super::pages::{QuestionLine, ReconcilePage, ScanLine, SettledLine};
use crate::{
    account::lists,
    domain::id::{AccountId, OfficeId, RegistrationId},
    entity::{check_in, fair, gate_settlement, registration},
    error::AppResult,
    person,
    platform::{App, form::Form},
    seeker::{
        fairs::FairLine,
        gate::{
            answer::Answer,
            merge::{self, Owned, Question},
            store,
        },
        holder::number,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Where the note of a settlement lies sealed.
pub fn note_place(fair: &fair::Model, question: &str) -> String {
    format!("gate:{}:{question}", fair.id)
}

/// What is asked about a scan.
pub struct Asked {
    pub key: String,
    pub kind: &'static str,
    /// Places in the list of scans, by time.
    pub scans: Vec<usize>,
    pub inside: i64,
}

fn asked(question: Question, scans: &[check_in::Model]) -> Asked {
    let (kind, places, inside) = match question {
        Question::Twice { first, again } => ("twice", vec![first, again], 0),
        Question::Over { scan, inside } => ("over", vec![scan], inside),
        Question::Unknown { scan } => ("unknown", vec![scan], 0),
        Question::Anothers { scan } => ("anothers", vec![scan], 0),
    };
    let last = places.last().map(|at| scans[*at].nonce.as_str());
    Asked {
        key: format!("{kind}:{}", last.unwrap_or_default()),
        kind,
        scans: places,
        inside,
    }
}

/// All scans of a fair and what has to be asked about them.
pub async fn questions(
    app: &App,
    fair: &fair::Model,
) -> AppResult<(Vec<check_in::Model>, Vec<Asked>)> {
    let scans = store::of_fair(app.db.read(), fair.id).await?;
    let owned: Vec<_> = scans
        .iter()
        .map(|row| Owned {
            // A scan of a ticket that does not stand any more belongs to nobody.
            holder: row.registration_id,
            seen: store::seen(row),
            anothers: Answer::is_anothers(row),
        })
        .collect();
    let found = merge::questions(&owned, fair.capacity);
    let asked = found.into_iter().map(|q| asked(q, &scans)).collect();
    Ok((scans, asked))
}

/// Names behind the numbers of rows.
struct Names {
    holders: BTreeMap<RegistrationId, (String, String)>,
    accounts: BTreeMap<AccountId, String>,
}

impl Names {
    async fn find(
        app: &App,
        office: OfficeId,
        ids: BTreeSet<RegistrationId>,
        accounts: BTreeSet<AccountId>,
    ) -> AppResult<Self> {
        let ids: Vec<_> = ids.into_iter().collect();
        let rows = store::registrations(app.db.read(), &ids).await?;
        let people: Vec<_> = rows.iter().map(|row| row.person_id).collect();
        let cards = person::cards(app.db.read(), &app.keys, office, &people).await?;
        let name = |row: &registration::Model| {
            let card = cards.get(&row.person_id);
            card.map(|card| card.name.clone()).unwrap_or_default()
        };
        let holders = rows
            .iter()
            .map(|row| (row.id, (name(row), number(row.number))));
        let accounts: Vec<_> = accounts.into_iter().collect();
        let accounts = lists::names(app.db.read(), office, accounts).await?;
        Ok(Self {
            holders: holders.collect(),
            accounts: accounts.into_iter().collect(),
        })
    }

    fn account(&self, id: Option<AccountId>) -> String {
        let name = id.and_then(|id| self.accounts.get(&id));
        name.cloned().unwrap_or_default()
    }

    fn scan(&self, row: &check_in::Model) -> ScanLine {
        ScanLine {
            gate: row.gate.clone(),
            at: row.scanned_at.to_rfc3339(),
            reported_at: row.recorded_at.to_rfc3339(),
            offline: row.offline,
            by: self.account(row.account_id),
        }
    }
}

/// The page of a fair.
pub async fn page(app: &App, fair: &fair::Model, form: Form, at: &str) -> AppResult<ReconcilePage> {
    let (scans, asked) = questions(app, fair).await?;
    let settled = store::settlements(app.db.read(), fair.id).await?;
    let rows = || asked.iter().flat_map(|q| &q.scans).map(|at| &scans[*at]);
    let ids = rows().filter_map(|row| row.registration_id).collect();
    let by = settled.iter().map(|row| row.account_id);
    let by = by.chain(rows().filter_map(|row| row.account_id)).collect();
    let names = Names::find(app, fair.office_id, ids, by).await?;
    let mut lines = Vec::with_capacity(asked.len());
    for asked in &asked {
        let kept = settled.iter().find(|row| row.question == asked.key);
        let kept = kept.map(|row| settlement(app, fair, &names, row));
        lines.push(line(&names, &scans, asked, kept.transpose()?));
    }
    let (settled, open) = lines.into_iter().partition(|line| line.settled.is_some());
    let offline = scans.iter().filter(|row| row.offline).count();
    Ok(ReconcilePage {
        fair: FairLine::from(fair),
        open,
        settled,
        offline: i64::try_from(offline).unwrap_or(i64::MAX),
        form,
        blank: Form::blank(),
        at: at.to_owned(),
        flash: None,
    })
}

fn line(
    names: &Names,
    scans: &[check_in::Model],
    asked: &Asked,
    settled: Option<SettledLine>,
) -> QuestionLine {
    let rows: Vec<_> = asked.scans.iter().map(|at| &scans[*at]).collect();
    let last = rows.last();
    let holder = last.and_then(|row| row.registration_id);
    QuestionLine {
        key: asked.key.clone(),
        kind: asked.kind,
        who: holder.and_then(|id| names.holders.get(&id).cloned()),
        code: last.and_then(|row| Answer::typed(row)).unwrap_or_default(),
        reason: last
            .and_then(|row| row.reason.clone())
            .unwrap_or_else(|| "unknown".into()),
        inside: asked.inside,
        scans: rows.into_iter().map(|row| names.scan(row)).collect(),
        settled,
    }
}

fn settlement(
    app: &App,
    fair: &fair::Model,
    names: &Names,
    row: &gate_settlement::Model,
) -> AppResult<SettledLine> {
    let place = note_place(fair, &row.question);
    Ok(SettledLine {
        note: app.keys.open(&place, &row.note_sealed)?,
        by: names.account(Some(row.account_id)),
        at: row.settled_at.to_rfc3339(),
    })
}
