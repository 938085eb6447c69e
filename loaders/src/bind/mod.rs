//! From the contract, the registry and the catalog to a [`Model`]: every field of the contract
//! bound to a column, a relation or a resolver, or a list of everything that does not fit.

mod check;
mod fields;
mod model;
mod mutations;
mod record;

pub(crate) use crate::contract::base_name;
pub(crate) use fields::bind;
pub(crate) use model::{
    Column, Entity, EntityField, Limits, ListForm, Model, Relation, RootField, Settable,
};
