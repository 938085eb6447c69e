//! One table that rows of the file go to, and the statements that bring them there.
//!
//! Every statement works on a range of lines (`$1` to `$2`) of the staging table
//! `import_rows s`, so that a range with a bad row can be halved until it is found.

/// A table and what each staged row gives it.
pub(crate) struct Target {
    pub(crate) table: String,
    /// How differences and rejections name it.
    pub(crate) label: String,
    pub(crate) fields: Vec<Field>,
    /// The fields by which a row of a known property is found again; none for
    /// `properties` itself and for tables written with new properties only.
    pub(crate) matching: Vec<String>,
    /// The condition on a staged row for having a row here.
    pub(crate) present: String,
    pub(crate) kind: TargetKind,
}

/// How rows of a target come and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// The properties themselves.
    Property,
    /// Written once with a new property and never compared: its identifier.
    Once,
    /// A row of a property, found again by its matching fields.
    Record,
    /// Like a record, but a change is a new row beside the old.
    History,
}

/// One field of a target.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) expression: String,
    /// The columns of the file that it is made from.
    pub(crate) columns: Vec<String>,
    /// Whether it says something about an existing row, or is only for new ones.
    pub(crate) compared: bool,
    /// A place on earth: people read it as text, not as the bytes of a geography.
    pub(crate) is_place: bool,
}

impl Target {
    fn list(&self, part: impl Fn(&Field) -> String) -> String {
        self.fields.iter().map(part).collect::<Vec<_>>().join(", ")
    }

    fn compared(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.compared && !self.matching.contains(&field.name))
    }

    /// How an existing row `t` of the staged row's property is found.
    fn found(&self) -> String {
        if self.kind == TargetKind::Property {
            return "t.id = s.property_id".to_owned();
        }
        let mut found = "t.property_id = s.property_id".to_owned();
        for field in &self.fields {
            if self.matching.contains(&field.name) {
                found.push_str(&format!(
                    " AND t.{} IS NOT DISTINCT FROM {}",
                    field.name, field.expression
                ));
            }
        }
        found
    }

    /// Rows for new properties.
    pub(crate) fn insert(&self) -> String {
        self.insert_where("s.is_new")
    }

    /// Rows that known properties lack; nothing where every property has its row.
    pub(crate) fn insert_missing(&self) -> Option<String> {
        matches!(self.kind, TargetKind::Record | TargetKind::History).then(|| {
            self.insert_where(&format!(
                "s.differs AND NOT EXISTS (SELECT FROM {} t WHERE {})",
                self.table,
                self.same_row()
            ))
        })
    }

    fn insert_where(&self, wanted: &str) -> String {
        let key = if self.kind == TargetKind::Property { "id" } else { "property_id" };
        format!(
            "INSERT INTO {} ({key}, {}) SELECT s.property_id, {} FROM import_rows s \
             WHERE s.line BETWEEN $1 AND $2 AND {} AND {wanted} ORDER BY s.line",
            self.table,
            self.list(|field| field.name.clone()),
            self.list(|field| field.expression.clone()),
            self.present,
        )
    }

    /// In a ledger only a row with all the same values is the same row.
    fn same_row(&self) -> String {
        let mut same = self.found();
        if self.kind == TargetKind::History {
            for field in self.compared() {
                same.push_str(&format!(
                    " AND t.{} IS NOT DISTINCT FROM {}",
                    field.name, field.expression
                ));
            }
        }
        same
    }

    /// New values over the old ones of known properties; nothing where that is not done.
    pub(crate) fn update(&self) -> Option<String> {
        if !matches!(self.kind, TargetKind::Property | TargetKind::Record) {
            return None;
        }
        let fields: Vec<_> = self.compared().collect();
        if fields.is_empty() {
            return None;
        }
        let mut set: Vec<_> =
            fields.iter().map(|field| format!("{} = {}", field.name, field.expression)).collect();
        // A property that turns out to stand elsewhere belongs to the area it stands in.
        if self.kind == TargetKind::Property
            && let Some(location) = fields.iter().find(|field| field.name == "location")
        {
            set.push(format!(
                "market_area_id = CASE WHEN {} IS DISTINCT FROM {} \
                 THEN s.market_area_id ELSE t.market_area_id END",
                old(location),
                new(location)
            ));
        }
        Some(format!(
            "UPDATE {} t SET {} FROM import_rows s WHERE s.line BETWEEN $1 AND $2 \
             AND s.differs AND {} AND {} AND ({})",
            self.table,
            set.join(", "),
            self.present,
            self.found(),
            fields
                .iter()
                .map(|field| format!("{} IS DISTINCT FROM {}", old(field), new(field)))
                .collect::<Vec<_>>()
                .join(" OR "),
        ))
    }

    /// Notes in `import_differences` what known properties have otherwise than the file;
    /// of several rows, as a ledger has them, the newest counts.
    pub(crate) fn compare(&self) -> Option<String> {
        if self.kind == TargetKind::Once {
            return None;
        }
        let mut pairs: Vec<_> = self
            .compared()
            .map(|field| {
                let name = postgres_protocol::escape::escape_literal(&field.name);
                format!("({name}, {}, {})", old(field), new(field))
            })
            .collect();
        if pairs.is_empty() {
            // Nothing but the row itself can be missing.
            pairs.push("('id', t.id::text, coalesce(t.id::text, 'a new row'))".to_owned());
        }
        let label = postgres_protocol::escape::escape_literal(&self.label);
        Some(format!(
            "INSERT INTO import_differences (line, field, database, file) \
             SELECT s.line, {label} || '.' || pair.field, pair.database, pair.file \
             FROM import_rows s \
             LEFT JOIN LATERAL (SELECT * FROM {} t WHERE {} \
              ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t ON true \
             CROSS JOIN LATERAL (VALUES {}) AS pair (field, database, file) \
             WHERE NOT s.is_new AND {} AND pair.database IS DISTINCT FROM pair.file",
            self.table,
            self.found(),
            pairs.join(", "),
            self.present,
        ))
    }
}

/// Both sides are compared as the text that a report shows, so that one explains the other.
fn old(field: &Field) -> String {
    text(field, &format!("t.{}", field.name))
}

fn new(field: &Field) -> String {
    text(field, &field.expression)
}

fn text(field: &Field, value: &str) -> String {
    if field.is_place { format!("ST_AsText({value})") } else { format!("({value})::text") }
}
