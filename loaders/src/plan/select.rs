//! Which fields of a concrete type an operation selects: fragments opened, equal response keys
//! merged, `@skip` and `@include` applied.

use std::collections::HashSet;

use async_graphql::parser::types::{Directive, Field, Selection, SelectionSet};
use async_graphql::{Positioned, Value as ConstValue};
use async_graphql_value::Value as AstValue;

use super::Context;

/// A selected field, with every selection set that its response key gathers.
pub(crate) struct Selected<'a> {
    pub(crate) key: &'a str,
    pub(crate) field: &'a Positioned<Field>,
    pub(crate) sets: Vec<&'a SelectionSet>,
}

impl<'a> Context<'a> {
    /// The fields that these selection sets select of a concrete type, in the order first named.
    pub(crate) fn selected(&self, sets: &[&'a SelectionSet], type_name: &str) -> Vec<Selected<'a>> {
        let mut selected = Vec::new();
        let mut opened = HashSet::new();
        for set in sets {
            self.gather(set, type_name, &mut opened, &mut selected);
        }
        selected
    }

    fn gather(
        &self,
        set: &'a SelectionSet,
        type_name: &str,
        opened: &mut HashSet<&'a str>,
        selected: &mut Vec<Selected<'a>>,
    ) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) if self.included(&field.node.directives) => {
                    let key = field.node.response_key().node.as_str();
                    match selected.iter_mut().find(|have| have.key == key) {
                        Some(have) => have.sets.push(&field.node.selection_set.node),
                        None => selected.push(Selected {
                            key,
                            field,
                            sets: vec![&field.node.selection_set.node],
                        }),
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.node.directives) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.fragments.get(name)
                        && opened.insert(name)
                        && self
                            .applies(fragment.node.type_condition.node.on.node.as_str(), type_name)
                    {
                        self.gather(&fragment.node.selection_set.node, type_name, opened, selected);
                    }
                }
                Selection::InlineFragment(inline) if self.included(&inline.node.directives) => {
                    let applies = inline
                        .node
                        .type_condition
                        .as_ref()
                        .is_none_or(|on| self.applies(on.node.on.node.as_str(), type_name));
                    if applies {
                        self.gather(&inline.node.selection_set.node, type_name, opened, selected);
                    }
                }
                _ => {}
            }
        }
    }

    fn applies(&self, condition: &str, type_name: &str) -> bool {
        condition == type_name || self.contract.possible_types(condition).contains(&type_name)
    }

    fn included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| match directive.node.name.node.as_str() {
            "skip" => !self.condition(&directive.node),
            "include" => self.condition(&directive.node),
            _ => true,
        })
    }

    fn condition(&self, directive: &Directive) -> bool {
        match directive.get_argument("if").map(|value| &value.node) {
            Some(AstValue::Boolean(value)) => *value,
            Some(AstValue::Variable(name)) => self.variables.iter().any(|(variable, _, value)| {
                variable == name && *value == Some(ConstValue::Boolean(true))
            }),
            _ => false,
        }
    }
}
