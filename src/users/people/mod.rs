//! What is known of people: profiles, ways to reach them, qualifications and preferences.
//!
//! Most of it are plain records. What has a rule of its own:
//! - an e-mail address or a telephone number is parsed, kept in one form, and never changes; a
//!   mail proves an address, and somebody with `user.manage` a number, for nothing here sends texts;
//! - a licence is verified by another person than its holder;
//! - a preference keeps to the JSON Schema of its category.

mod confirm_contact_method;
mod constraints;
mod create_contact_method;
mod create_preference_category;
mod phone;
mod preference_schema;
mod request_contact_verification;
mod set_user_preference;
mod update_preference_category;
mod verify_contact;
mod verify_professional_license;
mod withdraw_contact_consent;

use loaders::mutation::Input;
use loaders::scalar::type_id;
use loaders::{Registry, Value, WriteContext, WriteError};
use uuid::Uuid;

/// Binds the mutations that are more than a record's.
pub(super) fn bind(registry: &mut Registry) {
    constraints::bind(registry);
    registry
        .mutation("createContactMethod", create_contact_method::CreateContactMethod)
        .mutation(
            "requestContactVerification",
            request_contact_verification::RequestContactVerification,
        )
        .mutation("verifyContact", verify_contact::VerifyContact)
        .mutation("confirmContactMethod", confirm_contact_method::ConfirmContactMethod)
        .mutation("withdrawContactConsent", withdraw_contact_consent::WithdrawContactConsent)
        .mutation(
            "verifyProfessionalLicense",
            verify_professional_license::VerifyProfessionalLicense,
        )
        .mutation("createPreferenceCategory", create_preference_category::CreatePreferenceCategory)
        .mutation("updatePreferenceCategory", update_preference_category::UpdatePreferenceCategory)
        .mutation("setUserPreference", set_user_preference::SetUserPreference);
}

/// Whose record it is to be: the one in `userId`, or whoever asks. Asked before anything is looked up,
/// so that the refusal tells nothing of what somebody else has.
fn whose(write: &WriteContext<'_>, input: &Input) -> Result<Uuid, WriteError> {
    let viewer = write.viewer_id()?;
    let user = input.optional_id("userId", "User")?.unwrap_or(viewer);
    if user != viewer {
        write.require("user.manage")?;
    }
    Ok(user)
}

/// An id as clients know it.
fn id(prefix: &str, id: Uuid) -> Value {
    let mut text = Vec::new();
    type_id::encode(prefix, id.as_bytes(), &mut text);
    Value::from(String::from_utf8_lossy(&text).into_owned())
}
