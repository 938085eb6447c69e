//! From SDL to a [`Contract`], with every mistake in the text found at once and named by its line.

use async_graphql::Value as ConstValue;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, DirectiveDefinition, DirectiveLocation, FieldDefinition, InputValueDefinition,
    SchemaDefinition, TypeDefinition, TypeKind as ParsedKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

use super::check;
use super::model::{
    AppliedDirective, Contract, DirectiveDef, DirectivePlace, EnumValue, FieldDef, InputDef,
    TypeDef, TypeKind,
};
use crate::error::BindError;

/// What `@deprecated` says when it says nothing.
const DEFAULT_DEPRECATION: &str = "No longer supported";

impl Contract {
    /// Reads a complete schema: every type that is referred to must be there.
    pub fn parse(sdl: &str) -> Result<Self, BindError> {
        let (contract, mut mistakes) = read(sdl)?;
        mistakes.extend(check::mistakes(&contract));
        if mistakes.is_empty() { Ok(contract) } else { Err(BindError(mistakes)) }
    }
}

/// Reads SDL whose references may lead nowhere yet, and tells what is wrong apart from that.
pub(super) fn read(sdl: &str) -> Result<(Contract, Vec<String>), BindError> {
    let document = parse_schema(sdl).map_err(|error| BindError(vec![error.to_string()]))?;
    let mut reader = Reader::default();
    for definition in document.definitions {
        match definition {
            TypeSystemDefinition::Schema(schema) => reader.roots(schema),
            TypeSystemDefinition::Type(ty) => reader.named_type(ty),
            TypeSystemDefinition::Directive(directive) => reader.directive_definition(directive),
        }
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    types: std::collections::BTreeMap<String, TypeDef>,
    directives: std::collections::BTreeMap<String, DirectiveDef>,
    extensions: Vec<(usize, String, Vec<FieldDef>)>,
    roots: Option<SchemaDefinition>,
    mistakes: Vec<String>,
}

impl Reader {
    fn mistake(&mut self, line: usize, message: impl std::fmt::Display) {
        self.mistakes.push(format!("line {line}: {message}"));
    }

    fn finish(mut self) -> (Contract, Vec<String>) {
        self.extend();
        let by_convention = |name: &str| self.types.contains_key(name).then(|| name.to_string());
        let (query, mutation, subscription) = match self.roots {
            Some(roots) => {
                let name = |root: Option<Positioned<Name>>| root.map(|root| root.node.to_string());
                (name(roots.query), name(roots.mutation), name(roots.subscription))
            }
            None => (None, by_convention("Mutation"), by_convention("Subscription")),
        };
        let query = query.unwrap_or_else(|| "Query".to_string());
        let contract = Contract {
            types: self.types,
            directives: self.directives,
            query,
            mutation,
            subscription,
        };
        (contract, self.mistakes)
    }

    fn roots(&mut self, schema: Positioned<SchemaDefinition>) {
        let line = schema.pos.line;
        if schema.node.extend {
            return self.mistake(
                line,
                "`extend schema` is not supported; write all roots in one `schema`",
            );
        }
        for directive in &schema.node.directives {
            self.mistake(
                line,
                format!("directive `@{}` is not known on a schema", directive.node.name.node),
            );
        }
        if self.roots.replace(schema.node).is_some() {
            self.mistake(line, "`schema` is defined twice");
        }
    }

    /// Adds what `extend type` says, wherever in the text it stands.
    fn extend(&mut self) {
        for (line, name, further) in std::mem::take(&mut self.extensions) {
            match self.types.get_mut(&name).map(|ty| &mut ty.kind) {
                Some(TypeKind::Object { fields, .. }) => fields.extend(further),
                _ => self.mistake(
                    line,
                    format!("`extend` of `{name}`, which is not an object type of the contract"),
                ),
            }
        }
    }

    fn named_type(&mut self, definition: Positioned<TypeDefinition>) {
        let TypeDefinition { extend, description, name, directives, kind } = definition.node;
        let (line, name) = (name.pos.line, name.node.to_string());
        if extend {
            return match kind {
                ParsedKind::Object(object) if object.implements.is_empty() && directives.is_empty() => {
                    let fields = self.fields(&name, object.fields);
                    self.extensions.push((line, name, fields));
                }
                _ => self.mistake(line, format!("`extend` of `{name}` is not supported: only fields can be added, to an object type")),
            };
        }
        let mut own = Vec::new();
        let place = format!("`{name}`");
        let kind = match kind {
            ParsedKind::Scalar => {
                let mut specified_by = None;
                for directive in directives {
                    if directive.node.name.node == "specifiedBy" {
                        specified_by = self.text_argument(&directive, "url", &place);
                    } else {
                        self.unknown_directive(&directive, &place);
                    }
                }
                TypeKind::Scalar { specified_by }
            }
            ParsedKind::Object(object) => {
                own = directives.into_iter().map(applied).collect();
                TypeKind::Object {
                    implements: names(object.implements),
                    fields: self.fields(&name, object.fields),
                }
            }
            ParsedKind::Interface(interface) => {
                self.no_directives(directives, &place);
                TypeKind::Interface {
                    implements: names(interface.implements),
                    fields: self.fields(&name, interface.fields),
                }
            }
            ParsedKind::Union(union) => {
                self.no_directives(directives, &place);
                TypeKind::Union { members: names(union.members) }
            }
            ParsedKind::Enum(definition) => {
                self.no_directives(directives, &place);
                let values = definition.values.into_iter().map(|value| {
                    let place = format!("`{name}.{}`", value.node.value.node);
                    EnumValue {
                        name: value.node.value.node.to_string(),
                        description: text(value.node.description),
                        deprecation: self.deprecation(value.node.directives, &place),
                    }
                });
                TypeKind::Enum { values: values.collect() }
            }
            ParsedKind::InputObject(input) => {
                let mut one_of = false;
                for directive in directives {
                    if directive.node.name.node == "oneOf" {
                        one_of = true;
                    } else {
                        self.unknown_directive(&directive, &place);
                    }
                }
                TypeKind::Input { fields: self.inputs(&name, ".", "", input.fields), one_of }
            }
        };
        if let Some(first) = self.types.get(&name) {
            let message = format!("type `{name}` is defined twice, first on line {}", first.line);
            return self.mistake(line, message);
        }
        let ty = TypeDef { description: text(description), kind, directives: own, line, name };
        self.types.insert(ty.name.clone(), ty);
    }

    fn fields(&mut self, owner: &str, fields: Vec<Positioned<FieldDefinition>>) -> Vec<FieldDef> {
        let field = |field: Positioned<FieldDefinition>| {
            let FieldDefinition { description, name, arguments, ty, directives } = field.node;
            let (line, name) = (name.pos.line, name.node.to_string());
            let place = format!("`{owner}.{name}`");
            let (own, standard): (Vec<_>, Vec<_>) = directives
                .into_iter()
                .partition(|directive| directive.node.name.node != "deprecated");
            let mut field = FieldDef {
                description: text(description),
                arguments: self.inputs(&format!("{owner}.{name}"), "(", ":)", arguments),
                ty: ty.node,
                deprecation: self.deprecation(standard, &place),
                directives: own.into_iter().map(applied).collect(),
                line,
                name,
            };
            // Introspection does not tell of directives, so the documentation says it.
            if let Some(permission) = field.permission() {
                let own = field.description.as_deref().unwrap_or_default();
                let needs = format!("{own}\n\nNeeds the permission `{permission}`.");
                field.description = Some(needs.trim_start().to_string());
            }
            field
        };
        fields.into_iter().map(field).collect()
    }

    /// Arguments or input fields; `open` and `close` stand around the name where a mistake is named.
    fn inputs(
        &mut self,
        owner: &str,
        open: &str,
        close: &str,
        inputs: Vec<Positioned<InputValueDefinition>>,
    ) -> Vec<InputDef> {
        let input = |input: Positioned<InputValueDefinition>| {
            let InputValueDefinition { description, name, ty, default_value, directives } =
                input.node;
            let (line, name) = (name.pos.line, name.node.to_string());
            let place = format!("`{owner}{open}{name}{close}`");
            InputDef {
                description: text(description),
                ty: ty.node,
                default: default_value.map(|value| value.node),
                deprecation: self.deprecation(directives, &place),
                line,
                name,
            }
        };
        inputs.into_iter().map(input).collect()
    }

    fn directive_definition(&mut self, definition: Positioned<DirectiveDefinition>) {
        // The parser says `is_repeatable` of every directive, so it cannot be refused.
        let DirectiveDefinition { description, name, arguments, locations, .. } = definition.node;
        let (line, name) = (name.pos.line, name.node.to_string());
        let place = match locations.iter().map(|location| &location.node).collect::<Vec<_>>()[..] {
            [DirectiveLocation::Object] => DirectivePlace::Object,
            [DirectiveLocation::FieldDefinition] => DirectivePlace::Field,
            _ => {
                self.mistake(
                    line,
                    format!(
                        "directive `@{name}` must be either `on FIELD_DEFINITION` or `on OBJECT`"
                    ),
                );
                DirectivePlace::Field
            }
        };
        let arguments = self.inputs(&format!("@{name}"), "(", ":)", arguments);
        if self.directives.contains_key(&name) {
            return self.mistake(line, format!("directive `@{name}` is defined twice"));
        }
        self.directives.insert(
            name.clone(),
            DirectiveDef { name, description: text(description), arguments, place, line },
        );
    }

    fn deprecation(
        &mut self,
        directives: Vec<Positioned<ConstDirective>>,
        place: &str,
    ) -> Option<String> {
        let mut deprecation = None;
        for directive in directives {
            if directive.node.name.node != "deprecated" {
                self.unknown_directive(&directive, place);
            } else if directive.node.arguments.is_empty() {
                deprecation = Some(DEFAULT_DEPRECATION.to_string());
            } else {
                deprecation = self.text_argument(&directive, "reason", place);
            }
        }
        deprecation
    }

    fn text_argument(
        &mut self,
        directive: &Positioned<ConstDirective>,
        argument: &str,
        place: &str,
    ) -> Option<String> {
        match directive.node.get_argument(argument).map(|value| &value.node) {
            Some(ConstValue::String(text)) => Some(text.clone()),
            _ => {
                let message = format!(
                    "`@{}` on {place} needs `{argument}`, a string",
                    directive.node.name.node
                );
                self.mistake(directive.pos.line, message);
                None
            }
        }
    }

    fn no_directives(&mut self, directives: Vec<Positioned<ConstDirective>>, place: &str) {
        for directive in directives {
            self.unknown_directive(&directive, place);
        }
    }

    fn unknown_directive(&mut self, directive: &Positioned<ConstDirective>, place: &str) {
        self.mistake(
            directive.pos.line,
            format!("directive `@{}` is not known on {place}", directive.node.name.node),
        );
    }
}

fn applied(directive: Positioned<ConstDirective>) -> AppliedDirective {
    AppliedDirective {
        name: directive.node.name.node.to_string(),
        arguments: directive
            .node
            .arguments
            .into_iter()
            .map(|(name, value)| (name.node.to_string(), value.node))
            .collect(),
    }
}

fn names(names: Vec<Positioned<Name>>) -> Vec<String> {
    names.into_iter().map(|name| name.node.to_string()).collect()
}

fn text(text: Option<Positioned<String>>) -> Option<String> {
    text.map(|text| text.node)
}
