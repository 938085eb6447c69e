//! `createContactMethod`: an e-mail address, a telephone number or a postal address, in one form.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, Value, WriteContext, WriteError};

use super::phone::{self, Phone};
use super::{id, whose};
use crate::users::email;

/// The mutation.
pub(super) struct CreateContactMethod;

/// Of a postal address.
const ADDRESS: [&str; 6] =
    ["streetAddress", "unitNumber", "city", "stateOrProvince", "postalCode", "country"];

#[async_trait]
impl Mutation for CreateContactMethod {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let user = whose(write, input)?;
        let mut row = place(input)?.with("userId", id("user", user));
        for field in ["label", "isPrimary"] {
            if let Some(value) = input.get(field).filter(|value| **value != Value::Null) {
                row = row.with(field, value.clone());
            }
        }
        let made = write.insert("ContactMethod", &row).await.map_err(told_where)?;
        Ok(Payload::new().entity("contactMethod", "ContactMethod", made))
    }
}

/// The columns of the one way that is given.
fn place(input: &Input) -> Result<Input, UserError> {
    let (phone, address) = (input.object("phone"), input.object("address"));
    let row = Input::default();
    match (input.text("email"), phone, address) {
        (Some(_), None, None) => {
            let email = email::read(input, "email")?;
            let (name, domain) = email.rsplit_once('@').unwrap_or((email.as_str(), ""));
            let email = format!("{name}@{}", domain.to_lowercase());
            Ok(row.with("kind", Value::from("EMAIL")).with("email", Value::from(email)))
        }
        (None, Some(phone), None) => {
            let Phone { number, region, extension } = phone::read(&phone)?;
            Ok(row
                .with("kind", Value::from("PHONE"))
                .with("phone", Value::from(number))
                .with("phoneRegion", region.map_or(Value::Null, Value::from))
                .with("phoneExtension", extension.map_or(Value::Null, Value::from)))
        }
        (None, None, Some(address)) => {
            let given = ADDRESS.into_iter().filter_map(|field| Some((field, address.get(field)?)));
            let row = row.with("kind", Value::from("ADDRESS"));
            Ok(given.fold(row, |row, (field, value)| row.with(field, value.clone())))
        }
        _ => {
            let message = "exactly one of `email`, `phone` and `address` must be given";
            Err(UserError::new(UserErrorCode::Invalid, &[], message))
        }
    }
}

/// What is wrong with a column stands in the input at the object that it came from.
fn told_where(error: WriteError) -> WriteError {
    let WriteError::User(mut mistakes) = error else { return error };
    for mistake in &mut mistakes {
        let column = mistake.path.first().cloned().unwrap_or_default();
        if ADDRESS.contains(&column.as_str()) {
            mistake.path.insert(0, "address".to_owned());
        } else if column.starts_with("phone") {
            mistake.path = vec!["phone".to_owned(), "number".to_owned()];
        }
    }
    WriteError::User(mistakes)
}
