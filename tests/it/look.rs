//! The design keeps its promises: contrast of every pair of colours in use, one set of words for
//! every macro, markup that a screen reader can follow, style sheets old phones understand.
use minijinja::{Value, context};
use nightfair::platform::{page, qr, sign::Sign, summary, text::Lang};
use scraper::{Html, Selector};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

type Tokens = BTreeMap<String, String>;

/// The blocks of tokens.css: always, by day, by night, by night when the phone says so.
fn tokens() -> [Tokens; 4] {
    let css = fs::read_to_string("static/css/tokens.css").unwrap();
    let blocks: Vec<Tokens> = css
        .split('{')
        .skip(1)
        .map(|block| block.split('}').next().unwrap_or_default())
        .filter(|block| block.contains("--"))
        .map(|block| {
            block
                .split(';')
                .filter_map(|line| line.split_once("--")?.1.split_once(':'))
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .collect()
        })
        .collect();
    [
        blocks[0].clone(),
        blocks[1].clone(),
        blocks[2].clone(),
        blocks[3].clone(),
    ]
}

/// Relative luminance as WCAG 2 has it.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Text and what it stands on.
const TEXT: &[(&str, &[&str])] = &[
    (
        "text",
        &[
            "bg", "surface", "raised", "hover", "info-bg", "ok-bg", "warn-bg", "bad-bg", "calm-bg",
        ],
    ),
    ("muted", &["bg", "surface", "raised", "hover", "calm-bg"]),
    ("accent", &["bg", "surface", "raised", "hover"]),
    ("link", &["bg", "surface", "raised", "hover"]),
    ("ok", &["surface", "ok-bg", "hover"]),
    ("warn", &["surface", "warn-bg", "hover"]),
    ("bad", &["bg", "surface", "bad-bg", "hover"]),
    ("info", &["info-bg"]),
    ("calm", &["calm-bg"]),
    ("on-accent", &["accent", "accent-press"]),
    ("on-bad", &["bad"]),
    ("surface", &["ok"]),
];

/// Edges and drawings that carry meaning, and what they stand on.
const EDGES: &[(&str, &[&str])] = &[
    ("edge", &["bg", "surface", "raised"]),
    ("accent", &["surface"]),
    ("focus", &["bg", "surface", "raised"]),
    ("bad", &["surface"]),
    ("bar", &["surface", "track"]),
    ("bar-2", &["surface", "track"]),
    ("bar-3", &["surface", "track"]),
    ("bar-4", &["surface", "track"]),
];

#[test]
fn colours_can_be_read_by_day_and_by_night() {
    let [_, day, night, _] = tokens();
    let mut weak = Vec::new();
    for (theme, colours) in [("day", &day), ("night", &night)] {
        for (pairs, least) in [(TEXT, 4.5), (EDGES, 3.0)] {
            for (front, backs) in pairs {
                for back in *backs {
                    let found = contrast(&colours[*front], &colours[*back]);
                    if found < least {
                        weak.push(format!("{theme}: {front} on {back} {found:.2} < {least}"));
                    }
                }
            }
        }
    }
    assert!(weak.is_empty(), "{weak:#?}");
}

#[test]
fn the_sky_and_the_verdicts_can_be_read() {
    let [always, ..] = tokens();
    let on = |front: &str, back: &str| contrast(&always[front], &always[back]);
    for sky in ["sky-1", "sky-2", "sky-3"] {
        assert!(on("sky-text", sky) >= 7.0, "{sky}");
        assert!(on("sky-muted", sky) >= 4.5, "{sky}");
        assert!(on("lantern", sky) >= 4.5, "{sky}");
    }
    for verdict in ["go", "again", "stop"] {
        assert!(on("verdict-text", verdict) >= 6.0, "{verdict}");
    }
}

#[test]
fn night_by_choice_and_night_by_the_phone_are_the_same_night() {
    let [_, day, night, auto] = tokens();
    assert_eq!(night, auto);
    assert_eq!(
        day.keys().collect::<Vec<_>>(),
        night.keys().collect::<Vec<_>>()
    );
}

