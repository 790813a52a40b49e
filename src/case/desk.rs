//! The desk of a case: what the reader may do now, each action as a form made from its fields.
use super::{
    door::{self, Reader},
    facts,
    hook::{Asked, FactLine, Hooks},
    pages::{ActionForm, CasePage, Choice, Entry, Field, Refused},
    store::{self, People},
    view::{self, Overview},
    words,
};
use crate::{
    account,
    domain::case::{
        Action, Actor, CaseState, Command, FieldSpec, Kind, Outcome, Retained, Shape, Stage, Turn,
        Visibility, ready, turn,
    },
    entity::case,
    error::AppResult,
    platform::{
        App,
        form::Form,
        text::{self, Lang},
    },
    rulebook::Book,
};

/// A case with what an account may do to it.
pub struct Desk {
    pub lang: Lang,
    pub reader: Reader,
    pub actor: Actor,
    pub seen: Overview,
    /// What could be done now.
    pub ready: Vec<Action>,
}

/// An action that was refused: its form as it was typed, and why.
pub struct Tried {
    pub action: Action,
    pub form: Form,
    /// Title and words of what stands above the form.
    pub refused: Option<(String, String)>,
    /// Pictures were chosen; a browser forgets them with the page.
    pub files_again: bool,
    /// What the actor had seen, when something happened since.
    pub since: Option<u64>,
}

/// Opens the desk for an account that may see the case.
pub async fn open(
    app: &App,
    lang: Lang,
    account: &account::Actor,
    case: &case::Model,
) -> AppResult<Desk> {
    let (db, reader) = (app.db.read(), Reader::of(account));
    let at = format!("/cases/{}/files", case.number);
    let seen = view::overview(app, lang, reader, case, &at).await?;
    let actor = door::acting(db, account).await?;
    let known = Some((case, &seen.state));
    let now = app.db.now();
    let book = Book::load(db, case.office_id, now).await?;
    let facts = facts::gather(db, &book, now, case.kind, known, None).await?;
    let ready = ready(&seen.state, &actor, &facts);
    Ok(Desk {
        lang,
        reader,
        actor,
        seen,
        ready,
    })
}

/// What may be done to a case by whoever holds it in his hands, such as a ticket's holder: the
/// forms of the actions that are open now.
pub async fn forms(
    app: &App,
    lang: Lang,
    actor: &Actor,
    case: &case::Model,
) -> AppResult<Vec<ActionForm>> {
    let state = store::state(case)?;
    let db = app.db.read();
    let now = app.db.now();
    let book = Book::load(db, case.office_id, now).await?;
    let known = Some((case, &state));
    let facts = facts::gather(db, &book, now, case.kind, known, None).await?;
    let people = People::default();
    let maker = Maker {
        lang,
        state: &state,
        actor,
        people: &people,
        timeline: &[],
    };
    let open = ready(&state, actor, &facts);
    Ok(open
        .into_iter()
        .map(|action| maker.form(action, Form::blank()))
        .collect())
}

/// The page of a case.
pub async fn page(
    app: &App,
    hooks: Hooks,
    case: &case::Model,
    desk: Desk,
    tried: Option<Tried>,
) -> AppResult<CasePage> {
    let (lang, now) = (desk.lang, app.db.now());
    let mut facts = own_facts(app, hooks, case, &desk).await?;
    facts.extend(view::facts(lang, desk.reader, case, &desk.seen));
    let (next, others) = desk.offer();
    let mut page = CasePage {
        number: case.number.clone(),
        title: case.title.clone(),
        supervised: case.supervised && desk.reader.is_office(),
        refused: None,
        next,
        others,
        waits: desk.waits(),
        facts,
        dues: view::dues(lang, now, &desk.seen.state),
        follow_ups: view::follow_ups(lang, now, &desk.seen.state),
        flash: None,
        state: desk.seen.words.clone(),
        tone: desk.seen.tone,
        steps: desk.seen.steps.clone(),
        timeline: desk.seen.timeline.clone(),
    };
    if let Some(tried) = tried {
        desk.put_first(&mut page, tried);
    }
    Ok(page)
}

async fn own_facts(
    app: &App,
    hooks: Hooks,
    case: &case::Model,
    desk: &Desk,
) -> AppResult<Vec<FactLine>> {
    let Some(of_kind) = hooks.of(case.kind) else {
        return Ok(Vec::new());
    };
    let asked = Asked {
        office: case.office_id,
        case: case.id,
        reader: desk.reader,
        role: desk.actor.role,
        lang: desk.lang,
    };
    (of_kind.facts)(app.clone(), asked).await
}

