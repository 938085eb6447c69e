//! What the database's rules about roles mean for an input, where their names do not say it.

use loaders::Registry;
use loaders::UserErrorCode::{
    AlreadyDone, Conflict, Immutable, InUse, Invalid, NotFound, Required, Taken,
};

/// Registers a code, a place and a message for each such constraint.
#[rustfmt::skip] // one line a constraint
pub(super) fn bind(registry: &mut Registry) {
    let shipped = "what the server comes with is not changed: make a role of your own";
    registry
        .constraint("elevation_requests_assignment_id_of_approved", Conflict, "id", "only an approved request has an assignment")
        .constraint("elevation_requests_decided_at_given", Required, "id", "a decision has somebody who decides, and a time")
        .constraint("elevation_requests_decided_by_id_differs", Conflict, "id", "another person decides")
        .constraint("elevation_requests_one_open", AlreadyDone, "roleId", "you have asked for this before, and nobody has decided yet")
        .constraint("role_inheritance_inherited_role_id_fits", Invalid, "inheritedRoleId", "must count in the same kind of place, and be the server's or the same firm's")
        .constraint("role_inheritance_inherited_role_key", AlreadyDone, "inheritedRoleId", "the role builds on this one already")
        .constraint("role_inheritance_no_circle", Invalid, "inheritedRoleId", "builds on the role itself: roles form no circle")
        .constraint("role_inheritance_shipped", Immutable, "inheritedRoleId", shipped)
        .constraint("role_permissions_permission_key", AlreadyDone, "permission", "the role says something of this permission already")
        .constraint("role_permissions_shipped", Immutable, "permission", shipped)
        .constraint("role_permissions_shipped_held", Conflict, "", "a role that the server comes with would lose what it came with")
        .constraint("roles_firm_id_scope", Conflict, "scope", "a firm's own role counts in that firm: its scope is FIRM")
        .constraint("roles_name_unique", Taken, "name", "another role is called so")
        .constraint("roles_scope_kept", Immutable, "scope", "where a role counts does not change: make another one")
        .constraint("roles_shipped", Immutable, "id", shipped)
        .constraint("user_roles_administrator_kept", InUse, "", "nobody would be left who can manage roles: make somebody else an administrator first")
        .constraint("user_roles_firm_id_single", Invalid, "firmId", "a role counts in one place")
        .constraint("user_roles_kept", Immutable, "id", "an assignment is ended, and not changed besides")
        .constraint("user_roles_overlap", AlreadyDone, "roleId", "this person has the role there at that time already")
        .constraint("user_roles_revoked_at_given", Required, "id", "what somebody ended has ended")
        .constraint("user_roles_role_id_present", NotFound, "roleId", "there is nothing with this id")
        .constraint("user_roles_scope_fits", Invalid, "firmId", "the role does not count there: see its `scope`");
}
