//! The generated matrix: for every kind, in every stage, every action that the printed table knows,
//! tried by everybody there is through the real commands on a real database. What the table allows
//! is taken, or refused for a reason in the data; everything else is refused as the table says.
use crate::casework_make::{Hall, refused};
use nightfair::{
    case::commands,
    domain::{
        case::{Action, Actor, Channel, Command, Kind, Stage, table},
        id::CaseId,
    },
    error::AppError,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// One line of the printed specification, read back.
struct Line {
    from: Vec<Stage>,
    action: Action,
    by: BTreeSet<char>,
}

fn lines(kind: Kind) -> Vec<Line> {
    let stages = |text: &str| match text {
        "-" => Vec::new(),
        "any open" => Stage::OPEN.to_vec(),
        "any" => Stage::ALL.to_vec(),
        named => named
            .split_whitespace()
            .map(|code| Stage::from_code(code).unwrap())
            .collect(),
    };
    table::print(kind)
        .lines()
        .map(|line| {
            let (left, right) = line.split_once("->").unwrap();
            let (from, action) = left.trim().rsplit_once(' ').unwrap();
            let right = right.replace(" (hazard: =)", "");
            let mut right = right.split_whitespace();
            let letters = right.nth(1).unwrap();
            Line {
                from: stages(from.trim()),
                action: Action::from_code(action).unwrap(),
                by: letters.chars().collect(),
            }
        })
        .collect()
}

/// Who is who, as the specification names the roles: this is the test's own reading of it.
fn letters(name: &str, kind: Kind, stage: Stage) -> &'static str {
    let given = matches!(
        stage,
        Stage::Dispatched | Stage::Handling | Stage::Suspended | Stage::Verifying | Stage::Closed
    );
    let matched = kind == Kind::EmploymentMatch;
    let led = given && !matched;
    match name {
        "admin" => "PSYO",
        "clerk" | "clerk2" => "DP",
        "secretary" => "SY",
        "handler" if led => "H",
        "leader" if led => "HL",
        "co" if led => "C",
        "verifier" => "V",
        "grid" => "G",
        "mediator" if led && kind == Kind::Mediation => "M",
        "head" if led => "L",
        "deputy" => "U",
        "officer" | "officer2" => "OD",
        "employer" if matched => "E",
        "reporter" if !matched => "R",
        "seeker" if matched => "J",
        "neighbour" => "N",
        "system" => "X",
        _ => "",
    }
}

async fn in_stage(hall: &Hall, kind: Kind, stage: Stage) -> Option<CaseId> {
    if kind == Kind::EmploymentMatch {
        return match_in(hall, stage).await;
    }
    let mediation = kind == Kind::Mediation;
    let id = match stage {
        Stage::Registered | Stage::Voided | Stage::Rejected | Stage::Withdrawn | Stage::Merged => {
            hall.report(kind).await.1
        }
        Stage::Accepted => {
            let (_, id) = hall.report(kind).await;
            hall.does("clerk", id, Action::Accept, json!({})).await;
            id
        }
        Stage::Dispatched => hall.dispatched(kind).await.1,
        Stage::Suspended if kind == Kind::Suggestion => return None,
        Stage::Handling | Stage::Suspended => hall.in_hand(kind).await.1,
        Stage::Verifying | Stage::Closed if mediation => {
            let (_, id) = hall.in_hand(kind).await;
            hall.does("mediator", id, Action::Invite, json!({})).await;
            if stage == Stage::Closed {
                hall.does("mediator", id, Action::Terminate, json!({}))
                    .await;
                return Some(id);
            }
            let other = json!({"party": hall.neighbour.to_string()});
            hall.does("mediator", id, Action::Consent, json!({})).await;
            hall.does("mediator", id, Action::Consent, other).await;
            hall.does("mediator", id, Action::AgreeOral, json!({}))
                .await;
            id
        }
        Stage::Verifying => hall.submitted(kind).await.1,
        Stage::Closed => hall.closed(kind).await.1,
    };
    match stage {
        Stage::Suspended => drop(hall.does("secretary", id, Action::Suspend, json!({})).await),
        Stage::Rejected => drop(hall.does("clerk", id, Action::Reject, json!({})).await),
        Stage::Withdrawn => drop(hall.does("reporter", id, Action::Withdraw, json!({})).await),
        Stage::Voided => drop(hall.does("secretary", id, Action::Void, json!({})).await),
        Stage::Merged => {
            let (target, _) = hall.report(kind).await;
            hall.does("clerk", id, Action::Merge, json!({"target": target}))
                .await;
        }
        _ => {}
    }
    Some(id)
}

