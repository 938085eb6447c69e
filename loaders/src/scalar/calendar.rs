//! PostgreSQL's `date` and `timestamptz` in binary, and their text in JSON.
//!
//! A date is the number of days from 2000-01-01, a timestamp the number of microseconds from that
//! day's midnight in UTC. Text knows the years 0001 to 9999; PostgreSQL knows more, and infinity.

use std::ops::RangeInclusive;

const MICROSECONDS_A_SECOND: i64 = 1_000_000;
const MICROSECONDS_A_DAY: i64 = 86_400 * MICROSECONDS_A_SECOND;

/// 0001-01-01 to 9999-12-31.
const DAYS_WITH_TEXT: RangeInclusive<i64> = -730_119..=2_921_939;

/// Days from 0000-03-01 to 2000-01-01. Years that begin in March have their leap day at the end.
const DAYS_FROM_MARCH_0: i64 = 730_425;

/// Appends `YYYY-MM-DD`; `None` for a date without a text, or what is no date.
pub(super) fn write_date(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let days = i32::from_be_bytes(raw.try_into().ok()?);
    write_days(i64::from(days), out)
}

/// Appends RFC 3339 in UTC with no fraction, three or six digits, as few as are exact; `None` for
/// a timestamp without a text, or what is no timestamp.
pub(super) fn write_timestamp(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let microseconds = i64::from_be_bytes(raw.try_into().ok()?);
    write_days(microseconds.div_euclid(MICROSECONDS_A_DAY), out)?;
    let clock = microseconds.rem_euclid(MICROSECONDS_A_DAY);
    let second = (clock / MICROSECONDS_A_SECOND) as u32;
    let fraction = (clock % MICROSECONDS_A_SECOND) as u32;
    let [[h1, h2], [m1, m2], [s1, s2]] = [second / 3600, second / 60 % 60, second % 60].map(two);
    out.extend_from_slice(&[b'T', h1, h2, b':', m1, m2, b':', s1, s2]);
    if fraction > 0 {
        let [[a, b], [c, d], [e, f]] =
            [fraction / 10_000, fraction / 100 % 100, fraction % 100].map(two);
        let places = [b'.', a, b, c, d, e, f];
        out.extend_from_slice(if fraction.is_multiple_of(1000) { &places[..4] } else { &places });
    }
    out.push(b'Z');
    Some(())
}

fn write_days(days: i64, out: &mut Vec<u8>) -> Option<()> {
    let (year, month, day) = civil_from_days(days)?;
    let [[y1, y2], [y3, y4], [m1, m2], [d1, d2]] = [year / 100, year % 100, month, day].map(two);
    out.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]);
    Some(())
}

/// Two decimal digits.
fn two(number: u32) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// The days of `YYYY-MM-DD`.
pub(super) fn parse_date(text: &[u8]) -> Option<i32> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = 100 * number(y1, y2)? + number(y3, y4)?;
    let date = (year, number(m1, m2)?, number(d1, d2)?);
    // A day that does not exist comes back as another one.
    let days = days_from_civil(date)?;
    if civil_from_days(days)? == date { i32::try_from(days).ok() } else { None }
}

/// The microseconds of an RFC 3339 text with any offset. Places beyond the sixth must be zero:
/// nothing is rounded. Leap seconds are not known.
pub(super) fn parse_timestamp(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let (&[b'T' | b't', h1, h2, b':', m1, m2, b':', s1, s2], mut rest) =
        rest.split_first_chunk()?
    else {
        return None;
    };
    let seconds =
        i64::from(seconds_of_day(number(h1, h2)?, number(m1, m2)?)? + below(60, number(s1, s2)?)?);

    let mut fraction = 0;
    if let [b'.', places @ ..] = rest {
        let (places, zone) =
            places.split_at(places.iter().take_while(|byte| byte.is_ascii_digit()).count());
        let (exact, beyond) = places.split_at(places.len().min(6));
        if exact.is_empty() || beyond.iter().any(|&place| place != b'0') {
            return None;
        }
        let written = exact.iter().fold(0, |sum, place| 10 * sum + i64::from(place - b'0'));
        fraction = written * 10_i64.pow(6 - exact.len() as u32);
        rest = zone;
    }

    let ahead = match *rest {
        [b'Z' | b'z'] => 0,
        [b'+', h1, h2, b':', m1, m2] => {
            i64::from(seconds_of_day(number(h1, h2)?, number(m1, m2)?)?)
        }
        [b'-', h1, h2, b':', m1, m2] => {
            -i64::from(seconds_of_day(number(h1, h2)?, number(m1, m2)?)?)
        }
        _ => return None,
    };
    let midnight = i64::from(parse_date(date)?) * MICROSECONDS_A_DAY;
    let microseconds = midnight + (seconds - ahead) * MICROSECONDS_A_SECOND + fraction;
    DAYS_WITH_TEXT.contains(&microseconds.div_euclid(MICROSECONDS_A_DAY)).then_some(microseconds)
}

