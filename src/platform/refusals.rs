//! What any call of the API may be refused with, said in its description beside what is particular
//! to it; and that all of it comes as RFC 9457 has it.
use utoipa::openapi::{
    Content, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, ParameterIn},
};

const PROBLEM: &str = "application/problem+json";

/// Completes the description; `public` says of a method and a path whether anybody may call it.
pub fn describe(document: &mut OpenApi, public: impl Fn(&str, &str) -> bool) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            ("GET", &mut item.get),
            ("PUT", &mut item.put),
            ("POST", &mut item.post),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ] {
            if let Some(operation) = operation {
                complete(operation, method, path, public(method, path));
            }
        }
    }
}

fn complete(operation: &mut Operation, method: &str, path: &str, public: bool) {
    for (status, why) in refusals(operation, method, path, public) {
        let known = operation.responses.responses.entry(status.to_owned());
        known.or_insert_with(|| RefOr::T(refusal(why)));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            let said = std::mem::take(&mut response.content);
            let content = said.into_values().next().unwrap_or_else(problem);
            response.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

fn refusals(
    operation: &Operation,
    method: &str,
    path: &str,
    public: bool,
) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        (
            "400",
            "The address, a header or the document cannot be read",
        ),
        (
            "503",
            "The database is away or the disk is full; Retry-After says when to come again",
        ),
    ];
    if public {
        all.push(("401", "A token was sent along that is none"));
    } else {
        all.push(("401", "Nobody is signed in"));
    }
    if !public || method != "GET" {
        all.push(("403", "Not for this role, or sent by another site"));
    }
    if path.contains('{') {
        all.push(("404", "There is no such thing, or it is not yours"));
    }
    if has_queries(operation) {
        all.push(("422", "A parameter has a value that it cannot have"));
    }
    if operation.request_body.is_some() {
        all.extend([
            ("408", "The document did not come in time"),
            ("409", "The same key is being worked on"),
            ("413", "The document is too large"),
            ("415", "The document is of another type"),
            ("422", "The document is not as described; errors say where"),
        ]);
    }
    all
}

fn has_queries(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    })
}

fn refusal(why: &str) -> Response {
    ResponseBuilder::new().description(why).build()
}

fn problem() -> RefOr<Content> {
    let schema = Ref::from_schema_name("ProblemDocument");
    RefOr::T(ContentBuilder::new().schema(Some(schema)).build())
}
