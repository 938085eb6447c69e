//! The permissions that the server asks for, and the roles that it comes with.

pub(super) const ROWS: &[&str] = &[PERMISSIONS, ROLES, INHERITANCE, ROLE_PERMISSIONS];

const PERMISSIONS: &str = "
INSERT INTO permissions (name, description) VALUES
    ('user.read', 'See every user, with profile, contact methods and roles.'),
    ('user.manage', 'Change, suspend and verify users.'),
    ('role.manage', 'Make roles and change what they allow.'),
    ('role.assign', 'Give and end roles.'),
    ('elevation.approve', 'Decide whether somebody has a role for a limited time.'),
    ('firm.manage', 'Change a firm, its members, and the roles that it has made.'),
    ('firm.invite', 'Invite people to a firm.'),
    ('license.verify', 'Verify professional licenses.'),
    ('preference.manage', 'Change which preferences there are.'),
    ('code.manage', 'Change lists of codes.'),
    ('property.read', 'See properties and listings that are not published.'),
    ('property.write', 'Change properties and listings.'),
    ('property.manage', 'Decide what is shown and offered: publish, share and delete properties, and take listings through their life.'),
    ('property.merge', 'Merge two records of one property.'),
    ('listing.read_costs', 'See costs and marketing budgets.'),
    ('listing.delete', 'Take out listings that were entered in error.'),
    ('market.write', 'Change market areas and their figures.'),
    ('security.read', 'See security events.'),
    ('api_key.manage', 'See and revoke the API keys of others.')";

const ROLES: &str = "
INSERT INTO roles (name, description, scope, is_shipped) VALUES
    ('member', 'Everyone with an account.', 'EVERYWHERE', true),
    ('buyer', 'Looks for a property to buy.', 'EVERYWHERE', true),
    ('seller', 'Sells a property.', 'EVERYWHERE', true),
    ('attorney', 'Represents a party.', 'EVERYWHERE', true),
    ('staff', 'Works for the firm that runs this server.', 'EVERYWHERE', true),
    ('administrator', 'Runs this server: holds every permission.', 'EVERYWHERE', true),
    ('service', 'A program.', 'EVERYWHERE', true),
    ('firm_member', 'Belongs to a firm.', 'FIRM', true),
    ('firm_administrator', 'Runs a firm.', 'FIRM', true)";

const INHERITANCE: &str = "
INSERT INTO role_inheritance (role_id, inherited_role_id, is_shipped)
SELECT heir.id, inherited.id, true
FROM (VALUES
    ('buyer', 'member'),
    ('seller', 'member'),
    ('attorney', 'member'),
    ('staff', 'member'),
    ('administrator', 'staff'),
    ('service', 'member'),
    ('firm_administrator', 'firm_member')
) AS pair (heir, inherited)
JOIN roles heir ON heir.name = pair.heir
JOIN roles inherited ON inherited.name = pair.inherited";

/// Administrators are given each by name, so that no change of another role takes one away.
const ROLE_PERMISSIONS: &str = "
INSERT INTO role_permissions (role_id, permission_id, effect, is_shipped)
SELECT roles.id, permissions.id, 'ALLOW', true
FROM (VALUES
    ('staff', ARRAY['user.read', 'property.read', 'listing.read_costs', 'license.verify', 'security.read']),
    ('administrator', ARRAY(SELECT name FROM permissions)),
    ('firm_member', ARRAY['property.read']),
    ('firm_administrator', ARRAY['firm.manage', 'firm.invite', 'property.read', 'property.write', 'property.manage', 'listing.read_costs'])
) AS given (role, names)
JOIN roles ON roles.name = given.role
JOIN permissions ON permissions.name = ANY (given.names)";
