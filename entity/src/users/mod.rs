//! People and services that act.

#![expect(clippy::module_inception, reason = "the domain and its first table share a name")]

pub mod api_keys;
pub mod contact_consents;
pub mod contact_methods;
pub mod elevation_requests;
pub mod external_identities;
pub mod firm_memberships;
pub mod firms;
pub mod invitations;
pub mod permissions;
pub mod preference_categories;
pub mod professional_affiliations;
pub mod professional_licenses;
pub mod property_collaborators;
pub mod role_inheritance;
pub mod role_permissions;
pub mod roles;
pub mod security_events;
pub mod specializations;
pub mod user_mfa_methods;
pub mod user_preferences;
pub mod user_profile_history;
pub mod user_profiles;
pub mod user_roles;
pub mod user_sessions;
pub mod user_specializations;
pub mod users;
