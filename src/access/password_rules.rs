//! Which passwords are taken, after NIST SP 800-63B-4: long enough, not too long, and nothing that
//! an attacker tries first. There are no rules of composition, and every sign counts.
//!
//! The whole password is compared, never words within it: it is refused when, but for case, signs
//! that are neither letters nor digits, digits around it and repetition, it is a common password, a
//! run of neighbours (`abcdefgh`, `qwertyui`), or the name of the service or of the person.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::config::AccessConfig;

/// Sorted; its comments sort before every password.
const COMMON: &str = include_str!("../../data/common_passwords.txt");

/// The words by which this service is known.
const SERVICE: &[&str] = &["agentfree", "agent", "realestate"];

/// Signs that lie side by side: on keyboards, in the alphabet, in numbers.
const NEIGHBOURS: &[&str] =
    &["qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "0123456789"];

/// How short a unit may be for its repetition to be no password, however long.
const REPEATED_UNIT_MAX: usize = 4;

/// The settings that bound lengths, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// For who signs in by password alone.
    pub length_min: usize,
    /// For who has a second factor.
    pub length_min_with_second_factor: usize,
    /// For everyone.
    pub length_max: usize,
}

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PasswordMistake {
    /// Fewer characters than this.
    #[error("has fewer than {0} characters: take several words, for instance")]
    TooShort(usize),
    /// More characters than this.
    #[error("has more than {0} characters")]
    TooLong(usize),
    /// Among the first that are tried.
    #[error("is a common password, or a simple pattern: take another one")]
    Common,
    /// Made of what everybody knows of the person or the service.
    #[error("is made of your name, your address or the name of this service: take another one")]
    Personal,
}

/// The form in which passwords are compared and hashed: however a keyboard composed its signs.
pub fn normalized(password: &str) -> String {
    password.nfc().collect()
}

impl PasswordRules {
    /// As they are set.
    pub fn of(config: &AccessConfig) -> Self {
        Self {
            length_min: config.password_length_min,
            length_min_with_second_factor: config.password_length_min_with_second_factor,
            length_max: config.password_length_max,
        }
    }

    /// Finds what is wrong with a password of the person whom `names` speak of: their name, their
    /// address, whatever else is theirs.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(
        &self,
        password: &str,
        names: &[&str],
        has_second_factor: bool,
    ) -> Result<(), PasswordMistake> {
        let password = normalized(password);
        let length = password.chars().count();
        let least =
            if has_second_factor { self.length_min_with_second_factor } else { self.length_min };
        if length < least {
            return Err(PasswordMistake::TooShort(least));
        }
        if length > self.length_max {
            return Err(PasswordMistake::TooLong(self.length_max));
        }
        let plain = plain(&password);
        let unit = repeated_unit(&plain);
        let core = plain.trim_matches(|sign: char| sign.is_ascii_digit());
        let forms = [plain.as_str(), unit, core, repeated_unit(core)];
        if forms.iter().any(|form| is_personal(form, names)) {
            return Err(PasswordMistake::Personal);
        }
        // Of signs alone: as they are, they may be a pattern; without letters nothing is left.
        let signs = repeated_unit(&password).chars().count();
        if signs <= REPEATED_UNIT_MAX
            || unit.chars().count() <= REPEATED_UNIT_MAX && !plain.is_empty() && plain != unit
            || forms.iter().any(|form| is_common(form) || is_run(form))
        {
            return Err(PasswordMistake::Common);
        }
        Ok(())
    }

    /// Whether it is taken only beside a second factor.
    pub fn is_short(&self, password: &str) -> bool {
        normalized(password).chars().count() < self.length_min
    }
}

/// Letters and digits, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The shortest beginning whose repetition is the whole text.
fn repeated_unit(text: &str) -> &str {
    let ends = text.char_indices().map(|(start, sign)| start + sign.len_utf8());
    ends.take_while(|end| end * 2 <= text.len())
        .filter(|end| text.len().is_multiple_of(*end))
        .map(|end| &text[..end])
        .find(|unit| unit.repeat(text.len() / unit.len()) == text)
        .unwrap_or(text)
}

fn is_common(form: &str) -> bool {
    // The lines are sorted by bytes, so half of the text can be left aside at each step.
    let mut lines = COMMON;
    while !lines.is_empty() {
        let middle = lines.len() / 2;
        let start = lines[..floor(lines, middle)].rfind('\n').map_or(0, |end| end + 1);
        let end = lines[start..].find('\n').map_or(lines.len(), |length| start + length);
        match form.cmp(&lines[start..end]) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => lines = &lines[..start],
            std::cmp::Ordering::Greater => lines = lines.get(end + 1..).unwrap_or_default(),
        }
    }
    false
}

