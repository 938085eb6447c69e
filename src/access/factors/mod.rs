//! Second factors without I/O: one-time codes from an app, recovery codes, and passkeys. What is kept
//! of them, and the steps in which they are used, are the users domain's.

pub mod passkey;
pub mod recovery_code;
pub mod totp;
