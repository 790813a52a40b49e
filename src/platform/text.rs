//! Every word people read, by key and language: `t("key", name=value)` in templates.
use std::{collections::BTreeMap, sync::LazyLock};

/// 语言: what a page is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// As in `<html lang>`, and the folder of its catalogues.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.split(['-', '_']).next() {
            Some("zh") => Some(Self::Zh),
            Some("en") => Some(Self::En),
            _ => None,
        }
    }

    /// The language an `Accept-Language` header prefers; Chinese when it names neither.
    pub fn accepted(header: &str) -> Self {
        let mut best = (Self::Zh, 0.0);
        for part in header.split(',') {
            let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
            let quality = quality.trim().parse::<f32>().unwrap_or(0.0);
            if let Some(lang) = Self::from_tag(tag)
                && quality > best.1
            {
                best = (lang, quality);
            }
        }
        best.0
    }
}

type Catalogue = BTreeMap<String, String>;

#[derive(rust_embed::RustEmbed)]
#[folder = "templates/text/"]
struct Files;

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| Lang::ALL.map(load));

/// All files of a language as one catalogue. A file that is not JSON is left out: the test of the
/// catalogues finds it.
fn load(lang: Lang) -> Catalogue {
    Files::iter()
        .filter(|name| name.starts_with(lang.tag()))
        .filter_map(|name| Files::get(&name))
        .filter_map(|file| serde_json::from_slice::<Catalogue>(&file.data).ok())
        .flatten()
        .collect()
}

pub fn catalogue(lang: Lang) -> &'static Catalogue {
    match lang {
        Lang::Zh => &CATALOGUES[0],
        Lang::En => &CATALOGUES[1],
    }
}

/// The text of a key with its `{holes}` filled, or `None` when no catalogue has it.
pub fn find<V: AsRef<str>>(lang: Lang, key: &str, holes: &[(&str, V)]) -> Option<String> {
    let text = catalogue(lang).get(key)?.clone();
    Some(holes.iter().fold(text, |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value.as_ref())
    }))
}

/// Like [`find`], but shows the key itself rather than nothing.
pub fn say<V: AsRef<str>>(lang: Lang, key: &str, holes: &[(&str, V)]) -> String {
    find(lang, key, holes).unwrap_or_else(|| key.to_owned())
}
