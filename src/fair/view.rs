//! Rows as people see them.
use super::{
    Mine, WaitingAt, booth_store,
    form::FORM,
    pages::{Choice, Drawing, Evening, Head, HostLine, ProgrammeLine, StallRow, Stand, TaskLine},
    plan::{self, Label, Stall, StallState},
    store::Host,
    times,
};
use crate::{
    domain::{
        booking::{BookingStatus, no_show_from},
        booth::{self, Booth},
        employer::short_name,
        fair::{FairKind, HostPart, ProgrammeKind},
        floor::{self, Shape},
        group::TargetGroup,
        id::{BoothId, EmployerId, FairId, UnitId},
        moment,
    },
    entity::{fair::Model, fair_programme, fair_task, participation},
    error::{AppError, AppResult},
    platform::{
        App,
        clock::beijing,
        form::{Form, Sent},
        page::{self, Flash, View},
    },
};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveEnum, Iterable};
use std::{collections::HashMap, str::FromStr};

/// An id from an address or a form; what is no number names nothing.
pub fn id<T: FromStr>(text: &str) -> AppResult<T> {
    text.parse().map_err(|_| AppError::not_found())
}

/// The words of a key that has no holes.
pub fn word(view: &View, key: &str) -> String {
    view.say::<&str>(key, &[])
}

/// The stored and printed name of a choice.
pub fn code<E: ActiveEnum<Value = String>>(one: &E) -> String {
    E::to_value(one)
}

/// What every page about a fair says of it.
pub fn head(fair: &Model, now: DateTime<Utc>) -> Head {
    Head {
        slug: fair.slug.clone(),
        title: fair.title.clone(),
        venue: fair.venue.clone(),
        address: fair.address.clone(),
        starts_at: fair.starts_at.to_rfc3339(),
        ends_at: fair.ends_at.to_rfc3339(),
        status: fair.status.to_value(),
        stage: times(fair).stage(fair.status, now).to_value(),
        registration_opens_at: fair.registration_opens_at.to_rfc3339(),
        registration_closes_at: fair.registration_closes_at.to_rfc3339(),
    }
}

/// The codes in a column of several.
pub fn code_list(column: &serde_json::Value) -> Vec<String> {
    serde_json::from_value(column.clone()).unwrap_or_default()
}

pub fn host_lines(hosts: Vec<Host>) -> Vec<HostLine> {
    hosts
        .into_iter()
        .map(|host| HostLine {
            name: host.name,
            part: host.part.to_value(),
        })
        .collect()
}

pub fn programme_lines(items: Vec<fair_programme::Model>) -> Vec<ProgrammeLine> {
    items
        .into_iter()
        .map(|item| ProgrammeLine {
            id: item.id.to_string(),
            starts_at: item.starts_at.to_rfc3339(),
            ends_at: item.ends_at.to_rfc3339(),
            kind: item.kind.to_value(),
            title: item.title,
            place: item.place,
            host: item.host,
        })
        .collect()
}

/// The filing list in its order, with what is late.
pub fn task_lines(mut tasks: Vec<fair_task::Model>, now: DateTime<Utc>) -> Vec<TaskLine> {
    let today = moment::today(now);
    tasks.sort_by_key(|task| (task.due_on, task.id));
    tasks
        .into_iter()
        .map(|task| TaskLine {
            code: task.code.to_value(),
            late: task.done_at.is_none() && task.due_on.is_some_and(|day| day < today),
            due_on: task.due_on.map(|day| day.to_string()),
            done_at: task.done_at.map(|at| at.to_rfc3339()),
            note: task.note,
            fault: None,
        })
        .collect()
}

fn options<E: ActiveEnum<Value = String> + Iterable>(view: &View, group: &str) -> Vec<Choice> {
    E::iter()
        .map(|one| one.to_value())
        .map(|value| Choice {
            label: word(view, &format!("{group}.{value}")),
            value,
        })
        .collect()
}

pub fn kinds(view: &View) -> Vec<Choice> {
    options::<FairKind>(view, "fair_kind")
}

pub fn programme_kinds(view: &View) -> Vec<Choice> {
    options::<ProgrammeKind>(view, "programme_kind")
}

/// Groups that an evening may name as welcome.
pub fn groups(view: &View) -> Vec<Choice> {
    TargetGroup::iter()
        .filter(|group| group.is_offered())
        .map(|group| Choice {
            value: group.code(),
            label: word(view, &format!("target_group.{}", group.code())),
        })
        .collect()
}

pub fn units(units: Vec<(UnitId, String, String)>) -> Vec<Choice> {
    units
        .into_iter()
        .map(|(id, name, _)| Choice {
            value: id.to_string(),
            label: name,
        })
        .collect()
}

pub fn employers(employers: Vec<(EmployerId, String)>) -> Vec<Choice> {
    employers
        .into_iter()
        .map(|(id, name)| Choice {
            value: id.to_string(),
            label: name,
        })
        .collect()
}

/// An instant as a `datetime-local` field wants it.
pub fn local(at: DateTime<Utc>) -> String {
    beijing(at).format("%Y-%m-%dT%H:%M").to_string()
}

