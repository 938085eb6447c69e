//! A mapping held against the file's header and the database's tables.
//!
//! A plan exists only if everything the mapping names is there and fits. Every
//! mistake is found in one go, with its place and what to do about it.

mod columns;
mod fields;
mod records;

use std::{collections::BTreeMap, fmt};

use tokio_postgres::GenericClient;

use super::{
    ImportError,
    catalog::{self, Table},
    expression::Staged,
    mapping::Mapping,
    reader::Expected,
    target::Target,
};

/// Everything that an import does, decided before the first row is read.
pub(crate) struct Plan {
    pub(crate) expected: Vec<Expected>,
    /// How many fields each record has.
    pub(crate) width: usize,
    /// The staging table's columns for the file's columns.
    pub(crate) staging: String,
    /// The identifier's value as the database normalises it.
    pub(crate) identifier: String,
    /// In the order of writing: the properties come first.
    pub(crate) targets: Vec<Target>,
    /// Columns whose texts must be codes of a table.
    pub(crate) codes: Vec<CodeColumn>,
    /// The location of a staged row, if the mapping gives one.
    pub(crate) location: Option<String>,
}

/// A column that holds codes of a table.
pub(crate) struct CodeColumn {
    pub(crate) column: String,
    pub(crate) expression: String,
    pub(crate) table: String,
}

/// A mistake in a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The place in the mapping, as TOML writes its path.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.place, self.problem, self.remedy)
    }
}

impl Plan {
    /// Makes the plan, or says everything that is wrong with the mapping.
    pub(crate) async fn new(
        client: &impl GenericClient,
        mapping: &Mapping,
        header: &[String],
    ) -> Result<Self, ImportError> {
        let mut planner = Planner {
            client,
            staged: Staged::new(
                mapping.columns.iter().map(|(name, column)| (name, column.kind)),
                &mapping.file.time_zone,
            ),
            tables: BTreeMap::new(),
            codes: Vec::new(),
            mistakes: Vec::new(),
        };
        let expected = planner.expect(mapping, header);
        planner.check_time_zone(&mapping.file.time_zone).await?;
        let mut targets = vec![planner.property(mapping).await?];
        let identifier = planner.identifier(mapping, &mut targets).await?;
        for (index, feature) in mapping.features.iter().enumerate() {
            targets.push(planner.feature(index, feature).await?);
        }
        for (index, record) in mapping.records.iter().enumerate() {
            targets.push(planner.record(index, record, mapping).await?);
        }
        if mapping.market_areas.is_some() && !mapping.property.fields.contains_key("location") {
            planner.mistake(
                "market_areas",
                "properties have no location, so no area can be found for them",
                "add property.fields.location, or leave market_areas out",
            );
        }
        if !planner.mistakes.is_empty() {
            return Err(ImportError::Mapping(planner.mistakes));
        }
        let location = targets[0]
            .fields
            .iter()
            .find(|field| field.name == "location")
            .map(|field| field.expression.clone());
        Ok(Self {
            width: header.len(),
            staging: planner.staged.definitions(),
            codes: planner.codes,
            expected,
            identifier,
            targets,
            location,
        })
    }
}

/// The state of planning: what is known, and what was found wrong.
struct Planner<'a, C> {
    client: &'a C,
    staged: Staged,
    tables: BTreeMap<String, Table>,
    codes: Vec<CodeColumn>,
    mistakes: Vec<Mistake>,
}

impl<C: GenericClient> Planner<'_, C> {
    fn mistake(&mut self, place: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Mistake {
            place: place.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    async fn table(&mut self, name: &str) -> Result<Table, ImportError> {
        if !self.tables.contains_key(name) {
            let table = catalog::table(self.client, name).await?;
            self.tables.insert(name.to_owned(), table);
        }
        Ok(self.tables[name].clone())
    }
}
