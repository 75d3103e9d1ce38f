//! The people who run the installation, as the admin screen asks for them: users of project zero
//! who hold a role there. The first one is made by whoever has the first link, and owns the board.
//! Never: a cookie, a route; the door that asks keeps those.

mod holder;
mod second;

use crate::gotrue::Gotrue;
use crate::home::Home;
use crate::keys::hash_of;
use crate::passwords::{Strength, is_current, weakness};
use crate::people::User;
use crate::people::users::{By, NewUser, own_identity};
use crate::rights::Scope;
use futures::future::BoxFuture;
use mag_contract::{Actor, ActorKind, Clock, Fault, Permissions, Secret, Timestamp, codes};
use mag_ports::identity::PasswordTried;
use mag_ports::staff::Told;
use mag_ports::{Account, Invited, Newcomer, Proof, SignIn, SignedIn, Staff, TotpBegun};
use mag_query::call::Filter;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The organization of those who run the board. What is held in it is held everywhere.
pub(crate) const BOARD: &str = "board";
const BOARD_NAME: &str = "This board";
/// Whoever runs a board has more to lose than a user of an app.
const PASSWORD_MIN: usize = 10;
const NAME_MAX: usize = 200;

pub(crate) struct Staffing {
    pub(crate) gotrue: Arc<Gotrue>,
    pub(crate) tries: Tries,
    /// Who becomes the first one, or takes an invitation, does it alone.
    pub(crate) making: tokio::sync::Mutex<()>,
}

impl Staffing {
    pub(crate) fn new(gotrue: Arc<Gotrue>) -> Self {
        let tries = Tries::new(gotrue.clock.clone());
        Self { gotrue, tries, making: tokio::sync::Mutex::default() }
    }

    pub(crate) async fn home(&self) -> Result<Home, Fault> {
        let zero = self.gotrue.store.get()?.zero()?;
        self.gotrue.homes.of(&zero).await
    }

    async fn user(&self, home: &Home, id: &str) -> Result<User, Fault> {
        let gone = || Fault::new(codes::DENIED, "this person is not known here any more");
        let id = Uuid::parse_str(id).map_err(|_| gone())?;
        home.user(By::Id(id)).await?.ok_or_else(gone)
    }

    /// Who it is to the operations; refused when they may not come in now.
    pub(crate) async fn actor_of(&self, home: &Home, user: &User) -> Result<Actor, Fault> {
        let now = home.now();
        if let Some(until) = user.row.time("banned_until").filter(|until| *until > now) {
            let message = format!("{} is kept out until {until}", user.email());
            return Err(Fault::new(codes::DENIED, message)
                .hint("somebody else who runs the board can lift it: `mobo user:ban … none`"));
        }
        let base = crate::operations::base_of(home, user.id).await?;
        if base.text("user_type") != Some("human") || base.text("status") == Some("suspended") {
            return Err(Fault::new(codes::DENIED, "this user does not sign in to the board"));
        }
        let permissions = self.permissions(home, user.id).await?;
        if permissions.is_empty() {
            return Err(Fault::new(codes::DENIED, "this person holds no right at the board")
                .hint("`mobo org:role:bind` gives one, with `--project zero`"));
        }
        Ok(Actor {
            kind: ActorKind::Human,
            id: user.id.to_string(),
            name: base.words("display_name").to_owned(),
            on_behalf_of: None,
            permissions,
        })
    }

    /// What a user of project zero holds at the operations: of the board's own organization
    /// everywhere, of another one in its projects.
    pub(crate) async fn permissions(&self, home: &Home, user: Uuid) -> Result<Permissions, Fault> {
        let rights = home.rights(user).await?;
        let mut names = vec![];
        let mut projects: Option<Vec<(Uuid, Uuid, String)>> = None;
        for grant in &rights.grants {
            if grant.organization_slug == BOARD && grant.scope == Scope::Organization {
                names.push(grant.permission.clone());
                continue;
            }
            if projects.is_none() {
                projects = Some(self.projects(home).await?);
            }
            for (project, organization, reference) in projects.iter().flatten() {
                let meant = match grant.scope {
                    Scope::Organization => *organization == grant.organization,
                    Scope::Project(of) => *project == of,
                    Scope::Team(_) => false,
                };
                if meant {
                    names.push(format!("{reference}/{}", grant.permission));
                }
            }
        }
        names.sort();
        names.dedup();
        Ok(Permissions::of(names))
    }

