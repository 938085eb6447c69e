//! The targets of a mapping: the property, its identifier, its features and its records.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;

use super::{
    super::{
        ImportError,
        catalog::{self, FeatureType},
        mapping::{Feature, Mapping, Record},
        target::{Field, Target, TargetKind},
        value::Value,
    },
    Planner,
    fields::literals,
};

impl<C: GenericClient> Planner<'_, C> {
    pub(super) async fn property(&mut self, mapping: &Mapping) -> Result<Target, ImportError> {
        let table = self.table("properties").await?;
        let mut fields =
            self.fields("property.fields", "properties", &table, &mapping.property.fields).await?;
        let mut initial = vec![("owner_id", "s.owner_id"), ("market_area_id", "s.market_area_id")];
        if mapping.property.published {
            initial.push(("published_at", "now()"));
        }
        for (name, expression) in initial {
            fields.retain(|field| field.name != name);
            fields.push(Field {
                name: name.to_owned(),
                expression: expression.to_owned(),
                columns: Vec::new(),
                compared: false,
                is_place: false,
            });
        }
        self.require("property.fields", "properties", &table, &fields);
        Ok(Target {
            table: "properties".to_owned(),
            label: "properties".to_owned(),
            fields,
            matching: Vec::new(),
            present: "true".to_owned(),
            kind: TargetKind::Property,
        })
    }

    pub(super) async fn identifier(
        &mut self,
        mapping: &Mapping,
        targets: &mut Vec<Target>,
    ) -> Result<String, ImportError> {
        let identifier = &mapping.identifier;
        let table = self.table("property_identifiers").await?;
        let mut values = BTreeMap::from([
            ("kind".to_owned(), Value::Constant(identifier.kind.clone())),
            ("issuing_system".to_owned(), Value::Constant(identifier.issuing_system.clone())),
            (
                "value".to_owned(),
                Value::Column { column: identifier.column.clone(), translation: None },
            ),
        ]);
        if let Some(jurisdiction) = &identifier.jurisdiction {
            values.insert("jurisdiction".to_owned(), Value::Constant(jurisdiction.clone()));
        }
        let fields = self.fields("identifier", "property_identifiers", &table, &values).await?;
        for mistake in &mut self.mistakes {
            // People write the identifier's value as its column.
            if mistake.place == "identifier.value" {
                mistake.place = "identifier.column".to_owned();
            }
        }
        if mapping.columns.get(&identifier.column).is_some_and(|column| column.optional) {
            self.mistake(
                &format!("columns.{}.optional", identifier.column),
                "the column is the identifier, and a row cannot do without one",
                "leave `optional` out",
            );
        }
        let expression = |name: &str| {
            let field = fields.iter().find(|field| field.name == name);
            field.map(|field| field.expression.clone()).unwrap_or_default()
        };
        // The database's own rule, so that both sides of a comparison are normalised alike.
        let normalized = format!(
            "(SELECT {} FROM (VALUES ({}, {})) AS given (kind, value))",
            catalog::identifier_normalization(self.client).await?,
            expression("kind"),
            expression("value")
        );
        targets.push(Target {
            table: "property_identifiers".to_owned(),
            label: "property_identifiers".to_owned(),
            fields,
            matching: Vec::new(),
            present: "true".to_owned(),
            kind: TargetKind::Once,
        });
        Ok(normalized)
    }

    pub(super) async fn feature(
        &mut self,
        index: usize,
        feature: &Feature,
    ) -> Result<Target, ImportError> {
        let place = format!("features[{index}]");
        let table = self.table("property_features").await?;
        let column = match self.feature_type(&place, feature).await? {
            Some(known) => {
                if let (Some(allowed), Some(literals)) =
                    (&known.allowed_values, literals(&feature.value))
                {
                    for literal in literals.iter().filter(|text| !allowed.contains(text)) {
                        self.mistake(
                            &format!("{place}.value"),
                            format!("`{literal}` is no value that {} allows", feature.code),
                            format!("write one of {}", allowed.join(", ")),
                        );
                    }
                }
                format!("{}_value", known.value_kind.to_lowercase())
            }
            // The mistake is noted; planning goes on to find others.
            None => "text_value".to_owned(),
        };
        let values = BTreeMap::from([
            ("feature_type_id".to_owned(), Value::Constant(feature.code.clone())),
            (column.clone(), feature.value.clone()),
        ]);
        let mut fields = if self.mistakes.iter().any(|mistake| mistake.place.starts_with(&place)) {
            Vec::new()
        } else {
            self.fields(&place, "property_features", &table, &values).await?
        };
        let present = fields
            .iter_mut()
            .find(|field| field.name == column)
            .map(|field| format!("{} IS NOT NULL", field.expression))
            .unwrap_or_default();
        Ok(Target {
            table: "property_features".to_owned(),
            label: format!("property_features.{}", feature.code),
            fields,
            matching: vec!["feature_type_id".to_owned()],
            present,
            kind: TargetKind::Record,
        })
    }

    /// The feature's type: the database's own, or the one that the mapping defines.
    async fn feature_type(
        &mut self,
        place: &str,
        feature: &Feature,
    ) -> Result<Option<FeatureType>, ImportError> {
        let known = catalog::feature_type(self.client, &feature.code).await?;
        match (known, &feature.define) {
            (None, None) => {
                self.mistake(
                    &format!("{place}.code"),
                    format!("`{}` is no feature type", feature.code),
                    format!("write the code of one, or define it: {place}.define"),
                );
                Ok(None)
            }
            (None, Some(definition)) => {
                let added = catalog::add_feature_type(self.client, &feature.code, definition);
                if let Some(refusal) = added.await? {
                    self.mistake(
                        &format!("{place}.define"),
                        refusal,
                        "value_kind is NUMBER (with a unit), TEXT, BOOLEAN or DATE",
                    );
                    return Ok(None);
                }
                Ok(catalog::feature_type(self.client, &feature.code).await?)
            }
            (Some(known), Some(definition))
                if known.value_kind != definition.value_kind || known.unit != definition.unit =>
            {
                self.mistake(
                    &format!("{place}.define"),
                    format!(
                        "the database has {} as {} in {}",
                        feature.code,
                        known.value_kind,
                        known.unit.as_deref().unwrap_or("no unit")
                    ),
                    "define it the same way, or choose another code",
                );
                Ok(None)
            }
            (Some(known), _) => Ok(Some(known)),
        }
    }

    pub(super) async fn record(
        &mut self,
        index: usize,
        record: &Record,
        mapping: &Mapping,
    ) -> Result<Target, ImportError> {
        let place = format!("records[{index}]");
        let table = self.table(&record.table).await?;
        if !table.contains_key("property_id") {
            self.mistake(
                &format!("{place}.table"),
                format!("there is no table `{}` whose rows belong to properties", record.table),
                "write the name of a table that has a property_id",
            );
        }
        let at = format!("{place}.fields");
        let fields = if table.is_empty() {
            Vec::new()
        } else {
            self.fields(&at, &record.table, &table, &record.fields).await?
        };
        self.require(&at, &record.table, &table, &fields);
        for name in &record.matching {
            if !record.fields.contains_key(name) {
                self.mistake(
                    &format!("{place}.match"),
                    format!("`{name}` is not among the record's fields"),
                    format!("add {at}.{name}, or take it out of `match`"),
                );
            }
        }
        let present = match &record.only_with {
            None => "true".to_owned(),
            Some(column) => match self.staged.name(column) {
                Some(name) => format!("{name} IS NOT NULL"),
                None => {
                    self.mistake(
                        &format!("{place}.only_with"),
                        format!("there is no column `{column}`"),
                        format!(
                            "write one of {}",
                            mapping.columns.keys().cloned().collect::<Vec<_>>().join(", ")
                        ),
                    );
                    String::new()
                }
            },
        };
        Ok(Target {
            table: record.table.clone(),
            label: record.table.clone(),
            fields,
            matching: record.matching.clone(),
            present,
            kind: if record.history { TargetKind::History } else { TargetKind::Record },
        })
    }
}
