//! What no change of roles can do, whoever makes it: close a circle, give a role where it does not
//! count, take from a shipped role what makes it, rewrite an assignment, or leave nobody who can
//! manage roles.
//!
//! What cannot be seen in one row is checked under one lock for all changes of roles, so that of
//! two changes at once the second sees the first.

pub(super) const UP: &[&str] = &[
    REFUSE_CHANGE_OF_SHIPPED,
    CHECK_ROLE_INHERITANCE,
    CHECK_USER_ROLE,
    REFUSE_REWRITE_OF_ASSIGNMENT,
    CHECK_DENIALS,
    KEEP_ADMINISTRATOR,
    TELL,
];

/// Triggers on tables that stay; the others go with their tables.
pub(super) const DOWN: &[&str] = &["DROP TRIGGER users_administrator_kept ON users"];

pub(super) const DOWN_FUNCTIONS: &[&str] = &[
    "DROP FUNCTION keep_administrator, check_denials, administrator_is_left, administrators,
         refuse_rewrite_of_assignment, check_user_role, check_role_inheritance, refuse_change_of_shipped",
];

const REFUSE_CHANGE_OF_SHIPPED: &str = "
CREATE FUNCTION refuse_change_of_shipped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % that the server came with is not changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER roles_shipped BEFORE UPDATE OR DELETE ON roles
    FOR EACH ROW WHEN (OLD.is_shipped) EXECUTE FUNCTION refuse_change_of_shipped();
CREATE TRIGGER role_permissions_shipped BEFORE UPDATE OR DELETE ON role_permissions
    FOR EACH ROW WHEN (OLD.is_shipped) EXECUTE FUNCTION refuse_change_of_shipped();
CREATE TRIGGER role_inheritance_shipped BEFORE UPDATE OR DELETE ON role_inheritance
    FOR EACH ROW WHEN (OLD.is_shipped) EXECUTE FUNCTION refuse_change_of_shipped()";

/// What a role builds on counts in the same kind of place, and belongs to everyone or to the same
/// firm: else a firm could change what holds elsewhere.
const CHECK_ROLE_INHERITANCE: &str = "
CREATE FUNCTION check_role_inheritance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('roles', 0));
    IF NOT EXISTS (
        SELECT FROM roles heir JOIN roles inherited ON inherited.scope = heir.scope
            AND (inherited.firm_id IS NULL OR inherited.firm_id = heir.firm_id)
        WHERE heir.id = NEW.role_id AND inherited.id = NEW.inherited_role_id
    ) THEN
        RAISE EXCEPTION 'the two roles do not count in the same places'
            USING ERRCODE = 'check_violation', TABLE = 'role_inheritance',
                CONSTRAINT = 'role_inheritance_inherited_role_id_fits';
    END IF;
    IF NEW.role_id IN (SELECT id FROM role_closure(NEW.inherited_role_id)) THEN
        RAISE EXCEPTION 'a role cannot build on itself'
            USING ERRCODE = 'check_violation', TABLE = 'role_inheritance',
                CONSTRAINT = 'role_inheritance_no_circle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_inheritance_checked BEFORE INSERT OR UPDATE ON role_inheritance
    FOR EACH ROW EXECUTE FUNCTION check_role_inheritance()";

/// The role is locked against its deletion before it is looked at.
const CHECK_USER_ROLE: &str = "
CREATE FUNCTION check_user_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given roles;
BEGIN
    SELECT * INTO given FROM roles WHERE id = NEW.role_id FOR KEY SHARE;
    IF given.deleted_at IS NOT NULL THEN
        RAISE EXCEPTION 'the role is deleted'
            USING ERRCODE = 'check_violation', TABLE = 'user_roles', CONSTRAINT = 'user_roles_role_id_present';
    END IF;
    IF given.scope <> (CASE
            WHEN NEW.firm_id IS NOT NULL THEN 'FIRM'
            WHEN NEW.transaction_id IS NOT NULL THEN 'TRANSACTION'
            ELSE 'EVERYWHERE' END)
        OR given.firm_id <> NEW.firm_id
    THEN
        RAISE EXCEPTION 'the role does not count there'
            USING ERRCODE = 'check_violation', TABLE = 'user_roles', CONSTRAINT = 'user_roles_scope_fits';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER user_roles_checked BEFORE INSERT ON user_roles
    FOR EACH ROW EXECUTE FUNCTION check_user_role()";

const REFUSE_REWRITE_OF_ASSIGNMENT: &str = "
CREATE FUNCTION refuse_rewrite_of_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an assignment is ended, and not changed besides'
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'user_roles_kept';
END $$;
CREATE TRIGGER user_roles_kept_update BEFORE UPDATE ON user_roles FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL
        OR (OLD.user_id, OLD.role_id, OLD.firm_id, OLD.transaction_id, OLD.assigned_by_id, OLD.reason, OLD.starts_at, OLD.ends_at)
            IS DISTINCT FROM
            (NEW.user_id, NEW.role_id, NEW.firm_id, NEW.transaction_id, NEW.assigned_by_id, NEW.reason, NEW.starts_at, NEW.ends_at))
    EXECUTE FUNCTION refuse_rewrite_of_assignment();