    /// Projects of the board that belong to an organization: id, organization, reference.
    async fn projects(&self, home: &Home) -> Result<Vec<(Uuid, Uuid, String)>, Fault> {
        let rows = home.find_base("projects", vec![Filter::eq("status", "active")]).await?;
        let known = self.gotrue.store.get()?.projects();
        let found = rows.iter().filter_map(|row| {
            let (id, organization) = (row.id("id")?, row.id("organization_id")?);
            let project = known.iter().find(|project| project.id == id)?;
            Some((id, organization, project.reference.to_string()))
        });
        Ok(found.collect())
    }

    fn strength(&self) -> Strength {
        let wanted = self.gotrue.wanted_strength();
        Strength { length_min: wanted.length_min.max(PASSWORD_MIN), refuse_common: true, ..wanted }
    }

    pub(crate) async fn hashed(&self, password: &Secret<String>) -> Result<String, Fault> {
        if let Some(weak) = weakness(password.expose(), &self.strength()) {
            return Err(Fault::new(codes::BAD_INPUT, weak.message)
                .hint("a sentence is easier to keep than a riddle"));
        }
        // Longer ones cost time to hash, and nobody types them.
        const BYTES_MAX: usize = 1_024;
        if password.expose().len() > BYTES_MAX {
            return Err(Fault::new(codes::BAD_INPUT, "the password is too long"));
        }
        self.gotrue.passwords.hash(password).await
    }

