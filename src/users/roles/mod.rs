//! Roles and permissions: what roles allow and deny, who has which, and for how long.
//!
//! `policy` says who sees them, `authority` who may hand on what, `viewer` and `can` tell the viewer
//! what he may do and why. What always holds:
//! - nobody gives what he does not hold himself, there and for as long as he gives it; nor anything
//!   to himself; nor takes off a denial that binds him;
//! - a denial outweighs whatever allows the same, at any depth;
//! - assignments are ended and never deleted or changed, elevations end by themselves;
//! - roles form no circle, shipped ones keep what makes them, and somebody is left who can manage
//!   roles: the database sees to that.

mod approve_elevation;
mod assign_role;
mod assignment;
mod authority;
mod can;
mod constraints;
mod create_role;
mod decision;
mod delete_role;
mod elevation;
mod end_elevation;
mod end_role_assignment;
mod policy;
mod refuse_elevation;
mod request_elevation;
mod role;
mod role_inheritance;
mod set_permission;
mod update_role;
mod viewer;
mod withdraw_permission;

pub(super) use self::authority::{Touched, lacking, require_held};

use loaders::Registry;

/// Binds their entities, each with its policy, the viewer's fields, and their mutations.
pub(super) fn bind(registry: &mut Registry) {
    policy::bind(registry);
    constraints::bind(registry);
    viewer::bind(registry);
    registry
        .resolver("Viewer", "can", can::Can)
        .mutation("createRole", create_role::CreateRole)
        .mutation("updateRole", update_role::UpdateRole)
        .mutation("deleteRole", delete_role::DeleteRole)
        .mutation("grantPermission", set_permission::GRANT)
        .mutation("denyPermission", set_permission::DENY)
        .mutation("withdrawPermission", withdraw_permission::WithdrawPermission)
        .mutation("addRoleInheritance", role_inheritance::AddRoleInheritance)
        .mutation("removeRoleInheritance", role_inheritance::RemoveRoleInheritance)
        .mutation("assignRole", assign_role::AssignRole)
        .mutation("endRoleAssignment", end_role_assignment::EndRoleAssignment)
        .mutation("requestElevation", request_elevation::RequestElevation)
        .mutation("approveElevation", approve_elevation::ApproveElevation)
        .mutation("refuseElevation", refuse_elevation::RefuseElevation)
        .mutation("endElevation", end_elevation::EndElevation);
}