/// The form about a fair, filled with what is stored.
pub fn filled(fair: &Model, hosts: &[Host]) -> Form {
    let form = Form::filled([
        ("slug", fair.slug.clone()),
        ("title", fair.title.clone()),
        ("kind", fair.kind.to_value()),
        ("venue", fair.venue.clone()),
        ("address", fair.address.clone()),
        ("starts_at", local(fair.starts_at)),
        ("ends_at", local(fair.ends_at)),
        (FORM.opens_at, local(fair.registration_opens_at)),
        (FORM.closes_at, local(fair.registration_closes_at)),
        ("capacity", fair.capacity.to_string()),
        ("expected", fair.expected.to_string()),
        ("hold_minutes", fair.hold_minutes.to_string()),
        ("gates", code_list(&fair.gates).join("\n")),
        ("booths", fair.plan.clone()),
        ("notice", fair.notice.clone()),
        ("intro", fair.intro.clone()),
        ("filing_no", fair.filing_no.clone().unwrap_or_default()),
        ("permit_no", fair.permit_no.clone().unwrap_or_default()),
    ]);
    let those = |parts: &[HostPart]| {
        let with = hosts.iter().filter(|host| parts.contains(&host.part));
        with.map(|host| host.unit.to_string()).collect::<Vec<_>>()
    };
    form.choose("target_groups", code_list(&fair.target_groups))
        .choose("organisers", those(&[HostPart::Organiser]))
        .choose("co_hosts", those(&[HostPart::Host, HostPart::CoHost]))
}

/// What a refusal says on top of the page it happened on; errors that no page can say go on.
///
/// # Errors
/// The error itself when it is about other things than the state or the content.
pub fn refusal(view: &View, error: AppError) -> AppResult<(StatusCode, Flash)> {
    match error {
        AppError::Problem(problem)
            if [StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]
                .contains(&problem.status) =>
        {
            let first = problem.errors.first();
            let text = first.map_or_else(
                || page::problem_text(view.lang, &problem),
                |fault| page::fault_text(view.lang, fault),
            );
            Ok((problem.status, Flash { tone: "bad", text }))
        }
        error => Err(error),
    }
}

/// The form again, and what is wrong with the whole when no field is to blame.
///
/// # Errors
/// The error itself when no form can mend it.
pub fn again(
    view: &View,
    sent: &Sent,
    error: AppError,
) -> AppResult<(StatusCode, Form, Option<String>)> {
    let form = Form::again(view.lang, sent, &error);
    let whole = error.field_errors().is_empty();
    let (status, said) = refusal(view, error)?;
    Ok((status, form, whole.then_some(said.text)))
}

/// Both drawings of a plan: standing for a phone, lying for a wide page.
pub fn drawn(stalls: &[Stall], label: impl Fn(&Stall) -> Label) -> (Drawing, Drawing) {
    let standing = plan::draw(stalls, Shape::Upright, &label);
    (standing, plan::draw(stalls, Shape::Lying, &label))
}

/// The booths as typed, before anybody can have one.
pub fn preview(text: &str) -> Option<Drawing> {
    let stalls = booth::plan(text).ok()?.into_iter().map(|booth| Stall {
        booth,
        state: StallState::Free,
        stand: None,
        employer: None,
    });
    let stalls: Vec<Stall> = stalls.collect();
    let plain = |stall: &Stall| Label {
        name: None,
        title: stall.booth.label.clone(),
        detail: side(&stall.booth),
        href: None,
        mine: false,
        heat: None,
        state: stall.state.code(),
    };
    Some(plan::draw(&stalls, Shape::Lying, plain))
}

/// Where a booth stands, when the plan says so.
pub fn side(booth: &Booth) -> Option<String> {
    Some(booth.side.clone()).filter(|side| !side.is_empty())
}

/// «A05, booked, 陇上云仓»: what a screen reader and a pointer hear.
pub fn title(view: &View, label: &str, state: &str, who: Option<&str>) -> String {
    let state = word(view, &format!("common.map.state.{state}"));
    match who {
        Some(who) => format!("{label} · {state} · {who}"),
        None => format!("{label} · {state}"),
    }
}

/// A booth as anybody may see it, leading to the page of its employer.
pub fn public_label(view: &View, stall: &Stall, linked: bool) -> Label {
    let who = stall.public_employer();
    let code = stall.stand.as_ref().map(|stand| stand.code.as_str());
    let href = who.and(code).filter(|_| linked);
    Label {
        name: who.map(|who| short_name(&who.name).to_owned()),
        title: title(
            view,
            &stall.booth.label,
            stall.state.code(),
            who.map(|who| who.name.as_str()),
        ),
        detail: side(&stall.booth),
        href: href.map(|code| format!("/B/{code}")),
        mine: false,
        heat: None,
        state: stall.state.code(),
    }
}

/// What the floor plan of a visitor says beyond who stands where.
pub struct Visitor<'a> {
    /// Whether booths lead to the pages of their employers.
    pub linked: bool,
    /// How many wait at each booth, while lines are called.
    pub waiting: Option<&'a WaitingAt>,
    /// How many wait where most do.
    pub busiest: i64,
    /// The visitor's own ticket.
    pub own: Option<&'a Mine>,
}

