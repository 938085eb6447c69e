//! How a registered resolver's outputs are written: leaf by leaf, entities by reference.

use async_graphql::parser::types::{BaseType, SelectionSet, Type};

use super::Context;
use super::input::located;
use super::select::Selected;
use super::types::{
    Key, OutputField, OutputPlan, OutputsPlan, ReferencePlan, ResolverCall, ResolverPlan, typename,
};
use crate::contract::{FieldDef, TypeKind};
use crate::error::RequestError;
use crate::resolver::SharedResolver;

impl<'a> Context<'a> {
    /// Plans a field that a registered resolver answers.
    pub(crate) fn resolver(
        &self,
        resolver: &SharedResolver,
        def: &FieldDef,
        selected: &Selected<'a>,
        depth: usize,
    ) -> Result<ResolverPlan, RequestError> {
        let call = self.call(resolver, def, selected)?;
        Ok(ResolverPlan { call, outputs: self.outputs(&def.ty, selected, depth)? })
    }

    fn call(
        &self,
        resolver: &SharedResolver,
        def: &FieldDef,
        selected: &Selected<'a>,
    ) -> Result<ResolverCall, RequestError> {
        let mut arguments = Vec::with_capacity(def.arguments.len());
        for argument in &def.arguments {
            let value = self
                .inputs()
                .argument(argument, &selected.field.node.arguments)
                .map_err(|error| located(error, selected.field))?;
            if let Some(value) = value {
                arguments.push((argument.name.clone(), value));
            }
        }
        Ok(ResolverCall { resolver: resolver.clone(), field: def.name.clone(), arguments })
    }

    /// How outputs of this type are written.
    pub(crate) fn outputs(
        &self,
        ty: &Type,
        selected: &Selected<'a>,
        depth: usize,
    ) -> Result<OutputsPlan, RequestError> {
        let mut references = Vec::new();
        let output = self.output(ty, &selected.sets, &mut references, depth)?;
        let calls = has_calls(&output);
        Ok(OutputsPlan { output, references, calls })
    }

    /// How a value of this type is written, given what is selected of it.
    fn output(
        &self,
        ty: &Type,
        sets: &[&'a SelectionSet],
        references: &mut Vec<ReferencePlan>,
        depth: usize,
    ) -> Result<OutputPlan, RequestError> {
        let name = match &ty.base {
            BaseType::List(inner) => {
                return Ok(OutputPlan::List {
                    item: Box::new(self.output(inner, sets, references, depth)?),
                    nullable: inner.nullable,
                });
            }
            BaseType::Named(name) => name.as_str(),
        };
        if !matches!(
            self.contract.get(name).map(|ty| &ty.kind),
            Some(TypeKind::Object { .. } | TypeKind::Interface { .. } | TypeKind::Union { .. })
        ) {
            return Ok(OutputPlan::Leaf);
        }
        let (mut by_reference, mut objects) = (Vec::new(), Vec::new());
        for type_name in self.contract.possible_types(name) {
            if let Some((entity, _)) = self.model.entity(type_name) {
                let plan = self.reference(entity, sets, depth)?;
                by_reference.push((type_name.to_string(), shared(references, plan)));
                continue;
            }
            let (mut fields, mut calls) = (Vec::new(), 0);
            for inner in self.selected(sets, type_name) {
                self.descend(&inner, depth)?;
                let field_name = inner.field.node.name.node.as_str();
                let (nullable, plan) = match self.contract.field(type_name, field_name) {
                    Some(def) => (
                        def.ty.nullable,
                        Ok(self.output(&def.ty, &inner.sets, references, depth + 1)?),
                    ),
                    None => (false, Err(typename(type_name))),
                };
                let resolver =
                    self.model.resolvers.get(&(type_name.to_string(), field_name.to_string()));
                let call = match (resolver, self.contract.field(type_name, field_name)) {
                    (Some(resolver), Some(def)) => {
                        calls += 1;
                        Some((calls - 1, self.call(resolver, def, &inner)?))
                    }
                    _ => None,
                };
                fields.push(OutputField {
                    key: Key::new(inner.key),
                    name: field_name.to_string(),
                    nullable,
                    plan,
                    call,
                });
            }
            objects.push((type_name.to_string(), fields));
        }
        Ok(OutputPlan::Composite { references: by_reference, objects })
    }
}

fn has_calls(output: &OutputPlan) -> bool {
    match output {
        OutputPlan::Leaf => false,
        OutputPlan::List { item, .. } => has_calls(item),
        OutputPlan::Composite { objects, .. } => objects
            .iter()
            .flat_map(|(_, fields)| fields)
            .any(|field| field.call.is_some() || field.plan.as_ref().is_ok_and(has_calls)),
    }
}

/// The place of a plan among others; an equal one is not kept twice.
pub(crate) fn shared(references: &mut Vec<ReferencePlan>, plan: ReferencePlan) -> usize {
    references.iter().position(|have| *have == plan).unwrap_or_else(|| {
        references.push(plan);
        references.len() - 1
    })
}
