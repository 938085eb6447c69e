//! How many tokens a document has and how deep its brackets are nested, told before it is parsed.
//!
//! The parser of async-graphql 7.2 recurses at each bracket without a bound of its own: some
//! thousands of `[` overflow the stack and end the process. One pass over the text prevents it,
//! and no text makes that pass look at anything twice.

/// More brackets within brackets than any sensible document has.
pub const NESTING_MAXIMUM: usize = 128;

/// Bytes of one token that cost nothing more: beyond them, and between tokens, each so many count
/// as another token. So a limit of tokens is a limit of bytes too.
const TOKEN_BYTES: usize = 64;

/// What a text comes to, whether it is a document or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Names, numbers, strings, comments and signs, the long ones several times.
    pub count: usize,
    /// The deepest nesting of brackets outside strings and comments.
    pub nesting: usize,
}

impl Tokens {
    /// Counts a text's tokens, as far as the parser would read it.
    pub fn of(text: &str) -> Self {
        let mut tokens = Self::default();
        let (mut depth, mut blocks_end) = (0usize, true);
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            let mut is_token = true;
            let left = match byte {
                b' ' | b',' | b'\t' | b'\n' | b'\r' => {
                    is_token = false;
                    past(after, |byte| matches!(byte, b' ' | b',' | b'\t' | b'\n' | b'\r'))
                }
                b'#' => past(after, |byte| !matches!(byte, b'\n' | b'\r')),
                b'"' => match after_block(after, &mut blocks_end).or_else(|| after_string(after)) {
                    Some(left) => left,
                    // The parser finds no way past a string that does not end.
                    None => &[],
                },
                b'[' | b'{' | b'(' => {
                    depth += 1;
                    tokens.nesting = tokens.nesting.max(depth);
                    after
                }
                b']' | b'}' | b')' => {
                    depth = depth.saturating_sub(1);
                    after
                }
                b'.' => past(after, |byte| byte == b'.'),
                byte if is_word(byte) => past(after, is_word),
                _ => after,
            };
            tokens.count += usize::from(is_token) + (rest.len() - left.len()) / TOKEN_BYTES;
            rest = left;
        }
        tokens
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What follows the bytes that these are.
fn past(text: &[u8], is_part: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| !is_part(*byte)).unwrap_or(text.len());
    &text[end..]
}

/// What follows a string, given what follows its first quote; none where it does not end.
fn after_string(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r'))?;
        match rest[at] {
            b'"' => return Some(&rest[at + 1..]),
            b'\\' => rest = rest.get(at + 2..)?,
            _ => return None,
        }
    }
}

/// What follows a block string; none where there is none, or where it does not end: then no other
/// one does, which `ends` remembers.
fn after_block<'a>(text: &'a [u8], ends: &mut bool) -> Option<&'a [u8]> {
    let mut rest = text.strip_prefix(b"\"\"").filter(|_| *ends)?;
    loop {
        let Some(at) = rest.windows(3).position(|three| three == b"\"\"\"") else {
            *ends = false;
            return None;
        };
        let is_escaped = rest[..at].ends_with(b"\\");
        rest = &rest[at + 3..];
        if !is_escaped {
            return Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_brackets_are_counted_outside_strings_and_comments() {
        let cases = [
            ("", 0, 0),
            ("{ a }", 3, 1),
            ("{ a(b: [{c: 1}]) { d } } { e }", 20, 4),
            ("query($a: Int! = -1.5e3) { ...F @skip(if: $a) }", 25, 2),
            ("{ a # ((((\n(b: 1) }", 9, 2),
            (r#"{ a(b: "((((") }"#, 8, 2),
            (r#"{ a(b: "\"((((") }"#, 8, 2),
            (r#"{ a(b: "\\" c: [1]) }"#, 13, 3),
            (r#"{ a(b: """((( "quoted" \""" ((( """) }"#, 8, 2),
            (r#"{ a(b: "" c: [1]) }"#, 13, 3),
            ("]]]{", 4, 1),
            // None of these is a document; the parser looks at what follows where it can.
            (r#"{ a(b: """ [ " [[[ "#, 10, 5),
            (r#"{ a(b: [""" [ " [[[ " [[[[ "#, 12, 6),
            ("{ a(b: \"[[\n", 6, 2),
            (r#"{ "\"#, 2, 1),
        ];
        for (text, count, nesting) in cases {
            assert_eq!(Tokens::of(text), Tokens { count, nesting }, "{text}");
        }
    }

    #[test]
    fn what_is_long_counts_several_times() {
        let long = "a".repeat(1000);
        for text in [
            format!("{{ {long} }}"),
            format!("{{ a(b: \"{long}\") }}"),
            format!("{{ # {long}\n a }}"),
            format!("{{ {} a }}", ", ".repeat(500)),
        ] {
            assert!((17..30).contains(&Tokens::of(&text).count), "{text}");
        }
    }

    #[test]
    fn no_text_is_looked_at_twice() {
        // Each of these would take hours if every quote searched the rest of the text.
        for part in ["\\\"\"\"\n", "\"\\\"", "\"\n", "\"\"\"\\", "\\\"\"\" "] {
            let text = part.repeat(2_000_000 / part.len());
            assert!(Tokens::of(&text).count > 0);
        }
    }
}
