//! Firms: whom people work for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "firms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub kind: String,
    pub description: Option<String>,
    pub website_url: Option<String>,
    pub street_address: Option<String>,
    pub unit_number: Option<String>,
    pub city: Option<String>,
    pub state_or_province: Option<String>,
    pub postal_code: Option<String>,
    pub country: String,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::firm_memberships::Entity", via_rel = "Relation::Firm")]
    Memberships,
    #[sea_orm(has_many = "super::property_collaborators::Entity", via_rel = "Relation::Firm")]
    PropertyCollaborations,
    #[sea_orm(has_many = "super::invitations::Entity", via_rel = "Relation::Firm")]
    Invitations,
    #[sea_orm(has_many = "super::roles::Entity", via_rel = "Relation::Firm")]
    Roles,
    #[sea_orm(has_many = "super::user_roles::Entity", via_rel = "Relation::Firm")]
    RoleAssignments,
    #[sea_orm(has_many = "super::elevation_requests::Entity", via_rel = "Relation::Firm")]
    ElevationRequests,
}

impl ActiveModelBehavior for ActiveModel {}
