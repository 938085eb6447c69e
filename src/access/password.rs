//! Hashing passwords with argon2id, in PHC form, so that a hash says by which parameters it was made.
//!
//! Promises: no more hashes are computed at once than `PASSWORD_HASHES_MAX`, each on a thread that
//! serves nobody else, and no more wait than `PASSWORD_HASH_QUEUE_MAX`, so that a crowd that signs in
//! leaves turns to other requests; and a password is held against something, by as much work, also
//! where there is no account.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;
use loaders::{ErrorCode, Measure, RequestError, WriteError};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::password_rules::normalized;
use crate::config::AccessConfig;

const SALT_LENGTH: usize = 16;

/// Hashes and verifies, a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// Of those whose turn it is and those who wait for it.
    places: Arc<Semaphore>,
    places_max: usize,
    /// What nobody's password is held against.
    nobody: Arc<str>,
}

/// A place in the queue, good for one password after another.
#[derive(Debug)]
pub struct Place<'a> {
    passwords: &'a Passwords,
    _permit: SemaphorePermit<'a>,
}

/// What holding a password against a hash has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the hash was made by other parameters than are set now.
    pub is_outdated: bool,
}

/// Why nothing was hashed.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// The parameters are none that argon2 takes.
    #[error("PASSWORD_HASH_MEMORY and PASSWORD_HASH_ITERATIONS are not what argon2 takes")]
    Parameters(#[source] argon2::Error),
    /// It was not computed.
    #[error("the password cannot be hashed")]
    Hash(#[from] argon2::password_hash::Error),
    /// A stored hash is not in PHC form.
    #[error("the stored hash of a password is not in PHC form")]
    Stored(#[source] argon2::password_hash::phc::Error),
    /// No randomness for a salt.
    #[error("the system gives no random bytes")]
    Randomness(#[from] getrandom::Error),
    /// Too many wait: how many may, those counted whose turn it is.
    #[error(
        "{0} passwords are hashed or wait for it (PASSWORD_HASHES_MAX, PASSWORD_HASH_QUEUE_MAX): \
         try again later"
    )]
    Full(usize),
    /// The thread that hashed has ended, or all do.
    #[error("hashing was given up")]
    GivenUp,
}

impl From<PasswordError> for WriteError {
    fn from(error: PasswordError) -> Self {
        let PasswordError::Full(places) = error else {
            return RequestError::Panic(error.into()).into();
        };
        let measure = Measure::of(places, places + 1);
        RequestError::limit(ErrorCode::Overloaded, measure, error.to_string()).into()
    }
}

impl Passwords {
    /// As it is set.
    ///
    /// # Errors
    /// Parameters that argon2 does not take.
    pub fn of(config: &AccessConfig) -> Result<Self, PasswordError> {
        let AccessConfig { password_hash_memory, password_hash_iterations, .. } = *config;
        let (at_once, waiting) = (config.password_hashes_max, config.password_hash_queue_max);
        Self::new(password_hash_memory, password_hash_iterations, at_once, waiting)
    }

    /// Hashes with so many KiB and passes, so many at once, while so many wait.
    ///
    /// # Errors
    /// Parameters that argon2 does not take.
    pub fn new(
        memory: u32,
        iterations: u32,
        at_once: usize,
        waiting: usize,
    ) -> Result<Self, PasswordError> {
        let params = Params::new(memory, iterations, 1, None).map_err(PasswordError::Parameters)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = nobody(memory, iterations)?.into();
        let places_max = at_once + waiting;
        let (turns, places) = (Semaphore::new(at_once), Semaphore::new(places_max));
        let (turns, places) = (Arc::new(turns), Arc::new(places));
        Ok(Self { argon2, turns, places, places_max, nobody })
    }

    /// A place in the queue: whoever counts guesses takes one first, so that none counts that is not
    /// looked at.
    ///
    /// # Errors
    /// [`PasswordError::Full`].
    pub fn place(&self) -> Result<Place<'_>, PasswordError> {
        let permit = self.places.try_acquire();
        let permit = permit.map_err(|_| PasswordError::Full(self.places_max))?;
        Ok(Place { passwords: self, _permit: permit })
    }

    /// Hashes a password, to be kept.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        self.place()?.hash(password).await
    }

    /// Holds a password against a stored hash; where there is none, against nobody's, which it never
    /// matches.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verified, PasswordError> {
        self.place()?.verify(password, stored).await
    }

    async fn take_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await.map_err(|_| PasswordError::GivenUp)?;
        // The turn goes with the work: who asked may be gone long before it ends.
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::GivenUp)?
    }
}

