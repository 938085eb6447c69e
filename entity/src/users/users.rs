//! Users: people and services that can own, sell and act.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_type: String,
    pub display_name: String,
    pub is_sample: bool,
    pub status: String,
    pub is_public: bool,
    pub deleted_at: Option<DateTimeUtc>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        has_many = "crate::property::listing_price_history::Entity",
        via_rel = "Relation::ChangedBy"
    )]
    ListingPriceChanges,
    #[sea_orm(
        has_many = "crate::property::listing_status_history::Entity",
        via_rel = "Relation::ChangedBy"
    )]
    ListingStatusChanges,
    #[sea_orm(has_many = "crate::property::listings::Entity", via_rel = "Relation::Seller")]
    Listings,
    #[sea_orm(has_many = "crate::property::properties::Entity", via_rel = "Relation::Owner")]
    Properties,
    #[sea_orm(
        has_many = "crate::property::property_conditions::Entity",
        via_rel = "Relation::InspectedBy"
    )]
    Inspections,
    #[sea_orm(has_many = "super::contact_methods::Entity", via_rel = "Relation::User")]
    ContactMethods,
    #[sea_orm(has_many = "super::firm_memberships::Entity", via_rel = "Relation::User")]
    FirmMemberships,
    #[sea_orm(has_many = "super::user_mfa_methods::Entity", via_rel = "Relation::User")]
    MfaMethods,
    #[sea_orm(has_many = "super::user_preferences::Entity", via_rel = "Relation::User")]
    Preferences,
    #[sea_orm(has_many = "super::professional_affiliations::Entity", via_rel = "Relation::User")]
    ProfessionalAffiliations,
    #[sea_orm(has_many = "super::professional_licenses::Entity", via_rel = "Relation::User")]
    ProfessionalLicenses,
    #[sea_orm(has_one = "super::user_profiles::Entity", via_rel = "Relation::User")]
    Profile,
    #[sea_orm(has_many = "super::property_collaborators::Entity", via_rel = "Relation::User")]
    PropertyCollaborations,
    #[sea_orm(has_many = "super::security_events::Entity", via_rel = "Relation::User")]
    SecurityEvents,
    #[sea_orm(has_many = "super::user_sessions::Entity", via_rel = "Relation::User")]
    Sessions,
    #[sea_orm(has_many = "super::user_specializations::Entity", via_rel = "Relation::User")]
    Specializations,
    #[sea_orm(has_many = "super::user_roles::Entity", via_rel = "Relation::User")]
    RoleAssignments,
    #[sea_orm(has_many = "super::elevation_requests::Entity", via_rel = "Relation::User")]
    ElevationRequests,
    #[sea_orm(has_many = "super::api_keys::Entity", via_rel = "Relation::User")]
    ApiKeys,
    #[sea_orm(has_many = "super::external_identities::Entity", via_rel = "Relation::User")]
    ExternalIdentities,
}

impl ActiveModelBehavior for ActiveModel {}
