//! What was typed about a posting, as values. A form, a pasted table and an API call are read by
//! the same rules and differ only in the names of their fields.
use super::{commands::Decision, store::Wanted};
use crate::{
    domain::{
        contact::holds_personal_number,
        employer::EmployerKind,
        fault::{Faults, FieldFault},
        group::TargetGroup,
        moment::day,
        pay::{Pay, PayUnit},
        posting::{
            AgeGround, ContractType, Education, Experience, InsuranceItem, MAX_HEADCOUNT,
            Occupation, PostingKind, Terms,
        },
        text::{Line, Prose, choice, choices, half_width, number},
    },
    entity::posting,
    platform::form::{Form, Sent},
};
use chrono::NaiveDate;
use sea_orm::ActiveEnum;

/// The text of every field, before it is understood.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub title: String,
    pub occupation: String,
    pub kind: String,
    pub headcount: String,
    pub pay_min: String,
    pub pay_max: String,
    pub pay_unit: String,
    pub pay_months: String,
    pub education: String,
    pub experience: String,
    pub skills: String,
    pub hours: String,
    pub place: String,
    pub duties: String,
    pub contract_type: String,
    pub insurance: Vec<String>,
    pub benefits: String,
    pub groups: Vec<String>,
    pub age_limit: String,
    pub age_ground: String,
    pub expires_on: String,
    pub auto_refer: bool,
}

/// How a form and a call spell the fields of the pay.
pub struct Names {
    pub pay_min: &'static str,
    pub pay_max: &'static str,
    pub pay_unit: &'static str,
    pub pay_months: &'static str,
}

pub const FORM: Names = Names {
    pay_min: "pay_min",
    pay_max: "pay_max",
    pay_unit: "pay_unit",
    pay_months: "pay_months",
};

pub const CALL: Names = Names {
    pay_min: "pay/min",
    pay_max: "pay/max",
    pay_unit: "pay/unit",
    pay_months: "pay/months",
};

/// What a posting is read against.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub today: NaiveDate,
    pub employer: EmployerKind,
}

/// A posting, understood.
#[derive(Clone, Debug)]
pub struct Details {
    pub title: Line,
    pub occupation: Occupation,
    pub kind: PostingKind,
    pub headcount: i32,
    pub pay: Pay,
    pub education: Education,
    pub experience: Experience,
    pub skills: Option<Prose>,
    pub hours: Option<Line>,
    pub place: Line,
    pub duties: Prose,
    pub contract_type: ContractType,
    pub insurance: Vec<InsuranceItem>,
    pub benefits: Option<Prose>,
    pub groups: Vec<TargetGroup>,
    pub age: Option<(Line, AgeGround)>,
    pub expires_on: NaiveDate,
    pub auto_refer: bool,
}

impl Typed {
    /// The fields of a form; several postings in one form lead their names with a `prefix`.
    pub fn of(sent: &Sent, prefix: &str) -> Self {
        let named = |name: &str| format!("{prefix}{name}");
        let get = |name: &str| sent.get(&named(name)).to_owned();
        let all = |name: &str| {
            let ticked = sent.all(&named(name)).into_iter().filter(|v| !v.is_empty());
            ticked.map(str::to_owned).collect()
        };
        Self {
            title: get("title"),
            occupation: get("occupation"),
            kind: get("kind"),
            headcount: get("headcount"),
            pay_min: get("pay_min"),
            pay_max: get("pay_max"),
            pay_unit: get("pay_unit"),
            pay_months: get("pay_months"),
            education: get("education"),
            experience: get("experience"),
            skills: get("skills"),
            hours: get("hours"),
            place: get("place"),
            duties: get("duties"),
            contract_type: get("contract_type"),
            insurance: all("insurance"),
            benefits: get("benefits"),
            groups: all("groups"),
            age_limit: get("age_limit"),
            age_ground: get("age_ground"),
            expires_on: get("expires_on"),
            auto_refer: sent.has(&named("auto_refer")),
        }
    }

