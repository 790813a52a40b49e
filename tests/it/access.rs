//! Tries every door in the building with every key there is.
use crate::harness::{Client, TestApp};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use nightfair::{
    account::{Actor, Audience, Shut},
    domain::{id::AccountId, role::Role},
    server,
};
use sea_orm::Iterable;
use std::{collections::BTreeSet, process::Command, time::Duration};
use tower::ServiceExt;

/// A door's path with something in every hole.
fn a_path(pattern: &str) -> String {
    pattern
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn admitted(audience: Audience, role: Option<Role>) -> bool {
    match audience {
        Audience::Anyone => true,
        Audience::SignedIn => role.is_some(),
        Audience::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
    }
}

/// Whether the door itself refused; a handler behind it may still say no.
async fn is_shut(doors: &Router, actor: Option<Actor>, method: &Method, path: &str) -> bool {
    let mut request = Request::builder()
        .method(method.clone())
        .uri(path)
        .body(Body::empty())
        .unwrap();
    if let Some(actor) = actor {
        request.extensions_mut().insert(actor);
    }
    let asked = doors.clone().oneshot(request);
    let Ok(reply) = tokio::time::timeout(Duration::from_secs(5), asked).await else {
        panic!("{method} {path} does not answer");
    };
    reply.unwrap().extensions().get::<Shut>().is_some()
}

#[tokio::test]
async fn every_door_is_shut_exactly_for_those_outside_its_audience() {
    let app = TestApp::start().await;
    let routes = server::routes();
    let table = routes.table().to_vec();
    let doors = routes.into_parts().0.with_state(app.app.clone());
    let actor = |role| Actor {
        account: AccountId(0),
        office: app.app.settings.office,
        unit: None,
        employer: None,
        role,
        leader: false,
        name: String::new(),
    };
    let keys: Vec<Option<Role>> = Role::iter().map(Some).chain([None]).collect();
    let mut wrong = Vec::new();
    for door in &table {
        for role in &keys {
            let path = a_path(&door.path);
            let shut = is_shut(&doors, role.map(actor), &door.method, &path).await;
            if shut == admitted(door.audience, *role) {
                let state = if shut { "shut" } else { "open" };
                wrong.push(format!(
                    "{} {} {state} for {role:?}",
                    door.method, door.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Doors that end the session of whoever goes through: what lies behind the next door could not be
/// told from having no key. Session 1 and account 1 are the first key's own.
const WAYS_OUT: [&str; 3] = [
    "/sign-out",
    "/account/sessions/{session}/end",
    "/office/accounts/{account}/reset",
];

#[tokio::test]
async fn the_whole_building_answers_everybody_without_falling_over() {
    let app = TestApp::start().await;
    let mut keys: Vec<(Option<Role>, Client)> = vec![(None, app.visitor())];
    for role in Role::iter() {
        keys.push((Some(role), app.role(role).await));
    }
    for door in server::routes().table() {
        if WAYS_OUT.contains(&door.path.as_str()) {
            continue;
        }
        for (role, client) in &keys {
            let request = client
                .request(door.method.clone(), &a_path(&door.path))
                .header("accept", "application/json");
            let reply = client.send(request.body(Body::empty()).unwrap()).await;
            let status = reply.status;
            let named = format!("{} {} for {role:?}: {status}", door.method, door.path);
            assert!(!status.is_server_error(), "{named}");
            if !admitted(door.audience, *role) {
                let expected = if role.is_none() {
                    StatusCode::UNAUTHORIZED
                } else {
                    StatusCode::FORBIDDEN
                };
                assert_eq!(status, expected, "{named}");
            }
        }
    }
}

#[test]
fn no_door_stands_in_the_table_twice_and_every_call_of_the_document_has_one() {
    let routes = server::routes();
    let mut doors = BTreeSet::new();
    for door in routes.table() {
        let name = format!("{} {}", door.method, door.path);
        assert!(doors.insert(name.clone()), "{name} stands twice");
    }
    for (path, item) in &server::document().paths.paths {
        for (method, operation) in [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ] {
            let name = format!("{method} {path}");
            assert!(operation.is_none() || doors.contains(&name), "{name}");
        }
    }
}

#[test]
fn the_program_prints_every_door_with_its_audience() {
    let printed = Command::new(env!("CARGO_BIN_EXE_nightfair"))
        .arg("routes")
        .output()
        .unwrap();
    assert!(printed.status.success());
    let printed = String::from_utf8(printed.stdout).unwrap();
    let routes = server::routes();
    assert_eq!(printed.lines().count(), routes.table().len());
    let settings = printed
        .lines()
        .find(|line| line.starts_with("/office/settings ") && line.contains(" GET "));
    assert!(settings.unwrap().ends_with("office_admin"));
    for door in routes.table() {
        assert!(printed.contains(&door.path), "{}", door.path);
    }
}