impl Visitor<'_> {
    /// A booth as this visitor sees it.
    pub fn label(&self, view: &View, stall: &Stall) -> Label {
        let plain = public_label(view, stall, self.linked);
        let Some(who) = stall.public_employer() else {
            return plain;
        };
        let Some(stand) = &stall.stand else {
            return plain;
        };
        let mine = self
            .own
            .is_some_and(|own| own.employers.contains(&who.id) || own.stands.contains(&stand.id));
        let Some(waiting) = self.waiting else {
            return Label { mine, ..plain };
        };
        let waiting = waiting.get(&stand.id).copied().unwrap_or(0);
        let said = match waiting {
            0 => None,
            n => Some(view.say("fair.map.waiting", &[("n", n.to_string())])),
        };
        let with = |text: Option<String>| {
            let parts: Vec<_> = text.into_iter().chain(said.clone()).collect();
            parts.join(" · ")
        };
        Label {
            title: with(Some(plain.title)),
            detail: Some(with(plain.detail)).filter(|text| !text.is_empty()),
            heat: Some(floor::heat(waiting, self.busiest)),
            mine,
            ..plain
        }
    }
}

/// A booth for the office: everybody is named, and each booth can be picked.
pub fn office_label(view: &View, fair: &Model, stall: &Stall, picked: &str) -> Label {
    let who = stall.employer.as_ref().filter(|_| stall.stand.is_some());
    Label {
        name: who.map(|who| short_name(&who.name).to_owned()),
        title: title(
            view,
            &stall.booth.label,
            stall.state.code(),
            who.map(|who| who.name.as_str()),
        ),
        detail: side(&stall.booth),
        href: Some(format!(
            "/office/fairs/{}/booths?booth={}#picked",
            fair.slug, stall.booth.label
        )),
        mine: stall.booth.label == picked,
        heat: None,
        state: stall.state.code(),
    }
}

/// A booth for an employer: free ones can be touched, its own is marked.
pub fn own_label(view: &View, fair: &Model, stall: &Stall, own: EmployerId, takes: bool) -> Label {
    let stand = stall.stand.as_ref();
    let mine = stand.is_some_and(|stand| stand.employer_id == own);
    let public = public_label(view, stall, false);
    let href = format!(
        "/employer/fairs/{}?booth={}#picked",
        fair.slug, stall.booth.label
    );
    Label {
        href: Some(href).filter(|_| takes && stall.state == StallState::Free),
        mine,
        ..public
    }
}

/// Where an employer stands at a fair.
pub fn stand(
    stand: &participation::Model,
    label: Option<String>,
    position: Option<usize>,
    now: DateTime<Utc>,
) -> Stand {
    Stand {
        participation: stand.id.to_string(),
        label,
        status: stand.status.code(),
        held_until: stand.held_until.map(|at| at.to_rfc3339()),
        minutes: stand.held_until.map(|at| (at - now).num_minutes().max(0)),
        position,
        staff: stand.staff,
        needs: stand.needs.clone(),
    }
}

/// The evenings that are open, with where an employer stands at each.
pub async fn evenings(
    app: &App,
    fairs: Vec<Model>,
    stands: &[participation::Model],
) -> AppResult<Vec<Evening>> {
    let now = app.db.now();
    let ids: Vec<BoothId> = stands.iter().filter_map(|stand| stand.booth_id).collect();
    let labels = booth_store::labels(app.db.read(), ids).await?;
    let at: HashMap<FairId, &participation::Model> =
        stands.iter().map(|stand| (stand.fair_id, stand)).collect();
    Ok(fairs
        .into_iter()
        .map(|fair| {
            let place = at.get(&fair.id).map(|place| {
                let label = place.booth_id.and_then(|id| labels.get(&id).cloned());
                stand(place, label, None, now)
            });
            Evening {
                fair: head(&fair, now),
                stand: place,
            }
        })
        .collect())
}

/// A booth and who has it, for the office.
pub fn stall_row(fair: &Model, stall: &Stall, now: DateTime<Utc>) -> StallRow {
    let stand = stall.stand.as_ref();
    let who = stall.employer.as_ref();
    let missing = stand
        .is_some_and(|stand| stand.status == BookingStatus::Booked && stand.arrived_at.is_none());
    StallRow {
        label: stall.booth.label.clone(),
        side: stall.booth.side.clone(),
        state: stall.state.code(),
        participation: stand.map(|stand| stand.id.to_string()),
        employer: who.map(|who| who.name.clone()),
        employer_id: who.map(|who| who.id.to_string()),
        status: stand.map(|stand| stand.status.code()),
        held_until: stand.and_then(|stand| stand.held_until.map(|at| at.to_rfc3339())),
        arrived_at: stand.and_then(|stand| stand.arrived_at.map(|at| at.to_rfc3339())),
        staff: stand.map_or(0, |stand| stand.staff),
        needs: stand.map_or_else(String::new, |stand| stand.needs.clone()),
        code: stand.map(|stand| stand.code.clone()),
        late: missing && now >= no_show_from(fair.starts_at),
    }
}
