//! Firms and who works in them, who helps with a property, and invitations to either.

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
                closed_list(
                    "firm_kind",
                    &[
                        "LAW_FIRM",
                        "TITLE_COMPANY",
                        "LENDER",
                        "BROKERAGE",
                        "APPRAISAL",
                        "INSPECTION",
                        "OTHER",
                    ],
                ),
                closed_list("collaborator_capability", &["VIEW", "EDIT", "MANAGE"]),
                closed_list(
                    "invitation_state",
                    &["PENDING", "ACCEPTED", "DECLINED", "REVOKED", "EXPIRED"],
                ),
                firms().sql(),
                memberships().sql(),
                collaborators().sql(),
                invitations().sql(),
                ACCESS_CHANGED.to_owned(),
                USERS_MET.to_owned(),
                PUBLIC_USERS.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP INDEX users_public_idx",
                "DROP FUNCTION users_met",
                "DROP TABLE invitations, property_collaborators, firm_memberships, firms",
                "DROP DOMAIN invitation_state, collaborator_capability, firm_kind",
            ],
        )
        .await
    }
}

fn firms() -> Table {
    Table::new("firms")
        .columns(
            "name text NOT NULL,
            kind firm_kind NOT NULL,
            description text,
            website_url text,
            street_address text,
            unit_number text,
            city text,
            state_or_province text,
            postal_code text,
            country text NOT NULL DEFAULT 'US'",
        )
        .lengths(&[
            ("name", 200),
            ("description", 4000),
            ("website_url", 2000),
            ("street_address", 200),
            ("unit_number", 50),
            ("city", 100),
            ("state_or_province", 100),
            ("postal_code", 20),
        ])
        .check("country_form", "country ~ '^[A-Z]{2}$'")
        .index("name", "name, id")
}

fn memberships() -> Table {
    Table::new("firm_memberships")
        .columns(
            "firm_id uuid NOT NULL,
            user_id uuid NOT NULL,
            title text,
            joined_at timestamptz NOT NULL DEFAULT now(),
            ended_at timestamptz",
        )
        .lengths(&[("title", 200)])
        .check("ended_at_range", "ended_at >= joined_at")
        .references(&[("firm_id", "firms"), ("user_id", "users")])
        .constraint(
            "one_current",
            "EXCLUDE USING btree (firm_id WITH =, user_id WITH =) WHERE (ended_at IS NULL)",
        )
        .index("firm", "firm_id, joined_at, id")
        .index("user", "user_id, joined_at, id")
}

/// Helpers of a property, each a person or a whole firm.
fn collaborators() -> Table {
    Table::new("property_collaborators")
        .columns(
            "property_id uuid NOT NULL,
            user_id uuid,
            firm_id uuid,
            capability collaborator_capability NOT NULL DEFAULT 'VIEW',
            invited_by_id uuid DEFAULT app_actor(),
            ends_at timestamptz,
            ended_at timestamptz",
        )
        .check("collaborator_single", "num_nonnulls(user_id, firm_id) = 1")
        .references(&[
            ("property_id", "properties"),
            ("user_id", "users"),
            ("firm_id", "firms"),
            ("invited_by_id", "users"),
        ])
        .constraint(
            "one_per_user",
            "EXCLUDE USING btree (property_id WITH =, user_id WITH =) WHERE (ended_at IS NULL)",
        )
        .constraint(
            "one_per_firm",
            "EXCLUDE USING btree (property_id WITH =, firm_id WITH =) WHERE (ended_at IS NULL)",
        )
        .index("property", "property_id, created_at, id")
        .index("user", "user_id, created_at, id")
        .index("firm", "firm_id, created_at, id")
        .index("invited_by", "invited_by_id")
}

