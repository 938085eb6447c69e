//! What signs in besides a session: API keys, and tokens of the outside issuer.
//!
//! What always holds:
//! - a key may do no more than its user, and no more than it was made for;
//! - neither a key nor an outside token makes keys or links accounts: that needs a session;
//! - what an issuer calls somebody belongs to one user for good.

mod create_api_key;
mod link_external_identity;
mod revoke_api_key;

use loaders::Registry;
use loaders::UserErrorCode::{Invalid, Taken};

/// Binds the mutations.
pub(super) fn bind(registry: &mut Registry) {
    registry
        .mutation("createApiKey", create_api_key::CreateApiKey)
        .mutation("revokeApiKey", revoke_api_key::RevokeApiKey)
        .mutation("linkExternalIdentity", link_external_identity::LinkExternalIdentity)
        .constraint("signing_keys_public_key_length", Invalid, "", "an Ed25519 key has 32 bytes")
        .constraint(
            "external_identities_subject_key",
            Taken,
            "token",
            "whoever the token names has an account already",
        );
}