    /// As the fields of a form, each name led by `prefix`.
    pub fn fill(&self, form: &mut Form, prefix: &str) {
        let single = [
            ("title", &self.title),
            ("occupation", &self.occupation),
            ("kind", &self.kind),
            ("headcount", &self.headcount),
            ("pay_min", &self.pay_min),
            ("pay_max", &self.pay_max),
            ("pay_unit", &self.pay_unit),
            ("pay_months", &self.pay_months),
            ("education", &self.education),
            ("experience", &self.experience),
            ("skills", &self.skills),
            ("hours", &self.hours),
            ("place", &self.place),
            ("duties", &self.duties),
            ("contract_type", &self.contract_type),
            ("benefits", &self.benefits),
            ("age_limit", &self.age_limit),
            ("age_ground", &self.age_ground),
            ("expires_on", &self.expires_on),
        ];
        for (name, value) in single {
            form.values.insert(format!("{prefix}{name}"), value.clone());
        }
        if self.auto_refer {
            form.values
                .insert(format!("{prefix}auto_refer"), "yes".into());
        }
        for (name, values) in [("insurance", &self.insurance), ("groups", &self.groups)] {
            form.chosen
                .insert(format!("{prefix}{name}"), values.clone());
        }
    }

    /// What a stored posting says, to be changed or copied.
    pub fn stored(row: &posting::Model) -> Self {
        let list = |column: &serde_json::Value| {
            serde_json::from_value::<Vec<String>>(column.clone()).unwrap_or_default()
        };
        Self {
            title: row.title.clone(),
            occupation: row.occupation.code(),
            kind: row.kind.code(),
            headcount: row.headcount.to_string(),
            pay_min: (row.pay_min / 100).to_string(),
            pay_max: (row.pay_max / 100).to_string(),
            pay_unit: row.pay_unit.code(),
            pay_months: row.pay_months.to_string(),
            education: row.education.code(),
            experience: row.experience.code(),
            skills: row.skills.clone(),
            hours: row.hours.clone(),
            place: row.place.clone(),
            duties: row.duties.clone(),
            contract_type: row.contract_type.code(),
            insurance: list(&row.insurance),
            benefits: row.benefits.clone(),
            groups: list(&row.groups),
            age_limit: row.age_limit.clone().unwrap_or_default(),
            age_ground: row.age_ground.map(AgeGround::code).unwrap_or_default(),
            expires_on: row.expires_on.to_string(),
            auto_refer: row.auto_refer,
        }
    }
}

/// # Errors
/// Every field that cannot be taken, in the order of the form.
pub fn details(typed: &Typed, names: &Names, setting: &Setting) -> Result<Details, Faults> {
    let mut faults = Faults::new();
    let title = faults.take("title", open(Line::required(&typed.title, 40)));
    let occupation = faults.take("occupation", choice(&typed.occupation));
    let kind = faults.take("kind", choice(&typed.kind));
    let headcount = faults.take("headcount", headcount(&typed.headcount));
    let pay = pay(typed, names, &mut faults);
    let education = faults.take("education", choice(&typed.education));
    let experience = faults.take("experience", choice(&typed.experience));
    let skills = faults.take("skills", open_optional(Prose::optional(&typed.skills, 500)));
    let duties = faults.take("duties", open(Prose::required(&typed.duties, 2000)));
    let place = faults.take("place", Line::required(&typed.place, 100));
    let hours = faults.take("hours", Line::optional(&typed.hours, 100));
    let contract_type = faults.take("contract_type", choice(&typed.contract_type));
    let insurance = faults.take("insurance", choices(&typed.insurance));
    let benefits = Prose::optional(&typed.benefits, 500);
    let benefits = faults.take("benefits", open_optional(benefits));
    let groups = faults.take("groups", choices(&typed.groups));
    let age = age(typed, &mut faults);
    let expires_on = faults.take("expires_on", day(&typed.expires_on));
    let whole = || {
        Some(Details {
            title: title?,
            occupation: occupation?,
            kind: kind?,
            headcount: headcount?,
            pay: pay?,
            education: education?,
            experience: experience?,
            skills: skills?,
            hours: hours?,
            place: place?,
            duties: duties?,
            contract_type: contract_type?,
            insurance: insurance.clone()?,
            benefits: benefits?,
            groups: groups.clone()?,
            age: age?,
            expires_on: expires_on?,
            auto_refer: typed.auto_refer,
        })
    };
    let whole = whole();
    let terms = Terms {
        headcount: headcount.map_or(1, i64::from),
        // With a contract nobody understood, what it owes is not asked.
        contract: contract_type.unwrap_or(ContractType::Service),
        insurance: insurance.as_deref().unwrap_or_default(),
        groups: groups.as_deref().unwrap_or_default(),
        expires_on: expires_on.unwrap_or(setting.today),
        employer: setting.employer,
    };
    let unheard = insurance.is_none();
    for (field, fault) in terms.check(setting.today).iter() {
        if !(unheard && field == "insurance") {
            faults.add(field.to_owned(), fault.clone());
        }
    }
    faults.into_result(whole)
}

