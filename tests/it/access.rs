//! Tries every door in the building with every key there is.
use crate::harness::{Client, TestApp};
use axum::{body::Body, http::Method};
use nightfair::{account::Audience, domain::role::Role, server};
use sea_orm::Iterable;

/// A door's path with something in every hole.
fn a_path(pattern: &str) -> String {
    pattern
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// Whether the door itself refused: anything behind it may still say no with its own code.
async fn is_shut(client: &Client, method: &Method, path: &str) -> bool {
    let request = client
        .request(method.clone(), path)
        .header("accept", "application/json");
    let reply = client.send(request.body(Body::empty()).unwrap()).await;
    match reply.status.as_u16() {
        401 | 403 => matches!(reply.code().as_str(), "sign_in" | "forbidden"),
        status => {
            assert!(status < 500, "{method} {path}: {status}");
            false
        }
    }
}

#[tokio::test]
async fn every_door_opens_only_to_its_audience() {
    let app = TestApp::start().await;
    let mut keys = vec![(None, app.visitor())];
    for role in Role::iter() {
        keys.push((Some(role), app.role(role).await));
    }
    let mut wrong = Vec::new();
    for door in server::routes().table() {
        if door.path == "/sign-out" {
            continue;
        }
        for (role, client) in &keys {
            let admitted = match door.audience {
                Audience::Anyone => true,
                Audience::SignedIn => role.is_some(),
                Audience::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
            };
            let shut = is_shut(client, &door.method, &a_path(&door.path)).await;
            if shut && admitted && matches!(door.audience, Audience::Anyone) {
                wrong.push(format!("{} {} shut for {role:?}", door.method, door.path));
            }
            if !shut && !admitted {
                wrong.push(format!("{} {} open for {role:?}", door.method, door.path));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
