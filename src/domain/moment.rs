//! Days and instants as browsers, spreadsheets and machines write them. A time without an offset
//! is Beijing time.
use super::{fault::FieldFault, text::half_width};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// Beijing time is eight hours ahead, without summer time since 1991.
const BEIJING: TimeDelta = TimeDelta::hours(8);
const FORMS: &[&str] = &["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
const DAYS: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"];

/// `2026-07-19T19:30` (Beijing) or RFC 3339 with its offset.
pub fn instant(raw: &str) -> Result<DateTime<Utc>, FieldFault> {
    let text = short(raw)?;
    if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
        return sane(at.to_utc());
    }
    let local = FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
        .ok_or(FieldFault::Format)?;
    sane((local - BEIJING).and_utc())
}

/// `2026-07-19`, also as spreadsheets and people write it.
pub fn day(raw: &str) -> Result<NaiveDate, FieldFault> {
    let text = short(raw)?;
    let day = DAYS
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(&text, form).ok())
        .ok_or(FieldFault::Format)?;
    sane(day.and_time(chrono::NaiveTime::MIN).and_utc())?;
    Ok(day)
}

/// 当晚几点: `19:30` as an instant between the beginning and the end of an evening, which may end after
/// midnight; nothing typed means now. What is written down afterwards has happened.
pub fn time_of_evening(
    raw: &str,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, FieldFault> {
    let at = match short(raw) {
        Err(FieldFault::Required) => now,
        text => {
            let text = text?;
            let time = NaiveTime::parse_from_str(&text, "%H:%M").map_err(|_| FieldFault::Format)?;
            let day = today(from);
            let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
            let tonight = (day.and_time(time) - BEIJING).and_utc();
            let after_midnight = (next.and_time(time) - BEIJING).and_utc();
            if tonight < from && after_midnight <= to {
                after_midnight
            } else {
                tonight
            }
        }
    };
    if at < from || at > to {
        return Err(FieldFault::OutsideHours {
            from: clock(from),
            to: clock(to),
        });
    }
    if at > now {
        return Err(FieldFault::Future);
    }
    Ok(at)
}

/// `19:30` in Beijing.
pub fn clock(at: DateTime<Utc>) -> String {
    (at + BEIJING).format("%H:%M").to_string()
}

/// 今天: the day in Beijing.
pub fn today(now: DateTime<Utc>) -> NaiveDate {
    (now + BEIJING).date_naive()
}

/// The instant at which a day is over in Beijing.
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    (next.and_time(chrono::NaiveTime::MIN) - BEIJING).and_utc()
}

fn short(raw: &str) -> Result<String, FieldFault> {
    if raw.len() > 120 {
        return Err(FieldFault::Format);
    }
    let text = half_width(raw);
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    Ok(text)
}

/// Years far away are slips of the finger, and both databases must be able to keep them.
fn sane(at: DateTime<Utc>) -> Result<DateTime<Utc>, FieldFault> {
    use chrono::Datelike;
    if (2000..2100).contains(&at.year()) {
        Ok(at)
    } else {
        Err(FieldFault::Format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_an_evening_lies_within_it_and_has_been() {
        let at = |text: &str| instant(text).unwrap();
        let evening = (at("2026-07-19T19:00"), at("2026-07-19T22:00"));
        let now = at("2026-07-20T09:00");
        let read = |raw: &str, now| time_of_evening(raw, evening, now);
        assert_eq!(read("19:42", now), Ok(at("2026-07-19T19:42")));
        assert_eq!(read("１９：００", now), Ok(evening.0));
        assert_eq!(read("22:00", now), Ok(evening.1));
        let outside = Err(FieldFault::OutsideHours {
            from: "19:00".into(),
            to: "22:00".into(),
        });
        for raw in ["18:59", "22:01", "07:42", "00:10", ""] {
            assert_eq!(read(raw, now), outside, "{raw}");
        }
        let during = at("2026-07-19T20:15");
        assert_eq!(read("", during), Ok(during));
        assert_eq!(read("20:15", during), Ok(during));
        assert_eq!(read("20:16", during), Err(FieldFault::Future));
        for raw in ["1942", "25:00", "19:42:10:1", "晚上", &"1".repeat(200)] {
            assert_eq!(read(raw, now), Err(FieldFault::Format), "{raw}");
        }
        let long = (at("2026-07-19T19:00"), at("2026-07-20T01:00"));
        let late = time_of_evening("00:30", long, now);
        assert_eq!(late, Ok(at("2026-07-20T00:30")));
    }

    #[test]
    fn an_instant_without_offset_is_beijing_time() {
        let evening: DateTime<Utc> = "2026-07-19T11:30:00Z".parse().unwrap();
        for text in [
            "2026-07-19T19:30",
            " 2026-07-19 19:30 ",
            "２０２６-07-19T19:30:00",
            "2026-07-19T19:30:00+08:00",
            "2026-07-19T11:30:00Z",
        ] {
            assert_eq!(instant(text), Ok(evening), "{text}");
        }
        for text in [
            "tomorrow",
            "2026-13-01T00:00",
            "19999-01-01T00:00",
            "0001-01-01T00:00Z",
        ] {
            assert_eq!(instant(text), Err(FieldFault::Format), "{text}");
        }
        assert_eq!(instant(" "), Err(FieldFault::Required));
    }

    #[test]
    fn a_day_is_read_in_many_spellings() {
        let day_ = NaiveDate::from_ymd_opt(2026, 8, 1).unwrap();
        for text in [
            "2026-08-01",
            "2026/8/1",
            "2026.8.1",
            "2026年8月1日",
            "20260801",
        ] {
            assert_eq!(day(text), Ok(day_), "{text}");
        }
        assert_eq!(day("8月1日"), Err(FieldFault::Format));
        assert_eq!(day("2026-02-30"), Err(FieldFault::Format));
        assert_eq!(
            today("2026-07-19T16:00:00Z".parse().unwrap()).to_string(),
            "2026-07-20"
        );
        assert_eq!(end_of(day_).to_rfc3339(), "2026-08-01T16:00:00+00:00");
    }
}