impl Desk {
    fn maker(&self) -> Maker<'_> {
        Maker {
            lang: self.lang,
            state: &self.seen.state,
            actor: &self.actor,
            people: &self.seen.people,
            timeline: &self.seen.timeline,
        }
    }

    fn turn(&self) -> Option<Turn> {
        let state = &self.seen.state;
        turn(state.kind, state.stage, state.step, state.verified)
    }

    fn may(&self, action: Action) -> bool {
        self.ready.contains(&action)
    }

    /// The one action that comes first, if any is due from the reader.
    fn first(&self) -> Option<Action> {
        let state = &self.seen.state;
        let waiting = state
            .follow_ups
            .iter()
            .any(|follow| matches!(follow.result, None | Some(Retained::Unreachable)));
        let expected = self.turn().map(|turn| turn.action);
        let instead = match state.stage {
            Stage::Verifying => Some(Action::Callback),
            Stage::Closed if waiting => Some(Action::Retention),
            Stage::Dispatched | Stage::Handling => Some(Action::Expire),
            _ => None,
        };
        [expected, instead]
            .into_iter()
            .flatten()
            .find(|action| self.may(*action))
    }

    fn offer(&self) -> (Option<ActionForm>, Vec<ActionForm>) {
        let (maker, first) = (self.maker(), self.first());
        let mut next = first.map(|action| maker.form(action, Form::blank()));
        if let (Some(form), Some(note)) = (&mut next, self.for_them()) {
            form.note = note;
        }
        let mut others: Vec<_> = self
            .ready
            .iter()
            .filter(|action| Some(**action) != first)
            .map(|action| maker.form(*action, Form::blank()))
            .collect();
        others.sort_by_key(|form| form.danger);
        (next, others)
    }

    /// Somebody else usually does what comes first here.
    fn for_them(&self) -> Option<String> {
        let turn = self.turn().filter(|turn| self.may(turn.action))?;
        let kind = self.seen.state.kind;
        let parts = self.actor.parts(kind, Some(&self.seen.state), None);
        let who = words::part(self.lang, turn.part);
        let theirs = !parts.has(turn.part);
        theirs.then(|| text::say(self.lang, "case.for_them", &[("who", who)]))
    }

    /// Whom the case waits for, when it is not the reader; or that it has ended.
    fn waits(&self) -> String {
        let (lang, state) = (self.lang, &self.seen.state);
        match self.turn() {
            Some(turn) if self.may(turn.action) => String::new(),
            Some(turn) => {
                let who = words::takers(lang, state.kind, state.stage, turn.action);
                let action = words::action(lang, state.kind, turn.action);
                text::say(
                    lang,
                    "case.waiting_for",
                    &[("who", who), ("action", action)],
                )
            }
            None => {
                let at = self.seen.words.clone();
                text::say(lang, "case.ended", &[("state", at)])
            }
        }
    }

    /// The refused action comes first, with what was typed.
    fn put_first(&self, page: &mut CasePage, tried: Tried) {
        let mut form = self.maker().form(tried.action, tried.form);
        form.gone = !self.may(tried.action);
        form.files_again = tried.files_again;
        page.others.extend(page.next.take());
        page.others.retain(|other| other.action != form.action);
        page.waits = String::new();
        page.next = Some(form);
        page.refused = tried.refused.map(|(title, text)| Refused {
            title,
            text,
            news: self.since(tried.since),
        });
    }

    fn since(&self, seq: Option<u64>) -> Vec<Entry> {
        let Some(seq) = seq.and_then(|seq| i64::try_from(seq).ok()) else {
            return Vec::new();
        };
        let news = self.seen.timeline.iter().filter(|entry| entry.seq > seq);
        news.cloned().collect()
    }

    /// The forms of everything that may be done now, for the API.
    pub fn actions(&self) -> Vec<ActionForm> {
        let maker = self.maker();
        let form = |action: &Action| maker.form(*action, Form::default());
        self.ready.iter().map(form).collect()
    }
}

/// Makes forms from the fields of actions.
struct Maker<'a> {
    lang: Lang,
    state: &'a CaseState,
    actor: &'a Actor,
    people: &'a People,
    timeline: &'a [Entry],
}

