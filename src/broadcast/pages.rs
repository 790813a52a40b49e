//! What the templates of this capability get.
use crate::platform::{form::Form, page::Page};
use serde::Serialize;
use serde_json::Value;

/// A choice in a form.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// The fair above.
#[derive(Clone, Debug, Serialize)]
pub struct FairLine {
    pub slug: String,
    pub title: String,
}

/// A stream as a line.
#[derive(Clone, Debug, Serialize)]
pub struct StreamLine {
    pub id: String,
    pub title: String,
    pub host: String,
    pub platforms: Vec<String>,
    pub starts_at: String,
    pub ends_at: String,
    /// planned, live or ended
    pub state: &'static str,
    pub views: i64,
    pub registrations: i64,
    pub postings: usize,
}

/// The newest count of one platform.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformLine {
    pub platform: String,
    pub views: i64,
    pub at: String,
}

/// One noted count.
#[derive(Clone, Debug, Serialize)]
pub struct CountLine {
    pub platform: String,
    pub views: i64,
    pub at: String,
    pub link: String,
    pub picture: Option<String>,
    pub correction: Option<String>,
}

/// A posting presented at a minute.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    pub posting: String,
    pub title: String,
    pub minute: i32,
}

/// 直播带岗: the sessions of a fair.
#[derive(Serialize)]
pub struct StreamsPage {
    pub fair: FairLine,
    pub streams: Vec<StreamLine>,
    pub total: i64,
    pub registrations: i64,
    pub may_write: bool,
}

/// 直播场次表单
#[derive(Serialize)]
pub struct StreamFormPage {
    pub fair: FairLine,
    pub form: Form,
    pub platforms: Vec<Choice>,
    pub action: String,
    pub version: Option<i64>,
    pub fault: Option<String>,
}

/// 直播场次: one, with its counts and postings.
#[derive(Serialize)]
pub struct StreamPage {
    pub fair: FairLine,
    pub stream: StreamLine,
    pub url: String,
    pub code: String,
    pub register_url: String,
    pub platforms: Vec<Choice>,
    pub sums: Vec<PlatformLine>,
    pub counts: Vec<CountLine>,
    pub marks: Vec<Mark>,
    pub postings: Vec<Choice>,
    pub count_form: Form,
    pub mark_form: Form,
    pub may_write: bool,
    pub fault: Option<String>,
    pub flash: Option<Value>,
}

fn fair() -> FairLine {
    FairLine {
        slug: "starlight".into(),
        title: "星光招聘夜市".into(),
    }
}

fn stream(state: &'static str) -> StreamLine {
    StreamLine {
        id: "3".into(),
        title: "星光夜市直播间".into(),
        host: "零工市场主播小林".into(),
        platforms: vec!["抖音".into(), "微信视频号".into()],
        starts_at: "2026-07-19T11:00:00Z".into(),
        ends_at: "2026-07-19T13:00:00Z".into(),
        state,
        views: 4126,
        registrations: 37,
        postings: 12,
    }
}

fn platforms() -> Vec<Choice> {
    vec![Choice {
        value: "douyin".into(),
        label: "抖音".into(),
    }]
}

impl Page for StreamsPage {
    const TEMPLATE: &'static str = "broadcast/streams.html";

    fn samples() -> Vec<Self> {
        let page = |streams: Vec<StreamLine>, may_write| Self {
            fair: fair(),
            total: streams.iter().map(|stream| stream.views).sum(),
            registrations: 37,
            streams,
            may_write,
        };
        vec![
            page(Vec::new(), true),
            page(
                vec![stream("live"), stream("planned"), stream("ended")],
                false,
            ),
        ]
    }
}

impl Page for StreamFormPage {
    const TEMPLATE: &'static str = "broadcast/form.html";

    fn samples() -> Vec<Self> {
        let page = |version| Self {
            fair: fair(),
            form: Form::blank(),
            platforms: platforms(),
            action: "/office/fairs/starlight/streams/new".into(),
            version,
            fault: None,
        };
        vec![page(None), page(Some(2))]
    }
}

impl Page for StreamPage {
    const TEMPLATE: &'static str = "broadcast/stream.html";

    fn samples() -> Vec<Self> {
        let page = |full: bool| Self {
            fair: fair(),
            stream: stream(if full { "live" } else { "planned" }),
            url: "https://live.example.test/1".into(),
            code: "7K3M9QX2".into(),
            register_url: "https://fair.example.test/f/starlight/register?s=7K3M9QX2".into(),
            platforms: platforms(),
            sums: Vec::new(),
            counts: Vec::new(),
            marks: Vec::new(),
            postings: platforms(),
            count_form: Form::blank(),
            mark_form: Form::blank(),
            may_write: full,
            fault: full.then(|| "请改正".into()),
            flash: None,
        };
        let count = |link: &str, picture: Option<&str>| CountLine {
            platform: "抖音".into(),
            views: 2650,
            at: "2026-07-19T12:00:00Z".into(),
            link: link.into(),
            picture: picture.map(str::to_owned),
            correction: picture.map(|_| "看错一位".into()),
        };
        let mut full = page(true);
        full.sums = vec![PlatformLine {
            platform: "抖音".into(),
            views: 2650,
            at: "2026-07-19T12:00:00Z".into(),
        }];
        full.counts = vec![
            count("https://live.example.test/1", None),
            count("", Some("/x")),
        ];
        full.marks = vec![Mark {
            posting: "31".into(),
            title: "电气设计师".into(),
            minute: 12,
        }];
        vec![full, page(false)]
    }
}