fn number(tens: u8, ones: u8) -> Option<u32> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    Some(10 * digit(tens)? + digit(ones)?)
}

fn below(limit: u32, number: u32) -> Option<u32> {
    (number < limit).then_some(number)
}

fn seconds_of_day(hour: u32, minute: u32) -> Option<u32> {
    Some(3600 * below(24, hour)? + 60 * below(60, minute)?)
}

/// Year, month and day of a date that has a text.
fn civil_from_days(days: i64) -> Option<(u32, u32, u32)> {
    if !DAYS_WITH_TEXT.contains(&days) {
        return None;
    }
    // A cycle of four years and one of four centuries: counting in quarter days finds the year in
    // each by one division. Months from March on have 30.6 days on average, 2141 / 2^16 of one.
    let quarters = 4 * (days + DAYS_FROM_MARCH_0) as u32 + 3;
    let (century, day_of_century) = (quarters / 146_097, quarters % 146_097 / 4);
    let quarters = 4 * day_of_century + 3;
    let (year_of_century, day_of_year) = (quarters / 1461, quarters % 1461 / 4);
    let scaled = 2141 * day_of_year + 197_913;
    let (month, day) = (scaled >> 16, (scaled & 0xffff) / 2141 + 1);
    let next_year = u32::from(day_of_year >= 306);
    Some((100 * century + year_of_century + next_year, month - 12 * next_year, day))
}

/// The inverse, for years from 1 and months and days of at most two digits.
fn days_from_civil((year, month, day): (u32, u32, u32)) -> Option<i64> {
    let year = i64::from(if month > 2 { year } else { year.checked_sub(1)? });
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    Some(365 * year + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_FROM_MARCH_0)
}

/// Whether PostgreSQL would take these bytes for a date: 4714 BC to 5874897, or infinity.
pub(super) fn is_date(raw: &[u8]) -> bool {
    raw.try_into().is_ok_and(|raw| match i32::from_be_bytes(raw) {
        i32::MIN | i32::MAX => true,
        days => (-2_451_545..2_145_031_949).contains(&days),
    })
}

