//! What the database's rules mean for an input, where their names do not say it.

use loaders::Registry;
use loaders::UserErrorCode::{Conflict, Immutable, Invalid, Required, Taken};

/// Registers a code, a place and a message for each such constraint.
#[rustfmt::skip] // one line a constraint
pub(super) fn bind(registry: &mut Registry) {
    registry
        .constraint("contact_consents_channel_fits", Conflict, "channel", "only a telephone number can be called or sent texts")
        .constraint("contact_consents_kept", Immutable, "", "a consent is only withdrawn, once: a new one is another record")
        .constraint("contact_consents_one_per_channel", Conflict, "channel", "there is such a consent already")
        .constraint("contact_consents_withdrawal_source_given", Required, "withdrawalSource", "is required together with the time")
        .constraint("contact_consents_withdrawal_source_length", loaders::UserErrorCode::TooLong, "source", "must have 1 to 500 characters")
        .constraint("contact_methods_address_of_kind", Invalid, "streetAddress", "`streetAddress`, `city` and `country` are required of a postal address, and only that has them")
        .constraint("contact_methods_email_of_kind", Invalid, "email", "an e-mail address has it, and nothing else")
        .constraint("contact_methods_fixed", Immutable, "", "an address or a number never changes: delete it and add the other one")
        .constraint("contact_methods_one_per_email", Taken, "email", "the user has this address already")
        .constraint("contact_methods_one_per_phone", Taken, "phone", "the user has this number already")
        .constraint("contact_methods_one_primary_per_kind", Conflict, "isPrimary", "another one became the primary one at the same time: try again")
        .constraint("contact_methods_phone_details_of_kind", Invalid, "phone", "only a telephone number has a region and an extension")
        .constraint("contact_methods_phone_of_kind", Invalid, "phone", "a telephone number has it, and nothing else")
        .constraint("contact_methods_verified_by_id_of_verified", Invalid, "verifiedById", "only what is verified was verified by somebody")
        .constraint("preference_categories_value_schema_form", Invalid, "valueSchema", "must be an object")
        .constraint("professional_licenses_one_verified", Conflict, "id", "somebody else's licence with this number is verified")
        .constraint("professional_licenses_verified_by_id_of_verified", Invalid, "verifiedById", "only what is verified was verified by somebody")
        .constraint("user_profiles_languages_form", Invalid, "languages", "must be 1 to 20 tags such as \"en\" or \"es-MX\"")
        .constraint("user_profiles_time_zone_known", Invalid, "timeZone", "is not a name of the time zone database, such as America/New_York");
}
