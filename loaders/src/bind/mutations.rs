//! Binds each field of the mutation root to a registered mutation, and holds its payload to the
//! conventions that the engine fills in: `errors`, `position`, and nothing that must not be null.

use std::collections::HashMap;

use super::model::RootMutation;
use crate::contract::{Contract, FieldDef, TypeKind, base_name};
use crate::registry::Registry;

/// Binds the mutation root.
pub(super) fn bind(
    contract: &Contract,
    registry: &Registry,
    mistakes: &mut Vec<String>,
) -> HashMap<String, RootMutation> {
    let mut bound = HashMap::new();
    let Some(root) = &contract.mutation else {
        mistakes.extend(registry.mutations.keys().map(|name| {
            format!("a mutation is registered for `{name}`, but the contract has no mutation root")
        }));
        return bound;
    };
    for field in contract.fields(root) {
        let mut wrong = |reason: &str| {
            mistakes.push(format!("line {}: `{root}.{}`: {reason}", field.line, field.name));
        };
        for reason in conventions(contract, field) {
            wrong(&reason);
        }
        match registry.mutations.get(&field.name) {
            Some(mutation) => {
                let payload: &'static str = Box::leak(base_name(&field.ty).to_string().into());
                let mutation = mutation.clone();
                bound.insert(field.name.clone(), RootMutation { mutation, payload });
            }
            None => wrong("no mutation is registered for it"),
        }
    }
    for name in registry.mutations.keys().filter(|name| contract.field(root, name).is_none()) {
        mistakes.push(format!(
            "a mutation is registered for `{root}.{name}`, which the contract does not have"
        ));
    }
    bound
}

/// What every mutation keeps: one `input`, a nullable payload, its errors and its position.
fn conventions(contract: &Contract, field: &FieldDef) -> Vec<String> {
    let mut broken = Vec::new();
    let takes_input = match field.arguments.as_slice() {
        [argument] => {
            argument.name == "input"
                && !argument.ty.nullable
                && matches!(
                    contract.get(base_name(&argument.ty)).map(|ty| &ty.kind),
                    Some(TypeKind::Input { .. })
                )
        }
        _ => false,
    };
    if !takes_input {
        broken.push("a mutation has one argument, `input`, a non-null input object".to_string());
    }
    if !field.ty.nullable {
        broken.push(
            "its payload must be nullable: it is null where the write is refused".to_string(),
        );
    }
    let payload = contract.fields(base_name(&field.ty));
    for (name, ty) in [("errors", "[UserError!]!"), ("position", "String")] {
        if !payload.iter().any(|have| have.name == name && have.ty.to_string() == ty) {
            broken.push(format!("its payload needs `{name}: {ty}`"));
        }
    }
    for changed in payload.iter().filter(|have| have.name != "errors" && !have.ty.nullable) {
        broken.push(format!(
            "`{}` of its payload must be nullable: it is null where there are errors",
            changed.name
        ));
    }
    broken
}
