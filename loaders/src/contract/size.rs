//! How large a document is once its fragments are opened, told before anything walks it.
//!
//! A few hundred bytes of fragments that spread each other open to billions of fields, and
//! validation opens them. Each fragment is counted once here, however often it is spread.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

/// Fragments within fragments that are followed; a longer chain counts as endless.
const CHAIN_MAXIMUM: usize = 256;

/// What a document comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Fields and spreads in all, of its largest operation.
    pub fields: usize,
    /// Those at the root.
    pub root_fields: usize,
    /// How deep introspection asks for the members of members of types.
    pub introspection: usize,
}

impl Size {
    /// Measures a document that was parsed; it need not be valid.
    pub fn of(document: &ExecutableDocument) -> Self {
        let mut measure = Measure { document, known: HashMap::new() };
        let mut size = Self::default();
        for (_, operation) in document.operations.iter() {
            let set = &operation.node.selection_set.node;
            size.fields = size.fields.max(measure.fields(set, 0));
        }
        size
    }

    /// Measures the rest, which opens every spread: only for a document whose `fields` are few
    /// and whose fragments are not circular.
    pub fn in_detail(mut self, document: &ExecutableDocument) -> Self {
        let measure = Measure { document, known: HashMap::new() };
        for (_, operation) in document.operations.iter() {
            let set = &operation.node.selection_set.node;
            self.root_fields = self.root_fields.max(measure.root_fields(set));
            self.introspection = self.introspection.max(measure.members(set, 0));
        }
        self
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// The fields of each fragment; 0 while it is being counted, which a circle meets again.
    known: HashMap<&'a Name, usize>,
}

impl<'a> Measure<'a> {
    fn fields(&mut self, set: &'a SelectionSet, chain: usize) -> usize {
        let mut fields = 0usize;
        for item in &set.items {
            let below = match &item.node {
                Selection::Field(field) => self.fields(&field.node.selection_set.node, chain),
                Selection::InlineFragment(fragment) => {
                    self.fields(&fragment.node.selection_set.node, chain)
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, chain)
                }
            };
            fields = fields.saturating_add(1).saturating_add(below);
        }
        fields
    }

    fn fragment(&mut self, name: &'a Name, chain: usize) -> usize {
        if let Some(fields) = self.known.get(name) {
            return *fields;
        }
        if chain == CHAIN_MAXIMUM {
            return usize::MAX;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return 0 };
        self.known.insert(name, 0);
        let fields = self.fields(&fragment.node.selection_set.node, chain + 1);
        self.known.insert(name, fields);
        fields
    }

    fn root_fields(&self, set: &SelectionSet) -> usize {
        self.opened(set, 0, &|_, _| 1, usize::saturating_add)
    }

    /// The most members within members on one path.
    fn members(&self, set: &SelectionSet, chain: usize) -> usize {
        let of_field = |field: &Field, chain| {
            let own = usize::from(MEMBERS.contains(&field.name.node.as_str()));
            self.members(&field.selection_set.node, chain).saturating_add(own)
        };
        self.opened(set, chain, &of_field, usize::max)
    }

    /// Puts together what each field of a selection comes to, every spread opened.
    fn opened(
        &self,
        set: &SelectionSet,
        chain: usize,
        of_field: &dyn Fn(&Field, usize) -> usize,
        with: fn(usize, usize) -> usize,
    ) -> usize {
        let below = |item: &Selection| match item {
            Selection::Field(field) => of_field(&field.node, chain),
            Selection::InlineFragment(fragment) => {
                self.opened(&fragment.node.selection_set.node, chain, of_field, with)
            }
            Selection::FragmentSpread(_) if chain == CHAIN_MAXIMUM => usize::MAX,
            Selection::FragmentSpread(spread) => {
                self.document.fragments.get(&spread.node.fragment_name.node).map_or(0, |fragment| {
                    self.opened(&fragment.node.selection_set.node, chain + 1, of_field, with)
                })
            }
        };
        set.items.iter().map(|item| below(&item.node)).fold(0, with)
    }
}

/// What leads from a type to others by the dozen.
const MEMBERS: [&str; 4] = ["fields", "possibleTypes", "interfaces", "inputFields"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_with_fragments_opened() {
        let table = [
            ("{ a b { c } }", 3, 2, 0),
            ("{ ...F ...F } fragment F on Query { a b }", 6, 4, 0),
            ("{ ... { a } }", 2, 1, 0),
            ("{ __schema { types { fields { type { fields { name } } } } } }", 6, 1, 2),
        ];
        for (text, fields, root_fields, introspection) in table {
            let document = async_graphql::parser::parse_query(text).unwrap();
            let size = Size::of(&document).in_detail(&document);
            assert_eq!(size, Size { fields, root_fields, introspection }, "{text}");
        }
    }

    #[test]
    fn a_bomb_of_fragments_is_counted_at_once() {
        let fragments: String = (0..60)
            .map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1))
            .collect();
        let document = format!("{{ ...F0 }} {fragments} fragment F60 on Query {{ a }}");
        assert!(size_of_fields(&document) > 1 << 60);
        let chain: String =
            (0..5000).map(|n| format!("fragment F{n} on Query {{ ...F{} }}", n + 1)).collect();
        assert_eq!(size_of_fields(&format!("{{ ...F0 }} {chain}")), usize::MAX);
    }

    fn size_of_fields(document: &str) -> usize {
        Size::of(&async_graphql::parser::parse_query(document).unwrap()).fields
    }
}
