//! A sensible input for each mutation: made from the contract, with what its scene lays over it.

use agent_free::access::opaque;
use chrono::{TimeDelta, Utc};
use loaders::contract::model::{InputDef, TypeKind, base_name};
use loaders::contract::{Contract, FieldDef};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::scenes::Scene;
use super::sessions::{PASSWORD, Sessions, email, refresh_token};
use super::world::World;
use crate::property::id;

/// Types of what fields of inputs refer to, where their names do not say it.
const REFERENCES: &[(&str, &str)] = &[
    ("ownerId", "User"),
    ("sellerId", "User"),
    ("inspectedById", "User"),
    ("invitedById", "User"),
    ("featureTypeId", "PropertyFeatureType"),
];

/// One cell of the matrix, before it is asked: a word of a scene becomes what it means here.
pub struct Cell<'a, 'w> {
    pub world: &'a mut World<'w>,
    pub sessions: &'a Sessions<'w>,
    pub viewer: Option<Uuid>,
    fresh: Uuid,
}

/// For whom a word is meant.
#[derive(Clone, Copy)]
enum Reader {
    Database,
    Client,
}

impl<'a, 'w> Cell<'a, 'w> {
    pub fn new(world: &'a mut World<'w>, sessions: &'a Sessions<'w>, viewer: Option<Uuid>) -> Self {
        Self { world, sessions, viewer, fresh: Uuid::now_v7() }
    }

    /// Brings the rows into the state that a scene needs.
    pub async fn arrange(&mut self, statements: &str) {
        let mut text = String::new();
        let mut parts = statements.split('$');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(part.len());
            match self.word(&part[..end], Reader::Database).await {
                Value::String(word) => text.push_str(&format!("'{word}'")),
                _ => text.push_str("NULL"),
            }
            text.push_str(&part[end..]);
        }
        self.world.execute(&text).await;
    }

    /// The input of a mutation: what the contract demands, and what the scene says.
    pub async fn input(
        &mut self,
        contract: &Contract,
        mutation: &FieldDef,
        scene: Option<&Scene>,
    ) -> Value {
        let type_name = base_name(&mutation.arguments[0].ty);
        let subject = subject(contract, mutation);
        let mut input = Maker { contract, subject, world: self.world }.object(type_name).await;
        if let Some(scene) = scene {
            let mut over: Value = serde_json::from_str(scene.input).unwrap();
            self.fill(&mut over).await;
            input.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        }
        input
    }

    /// Puts what they mean in the place of words.
    async fn fill(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for field in fields.values_mut() {
                    Box::pin(self.fill(field)).await;
                }
            }
            Value::Array(items) => {
                for item in items {
                    Box::pin(self.fill(item)).await;
                }
            }
            Value::String(text) => {
                if let Some(word) = text.strip_prefix('$') {
                    *value = Box::pin(self.word(word, Reader::Client)).await;
                }
            }
            _ => {}
        }
    }

    async fn word(&mut self, word: &str, reader: Reader) -> Value {
        let token = format!("token {}", self.fresh);
        let named = match word {
            "password" => return json!(PASSWORD),
            "passwordHash" => return json!(self.sessions.password_hash()),
            "token" => return json!(token),
            "tokenHash" => {
                let hash = opaque::hash(&token);
                return json!(format!("\\x{}", data_encoding::HEXLOWER.encode(&hash)));
            }
            "soon" => return json!((Utc::now() + TimeDelta::days(1)).to_rfc3339()),
            "freshEmail" => return json!(email(self.fresh)),
            "ownerEmail" => return json!(email(self.world.owner.id)),
            "contactEmail" => return json!(self.world.contact_email()),
            "outsiderEmail" => return json!(email(self.world.person("outsider").await.id)),
            "ownerRefreshToken" => return json!(refresh_token(self.world.owner.id)),
            "fresh" => ("", self.fresh),
            "owner" => ("User", self.world.owner.id),
            "colleague" => ("User", self.world.person("colleague").await.id),
            "viewer" => match self.viewer {
                Some(viewer) => ("User", viewer),
                None => return Value::Null,
            },
            _ => match word.strip_prefix("fresh:") {
                Some(type_name) => (type_name, self.fresh),
                None => match word.strip_suffix('2') {
                    Some(type_name) => (type_name, self.world.another(type_name).await),
                    None => (word, self.world.uuid(word).await),
                },
            },
        };
        match reader {
            Reader::Database => json!(named.1),
            Reader::Client => json!(id(named.0, named.1)),
        }
    }
}

/// The type of the row that a mutation's `id` names: what its payload gives back, or what it says
/// it deletes.
fn subject(contract: &Contract, mutation: &FieldDef) -> Option<String> {
    let payload = contract.fields(base_name(&mutation.ty)).iter();
    let mut given = payload.map(|field| base_name(&field.ty)).filter(|ty| contract.is_entity(ty));
    let named = mutation.name.trim_start_matches(char::is_lowercase);
    given.next().or_else(|| contract.is_entity(named).then_some(named)).map(str::to_owned)
}

struct Maker<'a, 'w> {
    contract: &'a Contract,
    subject: Option<String>,
    world: &'a mut World<'w>,
}

impl Maker<'_, '_> {
    async fn object(&mut self, type_name: &str) -> Value {
        let contract = self.contract;
        let Some(TypeKind::Input { fields, one_of }) = contract.get(type_name).map(|ty| &ty.kind)
        else {
            panic!("the contract has no input {type_name}");
        };
        let needed: Vec<&InputDef> = match one_of {
            true => fields.iter().take(1).collect(),
            false => fields.iter().filter(|field| field.is_required()).collect(),
        };
        let mut values = Map::new();
        for field in needed {
            let value = self.value(field).await;
            let list = field.ty.to_string().starts_with('[');
            values.insert(field.name.clone(), if list { json!([value]) } else { value });
        }
        Value::Object(values)
    }

    async fn value(&mut self, field: &InputDef) -> Value {
        let type_name = base_name(&field.ty);
        match self.contract.get(type_name).map(|ty| &ty.kind) {
            Some(TypeKind::Enum { values }) => return json!(values[0].name),
            Some(TypeKind::Input { .. }) => return Box::pin(self.object(type_name)).await,
            _ => {}
        }
        match type_name {
            "ID" => self.id(&field.name).await,
            "Int" => json!(1),
            "Float" => json!(1.0),
            "Boolean" => json!(true),
            "Decimal" => json!("1"),
            "Date" => json!("2024-01-02"),
            "DateTime" => json!("2124-01-02T03:04:05Z"),
            "JSON" => json!({}),
            _ if field.name.to_lowercase().contains("email") => json!(email(Uuid::now_v7())),
            _ if field.name.to_lowercase().contains("password") => json!(PASSWORD),
            // Some of these are to be unlike all others.
            _ => json!(format!("T{}", Uuid::now_v7().simple()).to_uppercase()),
        }
    }

    async fn id(&mut self, name: &str) -> Value {
        let known = REFERENCES.iter().find(|(known, _)| *known == name);
        let stem = name.trim_end_matches("Ids").trim_end_matches("Id");
        let pascal = stem[..1].to_uppercase() + &stem[1..];
        let type_name = match known {
            Some((_, type_name)) => (*type_name).to_owned(),
            None if self.contract.is_entity(&pascal) => pascal,
            None => match (&self.subject, name) {
                (Some(subject), "id" | "ids") => subject.clone(),
                _ => return json!("unknown"),
            },
        };
        json!(self.world.id(&type_name).await)
    }
}