    /// A person of the board who is not there yet.
    pub(crate) async fn person(
        &self,
        home: &Home,
        name: &str,
        email: &str,
        password: &Secret<String>,
    ) -> Result<NewUser, Fault> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(Fault::new(codes::BAD_INPUT, "a person needs a name"));
        }
        let email = crate::gotrue::address(email)
            .ok_or_else(|| Fault::new(codes::BAD_INPUT, "this is no address of a mailbox"))?;
        let mut new = NewUser::human();
        new.password_hash = Some(self.hashed(password).await?);
        new.name = Some(name.to_owned());
        new.user_metadata.insert("name".into(), name.into());
        new.email_confirmed_at = Some(home.now());
        new.app_metadata.insert("provider".into(), "email".into());
        new.app_metadata.insert("providers".into(), json!(["email"]));
        let own = own_identity(new.id, "email", &email, true);
        new.identities.push(("email".to_owned(), new.id.to_string(), own));
        new.email = Some(email);
        Ok(new)
    }

    async fn first(&self, newcomer: Newcomer) -> Result<Actor, Fault> {
        let home = self.home().await?;
        let _alone = self.making.lock().await;
        if !self.nobody(&home).await? {
            return Err(Fault::new(codes::STATE_CONFLICT, "there are people already")
                .hint("sign in, or ask one of them for an invitation"));
        }
        let new = self.person(&home, &newcomer.name, &newcomer.email, &newcomer.password).await?;
        let (id, organization, now) = (new.id, Uuid::new_v4(), home.now());
        let owner = home.built_in_role("owner").await?;
        let mut calls = home.making(new)?;
        calls.push(home.insert_base(
            "organizations",
            json!({
                "id": organization, "slug": BOARD, "name": BOARD_NAME, "owner_id": id,
                "created_by": id, "created_at": now, "updated_at": now, "status": "active",
            }),
        )?);
        calls.push(home.insert_base("memberships", home.membership_row(organization, id, None))?);
        let binding = home.binding_row(organization, owner, id, None);
        calls.push(home.insert_base("role_bindings", binding)?);
        home.all(calls).await?;
        let user = self.user(&home, &id.to_string()).await?;
        self.actor_of(&home, &user).await
    }

    async fn nobody(&self, home: &Home) -> Result<bool, Fault> {
        Ok(home.find_base("organizations", vec![Filter::eq("slug", BOARD)]).await?.is_empty())
    }

    async fn enter(&self, shown: SignIn) -> Result<SignedIn, Fault> {
        let home = self.home().await?;
        let email = shown.email.trim().to_lowercase();
        self.tries.admits(&email)?;
        let user = home.user(By::Email(&email)).await?;
        let user = self.proved(&home, user, &email, &shown.password).await?;
        if user.has_verified_factor() {
            let Some(code) = &shown.code else { return Ok(SignedIn::NeedsCode) };
            self.second_factor(&home, &user, &email, code).await?;
        }
        let actor = self.actor_of(&home, &user).await?;
        self.tries.forget(&email);
        home.set(user.id, json!({ "last_sign_in_at": home.now() })).await?;
        Ok(SignedIn::In(actor))
    }

    /// It takes as long for somebody who is not there.
    pub(crate) async fn proved(
        &self,
        home: &Home,
        user: Option<User>,
        email: &str,
        password: &Secret<String>,
    ) -> Result<User, Fault> {
        let hash = user.as_ref().and_then(User::password_hash);
        let mut fits = self.gotrue.passwords.verify(password, hash).await?;
        if let Some(user) = &user {
            let tried = PasswordTried {
                project: crate::operations::ZERO.into(),
                user: user.id.to_string(),
                fits,
            };
            fits = self.gotrue.bus.ask(tried).await?.fits && fits;
        }
        let Some(user) = user.filter(|_| fits) else {
            self.tries.wrong(email);
            return Err(wrong());
        };
        if user.password_hash().is_some_and(|hash| !is_current(hash)) {
            let hash = self.gotrue.passwords.hash(password).await?;
            home.set(user.id, json!({ "encrypted_password": hash })).await?;
        }
        Ok(user)
    }

    async fn join(&self, invited: Invited) -> Result<Actor, Fault> {
        let home = self.home().await?;
        let _alone = self.making.lock().await;
        let hash = hash_of(invited.token.expose());
        let invitation = home.invitation_to_take(&hash).await?;
        let email = invitation.words("email").to_owned();
        let mut calls = vec![];
        let user = match home.user(By::Email(&email)).await? {
            // Who is here already shows that it is them.
            Some(user) => {
                self.tries.admits(&email)?;
                self.proved(&home, Some(user), &email, &invited.password).await?.id
            }
            None => {
                let new = self.person(&home, &invited.name, &email, &invited.password).await?;
                let id = new.id;
                calls.extend(home.making(new)?);
                id
            }
        };
        calls.extend(home.taking(&invitation, user).await?);
        home.all(calls).await?;
        let user = self.user(&home, &user.to_string()).await?;
        self.actor_of(&home, &user).await
    }

    async fn seen(&self, id: &str) -> Result<Account, Fault> {
        let home = self.home().await?;
        let user = self.user(&home, id).await?;
        let base = crate::operations::base_of(&home, user.id).await?;
        Ok(Account {
            name: base.words("display_name").to_owned(),
            email: user.email().to_owned(),
            totp: user.has_verified_factor(),
        })
    }

    /// The same person again, before they change how they come in.
    pub(crate) async fn again(&self, home: &Home, id: &str, proof: &Proof) -> Result<User, Fault> {
        let user = self.user(home, id).await?;
        let email = user.email().to_owned();
        self.tries.admits(&email)?;
        let user = self.proved(home, Some(user), &email, &proof.password).await?;
        if user.has_verified_factor() {
            let code = proof.code.as_ref().ok_or_else(|| {
                Fault::new(codes::BAD_INPUT, "the code of the second factor is missing")
            })?;
            self.second_factor(home, &user, &email, code).await?;
        }
        self.tries.forget(&email);
        Ok(user)
    }
}

pub(crate) fn wrong() -> Fault {
    Fault::new(codes::BAD_TOKEN, "the address, the password or the code is wrong")
}

