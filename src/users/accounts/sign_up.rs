//! `signUp`: asks for an account. It is one once the address is proven.
//!
//! Promises: who asks learns nothing of the address, neither from the answer nor from the work: one
//! that has an account gets a mail that says so, and what was asked for can never be proven. A
//! request that nobody proves holds no address, and is swept after a week.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Before, Mutation, Output, Payload, Prepared, UserErrorCode, Value, WriteContext, WriteError,
};
use serde_json::json;
use uuid::Uuid;

use super::new_password::{NewPassword, Owner};
use super::{letter, unprepared};
use crate::access::{SecurityEvent, security_event};
use crate::mail::{self, Mail, MailToken, Recipient, TokenPurpose};
use crate::users::email;

/// The mutation.
pub(super) struct SignUp;

/// What somebody can make of himself; others are made by those who run the server.
const KINDS: [&str; 3] = ["BUYER", "SELLER", "ATTORNEY"];

/// Whom the address belongs to, if it is proven.
const OWNER: &str = "
    SELECT FROM user_authentication WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL";

const MAKE_USER: &str = "
    INSERT INTO users (user_type, display_name, status) VALUES ($1::text, $2, 'PENDING') RETURNING id";

const MAKE_AUTHENTICATION: &str = "
    INSERT INTO user_authentication (user_id, email, password_hash, password_changed_at) VALUES ($1, $2, $3, now())";

/// What is known of the input when its password is hashed.
struct Request {
    email: String,
    password: NewPassword,
}

#[async_trait]
impl Mutation for SignUp {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let email = email::read(input, "email")?;
        let name = input.text("displayName").unwrap_or_default();
        if name.trim().is_empty() {
            let message = "is required: how others shall call you";
            return Err(input.mistake(UserErrorCode::Required, "displayName", message).into());
        }
        let kind = input.text("userType").unwrap_or_default();
        if !KINDS.contains(&kind) {
            let message = format!("whoever signs up is one of {}", KINDS.join(", "));
            return Err(input.mistake(UserErrorCode::Invalid, "userType", message).into());
        }
        let owner = Owner { names: vec![name.to_owned(), email.clone()], has_second_factor: false };
        let password = NewPassword::make(before, input, "password", &owner).await?;
        Ok(Prepared::new(Request { email, password }))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        mail::require(write)?;
        let Request { email, password } = write.prepared().ok_or_else(unprepared)?;
        let kind = input.text("userType").unwrap_or_default();
        let name = input.text("displayName").unwrap_or_default().trim();
        let user: Uuid = write.query_one(MAKE_USER, &[&kind, &name]).await?.try_get(0)?;
        write.execute(MAKE_AUTHENTICATION, &[&user, email, &password.hash]).await?;
        let to = Recipient::Address(email.clone());
        let letter = match write.query_opt(OWNER, &[email]).await? {
            Some(_) => letter("account_exists", to),
            None => {
                let token = Some(MailToken::of_user(TokenPurpose::VerifyEmail, user));
                Mail { token, ..letter("verify_email", to) }
            }
        };
        mail::enqueue(write, letter).await?;
        let event = SecurityEvent { kind: "SIGNED_UP", user: Some(user), detail: json!({}) };
        security_event(write, event).await?;
        Ok(Payload::new().with("email", Output::Leaf(Value::from(email.as_str()))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
