//! Features: a typed value for each kind of feature, checked against the kind's definition.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, open_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let types = open_list("property_feature_types")
            .columns(
                "value_kind feature_value_kind NOT NULL,
                unit text,
                minimum numeric(18, 4),
                maximum numeric(18, 4),
                allowed_values text[]",
            )
            .lengths(&[("unit", 60)])
            .unique("code", "code")
            .check("maximum_range", "maximum >= minimum")
            .check(
                "minimum_of_number",
                "value_kind = 'NUMBER' OR num_nonnulls(unit, minimum, maximum) = 0",
            )
            .check("allowed_values_of_text", "value_kind = 'TEXT' OR allowed_values IS NULL")
            .check(
                "allowed_values_form",
                "cardinality(allowed_values) > 0 AND array_position(allowed_values, NULL) IS NULL",
            );
        let features = Table::new("property_features")
            .columns(
                "property_id uuid NOT NULL,
                feature_type_id uuid NOT NULL,
                number_value numeric(18, 4),
                text_value text,
                boolean_value boolean,
                date_value date",
            )
            .lengths(&[("text_value", 1000)])
            .check(
                "value_single",
                "num_nonnulls(number_value, text_value, boolean_value, date_value) = 1",
            )
            .references(&[
                ("property_id", "properties"),
                ("feature_type_id", "property_feature_types"),
            ])
            .unique("feature_type_property", "feature_type_id, property_id")
            .index("property", "property_id, created_at, id");
        run(
            manager,
            &[
                closed_list("feature_value_kind", &["NUMBER", "TEXT", "BOOLEAN", "DATE"]),
                types.sql(),
                features.sql(),
            ],
        )
        .await?;
        run(manager, &[VALUE_FITS, CHECK_WRITTEN, CHECK_RETYPED, FEATURE_TYPES]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TRIGGER property_feature_types_value_fits ON property_feature_types",
                "DROP TABLE property_features",
                "DROP FUNCTION check_features_of_type, check_features_written",
                "DROP FUNCTION feature_value_fits",
                "DROP TABLE property_feature_types",
                "DROP DOMAIN feature_value_kind",
            ],
        )
        .await
    }
}

