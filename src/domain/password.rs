//! Passwords of staff and employers: long rather than complicated (OWASP ASVS 6.2); an office that
//! must follow 等保2.0 (GB/T 22239) turns on its rules of composition, change and history as well.
use super::fault::FieldFault;

/// Characters at least.
pub const SHORTEST: usize = 12;
/// Characters at most; longer ones are refused before any hashing.
pub const LONGEST: usize = 128;
/// 等保: days after which a password must be changed.
pub const CLASSIFIED_DAYS: i64 = 90;
/// 等保: how many earlier passwords are refused.
pub const CLASSIFIED_HISTORY: usize = 5;

/// What must be left when known words, runs and repetitions are taken away.
const SUBSTANCE: usize = 6;

/// What guessers try first, and words of our trade.
const COMMON: &[&str] = &[
    "1314520",
    "147258369",
    "1qaz2wsx3edc",
    "5201314",
    "a1b2c3d4",
    "administrator",
    "asdfghjkl",
    "baseball",
    "beijing",
    "changeme",
    "charlie",
    "china",
    "computer",
    "default",
    "dragon",
    "football",
    "gansu",
    "huawei",
    "iloveyou",
    "jiedao",
    "lanzhou",
    "letmein",
    "login",
    "mima",
    "monkey",
    "nightfair",
    "office",
    "passwd",
    "password",
    "princess",
    "qazwsxedc",
    "qwertyuiop",
    "qwerty",
    "shequ",
    "sunshine",
    "superman",
    "welcome",
    "weixin",
    "woaini",
    "yeji",
    "yeshi",
    "zaq12wsx",
    "zhaopin",
    "zhongguo",
    "zxcvbnm",
    "admin",
    "guest",
    "hello",
    "root",
    "test",
    "user",
    "abc",
];

/// Whether a password may be set. `words` are what belongs to its owner: login, name, office.
///
/// # Errors
/// `TooShort`, `TooLong`, `ControlCharacters`, `Weak`; with `classified` also `PasswordClasses`.
pub fn check(password: &str, words: &[&str], classified: bool) -> Result<(), FieldFault> {
    let length = password.chars().count();
    if length == 0 {
        return Err(FieldFault::Required);
    }
    if length > LONGEST {
        return Err(FieldFault::TooLong { max: LONGEST });
    }
    if length < SHORTEST {
        return Err(FieldFault::TooShort { min: SHORTEST });
    }
    if password.chars().any(char::is_control) {
        return Err(FieldFault::ControlCharacters);
    }
    let plain = password.to_lowercase();
    if [plain.clone(), unmask(&plain)]
        .iter()
        .any(|text| substance(text, words) < SUBSTANCE)
    {
        return Err(FieldFault::Weak);
    }
    if classified && classes(password) < 3 {
        return Err(FieldFault::PasswordClasses);
    }
    Ok(())
}

/// Letters written as figures and signs, as in `p@ssw0rd`.
fn unmask(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            c => c,
        })
        .collect()
}

/// Characters that are not part of a known word, a run (abc, 321) or a repetition; each different
/// character counts at most twice.
fn substance(text: &str, words: &[&str]) -> usize {
    let own = words
        .iter()
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() >= 2 && word.len() >= 4)
        .map(str::to_lowercase);
    let mut left = text.to_owned();
    for word in own.chain(COMMON.iter().map(|word| (*word).to_owned())) {
        left = left.replace(&word, "\n");
    }
    let mut counted: Vec<char> = Vec::new();
    let mut before = '\n';
    for c in left.chars() {
        let step = (i64::from(u32::from(c)) - i64::from(u32::from(before))).abs();
        if c != '\n' && step > 1 && counted.iter().filter(|seen| **seen == c).count() < 2 {
            counted.push(c);
        }
        before = c;
    }
    counted.len()
}

/// 等保: lower case, upper case, digits, everything else.
fn classes(password: &str) -> usize {
    let has = |is: fn(char) -> bool| usize::from(password.chars().any(is));
    has(|c| c.is_ascii_lowercase())
        + has(|c| c.is_ascii_uppercase())
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WORDS: &[&str] = &["wangfang", "王芳", "星光街道办事处"];

    #[test]
    fn long_and_unguessed_is_enough() {
        for password in [
            "tulip bridge over rain",
            "河边的三盏红灯笼照着那座老桥",
            "k7mf-2xqd-9ptz-ecvh",
            "Lampe&Reis-am-Abend",
        ] {
            assert_eq!(check(password, WORDS, false), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_guessers_try_first_is_refused() {
        for password in [
            "password1234",
            "P@ssw0rd2026!",
            "aaaaaaaaaaaa",
            "abababababab",
            "123456789012",
            "abcdefghijklm",
            "qwertyuiop12",
            "Admin@123456",
            "wangfang2026",
            "星光街道办事处123456",
            "nightfair-nightfair",
            "woaini5201314",
        ] {
            assert_eq!(
                check(password, WORDS, false),
                Err(FieldFault::Weak),
                "{password}"
            );
        }
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded() {
        let short = FieldFault::TooShort { min: SHORTEST };
        assert_eq!(check("x7!kQ2p#m", WORDS, false), Err(short));
        let long = FieldFault::TooLong { max: LONGEST };
        assert_eq!(check(&"x7!k".repeat(33), WORDS, false), Err(long));
        let control = Err(FieldFault::ControlCharacters);
        assert_eq!(check("tulip\0bridge over", WORDS, false), control);
        assert_eq!(check("", WORDS, false), Err(FieldFault::Required));
    }

    #[test]
    fn the_classified_profile_asks_for_three_classes() {
        let asked = |password| check(password, WORDS, true);
        assert_eq!(
            asked("tulip bridge over rain"),
            Err(FieldFault::PasswordClasses)
        );
        assert_eq!(asked("Tulip bridge over rain"), Ok(()));
        assert_eq!(asked("tulipbridge7Rain"), Ok(()));
    }

    proptest! {
        #[test]
        fn no_text_upsets_the_check(text in any::<String>(), word in any::<String>()) {
            drop(check(&text, &[&word], true));
        }
    }
}
