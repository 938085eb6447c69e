//! Whether a contract makes sense: every name leads somewhere, every promise can be kept.
//!
//! All mistakes are found at once, each named by its line, so that a person mends them in one go.

use std::collections::HashSet;
use std::fmt::Display;

use async_graphql::parser::types::{BaseType, Type};

use super::coerce::coerce;
use super::model::{
    AppliedDirective, BUILT_IN_SCALARS, Contract, DirectivePlace, FieldDef, InputDef, TypeDef,
    TypeKind, base_name,
};

/// Everything that is wrong with a contract, in the order of its lines.
pub(super) fn mistakes(contract: &Contract) -> Vec<String> {
    let mut check = Check { contract, mistakes: Vec::new() };
    check.roots();
    for directive in contract.directives.values() {
        check.inputs(&format!("@{}", directive.name), &directive.arguments);
    }
    for ty in contract.types.values() {
        check.named_type(ty);
    }
    check.mistakes.sort();
    check.mistakes.into_iter().map(|(_, mistake)| mistake).collect()
}

struct Check<'a> {
    contract: &'a Contract,
    mistakes: Vec<(usize, String)>,
}

impl<'a> Check<'a> {
    fn mistake(&mut self, line: usize, message: impl Display) {
        let mistake =
            if line == 0 { message.to_string() } else { format!("line {line}: {message}") };
        self.mistakes.push((line, mistake));
    }

    fn roots(&mut self) {
        let contract = self.contract;
        let roots = [
            (Some(&contract.query), "query"),
            (contract.mutation.as_ref(), "mutation"),
            (contract.subscription.as_ref(), "subscription"),
        ];
        for (name, root) in roots {
            match name.map(|name| (name, contract.get(name))) {
                None | Some((_, Some(TypeDef { kind: TypeKind::Object { .. }, .. }))) => {}
                Some((name, Some(ty))) => self
                    .mistake(ty.line, format!("the {root} root `{name}` must be an object type")),
                Some((name, None)) => {
                    self.mistake(0, format!("the {root} root `{name}` is not defined"))
                }
            }
        }
    }

    fn named_type(&mut self, ty: &'a TypeDef) {
        if BUILT_IN_SCALARS.contains(&ty.name.as_str()) {
            self.mistake(
                ty.line,
                format!("`{}` is a scalar of GraphQL itself and cannot be defined", ty.name),
            );
        }
        self.names(ty.line, "type", "", [ty.name.as_str()].into_iter());
        self.directives(&ty.name, ty.line, DirectivePlace::Object, &ty.directives);
        match &ty.kind {
            TypeKind::Scalar { .. } => {}
            TypeKind::Object { implements, fields }
            | TypeKind::Interface { implements, fields } => {
                self.fields(ty, fields);
                self.interfaces(ty, implements, fields);
            }
            TypeKind::Union { members } => {
                self.not_empty(ty, members.len(), "member");
                for member in members {
                    match self.contract.get(member).map(|member| &member.kind) {
                        Some(TypeKind::Object { .. }) => {}
                        Some(_) => self.mistake(
                            ty.line,
                            format!("`{member}` in union `{}` must be an object type", ty.name),
                        ),
                        None => self.unknown(ty.line, member, &format!("union `{}`", ty.name)),
                    }
                }
            }
            TypeKind::Enum { values } => {
                self.not_empty(ty, values.len(), "value");
                self.names(
                    ty.line,
                    "value",
                    &ty.name,
                    values.iter().map(|value| value.name.as_str()),
                );
            }
            TypeKind::Input { fields, one_of } => {
                self.not_empty(ty, fields.len(), "field");
                self.names(
                    ty.line,
                    "field",
                    &ty.name,
                    fields.iter().map(|field| field.name.as_str()),
                );
                self.inputs(&ty.name, fields);
                for field in fields
                    .iter()
                    .filter(|field| *one_of && (!field.ty.nullable || field.default.is_some()))
                {
                    let message = format!(
                        "`{}.{}` must be nullable and without a default, because `{}` is `@oneOf`",
                        ty.name, field.name, ty.name
                    );
                    self.mistake(field.line, message);
                }
            }
        }
    }

    fn fields(&mut self, owner: &TypeDef, fields: &[FieldDef]) {
        self.not_empty(owner, fields.len(), "field");
        self.names(
            owner.line,
            "field",
            &owner.name,
            fields.iter().map(|field| field.name.as_str()),
        );
        for field in fields {
            let place = format!("{}.{}", owner.name, field.name);
            let base = base_name(&field.ty);
            match self.contract.get(base).map(|ty| &ty.kind) {
                Some(TypeKind::Input { .. }) => self.mistake(
                    field.line,
                    format!("`{place}` cannot answer the input type `{base}`"),
                ),
                None if !BUILT_IN_SCALARS.contains(&base) => {
                    self.unknown(field.line, base, &format!("`{place}`"))
                }
                _ => {}
            }
            self.names(
                field.line,
                "argument",
                &place,
                field.arguments.iter().map(|argument| argument.name.as_str()),
            );
            self.inputs(&place, &field.arguments);
            self.directives(&place, field.line, DirectivePlace::Field, &field.directives);
        }
    }

