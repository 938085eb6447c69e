//! A document as a tree of tokens: what stands in brackets is one branch, so that parts can be
//! taken out, doubled and put elsewhere without breaking the brackets.

use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

/// A token, or what stands in a pair of brackets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// A name, a sign or a value. `$name`, `@name` and `...` are one token each.
    Token(String),
    /// The opening bracket and what it holds.
    Group(char, Vec<Tree>),
}

impl Tree {
    pub(crate) fn token(text: impl Into<String>) -> Self {
        Self::Token(text.into())
    }

    fn is(&self, text: &str) -> bool {
        matches!(self, Self::Token(token) if token == text)
    }

    fn starts_with(&self, sign: char) -> bool {
        matches!(self, Self::Token(token) if token.starts_with(sign))
    }

    pub(crate) fn is_name(&self) -> bool {
        let begins = |token: &str| token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        matches!(self, Self::Token(token) if begins(token))
    }
}

/// Reads a document that is known to be right; comments are left out.
pub(crate) fn read(document: &str) -> Vec<Tree> {
    level(&mut document.chars().peekable())
}

fn level(rest: &mut Peekable<Chars<'_>>) -> Vec<Tree> {
    let mut trees = Vec::new();
    while let Some(next) = rest.next() {
        match next {
            '{' | '(' | '[' => trees.push(Tree::Group(next, level(rest))),
            '}' | ')' | ']' => break,
            '#' => while rest.next_if(|c| *c != '\n').is_some() {},
            ',' | '\u{feff}' => {}
            '"' => trees.push(Tree::Token(string(rest))),
            '.' => {
                while rest.next_if_eq(&'.').is_some() {}
                trees.push(Tree::token("..."));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut token = String::from(c);
                let number = c.is_ascii_digit() || c == '-';
                if number || c.is_alphanumeric() || "_$@".contains(c) {
                    let more =
                        |c: &char| c.is_alphanumeric() || *c == '_' || number && "+-.".contains(*c);
                    while let Some(c) = rest.next_if(more) {
                        token.push(c);
                    }
                }
                trees.push(Tree::Token(token));
            }
        }
    }
    trees
}

/// A string of one line or a block; escapes stay as they are written.
fn string(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::from('"');
    if rest.next_if_eq(&'"').is_some() {
        text.push('"');
        if rest.next_if_eq(&'"').is_none() {
            return text;
        }
        text.push('"');
        while !text[3..].ends_with("\"\"\"") {
            let Some(c) = rest.next() else { break };
            text.push(c);
        }
        return text;
    }
    while let Some(c) = rest.next() {
        text.push(c);
        match c {
            '\\' => text.extend(rest.next()),
            '"' => break,
            _ => {}
        }
    }
    text
}

/// Writes it as a document again.
pub(crate) fn write(trees: &[Tree], document: &mut String) {
    for tree in trees {
        match tree {
            Tree::Token(token) => {
                document.push_str(token);
                document.push(' ');
            }
            Tree::Group(open, inner) => {
                document.push(*open);
                write(inner, document);
                document.push_str(match open {
                    '{' => "} ",
                    '(' => ") ",
                    _ => "] ",
                });
            }
        }
    }
}

/// Where each field, argument, variable or item of a group stands.
pub(crate) fn items(trees: &[Tree]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        let start = at;
        let spread = trees[at].is("...");
        at += 1;
        if spread {
            let on = trees.get(at).is_some_and(|tree| tree.is("on"));
            let named = trees.get(at).is_some_and(Tree::is_name);
            at += usize::from(named) + usize::from(on);
        } else if trees.get(at).is_some_and(|tree| tree.is(":")) {
            at += 2;
        }
        while at < trees.len() && continues(&trees[at], &trees[at - 1]) {
            at += 1;
        }
        found.push(start..at.min(trees.len()));
        at = at.min(trees.len());
    }
    found
}

/// Whether a token belongs to the item before it: its arguments and fields, a directive, and what
/// a variable's definition has after its type.
fn continues(tree: &Tree, before: &Tree) -> bool {
    match tree {
        Tree::Group('(', _) => true,
        Tree::Group('{', _) => !matches!(before, Tree::Group('{' | '[', _)),
        Tree::Group(..) => before.is("="),
        _ => tree.starts_with('@') || tree.is("!") || tree.is("=") || before.is("="),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"query A($n: Int = 3 $l: [ID!]! $s: String!) @d(a: 1) {
        a: users(first: $n, filter: {name: {in: ["x\"y", """b"l"""]}, not: {}}) @skip(if: true) { ...F id }
        ... on Q @include(if: $s) { __typename } # { a comment
    }"#;

    #[test]
    fn a_document_is_read_and_written() {
        let trees = read(DOCUMENT);
        let mut written = String::new();
        write(&trees, &mut written);
        assert_eq!(read(&written), trees);
        assert!(written.contains(r#"["x\"y" """b"l""" ] "#), "{written}");
        assert!(!written.contains("comment"));
    }

    #[test]
    fn items_are_told_apart() {
        let shown = |group: &Tree| {
            let Tree::Group(_, inner) = group else { panic!("{group:?}") };
            let text = |range: Range<usize>| {
                let mut text = String::new();
                write(&inner[range], &mut text);
                text.trim_end().to_owned()
            };
            items(inner).into_iter().map(text).collect::<Vec<_>>()
        };
        let trees = read(DOCUMENT);
        assert_eq!(shown(&trees[2]), ["$n : Int = 3", "$l : [ID ! ] !", "$s : String !"]);
        let fields = shown(&trees[5]);
        assert_eq!(fields.len(), 2, "{fields:?}");
        assert!(fields[1].starts_with("... on Q @include (if : $s ) {"), "{fields:?}");
    }
}
