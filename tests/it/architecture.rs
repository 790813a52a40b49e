//! Who may import whom. The tables below are the architecture; these tests keep them true.
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use syn::{
    ItemMod, ItemUse, UseTree,
    visit::{self, Visit},
};

/// From the bottom up: a module may use itself and those named beside it, which all stand above it
/// in this list, so there are no circles.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("entity", &["domain"]),
    ("error", &["domain"]),
    ("platform", &["domain", "entity", "error"]),
    ("account", BASE),
    ("help", AREA),
    ("area", AREA),
    ("person", AREA),
    ("rulebook", RULEBOOK),
    ("case", CASE),
    ("desk", DESK),
    ("employer", AREA),
    ("posting", POSTING),
    ("fair", FAIR),
    ("seeker", SEEKER),
    ("broadcast", BROADCAST),
    (
        "intake",
        &[
            "domain", "entity", "error", "platform", "account", "area", "case", "desk", "person",
            "rulebook",
        ],
    ),
    (
        "notice",
        &[
            "domain", "entity", "error", "platform", "account", "area", "case", "desk", "intake",
            "person", "rulebook",
        ],
    ),
    ("queue", QUEUE),
    ("matching", MATCHING),
    (
        "tally",
        &["account", "domain", "entity", "error", "person", "platform"],
    ),
    (
        "office",
        &[
            "domain", "entity", "error", "platform", "account", "area", "case", "notice",
        ],
    ),
    (
        "oversight",
        &[
            "domain", "entity", "error", "platform", "account", "area", "case", "rulebook",
        ],
    ),
    ("config", &["domain"]),
    (
        "server",
        &[
            "account",
            "area",
            "desk",
            "employer",
            "fair",
            "help",
            "intake",
            "matching",
            "notice",
            "office",
            "oversight",
            "person",
            "seeker",
            "posting",
            "queue",
            "broadcast",
            "case",
            "rulebook",
            "tally",
            "config",
            "error",
            "platform",
        ],
    ),
    (
        "bench",
        &[
            "case", "config", "domain", "entity", "error", "person", "platform",
        ],
    ),
    (
        "demo",
        &[
            "domain",
            "entity",
            "error",
            "platform",
            "account",
            "area",
            "case",
            "desk",
            "employer",
            "fair",
            "intake",
            "person",
            "rulebook",
            "seeker",
            "posting",
            "broadcast",
            "queue",
            "matching",
        ],
    ),
    (
        "cli",
        &[
            "account",
            "bench",
            "case",
            "config",
            "demo",
            "domain",
            "error",
            "fair",
            "notice",
            "oversight",
            "person",
            "platform",
            "rulebook",
            "seeker",
            "server",
            "tally",
        ],
    ),
    ("main", &[]),
    ("lib", &[]),
];

/// What every capability may use.
const BASE: &[&str] = &["domain", "entity", "error", "platform"];

const FAIR: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "employer", "posting",
];

const AREA: &[&str] = &["domain", "entity", "error", "platform", "account"];

const RULEBOOK: &[&str] = &["domain", "entity", "error", "platform", "account", "area"];

const DESK: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "area", "rulebook",
];

const CASE: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "area", "person", "rulebook",
];

const SEEKER: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "area", "person",
];

const POSTING: &[&str] = &["domain", "entity", "error", "platform", "account"];

const BROADCAST: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "posting",
];

const MATCHING: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "case", "fair", "person", "seeker",
    "posting", "queue",
];

const QUEUE: &[&str] = &[
    "domain", "entity", "error", "platform", "account", "fair", "seeker",
];

/// Words that may not appear in files whose path starts so or ends so.
const NEVER: &[(&str, &[&str])] = &[
    (
        "src/domain/",
        &[
            "axum",
            "async fn",
            ".await",
            "Utc::now",
            "DatabaseConnection",
            "minijinja",
        ],
    ),
    ("src/entity/", &["axum", "async fn", "minijinja"]),
    ("/store.rs", &["axum", "minijinja"]),
    ("/commands.rs", &["axum", "minijinja", "sea_orm"]),
    ("/pages.rs", &["axum", "async fn", "sea_orm", "entity"]),
    ("/routes.rs", &["sea_orm", "WriteTx", ".write()"]),
];

