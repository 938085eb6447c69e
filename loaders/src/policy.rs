//! Who sees a row: the condition that the engine adds to every statement at every level.
//!
//! A policy is stated once per entity and is the only door to its rows: roots, relations, `node`,
//! counts, aggregates and filters all carry it. The viewer's own values reach the statement as
//! parameters, so one prepared statement serves every viewer of a class.

use sea_orm::Iden;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, IntoIden, SimpleExpr};

use crate::viewer::{EXCEPT, Viewer, WITHIN};

/// What a policy asks of a row, for the viewer who asks.
pub type RowCondition = fn(&RowScope<'_>) -> Condition;

/// The condition under which a viewer sees the rows of one entity.
#[derive(Clone)]
pub struct Policy {
    pub(crate) condition: RowCondition,
    pub(crate) through: &'static [&'static str],
    /// Who may write a row; none leaves it to the rows that `through` leads to.
    pub(crate) writers: Option<RowCondition>,
    /// On which rows a viewer has a permission that he has not everywhere.
    pub(crate) permits: Vec<(&'static str, RowCondition)>,
    everyone: bool,
}

impl Policy {
    /// Rows for which the condition holds.
    pub fn rows(condition: RowCondition) -> Self {
        Self { condition, through: &[], writers: None, permits: Vec::new(), everyone: false }
    }

    /// Every row, for everyone: code lists and other public facts.
    pub fn everyone() -> Self {
        Self { everyone: true, ..Self::rows(|_| Condition::all()) }
    }

    /// Whether every row is visible to everyone, which is what lets a relation be non-null.
    pub(crate) fn is_everyone(&self) -> bool {
        self.everyone
    }

    /// A row is visible when the row that `relation` (a to-one field of the same type) leads to
    /// is; of several relations, when all of theirs are.
    /// A statement that comes from that very row does not ask again.
    pub fn with(relations: &'static [&'static str]) -> Self {
        Self { through: relations, ..Self::rows(|_| Condition::all()) }
    }

    /// Rows that the viewer may write, among those that he sees. Without it, a row may be written by
    /// whoever may write the rows that [`Self::with`] names; without those, by nobody.
    pub fn writers(mut self, condition: RowCondition) -> Self {
        self.writers = Some(condition);
        self
    }

    /// Rows on which a viewer has this permission without having it everywhere: what is his own, or
    /// belongs to a firm that he acts for. Without it, he has it where he has it on the rows that
    /// [`Self::with`] names.
    pub fn permits(mut self, permission: &'static str, condition: RowCondition) -> Self {
        self.permits.push((permission, condition));
        self
    }

    /// This policy's own condition, and visible through these relations besides.
    pub fn and_with(mut self, relations: &'static [&'static str]) -> Self {
        self.through = relations;
        self
    }
}

/// The row that a policy speaks of, and the viewer who asks.
pub struct RowScope<'a> {
    pub(crate) alias: &'a str,
    pub(crate) viewer: &'a Viewer,
}

/// How a viewer's value is marked in a condition's text until the statement numbers it.
pub(crate) const MARK: &str = "\u{1}viewer:";

impl RowScope<'_> {
    /// The class of the viewer.
    pub fn class(&self) -> &str {
        self.viewer.class
    }

    /// A column of the row.
    pub fn column(&self, column: impl Iden) -> SimpleExpr {
        Expr::col((Alias::new(self.alias), column.into_iden()))
    }

    /// The viewer's value of this name, for conditions with subqueries; NULL where he has none.
    pub fn viewer(&self, name: &str) -> SimpleExpr {
        Expr::cust(format!("{MARK}{name}\u{1}"))
    }

    /// The column equals the viewer's value of this name. Nobody's value equals nothing.
    pub fn column_is_viewers(&self, column: impl Iden, name: &str) -> SimpleExpr {
        self.column(column).eq(self.viewer(name))
    }

    /// The column is one of the viewer's values of this name.
    pub fn column_is_among_viewers(&self, column: impl Iden, name: &str) -> SimpleExpr {
        self.column(column).eq(PgFunc::any(self.viewer(name)))
    }

    /// Whether the viewer has the permission everywhere. What this decides belongs to the plan.
    pub fn has(&self, permission: &str) -> bool {
        self.viewer.permissions.everywhere(permission)
    }

    /// The viewer has the permission for the scope (a firm, say) whose id is in the column.
    pub fn permitted(&self, permission: &str, column: impl Iden) -> Condition {
        self.permitted_for(permission, self.column(column))
    }

    /// The ids of the scopes in which the viewer has the permission by a rule of theirs, as an array.
    pub fn scopes(&self, permission: &str) -> SimpleExpr {
        self.viewer(&format!("{WITHIN}{permission}"))
    }

    /// The same as [`Self::permitted`], for a scope whose id any expression gives: a column of a subquery, say.
    pub fn permitted_for(&self, permission: &str, column: SimpleExpr) -> Condition {
        let permissions = &self.viewer.permissions;
        if permissions.everywhere(permission) {
            if permissions.except(permission).is_empty() {
                return Condition::all();
            }
            let denied = self.viewer(&format!("{EXCEPT}{permission}"));
            let outside = column.clone().is_null().or(column.eq(PgFunc::any(denied)).not());
            return Condition::all().add(outside);
        }
        if permissions.within(permission).is_empty() {
            return Condition::all().add(Expr::cust("FALSE"));
        }
        Condition::all().add(column.eq(PgFunc::any(self.scopes(permission))))
    }
}
