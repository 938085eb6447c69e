//! What a user is qualified for: licences, specializations and memberships of associations.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, open_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                closed_list(
                    "professional_license_kind",
                    &[
                        "ATTORNEY",
                        "REAL_ESTATE_BROKER",
                        "REAL_ESTATE_SALESPERSON",
                        "APPRAISER",
                        "TITLE_AGENT",
                        "MORTGAGE_LOAN_ORIGINATOR",
                        "HOME_INSPECTOR",
                        "SURVEYOR",
                        "NOTARY_PUBLIC",
                        "OTHER",
                    ],
                ),
                closed_list(
                    "professional_license_status",
                    &["PENDING", "ACTIVE", "INACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"],
                ),
                licenses().sql(),
                open_list("specializations").unique("code", "code").sql(),
                user_specializations().sql(),
                affiliations().sql(),
                UNVERIFY.to_owned(),
                SPECIALIZATIONS.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE professional_affiliations, user_specializations, specializations, professional_licenses",
                "DROP FUNCTION unverify_professional_license",
                "DROP DOMAIN professional_license_status, professional_license_kind",
            ],
        )
        .await
    }
}

/// Anybody may claim a licence; verified it is one person's.
fn licenses() -> Table {
    Table::new("professional_licenses")
        .columns(
            "user_id uuid NOT NULL,
            kind professional_license_kind NOT NULL,
            number text NOT NULL,
            jurisdiction text NOT NULL,
            status professional_license_status NOT NULL DEFAULT 'ACTIVE',
            issued_on date,
            expires_on date,
            verified_at timestamptz,
            verified_by_id uuid",
        )
        .lengths(&[("number", 100)])
        .check("jurisdiction_form", "jurisdiction ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'")
        .check("expires_on_range", "expires_on >= issued_on")
        .check("verified_by_id_of_verified", "num_nulls(verified_at, verified_by_id) IN (0, 2)")
        .references(&[("user_id", "users"), ("verified_by_id", "users")])
        .unique("number", "user_id, kind, jurisdiction, number")
        .constraint(
            "one_verified",
            "EXCLUDE USING btree (kind WITH =, jurisdiction WITH =, number WITH =) WHERE (verified_at IS NOT NULL)",
        )
        .index("user", "user_id, created_at, id")
        .index("verified_by", "verified_by_id")
        .index("created_at", "created_at, id")
}

fn user_specializations() -> Table {
    Table::new("user_specializations")
        .columns(
            "user_id uuid NOT NULL,
            specialization_id uuid NOT NULL,
            since_year integer",
        )
        .check("since_year_range", "since_year >= 1900 AND since_year <= 2200")
        .references(&[("user_id", "users"), ("specialization_id", "specializations")])
        .unique("specialization_id", "user_id, specialization_id")
        .index("user", "user_id, created_at, id")
        .index("specialization", "specialization_id")
}

fn affiliations() -> Table {
    Table::new("professional_affiliations")
        .columns(
            "user_id uuid NOT NULL,
            organization_name text NOT NULL,
            role text,
            member_number text,
            joined_on date,
            ended_on date",
        )
        .lengths(&[("organization_name", 200), ("role", 200), ("member_number", 100)])
        .check("ended_on_range", "ended_on >= joined_on")
        .references(&[("user_id", "users")])
        .index("user", "user_id, organization_name, id")
}

/// What was verified is what the licence said then.
const UNVERIFY: &str = "
CREATE FUNCTION unverify_professional_license() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.verified_at := NULL;
    NEW.verified_by_id := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER professional_licenses_unverify BEFORE UPDATE ON professional_licenses
    FOR EACH ROW WHEN (
        (NEW.user_id, NEW.kind::text, NEW.number, NEW.jurisdiction, NEW.status::text, NEW.issued_on, NEW.expires_on)
            IS DISTINCT FROM
            (OLD.user_id, OLD.kind::text, OLD.number, OLD.jurisdiction, OLD.status::text, OLD.issued_on, OLD.expires_on)
        AND NEW.verified_at IS NOT DISTINCT FROM OLD.verified_at
    ) EXECUTE FUNCTION unverify_professional_license()";

const SPECIALIZATIONS: &str = "
INSERT INTO specializations (code, name, description) VALUES
    ('COMMERCIAL', 'Commercial property', 'Offices, shops, industry.'),
    ('CONDOMINIUMS', 'Condominiums', 'Units, and the associations that they belong to.'),
    ('ESTATES', 'Estates and probate', 'Property of somebody who has died.'),
    ('FARMS', 'Farms and land', 'Agricultural and undeveloped land.'),
    ('FINANCE', 'Finance', 'Mortgages and other loans.'),
    ('LEASES', 'Leases', 'Landlords and tenants.'),
    ('NEW_CONSTRUCTION', 'New construction', 'Buildings that are not finished yet.'),
    ('RESIDENTIAL', 'Residential property', 'Homes for one or a few families.'),
    ('TAX', 'Tax', 'Taxes on property and on its sale.'),
    ('TITLE', 'Title', 'Ownership, liens, easements.'),
    ('ZONING', 'Zoning and land use', 'What may be built and done where.')";
