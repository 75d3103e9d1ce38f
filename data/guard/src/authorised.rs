//! The proof that the guard has seen a plan. Engines take nothing else, so a path that forgets to
//! ask does not compile.

use crate::session::Session;
use std::ops::Deref;
use std::sync::Arc;

/// Only this crate can make one.
#[derive(Clone, Debug)]
pub struct Authorised<T> {
    inner: T,
    session: Arc<Session>,
}

impl<T> Authorised<T> {
    #[expect(dead_code, reason = "the guard that makes one comes with the next step")]
    pub(crate) fn new(inner: T, session: Arc<Session>) -> Self {
        Self { inner, session }
    }
    /// For whom it was authorised: an engine that holds row rules itself takes role and claims
    /// from here.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }
}

impl<T> Deref for Authorised<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.inner
    }
}
