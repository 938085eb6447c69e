//! What a value is: its form in PostgreSQL and, with it, its form in JSON.

use tokio_postgres::types::Type;

/// What every id of one entity begins with; follows TypeID's rules (see
/// [`type_id::is_prefix`](super::type_id::is_prefix)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Prefix(pub &'static str);

/// The kinds of value that a column can hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// `uuid`, shown as a typed id with this prefix.
    Id(Prefix),
    /// `uuid`, shown hyphenated.
    Uuid,
    /// `text`, or anything that travels like it: `varchar`, a domain over text.
    Text,
    /// `smallint`.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`, a number in JSON.
    Int8,
    /// `double precision`.
    Float8,
    /// `numeric`, a string in JSON with all its digits.
    Numeric,
    /// `boolean`.
    Boolean,
    /// `date`, a string in JSON: `2026-08-01`.
    Date,
    /// `timestamptz`, a string in JSON: RFC 3339 in UTC.
    Timestamp,
    /// `jsonb`.
    Json,
    /// `text` that already is JSON, such as a geometry's GeoJSON.
    Raw,
    /// `text[]` of one dimension.
    TextArray,
}

impl Kind {
    /// PostgreSQL's name of the type, for casts.
    pub fn sql_type(self) -> &'static str {
        match self {
            Self::Id(_) | Self::Uuid => "uuid",
            Self::Text | Self::Raw => "text",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Float8 => "double precision",
            Self::Numeric => "numeric",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamptz",
            Self::Json => "jsonb",
            Self::TextArray => "text[]",
        }
    }

    /// The driver's type, for preparing statements.
    pub fn postgres_type(self) -> Type {
        match self {
            Self::Id(_) | Self::Uuid => Type::UUID,
            Self::Text | Self::Raw => Type::TEXT,
            Self::Int2 => Type::INT2,
            Self::Int4 => Type::INT4,
            Self::Int8 => Type::INT8,
            Self::Float8 => Type::FLOAT8,
            Self::Numeric => Type::NUMERIC,
            Self::Boolean => Type::BOOL,
            Self::Date => Type::DATE,
            Self::Timestamp => Type::TIMESTAMPTZ,
            Self::Json => Type::JSONB,
            Self::TextArray => Type::TEXT_ARRAY,
        }
    }

    /// The driver's type of an array of such values. An array of [`Kind::TextArray`] is the same
    /// `text[]`: PostgreSQL has no arrays of arrays.
    pub fn array_type(self) -> Type {
        match self {
            Self::Id(_) | Self::Uuid => Type::UUID_ARRAY,
            Self::Text | Self::Raw | Self::TextArray => Type::TEXT_ARRAY,
            Self::Int2 => Type::INT2_ARRAY,
            Self::Int4 => Type::INT4_ARRAY,
            Self::Int8 => Type::INT8_ARRAY,
            Self::Float8 => Type::FLOAT8_ARRAY,
            Self::Numeric => Type::NUMERIC_ARRAY,
            Self::Boolean => Type::BOOL_ARRAY,
            Self::Date => Type::DATE_ARRAY,
            Self::Timestamp => Type::TIMESTAMPTZ_ARRAY,
            Self::Json => Type::JSONB_ARRAY,
        }
    }

    /// The kind of one element: of [`Kind::TextArray`] it is [`Kind::Text`], of others themselves.
    pub fn element(self) -> Self {
        if self == Self::TextArray { Self::Text } else { self }
    }
}
