//! Canary strings in every personal and internal field that a case of each kind can take: none of
//! them is on a page, a feed or a call that is open to everybody, none in the log, and none in what
//! staff without a right to the case get; also after publishing, merging, undoing it and reopening.
use crate::{
    casework_make::{Hall, add_person},
    harness::Client,
};
use axum::http::Method;
use nightfair::{
    account::Audience,
    case::{
        door::Reader,
        public::{self, Wanted},
        view,
    },
    domain::{
        case::{Action, Command, Kind, Shape, Stage},
        id::CaseId,
    },
    entity::case_publication,
    platform::text::Lang,
    server,
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, VecDeque},
    io::Write,
    sync::{Arc, Mutex},
};

/// What the log said.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Words for every field of an action that takes words, each with a mark of its own. What is meant
/// for everybody gets harmless ones, such as the notice of a meeting and its minutes.
fn canaries(kind: Kind, action: Action, marks: &mut BTreeSet<String>) -> Value {
    let mut change = json!({});
    for field in Command::fields(kind, action).unwrap_or_default() {
        let public = matches!(
            (action, field.name),
            (Action::Publish, _)
                | (Action::Schedule, "place" | "agenda")
                | (Action::Deliberate, "options" | "minutes")
                | (Action::Adopt | Action::NotAdopt, "reasons")
        );
        if !public && matches!(field.shape, Shape::Text | Shape::Line) {
            let mark = format!("CANARY{}", marks.len() + 1000);
            change[field.name] = json!(format!("{mark} 住3号楼2单元501"));
            marks.insert(mark);
        }
    }
    change
}

/// Who takes which action, one after the other, so that a case of the kind meets every field.
fn story(kind: Kind) -> Vec<(&'static str, Action)> {
    use Action as A;
    let mut story = vec![
        ("clerk", A::Accept),
        ("reporter", A::Update),
        ("clerk", A::Correct),
    ];
    let end = match kind {
        Kind::Mediation => vec![
            ("admin", A::Dispatch),
            ("head", A::Sign),
            ("mediator", A::Invite),
            ("mediator", A::Risk),
            ("mediator", A::Consent),
            ("mediator", A::Consent),
            ("mediator", A::Session),
            ("mediator", A::AgreeOral),
            ("clerk", A::Callback),
            ("clerk", A::VerifyPass),
            ("secretary", A::Close),
        ],
        Kind::Suggestion => vec![
            ("clerk", A::Dispatch),
            ("handler", A::Sign),
            ("neighbour", A::Second),
            ("handler", A::Contact),
            ("secretary", A::Schedule),
            ("secretary", A::Deliberate),
            ("secretary", A::Adopt),
            ("handler", A::SubmitResult),
            ("verifier", A::VerifyPass),
            ("clerk", A::Callback),
            ("verifier", A::Close),
        ],
        Kind::Mailbox => vec![
            ("deputy", A::HandOver),
            ("handler", A::Sign),
            ("handler", A::Contact),
            ("handler", A::DraftReply),
            ("leader", A::ApproveReply),
            ("handler", A::SubmitResult),
            ("verifier", A::VerifyPass),
            ("clerk", A::Callback),
            ("verifier", A::Close),
        ],
        _ => vec![
            ("clerk", A::Dispatch),
            ("handler", A::Object),
            ("secretary", A::Designate),
            ("handler", A::Sign),
            ("handler", A::Contact),
            ("clerk", A::Escalate),
            ("secretary", A::Reception),
            ("secretary", A::Supervise),
            ("clerk", A::Extend),
            ("secretary", A::Suspend),
            ("handler", A::Resume),
            ("handler", A::SubmitResult),
            ("verifier", A::VerifyFail),
            ("handler", A::SubmitResult),
            ("verifier", A::VerifyPass),
            ("clerk", A::Callback),
            ("verifier", A::Close),
        ],
    };
    story.extend(end);
    story
}

/// Everything that is open to everybody: addresses without holes, with the names of cases in them
/// where they have some, and what those pages lead to.
async fn everything_public(hall: &Hall, names: &[String]) -> Vec<(String, String)> {
    let app = hall.market.app();
    let visitor = app.visitor();
    let mut coming: VecDeque<String> = VecDeque::new();
    for entry in server::routes().table() {
        if entry.method != Method::GET || !matches!(entry.audience, Audience::Anyone) {
            continue;
        }
        // A stream never ends.
        if entry.path.contains("/stream") || entry.path.contains("/events") {
            continue;
        }
        if !entry.path.contains('{') {
            coming.push_back(entry.path.clone());
            continue;
        }
        for name in names {
            let filled: Vec<_> = entry
                .path
                .split('/')
                .map(|part| {
                    if part.starts_with('{') {
                        name.as_str()
                    } else {
                        part
                    }
                })
                .collect();
            coming.push_back(filled.join("/"));
        }
    }
    let mut known: BTreeSet<String> = coming.iter().cloned().collect();
    let mut seen = Vec::new();
    while let Some(path) = coming.pop_front() {
        if seen.len() > 1500 {
            break;
        }
        let Some(text) = read(&visitor, &path).await else {
            continue;
        };
        for link in text.split("href=\"").skip(1) {
            let link = link
                .split('"')
                .next()
                .unwrap_or_default()
                .replace("&#x2f;", "/");
            let link = link.split('#').next().unwrap_or_default().to_owned();
            let own =
                link.starts_with('/') && !link.starts_with("//") && !link.starts_with("/static");
            if own && !link.contains("stream") && known.insert(link.clone()) {
                coming.push_back(link);
            }
        }
        seen.push((path, text));
    }
    seen
}

async fn read(client: &Client, path: &str) -> Option<String> {
    let asked = tokio::time::timeout(std::time::Duration::from_secs(5), client.get(path));
    let reply = asked.await.ok()?;
    Some(String::from_utf8_lossy(&reply.bytes).into_owned())
}

