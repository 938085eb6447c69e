//! What an import tells its caller: counts, rejected rows and differences.

use std::fmt;

/// The outcome of an import that ran to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that the file has, the header left out.
    pub read: u64,
    /// Rows that became new properties.
    pub inserted: u64,
    /// Rows whose property was there already, with the same values.
    pub unchanged: u64,
    /// Rows whose property was there already, with other values.
    pub differing: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// Why they were refused, in the order of their lines; a row may be refused for several reasons.
    pub rejections: Vec<Rejection>,
    /// The first differences between the file and the database, in the order of their lines.
    pub differences: Vec<Difference>,
    /// Rows of market trends that were written or removed because of this import.
    pub trends_changed: u64,
    /// Whether differing rows were written over the old ones.
    pub updated: bool,
    /// Whether anything was kept; false for a dry run, and for a file with rejected rows
    /// that was not to keep going.
    pub committed: bool,
}

/// A row that was refused, or one reason of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The line of the file on which the row begins; the header is line 1.
    pub line: u64,
    /// The column to blame, where one is.
    pub column: Option<String>,
    /// What stands in that column, shortened where it is long.
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// A value that is one thing in the file and another in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line of the file on which the row begins.
    pub line: u64,
    /// The field, as `table.column`.
    pub field: String,
    /// What the database has; nothing where the value or its row is missing.
    pub database: Option<String>,
    /// What the file has.
    pub file: Option<String>,
}

impl Report {
    /// Whether every row of the file was good.
    pub fn is_clean(&self) -> bool {
        self.rejected == 0
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(formatter, ", column {column}")?;
        }
        formatter.write_str(": ")?;
        if let Some(value) = &self.value {
            write!(formatter, "`{value}` ")?;
        }
        formatter.write_str(&self.reason)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(
            formatter,
            "line {}, {}: the database has {}, the file {}",
            self.line,
            self.field,
            shown(&self.database),
            shown(&self.file)
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rejection in &self.rejections {
            writeln!(formatter, "rejected: {rejection}")?;
        }
        for difference in &self.differences {
            writeln!(formatter, "differs: {difference}")?;
        }
        writeln!(
            formatter,
            "{} rows read: {} new, {} unchanged, {} differing{}, {} rejected; \
             {} market trends changed.",
            self.read,
            self.inserted,
            self.unchanged,
            self.differing,
            if self.updated { " and updated" } else { "" },
            self.rejected,
            self.trends_changed,
        )?;
        if self.committed {
            formatter.write_str("Imported.")
        } else if self.is_clean() {
            formatter.write_str("Dry run: nothing was kept.")
        } else {
            formatter.write_str(
                "Nothing was kept. Mend the rejected rows, or keep the good ones with --keep-going.",
            )
        }
    }
}
