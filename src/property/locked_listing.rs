//! A listing that a mutation has locked: what its rules look at, and what a day of its life may be.

use chrono::{NaiveDate, TimeDelta, Utc};
use loaders::mutation::Input;
use loaders::{Payload, RequestError, UserError, UserErrorCode, WriteContext, WriteError};
use tokio_postgres::Row;
use uuid::Uuid;

use super::listing_state::{Action, Status};
use super::policy::MANAGE;

/// A locked listing.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) id: Uuid,
    pub(super) property: Uuid,
    pub(super) seller: Option<Uuid>,
    pub(super) status: Status,
    pub(super) list_price: Option<String>,
    pub(super) listing_contract_date: Option<NaiveDate>,
    pub(super) expiration_date: Option<NaiveDate>,
    pub(super) on_market_date: Option<NaiveDate>,
    pub(super) off_market_date: Option<NaiveDate>,
    pub(super) contingent_date: Option<NaiveDate>,
    pub(super) purchase_contract_date: Option<NaiveDate>,
}

const COLUMNS: &str = "property_id, seller_id, standard_status, list_price::text,
    listing_contract_date, expiration_date, on_market_date, off_market_date, contingent_date,
    purchase_contract_date";

impl Listing {
    /// Locks the listing that the input names, in the version that it expects, to write what it says.
    pub(super) async fn lock(write: &WriteContext<'_>, input: &Input) -> Result<Self, WriteError> {
        let id = input.id("id", "Listing")?;
        let row = write.lock("Listing", id, input.expected_version(), COLUMNS).await?;
        Self::of(id, &row)
    }

    /// The same, to decide what becomes of it: to offer it, and to take it through its life.
    pub(super) async fn lock_decided(
        write: &WriteContext<'_>,
        input: &Input,
    ) -> Result<Self, WriteError> {
        let id = input.id("id", "Listing")?;
        let expected = input.expected_version();
        let row = write.lock_permitted("Listing", id, expected, COLUMNS, MANAGE).await?;
        Self::of(id, &row)
    }

    fn of(id: Uuid, row: &Row) -> Result<Self, WriteError> {
        let status: &str = row.try_get("standard_status")?;
        let status = Status::named(status).ok_or_else(|| {
            let message = format!("the status {status} is unknown to this server");
            WriteError::Request(RequestError::Statement(message.into()))
        })?;
        Ok(Self {
            id,
            property: row.try_get("property_id")?,
            seller: row.try_get("seller_id")?,
            status,
            list_price: row.try_get("list_price")?,
            listing_contract_date: row.try_get("listing_contract_date")?,
            expiration_date: row.try_get("expiration_date")?,
            on_market_date: row.try_get("on_market_date")?,
            off_market_date: row.try_get("off_market_date")?,
            contingent_date: row.try_get("contingent_date")?,
            purchase_contract_date: row.try_get("purchase_contract_date")?,
        })
    }

    /// The status to which the action leads, if it is legal now.
    pub(super) fn allow(&self, action: &'static Action) -> Result<Status, UserError> {
        action.apply(self.status).map_err(|error| {
            UserError::new(UserErrorCode::IllegalTransition, &["id"], error.to_string())
        })
    }

    /// It, as what a mutation changed.
    pub(super) fn payload(&self) -> Payload {
        Payload::new().entity("listing", "Listing", self.id)
    }

    /// The day of a step that names none: today in UTC, though never before what came earlier.
    pub(super) fn today(&self) -> NaiveDate {
        let today = Utc::now().date_naive();
        let newest = self.on_market_date.max(self.purchase_contract_date);
        newest.map_or(today, |newest| newest.max(today))
    }

    /// What is wrong with a day of the input on which something happened, if it is given.
    pub(super) fn mistaken_day(&self, input: &Input, field: &str) -> Option<UserError> {
        let day: NaiveDate = input.text(field)?.parse().ok()?;
        let wrong = outside(day, self.on_market_date, latest())?;
        Some(input.mistake(UserErrorCode::OutOfRange, field, wrong))
    }

    /// What it lacks to be published: a seller, a price, and a contract that has not run out.
    pub(super) fn lacks(&self) -> Vec<UserError> {
        let needs = [
            (self.seller.is_none(), "sellerId", "updateListing"),
            (self.list_price.is_none(), "listPrice", "changeListingPrice"),
            (self.listing_contract_date.is_none(), "listingContractDate", "updateListing"),
            (self.expiration_date.is_none(), "expirationDate", "updateListing"),
        ];
        let lacking = needs.into_iter().filter(|(lacks, ..)| *lacks).map(|(_, field, mutation)| {
            let message = format!("the listing has no `{field}` yet: {mutation} gives it one");
            UserError::new(UserErrorCode::Required, &["id"], message)
        });
        let today = Utc::now().date_naive();
        let over = self.expiration_date.filter(|day| *day < today).map(|day| {
            let message = format!(
                "its listing contract ran out on {day}: give it another `expirationDate` by updateListing"
            );
            UserError::new(UserErrorCode::Conflict, &["id"], message)
        });
        lacking.chain(over).collect()
    }

    /// Why its contract has not run out.
    pub(super) fn still_runs(&self) -> Vec<UserError> {
        let message = match self.expiration_date {
            Some(day) if day <= latest() => return Vec::new(),
            Some(day) => {
                format!("its listing contract runs until {day}: cancelListing ends it before")
            }
            None => {
                "the listing has no `expirationDate` yet: updateListing gives it one".to_owned()
            }
        };
        vec![UserError::new(UserErrorCode::Conflict, &["id"], message)]
    }
}

/// Today where the day begins first: no place on Earth has a later one.
fn latest() -> NaiveDate {
    (Utc::now() + TimeDelta::hours(14)).date_naive()
}

/// Why something cannot have happened on this day.
fn outside(day: NaiveDate, since: Option<NaiveDate>, latest: NaiveDate) -> Option<String> {
    match since {
        _ if day > latest => Some(format!("{day} lies in the future")),
        Some(since) if day < since => {
            Some(format!("{day} lies before {since}, when the listing came on the market"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lies_between_the_first_on_the_market_and_today() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        assert_eq!(outside(day(5), None, day(5)), None);
        assert_eq!(outside(day(1), Some(day(1)), day(5)), None);
        let future = Some("2026-03-06 lies in the future".to_owned());
        assert_eq!(outside(day(6), Some(day(1)), day(5)), future);
        let early =
            "2026-03-01 lies before 2026-03-02, when the listing came on the market".to_owned();
        assert_eq!(outside(day(1), Some(day(2)), day(5)), Some(early));
    }
}
