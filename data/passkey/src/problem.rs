//! Why what a browser sent does not count.

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the credential cannot be read: {0}")]
    Unreadable(&'static str),
    #[error("the answer is to another question")]
    OtherChallenge,
    #[error("the page `{0}` may not ask for passkeys of this house")]
    OtherOrigin(String),
    #[error("the passkey was used inside of a frame of another site")]
    InFrame,
    #[error("the passkey belongs to another domain")]
    OtherDomain,
    #[error("nobody was there: the authenticator says that it was not touched")]
    NobodyThere,
    #[error("the authenticator has not checked who is there")]
    NotVerified,
    #[error("the key is of a kind that is not asked for")]
    OtherKind,
    #[error("the authenticator tells of its maker, which was not asked for")]
    Attested,
    #[error("the signature does not fit")]
    BadSignature,
    #[error("the passkey has counted backwards: there may be a copy of it")]
    Copied,
}