fn none_of(marks: &BTreeSet<String>, place: &str, text: &str) {
    let found: Vec<_> = marks
        .iter()
        .filter(|mark| text.contains(mark.as_str()))
        .collect();
    assert!(found.is_empty(), "{place} says {found:?}");
}

async fn look_everywhere(hall: &Hall, marks: &BTreeSet<String>, cases: &[(String, CaseId)]) {
    let mut names: Vec<_> = cases.iter().map(|(number, _)| number.clone()).collect();
    let db = hall.app().db.read();
    let published = case_publication::Entity::find().all(db).await.unwrap();
    names.extend(published.into_iter().map(|row| row.uid));
    names.push(hall.community.to_string());
    let pages = everything_public(hall, &names).await;
    assert!(pages.len() > 20);
    for (path, text) in &pages {
        none_of(marks, path, text);
        assert!(
            !text.contains("王建国") && !text.contains("13800000001"),
            "{path}"
        );
    }
    let all = public::list(hall.app(), hall.office(), &Wanted::default(), None, 200).await;
    none_of(marks, "the public list", &format!("{:?}", all.unwrap()));
    for (number, _) in cases {
        for stranger in ["stranger", "board", "steward", "employer", "mediator2"] {
            for path in [
                format!("/cases/{number}"),
                format!("/api/v1/cases/{number}"),
                "/cases".into(),
            ] {
                let text = read(hall.client(stranger), &path).await.unwrap();
                none_of(marks, &format!("{path} for {stranger}"), &text);
            }
        }
    }
}

#[tokio::test]
async fn canaries_are_nowhere_in_public() {
    let log = Log::default();
    let into = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || into.clone())
        .finish();
    // With one listener alone, whoever says something first decides for all threads whether anybody
    // listens, and that may be another test.
    let second = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::sink)
        .finish();
    let second = tracing::Dispatch::new(second);
    let listening = tracing::subscriber::set_default(subscriber);
    let hall = Hall::open().await;
    let app = hall.market.app();
    let (mut marks, mut cases) = (BTreeSet::new(), Vec::new());
    for kind in Kind::DESK {
        let (number, id) = hall.report(*kind).await;
        let mut drafted = None;
        for (who, action) in story(*kind) {
            let mut change = canaries(*kind, action, &mut marks);
            let consented = hall
                .state(id)
                .await
                .mediation
                .is_some_and(|m| !m.consented.is_empty());
            if action == Action::Consent && consented {
                change["party"] = json!(hall.neighbour.to_string());
            }
            if action == Action::Update {
                change["visibility"] = json!("parties");
            }
            match (action, drafted.take()) {
                (Action::DraftReply, _) => drafted = Some(change["reply"].clone()),
                (Action::SubmitResult, Some(reply)) => change["result"] = reply,
                (_, reply) => drafted = reply,
            }
            hall.pass(1).await;
            hall.does(who, id, action, change).await;
            if action == Action::Schedule {
                hall.pass(24 * 5).await;
            }
            let noted = json!({"text": format!("CANARY{} 内部", marks.len() + 1000), "visibility": "internal"});
            let open = hall.state(id).await.stage.is_open();
            if open && *kind != Kind::EmploymentMatch {
                marks.insert(format!("CANARY{}", marks.len() + 1000));
                hall.does("clerk", id, Action::Update, noted).await;
            }
        }
        assert_eq!(hall.state(id).await.stage, Stage::Closed, "{kind}");
        cases.push((number, id));
    }
    assert!(marks.len() > 80, "{}", marks.len());
    for (number, id) in &cases {
        if hall.state(*id).await.kind != Kind::Mediation {
            hall.does("clerk", *id, Action::Publish, json!({})).await;
        }
        assert!(!number.is_empty());
    }
    look_everywhere(&hall, &marks, &cases).await;
    // Reopened, merged into another that is public, taken out again.
    let (_, request) = cases[0].clone();
    hall.does(
        "reporter",
        request,
        Action::Reopen,
        canaries(Kind::ResidentRequest, Action::Reopen, &mut marks),
    )
    .await;
    look_everywhere(&hall, &marks, &cases).await;
    let third = add_person(app, "赵六", "13800000003").await;
    let (target, other) = hall.report_for(Kind::ResidentRequest, Some(third)).await;
    hall.does("clerk", other, Action::Publish, json!({})).await;
    cases.push((target.clone(), other));
    let mut into = canaries(Kind::ResidentRequest, Action::Merge, &mut marks);
    into["target"] = json!(target);
    hall.does("clerk", request, Action::Merge, into).await;
    look_everywhere(&hall, &marks, &cases).await;
    let why = canaries(Kind::ResidentRequest, Action::Unmerge, &mut marks);
    hall.does("clerk", request, Action::Unmerge, why).await;
    look_everywhere(&hall, &marks, &cases).await;
    // The person of a case reads what concerns him, and nothing internal.
    for (number, id) in &cases {
        let case = hall.case(*id).await;
        let reader = Reader::Person(third);
        let seen = view::overview(hall.app(), Lang::Zh, reader, &case, "/x")
            .await
            .unwrap();
        let said: Vec<_> = seen
            .timeline
            .iter()
            .map(|entry| format!("{} {:?}", entry.text, entry.lines))
            .collect();
        let said = said.concat();
        assert!(!said.contains("内部"), "{number}");
    }
    drop((listening, second));
    let said = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(said.len() > 1000, "the log was listened to");
    none_of(&marks, "the log", &said);
    for personal in ["王建国", "13800000001", "13800000002"] {
        assert!(!said.contains(personal), "the log says {personal}");
    }
    hall.proved().await;
}
