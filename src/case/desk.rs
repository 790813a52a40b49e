//! The desk of a case: what the reader may do now, each action as a form made from its fields.
use super::{
    beside,
    choices::{Choices, is_staff},
    door::{self, Reader, Sight},
    facts,
    hook::{Asked, FactLine, Hooks},
    maker::Maker,
    pages::{ActionForm, CasePage, Check, ChildForm, Choice, Entry, Group, Refused},
    store::{self, People},
    view::{self, Overview},
    words,
};
use crate::{
    account,
    domain::case::{
        Action, Actor, Guard, Kind, Outcome, Retained, Stage, Step, Turn, hindrance, ready, turn_of,
    },
    entity::case,
    error::AppResult,
    platform::{
        App,
        form::Form,
        text::{self, Lang},
    },
    rulebook::{self, Book},
};

/// A case with what an account may do to it.
pub struct Desk {
    pub lang: Lang,
    pub reader: Reader,
    pub sight: Sight,
    pub actor: Actor,
    pub seen: Overview,
    /// What could be done now.
    pub ready: Vec<Action>,
    /// Why the actor may not take the step that is awaited, although it is for such as him.
    hindered: Option<Guard>,
    choices: Choices,
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
    /// What is to be looked at before it is done.
    pub check: Option<Check>,
    /// Pictures that were sent with it and are kept already.
    pub kept: Vec<Choice>,
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
    let now = app.db.now();
    let (book, known) = (&seen.book, (case, &seen.state));
    let facts = facts::gather(db, &app.keys, book, now, case.kind, Some(known), None).await?;
    let ready = ready(&seen.state, &actor, &facts);
    let hindered =
        turn_of(&seen.state).and_then(|turn| hindrance(&seen.state, &actor, &facts, turn.action));
    drop(facts);
    let choices = if is_staff(&actor) {
        Choices::load(app, lang, book, known, &seen.people).await?
    } else {
        Choices::plain(lang, book, &seen.state, now)
    };
    Ok(Desk {
        lang,
        reader,
        sight: Sight::of(account),
        actor,
        seen,
        ready,
        hindered,
        choices,
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
    let facts = facts::gather(db, &app.keys, &book, now, case.kind, known, None).await?;
    let people = People::default();
    let choices = Choices::plain(lang, &book, &state, now);
    let maker = Maker {
        lang,
        state: &state,
        actor,
        people: &people,
        choices: &choices,
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
    let (lang, now, state) = (desk.lang, app.db.now(), &desk.seen.state);
    let mut facts = own_facts(app, hooks, case, &desk).await?;
    facts.extend(view::facts(lang, desk.reader, case, &desk.seen));
    let (next, others) = desk.offer(tried);
    let staff = is_staff(&desk.actor);
    let mut page = CasePage {
        number: case.number.clone(),
        title: view::title(lang, case, &desk.seen.book),
        supervised: case.supervised && desk.reader.is_office(),
        refused: None,
        waits: if next.tried {
            String::new()
        } else {
            desk.waits()
        },
        next: next.form,
        others: grouped(lang, &others),
        facts,
        people: Vec::new(),
        reason: Form::blank(),
        dues: beside::dues(lang, now, state, &desk.seen.book),
        clocks: Vec::new(),
        units: Vec::new(),
        links: Vec::new(),
        follow_ups: view::follow_ups(lang, now, state),
        child: None,
        flash: None,
        state: desk.seen.words.clone(),
        tone: desk.seen.tone,
        steps: desk.seen.steps.clone(),
        timeline: desk.seen.timeline.clone(),
    };
    page.refused = next.refused;
    if staff {
        page.people = beside::people(app, lang, (case, state), &desk.actor).await?;
        page.links = beside::links(app, lang, desk.sight, case).await?;
        page.units = beside::hand_overs(lang, now, state, &desk.seen.people, &desk.seen.book);
        page.child = desk.child(Form::blank());
    }
    if staff && case.kind != Kind::EmploymentMatch {
        page.clocks = beside::clocks(lang, now, state, &desk.seen.book);
    }
    Ok(page)
}

/// What comes first on the page.
struct Next {
    form: Option<ActionForm>,
    refused: Option<Refused>,
    /// It is there because it was tried and refused.
    tried: bool,
}

/// The actions that do not come first, under their headings.
fn grouped(lang: Lang, forms: &[ActionForm]) -> Vec<Group> {
    let mut groups = Vec::new();
    for code in ["handling", "time", "people", "public", "correct"] {
        let of_this = forms.iter().filter(|form| form.group == code);
        let of_this: Vec<_> = of_this.cloned().collect();
        if !of_this.is_empty() {
            groups.push(Group {
                label: words::say(lang, &format!("case.group.{code}")),
                forms: of_this,
            });
        }
    }
    groups
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
            choices: &self.choices,
            timeline: &self.seen.timeline,
        }
    }

    fn turn(&self) -> Option<Turn> {
        turn_of(&self.seen.state)
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
            // 代表、书记转交, where a clerk would dispatch
            Stage::Accepted if state.kind == Kind::Mailbox => Some(Action::HandOver),
            Stage::Dispatched | Stage::Handling if state.job.is_some() => Some(Action::Expire),
            Stage::Handling if state.times.responded.is_none() => Some(Action::Contact),
            _ => None,
        };
        [expected, instead]
            .into_iter()
            .flatten()
            .find(|action| self.may(*action))
    }

