//! What a mutation needs before it can be done, and the input that fits: so that a cell of the
//! matrix says who may, and not that it was the wrong moment.

/// A line of the matrix. `$Type` is the world's row of that type, `$Type2` another one of the owner,
/// `$fresh:Type` a row that only this cell has, `$viewer` and `$owner` are users; in statements ids
/// as the database knows them, in inputs as clients do. See `inputs.rs` for the other words.
pub struct Scene {
    pub mutation: &'static str,
    /// What sets this line apart from the mutation's other ones.
    pub about: &'static str,
    /// Statements that run first.
    pub before: &'static str,
    /// JSON that is laid over what the contract demands.
    pub input: &'static str,
}

const fn scene(
    mutation: &'static str,
    about: &'static str,
    before: &'static str,
    input: &'static str,
) -> Scene {
    Scene { mutation, about, before, input }
}

/// A listing in this status, of a property that everyone sees.
macro_rules! listed {
    ($status:literal) => {
        concat!(
            "UPDATE properties SET published_at = now() WHERE id = $Property;
             UPDATE listings SET standard_status = '",
            $status,
            "' WHERE id = $Listing"
        )
    };
}

/// A factor that nobody uses, for whoever asks.
const FACTOR: &str = "INSERT INTO user_mfa_methods (user_id, kind, name, sealed_secret, last_step)
    SELECT viewer, 'TOTP', 'App', '\\x00', 0 FROM (SELECT $viewer::uuid AS viewer) AS it
    WHERE viewer IS NOT NULL";

