//! Who a user is: the profile with its history, ways to reach him with what he consents to, and
//! what he prefers.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                closed_list("contact_method_kind", &["EMAIL", "PHONE", "ADDRESS"]),
                closed_list("consent_channel", &["MARKETING", "TRANSACTIONAL", "CALLS", "TEXTS"]),
                closed_list(
                    "marital_status",
                    &["UNMARRIED", "MARRIED", "DOMESTIC_PARTNERSHIP", "SEPARATED"],
                ),
                profiles().sql(),
                history().sql(),
                contact_methods().sql(),
                consents().sql(),
                preference_categories().sql(),
                preferences().sql(),
                TIME_ZONE.to_owned(),
                FIELD_NAME.to_owned(),
                RECORD_PROFILE.to_owned(),
                KEEP_CONTACT_METHOD.to_owned(),
                CONSENT_FITS.to_owned(),
                CATEGORIES.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE user_preferences, preference_categories, contact_consents, contact_methods,
                     user_profile_history, user_profiles",
                "DROP FUNCTION check_consent, keep_contact_method, record_user_profile, field_name, check_time_zone",
                "DROP DOMAIN marital_status, consent_channel, contact_method_kind",
            ],
        )
        .await
    }
}

fn profiles() -> Table {
    Table::new("user_profiles")
        .columns(
            "user_id uuid NOT NULL,
            given_name text,
            middle_name text,
            family_name text,
            name_suffix text,
            preferred_name text,
            legal_name text,
            pronouns text,
            date_of_birth date,
            marital_status marital_status,
            occupation text,
            biography text,
            languages text[],
            time_zone text",
        )
        .lengths(&[
            ("given_name", 100),
            ("middle_name", 100),
            ("family_name", 100),
            ("name_suffix", 20),
            ("preferred_name", 100),
            ("legal_name", 300),
            ("pronouns", 50),
            ("occupation", 200),
            ("biography", 4000),
            ("time_zone", 100),
        ])
        .check("date_of_birth_range", "date_of_birth >= '1880-01-01' AND date_of_birth <= '2200-01-01'")
        .check(
            "languages_form",
            "cardinality(languages) BETWEEN 1 AND 20 AND array_position(languages, NULL) IS NULL
             AND array_to_string(languages, ' ') ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*( [a-z]{2,3}(-[A-Za-z0-9]{2,8})*)*$'",
        )
        .references(&[("user_id", "users")])
        .unique("user_id", "user_id")
}

fn history() -> Table {
    Table::new("user_profile_history")
        .columns(
            "user_profile_id uuid NOT NULL,
            changed_at timestamptz NOT NULL,
            changed_by_id uuid,
            before jsonb NOT NULL,
            after jsonb NOT NULL",
        )
        .references(&[("user_profile_id", "user_profiles"), ("changed_by_id", "users")])
        .index("user_profile", "user_profile_id, changed_at, id")
        .index("changed_by", "changed_by_id")
        .immutable()
}

/// An e-mail address or a telephone number (E.164) never changes: another one is another row, with
/// consents of its own.
fn contact_methods() -> Table {
    Table::new("contact_methods")
        .columns(
            "user_id uuid NOT NULL,
            kind contact_method_kind NOT NULL,
            label text,
            is_primary boolean NOT NULL DEFAULT false,
            email text,
            phone text,
            phone_region text,
            phone_extension text,
            street_address text,
            unit_number text,
            city text,
            state_or_province text,
            postal_code text,
            country text,
            verified_at timestamptz,
            verified_by_id uuid,
            deleted_at timestamptz",
        )
        .lengths(&[
            ("label", 100),
            ("email", 254),
            ("phone_extension", 20),
            ("street_address", 200),
            ("unit_number", 50),
            ("city", 100),
            ("state_or_province", 100),
            ("postal_code", 20),
        ])
        .check("phone_form", r"phone ~ '^\+[1-9][0-9]{5,14}$'")
        .check("phone_region_form", "phone_region ~ '^[A-Z]{2}$'")
        .check("country_form", "country ~ '^[A-Z]{2}$'")
        .check("email_of_kind", "(email IS NOT NULL) = (kind = 'EMAIL')")
        .check("phone_of_kind", "(phone IS NOT NULL) = (kind = 'PHONE')")
        .check("phone_details_of_kind", "kind = 'PHONE' OR num_nonnulls(phone_region, phone_extension) = 0")
        .check(
            "address_of_kind",
            "num_nonnulls(street_address, city, country) = CASE WHEN kind = 'ADDRESS' THEN 3 ELSE 0 END
             AND (kind = 'ADDRESS' OR num_nonnulls(unit_number, state_or_province, postal_code) = 0)",
        )
        .check("verified_by_id_of_verified", "verified_by_id IS NULL OR verified_at IS NOT NULL")
        .references(&[("user_id", "users"), ("verified_by_id", "users")])
        .constraint(
            "one_primary_per_kind",
            "EXCLUDE USING btree (user_id WITH =, kind WITH =) WHERE (is_primary AND deleted_at IS NULL)",
        )
        .constraint(
            "one_per_email",
            "EXCLUDE USING btree (user_id WITH =, lower(email) WITH =) WHERE (deleted_at IS NULL)",
        )
        .constraint(
            "one_per_phone",
            "EXCLUDE USING btree (user_id WITH =, phone WITH =, coalesce(phone_extension, '') WITH =)
             WHERE (deleted_at IS NULL AND phone IS NOT NULL)",
        )
        .index("user", "user_id, kind, created_at, id")
        .index("verified_by", "verified_by_id")
}

