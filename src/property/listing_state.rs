//! The life of a listing: RESO's statuses, and the actions that lead from one to the next, as data.
//!
//! Promises: an action is legal exactly where its `from` says so, and a refusal names everything
//! that would be legal instead. Nothing here knows a database.

use std::fmt;

use thiserror::Error;

use Status::*;

/// Where a listing stands (RESO `StandardStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// A draft.
    Incomplete,
    /// Announced; cannot be shown yet.
    ComingSoon,
    /// On the market.
    Active,
    /// An offer was accepted; still on the market.
    ActiveUnderContract,
    /// An offer was accepted; off the market.
    Pending,
    /// Off the market for a time.
    Hold,
    /// Sold.
    Closed,
    /// Off the market; the listing contract still stands.
    Withdrawn,
    /// The listing contract was ended before its time.
    Canceled,
    /// The listing contract ran out.
    Expired,
    /// Entered in error.
    Delete,
}

impl Status {
    /// Every status with its name in the database and in the contract.
    const NAMES: [(Self, &'static str); 11] = [
        (Incomplete, "INCOMPLETE"),
        (ComingSoon, "COMING_SOON"),
        (Active, "ACTIVE"),
        (ActiveUnderContract, "ACTIVE_UNDER_CONTRACT"),
        (Pending, "PENDING"),
        (Hold, "HOLD"),
        (Closed, "CLOSED"),
        (Withdrawn, "WITHDRAWN"),
        (Canceled, "CANCELED"),
        (Expired, "EXPIRED"),
        (Delete, "DELETE"),
    ];

    /// The status of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }

    /// Its name.
    pub(super) fn as_str(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(status, _)| *status == self);
        named.map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// On offer, or meant to be again; what the database function `listing_is_open` says.
const OPEN: &[Status] = &[ComingSoon, Active, ActiveUnderContract, Pending, Hold];

/// Where the terms of a listing are still to be written.
const EDITABLE: &[Status] = &[Incomplete, ComingSoon, Active, ActiveUnderContract, Pending, Hold];

/// Something that people do with a listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// The mutation that does it.
    pub(super) mutation: &'static str,
    /// The statuses in which it is legal.
    from: &'static [Status],
    /// The status that it leads to; `None` where the listing stays what it is.
    to: Option<Status>,
}

impl Action {
    const fn step(mutation: &'static str, from: &'static [Status], to: Status) -> Self {
        Self { mutation, from, to: Some(to) }
    }

    const fn stay(mutation: &'static str, from: &'static [Status]) -> Self {
        Self { mutation, from, to: None }
    }
}

pub(super) const UPDATE: Action = Action::stay("updateListing", EDITABLE);
pub(super) const CHANGE_PRICE: Action = Action::stay("changeListingPrice", EDITABLE);
pub(super) const ANNOUNCE: Action = Action::step("publishListing", &[Incomplete], ComingSoon);
pub(super) const PUBLISH: Action =
    Action::step("publishListing", &[Incomplete, ComingSoon], Active);
pub(super) const RETURN_TO_MARKET: Action =
    Action::step("returnListingToMarket", &[ActiveUnderContract, Pending, Hold], Active);
pub(super) const MARK_UNDER_CONTRACT: Action =
    Action::step("markListingUnderContract", &[Active, Pending], ActiveUnderContract);
pub(super) const MARK_PENDING: Action =
    Action::step("markListingPending", &[Active, ActiveUnderContract], Pending);
pub(super) const HOLD: Action = Action::step("holdListing", &[Active], Hold);
pub(super) const CLOSE: Action = Action::step("closeListing", &[Pending], Closed);
pub(super) const WITHDRAW: Action = Action::step("withdrawListing", OPEN, Withdrawn);
pub(super) const CANCEL: Action = Action::step("cancelListing", OPEN, Canceled);
pub(super) const EXPIRE: Action = Action::step("expireListing", OPEN, Expired);
pub(super) const RELIST: Action = Action::stay("relistListing", &[Withdrawn, Canceled, Expired]);
pub(super) const DELETE: Action = Action::step(
    "deleteListing",
    &[
        Incomplete,
        ComingSoon,
        Active,
        ActiveUnderContract,
        Pending,
        Hold,
        Closed,
        Withdrawn,
        Canceled,
        Expired,
    ],
    Delete,
);

/// Every action there is.
const ACTIONS: [&Action; 14] = [
    &UPDATE,
    &CHANGE_PRICE,
    &ANNOUNCE,
    &PUBLISH,
    &RETURN_TO_MARKET,
    &MARK_UNDER_CONTRACT,
    &MARK_PENDING,
    &HOLD,
    &CLOSE,
    &WITHDRAW,
    &CANCEL,
    &EXPIRE,
    &RELIST,
    &DELETE,
];

/// The actions that are legal in this status.
pub(super) fn legal(status: Status) -> impl Iterator<Item = &'static Action> {
    ACTIONS.into_iter().filter(move |action| action.from.contains(&status))
}

impl Action {
    /// The status to which the action leads from this one.
    pub(super) fn apply(&'static self, status: Status) -> Result<Status, IllegalAction> {
        match self.from.contains(&status) {
            true => Ok(self.to.unwrap_or(status)),
            false => Err(IllegalAction { action: self, status }),
        }
    }
}

