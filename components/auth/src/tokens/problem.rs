//! Why a token was not accepted, in the words that clients of the REST dialect know.

/// Never holds what was shown: a token is a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("Empty JWT is sent in Authorization header")]
    Empty,
    #[error("Expected 3 parts in JWT; got {0}")]
    Parts(usize),
    #[error("No suitable key or wrong key type")]
    NoKey(&'static str),
    #[error("Wrong or unsupported encoding algorithm")]
    Unsecured,
    #[error("JWT couldn't be decoded")]
    Undecodable,
    #[error("Parsing claims failed")]
    NoClaims,
    #[error("JWT expired")]
    Expired,
    #[error("JWT not yet valid")]
    Early,
    #[error("JWT issued at future")]
    FromTheFuture,
    #[error("JWT not in audience")]
    Audience,
    #[error("The JWT '{0}' claim must be a number")]
    NotANumber(&'static str),
    #[error("The JWT 'aud' claim must be a string or an array of strings")]
    BadAudience,
}

/// No key is of the kind that the token's header asks for.
pub const NONE_SUITABLE: &str = "No suitable key was found to decode the JWT";
/// Keys of that kind were tried, and none has signed it.
pub const NONE_DECODED: &str = "None of the keys was able to decode the JWT";

impl Problem {
    /// What the dialect says in `details`.
    pub fn details(&self) -> Option<&'static str> {
        match self {
            Self::NoKey(details) => Some(details),
            Self::Unsecured => Some("JWT is unsecured but expected 'alg' was not 'none'"),
            Self::Empty
            | Self::Parts(_)
            | Self::Undecodable
            | Self::NoClaims
            | Self::Expired
            | Self::Early
            | Self::FromTheFuture
            | Self::Audience
            | Self::NotANumber(_)
            | Self::BadAudience => None,
        }
    }

    /// The token is ours, and does not hold here and now.
    pub fn is_about_claims(&self) -> bool {
        match self {
            Self::Empty | Self::Parts(_) | Self::NoKey(_) | Self::Unsecured | Self::Undecodable => {
                false
            }
            Self::NoClaims
            | Self::Expired
            | Self::Early
            | Self::FromTheFuture
            | Self::Audience
            | Self::NotANumber(_)
            | Self::BadAudience => true,
        }
    }
}
