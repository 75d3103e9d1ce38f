//! Who a session is, from one transaction to the next. Told in the same transaction as the statement
//! that needs it: when that fails, the server is who it was before.
//! Never: a guess. After anything that could have changed it, nobody knows.

use super::{Ask, Wire};
use mag_guard::Session;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The one who entered.
    Nobody,
    Someone {
        role: Arc<str>,
        claims: Arc<str>,
    },
    /// It must be told again.
    Unknown,
}

const TEXT: &str =
    "SELECT set_config('request.jwt.claims', $1, false), set_config('role', $2, false)";

impl Who {
    pub(crate) fn of(session: &Session) -> Self {
        Self::Someone { role: session.role.clone(), claims: session.claims.clone() }
    }

    pub(crate) fn role(&self) -> Option<&str> {
        match self {
            Self::Someone { role, .. } => Some(role),
            Self::Nobody | Self::Unknown => None,
        }
    }

    /// Makes the session this one for all transactions that follow.
    pub(crate) fn ask(&self) -> Ask<'static> {
        let (claims, role) = match self {
            Self::Someone { role, claims } => (claims.to_string(), role.to_string()),
            Self::Nobody | Self::Unknown => (String::new(), "none".to_owned()),
        };
        Ask::with(TEXT, vec![Some(claims), Some(role)])
    }
}

impl Wire {
    pub(crate) fn who(&self) -> &Who {
        &self.who
    }
    /// The server has answered that it is so.
    pub(crate) fn know_who(&mut self, who: &Who) {
        self.who.clone_from(who);
    }
    pub(crate) fn forget_who(&mut self) {
        self.who = Who::Unknown;
    }
    /// Whether it is the one who entered, or will be before anything else is asked.
    pub(crate) fn is_nobody(&self) -> bool {
        self.worn || self.who == Who::Nobody
    }
}
