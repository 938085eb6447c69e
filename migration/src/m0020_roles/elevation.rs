//! Requests to have a role for a limited time, which another person decides.

use crate::support::{Table, closed_list};

/// What makes it.
pub(super) fn up() -> [String; 2] {
    let states = ["REQUESTED", "APPROVED", "REFUSED", "WITHDRAWN", "ENDED"];
    [closed_list("elevation_status", &states), requests().sql()]
}

pub(super) const DOWN: &[&str] = &["DROP TABLE elevation_requests", "DROP DOMAIN elevation_status"];

/// One request of a person for a role in one place is open at a time. What was approved is an
/// assignment, which ends by itself.
fn requests() -> Table {
    Table::new("elevation_requests")
        .columns(
            "user_id uuid NOT NULL,
            role_id uuid NOT NULL,
            firm_id uuid,
            reason text NOT NULL,
            minutes integer NOT NULL,
            status elevation_status NOT NULL DEFAULT 'REQUESTED',
            lapses_at timestamptz NOT NULL,
            decided_by_id uuid,
            decided_at timestamptz,
            decision_reason text,
            assignment_id uuid",
        )
        .lengths(&[("reason", 1000), ("decision_reason", 1000)])
        .check("minutes_positive", "minutes > 0")
        .check("decided_by_id_differs", "decided_by_id <> user_id")
        .check(
            "decided_at_given",
            "num_nonnulls(decided_by_id, decided_at) = CASE
                WHEN status IN ('APPROVED', 'REFUSED', 'ENDED') THEN 2 ELSE 0 END",
        )
        .check(
            "assignment_id_of_approved",
            "(assignment_id IS NOT NULL) = (status IN ('APPROVED', 'ENDED'))",
        )
        .constraint(
            "one_open",
            "EXCLUDE USING btree (
                user_id WITH =,
                role_id WITH =,
                coalesce(firm_id, '00000000-0000-0000-0000-000000000000') WITH =
            ) WHERE (status = 'REQUESTED')",
        )
        .references(&[
            ("user_id", "users"),
            ("role_id", "roles"),
            ("firm_id", "firms"),
            ("decided_by_id", "users"),
            ("assignment_id", "user_roles"),
        ])
        .index("created_at", "created_at, id")
        .index("user", "user_id, created_at, id")
        .index("role", "role_id, created_at, id")
        .index("firm", "firm_id, created_at, id")
        .index("decided_by", "decided_by_id")
        .index("assignment", "assignment_id")
}
