//! What follows from roles: computed by the database, each in one statement.

pub(super) const UP: &[&str] = &[ROLE_CLOSURE, EFFECTIVE_PERMISSIONS, ACCESS_BOUNDARY];

pub(super) const DOWN: &[&str] =
    &["DROP FUNCTION access_boundary, effective_permissions, role_closure"];

/// A role and all that it builds on, each once however many ways lead there.
const ROLE_CLOSURE: &str = "
CREATE FUNCTION role_closure(role_id uuid) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE reached (id) AS (
        SELECT $1
        UNION
        SELECT i.inherited_role_id FROM reached JOIN role_inheritance i ON i.role_id = reached.id
    )
    SELECT id FROM reached
$$";

/// What the roles say that a user has at a moment: each permission that one of them allows or
/// denies, by each assignment, with the shortest way from the role assigned to the role that says
/// it. A scope is the id of a firm or a transaction, or null for everywhere. A denial outweighs
/// every permission in its scope; the reader compares the two.
///
/// Of the ways to a role one is kept at each step, so that many ways stay few rows.
const EFFECTIVE_PERMISSIONS: &str = "
CREATE FUNCTION effective_permissions(user_id uuid, moment timestamptz DEFAULT now())
RETURNS TABLE (
    permission text,
    scope_id uuid,
    effect permission_effect,
    role_path uuid[],
    assignment_id uuid,
    valid_until timestamptz,
    role_permission_id uuid
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE reached (assignment_id, scope_id, valid_until, role_id, role_path) AS (
        SELECT a.id, coalesce(a.firm_id, a.transaction_id), a.ends_at, a.role_id, ARRAY[a.role_id]
        FROM user_roles a
        WHERE a.user_id = $1 AND a.revoked_at IS NULL AND a.starts_at <= $2
            AND (a.ends_at IS NULL OR a.ends_at > $2)
        UNION ALL
        SELECT next.* FROM (
            SELECT DISTINCT ON (r.assignment_id, i.inherited_role_id)
                r.assignment_id, r.scope_id, r.valid_until, i.inherited_role_id,
                r.role_path || i.inherited_role_id
            FROM reached r JOIN role_inheritance i ON i.role_id = r.role_id
        ) next
    )
    SELECT DISTINCT ON (r.assignment_id, rule.id)
        p.name, r.scope_id, rule.effect, r.role_path, r.assignment_id, r.valid_until, rule.id
    FROM reached r
    JOIN role_permissions rule ON rule.role_id = r.role_id
    JOIN permissions p ON p.id = rule.permission_id
    ORDER BY r.assignment_id, rule.id, cardinality(r.role_path)
$$";

/// The next moment after this one at which what a user may do changes by itself.
const ACCESS_BOUNDARY: &str = "
CREATE FUNCTION access_boundary(user_id uuid, moment timestamptz DEFAULT now()) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT min(boundary.at)
    FROM user_roles a, unnest(ARRAY[a.starts_at, a.ends_at]) AS boundary (at)
    WHERE a.user_id = $1 AND a.revoked_at IS NULL AND boundary.at > $2
$$";
