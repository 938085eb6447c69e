//! Who sees roles and who has them, and who may change them.

use entity::users::{
    elevation_requests, permissions, role_inheritance, role_permissions, roles, user_roles,
};
use loaders::{Policy, Registry, RowScope};
use sea_orm::Iden;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};

/// Binds the entities, each with its policy.
#[rustfmt::skip] // one line an entity
pub(super) fn bind(registry: &mut Registry) {
    registry
        .entity::<permissions::Entity>("Permission", Policy::everyone())
        .entity::<roles::Entity>("Role", Policy::rows(roles_seen).writers(roles_managed))
        .entity::<role_permissions::Entity>("RolePermission", Policy::with(&["role"]))
        .entity::<role_inheritance::Entity>("RoleInheritance", Policy::with(&["role", "inheritedRole"]).writers(whoever_locked_the_role))
        .entity::<user_roles::Entity>("RoleAssignment", Policy::rows(assignments_seen).writers(assignments_ended))
        .entity::<elevation_requests::Entity>("ElevationRequest", Policy::rows(requests_seen).writers(requests_seen));
}

/// The firms where the viewer works: an array of its own, computed once a statement.
fn own_firms(row: &RowScope<'_>) -> SimpleExpr {
    let firms =
        "ARRAY(SELECT firm_id FROM firm_memberships WHERE user_id = $1 AND ended_at IS NULL)";
    Expr::cust_with_exprs(firms, [row.viewer("id")])
}

fn roles_seen(row: &RowScope<'_>) -> Condition {
    let present = Condition::all().add(row.column(roles::Column::DeletedAt).is_null());
    if ["role.manage", "role.assign", "user.read"].iter().any(|permission| row.has(permission)) {
        return present;
    }
    if row.class() == "anonymous" {
        return present.add(Expr::cust("FALSE"));
    }
    let firm = row.column(roles::Column::FirmId);
    present.add(firm.clone().is_null().or(firm.eq(PgFunc::any(own_firms(row)))))
}

fn roles_managed(row: &RowScope<'_>) -> Condition {
    if row.has("role.manage") {
        return Condition::all();
    }
    in_firm(row, "firm.manage", roles::Column::FirmId)
}

/// The mutations of inheritance lock the role that builds on the other, as its managers may.
fn whoever_locked_the_role(_: &RowScope<'_>) -> Condition {
    Condition::all()
}

fn assignments_seen(row: &RowScope<'_>) -> Condition {
    if ["role.manage", "user.read"].iter().any(|permission| row.has(permission)) {
        return Condition::all();
    }
    assignments_ended(row)
}

/// One's own, and those that one could have given.
fn assignments_ended(row: &RowScope<'_>) -> Condition {
    if row.has("role.assign") {
        return Condition::all();
    }
    Condition::any().add(row.column_is_viewers(user_roles::Column::UserId, "id")).add(in_firm(
        row,
        "firm.manage",
        user_roles::Column::FirmId,
    ))
}

fn requests_seen(row: &RowScope<'_>) -> Condition {
    let approve = "elevation.approve";
    if row.has(approve) {
        return Condition::all();
    }
    Condition::any()
        .add(row.column_is_viewers(elevation_requests::Column::UserId, "id"))
        .add(in_firm(row, approve, elevation_requests::Column::FirmId))
}

/// The permission, in the firm whose row it is; never for rows of no firm.
fn in_firm(row: &RowScope<'_>, permission: &str, firm: impl Iden + Copy) -> Condition {
    let permitted = row.permitted(permission, firm);
    Condition::all().add(row.column(firm).is_not_null()).add(permitted)
}
