//! How large a document is once its fragments are opened, told before anything walks it.
//!
//! A few hundred bytes of fragments that spread each other open to billions of fields, and
//! validation opens them. Each fragment is counted once here, however often it is spread.

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value};

/// Fragments within fragments that are followed; a longer chain counts as endless.
const CHAIN_MAXIMUM: usize = 256;

/// What a document comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Size {
    /// Its operations.
    pub operations: usize,
    /// Fields and spreads in all: a fragment's count where it is written and wherever it is
    /// spread, as validation walks them.
    pub fields: usize,
    /// A fragment that spreads itself, which never ends.
    pub circle: Option<Name>,
    /// Names given to fields.
    pub aliases: usize,
    /// Directives.
    pub directives: usize,
    /// Those at one place.
    pub directives_together: usize,
    /// Variables of one operation.
    pub variables: usize,
    /// Items of one list, with those of the lists in it.
    pub list_items: usize,
    /// Fields at the root of one operation.
    pub root_fields: usize,
    /// How deep introspection asks for the members of members of types.
    pub introspection: usize,
}

impl Size {
    /// Measures what validation would open, and what circle it would not find its way out of.
    /// Nothing else is measured yet.
    pub fn of(document: &ExecutableDocument) -> Self {
        let mut measure = Measure { document, known: HashMap::new(), circle: None };
        let (mut operations, mut fields) = (0, 0usize);
        for name in document.fragments.keys() {
            fields = fields.saturating_add(measure.fragment(name, 0));
        }
        for (_, operation) in document.operations.iter() {
            operations += 1;
            let set = &operation.node.selection_set.node;
            fields = fields.saturating_add(measure.fields(set, 0));
        }
        Self { operations, fields, circle: measure.circle.cloned(), ..Self::default() }
    }

    /// Measures the rest, which opens every spread: only for a document whose `fields` are few
    /// and without a circle.
    pub fn in_detail(mut self, document: &ExecutableDocument) -> Self {
        let measure = Measure { document, known: HashMap::new(), circle: None };
        for (_, operation) in document.operations.iter().map(|(name, one)| (name, &one.node)) {
            let set = &operation.selection_set.node;
            self.root_fields = self.root_fields.max(measure.root_fields(set));
            self.introspection = self.introspection.max(measure.members(set, 0));
            self.variables = self.variables.max(operation.variable_definitions.len());
            self.add_directives(&operation.directives);
            for variable in operation.variable_definitions.iter().map(|variable| &variable.node) {
                self.add_directives(&variable.directives);
                if let Some(default) = &variable.default_value {
                    self.list_items = self.list_items.max(list_items(&default.node));
                }
            }
            self.add_written(set);
        }
        for fragment in document.fragments.values().map(|fragment| &fragment.node) {
            self.add_directives(&fragment.directives);
            self.add_written(&fragment.selection_set.node);
        }
        self
    }

    /// Counts what is written in a selection, spreads not opened.
    fn add_written(&mut self, set: &SelectionSet) {
        for selection in set.items.iter().map(|item| &item.node) {
            self.add_directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    for (_, value) in &field.node.arguments {
                        let literal = value
                            .node
                            .clone()
                            .into_const_with(|_| Ok::<_, Infallible>(Value::Null));
                        let Ok(literal) = literal;
                        self.list_items = self.list_items.max(list_items(&literal));
                    }
                    self.add_written(&field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => {
                    self.add_written(&inline.node.selection_set.node)
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn add_directives(&mut self, directives: &[Positioned<Directive>]) {
        self.directives += directives.len();
        self.directives_together = self.directives_together.max(directives.len());
    }
}

/// The items of a value's longest list, with those of the lists in it.
pub fn list_items(value: &Value) -> usize {
    match value {
        Value::List(_) => all_items(value),
        Value::Object(fields) => fields.values().map(list_items).max().unwrap_or(0),
        _ => 0,
    }
}

fn all_items(value: &Value) -> usize {
    match value {
        Value::List(items) => items.len() + items.iter().map(all_items).sum::<usize>(),
        Value::Object(fields) => fields.values().map(all_items).sum(),
        _ => 0,
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// The fields of each fragment; none while it is being counted, which a circle meets again.
    known: HashMap<&'a Name, Option<usize>>,
    circle: Option<&'a Name>,
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
        match self.known.get(name) {
            Some(Some(fields)) => return *fields,
            Some(None) => {
                self.circle = Some(name);
                return 0;
            }
            None => {}
        }
        if chain == CHAIN_MAXIMUM {
            return usize::MAX;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return 0 };
        self.known.insert(name, None);
        let fields = self.fields(&fragment.node.selection_set.node, chain + 1);
        self.known.insert(name, Some(fields));
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

    fn size(text: &str) -> Size {
        let document = async_graphql::parser::parse_query(text).unwrap();
        Size::of(&document).in_detail(&document)
    }

    #[test]
    fn fields_are_counted_with_fragments_opened() {
        let table = [
            ("{ a b { c } }", 3, 2, 0),
            ("{ ...F ...F } fragment F on Query { a b }", 8, 4, 0),
            ("{ ... { a } }", 2, 1, 0),
            ("query A { a b } query B { a }", 3, 2, 0),
            ("{ __schema { types { fields { type { fields { name } } } } } }", 6, 1, 2),
        ];
        for (text, fields, root_fields, introspection) in table {
            let size = size(text);
            let found = (size.fields, size.root_fields, size.introspection);
            assert_eq!(found, (fields, root_fields, introspection), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_counted_once() {
        let text = "query A($a: [Int] = [1, 2], $b: Int @d) @d @e { x: a(in: [[$a, 1], [2]]) @d \
            ... @d @d @d { y: b(in: {c: [1, 2], d: [1, 2, 3, 4, {e: [5, 6]}]}) } ...F ...F } \
            query B($a: Int) { a } fragment F on Query @d { z: a }";
        let size = size(text);
        assert_eq!(
            (size.operations, size.variables, size.aliases, size.directives),
            (2, 2, 3, 8),
            "{size:?}"
        );
        assert_eq!((size.directives_together, size.list_items), (3, 7), "{size:?}");
    }

    #[test]
    fn a_bomb_of_fragments_is_counted_at_once() {
        let fragments: String = (0..60)
            .map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1))
            .collect();
        // Validation walks it whether it is spread or not.
        for operation in ["{ ...F0 }", "{ a }"] {
            let document = format!("{operation} {fragments} fragment F60 on Query {{ a }}");
            assert!(opened(&document).fields > 1 << 60);
        }
        let chain: String =
            (0..5000).map(|n| format!("fragment F{n} on Query {{ ...F{} }}", n + 1)).collect();
        assert_eq!(opened(&format!("{{ ...F0 }} {chain}")).fields, usize::MAX);
    }

    #[test]
    fn a_circle_is_found_whether_it_is_spread_or_not() {
        let circle = "fragment A on Query { a { ...B } } fragment B on Query { ...A }";
        for operation in ["{ ...A }", "{ a }"] {
            assert!(opened(&format!("{operation} {circle}")).circle.is_some());
        }
        let tree = "{ ...A ...B } fragment A on Query { ...B ...B } fragment B on Query { a }";
        assert_eq!(opened(tree).circle, None);
    }

    fn opened(document: &str) -> Size {
        Size::of(&async_graphql::parser::parse_query(document).unwrap())
    }
}