#[test]
fn style_sheets_stay_with_what_old_phones_know() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir("static/css").unwrap() {
        let path = entry.unwrap().path();
        let css = fs::read_to_string(&path).unwrap();
        for new in [
            "light-dark(",
            "color-mix(",
            "oklch(",
            ":has(",
            "@layer",
            "@container",
            "&",
            "@import",
        ] {
            let used = css.lines().any(|line| {
                !line.trim_start().starts_with("/*") && !line.contains("(no ") && line.contains(new)
            });
            if used && path.extension().is_some_and(|e| e == "css") {
                wrong.push(format!("{}: {new}", path.display()));
            }
        }
        let (open, shut) = (css.matches('{').count(), css.matches('}').count());
        assert_eq!(open, shut, "{}", path.display());
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_a_phone_loads_for_a_page_is_small() {
    let env = page::environment(&Sign::named("星光街道办事处"));
    for bundle in ["seeker", "map"] {
        let css = env
            .render_str("{{ inline_css(name) }}", context! { name => bundle })
            .unwrap();
        assert!(css.starts_with("<style>") && css.contains("--accent"));
        assert!(css.len() < 32 << 10, "{bundle}: {} bytes", css.len());
    }
}

const GALLERY: &str = include_str!("look/gallery.html");

fn gallery(lang: &str, layout: &str) -> Html {
    let mut env = page::environment(&Sign::named("星光街道办事处"));
    env.add_function("qr_of", |text: &str| {
        Value::from_safe_string(qr::svg(text).unwrap_or_default())
    });
    let floor = |x: u32| {
        context! { width => 358, height => 120, rows => [context! { label => "A", x => 40, y => 16 }], booths => [
            context! { label => "A01", name => "陇上云仓物流", x, y => 22, w => 86, h => 58, state => "taken", title => "A01 <b>", heat => 4, detail => "27 人" },
            context! { label => "A02", x => x + 90, y => 22, w => 86, h => 58, state => "free", title => "A02", href => "/b/2" },
            context! { label => "A03", x => x + 180, y => 22, w => 86, h => 98, state => "held", title => "A03", href => "/b/3", mine => true },
        ], marks => [context! { label => "签到", x => 0, y => 90, w => 80, h => 30, kind => "gate" }] }
    };
    let form = context! {
        values => context! { name => "<script>", phone => "138", size => "m" },
        chosen => context! { groups => ["graduate"] },
        errors => context! { phone => "手机号应为 11 位数字", groups => "请选择" },
        faults => [["phone", "手机号应为 11 位数字"], ["groups", "请选择"], ["", "已经截止"]],
        once => "o",
    };
    let page = env
        .template_from_named_str("gallery.html", GALLERY)
        .and_then(|gallery| gallery.render_captured(
            context! {
                lang, layout, form, theme => "auto", size => "m", path => "/x?a=1&b=\"",
                me => (layout == "_layout.html").then(|| context! { name => "王晓梅", role => "office_admin", home => "/office" }),
                flash => context! { tone => "ok", text => "已保存" }, plan => floor(0),
            },
        ))
        .unwrap_or_else(|e| panic!("{layout}: {e:#}"));
    Html::parse_document(&summary::fill(page, Lang::from_tag(lang).unwrap()))
}

const LAYOUTS: [&str; 5] = [
    "_layout.html",
    "_seeker.html",
    "_screen.html",
    "_gate.html",
    "_print.html",
];

fn all<'a>(html: &'a Html, css: &str) -> Vec<scraper::ElementRef<'a>> {
    html.select(&Selector::parse(css).unwrap()).collect()
}

#[test]
fn every_macro_renders_in_every_layout_and_both_languages() {
    for layout in LAYOUTS {
        for lang in ["zh-CN", "en"] {
            let html = gallery(lang, layout);
            assert_eq!(all(&html, "h1").len(), 1, "{layout}");
            assert_eq!(all(&html, "main").len(), 1, "{layout}");
            assert_eq!(all(&html, &format!("html[lang={lang}]")).len(), 1);
        }
    }
}

#[test]
fn markup_leads_from_label_to_field_and_from_fault_to_field() {
    let html = gallery("zh-CN", "_layout.html");
    let ids: Vec<_> = all(&html, "[id]")
        .iter()
        .filter_map(|e| e.attr("id"))
        .collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "an id stands twice: {ids:?}");
    for (css, attribute) in [
        ("label[for]", "for"),
        ("[aria-describedby]", "aria-describedby"),
        ("[aria-labelledby]", "aria-labelledby"),
    ] {
        for element in all(&html, css) {
            for id in element.attr(attribute).unwrap().split_whitespace() {
                assert!(known.contains(id), "{attribute} names {id}");
            }
        }
    }
    for link in all(&html, ".summary a") {
        assert!(known.contains(link.attr("href").unwrap().trim_start_matches('#')));
    }
    let named: Vec<String> = all(&html, ".summary li")
        .iter()
        .map(|li| li.text().collect())
        .collect();
    assert_eq!(
        named,
        ["Phone：手机号应为 11 位数字", "Groups：请选择", "已经截止"]
    );
    for field in all(&html, "input:not([type=hidden]), select, textarea") {
        let id = field.attr("id").unwrap();
        let labelled = all(&html, &format!("label[for='{id}']")).len() == 1
            || field
                .ancestors()
                .any(|a| a.value().as_element().is_some_and(|e| e.name() == "label"));
        assert!(labelled, "{id} has no label");
    }
}

#[test]
fn what_was_typed_comes_back_as_text_and_faults_are_marked() {
    let html = gallery("zh-CN", "_layout.html");
    let value = |id: &str| {
        all(&html, &format!("#{id}"))[0]
            .attr("value")
            .map(str::to_owned)
    };
    assert_eq!(value("f-name").as_deref(), Some("<script>"));
    assert_eq!(all(&html, "script").len(), 0);
    let invalid: Vec<_> = all(&html, "input[aria-invalid=true]")
        .iter()
        .filter_map(|e| e.attr("name"))
        .collect();
    assert_eq!(invalid, ["phone"]);
    let checked: Vec<_> = all(&html, "input[checked]")
        .iter()
        .filter_map(|e| e.attr("value"))
        .collect();
    assert_eq!(checked, ["m", "graduate"]);
}

/// The content security policy refuses both.
#[test]
fn no_style_attribute_and_no_inline_handler() {
    for layout in LAYOUTS {
        let html = gallery("en", layout);
        for element in html.root_element().descendent_elements() {
            for (name, value) in element.value().attrs() {
                assert!(
                    name != "style" && !name.starts_with("on"),
                    "{layout}: {name}={value}"
                );
            }
        }
    }
}
