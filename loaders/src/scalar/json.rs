//! JSON strings: what must be escaped is, everything else is copied in runs.

/// Appends `"name":`.
pub fn write_key(name: &str, out: &mut Vec<u8>) {
    write_string(name, out);
    out.push(b':');
}

/// Appends the text as a JSON string.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    write_utf8(text.as_bytes(), out);
}

/// Appends bytes that are known to be UTF-8 as a JSON string.
pub(super) fn write_utf8(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut rest = bytes;
    loop {
        let (run, tail) = rest.split_at(plain_run(rest));
        out.extend_from_slice(run);
        let Some((&byte, tail)) = tail.split_first() else { break };
        escape(byte, out);
        rest = tail;
    }
    out.push(b'"');
}

/// How many bytes from the start can be copied as they are.
fn plain_run(bytes: &[u8]) -> usize {
    // Folding sixteen at a time without a branch lets the compiler compare them all at once.
    let (chunks, _) = bytes.as_chunks::<16>();
    let plain =
        |chunk: &&[u8; 16]| !chunk.iter().fold(false, |found, &byte| found | is_special(byte));
    let whole = 16 * chunks.iter().take_while(plain).count();
    let tail = &bytes[whole..];
    whole + tail.iter().position(|&byte| is_special(byte)).unwrap_or(tail.len())
}

fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_string(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_what_json_demands() {
        let cases = [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("Grüße, 東京 🏠", r#""Grüße, 東京 🏠""#),
            ("say \"hi\"", r#""say \"hi\"""#),
            ("C:\\", r#""C:\\""#),
            ("a\nb\rc\td", r#""a\nb\rc\td""#),
            ("\u{8}\u{c}\u{1}\u{1f}\u{7f}", "\"\\b\\f\\u0001\\u001f\u{7f}\""),
            ("sixteen bytes...\"", "\"sixteen bytes...\\\"\""),
        ];
        for (text, json) in cases {
            assert_eq!(written(text), json);
        }
    }

    #[test]
    fn a_key_is_a_string_and_a_colon() {
        let mut out = Vec::new();
        write_key("anyName", &mut out);
        assert_eq!(out, b"\"anyName\":");
    }

    proptest! {
        #[test]
        fn reads_back_as_the_same_text(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&written(&text)).unwrap(), text);
        }

        #[test]
        fn reads_back_with_specials_anywhere(text in "[a-z\"\\\\\u{0}-\u{1f}é]{0,70}") {
            prop_assert_eq!(serde_json::from_str::<String>(&written(&text)).unwrap(), text);
        }
    }
}
