//! The mapping file: what a file's columns are, and which rows they become.
//!
//! This module promises only that a mapping it returns agrees with itself. Whether
//! the file has these columns and the database these tables is asked in `plan`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{ImportError, value::Value};

/// A whole mapping file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    pub(crate) file: SourceFile,
    pub(crate) columns: BTreeMap<String, Column>,
    pub(crate) identifier: Identifier,
    pub(crate) property: Property,
    #[serde(default)]
    pub(crate) features: Vec<Feature>,
    #[serde(default)]
    pub(crate) records: Vec<Record>,
    pub(crate) sample_owners: Option<SampleOwners>,
    pub(crate) market_areas: Option<MarketAreas>,
}

/// The file that the mapping describes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceFile {
    /// Relative to the mapping file; plain or gzip, which is seen from its first bytes.
    pub(crate) path: PathBuf,
    #[serde(default = "comma")]
    pub(crate) delimiter: char,
    /// Where the file's plain dates are days: a date becomes a moment at midnight there.
    pub(crate) time_zone: String,
}

/// One column of the file: what its text must look like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    pub(crate) kind: Kind,
    /// For the reader of the mapping; the importer asks only that it be said.
    pub(crate) meaning: String,
    #[serde(default)]
    pub(crate) optional: bool,
    /// Texts that say "not recorded"; the empty text always does.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    pub(crate) min: Option<Decimal>,
    pub(crate) max: Option<Decimal>,
    /// For decimals: how many digits may follow the point.
    #[serde(default = "two")]
    pub(crate) decimals: u32,
    /// For dates: how they are written.
    #[serde(default = "iso_date")]
    pub(crate) format: String,
    pub(crate) earliest: Option<NaiveDate>,
    pub(crate) latest: Option<NaiveDate>,
    #[serde(default = "four_thousand")]
    pub(crate) max_length: usize,
}

/// How a column's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Text,
    Integer,
    Decimal,
    Date,
    Boolean,
}

impl Kind {
    /// The PostgreSQL type in which values of this kind wait for their table.
    pub(crate) fn staging_type(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Integer => "bigint",
            Kind::Decimal => "numeric",
            Kind::Date => "date",
            Kind::Boolean => "boolean",
        }
    }
}

/// What makes a row of the file and a property the same thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identifier {
    pub(crate) column: String,
    pub(crate) kind: String,
    pub(crate) issuing_system: String,
    pub(crate) jurisdiction: Option<String>,
}

/// The property that each row of the file becomes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Property {
    /// Whether new properties can be seen by everyone at once.
    pub(crate) published: bool,
    pub(crate) fields: BTreeMap<String, Value>,
}

/// One typed feature of each property; properties for which the file has no value get none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    /// The code of a feature type.
    pub(crate) code: String,
    /// How the type is defined; if the database does not know its code yet, it will be.
    pub(crate) define: Option<FeatureDefinition>,
    pub(crate) value: Value,
}

/// A feature type that the mapping brings along.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureDefinition {
    pub(crate) name: String,
    pub(crate) value_kind: String,
    pub(crate) unit: Option<String>,
}

/// A row in a table that belongs to properties (it has a `property_id`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) table: String,
    /// The fields that make an existing row of the property this very row.
    #[serde(rename = "match")]
    pub(crate) matching: Vec<String>,
    /// A ledger: other values are a new row beside the old one, never a change of it.
    #[serde(default)]
    pub(crate) history: bool,
    /// The row is made only where this column has a value.
    pub(crate) only_with: Option<String>,
    pub(crate) fields: BTreeMap<String, Value>,
}

/// Invented owners, marked as such, for data without owners.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleOwners {
    pub(crate) name: String,
    pub(crate) count: u32,
}

/// Invented market areas, marked as such: a grid of hexagons under one parent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarketAreas {
    /// The parent's code; each hexagon's begins with it.
    pub(crate) code: String,
    pub(crate) name: String,
    /// A projection in metres in which the hexagons are regular (EPSG code).
    pub(crate) projection: i32,
    pub(crate) edge_metres: u32,
}

fn comma() -> char {
    ','
}

fn two() -> u32 {
    2
}

fn iso_date() -> String {
    "%Y-%m-%d".to_owned()
}

fn four_thousand() -> usize {
    4000
}

impl Mapping {
    /// Reads a mapping file; its data file's path becomes relative to the mapping's folder.
    pub(crate) fn read(path: &Path) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ImportError::MappingFile { path: path.to_owned(), source })?;
        let mut mapping: Self = toml::from_str(&text).map_err(|source| {
            ImportError::MappingSyntax { path: path.to_owned(), source: Box::new(source) }
        })?;
        if let Some(folder) = path.parent() {
            mapping.file.path = folder.join(&mapping.file.path);
        }
        Ok(mapping)
    }
}
