//! Why somebody has a permission, or has not: a pure comparison of what his roles say.

use uuid::Uuid;

/// What a role says of the permission that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) id: Uuid,
    pub(super) allows: bool,
    /// A firm; none for everywhere.
    pub(super) scope: Option<Uuid>,
    pub(super) assignment: Uuid,
    /// From the role assigned to the role that says it.
    pub(super) path: Vec<Uuid>,
}

impl Rule {
    /// The role that says it.
    pub(super) fn role(&self) -> Option<Uuid> {
        self.path.last().copied()
    }
}

/// What the roles come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict<'a> {
    Allowed(&'a Rule),
    Denied(&'a Rule),
    /// No role says anything of it there.
    Missing,
}

/// What rules say in a scope, or everywhere: a denial outweighs whatever allows. Of several that say
/// the same, what holds everywhere is named, and then what is closest.
pub(super) fn decide(rules: &[Rule], scope: Option<Uuid>) -> Verdict<'_> {
    let closest = |allows: bool| {
        let fitting = rules
            .iter()
            .filter(|rule| rule.allows == allows && (rule.scope.is_none() || rule.scope == scope));
        fitting.min_by_key(|rule| (rule.scope.is_some(), rule.path.len(), rule.id))
    };
    match (closest(false), closest(true)) {
        (Some(denial), _) => Verdict::Denied(denial),
        (None, Some(rule)) => Verdict::Allowed(rule),
        (None, None) => Verdict::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRM: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn rule(id: u128, allows: bool, scope: Option<Uuid>, depth: usize) -> Rule {
        let path = vec![Uuid::from_u128(id); depth];
        Rule { id: Uuid::from_u128(id), allows, scope, assignment: Uuid::nil(), path }
    }

    /// What decides: the rule's number, below zero for a denial, zero for none.
    fn decided(rules: &[Rule], scope: Option<Uuid>) -> i64 {
        let number = |rule: &Rule| i64::try_from(rule.id.as_u128()).unwrap();
        match decide(rules, scope) {
            Verdict::Allowed(rule) => number(rule),
            Verdict::Denied(rule) => -number(rule),
            Verdict::Missing => 0,
        }
    }

    #[test]
    fn a_denial_outweighs_in_its_scope() {
        let table: [(&[Rule], i64, i64, i64); 6] = [
            // The rules; what decides everywhere, in the firm, in another.
            (&[], 0, 0, 0),
            (&[rule(1, true, None, 3)], 1, 1, 1),
            (&[rule(1, true, Some(FIRM), 1)], 0, 1, 0),
            (&[rule(1, true, None, 1), rule(2, false, None, 9)], -2, -2, -2),
            (&[rule(1, true, None, 1), rule(2, false, Some(FIRM), 9)], 1, -2, 1),
            (
                &[rule(3, true, None, 2), rule(2, true, None, 1), rule(1, true, Some(FIRM), 1)],
                2,
                2,
                2,
            ),
        ];
        for (rules, everywhere, firm, other) in table {
            let found = [None, Some(FIRM), Some(OTHER)].map(|scope| decided(rules, scope));
            assert_eq!(found, [everywhere, firm, other], "{rules:?}");
        }
    }
}