    /// What comes first, which is the refused action when there is one, and everything else.
    fn offer(&self, tried: Option<Tried>) -> (Next, Vec<ActionForm>) {
        let maker = self.maker();
        let (first, next) = if let Some(tried) = tried {
            (Some(tried.action), self.again(tried))
        } else {
            let first = self.first();
            let mut form = first.map(|action| maker.form(action, Form::blank()));
            if let (Some(form), Some(note)) = (&mut form, self.for_them()) {
                form.note = note;
            }
            let next = Next {
                form,
                refused: None,
                tried: false,
            };
            (first, next)
        };
        let mut others: Vec<_> = self
            .ready
            .iter()
            .filter(|action| Some(**action) != first)
            .map(|action| maker.form(*action, Form::blank()))
            .collect();
        others.sort_by_key(|form| form.danger);
        (next, others)
    }

    /// The refused action with what was typed.
    fn again(&self, tried: Tried) -> Next {
        let mut form = self.maker().form(tried.action, tried.form);
        form.gone = !self.may(tried.action);
        form.files_again = tried.files_again;
        form.check = tried.check;
        for field in &mut form.fields {
            if field.shape == "pictures" {
                field.options.extend(tried.kept.iter().cloned());
            }
        }
        Next {
            form: Some(form),
            refused: tried.refused.map(|(title, text)| Refused {
                title,
                text,
                news: self.since(tried.since),
            }),
            tried: true,
        }
    }

    /// 立子办件: what was adopted is done by cases of its own.
    pub fn child(&self, form: Form) -> Option<ChildForm> {
        let state = &self.seen.state;
        let adopted =
            state.step == Some(Step::Implementing) || state.outcome == Some(Outcome::AdoptedDone);
        if state.kind != Kind::Suggestion || !adopted || !self.may(Action::Link) {
            return None;
        }
        let lang = self.lang;
        let kinds = [Kind::ResidentRequest, Kind::PatrolFinding];
        let areas = self.seen.people.areas.iter();
        let mut areas: Vec<_> = areas.map(|(id, name)| Choice::new(id, name)).collect();
        areas.sort_by(|a, b| a.label.cmp(&b.label));
        Some(ChildForm {
            kinds: kinds
                .into_iter()
                .map(|kind| Choice::new(kind, words::kind(lang, kind)))
                .collect(),
            categories: self
                .seen
                .book
                .categories()
                .iter()
                .filter(|one| {
                    kinds
                        .iter()
                        .any(|kind| self.seen.book.serves(*kind, &one.code))
                })
                .map(|one| Choice::new(&one.code, rulebook::name(lang, one)))
                .collect(),
            areas,
            area: state.org_node.map(|area| area.to_string()),
            form,
        })
    }

    /// Somebody else usually does what comes first here.
    fn for_them(&self) -> Option<String> {
        let turn = self.turn().filter(|turn| self.may(turn.action))?;
        let who = words::part(self.lang, turn.part);
        let theirs = !self.plays(turn);
        theirs.then(|| text::say(self.lang, "case.for_them", &[("who", who)]))
    }

    fn plays(&self, turn: Turn) -> bool {
        let state = &self.seen.state;
        self.actor
            .parts(state.kind, Some(state), None)
            .has(turn.part)
    }

    /// Whom the case waits for, when it is not the reader; or that it has ended.
    fn waits(&self) -> String {
        let (lang, state) = (self.lang, &self.seen.state);
        match self.turn() {
            Some(turn) if self.may(turn.action) => String::new(),
            // He does it in his own way.
            Some(_) if self.first() == Some(Action::HandOver) => String::new(),
            // It is the reader's turn, and something else comes first.
            Some(turn) if self.plays(turn) && self.first().is_some() => String::new(),
            Some(turn) => {
                let who = words::takers(lang, state.kind, state.stage, turn.action);
                let action = words::action(lang, state.kind, turn.action);
                let holes = [("who", who), ("action", action)];
                let mut said = text::say(lang, "case.waiting_for", &holes);
                if let Some(guard) = self.hindered {
                    let why = words::say(lang, &format!("case.guard.{}", guard.code()));
                    said.push_str(&text::say(lang, "case.not_you", &[("why", why)]));
                }
                said
            }
            None => {
                let at = self.seen.words.clone();
                text::say(lang, "case.ended", &[("state", at)])
            }
        }
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
