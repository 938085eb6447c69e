//! PostgreSQL's `numeric` in binary: eight bytes of header, then digits in base 10,000.
//!
//! The header is four 16-bit words: how many digits follow, the weight of the first (its exponent
//! in base 10,000), the sign, and the display scale (decimal places shown). Digits on either side
//! that are zero may be missing.

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
/// NaN, infinity and minus infinity.
const SPECIAL: [u16; 3] = [0xc000, 0xd000, 0xf000];

/// PostgreSQL's own limits: decimal places before and after the point.
const MAX_WHOLE: usize = 131_072;
const MAX_SCALE: usize = 16_383;

/// The parts of a numeric's binary form, checked.
struct Numeric<'a> {
    weight: i32,
    sign: u16,
    scale: usize,
    digits: &'a [[u8; 2]],
}

impl<'a> Numeric<'a> {
    fn read(raw: &'a [u8]) -> Option<Self> {
        let (&[c1, c2, w1, w2, s1, s2, d1, d2], rest) = raw.split_first_chunk()?;
        let (digits, []) = rest.as_chunks() else { return None };
        let numeric = Self {
            weight: i32::from(i16::from_be_bytes([w1, w2])),
            sign: u16::from_be_bytes([s1, s2]),
            scale: usize::from(u16::from_be_bytes([d1, d2])),
            digits,
        };
        let sound = digits.len() == usize::from(u16::from_be_bytes([c1, c2]))
            && numeric.scale <= MAX_SCALE
            && digits.iter().all(|&digit| u16::from_be_bytes(digit) < 10_000);
        sound.then_some(numeric)
    }

    /// The digit at an index from the first; those that are missing are zero.
    fn digit(&self, index: i32) -> u16 {
        let digit = usize::try_from(index).ok().and_then(|index| self.digits.get(index));
        digit.map_or(0, |&digit| u16::from_be_bytes(digit))
    }
}

/// Whether PostgreSQL would take these bytes for a numeric.
pub(super) fn is_sound(raw: &[u8]) -> bool {
    Numeric::read(raw).is_some_and(|numeric| match numeric.sign {
        POSITIVE | NEGATIVE => true,
        sign => SPECIAL.contains(&sign),
    })
}

/// Appends the exact decimal text with its display scale; `None` for NaN, infinity and what is
/// not a numeric.
pub(super) fn write(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let numeric = Numeric::read(raw)?;
    match numeric.sign {
        POSITIVE => {}
        NEGATIVE => out.push(b'-'),
        _ => return None,
    }
    if numeric.weight < 0 || numeric.digits.is_empty() {
        out.push(b'0');
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(numeric.digit(0)).as_bytes());
        for index in 1..=numeric.weight {
            out.extend_from_slice(&decimal_places(numeric.digit(index)));
        }
    }
    if numeric.scale > 0 {
        out.push(b'.');
        let mut index = numeric.weight;
        let mut missing = numeric.scale;
        while missing > 0 {
            index += 1;
            let places = decimal_places(numeric.digit(index));
            let shown = missing.min(4);
            out.extend_from_slice(&places[..shown]);
            missing -= shown;
        }
    }
    Some(())
}

/// The four decimal places of one digit.
fn decimal_places(digit: u16) -> [u8; 4] {
    [digit / 1000, digit / 100 % 10, digit / 10 % 10, digit % 10].map(|place| b'0' + place as u8)
}

