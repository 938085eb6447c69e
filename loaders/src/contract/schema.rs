//! The contract in async-graphql's hands: it validates documents and answers introspection. It
//! never executes anything else; the engine does.

use std::sync::{Arc, Mutex};

use async_graphql::dynamic::{
    Enum, EnumItem, Field, FieldFuture, FieldValue, InputObject, InputValue, Interface,
    InterfaceField, Object, Scalar, Subscription, SubscriptionField, SubscriptionFieldFuture, Type,
    TypeRef, Union,
};
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextValidation,
};
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{BaseType, ExecutableDocument, Type as ContractType};
use async_graphql::{Request, Response, ServerError, ValidationResult, Value, Variables};
use futures_util::stream::Empty;

use super::model::{Contract, FieldDef, InputDef, TypeDef, TypeKind};
use super::tokens::{NESTING_MAXIMUM, Tokens};
use super::{leaf, merging, values};
use crate::error::BindError;

/// What a resolver would say if one were ever called.
const RESOLVED_ELSEWHERE: &str = "resolved by the engine";

/// A contract as async-graphql holds it.
#[derive(Clone)]
pub struct Schema {
    contract: Arc<Contract>,
    inner: async_graphql::dynamic::Schema,
}

/// Builds the schema of a contract.
pub fn build(contract: &Contract) -> Result<Schema, BindError> {
    let builder = async_graphql::dynamic::Schema::build(
        &contract.query,
        contract.mutation.as_deref(),
        contract.subscription.as_deref(),
    );
    let builder = contract
        .types
        .values()
        .fold(builder, |builder, ty| builder.register(named_type(contract, ty)));
    let inner = builder
        .extension(ValidationOnly)
        // Brackets and depth are bounded elsewhere; here spreads count as levels too.
        .limit_recursive_depth(2 * NESTING_MAXIMUM)
        .finish()
        .map_err(|error| BindError(vec![error.to_string()]))?;
    Ok(Schema { contract: Arc::new(contract.clone()), inner })
}

/// Parses a document and validates it by itself, whatever the variables: what holds once holds for
/// every request with the same text.
pub async fn validate(
    schema: &Schema,
    query: &str,
) -> Result<ExecutableDocument, Vec<ServerError>> {
    validate_document(schema, query, parse(query)?).await
}

/// Parses a document; whether it is valid is another question.
pub fn parse(query: &str) -> Result<ExecutableDocument, Vec<ServerError>> {
    if Tokens::of(query).nesting > NESTING_MAXIMUM {
        return Err(vec![ServerError::new(
            format!("The document is nested deeper than {NESTING_MAXIMUM} brackets"),
            None,
        )]);
    }
    parse_query(query).map_err(|error| vec![ServerError::from(error)])
}

/// Validates a document that has been parsed from `query`, whose [`super::size::Size`] is known to
/// be small and without a circle: this opens every fragment.
pub async fn validate_document(
    schema: &Schema,
    query: &str,
    document: ExecutableDocument,
) -> Result<ExecutableDocument, Vec<ServerError>> {
    let verdict = Verdict::default();
    let mut request = Request::new(query).data(verdict.clone());
    request.set_parsed_query(document.clone());
    let response = schema.inner.execute(request).await;
    // A document that was never validated is nested too deep, which the response says.
    let mut errors =
        verdict.0.lock().ok().and_then(|mut verdict| verdict.take()).unwrap_or(response.errors);
    if errors.is_empty() {
        errors = values::mistakes(&schema.contract, &document);
        errors.extend(merging::mistakes(&schema.contract, &document));
    }
    if errors.is_empty() { Ok(document) } else { Err(errors) }
}

/// Answers the introspection fields (`__schema`, `__type`, `__typename`) of a valid document;
/// every other field of the root is null.
pub async fn introspect(
    schema: &Schema,
    document: ExecutableDocument,
    operation_name: Option<&str>,
    variables: Variables,
) -> Response {
    let mut request = Request::new("").variables(variables).only_introspection();
    request.operation_name = operation_name.map(str::to_string);
    request.set_parsed_query(document);
    schema.inner.execute(request).await
}

/// The errors found in a document, told by [`ValidationOnly`]; none if it never came so far.
#[derive(Clone, Default)]
struct Verdict(Arc<Mutex<Option<Vec<ServerError>>>>);

/// Stops a request that carries a [`Verdict`] once it has been validated.
struct ValidationOnly;

impl ExtensionFactory for ValidationOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for ValidationOnly {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await;
        if let Some(Ok(mut verdict)) = ctx.data_opt::<Verdict>().map(|verdict| verdict.0.lock()) {
            *verdict = Some(result.as_ref().err().cloned().unwrap_or_default());
        }
        result
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        match ctx.data_opt::<Verdict>() {
            Some(_) => Response::new(Value::Null),
            None => next.run(ctx, operation_name).await,
        }
    }
}

