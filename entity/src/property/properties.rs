//! Properties: where they are, what they are, how large, whose.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "properties")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub unparsed_address: Option<String>,
    pub street_number: Option<String>,
    pub street_dir_prefix: Option<String>,
    pub street_name: Option<String>,
    pub street_suffix: Option<String>,
    pub street_dir_suffix: Option<String>,
    pub unit_number: Option<String>,
    pub city: Option<String>,
    pub county_or_parish: Option<String>,
    pub state_or_province: Option<String>,
    pub postal_code: Option<String>,
    pub postal_code_plus4: Option<String>,
    pub country: Option<String>,
    pub subdivision_name: Option<String>,
    pub property_type_id: Uuid,
    pub property_sub_type_id: Option<Uuid>,
    pub property_use_category_id: Option<Uuid>,
    pub zoning_code_id: Option<Uuid>,
    pub year_built: Option<i32>,
    pub year_built_effective: Option<i32>,
    pub is_new_construction: Option<bool>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub living_area: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub above_grade_finished_area: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub below_grade_finished_area: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub building_area_total: Option<Decimal>,
    pub rooms_total: Option<i32>,
    pub bedrooms_total: Option<i32>,
    pub bathrooms_total_integer: Option<i32>,
    pub bathrooms_full: Option<i32>,
    pub bathrooms_three_quarter: Option<i32>,
    pub bathrooms_half: Option<i32>,
    pub bathrooms_one_quarter: Option<i32>,
    #[sea_orm(column_type = "Decimal(Some((4, 1)))")]
    pub stories_total: Option<Decimal>,
    pub fireplaces_total: Option<i32>,
    pub garage_spaces: Option<i32>,
    pub parking_total: Option<i32>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub lot_size_square_feet: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((16, 4)))")]
    pub lot_size_acres: Option<Decimal>,
    pub lot_size_dimensions: Option<String>,
    #[sea_orm(column_type = "custom(\"geography\")", select_as = "text", save_as = "geography")]
    pub location: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((12, 8)))")]
    pub latitude: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((12, 8)))")]
    pub longitude: Option<Decimal>,
    #[sea_orm(column_type = "custom(\"geography\")", select_as = "text", save_as = "geography")]
    pub boundary: Option<String>,
    pub market_area_id: Option<Uuid>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub tax_annual_amount: Option<Decimal>,
    pub tax_year: Option<i32>,
    pub tax_legal_description: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub association_fee: Option<Decimal>,
    pub association_fee_frequency: Option<String>,
    pub owner_id: Option<Uuid>,
    pub data_source: Option<String>,
    pub published_at: Option<DateTimeUtc>,
    pub deleted_at: Option<DateTimeUtc>,
    pub merged_into_id: Option<Uuid>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::property_types::Entity",
        from = "Column::PropertyTypeId",
        to = "super::property_types::Column::Id"
    )]
    PropertyType,
    #[sea_orm(
        belongs_to = "super::property_sub_types::Entity",
        from = "Column::PropertySubTypeId",
        to = "super::property_sub_types::Column::Id"
    )]
    PropertySubType,
    #[sea_orm(
        belongs_to = "super::property_use_categories::Entity",
        from = "Column::PropertyUseCategoryId",
        to = "super::property_use_categories::Column::Id"
    )]
    PropertyUseCategory,
    #[sea_orm(
        belongs_to = "super::zoning_codes::Entity",
        from = "Column::ZoningCodeId",
        to = "super::zoning_codes::Column::Id"
    )]
    ZoningCode,
    #[sea_orm(
        belongs_to = "super::market_areas::Entity",
        from = "Column::MarketAreaId",
        to = "super::market_areas::Column::Id"
    )]
    MarketArea,
    #[sea_orm(
        belongs_to = "crate::users::users::Entity",
        from = "Column::OwnerId",
        to = "crate::users::users::Column::Id"
    )]
    Owner,
    #[sea_orm(belongs_to = "Entity", from = "Column::MergedIntoId", to = "Column::Id")]
    MergedInto,
    #[sea_orm(has_many = "super::comparable_sales::Entity", via_rel = "Relation::Property")]
    ComparableUses,
    #[sea_orm(has_many = "super::listings::Entity", via_rel = "Relation::Property")]
    Listings,
    #[sea_orm(has_many = "super::property_amenities::Entity", via_rel = "Relation::Property")]
    Amenities,
    #[sea_orm(has_many = "super::property_conditions::Entity", via_rel = "Relation::Property")]
    Conditions,
    #[sea_orm(has_many = "super::property_features::Entity", via_rel = "Relation::Property")]
    Features,
    #[sea_orm(has_many = "super::property_identifiers::Entity", via_rel = "Relation::Property")]
    Identifiers,
    #[sea_orm(has_many = "super::property_improvements::Entity", via_rel = "Relation::Property")]
    Improvements,
    #[sea_orm(
        has_many = "super::property_maintenance_records::Entity",
        via_rel = "Relation::Property"
    )]
    MaintenanceRecords,
    #[sea_orm(has_many = "super::property_valuations::Entity", via_rel = "Relation::Property")]
    Valuations,
    #[sea_orm(
        has_many = "crate::users::property_collaborators::Entity",
        via_rel = "Relation::Property"
    )]
    Collaborators,
}

impl ActiveModelBehavior for ActiveModel {}
