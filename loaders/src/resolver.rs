//! Fields that are not columns: registered resolvers, each called once for a whole list.
//!
//! A resolver gets the columns it asked for from every parent row at once, and gives back one
//! [`Output`] per parent in the same order. Where an output names an entity by id, the engine
//! reads the selected fields of all of them in one statement, through their policy: a resolver
//! never has to check what the viewer may see of an entity, unless it computes from its rows.

use std::sync::Arc;

use async_graphql::Value;
use async_trait::async_trait;
use uuid::Uuid;

use crate::error::FieldError;
use crate::run::ResolveContext;

/// What a resolver gives for one parent.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Nothing.
    Null,
    /// A leaf: an enum value, a scalar in its JSON form.
    Leaf(Value),
    /// A row of an entity, to be read through its policy.
    Entity {
        /// The SDL type's name.
        type_name: &'static str,
        /// Its id.
        id: Uuid,
    },
    /// An object of a type that has no table: field name and value, in any order. A field that
    /// is not listed is null.
    Object {
        /// The SDL type's name.
        type_name: &'static str,
        /// Its fields.
        fields: Vec<(&'static str, Output)>,
    },
    /// A list.
    List(Vec<Output>),
    /// This one failed; the others did not.
    Failed(FieldError),
}

/// A field that is not a column, resolved for a whole list of parents.
#[async_trait]
pub trait BatchResolver: Send + Sync + 'static {
    /// The scalar fields of the parent type that it reads (`id`, `livingArea`, …).
    fn needs(&self) -> &'static [&'static str];

    /// What it may cost for one parent, in rows that are read: as many as `first` says, or one.
    /// Arguments in variables are not known yet when this is asked, but for `first` and `last`.
    fn cost(&self, arguments: &Arguments) -> u64 {
        arguments.int("first").map_or(1, |first| u64::try_from(first).unwrap_or(0))
    }

    /// One output per parent, in the order of the parents.
    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError>;
}

/// A registered resolver, shared by all requests.
pub type SharedResolver = Arc<dyn BatchResolver>;

/// The parents' columns that the resolver asked for, column by column.
#[derive(Debug, Default)]
pub struct Parents {
    pub(crate) len: usize,
    /// For each name of `needs`, one value per parent.
    pub(crate) columns: Vec<Vec<Value>>,
    pub(crate) ids: Vec<Uuid>,
}

impl Parents {
    /// How many parents there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The parents' ids, if `id` was asked for; empty otherwise (and for root fields).
    pub fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    /// The values of the `index`-th needed field, one per parent, in their JSON form.
    pub fn column(&self, index: usize) -> &[Value] {
        &self.columns[index]
    }
}

/// The field's arguments, coerced to the contract's types and with its defaults.
#[derive(Debug, Default)]
pub struct Arguments(pub(crate) Vec<(String, Value)>);

impl Arguments {
    /// An argument's value; null when it was not given and has no default.
    pub fn get(&self, name: &str) -> &Value {
        self.0.iter().find(|(key, _)| key == name).map_or(&Value::Null, |(_, value)| value)
    }

    /// An `Int` argument.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }
}
