//! What the database's rules mean for an input, where their names do not say it.

use loaders::Registry;
use loaders::UserErrorCode::{Conflict, Invalid, Required};

/// Registers a code, a place and a message for each such constraint.
#[rustfmt::skip] // one line a constraint
pub(super) fn bind(registry: &mut Registry) {
    registry
        .constraint("firm_memberships_one_current", Conflict, "userId", "the user works for the firm already")
        .constraint("invitations_accepted_by_id_of_state", Invalid, "acceptedById", "only what was accepted was accepted by somebody")
        .constraint("invitations_aim_single", Invalid, "", "an invitation is to a firm or to a property")
        .constraint("invitations_answered_at_of_state", Required, "answeredAt", "is required of an invitation that was answered")
        .constraint("invitations_capability_of_property", Invalid, "capability", "only an invitation to a property has it")
        .constraint("invitations_one_pending_per_firm", Conflict, "email", "there is such an invitation already: revoke that one first")
        .constraint("invitations_one_pending_per_property", Conflict, "email", "there is such an invitation already: revoke that one first")
        .constraint("invitations_title_of_firm", Invalid, "title", "only an invitation to a firm has it")
        .constraint("property_collaborators_collaborator_single", Invalid, "userId", "exactly one of `userId` and `firmId` must be given")
        .constraint("property_collaborators_one_per_firm", Conflict, "firmId", "the firm helps with the property already")
        .constraint("property_collaborators_one_per_user", Conflict, "userId", "the user helps with the property already");
}
