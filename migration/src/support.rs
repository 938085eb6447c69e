//! What steps have in common: the columns every table has, closed lists of values, and names.
//!
//! Every constraint is named after its table and what it demands
//! (`properties_bedrooms_total_not_negative`), so that an error of the database can be traced to
//! the field it speaks of.

use sea_orm_migration::prelude::*;

/// Runs statements in order, as written.
pub(crate) async fn run(
    manager: &SchemaManager<'_>,
    statements: &[impl AsRef<str> + Sync],
) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement.as_ref()).await?;
    }
    Ok(())
}

/// A closed list of values: a domain over text, named like the GraphQL enum in snake_case.
pub(crate) fn closed_list(name: &str, values: &[&str]) -> String {
    let values = values.join("', '");
    format!("CREATE DOMAIN {name} AS text CONSTRAINT {name}_values CHECK (VALUE IN ('{values}'))")
}

/// A list of values that a firm may extend: code, name and description, plus `columns`.
pub(crate) fn open_list(name: &str) -> Table {
    Table::new(name)
        .columns("code text NOT NULL, name text NOT NULL, description text")
        .check("code_form", "code ~ '^[A-Z0-9][A-Z0-9_.-]*$'")
        .lengths(&[("code", 60), ("name", 200), ("description", 2000)])
        .index("name", "name, id")
}

/// A table with the columns that all tables have: `id`, `version`, `created_at`, `updated_at`.
pub(crate) struct Table {
    name: String,
    parts: Vec<String>,
    after: Vec<String>,
}

impl Table {
    /// Starts a table of this name.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), parts: Vec::new(), after: Vec::new() }
    }

    /// Columns of its own, as SQL.
    pub(crate) fn columns(mut self, columns: &str) -> Self {
        self.parts.push(columns.trim().to_owned());
        self
    }

    /// A condition that every row meets.
    pub(crate) fn check(self, rule: &str, condition: &str) -> Self {
        self.constraint(rule, &format!("CHECK ({condition})"))
    }

    /// Texts that are not empty and have at most so many characters.
    pub(crate) fn lengths(self, columns: &[(&str, usize)]) -> Self {
        columns.iter().fold(self, |table, (column, longest)| {
            table.check(
                &format!("{column}_length"),
                &format!("length({column}) BETWEEN 1 AND {longest}"),
            )
        })
    }

    /// Numbers that cannot be below zero.
    pub(crate) fn not_negative(self, columns: &[&str]) -> Self {
        columns.iter().fold(self, |table, column| {
            table.check(&format!("{column}_not_negative"), &format!("{column} >= 0"))
        })
    }

    /// Columns that hold the id of a row elsewhere. Nothing is deleted because something else was.
    pub(crate) fn references(self, columns: &[(&str, &str)]) -> Self {
        columns.iter().fold(self, |table, (column, target)| {
            table.constraint(
                &format!("{column}_fkey"),
                &format!("FOREIGN KEY ({column}) REFERENCES {target} (id)"),
            )
        })
    }

    /// Columns that no two rows share; absent values count as equal.
    pub(crate) fn unique(self, label: &str, columns: &str) -> Self {
        self.constraint(&format!("{label}_key"), &format!("UNIQUE NULLS NOT DISTINCT ({columns})"))
    }

    /// Any other constraint.
    pub(crate) fn constraint(mut self, label: &str, text: &str) -> Self {
        self.parts.push(format!("CONSTRAINT {}_{label} {text}", self.name));
        self
    }

    /// A B-tree index.
    pub(crate) fn index(self, label: &str, columns: &str) -> Self {
        self.index_using("btree", label, columns)
    }

    /// An index over places.
    pub(crate) fn spatial_index(self, column: &str) -> Self {
        self.index_using("gist", column, column)
    }

    fn index_using(mut self, method: &str, label: &str, columns: &str) -> Self {
        let name = &self.name;
        self.after
            .push(format!("CREATE INDEX {name}_{label}_idx ON {name} USING {method} ({columns})"));
        self
    }

    /// Rows are written once: neither updated nor deleted.
    pub(crate) fn immutable(mut self) -> Self {
        let name = &self.name;
        self.after.push(format!(
            "CREATE TRIGGER {name}_immutable BEFORE UPDATE OR DELETE ON {name} \
             FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ));
        self
    }

    /// Rows form a tree by `parent_id`.
    pub(crate) fn tree(mut self) -> Self {
        let name = self.name.clone();
        self.parts.push("parent_id uuid".to_owned());
        self.after.push(format!(
            "CREATE TRIGGER {name}_tree BEFORE INSERT OR UPDATE OF parent_id ON {name} \
             FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION refuse_cycle()"
        ));
        self.references(&[("parent_id", &name)]).index("parent", "parent_id, name, id")
    }

    /// The statements that make it.
    pub(crate) fn sql(self) -> String {
        let Self { name, parts, after } = self;
        let (parts, after) = (parts.join(",\n"), after.join(";\n"));
        format!(
            "CREATE TABLE {name} (
                id uuid NOT NULL DEFAULT uuid_v7() CONSTRAINT {name}_pkey PRIMARY KEY,
                {parts},
                version integer NOT NULL DEFAULT 1,
                created_at timestamptz NOT NULL DEFAULT now(),
                updated_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE TRIGGER {name}_touch BEFORE UPDATE ON {name}
                FOR EACH ROW EXECUTE FUNCTION touch_row();
            {after}"
        )
    }
}
