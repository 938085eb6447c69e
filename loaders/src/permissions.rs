//! What a viewer may do: permissions, held everywhere or within scopes, with denials that win over
//! whatever allows.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// One rule that applies to a viewer: he may, or may not, do something everywhere or in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The permission's name.
    pub permission: String,
    /// Where it holds: the id of a firm, say. None is everywhere.
    pub scope: Option<Uuid>,
    /// Whether the rule allows; otherwise it denies.
    pub allowed: bool,
}

/// The permissions of one viewer, all rules taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    everywhere: BTreeSet<String>,
    within: BTreeMap<String, Vec<Uuid>>,
    except: BTreeMap<String, Vec<Uuid>>,
    fingerprint: String,
}

impl Default for Permissions {
    fn default() -> Self {
        Self::new([])
    }
}

impl Permissions {
    /// Takes the rules together. A denial everywhere leaves nothing of a permission; one in a scope
    /// takes that scope out, wherever the permission comes from.
    pub fn new(grants: impl IntoIterator<Item = Grant>) -> Self {
        let (mut allowed, mut denied) = (BTreeSet::new(), BTreeSet::new());
        for Grant { permission, scope, allowed: allows } in grants {
            if allows { &mut allowed } else { &mut denied }.insert((permission, scope));
        }
        let is_denied = |permission: &String, scope: Option<Uuid>| {
            denied.contains(&(permission.clone(), None))
                || denied.contains(&(permission.clone(), scope))
        };
        let mut everywhere = BTreeSet::new();
        let mut within: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        let mut except: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for (permission, scope) in &allowed {
            if is_denied(permission, *scope) {
                continue;
            }
            match scope {
                None => {
                    everywhere.insert(permission.clone());
                }
                Some(scope) => within.entry(permission.clone()).or_default().push(*scope),
            }
        }
        for (permission, scope) in &denied {
            if let Some(scope) = scope
                && everywhere.contains(permission)
            {
                except.entry(permission.clone()).or_default().push(*scope);
            }
        }
        let fingerprint = fingerprint(&everywhere, &within, &except);
        Self { everywhere, within, except, fingerprint }
    }

    /// Whether it is held everywhere, but for the scopes that [`Self::except`] names.
    pub fn everywhere(&self, permission: &str) -> bool {
        self.everywhere.contains(permission)
    }

    /// The scopes in which it is held by a rule of that scope.
    pub fn within(&self, permission: &str) -> &[Uuid] {
        self.within.get(permission).map_or(&[], Vec::as_slice)
    }

    /// The scopes in which a permission that is held everywhere is denied.
    pub fn except(&self, permission: &str) -> &[Uuid] {
        self.except.get(permission).map_or(&[], Vec::as_slice)
    }

    /// Whether it is held in this scope; without one, everywhere.
    pub fn allows(&self, permission: &str, scope: Option<Uuid>) -> bool {
        match scope {
            None => self.everywhere(permission),
            Some(scope) => {
                (self.everywhere(permission) && !self.except(permission).contains(&scope))
                    || self.within(permission).contains(&scope)
            }
        }
    }

    /// Whether it is held anywhere at all.
    pub fn somewhere(&self, permission: &str) -> bool {
        self.everywhere(permission) || !self.within(permission).is_empty()
    }

    /// The names of all permissions that are held anywhere.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names: BTreeSet<&str> =
            self.everywhere.iter().chain(self.within.keys()).map(String::as_str).collect();
        names.into_iter()
    }

    /// The same for viewers whose statements have the same text.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// Of the names alone: ids of scopes are parameters.
fn fingerprint(
    everywhere: &BTreeSet<String>,
    within: &BTreeMap<String, Vec<Uuid>>,
    except: &BTreeMap<String, Vec<Uuid>>,
) -> String {
    let names = everywhere.iter().map(|name| (' ', name));
    let names = names.chain(within.keys().map(|name| ('+', name)));
    let mut names = names.chain(except.keys().map(|name| ('-', name))).peekable();
    if names.peek().is_none() {
        return String::new();
    }
    let mut hash = Sha256::new();
    for (sign, name) in names {
        hash.update(format!("{sign}{name}\n"));
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRM: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn permissions(rules: &[(Option<Uuid>, bool)]) -> Permissions {
        Permissions::new(rules.iter().map(|&(scope, allowed)| Grant {
            permission: "row.read".to_string(),
            scope,
            allowed,
        }))
    }

    #[test]
    fn denials_win() {
        // The rules; whether it holds everywhere, in the firm, in another.
        type Case<'a> = (&'a [(Option<Uuid>, bool)], bool, bool, bool);
        let cases: [Case<'_>; 8] = [
            (&[], false, false, false),
            (&[(None, true)], true, true, true),
            (&[(Some(FIRM), true)], false, true, false),
            (&[(None, true), (None, false)], false, false, false),
            (&[(None, true), (Some(FIRM), false)], true, false, true),
            (&[(Some(FIRM), true), (None, false)], false, false, false),
            (&[(Some(FIRM), true), (Some(FIRM), false)], false, false, false),
            (&[(None, true), (Some(FIRM), true), (Some(FIRM), false)], true, false, true),
        ];
        for (rules, everywhere, firm, other) in cases {
            let permissions = permissions(rules);
            let found =
                [None, Some(FIRM), Some(OTHER)].map(|scope| permissions.allows("row.read", scope));
            assert_eq!(found, [everywhere, firm, other], "{rules:?}");
            assert_eq!(permissions.somewhere("row.read"), everywhere || firm || other, "{rules:?}");
        }
    }

    #[test]
    fn scopes_share_plans_and_rules_do_not() {
        let of = |rules: &[(Option<Uuid>, bool)]| permissions(rules).fingerprint;
        assert_eq!(of(&[(Some(FIRM), true)]), of(&[(Some(OTHER), true)]));
        assert_ne!(of(&[(Some(FIRM), true)]), of(&[(None, true)]));
        assert_ne!(of(&[(None, true), (Some(FIRM), false)]), of(&[(None, true)]));
        assert_eq!(of(&[]), "");
    }
}
