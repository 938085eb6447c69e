//! What a contract is made of: types, fields, arguments, each with its documentation and line.

use std::collections::BTreeMap;

use async_graphql::Value as ConstValue;
use async_graphql::parser::types::{BaseType, OperationType, Type};

/// The scalars that GraphQL itself has; no contract defines them.
pub const BUILT_IN_SCALARS: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// A whole schema: every type by name, and the names of the root types.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// Every named type, built-in scalars (`Int`, `Float`, `String`, `Boolean`, `ID`) left out.
    pub types: BTreeMap<String, TypeDef>,
    /// Every directive that the contract itself defines, by name without `@`.
    pub directives: BTreeMap<String, DirectiveDef>,
    /// Name of the query root.
    pub query: String,
    /// Name of the mutation root, if the contract has one.
    pub mutation: Option<String>,
    /// Name of the subscription root, if the contract has one.
    pub subscription: Option<String>,
}

/// One named type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Its name, as in the SDL.
    pub name: String,
    /// Its documentation.
    pub description: Option<String>,
    /// What it is.
    pub kind: TypeKind,
    /// The contract's own directives on it; on objects only.
    pub directives: Vec<AppliedDirective>,
    /// The line it starts on in the SDL, from 1; 0 for a type that was derived.
    pub line: usize,
}

/// What a type is, with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// A leaf with its own form.
    Scalar {
        /// `@specifiedBy(url:)`.
        specified_by: Option<String>,
    },
    /// An object with fields.
    Object {
        /// Interfaces it implements.
        implements: Vec<String>,
        /// Fields in the order written.
        fields: Vec<FieldDef>,
    },
    /// An interface.
    Interface {
        /// Interfaces it implements.
        implements: Vec<String>,
        /// Fields in the order written.
        fields: Vec<FieldDef>,
    },
    /// A union.
    Union {
        /// Its member types.
        members: Vec<String>,
    },
    /// A closed list of values.
    Enum {
        /// Values in the order written.
        values: Vec<EnumValue>,
    },
    /// An input object.
    Input {
        /// Fields in the order written.
        fields: Vec<InputDef>,
        /// Exactly one field must be given (`@oneOf`).
        one_of: bool,
    },
}

/// One value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// The value.
    pub name: String,
    /// Its documentation.
    pub description: Option<String>,
    /// Why not to use it any more.
    pub deprecation: Option<String>,
}

/// A field of an object or interface.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDef {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub description: Option<String>,
    /// Its arguments, in the order written.
    pub arguments: Vec<InputDef>,
    /// Its type.
    pub ty: Type,
    /// Why not to use it any more.
    pub deprecation: Option<String>,
    /// The contract's own directives on it.
    pub directives: Vec<AppliedDirective>,
    /// Its line in the SDL, from 1; 0 when derived.
    pub line: usize,
}

/// A directive that the contract defines.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectiveDef {
    /// Its name, without `@`.
    pub name: String,
    /// Its documentation.
    pub description: Option<String>,
    /// Its arguments, in the order written.
    pub arguments: Vec<InputDef>,
    /// Where it may stand.
    pub place: DirectivePlace,
    /// Its line in the SDL, from 1; 0 when derived.
    pub line: usize,
}

/// Where a directive may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectivePlace {
    /// On fields of objects and interfaces.
    Field,
    /// On object types.
    Object,
}

impl DirectivePlace {
    /// The place as SDL names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field => "FIELD_DEFINITION",
            Self::Object => "OBJECT",
        }
    }
}

/// A directive on a field or a type, such as `@computed`.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedDirective {
    /// Its name, without `@`.
    pub name: String,
    /// The arguments that were given.
    pub arguments: Vec<(String, ConstValue)>,
}

/// An argument of a field, or a field of an input object.
#[derive(Debug, Clone, PartialEq)]
pub struct InputDef {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub description: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Its default, as written.
    pub default: Option<ConstValue>,
    /// Why not to use it any more.
    pub deprecation: Option<String>,
    /// Its line in the SDL, from 1; 0 when derived.
    pub line: usize,
}

/// The name within a type: `Int` of `[Int!]!`.
pub fn base_name(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base_name(inner),
    }
}

/// The directive of fields that are given only to those who have a permission.
const REQUIRES: &str = "requires";

impl FieldDef {
    /// Whether the field carries the contract's own directive of this name.
    pub fn has_directive(&self, name: &str) -> bool {
        self.directives.iter().any(|directive| directive.name == name)
    }

    /// The permission that `@requires` names.
    pub fn permission(&self) -> Option<&str> {
        let requires = self.directives.iter().find(|directive| directive.name == REQUIRES)?;
        match requires.arguments.first() {
            Some((_, ConstValue::String(permission))) => Some(permission),
            _ => None,
        }
    }
}

impl TypeDef {
    /// The contract's own directive of this name on the type.
    pub fn directive(&self, name: &str) -> Option<&AppliedDirective> {
        self.directives.iter().find(|directive| directive.name == name)
    }
}

impl InputDef {
    /// Whether it must be given: non-null and without a default.
    pub fn is_required(&self) -> bool {
        !self.ty.nullable && self.default.is_none()
    }
}

impl Contract {
    /// The type of this name, if the contract has it.
    pub fn get(&self, name: &str) -> Option<&TypeDef> {
        self.types.get(name)
    }

    /// The name of the root type of such operations, if the contract has them.
    pub fn root(&self, operation: OperationType) -> Option<&str> {
        match operation {
            OperationType::Query => Some(&self.query),
            OperationType::Mutation => self.mutation.as_deref(),
            OperationType::Subscription => self.subscription.as_deref(),
        }
    }

    /// The object or interface fields of a type; empty for any other kind.
    pub fn fields(&self, type_name: &str) -> &[FieldDef] {
        match self.types.get(type_name).map(|ty| &ty.kind) {
            Some(TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. }) => fields,
            _ => &[],
        }
    }

    /// One field of an object or interface.
    pub fn field(&self, type_name: &str, field: &str) -> Option<&FieldDef> {
        self.fields(type_name).iter().find(|def| def.name == field)
    }

    /// The concrete object types that a value of this type can have: itself, an interface's
    /// implementors or a union's members, in name order.
    pub fn possible_types(&self, type_name: &str) -> Vec<&str> {
        match self.types.get(type_name).map(|ty| &ty.kind) {
            Some(TypeKind::Object { .. }) => vec![&self.types[type_name].name],
            Some(TypeKind::Union { members }) => members.iter().map(String::as_str).collect(),
            Some(TypeKind::Interface { .. }) => self
                .types
                .values()
                .filter(|ty| matches!(&ty.kind, TypeKind::Object { implements, .. } if implements.iter().any(|i| i == type_name)))
                .map(|ty| ty.name.as_str())
                .collect(),
            _ => Vec::new(),
        }
    }
}