fn named_type(contract: &Contract, ty: &TypeDef) -> Type {
    match &ty.kind {
        TypeKind::Scalar { specified_by } => {
            let name = ty.name.clone();
            let mut scalar =
                Scalar::new(&ty.name).validator(move |value| leaf::normalise(&name, value).is_ok());
            if let Some(url) = specified_by {
                scalar = scalar.specified_by_url(url);
            }
            described(scalar, &ty.description, Scalar::description).into()
        }
        TypeKind::Object { fields, .. } if contract.subscription.as_ref() == Some(&ty.name) => {
            let subscription =
                fields.iter().fold(Subscription::new(&ty.name), |subscription, def| {
                    subscription.field(subscription_field(def))
                });
            described(subscription, &ty.description, Subscription::description).into()
        }
        TypeKind::Object { implements, fields } => {
            let object = implements
                .iter()
                .fold(Object::new(&ty.name), |object, interface| object.implement(interface));
            let object = fields.iter().fold(object, |object, def| object.field(field(def)));
            described(object, &ty.description, Object::description).into()
        }
        TypeKind::Interface { implements, fields } => {
            let interface = implements
                .iter()
                .fold(Interface::new(&ty.name), |interface, further| interface.implement(further));
            let interface = fields
                .iter()
                .fold(interface, |interface, def| interface.field(interface_field(def)));
            described(interface, &ty.description, Interface::description).into()
        }
        TypeKind::Union { members } => {
            let union = members
                .iter()
                .fold(Union::new(&ty.name), |union, member| union.possible_type(member));
            described(union, &ty.description, Union::description).into()
        }
        TypeKind::Enum { values } => {
            let items = values.iter().map(|value| {
                let item = described(
                    EnumItem::new(&value.name),
                    &value.description,
                    EnumItem::description,
                );
                deprecated(item, &value.deprecation, EnumItem::deprecation)
            });
            described(Enum::new(&ty.name).items(items), &ty.description, Enum::description).into()
        }
        TypeKind::Input { fields, one_of } => {
            let object = if *one_of {
                InputObject::new(&ty.name).oneof()
            } else {
                InputObject::new(&ty.name)
            };
            let object = fields.iter().fold(object, |object, def| object.field(input(def)));
            described(object, &ty.description, InputObject::description).into()
        }
    }
}

fn field(def: &FieldDef) -> Field {
    let built = Field::new(&def.name, type_ref(&def.ty), |_| {
        FieldFuture::new(async {
            Err::<Option<FieldValue<'_>>, _>(async_graphql::Error::new(RESOLVED_ELSEWHERE))
        })
    });
    let built = def.arguments.iter().fold(built, |built, argument| built.argument(input(argument)));
    deprecated(
        described(built, &def.description, Field::description),
        &def.deprecation,
        Field::deprecation,
    )
}

fn interface_field(def: &FieldDef) -> InterfaceField {
    let built = InterfaceField::new(&def.name, type_ref(&def.ty));
    let built = def.arguments.iter().fold(built, |built, argument| built.argument(input(argument)));
    deprecated(
        described(built, &def.description, InterfaceField::description),
        &def.deprecation,
        InterfaceField::deprecation,
    )
}

fn subscription_field(def: &FieldDef) -> SubscriptionField {
    let built = SubscriptionField::new(&def.name, type_ref(&def.ty), |_| {
        SubscriptionFieldFuture::new(async {
            Err::<Empty<async_graphql::Result<FieldValue<'_>>>, _>(async_graphql::Error::new(
                RESOLVED_ELSEWHERE,
            ))
        })
    });
    let built = def.arguments.iter().fold(built, |built, argument| built.argument(input(argument)));
    deprecated(
        described(built, &def.description, SubscriptionField::description),
        &def.deprecation,
        SubscriptionField::deprecation,
    )
}

fn input(def: &InputDef) -> InputValue {
    let mut value = InputValue::new(&def.name, type_ref(&def.ty));
    if let Some(default) = &def.default {
        value = value.default_value(default.clone());
    }
    deprecated(
        described(value, &def.description, InputValue::description),
        &def.deprecation,
        InputValue::deprecation,
    )
}

fn described<T>(thing: T, description: &Option<String>, set: fn(T, String) -> T) -> T {
    match description {
        Some(description) => set(thing, description.clone()),
        None => thing,
    }
}

fn deprecated<T>(thing: T, reason: &Option<String>, set: fn(T, Option<&str>) -> T) -> T {
    match reason {
        Some(reason) => set(thing, Some(reason)),
        None => thing,
    }
}

fn type_ref(ty: &ContractType) -> TypeRef {
    let inner = match &ty.base {
        BaseType::Named(name) => TypeRef::named(name.as_str()),
        BaseType::List(inner) => TypeRef::List(Box::new(type_ref(inner))),
    };
    if ty.nullable { inner } else { TypeRef::NonNull(Box::new(inner)) }
}
