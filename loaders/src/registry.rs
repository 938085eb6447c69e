//! What a server brings to the engine: its entities with their policies, and its resolvers.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Identity, Iterable, RelationTrait, RelationType,
};

use crate::mutation::{Mutation, SharedMutation, UserError, UserErrorCode};
use crate::policy::Policy;
use crate::resolver::{BatchResolver, SharedResolver};

/// Entities, policies and resolvers by the names that the contract gives them.
#[derive(Default)]
pub struct Registry {
    pub(crate) entities: Vec<EntityBinding>,
    pub(crate) resolvers: HashMap<(String, String), SharedResolver>,
    pub(crate) mutations: HashMap<String, SharedMutation>,
    pub(crate) constraints: HashMap<String, UserError>,
    pub(crate) mistakes: Vec<String>,
}

/// What reflection over one SeaORM entity says.
pub(crate) struct EntityBinding {
    pub(crate) type_name: &'static str,
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    pub(crate) relations: Vec<EntityRelation>,
    pub(crate) policy: Policy,
}

pub(crate) struct EntityRelation {
    /// The field's name: the relation's variant in lowerCamelCase.
    pub(crate) field: String,
    pub(crate) to_table: String,
    pub(crate) from_column: String,
    pub(crate) to_column: String,
    pub(crate) many: bool,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds an object type of the contract to an entity, and says who sees its rows.
    pub fn entity<E: EntityTrait>(&mut self, type_name: &'static str, policy: Policy) -> &mut Self
    where
        E::Column: ColumnTrait + Iterable,
    {
        if self.entities.iter().any(|bound| bound.type_name == type_name) {
            self.mistakes.push(format!("type `{type_name}` is bound to two entities"));
        }
        let mut relations = Vec::new();
        for relation in E::Relation::iter() {
            let field = lower_camel(&relation.name());
            let def = relation.def();
            match (single(&def.from_col), single(&def.to_col)) {
                (Some(from_column), Some(to_column)) => relations.push(EntityRelation {
                    field,
                    to_table: def.to_tbl.sea_orm_table().to_string(),
                    from_column,
                    to_column,
                    many: def.rel_type == RelationType::HasMany,
                }),
                _ => self.mistakes.push(format!("relation `{type_name}.{field}` joins on more than one column; give the table a key of one column")),
            }
        }
        self.entities.push(EntityBinding {
            type_name,
            table: E::default().table_name().to_string(),
            columns: E::Column::iter().map(|column| column.as_str().to_string()).collect(),
            relations,
            policy,
        });
        self
    }

    /// Registers what a field of the mutation root does.
    pub fn mutation(&mut self, field: &str, mutation: impl Mutation) -> &mut Self {
        if self.mutations.insert(field.to_string(), Arc::new(mutation)).is_some() {
            self.mistakes.push(format!("mutation `{field}` is registered twice"));
        }
        self
    }

    /// Says what the violation of a constraint is, where its name does not say it: a mistake at
    /// this field of the input, or at the input as a whole if the field is empty.
    pub fn constraint(
        &mut self,
        name: &str,
        code: UserErrorCode,
        field: &str,
        message: &str,
    ) -> &mut Self {
        let path: Vec<&str> = (!field.is_empty()).then_some(field).into_iter().collect();
        let mistake = UserError::new(code, &path, message);
        if self.constraints.insert(name.to_string(), mistake).is_some() {
            self.mistakes.push(format!("constraint `{name}` has two messages"));
        }
        self
    }

    /// Registers how a field that is not a column is resolved, for a whole list at once.
    pub fn resolver(
        &mut self,
        type_name: &str,
        field: &str,
        resolver: impl BatchResolver,
    ) -> &mut Self {
        let name = (type_name.to_string(), field.to_string());
        if self.resolvers.insert(name, Arc::new(resolver)).is_some() {
            self.mistakes.push(format!("field `{type_name}.{field}` has two resolvers"));
        }
        self
    }
}

fn single(identity: &Identity) -> Option<String> {
    match identity {
        Identity::Unary(column) => Some(column.to_string()),
        _ => None,
    }
}

/// `MarketArea` → `marketArea`.
pub(crate) fn lower_camel(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// `listPrice` or `ListPrice` → `list_price`. A digit stays with the word before it.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, character) in name.chars().enumerate() {
        if character.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
