//! Every way in which a row of each type is hidden: stated here apart from the policies, so that
//! a type without an entry fails and a policy that forgets one is found.

use serde_json::{Value, json};

use super::Factory;
use super::factory::Values;

/// One way to hide a row.
#[derive(Clone)]
pub struct Hiding {
    /// For people who read a failure.
    pub label: String,
    /// Whether it is hidden from administrators too.
    pub from_everyone: bool,
    own: Value,
    /// The row that it is hidden with: the relation's column, the type, and how that is hidden.
    with: Option<(&'static str, &'static str, Box<Hiding>)>,
}

/// The columns that hide a row by themselves, and the relations that it is hidden with.
type Rules = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const UNPUBLISHED: &str = r#"{ "published_at": null }"#;
const DELETED: &str = r#"{ "deleted_at": "2024-05-06T07:08:09Z" }"#;
const DRAFT: &str = r#"{ "standard_status": "INCOMPLETE", "close_price": null }"#;
const PRIVATE: &str = r#"{ "is_public": false }"#;
const ANY: &str = "{}";

const WITH_PROPERTY: Rules = (&[], &[("property_id", "Property")]);
const WITH_LISTING: Rules = (&[], &[("listing_id", "Listing")]);

/// `None` for a type that this table does not know.
fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "Amenity"
        | "AmenityCategory"
        | "CommunityAmenity"
        | "ListingStatus"
        | "MarketArea"
        | "MarketTrend"
        | "MarketingChannel"
        | "PropertyFeatureType"
        | "PropertySubType"
        | "PropertyType"
        | "PropertyUseCategory"
        | "ZoningCode" => (&[], &[]),
        "User" => (&[PRIVATE, DELETED], &[]),
        "Property" => (&[UNPUBLISHED, DELETED], &[]),
        "PropertyAmenity"
        | "PropertyCondition"
        | "PropertyFeature"
        | "PropertyIdentifier"
        | "PropertyImprovement"
        | "PropertyMaintenanceRecord"
        | "PropertyValuation" => WITH_PROPERTY,
        "ComparableSale" => (&[], &[("valuation_id", "PropertyValuation")]),
        "Listing" => (&[DRAFT, DELETED], &[("property_id", "Property")]),
        "ListingPriceChange" | "ListingStatusChange" => WITH_LISTING,
        "MarketingMaterial" => (&[UNPUBLISHED], &[("listing_id", "Listing")]),
        "MarketingCampaign" => (&[ANY], &[("listing_id", "Listing")]),
        _ => return None,
    })
}

/// Every way to hide a row of this type; none for one that everyone sees.
pub fn ways(type_name: &str) -> Vec<Hiding> {
    let (own, relations) = rules(type_name)
        .unwrap_or_else(|| panic!("hiding::rules does not say how a {type_name} is hidden"));
    let by_itself = own.iter().map(|values| Hiding {
        label: format!("{type_name} {values}"),
        from_everyone: *values == DELETED,
        own: serde_json::from_str(values).unwrap(),
        with: None,
    });
    let with_another = relations.iter().flat_map(|(column, target)| {
        ways(target).into_iter().map(move |way| Hiding {
            label: format!("{type_name} of {}", way.label),
            from_everyone: way.from_everyone,
            own: json!({}),
            with: Some((column, target, Box::new(way))),
        })
    });
    by_itself.chain(with_another).collect()
}

/// Whether what refers to the row shows it: whoever offers something to everyone is known by name.
pub fn is_shown_by(way: &Hiding, type_name: &str, column: &str) -> bool {
    way.label.ends_with(PRIVATE)
        && [("Property", "owner_id"), ("Listing", "seller_id")].contains(&(type_name, column))
}

/// Whether rows of the type are hidden together with what this column refers to.
pub fn is_hidden_with(type_name: &str, column: &str) -> bool {
    let (own, relations) = rules(type_name).unwrap();
    own == [ANY] || relations.iter().any(|(with, _)| *with == column)
}

impl Hiding {
    /// The values of a row that is hidden this way; the rows that it needs are inserted.
    pub async fn plan(&self, factory: &Factory, type_name: &str) -> Values {
        let mut own = self.own.clone();
        if let Some((column, target, way)) = &self.with {
            let values = Box::pin(way.plan(factory, target)).await;
            own[*column] = json!(factory.insert(target, &values).await);
        }
        factory.plan(type_name, own, true).await
    }
}
