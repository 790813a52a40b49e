//! When an evening is: with its weeks of preparation behind it and, whatever the hour, open now.
use crate::platform::clock::beijing;
use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Timelike, Utc};

/// An evening of the story.
#[derive(Clone, Debug)]
pub struct Stage {
    pub slug: String,
    pub title: String,
    pub intro: &'static str,
    pub notice: String,
    /// How many seekers register, how many employers come, how many jobs each of them offers.
    pub seekers: usize,
    pub firms: usize,
    pub jobs: usize,
    /// When its preparation begins.
    pub begins: DateTime<Utc>,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// The visitor comes to this one.
    pub tonight: bool,
}

impl Stage {
    /// An instant of the preparation; 0 when it begins, 1000 when the evening opens.
    pub fn at(&self, permille: i32) -> DateTime<Utc> {
        self.begins + (self.starts - self.begins) * permille / 1000
    }

    /// When registration opens.
    pub fn opens(&self) -> DateTime<Utc> {
        self.at(OPENS)
    }
}

/// Registration opens when so much of the preparation is over: two weeks of thirty days are left.
const OPENS: i32 = 533;
/// How long the evening has been on when the visitor comes.
const RUNNING: TimeDelta = TimeDelta::minutes(75);
const PREPARED: TimeDelta = TimeDelta::days(30);

const INTRO: &str = "土门墩街道与区就业创业促进中心、区妇联、区工商联共同举办。31家用人单位现场招聘，\
                     零工市场直播间同步带岗。面向就业困难人员和高校毕业生，欢迎边逛边问。";

/// Tonight: between 18:30 and 21:30 when the demo is started in the evening, else open since a
/// little more than an hour. `since` is the end of the evening before.
pub fn tonight(
    now: DateTime<Utc>,
    seekers: usize,
    edition: u64,
    since: Option<DateTime<Utc>>,
) -> Stage {
    let begins = since.map_or(now - PREPARED, |since| since.max(now - PREPARED));
    let local = beijing(now);
    let minute = local.hour() * 60 + local.minute();
    let usual = local
        .date_naive()
        .and_hms_opt(18, 30, 0)
        .map(|at| at.and_utc() - TimeDelta::hours(8));
    let (starts, ends, moved) = match usual {
        Some(usual) if (1155..=1245).contains(&minute) && begins + TimeDelta::hours(1) < usual => {
            (usual, usual + TimeDelta::hours(3), false)
        }
        _ => {
            let starts = (now - RUNNING).max(begins + (now - begins) / 2);
            let starts = starts
                .duration_trunc(TimeDelta::minutes(5))
                .unwrap_or(starts);
            let starts = starts.max(begins);
            (starts, starts + TimeDelta::hours(6), true)
        }
    };
    let (slug, title) = match edition {
        1 => ("starlight".to_owned(), "星光就业集市".to_owned()),
        n => (format!("starlight-{n}"), format!("星光就业集市（第{n}场）")),
    };
    let mut notice =
        "请从东门或南门凭入场码入场；单位和岗位经街道审核，求职不收任何费用。".to_owned();
    if moved {
        notice.push_str("演示说明：真实的夜市在18:30—21:30；为便于随时体验，本场按启动时刻安排。");
    }
    Stage {
        slug,
        title,
        intro: INTRO,
        notice,
        seekers,
        firms: 31,
        jobs: 5,
        begins,
        starts,
        ends,
        tonight: true,
    }
}

/// An evening a hundred days ago, named after its season.
pub fn earlier(now: DateTime<Utc>, seekers: usize) -> Stage {
    let day = beijing(now - TimeDelta::days(100)).date_naive();
    let (slug, title) = match day.month() {
        1..=2 => ("welcome-spring", "星光就业集市·迎春专场"),
        3..=5 => ("spring", "星光就业集市·春风专场"),
        6..=8 => ("summer", "星光就业集市·夏夜专场"),
        9..=11 => ("autumn", "星光就业集市·金秋专场"),
        _ => ("winter", "星光就业集市·暖冬专场"),
    };
    let at = day.and_hms_opt(18, 30, 0).unwrap_or_default();
    let starts = at.and_utc() - TimeDelta::hours(8);
    Stage {
        slug: slug.into(),
        title: title.into(),
        intro: "十二家用人单位，家门口的招聘会。",
        notice: "请凭入场码入场，求职不收任何费用。".into(),
        seekers: (seekers / 5).max(12),
        firms: 12,
        jobs: 2,
        begins: starts - PREPARED,
        starts,
        ends: starts + TimeDelta::hours(3),
        tonight: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_hour_the_evening_is_on() {
        for hour in 0..24 {
            for minute in [0, 14, 30, 46] {
                let now: DateTime<Utc> = format!("2026-11-25T{hour:02}:{minute:02}:00Z")
                    .parse()
                    .unwrap();
                let gaps = [None, Some(2), Some(90), Some(60 * 20), Some(60 * 24 * 40)];
                for gap in gaps {
                    let since = gap.map(|minutes| now - TimeDelta::minutes(minutes));
                    let stage = tonight(now, 400, 2, since);
                    assert!(
                        stage.begins <= stage.starts && stage.starts <= now,
                        "{now} {gap:?}"
                    );
                    assert!(now + TimeDelta::minutes(44) < stage.ends);
                    assert!(stage.opens() <= stage.starts);
                    assert!(since.is_none_or(|since| since <= stage.begins));
                }
            }
        }
    }

    #[test]
    fn in_the_evening_it_keeps_the_usual_hours() {
        let stage = tonight("2026-11-25T11:40:00Z".parse().unwrap(), 400, 1, None);
        assert_eq!(stage.starts.to_rfc3339(), "2026-11-25T10:30:00+00:00");
        assert_eq!(stage.ends.to_rfc3339(), "2026-11-25T13:30:00+00:00");
        assert!(!stage.notice.contains("演示说明"));
    }

    #[test]
    fn the_earlier_evening_is_named_after_its_season() {
        let title = |now: &str| earlier(now.parse().unwrap(), 400).title;
        assert!(title("2026-11-25T11:40:00Z").contains("夏夜"));
        assert!(title("2026-05-20T11:40:00Z").contains("迎春"));
    }
}