fn headcount(raw: &str) -> Result<i32, FieldFault> {
    let range = FieldFault::OutOfRange {
        min: 1,
        max: MAX_HEADCOUNT,
    };
    let people = half_width(raw);
    let read = number(people.trim_end_matches(['人', '名']), 1, MAX_HEADCOUNT)?;
    i32::try_from(read).map_err(|_| range)
}

/// A text that everybody reads holds nobody's number.
fn open<T: AsRef<str>>(read: Result<T, FieldFault>) -> Result<T, FieldFault> {
    match read {
        Ok(text) if holds_personal_number(text.as_ref()) => Err(FieldFault::PersonalData),
        read => read,
    }
}

fn open_optional<T: AsRef<str>>(
    read: Result<Option<T>, FieldFault>,
) -> Result<Option<T>, FieldFault> {
    match read {
        Ok(Some(text)) => open(Ok(text)).map(Some),
        read => read,
    }
}

/// The base pay must be named; a range may be one figure.
fn pay(typed: &Typed, names: &Names, faults: &mut Faults) -> Option<Pay> {
    let unit = faults.take(names.pay_unit, choice::<PayUnit>(&typed.pay_unit));
    let min = faults.take(names.pay_min, figure(&typed.pay_min));
    let max = if half_width(&typed.pay_max).is_empty() {
        min
    } else {
        faults.take(names.pay_max, figure(&typed.pay_max))
    };
    let months = match half_width(&typed.pay_months).as_str() {
        "" => Some(12),
        months => faults.take(names.pay_months, number(months, 12, 24)),
    };
    let (min, max, unit) = (min?, max?, unit?);
    let months = u8::try_from(months?).ok()?;
    match Pay::new(min, max, unit, months) {
        Ok(pay) => Some(pay),
        Err(FieldFault::PayOrder) => {
            faults.add(names.pay_max, FieldFault::PayOrder);
            None
        }
        Err(_) => {
            for (name, figure) in [(names.pay_min, min), (names.pay_max, max)] {
                faults.take(name, Pay::new(figure, figure, unit, months));
            }
            None
        }
    }
}

fn figure(raw: &str) -> Result<i64, FieldFault> {
    if ["面议", "面谈", "协商"]
        .iter()
        .any(|word| raw.contains(word))
    {
        return Err(FieldFault::PayNegotiable);
    }
    number(half_width(raw).trim_end_matches('元'), 0, 99_999_999)
}