/// A consent stands until it is withdrawn; given again, it is another row.
fn consents() -> Table {
    Table::new("contact_consents")
        .columns(
            "contact_method_id uuid NOT NULL,
            channel consent_channel NOT NULL,
            source text NOT NULL,
            given_at timestamptz NOT NULL DEFAULT now(),
            given_by_id uuid DEFAULT app_actor(),
            withdrawn_at timestamptz,
            withdrawal_source text",
        )
        .lengths(&[("source", 500), ("withdrawal_source", 500)])
        .check("withdrawn_at_range", "withdrawn_at >= given_at")
        .check("withdrawal_source_given", "num_nulls(withdrawn_at, withdrawal_source) IN (0, 2)")
        .references(&[("contact_method_id", "contact_methods"), ("given_by_id", "users")])
        .constraint(
            "one_per_channel",
            "EXCLUDE USING btree (contact_method_id WITH =, channel WITH =) WHERE (withdrawn_at IS NULL)",
        )
        .index("contact_method", "contact_method_id, given_at, id")
        .index("given_by", "given_by_id")
}

/// What preferences there are, each with the JSON Schema that its values keep to. Those without a
/// user are the system's.
fn preference_categories() -> Table {
    Table::new("preference_categories")
        .columns(
            "user_id uuid,
            code text NOT NULL,
            name text NOT NULL,
            description text,
            value_schema jsonb NOT NULL,
            is_system boolean NOT NULL GENERATED ALWAYS AS (user_id IS NULL) STORED",
        )
        .check("code_form", "code ~ '^[A-Z0-9][A-Z0-9_.-]*$'")
        .lengths(&[("code", 60), ("name", 200), ("description", 2000)])
        .check("value_schema_form", "jsonb_typeof(value_schema) = 'object'")
        .references(&[("user_id", "users")])
        .unique("code", "user_id, code")
        .index("name", "name, id")
}

fn preferences() -> Table {
    Table::new("user_preferences")
        .columns(
            "user_id uuid NOT NULL,
            preference_category_id uuid NOT NULL,
            value jsonb NOT NULL",
        )
        .references(&[("user_id", "users"), ("preference_category_id", "preference_categories")])
        .unique("preference_category_id", "user_id, preference_category_id")
        .index("user", "user_id, created_at, id")
        .index("preference_category", "preference_category_id")
}

const TIME_ZONE: &str = "
CREATE FUNCTION check_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.time_zone) THEN
        RAISE EXCEPTION 'there is no time zone %', NEW.time_zone
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, COLUMN = 'time_zone', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER user_profiles_time_zone_known BEFORE INSERT OR UPDATE OF time_zone ON user_profiles
    FOR EACH ROW WHEN (NEW.time_zone IS NOT NULL) EXECUTE FUNCTION check_time_zone()";

/// `given_name` is `givenName`, as the contract calls it.
const FIELD_NAME: &str = "
CREATE FUNCTION field_name(column_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT string_agg(CASE place WHEN 1 THEN word ELSE initcap(word) END, '' ORDER BY place)
    FROM unnest(string_to_array(column_name, '_')) WITH ORDINALITY AS words (word, place))";

