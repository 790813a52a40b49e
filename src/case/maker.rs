//! Forms made from the fields of actions: for each field the control that fits, what it may be
//! chosen from, and what stands in it at first.
use super::{
    choices::{Choices, in_days, is_staff, local},
    pages::{ActionForm, Choice, Entry, Field},
    store::People,
    view, words,
};
use crate::{
    domain::case::{
        Action, Actor, CaseState, Command, FieldSpec, Kind, Outcome, Shape, Stage, Visibility,
    },
    platform::{form::Form, text::Lang},
};

/// Makes the forms of one case for one actor.
pub struct Maker<'a> {
    pub lang: Lang,
    pub state: &'a CaseState,
    pub actor: &'a Actor,
    pub people: &'a People,
    pub choices: &'a Choices,
    pub timeline: &'a [Entry],
}

/// Fields that a page never asks: they say nothing that it could show.
fn never_asked(action: Action, field: &str) -> bool {
    matches!(
        (action, field),
        (Action::Publish, "point") | (Action::Report, "shown")
    )
}

impl Maker<'_> {
    pub fn form(&self, action: Action, form: Form) -> ActionForm {
        let fields = Command::fields(self.state.kind, action).unwrap_or_default();
        ActionForm {
            action: action.code(),
            group: group(action),
            label: words::action(self.lang, self.state.kind, action),
            fields: fields
                .iter()
                .filter(|field| !never_asked(action, field.name))
                .map(|field| self.field(action, field))
                // There is no step to go on to.
                .filter(|field| field.name != "progress" || !field.options.is_empty())
                .collect(),
            form,
            seq: i64::try_from(self.state.seq).unwrap_or(i64::MAX),
            danger: view::is_danger(action),
            gone: false,
            files_again: false,
            note: String::new(),
            check: None,
        }
    }

    fn field(&self, action: Action, field: &FieldSpec) -> Field {
        // Whoever acts for somebody else says how that person agreed.
        let for_them = field.name == "consent" && self.actor.role.is_some();
        let options = self.options(action, field);
        let shape = match shape(field) {
            _ if field.name == "event" || field.name == "slot" => "choice",
            _ if action == Action::Invite && field.name == "parties" => "people",
            _ if action == Action::Publish && field.name == "files" => "pictures",
            _ if field.name == "result" && self.choices.reply.is_some() => "fixed",
            "line" if field.name == "category" && !options.is_empty() => "choice",
            // Nothing to choose from: the number is typed.
            "choice" if options.is_empty() => "line",
            shape => shape,
        };
        Field {
            name: field.name,
            label: words::field(self.lang, action, field),
            hint: words::hint(self.lang, self.state.kind, action, field),
            required: (field.required && field.shape != Shape::Yes)
                || for_them
                || self.must(action, field.name),
            shape,
            options,
            value: self.filled(action, field),
            values: self.ticked(action, field),
            min: self.earliest(action, field),
        }
    }

    /// What the data type leaves open and a guard asks for.
    fn must(&self, action: Action, field: &str) -> bool {
        match (action, field) {
            (Action::SubmitResult | Action::SelfHandle, "after") => {
                self.state.kind == Kind::PatrolFinding
                    || action == Action::SelfHandle
                    || self.choices.place
            }
            (Action::AgreeWritten, "signed_by") | (Action::Deliberate, "votes") => true,
            _ => false,
        }
    }

    fn options(&self, action: Action, field: &FieldSpec) -> Vec<Choice> {
        let all = self.choices;
        match field.shape {
            Shape::Choice(list, codes) | Shape::Choices(list, codes) => codes
                .iter()
                .filter(|code| self.fits(action, list, code))
                .map(|code| Choice::new(code, words::code(self.lang, list, code)))
                .collect(),
            Shape::Id("unit") | Shape::Ids("unit") => self.units(field),
            Shape::Id("account") if field.name == "mediator" => all.mediators.clone(),
            Shape::Id("account") if action != Action::Attribute => all.askers.clone(),
            Shape::Id("account") => {
                let staff = self.people.accounts.iter();
                sorted(staff.map(|(id, (name, _))| Choice::new(id, name)))
            }
            Shape::Id("area") => {
                let areas = self.people.areas.iter();
                sorted(areas.map(|(id, name)| Choice::new(id, name)))
            }
            Shape::Id("person") | Shape::Ids("person") => self.persons(action),
            Shape::Ids("file") if action == Action::Publish => all.pictures.clone(),
            Shape::Code if field.name == "category" => all.categories.clone(),
            Shape::Date if field.name == "slot" => all.slots.clone(),
            Shape::Number if field.name == "event" => self.entries(),
            _ => Vec::new(),
        }
    }

    /// The unit that the rule names comes first.
    fn units(&self, field: &FieldSpec) -> Vec<Choice> {
        let active = self.people.units.iter().filter(|(_, (_, active))| *active);
        let mut units = sorted(active.map(|(id, (name, _))| Choice::new(id, name)));
        let mediating = &self.choices.mediating;
        if field.name == "lead" && !mediating.is_empty() {
            units.retain(|unit| mediating.contains(&unit.value));
        }
        let first = self
            .choices
            .suggested
            .as_ref()
            .map(|(lead, _)| lead.to_string());
        if let (Some(first), "lead" | "to") = (first, field.name)
            && let Some(at) = units.iter().position(|unit| unit.value == first)
        {
            let mut unit = units.remove(at);
            let by_rule = words::say(self.lang, "case.by_rule");
            unit.label = format!("{}（{by_rule}）", unit.label);
            units.insert(0, unit);
        }
        units
    }

    /// Whoever is part of the case; where it is about those invited, only they.
    fn persons(&self, action: Action) -> Vec<Choice> {
        let all = self.choices;
        let mut people = all.people.clone();
        if action != Action::Invite {
            people.retain(|one| all.invited.contains(&one.value));
        }
        // Whoever agreed has said so.
        if let (Action::Consent, Some(mediation)) = (action, &self.state.mediation) {
            let said = |one: &Choice| {
                mediation
                    .consented
                    .iter()
                    .any(|id| id.to_string() == one.value)
            };
            people.retain(|one| !said(one));
        }
        people
    }

    /// Entries whose words can be taken away.
    fn entries(&self) -> Vec<Choice> {
        let with_words =
            |entry: &&Entry| !entry.redacted && (!entry.text.is_empty() || !entry.lines.is_empty());
        self.timeline
            .iter()
            .filter(with_words)
            .map(|entry| Choice::new(entry.seq, format!("{} · {}", entry.seq, entry.title)))
            .collect()
    }

    /// Codes that the kind knows.
    fn fits(&self, action: Action, list: &str, code: &str) -> bool {
        let kind = self.state.kind;
        match list {
            "Outcome" => Outcome::from_code(code).is_some_and(|outcome| {
                kind.outcomes().contains(&outcome)
                    && !matches!(outcome, Outcome::AnsweredOnSpot | Outcome::NotAdopted)
            }),
            "Visibility" => Visibility::from_code(code)
                .is_some_and(|visibility| visibility >= kind.widest_visibility()),
            "Step" => {
                let at = |code| kind.steps().iter().position(|step| step.code() == code);
                let now = self.state.step.and_then(|step| at(step.code()));
                let handling = self.state.stage == Stage::Handling;
                handling && at(code).is_some_and(|next| now.is_none_or(|now| now < next))
            }
            "Urgency" => {
                let formal = matches!(code, "formal" | "formal_broad");
                kind == Kind::Mailbox || !formal
            }
            "Solved" if kind == Kind::EmploymentMatch => code != "partly",
            "Evidence" if action == Action::VerifyPass => code != "employer_statement",
            _ => true,
        }
    }

    /// What the case already knows, or what is usual.
    fn filled(&self, action: Action, field: &FieldSpec) -> Option<String> {
        let (all, job) = (self.choices, self.state.job.as_ref());
        let lead = || self.state.lead().map(|unit| unit.to_string());
        let by_rule = || all.suggested.as_ref().map(|(lead, _)| lead.to_string());
        let only = |of: &[Choice]| match of {
            [one] => Some(one.value.clone()),
            _ => None,
        };
        match (action, field.name) {
            (_, "category") if action != Action::Correct => {
                let category = self.state.category.as_ref();
                category.map(|code| code.as_str().to_owned())
            }
            (_, "visibility") => Some(Visibility::Parties.code().to_owned()),
            (_, "told_how" | "method" | "how") => Some("phone".to_owned()),
            (_, "basis") => {
                let basis = if all.suggested.is_some() {
                    "rule"
                } else {
                    "manual"
                };
                Some(basis.to_owned())
            }
            (Action::Dispatch, "lead") if all.mediating.len() == 1 => {
                all.mediating.first().cloned()
            }
            (Action::Dispatch | Action::Designate, "lead") | (Action::HandOver, "to") => by_rule(),
            (Action::SubmitResult, "result") => all.reply.clone(),
            (Action::Consent, "party") => only(&self.persons(action)),
            (Action::Supervise, "to") | (_, "owner") => lead(),
            (_, "asked_by") => only(&all.askers),
            (_, "mediator") => only(&all.mediators),
            (_, "slot") => all.slots.first().map(|slot| slot.value.clone()),
            (_, "urgency") => {
                let urgency = self.state.urgency.or(all.urgency);
                urgency.map(|one| one.code().to_owned())
            }
            (Action::Close, "outcome") => self.state.outcome.map(|one| one.code().to_owned()),
            (Action::SubmitResult, "started_on") => job?.start_on.map(|day| day.to_string()),
            (Action::VerifyPass, "evidence") => job?
                .evidence
                .filter(|evidence| evidence.code() != "employer_statement")
                .map(|evidence| evidence.code().to_owned()),
            (Action::Close, "placed_on") => job?.started_on.map(|day| day.to_string()),
            (Action::Retention, "check") => {
                let open = self
                    .state
                    .follow_ups
                    .iter()
                    .find(|one| one.result.is_none());
                open.map(|one| one.what.code().trim_start_matches("retention_").to_owned())
            }
            _ => self.when(action, field),
        }
    }

    /// Days and times that are usual.
    fn when(&self, action: Action, field: &FieldSpec) -> Option<String> {
        if !is_staff(self.actor) {
            return None;
        }
        let (all, now) = (self.choices, self.choices.now);
        let day = |days| Some(in_days(now, days).to_string());
        match (action, field.name) {
            (_, "asked_at" | "held_at" | "reported_at") => Some(local(now)),
            (Action::Extend, "due_at") => all.longer.map(local),
            (_, "review_on" | "perform_by") | (Action::Adopt, "due_on") => day(30),
            (Action::Supervise, "due_on") => all.next_workday.map(|day| day.to_string()),
            (Action::Reception, "due_on") => day(7),
            (_, "effective_on") => day(0),
            (_, "meeting_at") => Some(format!("{}T19:00", in_days(now, 4))),
            _ => None,
        }
    }

    fn ticked(&self, action: Action, field: &FieldSpec) -> Vec<String> {
        let all = self.choices;
        match (action, field.name) {
            (Action::Dispatch | Action::Designate, "co_units") => {
                let co = all.suggested.as_ref().map(|(_, co)| co.as_slice());
                co.unwrap_or_default()
                    .iter()
                    .map(ToString::to_string)
                    .collect()
            }
            (Action::Invite, "parties") => all.sides.clone(),
            (Action::Session, "came") => all.invited.clone(),
            _ => Vec::new(),
        }
    }

    /// Before which nothing can be chosen.
    fn earliest(&self, action: Action, field: &FieldSpec) -> String {
        let now = self.choices.now;
        match (action, field.name) {
            (_, "review_on") | (Action::Adopt, "due_on") => in_days(now, 1).to_string(),
            (_, "due_on" | "perform_by") => in_days(now, 0).to_string(),
            (_, "due_at" | "interview_at") => local(now),
            (_, "meeting_at") => format!("{}T00:00", in_days(now, 3)),
            _ => String::new(),
        }
    }
}

