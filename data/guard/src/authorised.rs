//! The proof that the guard has seen a plan. Engines take nothing else, so a path that forgets to
//! ask does not compile.

use crate::session::Session;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// Only this crate can make one.
#[derive(Clone, Debug)]
pub struct Authorised<T> {
    inner: T,
    session: Arc<Session>,
    time_max: Option<Duration>,
}

impl<T> Authorised<T> {
    pub(crate) fn new(inner: T, session: Arc<Session>, time_max: Option<Duration>) -> Self {
        Self { inner, session, time_max }
    }
    /// For whom it was authorised: an engine that holds row rules itself takes role and claims
    /// from here.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }
    /// How long the engine may work on it, by the budget of the role.
    pub fn time_max(&self) -> Option<Duration> {
        self.time_max
    }
}

impl<T> Deref for Authorised<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.inner
    }
}
