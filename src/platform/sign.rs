//! The sign at the door: what every page says about the office. It changes while the program runs,
//! so templates look it up each time.
use crate::domain::office::{Office, Site};
use minijinja::value::{Enumerator, Object, Value};
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Clone, Debug)]
pub struct Sign(Arc<RwLock<Arc<Office>>>);

/// What templates may ask as `office.NAME`.
const NAMES: &[&str] = &["name", "host", "phone", "record", "site_code"];

impl Sign {
    pub fn new(office: Office) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(office))))
    }

    /// A sign that only has a name, for pages outside a running program.
    pub fn named(name: &str) -> Self {
        Self::new(Office {
            name: name.to_owned(),
            prefix: String::new(),
            site: Site::default(),
        })
    }

    pub fn get(&self) -> Arc<Office> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Every page from now on says so.
    pub fn set(&self, office: Office) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(office);
    }
}

impl Object for Sign {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let office = self.get();
        let Office { name, site, .. } = &*office;
        Some(match key.as_str()? {
            "name" => name.into(),
            "host" if site.host.is_empty() => name.into(),
            "host" => (&site.host).into(),
            "phone" => (&site.phone).into(),
            "site_code" => (&site.site_code).into(),
            "record" => record(site).into(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(NAMES)
    }
}

fn record(site: &Site) -> String {
    let numbers = [&site.icp, &site.police];
    let numbers: Vec<&str> = numbers
        .into_iter()
        .map(String::as_str)
        .filter(|number| !number.is_empty())
        .collect();
    numbers.join(" · ")
}