impl Maker<'_> {
    fn form(&self, action: Action, form: Form) -> ActionForm {
        let fields = Command::fields(self.state.kind, action).unwrap_or_default();
        ActionForm {
            action: action.code(),
            label: words::action(self.lang, self.state.kind, action),
            fields: fields
                .iter()
                .map(|field| self.field(action, field))
                .collect(),
            form,
            seq: i64::try_from(self.state.seq).unwrap_or(i64::MAX),
            danger: view::is_danger(action),
            gone: false,
            files_again: false,
            note: String::new(),
        }
    }

    fn field(&self, action: Action, field: &FieldSpec) -> Field {
        // Whoever acts for somebody else says how that person agreed.
        let for_them = field.name == "consent" && self.actor.role.is_some();
        let options = self.options(action, field);
        let shape = match shape(field.shape) {
            _ if field.name == "event" => "choice",
            // Nothing to choose from: the number is typed.
            "choice" if options.is_empty() => "line",
            shape => shape,
        };
        Field {
            name: field.name,
            label: words::field(self.lang, action, field),
            hint: words::hint(self.lang, action, field),
            required: (field.required && field.shape != Shape::Yes) || for_them,
            shape,
            options,
            value: self.filled(action, field),
        }
    }

    fn options(&self, action: Action, field: &FieldSpec) -> Vec<Choice> {
        let choice = |value: String, label: String| Choice { value, label };
        match field.shape {
            Shape::Choice(list, codes) | Shape::Choices(list, codes) => codes
                .iter()
                .filter(|code| self.fits(action, list, code))
                .map(|code| choice((*code).to_owned(), words::code(self.lang, list, code)))
                .collect(),
            Shape::Id("unit") | Shape::Ids("unit") => {
                let active = self.people.units.iter().filter(|(_, (_, active))| *active);
                sorted(active.map(|(id, (name, _))| choice(id.to_string(), name.clone())))
            }
            Shape::Id("account") => sorted(
                self.people
                    .accounts
                    .iter()
                    .map(|(id, (name, _))| choice(id.to_string(), name.clone())),
            ),
            Shape::Id("area") => sorted(
                self.people
                    .areas
                    .iter()
                    .map(|(id, name)| choice(id.to_string(), name.clone())),
            ),
            Shape::Number if field.name == "event" => self
                .timeline
                .iter()
                .filter(|entry| !entry.text.is_empty() || !entry.lines.is_empty())
                .map(|entry| {
                    choice(
                        entry.seq.to_string(),
                        format!("{} · {}", entry.seq, entry.title),
                    )
                })
                .collect(),
            _ => Vec::new(),
        }
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
            "Step" => kind.steps().iter().any(|step| step.code() == code),
            "Solved" if kind == Kind::EmploymentMatch => code != "partly",
            "Evidence" if action == Action::VerifyPass => code != "employer_statement",
            _ => true,
        }
    }

    /// What the case already knows.
    fn filled(&self, action: Action, field: &FieldSpec) -> Option<String> {
        let job = self.state.job.as_ref();
        match (action, field.name) {
            (_, "category") => self
                .state
                .category
                .as_ref()
                .map(|code| code.as_str().to_owned()),
            (_, "visibility") => Some(Visibility::Parties.code().to_owned()),
            (Action::SubmitResult, "started_on") => job?.start_on.map(|day| day.to_string()),
            (Action::VerifyPass, "evidence") => job?
                .evidence
                .filter(|evidence| evidence.code() != "employer_statement")
                .map(|evidence| evidence.code().to_owned()),
            (Action::Close, "placed_on") => job?.started_on.map(|day| day.to_string()),
            (Action::Retention, "check") => self
                .state
                .follow_ups
                .iter()
                .find(|follow| follow.result.is_none())
                .map(|follow| {
                    follow
                        .what
                        .code()
                        .trim_start_matches("retention_")
                        .to_owned()
                }),
            _ => None,
        }
    }
}

fn sorted(choices: impl Iterator<Item = Choice>) -> Vec<Choice> {
    let mut choices: Vec<_> = choices.collect();
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices
}

fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "text",
        Shape::Choice(..) | Shape::Id("unit" | "account" | "area") => "choice",
        Shape::Choices(..) | Shape::Ids("unit") => "choices",
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