impl Staff for Staffing {
    fn is_empty(&self) -> Told<'_, bool> {
        Box::pin(async { self.nobody(&self.home().await?).await })
    }
    fn create_first(&self, newcomer: Newcomer) -> Told<'_, Actor> {
        Box::pin(self.first(newcomer))
    }
    fn sign_in(&self, shown: SignIn) -> Told<'_, SignedIn> {
        Box::pin(self.enter(shown))
    }
    fn accept(&self, invited: Invited) -> Told<'_, Actor> {
        Box::pin(self.join(invited))
    }
    fn actor<'a>(&'a self, id: &'a str) -> Told<'a, Actor> {
        Box::pin(async move {
            let home = self.home().await?;
            let user = self.user(&home, id).await?;
            self.actor_of(&home, &user).await
        })
    }
    fn account<'a>(&'a self, id: &'a str) -> Told<'a, Account> {
        Box::pin(self.seen(id))
    }
    fn begin_totp<'a>(&'a self, id: &'a str, password: Secret<String>) -> Told<'a, TotpBegun> {
        Box::pin(self.begin_second(id, password))
    }
    fn confirm_totp<'a>(
        &'a self,
        id: &'a str,
        factor: &'a str,
        code: Secret<String>,
    ) -> Told<'a, ()> {
        Box::pin(self.confirm_second(id, factor, code))
    }
    fn drop_totp<'a>(&'a self, id: &'a str, proof: Proof) -> Told<'a, ()> {
        Box::pin(async move {
            let home = self.home().await?;
            let user = self.again(&home, id, &proof).await?;
            home.unenroll(user.id).await.map(drop)
        })
    }
    fn change_password<'a>(
        &'a self,
        id: &'a str,
        proof: Proof,
        new: Secret<String>,
    ) -> Told<'a, ()> {
        Box::pin(async move {
            let home = self.home().await?;
            let user = self.again(&home, id, &proof).await?;
            let hash = self.hashed(&new).await?;
            home.set(user.id, json!({ "encrypted_password": hash })).await
        })
    }
    fn holder<'a>(
        &'a self,
        shown: &'a Secret<String>,
        door: &'static str,
    ) -> BoxFuture<'a, Result<Actor, Fault>> {
        Box::pin(self.holder_of(shown, door))
    }
}

/// Wrong tries for one person, whoever makes them and from wherever. An address that nobody has is
/// counted as well, so that the count tells nothing.
pub(crate) struct Tries {
    clock: Clock,
    wrong: Mutex<HashMap<String, (Timestamp, u32)>>,
}

const WINDOW_MS: i64 = 5 * 60_000;
/// People mistype; nobody mistypes thirty times in five minutes.
const WRONG_MAX: u32 = 30;
/// Names that are remembered; beyond it those whose time is over are forgotten, then all.
const NAMES_MAX: usize = 4_096;

impl Tries {
    fn new(clock: Clock) -> Self {
        Self { clock, wrong: Mutex::default() }
    }

    fn admits(&self, name: &str) -> Result<(), Fault> {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match wrong.get(name) {
            Some((began, count))
                if *count >= WRONG_MAX && now.millis() - began.millis() < WINDOW_MS =>
            {
                let left = (WINDOW_MS - (now.millis() - began.millis())) / 1_000 + 1;
                Err(Fault::new(codes::TOO_MANY_TRIES, "too many wrong tries for this person")
                    .hint(format!("wait {left} s")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn wrong(&self, name: &str) {
        let now = self.clock.now();
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= NAMES_MAX && !wrong.contains_key(name) {
            wrong.retain(|_, (began, _)| now.millis() - began.millis() < WINDOW_MS);
            if wrong.len() >= NAMES_MAX {
                wrong.clear();
            }
        }
        let name: String = name.chars().take(320).collect();
        let of_name = wrong.entry(name).or_insert((now, 0));
        if now.millis() - of_name.0.millis() >= WINDOW_MS {
            *of_name = (now, 0);
        }
        of_name.1 = of_name.1.saturating_add(1);
    }

    fn forget(&self, name: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
