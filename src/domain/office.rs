//! 街道办: how an office presents itself, and the rules it has chosen.
use super::{
    fault::{Faults, FieldFault},
    text::{Line, half_width},
};
use serde::{Deserialize, Serialize};

/// 网站信息: what a government site must say about itself (《互联网政务应用安全管理规定》).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// 主办单位, when it is not the office itself.
    pub host: String,
    /// 咨询电话
    pub phone: String,
    /// ICP 备案号
    pub icp: String,
    /// 公安联网备案号
    pub police: String,
    /// 网站标识码
    pub site_code: String,
    /// 等保: composition, change every 90 days and history of passwords.
    pub classified_passwords: bool,
}

impl Site {
    /// Whether what a public site must carry is there.
    pub fn is_complete(&self) -> bool {
        !self.icp.is_empty() && !self.phone.is_empty()
    }
}

/// What a form or the first set-up says about the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    pub name: String,
    /// Leads case numbers, such as TMD.
    pub prefix: String,
    pub site: Site,
}

/// Characters of the office's name at most.
pub const LONGEST_NAME: usize = 40;

/// Reads an office from fields of these names.
pub fn read<'a>(get: impl Fn(&str) -> &'a str, faults: &mut Faults) -> Option<Office> {
    let name = faults.take(
        "office_name",
        Line::required(get("office_name"), LONGEST_NAME),
    );
    let prefix = faults.take("prefix", prefix(get("prefix")));
    let host = faults.take("host", optional(get("host"), 60));
    let phone = faults.take("phone", phone(get("phone")));
    let icp = faults.take("icp", optional(get("icp"), 40));
    let police = faults.take("police", optional(get("police"), 40));
    let site_code = faults.take("site_code", site_code(get("site_code")));
    Some(Office {
        name: name?.into_string(),
        prefix: prefix?,
        site: Site {
            host: host?,
            phone: phone?,
            icp: icp?,
            police: police?,
            site_code: site_code?,
            classified_passwords: get("classified_passwords") == "yes",
        },
    })
}

fn optional(raw: &str, max: usize) -> Result<String, FieldFault> {
    Ok(Line::optional(raw, max)?.map_or(String::new(), Line::into_string))
}

/// 编号前缀: two to six letters, as case numbers take it.
fn prefix(raw: &str) -> Result<String, FieldFault> {
    let text = half_width(raw).to_ascii_uppercase();
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    let letters = text.bytes().all(|b| b.is_ascii_uppercase());
    if letters && (2..=6).contains(&text.len()) {
        Ok(text)
    } else {
        Err(FieldFault::Format)
    }
}

/// A service number such as 12333 or 0931-1234567: an office's, so it is not sealed.
fn phone(raw: &str) -> Result<String, FieldFault> {
    let text = half_width(raw);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let fits = |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b' ' | b'+' | b'(' | b')');
    if text.is_empty() || ((5..=13).contains(&digits) && text.len() <= 20 && text.bytes().all(fits))
    {
        Ok(text)
    } else {
        Err(FieldFault::PhoneFormat)
    }
}

/// 网站标识码: ten digits, or letters and digits as issued.
fn site_code(raw: &str) -> Result<String, FieldFault> {
    let text = half_width(raw).to_uppercase();
    if text.len() <= 20 && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(text)
    } else {
        Err(FieldFault::Format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(fields: &[(&str, &'static str)]) -> (Option<Office>, Faults) {
        let mut faults = Faults::new();
        let get = |name: &str| fields.iter().find(|(n, _)| *n == name).map_or("", |f| f.1);
        let office = read(get, &mut faults);
        (office, faults)
    }

    #[test]
    fn an_office_needs_only_name_and_prefix() {
        let (office, faults) = read_from(&[("office_name", "星光街道办事处"), ("prefix", "ｘｇ")]);
        assert!(faults.is_empty());
        let office = office.unwrap();
        assert_eq!(
            (office.name.as_str(), office.prefix.as_str()),
            ("星光街道办事处", "XG")
        );
        assert!(!office.site.is_complete());
    }

    #[test]
    fn every_wrong_field_is_named() {
        let (_, faults) = read_from(&[
            ("prefix", "X1"),
            ("phone", "call me"),
            ("icp", "\u{202e}x"),
            ("site_code", "!"),
        ]);
        let names: Vec<_> = faults.iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["office_name", "prefix", "phone", "icp", "site_code"]
        );
    }

    #[test]
    fn unknown_members_of_a_stored_site_are_skipped() {
        let site: Site = serde_json::from_str(r#"{"phone":"12333","new":1}"#).unwrap();
        assert_eq!(site.phone, "12333");
    }
}
