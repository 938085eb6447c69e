//! Which users a viewer sees.

use entity::users::{
    api_keys, external_identities, security_events, user_mfa_methods, user_sessions, users,
};
use entity::users::{
    contact_consents, contact_methods, firm_memberships, firms, invitations, preference_categories,
    professional_affiliations, professional_licenses, property_collaborators, specializations,
    user_preferences, user_profile_history, user_profiles, user_specializations,
};
use loaders::{Policy, Registry, RowScope};
use sea_orm::sea_query::{Condition, ExprTrait};

use super::visibility;

/// Binds the domain's entities, each with its policy.
#[rustfmt::skip] // one line an entity
pub(crate) fn bind(registry: &mut Registry) {
    registry
        .entity::<users::Entity>("User", Policy::rows(visibility::users).permits("user.read", oneself))
        .entity::<api_keys::Entity>("ApiKey", Policy::rows(api_keys_seen).writers(api_keys_seen))
        .entity::<external_identities::Entity>("ExternalIdentity", Policy::rows(identities_seen))
        .entity::<user_sessions::Entity>("UserSession", Policy::rows(own_sessions).writers(own_sessions))
        .entity::<user_mfa_methods::Entity>("MfaMethod", Policy::rows(own_factors).writers(own_factors))
        .entity::<security_events::Entity>("SecurityEvent", Policy::rows(own_events).permits("security.read", own_acts));
    people_and_firms(registry);
}

/// What is known of people, and for whom they work.
#[rustfmt::skip] // one line an entity
fn people_and_firms(registry: &mut Registry) {
    registry
        .entity::<user_profiles::Entity>("UserProfile", Policy::rows(visibility::profiles).and_with(&["user"]).writers(visibility::owners))
        .entity::<user_profile_history::Entity>("UserProfileChange", Policy::rows(visibility::profile_changes).and_with(&["userProfile"]))
        .entity::<contact_methods::Entity>("ContactMethod", Policy::rows(visibility::contact_methods).and_with(&["user"]).writers(visibility::owners))
        .entity::<contact_consents::Entity>("ContactConsent", Policy::with(&["contactMethod"]))
        .entity::<professional_licenses::Entity>("ProfessionalLicense", Policy::rows(visibility::licenses).and_with(&["user"]).writers(visibility::owners))
        .entity::<specializations::Entity>("Specialization", Policy::everyone())
        .entity::<user_specializations::Entity>("UserSpecialization", Policy::with(&["user"]).writers(visibility::owners))
        .entity::<professional_affiliations::Entity>("ProfessionalAffiliation", Policy::with(&["user"]).writers(visibility::owners))
        .entity::<preference_categories::Entity>("PreferenceCategory", Policy::rows(visibility::categories).writers(visibility::category_writers))
        .entity::<user_preferences::Entity>("UserPreference", Policy::rows(visibility::private).and_with(&["user", "preferenceCategory"]).writers(visibility::owners))
        .entity::<firms::Entity>("Firm", Policy::everyone().writers(visibility::firm_writers).permits("firm.manage", visibility::firm_writers).permits("firm.invite", visibility::firm_inviters))
        .entity::<firm_memberships::Entity>("FirmMembership", Policy::rows(visibility::memberships).writers(visibility::membership_writers))
        .entity::<property_collaborators::Entity>("PropertyCollaborator", Policy::rows(visibility::collaborators).and_with(&["property"]).writers(visibility::collaborator_writers))
        .entity::<invitations::Entity>("Invitation", Policy::rows(visibility::invitations).writers(visibility::invitation_writers));
}

/// What a user may know of himself.
fn oneself(row: &RowScope<'_>) -> Condition {
    if row.has("user.read") {
        return Condition::all();
    }
    Condition::all().add(row.column_is_viewers(users::Column::Id, "id"))
}

/// What happened to oneself, or to anybody.
fn own_events(row: &RowScope<'_>) -> Condition {
    let all = Condition::all();
    match row.has("security.read") {
        true => all,
        false => all.add(row.column_is_viewers(security_events::Column::UserId, "id")),
    }
}

/// What one did oneself, and what was done before anybody was signed in: where others are when they do
/// something is not told.
fn own_acts(row: &RowScope<'_>) -> Condition {
    let actor = security_events::Column::ActorId;
    Condition::any().add(row.column(actor).is_null()).add(row.column_is_viewers(actor, "id"))
}

/// Its owner, and whoever manages all keys.
fn api_keys_seen(row: &RowScope<'_>) -> Condition {
    if row.has("api_key.manage") {
        return Condition::all();
    }
    Condition::all().add(row.column_is_viewers(api_keys::Column::UserId, "id"))
}

/// The person who is meant, and whoever manages users.
fn identities_seen(row: &RowScope<'_>) -> Condition {
    if row.has("user.manage") {
        return Condition::all();
    }
    Condition::all().add(row.column_is_viewers(external_identities::Column::UserId, "id"))
}

/// Nobody but the person whose factor it is.
fn own_factors(row: &RowScope<'_>) -> Condition {
    Condition::all().add(row.column_is_viewers(user_mfa_methods::Column::UserId, "id"))
}

/// Nobody but the person who signed in.
fn own_sessions(row: &RowScope<'_>) -> Condition {
    Condition::all().add(row.column_is_viewers(user_sessions::Column::UserId, "id"))
}
