//! Passwords: hashed with Argon2id beside the async threads, a few at a time and behind a queue
//! with an end. Hashes of other systems are accepted, and replaced at the next sign-in.

mod hash;
mod strength;

pub(crate) use hash::{is_current, is_known};
pub(crate) use strength::{Strength, weakness};

use mag_contract::{Fault, Secret, codes};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(crate) struct Passwords {
    hands: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// Hashes at once: each holds 19 MiB and one core.
const AT_ONCE_MAX: usize = 4;
/// Callers that wait: at 40 ms a hash the last one waits about as long as a person does.
const WAITING_MAX: usize = 200;
/// Nobody waits longer for a sign-in.
const WAIT: Duration = Duration::from_secs(15);

/// What is checked when there is no such user, so that the answer takes as long. Made by hand: no
/// password is known to fit, and one that did would open nothing.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUuLi4$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // One core stays with everybody else.
        let at_once = cores.saturating_sub(1).clamp(1, AT_ONCE_MAX);
        Self { hands: Arc::new(Semaphore::new(at_once)), waiting: Arc::default() }
    }

    pub(crate) async fn hash(&self, password: &Secret<String>) -> Result<String, Fault> {
        let password = password.clone();
        self.beside(move || hash::of(password.expose().as_bytes())).await?
    }

    /// Whether it is the password; without a hash it takes as long, and is not.
    pub(crate) async fn verify(
        &self,
        password: &Secret<String>,
        hash: Option<&str>,
    ) -> Result<bool, Fault> {
        let (password, known) = (password.clone(), hash.is_some());
        let hash: Arc<str> = Arc::from(hash.unwrap_or(DUMMY));
        let fits = self.beside(move || hash::fits(password.expose().as_bytes(), &hash)).await?;
        Ok(fits && known)
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let busy = || {
            Fault::new(codes::TOO_MANY_CALLS, "too many people sign in at this moment")
                .hint("try again in some seconds")
        };
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= WAITING_MAX {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(busy());
        }
        let place = Place(self.waiting.clone());
        let hand = tokio::time::timeout(WAIT, self.hands.clone().acquire_owned()).await;
        drop(place);
        let hand = hand.map_err(|_| busy())?.map_err(|_| busy())?;
        let work = move || {
            let done = work();
            drop(hand);
            done
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| Fault::new(codes::BUG, "a password could not be hashed").because(e))
    }
}

/// A place in the queue, given back also when the caller leaves.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_is_checked_as_long_as_somebody() {
        assert!(is_current(DUMMY) && is_known(DUMMY), "it costs what the others cost");
        let passwords = Passwords::new();
        let secret = Secret::new("lovelace engine 9".to_owned());
        let hash = passwords.hash(&secret).await.unwrap();
        assert!(passwords.verify(&secret, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&secret, None).await.unwrap());
    }
}