/// Whether a feature's value is what its type asks for.
const VALUE_FITS: &str = "
CREATE FUNCTION feature_value_fits(
    kind text, minimum numeric, maximum numeric, allowed text[],
    number_value numeric, text_value text, boolean_value boolean, date_value date
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind
    WHEN 'NUMBER' THEN number_value IS NOT NULL
        AND number_value >= coalesce(minimum, number_value) AND number_value <= coalesce(maximum, number_value)
    WHEN 'TEXT' THEN text_value IS NOT NULL AND (allowed IS NULL OR text_value = ANY (allowed))
    WHEN 'BOOLEAN' THEN boolean_value IS NOT NULL
    WHEN 'DATE' THEN date_value IS NOT NULL
END";

/// Once a statement, however many rows it writes.
const CHECK_WRITTEN: &str = "
CREATE FUNCTION check_features_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT kind.code, kind.value_kind INTO broken
    FROM written JOIN property_feature_types AS kind ON kind.id = written.feature_type_id
    WHERE NOT feature_value_fits(kind.value_kind, kind.minimum, kind.maximum, kind.allowed_values,
        written.number_value, written.text_value, written.boolean_value, written.date_value)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a value of % is not what its type allows (%)', broken.code, broken.value_kind
            USING ERRCODE = 'check_violation', TABLE = 'property_features', CONSTRAINT = 'property_features_value_fits';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER property_features_value_fits_insert AFTER INSERT ON property_features
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_features_written();
CREATE TRIGGER property_features_value_fits_update AFTER UPDATE ON property_features
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_features_written()";

/// A type cannot be narrowed past the features that have it. Writers of features wait meanwhile.
const CHECK_RETYPED: &str = "
CREATE FUNCTION check_features_of_type() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE property_features IN SHARE ROW EXCLUSIVE MODE;
    PERFORM FROM property_features AS feature
    WHERE feature.feature_type_id = NEW.id
        AND NOT feature_value_fits(NEW.value_kind, NEW.minimum, NEW.maximum, NEW.allowed_values,
            feature.number_value, feature.text_value, feature.boolean_value, feature.date_value)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'features of type % have values that the new definition forbids', NEW.code
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER property_feature_types_value_fits
    BEFORE UPDATE OF value_kind, minimum, maximum, allowed_values ON property_feature_types
    FOR EACH ROW EXECUTE FUNCTION check_features_of_type()";

const FEATURE_TYPES: &str = "
INSERT INTO property_feature_types (code, name, value_kind, unit, minimum, maximum) VALUES
    ('CEILING_HEIGHT', 'Ceiling height', 'NUMBER', 'feet', 0, 200),
    ('ELECTRIC_SERVICE', 'Electric service', 'NUMBER', 'amperes', 0, 10000),
    ('GARAGE_AREA', 'Garage area', 'NUMBER', 'square feet', 0, 1000000),
    ('LOT_DEPTH', 'Lot depth', 'NUMBER', 'feet', 0, 1000000),
    ('LOT_FRONTAGE', 'Lot frontage', 'NUMBER', 'feet', 0, 1000000),
    ('SOLAR_CAPACITY', 'Solar capacity', 'NUMBER', 'kilowatts', 0, 100000),
    ('WALK_SCORE', 'Walk score', 'NUMBER', 'points', 0, 100);
INSERT INTO property_feature_types (code, name, value_kind) VALUES
    ('ACCESSIBLE', 'Accessible without steps', 'BOOLEAN'),
    ('FLOOD_ZONE_CODE', 'Flood zone', 'TEXT'),
    ('FURNISHED', 'Furnished', 'BOOLEAN'),
    ('LAST_ROOF_REPLACEMENT', 'Roof last replaced', 'DATE'),
    ('POOL_PRIVATE', 'Private pool', 'BOOLEAN'),
    ('SPA', 'Spa', 'BOOLEAN'),
    ('VIEW', 'View', 'TEXT'),
    ('WATERFRONT', 'Waterfront', 'BOOLEAN');
INSERT INTO property_feature_types (code, name, value_kind, allowed_values) VALUES
    ('ARCHITECTURAL_STYLE', 'Architectural style', 'TEXT', '{BUNGALOW,CAPE_COD,COLONIAL,CONTEMPORARY,CRAFTSMAN,FARMHOUSE,MEDITERRANEAN,RANCH,SPLIT_LEVEL,TUDOR,VICTORIAN,OTHER}'),
    ('BASEMENT', 'Basement', 'TEXT', '{NONE,CRAWL_SPACE,PARTIAL,FULL,FINISHED,WALK_OUT}'),
    ('COOLING', 'Cooling', 'TEXT', '{NONE,CENTRAL_AIR,DUCTLESS,EVAPORATIVE,HEAT_PUMP,WINDOW_UNITS,OTHER}'),
    ('EXTERIOR_WALL', 'Exterior wall', 'TEXT', '{BRICK,CONCRETE_BLOCK_OR_TILE,METAL_OR_VINYL,PARTIAL_BRICK,STONE,STUCCO_OR_DRYVIT,WOOD,OTHER}'),
    ('FLOORING', 'Main flooring', 'TEXT', '{BAMBOO,CARPET,CONCRETE,HARDWOOD,LAMINATE,STONE,TILE,VINYL,OTHER}'),
    ('FOUNDATION', 'Foundation', 'TEXT', '{BLOCK,BRICK,PILLAR,POURED_CONCRETE,SLAB,STONE,WOOD,OTHER}'),
    ('GARAGE_TYPE', 'Garage type', 'TEXT', '{NONE,ATTACHED,BASEMENT,CARPORT,DETACHED}'),
    ('HEATING', 'Heating', 'TEXT', '{NONE,BASEBOARD,FORCED_AIR,GEOTHERMAL,HEAT_PUMP,RADIANT,RADIATOR,STOVE,OTHER}'),
    ('ROOF', 'Roof', 'TEXT', '{ASPHALT_SHINGLE,METAL,MEMBRANE,SLATE,TILE,WOOD_SHINGLE,OTHER}'),
    ('SEWER', 'Sewer', 'TEXT', '{NONE,PRIVATE,PUBLIC,SEPTIC_TANK}'),
    ('STORIES', 'Stories', 'TEXT', '{ONE,ONE_AND_A_HALF,TWO,TWO_AND_A_HALF,THREE,BI_LEVEL,MULTI_LEVEL}'),
    ('WATER_SOURCE', 'Water source', 'TEXT', '{NONE,CISTERN,PRIVATE,PUBLIC,WELL}')";