/// An invitation into a firm, or to help with a property. The secret that was mailed is among the
/// `user_tokens`.
fn invitations() -> Table {
    Table::new("invitations")
        .columns(
            "email text NOT NULL,
            firm_id uuid,
            title text,
            as_administrator boolean NOT NULL DEFAULT false,
            property_id uuid,
            capability collaborator_capability,
            message text,
            state invitation_state NOT NULL DEFAULT 'PENDING',
            invited_by_id uuid NOT NULL DEFAULT app_actor(),
            expires_at timestamptz NOT NULL,
            answered_at timestamptz,
            accepted_by_id uuid",
        )
        .lengths(&[("email", 254), ("title", 200), ("message", 2000)])
        .check("aim_single", "num_nonnulls(firm_id, property_id) = 1")
        .check("title_of_firm", "firm_id IS NOT NULL OR (title IS NULL AND NOT as_administrator)")
        .check("capability_of_property", "(capability IS NOT NULL) = (property_id IS NOT NULL)")
        .check("answered_at_of_state", "(answered_at IS NOT NULL) = (state IN ('ACCEPTED', 'DECLINED', 'REVOKED'))")
        .check("accepted_by_id_of_state", "(accepted_by_id IS NOT NULL) = (state = 'ACCEPTED')")
        .references(&[
            ("firm_id", "firms"),
            ("property_id", "properties"),
            ("invited_by_id", "users"),
            ("accepted_by_id", "users"),
        ])
        .constraint(
            "one_pending_per_firm",
            "EXCLUDE USING btree (firm_id WITH =, lower(email) WITH =) WHERE (state = 'PENDING')",
        )
        .constraint(
            "one_pending_per_property",
            "EXCLUDE USING btree (property_id WITH =, lower(email) WITH =) WHERE (state = 'PENDING')",
        )
        .index("firm", "firm_id, created_at, id")
        .index("property", "property_id, created_at, id")
        .index("invited_by", "invited_by_id, created_at, id")
        .index("accepted_by", "accepted_by_id")
        .index("email", "lower(email)")
        .index("created_at", "created_at, id")
}

const ACCESS_CHANGED: &str = "
CREATE TRIGGER firm_memberships_access_changed AFTER INSERT OR UPDATE OR DELETE ON firm_memberships
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed('user_id')";

/// Whom a user meets: colleagues, and who owns or helps with a property that he owns or helps with,
/// alone or with a firm.
const USERS_MET: &str = "
CREATE FUNCTION users_met(viewer uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(
        WITH helpers AS NOT MATERIALIZED (
            SELECT property_id, firm_id, user_id FROM property_collaborators
            WHERE ended_at IS NULL AND (ends_at IS NULL OR ends_at > now())
        ), shared AS (
            SELECT id, owner_id FROM properties
            WHERE deleted_at IS NULL AND id IN (
                SELECT property_id FROM helpers WHERE user_id = viewer
                UNION ALL
                SELECT property_id FROM helpers JOIN firm_memberships mine USING (firm_id)
                WHERE mine.user_id = viewer AND mine.ended_at IS NULL
                UNION ALL
                SELECT property_id FROM helpers JOIN properties own ON own.id = property_id
                WHERE own.owner_id = viewer
            )
        )
        SELECT colleague.user_id
        FROM firm_memberships mine JOIN firm_memberships colleague USING (firm_id)
        WHERE mine.user_id = viewer AND mine.ended_at IS NULL AND colleague.ended_at IS NULL
        UNION
        SELECT owner_id FROM shared WHERE owner_id IS NOT NULL
        UNION
        SELECT user_id FROM shared JOIN helpers ON property_id = shared.id WHERE user_id IS NOT NULL
        UNION
        SELECT member.user_id FROM shared
        JOIN helpers ON property_id = shared.id
        JOIN firm_memberships member ON member.firm_id = helpers.firm_id AND member.ended_at IS NULL
    );
END $$";

/// Whoever is not signed in lists public users only.
const PUBLIC_USERS: &str = "
CREATE INDEX users_public_idx ON users (display_name, id) WHERE is_public AND deleted_at IS NULL";
