//! Which users a viewer sees.

use entity::users::users;
use loaders::{Policy, Registry, RowScope};
use sea_orm::sea_query::{Condition, ExprTrait};

/// Binds the domain's entities, each with its policy.
pub(crate) fn bind(registry: &mut Registry) {
    registry.entity::<users::Entity>("User", Policy::rows(not_deleted));
}

fn not_deleted(row: &RowScope<'_>) -> Condition {
    Condition::all().add(row.column(users::Column::DeletedAt).is_null())
}
