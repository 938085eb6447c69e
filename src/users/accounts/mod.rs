//! Accounts: how somebody becomes a user, signs in and out, and leaves.
//!
//! What always holds:
//! - an address belongs to one account once it is proven, and to none before;
//! - no answer, and no time that it takes, tells whether an address has an account;
//! - a password is hashed before the transaction, and what it opens is looked at again within;
//! - whatever ends a session counts from the next request on.

mod administrator;
mod change_email;
mod change_password;
mod close_account;
mod email;
mod new_password;
mod one_time_token;
mod password_check;
mod refresh_session;
mod request_password_reset;
mod reset_password;
mod session_address;
mod sign_in;
mod sign_out;
mod sign_up;
mod verify_email;

use loaders::UserErrorCode::{Conflict, Invalid, Taken};
use loaders::{Registry, RequestError, WriteError};
use serde_json::json;

use crate::jobs::Jobs;
use crate::mail::{Mail, Recipient};

pub(super) use password_check::PasswordCheck;

pub(crate) use administrator::{Administrator, AdministratorError, make_administrator};

/// Binds the mutations, and the fields that are not columns.
pub(super) fn bind(registry: &mut Registry) {
    let taken = "another account has this address by now";
    registry
        .resolver("User", "email", email::Email)
        .resolver("UserSession", "address", session_address::SessionAddress)
        .mutation("signUp", sign_up::SignUp)
        .mutation("verifyEmail", verify_email::VerifyEmail)
        .mutation("signIn", sign_in::SignIn)
        .mutation("refreshSession", refresh_session::RefreshSession)
        .mutation("signOut", sign_out::SignOut)
        .mutation("signOutEverywhere", sign_out::SignOutEverywhere)
        .mutation("endSession", sign_out::EndSession)
        .mutation("changePassword", change_password::ChangePassword)
        .mutation("requestPasswordReset", request_password_reset::RequestPasswordReset)
        .mutation("resetPassword", reset_password::ResetPassword)
        .mutation("changeEmail", change_email::ChangeEmail)
        .mutation("closeAccount", close_account::CloseAccount)
        .constraint(
            "user_sessions_csrf_token_hash_of_cookie",
            Conflict,
            "",
            "a session of cookies has a CSRF token, and no other",
        )
        .constraint("security_events_detail_is_object", Invalid, "", "the detail is an object")
        .constraint("user_authentication_email_verified_once", Taken, "token", taken);
}

/// Adds the jobs of accounts.
pub(super) fn add_jobs(jobs: &mut Jobs) {
    jobs.add(request_password_reset::JOB, request_password_reset::SendReset);
}

/// A mail without values and without a token.
fn letter(template: &'static str, to: Recipient) -> Mail {
    Mail { template, to, values: json!({}), token: None }
}

/// The engine runs what comes before a mutation first.
fn unprepared() -> WriteError {
    RequestError::Panic("the mutation was not prepared".into()).into()
}
