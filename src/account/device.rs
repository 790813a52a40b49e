//! What a browser is, in two words: names of products need no translation. And whether it keeps the
//! list of a gate.
use crate::platform::Settings;
use axum_extra::extract::cookie::{Cookie, SameSite};

/// Says to the scripts of the gate that the list on this device may be used. It goes with the
/// session: whoever signed out finds no list, also without a network.
pub fn list_mark(settings: &Settings) -> Cookie<'static> {
    // The list has an end of its own.
    Cookie::build(("gate-list", "1"))
        .path("/")
        .secure(settings.secure())
        .same_site(SameSite::Strict)
        .permanent()
        .build()
}

/// Browser and system of a `User-Agent`, such as `Chrome · Windows`.
pub fn words(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = first(&[
        ("MicroMessenger", "WeChat"),
        ("DingTalk", "DingTalk"),
        ("Edg", "Edge"),
        ("QQBrowser", "QQ Browser"),
        ("HuaweiBrowser", "Huawei Browser"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("HarmonyOS", "HarmonyOS"),
        ("OpenHarmony", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_two_words() {
        let wechat = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/107 Mobile \
                      Safari/537.36 MicroMessenger/8.0.40";
        assert_eq!(words(wechat), "WeChat · Android");
        let edge = "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(words(edge), "Edge · Windows");
        assert_eq!(words("curl/8.5"), "curl/8.5");
    }
}
