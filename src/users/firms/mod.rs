//! Firms, who works in them, who helps with a property, and invitations to either.
//!
//! What always holds:
//! - a membership and the roles in its firm begin and end together, and somebody runs a firm as
//!   long as several people work there;
//! - an invitation is answered once, by who reads the mail at its address; nobody learns from it
//!   whether the address has an account;
//! - an invitation ends with the standing of who sent it.

mod accept_invitation;
mod constraints;
mod create_firm;
mod create_property_collaborator;
mod decline_invitation;
mod end_firm_membership;
mod end_property_collaboration;
mod invitation;
mod invite_colleague;
mod invite_party;
mod membership;
mod revoke_invitation;
mod standing;

use loaders::Registry;

/// Binds the mutations that are more than a record's.
pub(super) fn bind(registry: &mut Registry) {
    constraints::bind(registry);
    registry
        .mutation("createFirm", create_firm::CreateFirm)
        .mutation(
            "createPropertyCollaborator",
            create_property_collaborator::CreatePropertyCollaborator,
        )
        .mutation("endFirmMembership", end_firm_membership::EndFirmMembership)
        .mutation("endPropertyCollaboration", end_property_collaboration::EndPropertyCollaboration)
        .mutation("inviteColleague", invite_colleague::InviteColleague)
        .mutation("inviteParty", invite_party::InviteParty)
        .mutation("acceptInvitation", accept_invitation::AcceptInvitation)
        .mutation("declineInvitation", decline_invitation::DeclineInvitation)
        .mutation("revokeInvitation", revoke_invitation::RevokeInvitation);
}