/// A secret of the owner's, as if from a mail.
macro_rules! token {
    ($purpose:literal) => {
        concat!(
            "INSERT INTO user_tokens (user_id, purpose, email, token_hash, expires_at)
             VALUES ($owner, '",
            $purpose,
            "', $ownerEmail, $tokenHash, now() + interval '1 hour')"
        )
    };
    ($purpose:literal, $subject:literal, $email:literal) => {
        concat!(
            "INSERT INTO user_tokens (purpose, subject_id, email, token_hash, expires_at)
             VALUES ('",
            $purpose,
            "', ",
            $subject,
            ", ",
            $email,
            ", $tokenHash, now() + interval '1 hour')"
        )
    };
}

/// Whoever is invited is the outsider.
const INVITED: &str = token!("ACCEPT_INVITATION", "$Invitation", "$outsiderEmail");

/// Every mutation of which the contract does not tell enough.
#[rustfmt::skip] // one line a scene, as far as it goes
pub const SCENES: &[Scene] = &[
    scene("updateProperty", "", "", r#"{"city": "Toledo"}"#),
    scene("updateProperty", "to another owner", "", r#"{"ownerId": "$colleague"}"#),
    scene("createProperty", "of another owner", "", r#"{"ownerId": "$owner"}"#),
    scene("restoreProperty", "", "UPDATE properties SET deleted_at = now() WHERE id = $Property", "{}"),
    scene("mergeProperties", "", "", r#"{"duplicateId": "$Property2"}"#),
    scene("createListing", "with its seller", "", r#"{"sellerId": "$viewer"}"#),
    scene("updateListing", "its seller", "", r#"{"sellerId": "$viewer"}"#),
    scene("createPropertyCollaborator", "a firm of his own",
        "INSERT INTO firm_memberships (firm_id, user_id)
         SELECT $Firm2, viewer FROM (SELECT $viewer::uuid AS viewer) AS it WHERE viewer IS NOT NULL
         ON CONFLICT DO NOTHING",
        r#"{"firmId": "$Firm2"}"#),
    scene("publishListing", "",
        "UPDATE listings SET list_price = 1, listing_contract_date = current_date,
            expiration_date = current_date + 90 WHERE id = $Listing", "{}"),
    scene("holdListing", "", listed!("ACTIVE"), "{}"),
    scene("returnListingToMarket", "", listed!("HOLD"), "{}"),
    scene("markListingUnderContract", "", listed!("ACTIVE"), "{}"),
    scene("markListingPending", "", listed!("ACTIVE"), "{}"),
    scene("closeListing", "", listed!("PENDING"), "{}"),
    scene("withdrawListing", "", listed!("ACTIVE"), "{}"),
    scene("cancelListing", "", listed!("ACTIVE"), "{}"),
    scene("expireListing", "",
        "UPDATE properties SET published_at = now() WHERE id = $Property;
         UPDATE listings SET standard_status = 'ACTIVE', listing_contract_date = current_date - 9,
            expiration_date = current_date - 1 WHERE id = $Listing", "{}"),
    scene("relistListing", "", listed!("WITHDRAWN"), "{}"),
    scene("createPropertyFeature", "", "", r#"{"numberValue": "1"}"#),
    scene("createPropertyFeatures", "", "",
        r#"{"items": [{"propertyId": "$Property", "featureTypeId": "$PropertyFeatureType", "numberValue": "1"}]}"#),
    scene("createPropertyCollaborator", "", "", r#"{"userId": "$colleague"}"#),

    scene("verifyEmail", "",
        "INSERT INTO users (id, user_type, display_name, status) VALUES ($fresh, 'BUYER', 'New', 'PENDING');
         INSERT INTO user_authentication (user_id, email, password_hash, password_changed_at)
         VALUES ($fresh, $freshEmail, $passwordHash, now());
         INSERT INTO user_tokens (user_id, purpose, email, token_hash, expires_at)
         VALUES ($fresh, 'VERIFY_EMAIL', $freshEmail, $tokenHash, now() + interval '1 hour')",
        r#"{"token": "$token", "password": "$password"}"#),
    scene("signIn", "", "", r#"{"email": "$ownerEmail", "password": "$password"}"#),
    scene("refreshSession", "", "", r#"{"refreshToken": "$ownerRefreshToken"}"#),
    scene("changePassword", "", "",
        r#"{"currentPassword": "$password", "newPassword": "a valley with eleven elms"}"#),
    scene("resetPassword", "", token!("RESET_PASSWORD"),
        r#"{"token": "$token", "newPassword": "a valley with eleven elms"}"#),
    scene("changeEmail", "", "", r#"{"newEmail": "$freshEmail", "password": "$password"}"#),
    scene("closeAccount", "", "", r#"{"password": "$password"}"#),
    scene("requestPasswordReset", "", "", r#"{"email": "$ownerEmail"}"#),
    scene("createApiKey", "", "", r#"{"expiresAt": "$soon"}"#),
    scene("reauthenticate", "", "", r#"{"password": "$password"}"#),
    scene("generateRecoveryCodes", "", FACTOR, "{}"),

    scene("createContactMethod", "", "", r#"{"email": "$freshEmail"}"#),
    scene("createContactMethod", "of another", "", r#"{"email": "$freshEmail", "userId": "$owner"}"#),
    scene("verifyContact", "", token!("VERIFY_CONTACT", "$ContactMethod", "$contactEmail"), r#"{"token": "$token"}"#),
    scene("confirmContactMethod", "",
        "DELETE FROM contact_methods WHERE user_id = $owner;
         INSERT INTO contact_methods (id, user_id, kind, phone, phone_region)
         VALUES ($fresh, $owner, 'PHONE', '+14155552671', 'US')",
        r#"{"id": "$fresh:ContactMethod"}"#),
    scene("createPreferenceCategory", "", "", r#"{"valueSchema": {"type": "string"}}"#),
    scene("createPreferenceCategory", "of the system", "", r#"{"valueSchema": {"type": "string"}, "isSystem": true}"#),
    scene("updatePreferenceCategory", "of the system",
        "UPDATE preference_categories SET user_id = NULL WHERE id = $PreferenceCategory", "{}"),
    scene("setUserPreference", "in a category of the system",
        "UPDATE preference_categories SET user_id = NULL WHERE id = $PreferenceCategory", r#"{"value": {}}"#),
    scene("setUserPreference", "of another", "", r#"{"value": {}, "userId": "$owner"}"#),
    scene("createProfessionalLicense", "", "", r#"{"jurisdiction": "US-OH"}"#),

    scene("inviteColleague", "who is to run the firm", "", r#"{"asAdministrator": true}"#),
    scene("acceptInvitation", "", INVITED, r#"{"token": "$token"}"#),
    scene("declineInvitation", "", INVITED, r#"{"token": "$token"}"#),
    scene("createRole", "of a firm", "", r#"{"firmId": "$Firm"}"#),
    scene("grantPermission", "", "", r#"{"permission": "property.read"}"#),
    scene("denyPermission", "", "", r#"{"permission": "property.read"}"#),
    scene("withdrawPermission", "",
        "INSERT INTO role_permissions (role_id, permission_id, effect)
         SELECT $Role, id, 'ALLOW' FROM permissions WHERE name = 'property.read' ON CONFLICT DO NOTHING",
        r#"{"permission": "property.read"}"#),
    scene("addRoleInheritance", "", "", r#"{"inheritedRoleId": "$Role2"}"#),
    scene("removeRoleInheritance", "",
        "INSERT INTO role_inheritance (role_id, inherited_role_id) VALUES ($Role, $Role2) ON CONFLICT DO NOTHING",
        r#"{"inheritedRoleId": "$Role2"}"#),
    scene("assignRole", "", "", r#"{"userId": "$colleague", "firmId": "$Firm"}"#),
    scene("assignRole", "everywhere",
        "INSERT INTO roles (id, name) VALUES ($fresh, $freshEmail)",
        r#"{"userId": "$colleague", "roleId": "$fresh:Role"}"#),
    scene("approveElevation", "",
        "INSERT INTO firm_memberships (firm_id, user_id) VALUES ($Firm, $owner) ON CONFLICT DO NOTHING", "{}"),
    scene("requestElevation", "",
        "INSERT INTO roles (id, name) VALUES ($fresh, $freshEmail)",
        r#"{"roleId": "$fresh:Role", "minutes": 5}"#),
];