/// Whether PostgreSQL would take these bytes for a timestamp: 4714 BC to 294276, or infinity.
pub(super) fn is_timestamp(raw: &[u8]) -> bool {
    raw.try_into().is_ok_and(|raw| match i64::from_be_bytes(raw) {
        i64::MIN | i64::MAX => true,
        microseconds => {
            (-211_813_488_000_000_000..9_223_371_331_200_000_000).contains(&microseconds)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta, Utc};
    use proptest::prelude::*;

    const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();

    fn date_text(days: i32) -> Option<String> {
        let mut out = Vec::new();
        write_date(&days.to_be_bytes(), &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    fn timestamp_text(microseconds: i64) -> Option<String> {
        let mut out = Vec::new();
        write_timestamp(&microseconds.to_be_bytes(), &mut out)
            .map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_date_is_chronos() {
        for days in DAYS_WITH_TEXT {
            let date = EPOCH + TimeDelta::days(days);
            let text = date_text(days as i32).unwrap();
            assert_eq!(text, date.format("%Y-%m-%d").to_string());
            assert_eq!(parse_date(text.as_bytes()), Some(days as i32));
        }
    }

    #[test]
    fn dates_outside_have_no_text() {
        for days in [i32::MIN, -730_120, 2_921_940, i32::MAX] {
            assert_eq!(date_text(days), None);
        }
    }

    #[test]
    fn refuses_dates_that_do_not_exist() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-04-31",
            "1900-02-29",
            "0000-01-01",
            "0000-12-31",
        ] {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
        for text in
            ["", "2026-8-1", "20260801", "2026-08-01 ", "2026/08/01", "+026-08-01", "12026-08-01"]
        {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn fractions_have_no_three_or_six_digits() {
        let cases = [
            (0, "2000-01-01T00:00:00Z"),
            (-1, "1999-12-31T23:59:59.999999Z"),
            (1, "2000-01-01T00:00:00.000001Z"),
            (120_000, "2000-01-01T00:00:00.120Z"),
            (120_100, "2000-01-01T00:00:00.120100Z"),
            (838_902_896_123_456, "2026-08-01T12:34:56.123456Z"),
        ];
        for (microseconds, text) in cases {
            assert_eq!(timestamp_text(microseconds).as_deref(), Some(text));
            assert_eq!(parse_timestamp(text.as_bytes()), Some(microseconds));
        }
    }

    #[test]
    fn timestamps_outside_have_no_text() {
        let first = DAYS_WITH_TEXT.start() * MICROSECONDS_A_DAY;
        let last = (DAYS_WITH_TEXT.end() + 1) * MICROSECONDS_A_DAY - 1;
        assert_eq!(timestamp_text(first).as_deref(), Some("0001-01-01T00:00:00Z"));
        assert_eq!(timestamp_text(last).as_deref(), Some("9999-12-31T23:59:59.999999Z"));
        for microseconds in [i64::MIN, first - 1, last + 1, i64::MAX] {
            assert_eq!(timestamp_text(microseconds), None);
        }
    }

    #[test]
    fn reads_every_form_of_rfc_3339() {
        let cases = [
            ("2026-08-01t12:34:56z", "2026-08-01T12:34:56Z"),
            ("2026-08-01T12:34:56+02:00", "2026-08-01T10:34:56Z"),
            ("2026-08-01T00:34:56.5+05:45", "2026-07-31T18:49:56.500Z"),
            ("2026-12-31T23:00:00-01:30", "2027-01-01T00:30:00Z"),
            ("2026-08-01T12:34:56-00:00", "2026-08-01T12:34:56Z"),
            ("2026-08-01T12:34:56.123456000Z", "2026-08-01T12:34:56.123456Z"),
        ];
        for (text, canonical) in cases {
            assert_eq!(
                parse_timestamp(text.as_bytes()).and_then(timestamp_text).as_deref(),
                Some(canonical),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_other_moments() {
        let cases = [
            "2026-08-01",
            "2026-08-01T12:34:56",
            "2026-08-01 12:34:56Z",
            "2026-08-01T12:34Z",
            "2026-08-01T24:00:00Z",
            "2026-08-01T12:60:00Z",
            "2026-08-01T12:34:60Z",
            "2026-08-01T12:34:56.Z",
            "2026-08-01T12:34:56.1234567Z",
            "2026-08-01T12:34:56+0200",
            "2026-08-01T12:34:56+24:00",
            "2026-08-01T12:34:56+02:60",
            "2026-08-01T12:34:56Zz",
            "2026-02-29T12:34:56Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ];
        for text in cases {
            assert_eq!(parse_timestamp(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn soundness_ends_where_postgresql_ends() {
        for (days, sound) in [
            (i32::MIN, true),
            (i32::MIN + 1, false),
            (-2_451_546, false),
            (-2_451_545, true),
            (2_145_031_948, true),
            (2_145_031_949, false),
        ] {
            assert_eq!(is_date(&days.to_be_bytes()), sound, "{days}");
        }
        for (microseconds, sound) in [
            (i64::MAX, true),
            (i64::MAX - 1, false),
            (9_223_371_331_199_999_999, true),
            (-211_813_488_000_000_001, false),
        ] {
            assert_eq!(is_timestamp(&microseconds.to_be_bytes()), sound, "{microseconds}");
        }
        assert!(!is_date(&[0; 8]) && !is_timestamp(&[0; 4]));
    }

    proptest! {
        #[test]
        fn moments_are_chronos(microseconds in DAYS_WITH_TEXT.start() * MICROSECONDS_A_DAY..(DAYS_WITH_TEXT.end() + 1) * MICROSECONDS_A_DAY) {
            let moment = EPOCH.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::microseconds(microseconds);
            let text = timestamp_text(microseconds).unwrap();
            prop_assert_eq!(&text, &moment.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            prop_assert_eq!(parse_timestamp(text.as_bytes()), Some(microseconds));
        }

        #[test]
        fn offsets_are_chronos(seconds in 0_i64..253_000_000_000, nanoseconds in 0..1_000_000_u32, offset in -1439..=1439_i32) {
            let moment = DateTime::<Utc>::from_timestamp(seconds, nanoseconds * 1000).unwrap();
            let text = moment.with_timezone(&FixedOffset::east_opt(offset * 60).unwrap()).to_rfc3339();
            let expected = moment.timestamp_micros() - 946_684_800 * MICROSECONDS_A_SECOND;
            prop_assert_eq!(parse_timestamp(text.as_bytes()), Some(expected));
        }

        #[test]
        fn no_text_is_a_panic(text in "[0-9TZ:.+-]{0,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.Z+-]{0,20}") {
            let _ = parse_date(text.as_bytes());
            let _ = parse_timestamp(text.as_bytes());
        }
    }
}
