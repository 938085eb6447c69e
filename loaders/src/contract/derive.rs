//! The types that follow from others. An author writes the entities; their connections, filters,
//! orders and aggregates, the mutations of plain records, and what every contract has in common,
//! are added here.
//!
//! A type is derived when it is referred to and nobody wrote it, so a hand-written one of the same
//! name wins.

use std::collections::BTreeMap;

use super::check;
use super::entity;
use super::model::{
    AppliedDirective, Contract, DirectiveDef, FieldDef, InputDef, TypeDef, TypeKind, base_name,
};
use super::parse::read;
use super::print;
use super::record;
use crate::error::BindError;

/// The line that parts what people wrote from what is derived.
pub const MARKER: &str = "# ---- derived ----";

/// What stands below the marker, for whoever is about to edit there.
const NOTE: &str = "# Written by `cargo xtask schema --write` from what stands above. Do not edit below this line.";

/// What every contract may use without writing it.
const COMMON: &str = include_str!("common.graphql");

/// The text of a schema file with everything that follows from its authored part below the
/// marker. What stood there before does not matter.
pub fn complete(sdl: &str) -> Result<String, BindError> {
    let authored_text = authored(sdl);
    let (mut contract, mut mistakes) = read(authored_text)?;
    let derived = derive(&contract);
    mistakes.extend(derived.mistakes);
    let mut below = print::definitions(derived.directives.values(), derived.types.values());
    contract.types.extend(derived.types);
    contract.directives.extend(derived.directives);
    let root = contract.mutation_root().to_string();
    if !derived.mutations.is_empty() {
        below = format!("{}\n{below}", print::extension(&root, &derived.mutations));
    }
    if let Some(TypeKind::Object { fields, .. }) =
        contract.types.get_mut(&root).map(|ty| &mut ty.kind)
    {
        fields.extend(derived.mutations);
    }
    mistakes.extend(check::mistakes(&contract));
    if mistakes.is_empty() {
        Ok(format!("{}\n\n{MARKER}\n{NOTE}\n\n{below}", authored_text.trim_end()))
    } else {
        Err(BindError(mistakes))
    }
}

/// The part of a schema file that people wrote.
pub fn authored(sdl: &str) -> &str {
    let mut start = 0;
    for line in sdl.split_inclusive('\n') {
        if line.trim_end() == MARKER {
            return &sdl[..start];
        }
        start += line.len();
    }
    sdl
}

/// What follows from a contract and is not in it.
#[derive(Debug, Default)]
pub struct Derived {
    /// Types by name.
    pub types: BTreeMap<String, TypeDef>,
    /// Directives by name.
    pub directives: BTreeMap<String, DirectiveDef>,
    /// Further fields of the mutation root.
    pub mutations: Vec<FieldDef>,
    /// What kept a type from being derived.
    pub mistakes: Vec<String>,
}

/// Derives every type that is referred to but not written, and those that they refer to in turn.
pub fn derive(contract: &Contract) -> Derived {
    let common = match read(COMMON) {
        Ok((common, _)) => common,
        Err(BindError(mistakes)) => return Derived { mistakes, ..Derived::default() },
    };
    let mut derived = Derived::default();
    let records = record::derive(contract, &mut derived.mistakes);
    derived.mutations = records.mutations;
    let used = applied(contract).filter(|used| !contract.directives.contains_key(&used.name));
    for used in used {
        if let Some(directive) = common.directives.get(&used.name) {
            derived.directives.insert(used.name.clone(), directive.clone());
        }
    }
    let mut wanted: Vec<String> =
        contract.types.values().flat_map(references).map(str::to_string).collect();
    wanted.push(contract.mutation_root().to_string());
    wanted.extend(derived.mutations.iter().flat_map(of_field).map(str::to_string));
    wanted.extend(
        contract
            .directives
            .values()
            .chain(derived.directives.values())
            .flat_map(|directive| inputs(&directive.arguments))
            .map(str::to_string),
    );
    while let Some(name) = wanted.pop() {
        if contract.types.contains_key(&name) || derived.types.contains_key(&name) {
            continue;
        }
        let ty = common
            .get(&name)
            .or_else(|| records.types.get(&name))
            .cloned()
            .or_else(|| entity::derive(contract, &name, &mut derived.mistakes));
        if let Some(mut ty) = ty {
            wanted.extend(references(&ty).map(str::to_string));
            ty.line = 0;
            derived.types.insert(name, ty);
        }
    }
    derived
}

/// Every directive that stands somewhere.
fn applied(contract: &Contract) -> impl Iterator<Item = &AppliedDirective> {
    contract.types.values().flat_map(|ty| {
        let fields = contract.fields(&ty.name).iter();
        ty.directives.iter().chain(fields.flat_map(|field| &field.directives))
    })
}

/// The names of all types that a type refers to.
pub(super) fn references(ty: &TypeDef) -> Box<dyn Iterator<Item = &str> + '_> {
    match &ty.kind {
        TypeKind::Scalar { .. } | TypeKind::Enum { .. } => Box::new(std::iter::empty()),
        TypeKind::Union { members } => Box::new(members.iter().map(String::as_str)),
        TypeKind::Input { fields, .. } => Box::new(inputs(fields)),
        TypeKind::Object { implements, fields } | TypeKind::Interface { implements, fields } => {
            Box::new(implements.iter().map(String::as_str).chain(fields.iter().flat_map(of_field)))
        }
    }
}

fn of_field(field: &FieldDef) -> impl Iterator<Item = &str> {
    std::iter::once(base_name(&field.ty)).chain(inputs(&field.arguments))
}

fn inputs(inputs: &[InputDef]) -> impl Iterator<Item = &str> {
    inputs.iter().map(|input| base_name(&input.ty))
}
