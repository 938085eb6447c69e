//! Whether fields that share a response key can be merged into one, as the specification has it
//! (5.3.2): where they can meet in one object they are the same field with the same arguments, and
//! everywhere they have the same shape.
//!
//! async-graphql 7.2 compares fields within one selection set only. The engine merges across them,
//! so a conflict that passed here would be answered wrongly.

use std::collections::HashSet;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, Selection, SelectionSet, Type,
};
use async_graphql::{Name, Positioned, ServerError};

use super::model::{BUILT_IN_SCALARS, Contract, TypeKind, base_name};

/// Selection sets that end up in one object, each with the type it is written for.
type Sets<'a> = Vec<(&'a str, &'a SelectionSet)>;

/// The fields of one response key, each with the type it is selected of.
type Group<'a> = Vec<(&'a str, &'a Positioned<Field>)>;

/// Every conflict in a document that is valid apart from that.
pub(super) fn mistakes(contract: &Contract, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut merge = Merge { contract, document, seen: HashSet::new(), errors: Vec::new() };
    for (_, operation) in document.operations.iter() {
        if let Some(root) = contract.root(operation.node.ty) {
            merge.can_merge(vec![(root, &operation.node.selection_set.node)]);
        }
    }
    merge.errors
}

struct Merge<'a> {
    contract: &'a Contract,
    document: &'a ExecutableDocument,
    /// What has been compared, by the addresses of the sets: a fragment used in many places is
    /// looked at once.
    seen: HashSet<(bool, Vec<usize>)>,
    errors: Vec<ServerError>,
}

impl<'a> Merge<'a> {
    /// Fields that can meet in one object must be the same.
    fn can_merge(&mut self, sets: Sets<'a>) {
        if !self.is_new(true, &sets) {
            return;
        }
        for (key, group) in self.groups(&sets) {
            self.same_shape(key, &group);
            for meeting in self.meetings(group) {
                let (_, first) = meeting[0];
                if let Some((_, other)) =
                    meeting.iter().find(|(_, other)| !is_same(&first.node, &other.node))
                {
                    self.conflict(
                        key,
                        "they are different fields or have different arguments",
                        first,
                        other,
                    );
                }
                self.can_merge(self.below(&meeting));
            }
        }
    }

    /// Fields of one key must have the same shape, whatever they are selected of.
    fn same_shape(&mut self, key: &str, group: &Group<'a>) {
        let types: Vec<_> = group
            .iter()
            .filter_map(|(parent, field)| Some((self.field_type(parent, field)?, *field)))
            .collect();
        if let Some((first, first_field)) = types.first()
            && let Some((_, other)) = types.iter().find(|(ty, _)| !self.is_same_shape(first, ty))
        {
            self.conflict(key, "they answer different types", first_field, other);
        }
        let below = self.below(group);
        if self.is_new(false, &below) {
            for (key, group) in self.groups(&below) {
                self.same_shape(key, &group);
            }
        }
    }

    /// The fields of all these sets by response key, fragments opened.
    fn groups(&self, sets: &Sets<'a>) -> IndexMap<&'a str, Group<'a>> {
        let mut groups = IndexMap::new();
        let mut opened = HashSet::new();
        for (parent, set) in sets {
            self.gather(parent, set, &mut opened, &mut groups);
        }
        groups
    }

    fn gather(
        &self,
        parent: &'a str,
        set: &'a SelectionSet,
        opened: &mut HashSet<&'a Name>,
        groups: &mut IndexMap<&'a str, Group<'a>>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => groups
                    .entry(field.node.response_key().node.as_str())
                    .or_default()
                    .push((parent, field)),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment
                        .node
                        .type_condition
                        .as_ref()
                        .map_or(parent, |condition| condition.node.on.node.as_str());
                    self.gather(condition, &fragment.node.selection_set.node, opened, groups);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let (true, Some(fragment)) =
                        (opened.insert(name), self.document.fragments.get(name))
                    {
                        self.gather(
                            fragment.node.type_condition.node.on.node.as_str(),
                            &fragment.node.selection_set.node,
                            opened,
                            groups,
                        );
                    }
                }
            }
        }
    }

    /// Parts a group into those that can meet. Two object types never do; an interface or union
    /// may be any of them.
    fn meetings(&self, group: Group<'a>) -> Vec<Group<'a>> {
        let is_object = |name: &str| {
            !matches!(
                self.contract.get(name).map(|ty| &ty.kind),
                Some(TypeKind::Interface { .. } | TypeKind::Union { .. })
            )
        };
        let (concrete, anywhere): (Group<'a>, Group<'a>) =
            group.into_iter().partition(|(parent, _)| is_object(parent));
        let mut meetings: IndexMap<&str, Group<'a>> = IndexMap::new();
        for (parent, field) in concrete {
            meetings.entry(parent).or_default().push((parent, field));
        }
        if meetings.is_empty() {
            return vec![anywhere];
        }
        meetings
            .into_values()
            .map(|meeting| anywhere.iter().copied().chain(meeting).collect())
            .collect()
    }

    fn below(&self, group: &Group<'a>) -> Sets<'a> {
        let set = |(parent, field): &(&'a str, &'a Positioned<Field>)| {
            let set = &field.node.selection_set.node;
            (!set.items.is_empty())
                .then(|| (self.field_type(parent, field).map_or("", base_name), set))
        };
        group.iter().filter_map(set).collect()
    }

    /// None for what is async-graphql's own: `__typename` and introspection.
    fn field_type(&self, parent: &str, field: &Positioned<Field>) -> Option<&'a Type> {
        self.contract.field(parent, &field.node.name.node).map(|definition| &definition.ty)
    }

    fn is_same_shape(&self, first: &Type, other: &Type) -> bool {
        first.nullable == other.nullable
            && match (&first.base, &other.base) {
                (BaseType::List(first), BaseType::List(other)) => self.is_same_shape(first, other),
                (BaseType::Named(first), BaseType::Named(other)) => {
                    first == other || !(self.is_leaf(first) || self.is_leaf(other))
                }
                _ => false,
            }
    }

    fn is_leaf(&self, name: &str) -> bool {
        BUILT_IN_SCALARS.contains(&name)
            || matches!(
                self.contract.get(name).map(|ty| &ty.kind),
                Some(TypeKind::Scalar { .. } | TypeKind::Enum { .. })
            )
    }

    fn is_new(&mut self, merging: bool, sets: &Sets<'a>) -> bool {
        let mut addresses: Vec<usize> =
            sets.iter().map(|(_, set)| std::ptr::from_ref(*set).addr()).collect();
        addresses.sort_unstable();
        !addresses.is_empty() && self.seen.insert((merging, addresses))
    }

    fn conflict(
        &mut self,
        key: &str,
        why: &str,
        first: &Positioned<Field>,
        other: &Positioned<Field>,
    ) {
        let message = format!(
            "Fields \"{key}\" cannot be merged because {why}. Give them different aliases if both are wanted."
        );
        let mut error = ServerError::new(message, Some(first.pos));
        error.locations.push(other.pos);
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }
}

fn is_same(first: &Field, other: &Field) -> bool {
    first.name.node == other.name.node
        && first.arguments.len() == other.arguments.len()
        && first.arguments.iter().all(|(name, value)| {
            other.get_argument(&name.node).is_some_and(|other| other.node == value.node)
        })
}
