//! How long the lists of a JSON text are, counted before anything is made of them.

use super::request::JSON_LEVELS;

/// Items of the longest list, those of the lists in it counted. An array around all requests is
/// none. What is not JSON has any number: it is refused when it is read.
///
/// A text of fewer bytes than `unless` holds no list of so many items, and is not looked at.
pub(super) fn longest(bytes: &[u8], unless: usize) -> usize {
    if bytes.len() <= unless {
        return 0;
    }
    let mut longest = 0;
    let mut items = 0;
    // Whether each open bracket belongs to a list that counts, and how many do.
    let mut open: Vec<bool> = Vec::new();
    let mut lists = 0_usize;
    let mut is_text = false;
    let mut is_escaped = false;
    let mut is_fresh = false;
    for &byte in bytes {
        if is_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_text = false,
                _ => {}
            }
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        if std::mem::take(&mut is_fresh) && byte != b']' {
            items += 1;
        }
        match byte {
            b'"' => is_text = true,
            b'{' => open.push(false),
            // Deeper than anybody reads: refused for that.
            b'[' if open.len() > JSON_LEVELS => return 0,
            b'[' => {
                let counts = !open.is_empty();
                open.push(counts);
                is_fresh = counts;
                lists += usize::from(counts);
            }
            b',' if open.last() == Some(&true) => items += 1,
            b']' | b'}' if open.pop() == Some(true) => {
                lists -= 1;
                if lists == 0 {
                    longest = longest.max(std::mem::take(&mut items));
                }
            }
            _ => {}
        }
    }
    longest.max(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_counted_with_those_in_them() {
        for (text, items) in [
            (r#"{"a":0}"#, 0),
            (r#"{"a":[]}"#, 0),
            (r#"{"a":[ ]}"#, 0),
            (r#"{"a":[0]}"#, 1),
            (r#"{"a":[0,1],"b":[0,1,2],"c":[0]}"#, 3),
            (r#"{"a":[[0,1],[2],[]]}"#, 6),
            (r#"{"a":[{"b":0,"c":1},{"b":[1,2,3],"c":1}]}"#, 5),
            (r#"{"a":["],[,",",\",["]}"#, 2),
            (r#"[{"a":[0,1]},{"a":[0]},{}]"#, 2),
            (r#"{"a":[0,0,0,"#, 4),
            (r#"]]]]}}"#, 0),
            (&"[".repeat(1000), 0),
        ] {
            assert_eq!(longest(text.as_bytes(), 0), items, "{text}");
        }
        assert_eq!(longest(br#"{"a":[0,1]}"#, 100), 0);
    }
}
