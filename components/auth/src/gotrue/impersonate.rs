//! A token with which somebody acts as somebody else: it says who really acts (`act`), ends soon,
//! and nothing refreshes it.

use super::Gotrue;
use super::issue::Say;
use crate::people::User;
use crate::people::sessions::Session;
use mag_contract::{Fault, codes};
use mag_ports::Project;
use serde_json::{Map, Value as Json};

impl Gotrue {
    pub(crate) async fn token_as(
        &self,
        project: &Project,
        user: &User,
        session: &Session,
        act: Json,
        expires_at: i64,
    ) -> Result<String, Fault> {
        let mut more = Map::new();
        more.insert("act".into(), act);
        let issuer = self.issuer("");
        let say = Say { issuer, method: "impersonation", expires_at, more };
        let token = self.access_token(project, user, session, say).await;
        token.map_err(|refusal| {
            Fault::new(codes::DENIED, "no token was issued").details(refusal.message)
        })
    }
}
