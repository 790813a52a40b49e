//! 直播带岗: where an evening is on air and how many watched. View counts are cumulative, so they
//! only grow; a smaller count is a mistake or a correction.
use super::{fault::FieldFault, text::Line};
use chrono::{DateTime, Utc};
use sea_orm::{Iterable, entity::prelude::*};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 直播平台
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// 抖音
    Douyin,
    /// 快手
    Kuaishou,
    /// 微信视频号
    Channels,
    /// 哔哩哔哩
    Bilibili,
    /// 微博
    Weibo,
    /// 融媒体客户端
    MediaApp,
    /// 其他平台
    Other,
}

impl Platform {
    /// The stored and printed name; `stream_platform.<code>` is its text key.
    pub fn code(self) -> String {
        self.to_value()
    }
}

/// 网址: an address of the web that people may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAddress(String);

const MAX_ADDRESS: usize = 500;

impl WebAddress {
    /// `http` or `https`, a host, and nothing that could hide where it leads.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        let text = Line::required(raw, MAX_ADDRESS)?.into_string();
        let lower = text.to_ascii_lowercase();
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| lower.strip_prefix(scheme))
            .ok_or(FieldFault::Format)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':');
        let named = host.contains('.') && !host.starts_with('.') && host.chars().all(plain);
        let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`');
        if !named || text.chars().any(odd) {
            return Err(FieldFault::Format);
        }
        Ok(Self(text))
    }

    /// Blank counts as left out.
    pub fn optional(raw: &str) -> Result<Option<Self>, FieldFault> {
        match Line::optional(raw, MAX_ADDRESS)? {
            None => Ok(None),
            Some(_) => Self::parse(raw).map(Some),
        }
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// 观看数: what a platform showed at one moment, counted from the beginning of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewCount {
    pub platform: Platform,
    pub at: DateTime<Utc>,
    pub views: i64,
}

/// The most views one platform can have shown.
pub const MAX_VIEWS: i64 = 1_000_000_000;

/// The count that a new one contradicts: it stands before and is larger, or after and smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrinks(pub ViewCount);

/// Whether a new count goes with those known of the same platform. The order of `known` decides
/// between counts of the same moment: the later one corrects the earlier.
pub fn fits(known: &[ViewCount], new: &ViewCount) -> Result<(), Shrinks> {
    let same = || known.iter().filter(|count| count.platform == new.platform);
    let before = same().filter(|count| count.at <= new.at);
    if let Some(before) = before.max_by_key(|count| count.at)
        && before.views > new.views
    {
        return Err(Shrinks(*before));
    }
    let after = same().filter(|count| count.at > new.at);
    match after.min_by_key(|count| count.at) {
        Some(after) if after.views < new.views => Err(Shrinks(*after)),
        _ => Ok(()),
    }
}

/// The newest count of one platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlatformViews {
    pub platform: Platform,
    pub views: i64,
    pub at: DateTime<Utc>,
}

/// 各平台观看合计
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sums {
    pub platforms: Vec<PlatformViews>,
    pub total: i64,
}

/// The newest count of each platform, and their sum. Earlier counts are contained in later ones,
/// so they are never added.
pub fn sums(counts: &[ViewCount]) -> Sums {
    let newest = |platform| {
        counts
            .iter()
            .filter(|count| count.platform == platform)
            .max_by_key(|count| count.at)
    };
    let platforms: Vec<_> = Platform::iter()
        .filter_map(newest)
        .map(|count| PlatformViews {
            platform: count.platform,
            views: count.views,
            at: count.at,
        })
        .collect();
    let total = platforms.iter().map(|platform| platform.views).sum();
    Sums { platforms, total }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(platform: Platform, minute: i64, views: i64) -> ViewCount {
        ViewCount {
            platform,
            at: DateTime::from_timestamp(1_784_000_000 + 60 * minute, 0).unwrap(),
            views,
        }
    }

    #[test]
    fn the_newest_count_of_each_platform_is_added() {
        let counts = [
            count(Platform::Douyin, 10, 900),
            count(Platform::Kuaishou, 20, 1200),
            count(Platform::Douyin, 60, 2650),
            count(Platform::Douyin, 30, 1400),
        ];
        let sums = sums(&counts);
        assert_eq!(sums.total, 3850);
        assert_eq!(sums.platforms.len(), 2);
        assert_eq!(sums.platforms[0].views, 2650);
        assert_eq!(super::sums(&[]), Sums::default());
    }

    #[test]
    fn of_two_counts_of_one_moment_the_later_corrects() {
        let counts = [
            count(Platform::Douyin, 10, 9000),
            count(Platform::Douyin, 10, 900),
        ];
        assert_eq!(sums(&counts).total, 900);
        assert_eq!(fits(&counts, &count(Platform::Douyin, 11, 901)), Ok(()));
    }

    #[test]
    fn counts_do_not_shrink() {
        let known = [
            count(Platform::Douyin, 10, 900),
            count(Platform::Douyin, 30, 1400),
        ];
        let fit = |minute, views| fits(&known, &count(Platform::Douyin, minute, views));
        assert_eq!(fit(40, 1400), Ok(()));
        assert_eq!(fit(20, 1000), Ok(()));
        assert_eq!(fit(5, 10), Ok(()));
        assert_eq!(fit(40, 1399), Err(Shrinks(known[1])));
        assert_eq!(fit(20, 1500), Err(Shrinks(known[1])));
        assert_eq!(fit(20, 800), Err(Shrinks(known[0])));
        assert_eq!(fits(&known, &count(Platform::Weibo, 40, 1)), Ok(()));
    }

    #[test]
    fn an_address_leads_where_it_says() {
        for good in [
            "https://live.example.test/r/1?x=1",
            " HTTP://v.example.test ",
            "https://直播.example.test/夜集",
        ] {
            assert!(WebAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "//live.example.test",
            "live.example.test",
            "https://",
            "https://localhost/",
            "https://a@live.example.test/",
            "https://live.example.test/a b",
            "https://live.example.test/\"><script>",
            "ftp://live.example.test",
        ] {
            assert_eq!(WebAddress::parse(bad), Err(FieldFault::Format), "{bad}");
        }
        assert_eq!(WebAddress::parse(""), Err(FieldFault::Required));
        assert_eq!(WebAddress::optional(" "), Ok(None));
    }

    proptest! {
        /// Counts that each fit when they came never make a later sum smaller.
        #[test]
        fn accepted_counts_only_grow(tries in prop::collection::vec((0_i64..60, 0_i64..5000), 0..40)) {
            let mut known: Vec<ViewCount> = Vec::new();
            for (minute, views) in tries {
                let new = count(Platform::Douyin, minute, views);
                if fits(&known, &new).is_ok() {
                    known.push(new);
                    let mut ordered = known.clone();
                    ordered.sort_by_key(|count| count.at);
                    prop_assert!(ordered.windows(2).all(|w| w[0].views <= w[1].views));
                }
            }
        }
    }
}