/// Notes which fields differ, before and after. A new profile has nothing before.
const RECORD_PROFILE: &str = "
CREATE FUNCTION record_user_profile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_profile_history (user_profile_id, changed_at, changed_by_id, before, after)
    SELECT NEW.id, clock_timestamp(), app_actor(),
        coalesce(jsonb_object_agg(field_name(key), earlier.value) FILTER (WHERE TG_OP = 'UPDATE'), '{}'),
        jsonb_object_agg(field_name(key), later.value)
    FROM jsonb_each(to_jsonb(NEW)) AS later
    LEFT JOIN jsonb_each(CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END) AS earlier USING (key)
    WHERE key NOT IN ('id', 'user_id', 'version', 'created_at', 'updated_at')
        AND later.value <> coalesce(earlier.value, 'null')
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER user_profiles_record AFTER INSERT OR UPDATE ON user_profiles
    FOR EACH ROW EXECUTE FUNCTION record_user_profile()";

/// The first of a kind is the primary one, and a new primary one takes the place of another. What was
/// verified was the place that it named then.
const KEEP_CONTACT_METHOD: &str = "
CREATE FUNCTION keep_contact_method() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.is_primary := NEW.is_primary OR NOT EXISTS (
            SELECT FROM contact_methods
            WHERE user_id = NEW.user_id AND kind = NEW.kind AND is_primary AND deleted_at IS NULL
        );
    ELSIF (NEW.email, NEW.phone, NEW.phone_extension) IS DISTINCT FROM (OLD.email, OLD.phone, OLD.phone_extension)
        OR NEW.kind <> OLD.kind
    THEN
        RAISE EXCEPTION 'an address or a number never changes'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    ELSIF (NEW.street_address, NEW.unit_number, NEW.city, NEW.state_or_province, NEW.postal_code, NEW.country)
        IS DISTINCT FROM (OLD.street_address, OLD.unit_number, OLD.city, OLD.state_or_province, OLD.postal_code, OLD.country)
    THEN
        NEW.verified_at := NULL;
        NEW.verified_by_id := NULL;
    END IF;
    IF NEW.is_primary AND NEW.deleted_at IS NULL THEN
        UPDATE contact_methods SET is_primary = false
        WHERE user_id = NEW.user_id AND kind = NEW.kind AND is_primary AND deleted_at IS NULL AND id <> NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contact_methods_fixed BEFORE INSERT OR UPDATE ON contact_methods
    FOR EACH ROW EXECUTE FUNCTION keep_contact_method()";

/// Only telephones are called; and a consent that was withdrawn stays so.
const CONSENT_FITS: &str = "
CREATE FUNCTION check_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contact_methods WHERE id = NEW.contact_method_id AND kind = 'PHONE') THEN
        RAISE EXCEPTION 'only a telephone can be called'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, COLUMN = 'channel', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contact_consents_channel_fits BEFORE INSERT ON contact_consents
    FOR EACH ROW WHEN (NEW.channel IN ('CALLS', 'TEXTS')) EXECUTE FUNCTION check_consent();
CREATE TRIGGER contact_consents_kept BEFORE UPDATE ON contact_consents
    FOR EACH ROW WHEN (
        OLD.withdrawn_at IS NOT NULL
        OR (NEW.contact_method_id, NEW.channel::text, NEW.source, NEW.given_at, NEW.given_by_id)
            IS DISTINCT FROM (OLD.contact_method_id, OLD.channel::text, OLD.source, OLD.given_at, OLD.given_by_id)
    ) EXECUTE FUNCTION refuse_change()";

const CATEGORIES: &str = r#"
INSERT INTO preference_categories (code, name, description, value_schema) VALUES
    ('DISPLAY', 'Display', 'How a front end looks.', '{
        "type": "object", "additionalProperties": false,
        "properties": {
            "theme": {"enum": ["SYSTEM", "LIGHT", "DARK"]},
            "density": {"enum": ["COMFORTABLE", "COMPACT"]},
            "language": {"type": "string", "maxLength": 35},
            "areaUnit": {"enum": ["SQUARE_FEET", "SQUARE_METERS"]}
        }}'),
    ('SEARCH', 'Search', 'What a search for properties begins with.', '{
        "type": "object", "additionalProperties": false,
        "properties": {
            "priceMin": {"type": "integer", "minimum": 0},
            "priceMax": {"type": "integer", "minimum": 0},
            "bedroomsMin": {"type": "integer", "minimum": 0, "maximum": 100},
            "postalCodes": {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 20}}
        }}')"#;