/// An action that the listing's status does not allow.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{}", self.message())]
pub(super) struct IllegalAction {
    action: &'static Action,
    status: Status,
}

impl IllegalAction {
    /// What was refused, and every status and action that would be legal.
    fn message(&self) -> String {
        let Self { action, status } = self;
        let steps: Vec<String> = legal(*status)
            .filter_map(|legal| legal.to.map(|to| format!("{to} ({})", legal.mutation)))
            .collect();
        let others: Vec<&str> =
            legal(*status).filter(|legal| legal.to.is_none()).map(|legal| legal.mutation).collect();
        let refused = match action.to {
            Some(to) => format!("a listing that is {status} cannot become {to}"),
            None => format!("`{}` is not for a listing that is {status}", action.mutation),
        };
        let steps = match steps.is_empty() {
            true => "nothing more can become of it".to_owned(),
            false => format!("it can become {}", steps.join(", ")),
        };
        let others = match others.is_empty() {
            true => String::new(),
            false => format!("; it also takes {}", others.join(", ")),
        };
        format!("{refused}; {steps}{others}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The complete table, stated apart from the code: what each action makes of each status.
    const TABLE: &str = "
        from                  | update price announce publish return contract pending hold close withdraw cancel expire relist delete
        INCOMPLETE            | =      =     CS       AC      .      .        .       .    .     .        .      .      .      DE
        COMING_SOON           | =      =     .        AC      .      .        .       .    .     WI       CA     EX     .      DE
        ACTIVE                | =      =     .        .       .      UC       PE      HO   .     WI       CA     EX     .      DE
        ACTIVE_UNDER_CONTRACT | =      =     .        .       AC     .        PE      .    .     WI       CA     EX     .      DE
        PENDING               | =      =     .        .       AC     UC       .       .    CL    WI       CA     EX     .      DE
        HOLD                  | =      =     .        .       AC     .        .       .    .     WI       CA     EX     .      DE
        CLOSED                | .      .     .        .       .      .        .       .    .     .        .      .      .      DE
        WITHDRAWN             | .      .     .        .       .      .        .       .    .     .        .      .      =      DE
        CANCELED              | .      .     .        .       .      .        .       .    .     .        .      .      =      DE
        EXPIRED               | .      .     .        .       .      .        .       .    .     .        .      .      =      DE
        DELETE                | .      .     .        .       .      .        .       .    .     .        .      .      .      .";

    fn short(word: &str, status: Status) -> Option<Status> {
        Some(match word {
            "." => return None,
            "=" => status,
            "CS" => ComingSoon,
            "AC" => Active,
            "UC" => ActiveUnderContract,
            "PE" => Pending,
            "HO" => Hold,
            "CL" => Closed,
            "WI" => Withdrawn,
            "CA" => Canceled,
            "EX" => Expired,
            "DE" => Delete,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn every_action_does_from_every_status_what_the_table_says() {
        let mut cells = 0;
        for row in TABLE.trim().lines().skip(1) {
            let (status, words) = row.trim().split_once('|').unwrap();
            let status = Status::named(status.trim()).unwrap();
            let words: Vec<&str> = words.split_whitespace().collect();
            assert_eq!(words.len(), ACTIONS.len());
            for (action, word) in ACTIONS.into_iter().zip(words) {
                cells += 1;
                let found = action.apply(status);
                assert_eq!(
                    found.as_ref().ok(),
                    short(word, status).as_ref(),
                    "{status} {action:?}"
                );
                let Err(refusal) = found else { continue };
                let message = refusal.to_string();
                assert!(message.contains(status.as_str()), "{message}");
                for legal in legal(status) {
                    let named = match legal.to {
                        Some(to) => format!("{to} ({})", legal.mutation),
                        None => legal.mutation.to_owned(),
                    };
                    assert!(message.contains(&named), "{message} lacks {named}");
                }
            }
        }
        assert_eq!(cells, 11 * 14);
    }

    #[test]
    fn a_refusal_says_what_would_be_legal() {
        let message =
            |action: &'static Action, status| action.apply(status).unwrap_err().to_string();
        assert_eq!(
            message(&CLOSE, Hold),
            "a listing that is HOLD cannot become CLOSED; it can become ACTIVE \
             (returnListingToMarket), WITHDRAWN (withdrawListing), CANCELED (cancelListing), \
             EXPIRED (expireListing), DELETE (deleteListing); it also takes updateListing, \
             changeListingPrice"
        );
        assert_eq!(
            message(&UPDATE, Closed),
            "`updateListing` is not for a listing that is CLOSED; it can become DELETE \
             (deleteListing)"
        );
        assert_eq!(
            message(&PUBLISH, Delete),
            "a listing that is DELETE cannot become ACTIVE; nothing more can become of it"
        );
    }

    #[test]
    fn names_go_both_ways() {
        for (status, name) in Status::NAMES {
            assert_eq!(Status::named(name), Some(status));
            assert_eq!(status.to_string(), name);
        }
        assert_eq!(Status::named("SOLD"), None);
    }
}
