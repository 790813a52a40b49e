//! Routes that each name their audience. The table they leave behind is tested door by door.
use crate::{
    domain::{
        id::{AccountId, EmployerId, OfficeId, UnitId},
        role::Role,
    },
    error::{AppError, AppResult},
    platform::App,
};
use axum::{
    Router,
    extract::{FromRequestParts, OptionalFromRequestParts, Request},
    handler::Handler,
    http::{Method, StatusCode, request::Parts},
    middleware::{self, Next},
    response::IntoResponse,
    routing::{self, MethodRouter},
};
use std::convert::Infallible;
use utoipa::openapi::{OpenApi, PathItem};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Who may open a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Anyone,
    SignedIn,
    Roles(&'static [Role]),
}

/// In the extensions of an answer that a door gave, not a handler.
#[derive(Clone, Copy, Debug)]
pub struct Shut;

/// In the extensions of a request whose session may do nothing but change its password.
#[derive(Clone, Copy, Debug)]
pub struct MustChange;

/// The person behind a request.
#[derive(Clone, Debug)]
pub struct Actor {
    pub account: AccountId,
    pub office: OfficeId,
    pub unit: Option<UnitId>,
    /// Set for the role employer.
    pub employer: Option<EmployerId>,
    pub role: Role,
    /// Leads its unit.
    pub leader: bool,
    pub name: String,
}

impl Actor {
    pub fn is(&self, roles: &[Role]) -> bool {
        roles.contains(&self.role)
    }

    /// # Errors
    /// 403 when the actor does not act for an employer.
    pub fn employer(&self) -> AppResult<EmployerId> {
        self.employer.ok_or_else(AppError::forbidden)
    }
}

impl Audience {
    /// # Errors
    /// 401 when nobody is signed in, 403 when the wrong person is.
    pub fn admit(self, actor: Option<&Actor>) -> AppResult<()> {
        match (self, actor) {
            (Self::Anyone, _) | (Self::SignedIn, Some(_)) => Ok(()),
            (Self::Roles(roles), Some(actor)) if actor.is(roles) => Ok(()),
            (_, None) => Err(AppError::sign_in()),
            (_, Some(_)) => Err(AppError::forbidden()),
        }
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> AppResult<Self> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(AppError::sign_in)
    }
}

impl OptionalFromRequestParts<App> for Actor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

/// One line of the door table.
#[derive(Clone, Debug)]
pub struct Entry {
    pub method: Method,
    pub path: String,
    pub audience: Audience,
}

/// Routes with their audiences, and the description of those that are API calls.
pub struct Routes {
    router: OpenApiRouter<App>,
    table: Vec<Entry>,
}

impl Routes {
    pub fn new() -> Self {
        Self {
            router: OpenApiRouter::new(),
            table: Vec::new(),
        }
    }

    pub fn get<H: Handler<T, App>, T: 'static>(
        self,
        audience: Audience,
        path: &str,
        handler: H,
    ) -> Self {
        self.add(Method::GET, audience, path, routing::get(handler))
    }

    pub fn post<H: Handler<T, App>, T: 'static>(
        self,
        audience: Audience,
        path: &str,
        handler: H,
    ) -> Self {
        self.add(Method::POST, audience, path, routing::post(handler))
    }

    /// An API call: path and method come from the handler's `#[utoipa::path]`.
    pub fn api(mut self, audience: Audience, route: UtoipaMethodRouter<App>) -> Self {
        let (schemas, paths, handlers) = route;
        for (path, item) in &paths.paths {
            for method in methods(item) {
                self.table.push(Entry {
                    method,
                    path: path.clone(),
                    audience,
                });
            }
        }
        self.router = self
            .router
            .routes((schemas, paths, guard(audience, handlers)));
        self
    }

    fn add(
        mut self,
        method: Method,
        audience: Audience,
        path: &str,
        handlers: MethodRouter<App>,
    ) -> Self {
        self.router = self.router.route(path, guard(audience, handlers));
        self.table.push(Entry {
            method,
            path: path.to_owned(),
            audience,
        });
        self
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    pub fn table(&self) -> &[Entry] {
        &self.table
    }

    pub fn into_parts(self) -> (Router<App>, OpenApi) {
        self.router.split_for_parts()
    }
}

fn guard(audience: Audience, handlers: MethodRouter<App>) -> MethodRouter<App> {
    handlers.route_layer(middleware::from_fn(
        move |request: Request, next: Next| async move {
            let asked = request.extensions();
            let refused = match audience.admit(asked.get()) {
                Ok(()) => return next.run(request).await,
                Err(_) if asked.get::<MustChange>().is_some() => {
                    AppError::new(StatusCode::FORBIDDEN, "password_change_needed")
                }
                Err(refused) => refused,
            };
            let mut answer = refused.into_response();
            answer.extensions_mut().insert(Shut);
            answer
        },
    ))
}

fn methods(item: &PathItem) -> impl Iterator<Item = Method> {
    [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ]
    .into_iter()
    .filter(|(_, operation)| operation.is_some())
    .map(|(method, _)| method)
}