#[test]
fn the_table_has_no_circles() {
    for (at, (module, uses)) in MAY_USE.iter().enumerate() {
        for used in *uses {
            assert!(
                MAY_USE[..at].iter().any(|(m, _)| m == used),
                "{module} uses {used}, which is not above it"
            );
        }
    }
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (file, text) in sources(Path::new("src")) {
        let module = top_module(&file);
        let Some((_, allowed)) = MAY_USE.iter().find(|(m, _)| *m == module) else {
            wrong.push(format!("{file}: {module} has no line in MAY_USE"));
            continue;
        };
        let mut used = Used::default();
        used.visit_file(&syn::parse_file(&text).unwrap());
        for other in used.0 {
            if other != module && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{file}: {module} may not use {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_kind_of_file_keeps_to_its_work() {
    let mut wrong = Vec::new();
    for (file, text) in sources(Path::new("src")) {
        let code: Vec<_> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        for (place, words) in NEVER
            .iter()
            .filter(|(place, _)| file.starts_with(place) || file.ends_with(place))
        {
            for word in words
                .iter()
                .filter(|word| code.iter().any(|line| line.contains(**word)))
            {
                wrong.push(format!("{file}: {place} may not mention {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The top modules of this crate that a file names, outside its tests.
#[derive(Default)]
struct Used(BTreeSet<String>);

impl Used {
    fn tree(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => drop(self.0.insert(path.ident.to_string())),
            UseTree::Name(name) => drop(self.0.insert(name.ident.to_string())),
            UseTree::Rename(name) => drop(self.0.insert(name.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item)),
            UseTree::Glob(_) => drop(self.0.insert("*".into())),
        }
    }
}

impl<'ast> Visit<'ast> for Used {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if let UseTree::Path(path) = &item.tree
            && path.ident == "crate"
        {
            self.tree(&path.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (Some(first), Some(second)) = (path.segments.get(0), path.segments.get(1))
            && first.ident == "crate"
        {
            self.0.insert(second.ident.to_string());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }
}

fn sources(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.insert(
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            );
        }
    }
    found
}

fn top_module(file: &str) -> String {
    let inside = file.strip_prefix("src/").unwrap();
    inside
        .split('/')
        .next()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

/// Names of the API's documents: what a struct or enum is called there, and where it stands.
#[derive(Default)]
struct Documents(Vec<String>);

impl Documents {
    fn note(&mut self, attributes: &[syn::Attribute], name: &syn::Ident) {
        let said = |attribute: &syn::Attribute| match &attribute.meta {
            syn::Meta::List(list) => list.tokens.to_string(),
            _ => String::new(),
        };
        let named = |attribute: &&syn::Attribute| attribute.path().is_ident("schema");
        let derived = |attribute: &syn::Attribute| {
            attribute.path().is_ident("derive") && said(attribute).contains("ToSchema")
        };
        if attributes.iter().any(derived) {
            let other = attributes.iter().filter(named).find_map(|attribute| {
                let other = said(attribute).strip_prefix("as = ")?.to_owned();
                Some(other.split(',').next()?.trim().to_owned())
            });
            self.0.push(other.unwrap_or_else(|| name.to_string()));
        }
    }
}

impl<'ast> Visit<'ast> for Documents {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.note(&item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.note(&item.attrs, &item.ident);
    }
}

/// Of two documents with one name, the description of the API would keep only one.
#[test]
fn no_two_documents_of_the_api_share_a_name() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in sources(Path::new("src")) {
        let mut documents = Documents::default();
        documents.visit_file(&syn::parse_file(&text).unwrap());
        for name in documents.0 {
            places.entry(name).or_default().push(file.clone());
        }
    }
    assert!(places.len() > 50);
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}
