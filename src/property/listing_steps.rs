//! The steps in the life of a listing, which are alike: lock it, see whether the step is legal, and
//! set the status with the dates that RESO ties to it. What each step sets is stated here, pure.
//!
//! Promises: one statement a step, so that history tells of one change; and no day that lies in
//! the future or before the listing was on the market.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};
use async_trait::async_trait;
use chrono::NaiveDate;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, WriteContext, WriteError};

use super::listing_state::{self as state, Action, Status};
use super::locked_listing::Listing;

/// A step to another status.
pub(super) struct Step {
    pub(super) action: &'static Action,
    /// What the viewer must hold, besides being the one to write the listing.
    permission: Option<&'static str>,
    /// What keeps this listing from it, besides its status.
    obstacles: fn(&Listing) -> Vec<UserError>,
    /// The fields of the input that name a day on which something happened.
    days: &'static [&'static str],
    /// What it sets besides the status and what the input gives.
    sets: fn(&Listing, &mut Changes),
}

/// Comes on the market; what `publishListing` does besides stands with it.
pub(super) const PUBLISH: Step = Step {
    obstacles: Listing::lacks,
    days: &["onMarketDate"],
    sets: |_, changes| {
        changes.day("onMarketDate", None);
    },
    ..Step::of(&state::PUBLISH)
};

/// Is announced; the other half of `publishListing`.
pub(super) const ANNOUNCE: Step = Step { obstacles: Listing::lacks, ..Step::of(&state::ANNOUNCE) };

/// Every step that is a mutation by itself.
pub(super) const STEPS: [Step; 9] = [
    Step {
        days: &["offMarketDate"],
        sets: |_, changes| {
            changes.day("offMarketDate", None);
        },
        ..Step::of(&state::HOLD)
    },
    Step {
        sets: |_, changes| {
            changes.clear("offMarketDate");
            changes.clear("contingentDate");
            changes.clear("purchaseContractDate");
            changes.clear("pendingTimestamp");
        },
        ..Step::of(&state::RETURN_TO_MARKET)
    },
    Step {
        days: &["purchaseContractDate", "contingentDate"],
        sets: |listing, changes| {
            let signed = changes.day("purchaseContractDate", listing.purchase_contract_date);
            changes.day("contingentDate", listing.contingent_date.or(Some(signed)));
            changes.clear("offMarketDate");
            changes.clear("pendingTimestamp");
        },
        ..Step::of(&state::MARK_UNDER_CONTRACT)
    },
    Step {
        days: &["purchaseContractDate", "offMarketDate"],
        sets: |listing, changes| {
            changes.day("purchaseContractDate", listing.purchase_contract_date);
            changes.day("offMarketDate", None);
        },
        ..Step::of(&state::MARK_PENDING)
    },
    Step {
        days: &["closeDate"],
        sets: |listing, changes| {
            let day = changes.day("closeDate", None);
            changes.leave_market(listing, day);
        },
        ..Step::of(&state::CLOSE)
    },
    Step {
        days: &["withdrawnDate"],
        sets: |listing, changes| {
            let day = changes.day("withdrawnDate", None);
            changes.leave_market(listing, day);
        },
        ..Step::of(&state::WITHDRAW)
    },
    Step {
        days: &["cancellationDate"],
        sets: |listing, changes| {
            let day = changes.day("cancellationDate", None);
            changes.leave_market(listing, day);
        },
        ..Step::of(&state::CANCEL)
    },
    Step {
        obstacles: Listing::still_runs,
        sets: |listing, changes| {
            if let Some(day) = listing.expiration_date.max(listing.on_market_date) {
                changes.leave_market(listing, day);
            }
        },
        ..Step::of(&state::EXPIRE)
    },
    Step { permission: Some("listing.delete"), ..Step::of(&state::DELETE) },
];

impl Step {
    const fn of(action: &'static Action) -> Self {
        Self { action, permission: None, obstacles: |_| Vec::new(), days: &[], sets: |_, _| {} }
    }

    /// Takes the step with a locked listing.
    pub(super) async fn take(
        &self,
        write: &WriteContext<'_>,
        input: &Input,
        listing: &Listing,
    ) -> Result<(), WriteError> {
        let status = listing.allow(self.action)?;
        let mut mistakes = (self.obstacles)(listing);
        mistakes.extend(self.days.iter().filter_map(|field| listing.mistaken_day(input, field)));
        if !mistakes.is_empty() {
            return Err(WriteError::User(mistakes));
        }
        let mut changes = Changes::new(input, status, listing.today());
        (self.sets)(listing, &mut changes);
        write.update("Listing", listing.id, &changes.into_input()).await
    }
}

#[async_trait]
impl Mutation for Step {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        if let Some(permission) = self.permission {
            write.require(permission)?;
        }
        let listing = Listing::lock_decided(write, input).await?;
        self.take(write, input, &listing).await?;
        Ok(listing.payload())
    }
}

/// What a step sets: what its input gives, and what follows from it.
struct Changes {
    fields: IndexMap<Name, Value>,
    today: NaiveDate,
}

impl Changes {
    fn new(input: &Input, status: Status, today: NaiveDate) -> Self {
        let given = input.fields().filter(|(_, value)| **value != Value::Null);
        let mut fields: IndexMap<Name, Value> =
            given.map(|(name, value)| (Name::new(name), value.clone())).collect();
        fields.insert(Name::new("standardStatus"), Value::from(status.as_str()));
        Self { fields, today }
    }

    /// Sets a day: the one that is given, else the one that is known, else today.
    fn day(&mut self, field: &str, known: Option<NaiveDate>) -> NaiveDate {
        let given = match self.fields.get(field) {
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let day = given.or(known).unwrap_or(self.today);
        self.fields.insert(Name::new(field), Value::from(day.to_string()));
        day
    }

    fn clear(&mut self, field: &str) {
        self.fields.insert(Name::new(field), Value::Null);
    }

    /// Off the market since this day, if it has been on it until now.
    fn leave_market(&mut self, listing: &Listing, day: NaiveDate) {
        if listing.on_market_date.is_some() && listing.off_market_date.is_none() {
            self.day("offMarketDate", Some(day));
        }
    }

    fn into_input(self) -> Input {
        Input::new(Value::Object(self.fields))
    }
}