/// Under which heading a page offers an action that does not come first.
fn group(action: Action) -> &'static str {
    use Action as A;
    match action {
        A::Extend | A::Suspend | A::Resume | A::Escalate | A::Reception | A::Supervise => "time",
        A::Merge | A::Unmerge | A::Link | A::RetireInto | A::Attribute | A::Risk => "people",
        A::Publish | A::Second => "public",
        A::Correct
        | A::Redact
        | A::Reject
        | A::Void
        | A::Withdraw
        | A::Reopen
        | A::Appeal
        | A::Refuse
        | A::Terminate
        | A::NotPerformed
        | A::NotAdopt => "correct",
        _ => "handling",
    }
}

fn sorted(choices: impl Iterator<Item = Choice>) -> Vec<Choice> {
    let mut choices: Vec<_> = choices.collect();
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices
}

fn shape(field: &FieldSpec) -> &'static str {
    match field.shape {
        Shape::Text => "text",
        Shape::Choice(..) | Shape::Id("unit" | "account" | "area" | "person") => "choice",
        Shape::Choices(..) | Shape::Ids("unit" | "person") => "choices",
        Shape::Yes => "yes",
        Shape::Number => "number",
        Shape::Numbers | Shape::Cases => "numbers",
        Shape::Date => "date",
        Shape::Time => "time",
        Shape::Id("file") => "file",
        Shape::Ids("file") => "files",
        _ => "line",
    }
}
