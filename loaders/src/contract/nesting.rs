//! How deep a document's brackets are nested, told before it is parsed.
//!
//! The parser of async-graphql 7.2 recurses at each bracket without a bound of its own: some
//! thousands of `[` overflow the stack and end the process. One pass over the text prevents it.

/// More than any sensible document has.
pub(super) const LIMIT: usize = 128;

/// The deepest nesting of brackets outside strings and comments.
pub(super) fn depth(document: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut rest = document;
    while let Some(at) = rest.find(['[', '{', '(', ']', '}', ')', '#', '"']) {
        let after = &rest[at + 1..];
        rest = match rest.as_bytes()[at] {
            b'[' | b'{' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
                after
            }
            b'#' => after.find(['\n', '\r']).map_or("", |end| &after[end..]),
            // A string that does not end is no string: what follows must be looked at, as the
            // parser does before it gives up.
            b'"' => after
                .strip_prefix("\"\"")
                .and_then(after_block)
                .or_else(|| after_string(after))
                .unwrap_or(after),
            _ => {
                depth = depth.saturating_sub(1);
                after
            }
        };
    }
    deepest
}

fn after_string(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\', '\n', '\r'])?;
        match rest.as_bytes()[at] {
            b'"' => return Some(&rest[at + 1..]),
            b'\\' => rest = rest.get(at + 2..)?,
            _ => return None,
        }
    }
}

fn after_block(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let at = rest.find("\"\"\"")?;
        let escaped = rest[..at].ends_with('\\');
        rest = &rest[at + 3..];
        if !escaped {
            return Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_of_the_document_count() {
        let cases = [
            ("", 0),
            ("{ a }", 1),
            ("{ a(b: [{c: 1}]) { d } } { e }", 4),
            ("{ a # ((((\n(b: 1) }", 2),
            (r#"{ a(b: "((((") }"#, 2),
            (r#"{ a(b: "\"((((") }"#, 2),
            (r#"{ a(b: "\\" c: [1]) }"#, 3),
            (r#"{ a(b: """((( "quoted" \""" ((( """) }"#, 2),
            (r#"{ a(b: "" c: [1]) }"#, 3),
            ("]]]{", 1),
            // None of these is a document; the parser looks at what follows all the same.
            (r#"{ a(b: """ [ " [[[ "#, 5),
            ("{ a(b: \"[[\n", 4),
            (r#"{ "\"#, 1),
        ];
        for (document, expected) in cases {
            assert_eq!(depth(document), expected, "{document}");
        }
    }
}
