//! One-time codes from an app (TOTP, RFC 6238): six digits that change every 30 seconds, by HMAC-SHA-1,
//! as every such app makes them.
//!
//! A code counts for its step and one step before and after. Whoever remembers the last step that was
//! used lets each code work once.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// How long a code is shown, in seconds.
pub const PERIOD: i64 = 30;

/// How many digits a code has.
pub const DIGITS: usize = 6;

/// As long as the hash's output, as RFC 4226 asks for.
const SECRET_LENGTH: usize = 20;

/// How many steps a clock may be ahead or behind.
const SKEW: i64 = 1;

/// What the app and the server share.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Vec<u8>);

impl TotpSecret {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut secret = vec![0; SECRET_LENGTH];
        getrandom::fill(&mut secret)?;
        Ok(Self(secret))
    }

    /// One that was kept.
    pub fn from_bytes(secret: Vec<u8>) -> Self {
        Self(secret)
    }

    /// It, to be sealed and kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// It, for people who type it into their app.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// It, for apps that read it from a QR code.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let issuer = utf8_percent_encode(issuer, NON_ALPHANUMERIC);
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={PERIOD}",
            self.base32()
        )
    }

    /// The step for which the code counts at this second of Unix time, if it is later than the last
    /// one that was used. Spaces between digits do not matter.
    pub fn step_of(&self, code: &str, now: i64, last_step: Option<i64>) -> Option<i64> {
        let code: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
        let step = now.div_euclid(PERIOD);
        // Each step is looked at, whichever fits: how long it takes tells nothing.
        let mut found = None;
        for step in step - SKEW..=step + SKEW {
            let fits = bool::from(self.code_at(step).as_bytes().ct_eq(code.as_bytes()));
            if fits && last_step.is_none_or(|last| step > last) {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step.
    pub fn code_at(&self, step: i64) -> String {
        // HMAC takes a key of any length.
        let Ok(mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        let digest: [u8; 20] = mac.chain_update(step.to_be_bytes()).finalize().into_bytes().into();
        let offset = usize::from(digest[19] & 0x0f);
        let bytes = [digest[offset], digest[offset + 1], digest[offset + 2], digest[offset + 3]];
        let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
        format!("{:0width$}", number % 10_u32.pow(6), width = DIGITS)
    }
}

/// Secrets are not shown.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890".to_vec())
    }

    /// The table of RFC 6238, appendix B, in six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (time, code) in table {
            assert_eq!(secret().code_at(time / PERIOD), code);
            assert_eq!(secret().step_of(code, time, None), Some(time / PERIOD));
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_late_and_once() {
        let (now, secret) = (1_000_000_000, secret());
        let step = now / PERIOD;
        for (distance, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = secret.code_at(step + distance);
            let found = secret.step_of(&code, now, None);
            assert_eq!(found, counts.then_some(step + distance), "{distance}");
            assert_eq!(secret.step_of(&code, now, Some(step + distance)), None, "used before");
        }
        let earlier = secret.code_at(step - 1);
        assert_eq!(secret.step_of(&earlier, now, Some(step)), None, "older than the last");
    }

    #[test]
    fn what_is_no_code_does_not_count() {
        let now = 1_000_000_000;
        let code = secret().code_at(now / PERIOD);
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert!(secret().step_of(&spaced, now, None).is_some());
        for wrong in ["", "0", &code[1..], &format!("{code}0"), "０００００００"] {
            assert_eq!(secret().step_of(wrong, now, None), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_uri_keeps_what_people_type_apart_from_its_own_signs() {
        let uri = secret().uri("Agent Free", "a:b?secret=x@example.org");
        assert_eq!(
            uri,
            "otpauth://totp/Agent%20Free:a%3Ab%3Fsecret%3Dx%40example%2Eorg\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Agent%20Free&algorithm=SHA1&digits=6&period=30"
        );
        assert_ne!(TotpSecret::generate().unwrap(), TotpSecret::generate().unwrap());
    }
}