#[expect(
    clippy::option_option,
    reason = "faulty, or told that there is none, or one"
)]
/// An age limit stands only with its legal ground, and the other way round.
fn age(typed: &Typed, faults: &mut Faults) -> Option<Option<(Line, AgeGround)>> {
    let limit = faults.take("age_limit", Line::optional(&typed.age_limit, 40))?;
    let ground = match typed.age_ground.trim() {
        "" => None,
        code => Some(faults.take("age_ground", choice(code))?),
    };
    match (limit, ground) {
        (None, None) => Some(None),
        (Some(limit), Some(ground)) => Some(Some((limit, ground))),
        (Some(_), None) => {
            faults.add("age_ground", FieldFault::Required);
            None
        }
        (None, Some(_)) => {
            faults.add("age_limit", FieldFault::Required);
            None
        }
    }
}

/// The codes of several values, as forms and documents carry them.
pub fn codes<T: ActiveEnum<Value = String>>(values: &[T]) -> Vec<String> {
    values.iter().map(ActiveEnum::to_value).collect()
}

/// What a seeker typed into the filters.
#[derive(Clone, Debug, Default)]
pub struct TypedWanted {
    pub q: String,
    pub group: String,
    pub salary_min: String,
    pub booth: String,
    pub education: String,
    pub kind: String,
}

/// Reads the filters; a faulty one is noted and left out.
pub fn wanted(typed: &TypedWanted, faults: &mut Faults) -> Wanted {
    let mut note = |field: &'static str, fault| faults.add(field, fault);
    let group = optional(&typed.group, choice::<TargetGroup>).and_then(|group| match group {
        Some(group) if !group.is_offered() => Err(FieldFault::UnknownChoice),
        group => Ok(group),
    });
    Wanted {
        words: typed.q.chars().take(200).collect(),
        group: group
            .map_err(|fault| note("group", fault))
            .unwrap_or_default(),
        salary_min: optional(&typed.salary_min, |text| number(text, 0, 1_000_000))
            .map_err(|fault| note("salary_min", fault))
            .unwrap_or_default(),
        booth: optional(&typed.booth, |text| {
            Ok(half_width(text).to_uppercase().chars().take(12).collect())
        })
        .unwrap_or_default(),
        education: optional(&typed.education, choice)
            .map_err(|fault| note("education", fault))
            .unwrap_or_default(),
        kind: optional(&typed.kind, choice)
            .map_err(|fault| note("kind", fault))
            .unwrap_or_default(),
        employer: None,
    }
}

/// A field that may be left out; blank counts as left out.
fn optional<T>(
    raw: &str,
    read: impl FnOnce(&str) -> Result<T, FieldFault>,
) -> Result<Option<T>, FieldFault> {
    if half_width(raw).is_empty() {
        return Ok(None);
    }
    read(raw).map(Some)
}

/// A filter by one of an enum's codes.
///
/// # Errors
/// When it is none of them.
pub fn optional_choice<T: ActiveEnum<Value = String>>(
    field: &'static str,
    raw: &str,
) -> Result<Option<T>, Faults> {
    optional(raw, choice).map_err(|fault| Faults::one(field, fault))
}

/// The office's verdict: returning and rejecting need a reason, approving may need a ground.
///
/// # Errors
/// Every field that cannot be taken.
pub fn decision(decision: &str, reason: &str, ground: &str) -> Result<Decision, Faults> {
    let mut faults = Faults::new();
    let ground = faults.take("ground", Line::optional(ground, 200));
    let optional = faults.take("reason", Prose::optional(reason, 500));
    let mut required = |reason: Option<Option<Prose>>| match reason {
        Some(None) => faults.take("reason", Err(FieldFault::Required)),
        reason => reason.flatten(),
    };
    let decided = match decision.trim() {
        "approve" => ground
            .zip(optional)
            .map(|(ground, reason)| Decision::Approve { ground, reason }),
        "return" => required(optional).map(Decision::Return),
        "reject" => required(optional).map(Decision::Reject),
        "" => faults.take("decision", Err(FieldFault::Required)),
        _ => faults.take("decision", Err(FieldFault::UnknownChoice)),
    };
    faults.into_result(decided)
}
