//! Operations from choices: one of the seeds or one made from the contract, varied a few times by
//! taking parts out, doubling them and putting parts of others in their place.

use std::collections::HashMap;

use arbitrary::Unstructured;
use loaders::contract::Contract;
use serde_json::Value;

use crate::generate::Generator;
use crate::tree::{self, Tree};
use crate::{Input, seeds};

/// Values that are put where another one was.
const VALUES: &[&str] = &[
    "null",
    "0",
    "-1",
    "1000",
    "2147483648",
    "1e400",
    "0.1",
    "true",
    "\"\"",
    "\"\\u0000\"",
    "DESC",
    "[]",
    "{}",
    "$first",
    "99999999999999999999999999999999999999",
];

/// Directives that are put behind a field.
const DIRECTIVES: &[(&str, &str)] =
    &[("@include", "true"), ("@skip", "false"), ("@include", "false"), ("@skip", "$withOwner")];

/// Makes operations from bytes: the same bytes, the same operation.
pub struct Operations {
    contract: Contract,
    ids: Vec<String>,
    seeds: Vec<(Vec<Tree>, Input)>,
    /// What stands in brackets in the seeds, by the names before it.
    parts: HashMap<String, Vec<Vec<Tree>>>,
}

impl Operations {
    /// Operations of this contract, about these rows among others.
    pub fn new(contract: Contract, ids: Vec<String>) -> Self {
        let seeds: Vec<_> = seeds()
            .into_iter()
            // Attacks are for the other target: what is made of them is refused like them.
            .filter(|(name, _)| !name.starts_with("attack-"))
            .map(|(_, input)| (tree::read(&input.document), input))
            .collect();
        let mut parts = HashMap::new();
        seeds.iter().for_each(|(trees, _)| collect(trees, "", &mut parts));
        Self { contract, ids, seeds, parts }
    }

    /// The operation that these bytes choose.
    pub fn choose(&self, bytes: &[u8]) -> Input {
        let choices = &mut Unstructured::new(bytes);
        let (mut trees, mut input) = match choices.ratio(1, 2) {
            Ok(true) => choices.choose(&self.seeds).cloned().unwrap_or_else(|_| self.made(choices)),
            _ => self.made(choices),
        };
        for _ in 0..choices.int_in_range(0..=3).unwrap_or_default() {
            self.vary(&mut trees, "", choices);
        }
        input.document.clear();
        tree::write(&trees, &mut input.document);
        if let Value::Object(variables) = &mut input.variables
            && choices.ratio(1, 4).unwrap_or_default()
            && let Some(value) = variables.values_mut().next()
            && let Ok(other) = choices.choose(VALUES)
        {
            *value = serde_json::from_str(other).unwrap_or_default();
        }
        input
    }

    fn made(&self, choices: &mut Unstructured<'_>) -> (Vec<Tree>, Input) {
        let Self { contract, ids, .. } = self;
        let mut generator = Generator { contract, ids, choices, out: String::new(), aliases: 0 };
        generator.operation();
        let document = generator.out;
        let trees = tree::read(&document);
        (trees, Input { document, variables: Value::Null, operation_name: None })
    }

    /// Goes down into one group after another, and changes something there.
    fn vary(&self, trees: &mut Vec<Tree>, before: &str, choices: &mut Unstructured<'_>) {
        let groups: Vec<usize> = (0..trees.len())
            .filter(|at| matches!(&trees[*at], Tree::Group(_, inner) if !inner.is_empty()))
            .collect();
        let deeper = before.is_empty() || choices.ratio(3, 4).unwrap_or_default();
        if deeper
            && let Ok(at) = choices.choose(&groups)
            && let path = path(trees, *at, before)
            && let Tree::Group(_, inner) = &mut trees[*at]
        {
            let path = &path;
            return self.vary(inner, path, choices);
        }
        self.change(trees, before, choices);
    }

    fn change(&self, trees: &mut Vec<Tree>, before: &str, choices: &mut Unstructured<'_>) {
        let items = tree::items(trees);
        let Ok(item) = choices.choose(&items).cloned() else { return };
        let other = self.parts.get(before).and_then(|parts| choices.choose(parts).ok());
        match choices.int_in_range(0..=7).unwrap_or_default() {
            0 if items.len() > 1 => drop(trees.drain(item)),
            1 => {
                let copy = trees[item.clone()].to_vec();
                trees.splice(item.end..item.end, copy);
            }
            2 => {
                let alias = [Tree::token("copy"), Tree::token(":")];
                let copy = trees[item.clone()].to_vec();
                trees.splice(item.end..item.end, alias.into_iter().chain(copy));
            }
            3 => {
                let inner = trees.drain(item.clone()).collect();
                let fragment = [Tree::token("..."), Tree::Group('{', inner)];
                trees.splice(item.start..item.start, fragment);
            }
            4 if is_value(trees, item.end - 1) => {
                let value = choices.choose(VALUES).copied().unwrap_or("null");
                trees[item.end - 1] = Tree::token(value);
            }
            5 => {
                let (name, value) = choices.choose(DIRECTIVES).copied().unwrap_or(DIRECTIVES[0]);
                let condition = ["if", ":", value].map(Tree::token).to_vec();
                let directive = [Tree::token(name), Tree::Group('(', condition)];
                let fields = matches!(trees[item.end - 1], Tree::Group('{', _));
                let at = item.end - usize::from(fields);
                trees.splice(at..at, directive);
            }
            6 => {
                if let Some(other) = other {
                    trees.clone_from(other);
                }
            }
            _ => {
                let more = other.map(|other| (other, tree::items(other)));
                if let Some((other, among)) = more
                    && let Ok(part) = choices.choose(&among).cloned()
                {
                    trees.splice(item.end..item.end, other[part].to_vec());
                }
            }
        }
    }
}

/// Whether what stands here is the value of an argument or of an input object's field.
fn is_value(trees: &[Tree], at: usize) -> bool {
    let after_colon = at > 0 && trees[at - 1] == Tree::token(":");
    after_colon && !trees[at].is_name()
}

/// The names that lead to a group: of what it belongs to, and of what that belongs to.
fn path(trees: &[Tree], at: usize, before: &str) -> String {
    let Tree::Group(open, _) = &trees[at] else { return String::new() };
    let name = trees[..at].iter().rev().find_map(|tree| match tree {
        Tree::Token(name) if tree.is_name() => Some(name.as_str()),
        _ => None,
    });
    let last = before.rsplit(' ').next().unwrap_or_default();
    format!("{last} {}{open}", name.unwrap_or_default())
}

fn collect(trees: &[Tree], before: &str, parts: &mut HashMap<String, Vec<Vec<Tree>>>) {
    for (at, tree) in trees.iter().enumerate() {
        if let Tree::Group(_, inner) = tree {
            let path = path(trees, at, before);
            collect(inner, &path, parts);
            parts.entry(path).or_default().push(inner.clone());
        }
    }
}
