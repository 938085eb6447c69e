//! Second factors: how they are added, used to sign in and to confirm a session, and removed.
//!
//! What always holds:
//! - a code of an app, a recovery code and the answer to a challenge count once;
//! - guesses are counted before they are looked at, and failed ones are recorded;
//! - factors are added and removed in a session that was confirmed lately, and their user is told;
//! - a password too short to stand alone never stands alone;
//! - secrets are sealed, recovery codes hashed: neither is ever read back by anybody.

mod answer_challenge;
mod begin_passkey_registration;
mod begin_passkey_sign_in;
mod change;
mod confirm_totp;
mod confirmed;
mod enroll_totp;
mod finish_passkey_registration;
mod finish_passkey_sign_in;
mod generate_recovery_codes;
mod proof;
mod reauthenticate;
mod remove_mfa_method;

pub(super) use self::confirmed::require_confirmed;

use loaders::{Registry, UserErrorCode, WriteError};

use crate::access::RequestContext;
use crate::access::factors::passkey::{PasskeyError, PasskeySite};

/// Binds the mutations.
pub(super) fn bind(registry: &mut Registry) {
    registry
        .constraint(
            "user_mfa_methods_one_totp_per_user",
            UserErrorCode::Conflict,
            "",
            "another app was added in the same moment: begin again",
        )
        .constraint(
            "user_mfa_methods_credential_id_key",
            UserErrorCode::Taken,
            "credential",
            "this passkey is registered already",
        )
        .mutation("enrollTotp", enroll_totp::EnrollTotp)
        .mutation("confirmTotp", confirm_totp::ConfirmTotp)
        .mutation("beginPasskeyRegistration", begin_passkey_registration::BeginPasskeyRegistration)
        .mutation(
            "finishPasskeyRegistration",
            finish_passkey_registration::FinishPasskeyRegistration,
        )
        .mutation("removeMfaMethod", remove_mfa_method::RemoveMfaMethod)
        .mutation("generateRecoveryCodes", generate_recovery_codes::GenerateRecoveryCodes)
        .mutation("beginPasskeySignIn", begin_passkey_sign_in::BeginPasskeySignIn)
        .mutation("finishPasskeySignIn", finish_passkey_sign_in::FinishPasskeySignIn)
        .mutation("answerChallenge", answer_challenge::AnswerChallenge)
        .mutation("reauthenticate", reauthenticate::Reauthenticate);
}

/// What an app's secret is sealed for.
fn sealed_for(user: uuid::Uuid) -> String {
    format!("totp:{user}")
}

/// The site that passkeys are made for, if there can be any.
fn site(context: &RequestContext) -> Result<PasskeySite, WriteError> {
    let config = context.access.config();
    let site = PasskeySite::new(&config.public_url, config.challenge_lifetime);
    site.map_err(|error| match error {
        PasskeyError::Site(_) => {
            loaders::UserError::new(UserErrorCode::Conflict, &[], error.to_string()).into()
        }
        error => crate::access::challenge::failed(error),
    })
}
