//! Who sends what the fuzzer makes: somebody for whom nothing is hidden, so that all of it is run.

use std::collections::HashMap;
use std::sync::Arc;

use loaders::{Grant, Permissions, Viewer};

/// Every permission that the server asks for.
const PERMISSIONS: [&str; 19] = [
    "user.read",
    "user.manage",
    "role.manage",
    "role.assign",
    "elevation.approve",
    "firm.manage",
    "firm.invite",
    "license.verify",
    "preference.manage",
    "code.manage",
    "property.read",
    "property.write",
    "property.manage",
    "property.merge",
    "listing.read_costs",
    "listing.delete",
    "market.write",
    "security.read",
    "api_key.manage",
];

/// A viewer with all of them, who is nobody of whom there is a row.
pub fn viewer() -> Viewer {
    let grants =
        PERMISSIONS.map(|name| Grant { permission: name.to_owned(), scope: None, allowed: true });
    Viewer {
        class: "user",
        values: HashMap::new(),
        permissions: Arc::new(Permissions::new(grants)),
    }
}