impl Place<'_> {
    /// See [`Passwords::hash`].
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let (argon2, password) = (self.passwords.argon2.clone(), normalized(password));
        self.passwords.take_turn(move || hash(&argon2, &password)).await
    }

    /// See [`Passwords::verify`].
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verified, PasswordError> {
        let Passwords { argon2, nobody, .. } = self.passwords;
        let (argon2, password) = (argon2.clone(), normalized(password));
        let is_somebodys = stored.is_some();
        let stored = stored.unwrap_or(nobody).to_owned();
        let verify = move || verify(&argon2, &password, &stored);
        let verified = self.passwords.take_turn(verify).await?;
        Ok(Verified { matches: verified.matches && is_somebodys, ..verified })
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, PasswordError> {
    let mut salt = [0; SALT_LENGTH];
    getrandom::fill(&mut salt)?;
    Ok(argon2.hash_password_with_salt(password.as_bytes(), &salt)?.to_string())
}

/// What looks like a hash and is one of nothing, so that nobody waits for it at the start.
fn nobody(memory: u32, iterations: u32) -> Result<String, PasswordError> {
    let (mut salt, mut hash) = ([0; SALT_LENGTH], [0; Params::DEFAULT_OUTPUT_LEN]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut hash)?;
    let [salt, hash] = [BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&hash)];
    Ok(format!("$argon2id$v=19$m={memory},t={iterations},p=1${salt}${hash}"))
}

fn verify(argon2: &Argon2<'_>, password: &str, stored: &str) -> Result<Verified, PasswordError> {
    let stored = PasswordHash::new(stored).map_err(PasswordError::Stored)?;
    let matches = match argon2.verify_password(password.as_bytes(), &stored) {
        Ok(()) => true,
        Err(argon2::password_hash::Error::PasswordInvalid) => false,
        Err(error) => return Err(error.into()),
    };
    let is_outdated = stored.algorithm != Algorithm::Argon2id.ident()
        || stored.version != Some(Version::V0x13.into())
        || Params::try_from(&stored).map_or(true, |params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                != (argon2.params().m_cost(), argon2.params().t_cost(), argon2.params().p_cost())
        });
    Ok(Verified { matches, is_outdated })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATCHES: Verified = Verified { matches: true, is_outdated: false };

    #[tokio::test]
    async fn a_hash_says_by_what_it_was_made() {
        let passwords = Passwords::new(8192, 1, 2, 0).unwrap();
        let stored = passwords.hash("caf\u{e9} au lait").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"), "{stored}");
        assert_ne!(stored, passwords.hash("caf\u{e9} au lait").await.unwrap());
        // However the keyboard made it.
        assert_eq!(passwords.verify("cafe\u{301} au lait", Some(&stored)).await.unwrap(), MATCHES);
        let wrong = passwords.verify("cafe au lait", Some(&stored)).await.unwrap();
        assert!(!wrong.matches);

        let dearer = Passwords::new(8192, 2, 2, 0).unwrap();
        let verified = dearer.verify("caf\u{e9} au lait", Some(&stored)).await.unwrap();
        assert_eq!(verified, Verified { matches: true, is_outdated: true });
    }

    #[tokio::test]
    async fn whoever_comes_when_the_queue_is_full_is_told_so() {
        let passwords = Passwords::new(8192, 1, 1, 2).unwrap();
        let places: Vec<_> = (0..3).map(|_| passwords.place().unwrap()).collect();
        let told = passwords.verify("anything", None).await.unwrap_err().to_string();
        assert!(told.contains("3 passwords") && told.contains("PASSWORD_HASH_QUEUE_MAX"), "{told}");
        drop(places);
        assert!(passwords.hash("anything").await.is_ok());
    }

    #[tokio::test]
    async fn every_sign_counts() {
        let passwords = Passwords::new(8192, 1, 2, 0).unwrap();
        let long = "x".repeat(256);
        let stored = passwords.hash(&long).await.unwrap();
        assert!(passwords.verify(&long, Some(&stored)).await.unwrap().matches);
        assert!(!passwords.verify(&long[..255], Some(&stored)).await.unwrap().matches);
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_takes_as_much_work() {
        let passwords = Passwords::new(8192, 1, 1, 0).unwrap();
        let stored = passwords.hash("anything").await.unwrap();
        let form = |hash: &str| {
            hash.rsplit_once('$').map(|(head, end)| (head[..30].to_owned(), end.len()))
        };
        assert_eq!(form(&passwords.nobody), form(&stored));
        for password in ["", "anything"] {
            assert!(!passwords.verify(password, None).await.unwrap().matches);
        }
    }
}