async fn match_in(hall: &Hall, stage: Stage) -> Option<CaseId> {
    let market = &hall.market;
    let officer = async |id, action, change| drop(hall.does("officer", id, action, change).await);
    Some(match stage {
        Stage::Suspended => return None,
        Stage::Dispatched => market.referred().await.1,
        Stage::Handling => market.in_hand().await.1,
        Stage::Verifying => market.claimed().await.1,
        Stage::Closed => {
            let (_, id) = market.in_hand().await;
            officer(id, Action::NotSelected, json!({})).await;
            id
        }
        other => {
            let (_, id) = market.interest().await;
            match other {
                Stage::Accepted => officer(id, Action::Accept, json!({})).await,
                Stage::Rejected => officer(id, Action::Reject, json!({})).await,
                Stage::Withdrawn => officer(id, Action::Withdraw, json!({})).await,
                Stage::Voided => {
                    hall.does("secretary", id, Action::Void, json!({})).await;
                }
                Stage::Merged => {
                    let target = json!({"target": market.interest().await.0});
                    officer(id, Action::Merge, target).await;
                }
                _ => {}
            }
            id
        }
    })
}

/// What happens when somebody tries, undone again.
async fn rehearsed(
    hall: &Hall,
    id: CaseId,
    command: Command,
    by: Actor,
) -> Result<(), (u16, String)> {
    let (keys, office) = (hall.app().keys.clone(), hall.office());
    let tried = hall.app().db.write(move |tx| async move {
        commands::act_in(&tx, &keys, office, id, None, command, &by).await?;
        Err::<(), _>(AppError::conflict("undone"))
    });
    match tried.await.unwrap_err() {
        error if error.code() == Some("undone") => Ok(()),
        error => Err(refused(&error)),
    }
}

/// Guards that say «you are nobody here» or «not now, whoever you are».
const BY_THE_TABLE: &[&str] = &["part", "stage", "not_for_this_kind"];

async fn the_table_holds(kind: Kind) {
    let hall = Hall::open().await;
    let lines = lines(kind);
    let (mut wrong, mut taken, mut tried) = (Vec::new(), BTreeMap::new(), 0);
    for stage in Stage::ALL {
        let Some(id) = in_stage(&hall, kind, *stage).await else {
            continue;
        };
        let state = hall.state(id).await;
        assert_eq!(state.stage, *stage, "{kind}");
        let mut people: Vec<(&str, Actor)> = hall
            .names()
            .into_iter()
            .map(|name| (name, hall.actor(name)))
            .collect();
        if let (Kind::EmploymentMatch, Some(person)) = (kind, state.person) {
            people.push(("seeker", Actor::person(person, Channel::Qr)));
        }
        for action in Action::ALL {
            if Command::fields(kind, *action).is_none() {
                continue;
            }
            let here = lines
                .iter()
                .find(|line| line.action == *action && line.from.contains(stage));
            for (name, by) in &people {
                // A stage that does not know the action asks nobody who he is.
                if here.is_none() && !["admin", "reporter", "system"].contains(name) {
                    continue;
                }
                tried += 1;
                let body = hall.plain_body(kind, *action);
                let command = Command::parse(kind, *action, &body).unwrap();
                let said = rehearsed(&hall, id, command, *by).await;
                let allowed = here.is_some_and(|line| {
                    letters(name, kind, *stage)
                        .chars()
                        .any(|one| line.by.contains(&one))
                });
                let fits = match (&said, here, allowed) {
                    (Ok(()), _, true) => {
                        *taken.entry(*action).or_insert(0) += 1;
                        true
                    }
                    (Err((status, guard)), _, true) => {
                        matches!(status, 403 | 409 | 422) && !BY_THE_TABLE.contains(&guard.as_str())
                    }
                    (Err((403, guard)), Some(_), false) => guard == "part",
                    (Err((409, guard)), None, _) => BY_THE_TABLE[1..].contains(&guard.as_str()),
                    _ => false,
                };
                if !fits {
                    wrong.push(format!(
                        "{kind} {stage} {action} by {name} ({:?}): {said:?}",
                        by.who
                    ));
                }
            }
        }
        assert_eq!(
            hall.state(id).await.seq,
            state.seq,
            "rehearsals leave nothing behind"
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 500 && taken.len() > 12, "{tried} {taken:?}");
    hall.proved().await;
}

#[tokio::test]
async fn the_table_of_resident_requests_holds() {
    the_table_holds(Kind::ResidentRequest).await;
}

#[tokio::test]
async fn the_table_of_patrol_findings_holds() {
    the_table_holds(Kind::PatrolFinding).await;
}

#[tokio::test]
async fn the_table_of_mediation_holds() {
    the_table_holds(Kind::Mediation).await;
}

#[tokio::test]
async fn the_table_of_suggestions_holds() {
    the_table_holds(Kind::Suggestion).await;
}

#[tokio::test]
async fn the_table_of_the_mailbox_holds() {
    the_table_holds(Kind::Mailbox).await;
}

#[tokio::test]
async fn the_table_of_matches_holds() {
    the_table_holds(Kind::EmploymentMatch).await;
}

/// Behind a tracking key, the person of a case may do exactly this.
#[test]
fn the_reporter_has_nine_actions_and_no_more() {
    let mut own = BTreeSet::new();
    for kind in Kind::DESK {
        for line in lines(*kind).iter().filter(|line| line.by.contains(&'R')) {
            own.insert(line.action.code());
        }
    }
    let expected = [
        "appeal",
        "callback",
        "escalate",
        "opinion",
        "reopen",
        "report",
        "retire_into",
        "update",
        "withdraw",
    ];
    assert_eq!(own.into_iter().collect::<Vec<_>>(), expected);
}
