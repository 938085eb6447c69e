//! Who sees a row: the condition that the engine adds to every statement at every level.
//!
//! A policy is stated once per entity and is the only door to its rows: roots, relations, `node`,
//! counts, aggregates and filters all carry it. The viewer's own values reach the statement as
//! parameters, so one prepared statement serves every viewer of a class.

use std::collections::HashMap;

use sea_orm::Iden;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, IntoIden, SimpleExpr};

/// A value of the viewer that a policy may compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewerValue {
    /// An id.
    Uuid(uuid::Uuid),
    /// Several ids, compared with `= ANY(…)`.
    Uuids(Vec<uuid::Uuid>),
    /// Text.
    Text(String),
    /// Several texts, compared with `= ANY(…)`.
    Texts(Vec<String>),
}

/// Who is asking. The class chooses the text of the conditions, the values fill their parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewer {
    /// Viewers of one class share plans and prepared statements; policies branch on it.
    pub class: &'static str,
    /// Values by the name under which policies ask for them.
    pub values: HashMap<&'static str, ViewerValue>,
}

impl Viewer {
    /// A viewer of this class without values of its own.
    pub fn of_class(class: &'static str) -> Self {
        Self { class, values: HashMap::new() }
    }

    /// Which values there are, and of what form: a plan says for each whether it is a parameter.
    pub(crate) fn shape(&self) -> String {
        let form = |value: &ViewerValue| match value {
            ViewerValue::Uuid(_) => "uuid",
            ViewerValue::Uuids(_) => "uuids",
            ViewerValue::Text(_) => "text",
            ViewerValue::Texts(_) => "texts",
        };
        let mut values: Vec<String> =
            self.values.iter().map(|(name, value)| format!(" {name}:{}", form(value))).collect();
        values.sort_unstable();
        values.concat()
    }
}

/// The condition under which a viewer sees the rows of one entity.
#[derive(Clone)]
pub struct Policy {
    pub(crate) condition: fn(&RowScope<'_>) -> Condition,
    pub(crate) through: &'static [&'static str],
    /// Who may write a row; none leaves it to the rows that `through` leads to.
    pub(crate) writers: Option<fn(&RowScope<'_>) -> Condition>,
    everyone: bool,
}

impl Policy {
    /// Rows for which the condition holds.
    pub fn rows(condition: fn(&RowScope<'_>) -> Condition) -> Self {
        Self { condition, through: &[], writers: None, everyone: false }
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
    pub fn writers(mut self, condition: fn(&RowScope<'_>) -> Condition) -> Self {
        self.writers = Some(condition);
        self
    }

    /// This policy's own condition, and visible through these relations besides.
    pub fn and_with(mut self, relations: &'static [&'static str]) -> Self {
        self.through = relations;
        self
    }
}

/// The row that a policy speaks of, and the class of the viewer who asks.
pub struct RowScope<'a> {
    pub(crate) alias: &'a str,
    pub(crate) class: &'a str,
}

/// How a viewer's value is marked in a condition's text until the statement numbers it.
pub(crate) const MARK: &str = "\u{1}viewer:";

impl RowScope<'_> {
    /// The class of the viewer.
    pub fn class(&self) -> &str {
        self.class
    }

    /// A column of the row.
    pub fn column(&self, column: impl Iden) -> SimpleExpr {
        Expr::col((Alias::new(self.alias), column.into_iden()))
    }

    /// The column equals the viewer's value of this name. Nobody's value equals nothing.
    pub fn column_is_viewers(&self, column: impl Iden, name: &str) -> SimpleExpr {
        self.column(column).eq(Expr::cust(format!("{MARK}{name}\u{1}")))
    }

    /// The column is one of the viewer's values of this name.
    pub fn column_is_among_viewers(&self, column: impl Iden, name: &str) -> SimpleExpr {
        self.column(column).eq(PgFunc::any(Expr::cust(format!("{MARK}{name}\u{1}"))))
    }
}