CREATE TRIGGER user_roles_kept_delete BEFORE DELETE ON user_roles
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite_of_assignment();
CREATE TRIGGER roles_scope_kept BEFORE UPDATE OF scope, firm_id, is_shipped ON roles FOR EACH ROW
    WHEN ((OLD.scope, OLD.firm_id, OLD.is_shipped) IS DISTINCT FROM (NEW.scope, NEW.firm_id, NEW.is_shipped))
    EXECUTE FUNCTION refuse_change_of_shipped()";

/// A denial that reaches a shipped role takes nothing that it came with, and one that reaches every
/// administrator leaves roles manageable.
const CHECK_DENIALS: &str = "
CREATE FUNCTION administrators() RETURNS TABLE (user_id uuid)
LANGUAGE sql STABLE AS $$
    SELECT a.user_id FROM user_roles a
    JOIN roles r ON r.id = a.role_id AND r.is_shipped AND r.name = 'administrator'
    JOIN users u ON u.id = a.user_id AND u.status = 'ACTIVE' AND u.deleted_at IS NULL
    WHERE a.revoked_at IS NULL AND a.ends_at IS NULL AND a.starts_at <= now()
$$;
CREATE FUNCTION administrator_is_left() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM administrators() one WHERE NOT EXISTS (
            SELECT FROM user_roles a
            CROSS JOIN LATERAL role_closure(a.role_id) c
            JOIN role_permissions denial ON denial.role_id = c.id AND denial.effect = 'DENY'
            JOIN permissions p ON p.id = denial.permission_id
            WHERE a.user_id = one.user_id AND a.revoked_at IS NULL AND (a.ends_at IS NULL OR a.ends_at > now())
                AND num_nonnulls(a.firm_id, a.transaction_id) = 0
                AND p.name IN ('role.manage', 'role.assign')
        )
    )
$$;
CREATE FUNCTION check_denials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('roles', 0));
    IF TG_TABLE_NAME <> 'user_roles' AND EXISTS (
        SELECT FROM role_permissions given
        CROSS JOIN LATERAL role_closure(given.role_id) c
        JOIN role_permissions denial ON denial.role_id = c.id AND denial.permission_id = given.permission_id
        WHERE given.is_shipped AND given.effect = 'ALLOW' AND denial.effect = 'DENY'
    ) THEN
        RAISE EXCEPTION 'a shipped role would lose a permission that it came with'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'role_permissions_shipped_held';
    END IF;
    IF EXISTS (SELECT FROM administrators()) AND NOT administrator_is_left() THEN
        RAISE EXCEPTION 'nobody would be left who can manage roles'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'user_roles_administrator_kept';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER role_permissions_denials AFTER INSERT OR UPDATE ON role_permissions
    FOR EACH ROW WHEN (NEW.effect = 'DENY') EXECUTE FUNCTION check_denials();
CREATE TRIGGER role_inheritance_denials AFTER INSERT ON role_inheritance
    FOR EACH ROW EXECUTE FUNCTION check_denials()";

/// The last who can manage roles neither loses the role, nor the account, nor is denied it.
const KEEP_ADMINISTRATOR: &str = "
CREATE FUNCTION keep_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    administrator uuid := (SELECT id FROM roles WHERE is_shipped AND name = 'administrator');
    was_one boolean;
BEGIN
    IF TG_TABLE_NAME = 'users' THEN
        was_one := EXISTS (
            SELECT FROM user_roles
            WHERE user_id = NEW.id AND role_id = administrator AND revoked_at IS NULL AND ends_at IS NULL AND starts_at <= now()
        );
    ELSIF TG_OP = 'UPDATE' THEN
        was_one := OLD.role_id = administrator AND OLD.ends_at IS NULL AND OLD.starts_at <= now();
    ELSE
        was_one := EXISTS (SELECT FROM administrators() WHERE user_id = NEW.user_id) AND EXISTS (
            SELECT FROM role_closure(NEW.role_id) c
            JOIN role_permissions denial ON denial.role_id = c.id AND denial.effect = 'DENY'
        );
    END IF;
    IF NOT was_one THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('roles', 0));
    IF NOT administrator_is_left() THEN
        RAISE EXCEPTION 'nobody would be left who can manage roles'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'user_roles_administrator_kept';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_administrator_kept AFTER UPDATE OF status, deleted_at ON users FOR EACH ROW
    WHEN (OLD.status = 'ACTIVE' AND OLD.deleted_at IS NULL AND (NEW.status <> 'ACTIVE' OR NEW.deleted_at IS NOT NULL))
    EXECUTE FUNCTION keep_administrator();
CREATE TRIGGER user_roles_administrator_kept_update AFTER UPDATE OF revoked_at ON user_roles FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION keep_administrator();
CREATE TRIGGER user_roles_administrator_kept_insert AFTER INSERT ON user_roles
    FOR EACH ROW EXECUTE FUNCTION keep_administrator()";

/// Whoever keeps permissions in memory hears of each change that can alter them.
const TELL: &str = "
CREATE TRIGGER user_roles_access_changed AFTER INSERT OR UPDATE OR DELETE ON user_roles
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed('user_id');
CREATE TRIGGER roles_access_changed AFTER UPDATE OR DELETE ON roles
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed();
CREATE TRIGGER role_permissions_access_changed AFTER INSERT OR UPDATE OR DELETE ON role_permissions
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed();
CREATE TRIGGER role_inheritance_access_changed AFTER INSERT OR UPDATE OR DELETE ON role_inheritance
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed()";