/// The nearest boundary of characters before this place.
fn floor(text: &str, place: usize) -> usize {
    (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// Whether it runs along neighbours, forwards or backwards.
fn is_run(form: &str) -> bool {
    let backwards: String = form.chars().rev().collect();
    form.len() > REPEATED_UNIT_MAX
        && NEIGHBOURS.iter().any(|row| {
            let round = row.repeat(1 + form.len() / row.len() + 1);
            round.contains(form) || round.contains(&backwards)
        })
}

/// Whether it is a name, the words of one in any order, or one of those with the service's.
fn is_personal(form: &str, names: &[&str]) -> bool {
    if form.is_empty() {
        return false;
    }
    let words = names
        .iter()
        .flat_map(|name| name.split(|sign: char| !sign.is_alphanumeric()))
        .map(plain)
        .chain(names.iter().map(|name| plain(name)))
        .chain(SERVICE.iter().map(ToString::to_string))
        .filter(|word| word.chars().count() > 2);
    let mut words: Vec<String> = words.collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().any(|word| word == form) || is_made_of(form, &words)
}

/// Whether taking the words out leaves at most a few digits.
fn is_made_of(form: &str, words: &[String]) -> bool {
    let rest = words.iter().fold(form.to_owned(), |rest, word| rest.replace(word.as_str(), ""));
    rest.len() < form.len() && rest.chars().all(|sign| sign.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::PasswordMistake::{Common, Personal, TooLong, TooShort};
    use super::*;

    const RULES: PasswordRules =
        PasswordRules { length_min: 15, length_min_with_second_factor: 8, length_max: 256 };
    const NAMES: &[&str] = &["Ada Lovelace", "ada.lovelace@engine.example"];

    #[test]
    fn passwords_and_what_is_said_of_them() {
        let longest = "ä ".repeat(60) + &"xyz 7 ".repeat(22) + "last";
        assert_eq!(longest.chars().count(), 256);
        #[rustfmt::skip] // one line a case
        let table = [
            ("correct horse battery staple", false, Ok(())),
            ("no rules of composition", false, Ok(())),
            ("only fourteen.", false, Err(TooShort(15))),
            ("only fourteen.", true, Ok(())),
            ("7 signs", true, Err(TooShort(8))),
            (longest.as_str(), false, Ok(())),
            (&(longest.clone() + "!"), false, Err(TooLong(256))),
            ("пароль из слов и гор", false, Ok(())),
            ("👩‍🚀 flies to the moon", false, Ok(())),
            ("trustno1", true, Err(Common)),
            ("Trust-No-1", true, Err(Common)),
            ("passwordpassword", false, Err(Common)),
            ("Password1234567!", false, Err(Common)),
            ("2026 iloveyou 2026", false, Err(Common)),
            ("aaaaaaaaaaaaaaaaaaaa", false, Err(Common)),
            ("abcabcabcabcabcabc", false, Err(Common)),
            ("!!!!!!!!!!!!!!!!!!!!", false, Err(Common)),
            ("?!?!?!?!?!?!?!?!?!", false, Err(Common)),
            ("abcdefghijklmnopq", false, Err(Common)),
            ("qponmlkjihgfedcba", false, Err(Common)),
            ("qwertyuiopqwertyuiop", false, Err(Common)),
            ("1234567890123456789", false, Err(Common)),
            ("ada lovelace ada", false, Err(Personal)),
            ("LovelaceAda12345", false, Err(Personal)),
            ("ada.lovelace@engine.example", false, Err(Personal)),
            ("agent free agent free", false, Err(Personal)),
            ("Agent-Free 2026 Lovelace", false, Err(Personal)),
            ("lovelace wrote the first program", false, Ok(())),
            ("agents are paid too much", false, Ok(())),
        ];
        for (password, second, expected) in table {
            assert_eq!(RULES.check(password, NAMES, second), expected, "{password}");
        }
    }

    #[test]
    fn every_common_password_is_found() {
        let mut before = "";
        for line in COMMON.lines() {
            assert!(before < line, "{line} is out of order");
            assert!(is_common(line), "{line}");
            assert!(!is_common(&format!("{line}~")), "{line}");
            before = line;
        }
        assert!(!is_common(""));
    }

    #[test]
    fn signs_count_as_people_see_them_typed() {
        assert_eq!(normalized("e\u{301}"), "é");
        assert!(RULES.is_short(&"e\u{301}".repeat(14)));
        assert!(!RULES.is_short(&"é".repeat(15)));
    }
}
