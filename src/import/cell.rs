//! One text of the file against what its column promises.
//!
//! A text that passes is in PostgreSQL's own writing, so that the database reads
//! it as the column's kind without a doubt. Pure: no file and no database here.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::mapping::{Column, Kind};

/// Reads one text: what to store, nothing for an absent value, or why it is refused.
pub(crate) fn read<'a>(column: &Column, bytes: &'a [u8]) -> Result<Option<Cow<'a, str>>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let text = text.trim();
    if text.is_empty() || column.absent.iter().any(|absent| absent == text) {
        return if column.optional {
            Ok(None)
        } else {
            Err("has no value, and the column is not optional".to_owned())
        };
    }
    match column.kind {
        Kind::Text => read_text(column, text).map(Some),
        Kind::Integer => read_integer(column, text).map(Some),
        Kind::Decimal => read_decimal(column, text).map(Some),
        Kind::Date => read_date(column, text).map(Some),
        Kind::Boolean => read_boolean(text).map(Some),
    }
}

fn read_text<'a>(column: &Column, text: &'a str) -> Result<Cow<'a, str>, String> {
    if text.contains('\0') {
        return Err("contains a NUL character, which no text column can hold".to_owned());
    }
    let length = text.chars().count();
    if length > column.max_length {
        return Err(format!(
            "is {length} characters long, more than the {} allowed",
            column.max_length
        ));
    }
    Ok(Cow::Borrowed(text))
}

fn read_integer<'a>(column: &Column, text: &str) -> Result<Cow<'a, str>, String> {
    let integer: i64 = text.parse().map_err(|_| "is not a whole number".to_owned())?;
    within(Decimal::from(integer), column)?;
    Ok(Cow::Owned(integer.to_string()))
}

fn read_decimal<'a>(column: &Column, text: &str) -> Result<Cow<'a, str>, String> {
    let decimal =
        Decimal::from_str_exact(text).map_err(|_| "is not a decimal number".to_owned())?;
    // Digits that the database would round away are a mistake in the mapping or in the file.
    if decimal.normalize().scale() > column.decimals {
        return Err(format!("has more than {} digits after the point", column.decimals));
    }
    within(decimal, column)?;
    Ok(Cow::Owned(decimal.to_string()))
}

fn read_date<'a>(column: &Column, text: &str) -> Result<Cow<'a, str>, String> {
    let date = NaiveDate::parse_from_str(text, &column.format)
        .map_err(|_| format!("is not a date written as {}", column.format))?;
    if let Some(earliest) = column.earliest.filter(|earliest| date < *earliest) {
        return Err(format!("is before {earliest}, the earliest allowed"));
    }
    if let Some(latest) = column.latest.filter(|latest| date > *latest) {
        return Err(format!("is after {latest}, the latest allowed"));
    }
    Ok(Cow::Owned(date.format("%Y-%m-%d").to_string()))
}

fn read_boolean<'a>(text: &str) -> Result<Cow<'a, str>, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Ok(Cow::Borrowed("true")),
        "false" | "f" | "no" | "n" | "0" => Ok(Cow::Borrowed("false")),
        _ => Err("is neither true nor false".to_owned()),
    }
}

fn within(number: Decimal, column: &Column) -> Result<(), String> {
    if let Some(min) = column.min.filter(|min| number < *min) {
        return Err(format!("is less than {min}, the least allowed"));
    }
    if let Some(max) = column.max.filter(|max| number > *max) {
        return Err(format!("is more than {max}, the most allowed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str) -> Column {
        toml::from_str(&format!("meaning = 'a test'\n{text}")).expect("a column")
    }

    #[test]
    fn each_kind_reads_what_it_promises_and_refuses_the_rest() {
        type Case<'a> = (&'a str, &'a [u8], Result<Option<&'a str>, &'a str>);
        let table: &[Case] = &[
            ("kind='text'", b" a b ", Ok(Some("a b"))),
            ("kind='text'", "Zoë".as_bytes(), Ok(Some("Zoë"))),
            ("kind='text'", b"\xff", Err("is not UTF-8 text")),
            (
                "kind='text'",
                b"a\0b",
                Err("contains a NUL character, which no text column can hold"),
            ),
            (
                "kind='text'\nmax_length=2",
                b"abc",
                Err("is 3 characters long, more than the 2 allowed"),
            ),
            ("kind='text'", b" ", Err("has no value, and the column is not optional")),
            ("kind='text'\noptional=true", b"", Ok(None)),
            ("kind='integer'\noptional=true\nabsent=['0']", b"0", Ok(None)),
            (
                "kind='integer'\nabsent=['0']",
                b"0",
                Err("has no value, and the column is not optional"),
            ),
            ("kind='integer'", b"007", Ok(Some("7"))),
            ("kind='integer'", b"-7", Ok(Some("-7"))),
            ("kind='integer'", b"1.0", Err("is not a whole number")),
            ("kind='integer'", b"9223372036854775808", Err("is not a whole number")),
            ("kind='integer'\nmin=1", b"0", Err("is less than 1, the least allowed")),
            ("kind='integer'\nmax=9", b"10", Err("is more than 9, the most allowed")),
            ("kind='decimal'", b"1.50", Ok(Some("1.50"))),
            ("kind='decimal'", b"1.500", Ok(Some("1.500"))),
            ("kind='decimal'", b"1.505", Err("has more than 2 digits after the point")),
            ("kind='decimal'\ndecimals=3", b"1.505", Ok(Some("1.505"))),
            ("kind='decimal'", b"1,000", Err("is not a decimal number")),
            ("kind='decimal'", b"NaN", Err("is not a decimal number")),
            ("kind='decimal'", b"1e3", Err("is not a decimal number")),
            ("kind='decimal'\nmin=0.5", b"0.49", Err("is less than 0.5, the least allowed")),
            ("kind='date'", b"1998-02-28", Ok(Some("1998-02-28"))),
            ("kind='date'", b"1998-02-29", Err("is not a date written as %Y-%m-%d")),
            ("kind='date'\nformat='%m/%d/%Y'", b"2/28/1998", Ok(Some("1998-02-28"))),
            (
                "kind='date'\nearliest='1998-01-01'",
                b"1997-12-31",
                Err("is before 1998-01-01, the earliest allowed"),
            ),
            (
                "kind='date'\nlatest='1998-01-01'",
                b"1998-01-02",
                Err("is after 1998-01-01, the latest allowed"),
            ),
            ("kind='boolean'", b"Yes", Ok(Some("true"))),
            ("kind='boolean'", b"0", Ok(Some("false"))),
            ("kind='boolean'", b"maybe", Err("is neither true nor false")),
        ];
        for (written, bytes, expected) in table {
            let read = read(&column(written), bytes);
            let read = read.as_ref().map(Option::as_deref).map_err(String::as_str);
            assert_eq!(read, *expected, "{written}: {:?}", String::from_utf8_lossy(bytes));
        }
    }
}