/// The binary form of a decimal text like `-12.50`; the scale is the number of places written.
pub(super) fn parse(text: &str) -> Option<Vec<u8>> {
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !decimal(whole) || !decimal(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > MAX_WHOLE || fraction.len() > MAX_SCALE {
        return None;
    }

    // Both sides are cut into digits of four places, counted from the point.
    let mut digits = Vec::with_capacity(whole.len() / 4 + fraction.len() / 4 + 2);
    let (head, groups) = whole.as_bytes().as_rchunks::<4>();
    if !head.is_empty() {
        digits.push(base_10000(head));
    }
    digits.extend(groups.iter().map(|group| base_10000(group)));
    let mut weight = digits.len() as i32 - 1;
    for group in fraction.as_bytes().chunks(4) {
        let mut places = [b'0'; 4];
        places[..group.len()].copy_from_slice(group);
        digits.push(base_10000(&places));
    }

    // As PostgreSQL keeps it: no zero digits at either end, and zero has no sign.
    let leading = digits.iter().take_while(|&&digit| digit == 0).count();
    let trailing = digits.iter().rev().take_while(|&&digit| digit == 0).count();
    let digits = digits.get(leading..digits.len() - trailing).unwrap_or_default();
    weight = if digits.is_empty() { 0 } else { weight - leading as i32 };
    let sign = if negative && !digits.is_empty() { NEGATIVE } else { POSITIVE };

    let header = [digits.len() as u16, weight as u16, sign, fraction.len() as u16];
    Some(header.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect())
}

/// Up to four decimal places as one digit.
fn base_10000(places: &[u8]) -> u16 {
    places.iter().fold(0, |digit, place| 10 * digit + u16::from(place - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn written(raw: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        write(raw, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    /// A binary numeric of these words.
    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn as_postgresql_sends_them() {
        let cases: [(&[u16], &str); 12] = [
            (&[0, 0, POSITIVE, 0], "0"),
            (&[0, 0, POSITIVE, 2], "0.00"),
            (&[1, 0, POSITIVE, 0, 1], "1"),
            (&[1, 0, NEGATIVE, 0, 9999], "-9999"),
            (&[1, 1, POSITIVE, 0, 1], "10000"),
            (&[2, 1, POSITIVE, 2, 12, 5000], "125000.00"),
            (&[3, 1, POSITIVE, 2, 12, 3456, 7800], "123456.78"),
            (&[2, 0, POSITIVE, 4, 1, 20], "1.0020"),
            (&[1, 0xffff, POSITIVE, 1, 5000], "0.5"),
            (&[1, 0xfffe, NEGATIVE, 6, 100], "-0.000001"),
            (&[1, 0xfffe, POSITIVE, 8, 1], "0.00000001"),
            (&[1, 5, POSITIVE, 1, 7], "700000000000000000000.0"),
        ];
        for (raw, text) in cases {
            assert_eq!(written(&words(raw)).as_deref(), Some(text));
            assert_eq!(parse(text), Some(words(raw)), "{text}");
        }
    }

    #[test]
    fn text_may_have_more_zeros_than_needed() {
        for (text, canonical) in
            [("007", "7"), ("-0", "0"), ("-0.00", "0.00"), ("00010000.50", "10000.50")]
        {
            assert_eq!(parse(text), parse(canonical), "{text}");
        }
    }

    #[test]
    fn refuses_other_text() {
        let too_fine = format!("0.{}", "0".repeat(MAX_SCALE + 1));
        let too_large = "9".repeat(MAX_WHOLE + 1);
        for text in [
            "", "-", "+1", ".5", "5.", "1e3", "1,000", " 1", "1 ", "--1", "1.2.3", "1.-2", "NaN",
            "Infinity", "٣", &too_fine, &too_large,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(
            parse("9".repeat(MAX_WHOLE).as_str()).and_then(|raw| written(&raw)),
            Some("9".repeat(MAX_WHOLE))
        );
    }

    #[test]
    fn specials_are_sound_but_have_no_text() {
        for sign in SPECIAL {
            let raw = words(&[0, 0, sign, 0]);
            assert!(is_sound(&raw));
            assert_eq!(written(&raw), None);
        }
    }

    #[test]
    fn refuses_other_bytes() {
        let cases: [&[u16]; 6] = [
            &[],
            &[0, 0, 0],
            &[1, 0, POSITIVE, 0],
            &[0, 0, POSITIVE, 0, 1],
            &[1, 0, POSITIVE, 0, 10_000],
            &[0, 0, POSITIVE, 0x4000],
        ];
        for raw in cases {
            assert!(!is_sound(&words(raw)), "{raw:?}");
            assert_eq!(written(&words(raw)), None, "{raw:?}");
        }
        assert!(!is_sound(&words(&[0, 0, 0x8000, 0])));
        assert!(!is_sound(&[0; 9]));
    }

    proptest! {
        #[test]
        fn decimals_survive(mantissa in -(1_i128 << 96) + 1..1_i128 << 96, scale in 0..=28_u32) {
            let decimal = Decimal::from_i128_with_scale(mantissa, scale);
            let raw = parse(&decimal.to_string()).unwrap();
            prop_assert!(is_sound(&raw));
            prop_assert_eq!(written(&raw).unwrap(), decimal.to_string());
        }

        #[test]
        fn text_survives(text in "-?(0|[1-9][0-9]{0,40})\\.[0-9]{1,40}") {
            prop_assume!(text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)));
            prop_assert_eq!(written(&parse(&text).unwrap()).unwrap(), text);
        }

        #[test]
        fn no_bytes_are_a_panic(raw in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(is_sound(&raw) || written(&raw).is_none());
        }
    }
}