    fn directives(
        &mut self,
        place: &str,
        line: usize,
        stands: DirectivePlace,
        applied: &[AppliedDirective],
    ) {
        for applied in applied {
            let Some(definition) = self.contract.directives.get(&applied.name) else {
                self.mistake(
                    line,
                    format!("directive `@{}` on `{place}` is not defined", applied.name),
                );
                continue;
            };
            if definition.place != stands {
                self.mistake(
                    line,
                    format!(
                        "directive `@{}` on `{place}` may stand `on {}` only",
                        applied.name,
                        definition.place.as_str()
                    ),
                );
            }
            for (name, value) in &applied.arguments {
                let at = format!("`@{}({name}:)` on `{place}`", applied.name);
                match definition.arguments.iter().find(|argument| argument.name == *name) {
                    None => self.mistake(line, format!("{at} is not an argument of the directive")),
                    Some(argument) => {
                        if let Err(error) = coerce(self.contract, &argument.ty, value, &at) {
                            self.mistake(line, error);
                        }
                    }
                }
            }
            for argument in definition.arguments.iter().filter(|argument| argument.is_required()) {
                if !applied.arguments.iter().any(|(name, _)| *name == argument.name) {
                    self.mistake(
                        line,
                        format!("`@{}` on `{place}` needs `{}`", applied.name, argument.name),
                    );
                }
            }
        }
    }

    fn inputs(&mut self, owner: &str, inputs: &[InputDef]) {
        for input in inputs {
            let place = format!("`{owner}` {}", input.name);
            let base = base_name(&input.ty);
            match self.contract.get(base).map(|ty| &ty.kind) {
                Some(
                    TypeKind::Object { .. } | TypeKind::Interface { .. } | TypeKind::Union { .. },
                ) => {
                    self.mistake(
                        input.line,
                        format!("{place} cannot take `{base}`, which is not an input type"),
                    );
                }
                None if !BUILT_IN_SCALARS.contains(&base) => self.unknown(input.line, base, &place),
                _ => {
                    if let Some(Err(error)) = input
                        .default
                        .as_ref()
                        .map(|value| coerce(self.contract, &input.ty, value, &place))
                    {
                        self.mistake(input.line, format!("default of {error}"));
                    }
                }
            }
        }
    }

    fn interfaces(&mut self, ty: &TypeDef, implements: &[String], fields: &[FieldDef]) {
        self.names(ty.line, "interface", &ty.name, implements.iter().map(String::as_str));
        for name in implements {
            let Some(TypeDef {
                kind: TypeKind::Interface { implements: further, fields: promised },
                ..
            }) = self.contract.get(name)
            else {
                match self.contract.get(name) {
                    Some(_) => self.mistake(
                        ty.line,
                        format!("`{}` implements `{name}`, which is not an interface", ty.name),
                    ),
                    None => {
                        self.unknown(ty.line, name, &format!("the interfaces of `{}`", ty.name))
                    }
                }
                continue;
            };
            if *name == ty.name {
                self.mistake(ty.line, format!("`{name}` cannot implement itself"));
                continue;
            }
            for missing in further.iter().filter(|interface| !implements.contains(interface)) {
                self.mistake(
                    ty.line,
                    format!(
                        "`{}` implements `{name}` and so must implement `{missing}` too",
                        ty.name
                    ),
                );
            }
            for promise in promised {
                match fields.iter().find(|field| field.name == promise.name) {
                    None => self.mistake(
                        ty.line,
                        format!(
                            "`{}` implements `{name}` and lacks its field `{}: {}`",
                            ty.name, promise.name, promise.ty
                        ),
                    ),
                    Some(field) => self.keeps(&ty.name, field, name, promise),
                }
            }
        }
    }

    /// Whether a field keeps what the interface's field promises.
    fn keeps(&mut self, owner: &str, field: &FieldDef, interface: &str, promise: &FieldDef) {
        let place = format!("{owner}.{}", field.name);
        if !self.is_subtype(&field.ty, &promise.ty) {
            self.mistake(
                field.line,
                format!(
                    "`{place}: {}` does not keep `{interface}.{}: {}`",
                    field.ty, promise.name, promise.ty
                ),
            );
        }
        for argument in &promise.arguments {
            match field.arguments.iter().find(|own| own.name == argument.name) {
                Some(own) if own.ty == argument.ty => {}
                _ => self.mistake(
                    field.line,
                    format!(
                        "`{place}` must take `{}: {}` as `{interface}` does",
                        argument.name, argument.ty
                    ),
                ),
            }
        }
        for own in field.arguments.iter().filter(|own| own.is_required()) {
            if !promise.arguments.iter().any(|argument| argument.name == own.name) {
                self.mistake(
                    own.line,
                    format!(
                        "`{place}` must not require `{}`, which `{interface}` does not have",
                        own.name
                    ),
                );
            }
        }
    }

    fn is_subtype(&self, sub: &Type, sup: &Type) -> bool {
        if sub.nullable && !sup.nullable {
            return false;
        }
        match (&sub.base, &sup.base) {
            (BaseType::List(sub), BaseType::List(sup)) => self.is_subtype(sub, sup),
            (BaseType::Named(sub), BaseType::Named(sup)) => {
                sub == sup || self.contract.possible_types(sup).contains(&sub.as_str())
            }
            _ => false,
        }
    }

    /// Names must be distinct, and two underscores in front belong to GraphQL itself.
    fn names<'n>(
        &mut self,
        line: usize,
        what: &str,
        owner: &str,
        names: impl Iterator<Item = &'n str>,
    ) {
        let mut seen = HashSet::new();
        let of = if owner.is_empty() { String::new() } else { format!(" of `{owner}`") };
        for name in names {
            if !seen.insert(name) {
                self.mistake(line, format!("{what} `{name}`{of} is written twice"));
            }
            if name.starts_with("__") {
                self.mistake(
                    line,
                    format!("{what} `{name}`{of} must not begin with two underscores"),
                );
            }
        }
    }

    fn not_empty(&mut self, ty: &TypeDef, count: usize, what: &str) {
        if count == 0 {
            self.mistake(ty.line, format!("`{}` needs at least one {what}", ty.name));
        }
    }

    fn unknown(&mut self, line: usize, name: &str, place: &str) {
        self.mistake(line, format!("type `{name}` in {place} is not defined"));
    }
}
