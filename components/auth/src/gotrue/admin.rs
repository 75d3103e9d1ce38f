//! `/admin`: users, looked after by whoever holds the server's key.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::refusal::{Refusal, nothing};
use super::shape;
use super::signup::{valid_email, valid_phone};
use super::user::{EMAIL_EXISTS, PHONE_EXISTS};
use crate::home::{Home, any_of, like, ordered, page};
use crate::keys::letters;
use crate::passwords::is_known;
use crate::people::User;
use crate::people::users::{By, NewUser, merged, own_identity};
use http::{HeaderName, Method};
use mag_contract::{Secret, Timestamp, codes};
use mag_ports::identity::PermissionDenied;
use mag_query::call::{Filter, Query};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Pages are no larger, whatever is asked for.
const PAGE_MAX: u64 = 1_000;

impl Gotrue {
    /// Whoever holds the server's role may; everybody else is told so, and it is told.
    pub(super) async fn admitted(&self, ask: &Ask, what: &str) -> Result<(), Refusal> {
        if ask.shown.bearer.is_none() && ask.shown.apikey.is_none() {
            ask.bearer()?;
        }
        let identity = self.identify.who(&ask.project, ask.shown.clone()).await?;
        let actor = identity.actor();
        let server = matches!(&*identity.session.role, "service_role" | "supabase_admin");
        // A token of another issuer with the server's role has no scopes to look at.
        let scoped = identity.key.is_none() || actor.permissions.hold("auth.admin");
        if server && scoped {
            return Ok(());
        }
        self.bus.publish(PermissionDenied {
            project: ask.project.reference.to_string(),
            actor: actor.id.clone(),
            wanted: format!("auth.admin {what}"),
            why: format!("role `{}` is not the server's", identity.session.role),
        });
        Err(Refusal::new(403, "not_admin", "User not allowed"))
    }

    pub(super) async fn admin(&self, ask: &Ask, path: &[&str]) -> Result<Answer, Refusal> {
        self.admitted(ask, &path.join("/")).await?;
        let m = &ask.method;
        let nowhere = || Refusal::new(404, "unknown", "404: Not Found");
        match path {
            ["users"] if m == Method::GET => Box::pin(self.users(ask)).await,
            ["users"] if m == Method::POST => Box::pin(self.user_create(ask)).await,
            ["oauth", "clients", rest @ ..] => Box::pin(self.admin_clients(ask, rest)).await,
            ["generate_link"] if m == Method::POST => Box::pin(self.generate_link(ask)).await,
            ["users", id, rest @ ..] => {
                let home = ask.home(self).await?;
                let id = Uuid::parse_str(id).map_err(|_| {
                    Refusal::new(404, "validation_failed", "user_id must be an UUID")
                })?;
                let user = home.user(By::Id(id)).await?;
                let user =
                    user.ok_or_else(|| Refusal::new(404, "user_not_found", "User not found"))?;
                match rest {
                    [] if m == Method::GET => Ok(Answer::Told(shape::user(&user))),
                    [] if m == Method::PUT => Box::pin(self.user_update(ask, &home, &user)).await,
                    [] if m == Method::DELETE => {
                        Box::pin(self.user_delete(ask, &home, &user)).await
                    }
                    ["passkeys", key @ ..] => {
                        Box::pin(self.admin_passkeys(ask, &home, user.id, key)).await
                    }
                    ["factors"] if m == Method::GET => {
                        Ok(Answer::Told(user.factors.iter().map(shape::factor).collect()))
                    }
                    ["factors", factor] if m == Method::DELETE => {
                        let factor =
                            user.factors.iter().find(|row| row.text("id") == Some(*factor));
                        let factor = factor.ok_or_else(|| {
                            Refusal::new(404, "mfa_factor_not_found", "Factor not found")
                        })?;
                        self.drop_factor(&home, factor).await?;
                        Ok(Answer::Told(shape::factor(factor)))
                    }
                    _ => Err(nowhere()),
                }
            }
            _ => Err(nowhere()),
        }
    }

    async fn users(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let number = |name: &str, default: u64| match ask.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse::<u64>().map_err(|_| {
                Refusal::bad(format!("Bad Pagination Parameters: {name} is not a number"))
            }),
        };
        let at = number("page", 1)?.max(1);
        let per_page = number("per_page", 50)?.clamp(1, PAGE_MAX);
        let mut filter = vec![home.mine(), crate::home::is_null("deleted_at")];
        if let Some(text) = ask.parameter("filter") {
            // The signs of patterns are letters here.
            let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let pattern = format!("%{text}%");
            filter.push(Filter::Any(vec![like("email", pattern.clone()), like("phone", pattern)]));
        }
        let offset = (at - 1).saturating_mul(per_page);
        let query = page(filter, ordered("created_at", true), per_page, offset);
        let (rows, total) = home.counted(home.read("users", query)).await?;
        let users = with_identities(&home, rows).await?;
        let pages = total.div_ceil(per_page).max(1);
        let link = |at: u64, rel: &str| {
            format!("</admin/users?page={at}&per_page={per_page}>; rel=\"{rel}\"")
        };
        let mut links = vec![];
        if at < pages {
            links.push(link(at + 1, "next"));
        }
        links.push(link(pages, "last"));
        let headers = vec![
            (HeaderName::from_static("x-total-count"), total.to_string()),
            (http::header::LINK, links.join(", ")),
        ];
        let users: Vec<Json> = users.iter().map(shape::user).collect();
        Ok(Answer::With(json!({ "users": users, "aud": "authenticated" }), headers))
    }

    async fn user_create(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let email = ask.text("email")?.map(valid_email).transpose()?;
        let phone = ask.text("phone")?.map(valid_phone).transpose()?;
        if email.is_none() && phone.is_none() {
            let message = "Cannot create a user without either an email or phone";
            return Err(Refusal::bad(message));
        }
        if let Some(email) = &email
            && home.user(By::Email(email)).await?.is_some()
        {
            return Err(Refusal::new(422, "email_exists", EMAIL_EXISTS));
        }
        if let Some(phone) = &phone
            && home.user(By::Phone(phone)).await?.is_some()
        {
            return Err(Refusal::new(422, "phone_exists", PHONE_EXISTS));
        }
        let password_hash = match (ask.secret("password")?, ask.text("password_hash")?) {
            (Some(_), Some(_)) => {
                let message = "Only a password or a password hash should be provided";
                return Err(Refusal::bad(message));
            }
            (None, Some(hash)) if is_known(hash) => hash.to_owned(),
            (None, Some(_)) => return Err(Refusal::bad("The password hash is of no known form")),
            (Some(password), None) => self.passwords.hash(&password).await?,
            (None, None) => self.passwords.hash(&Secret::new(letters(48)?)).await?,
        };
        let mut new = NewUser::human();
        if let Some(id) = ask.text("id")? {
            let id = Uuid::parse_str(id).ok().filter(|id| !id.is_nil());
            new.id = id.ok_or_else(|| Refusal::bad("ID must conform to the uuid v4 format"))?;
        }
        let confirmed = |asked: Option<bool>| asked.unwrap_or(false).then_some(ask.now);
        new.email_confirmed_at = confirmed(ask.flag("email_confirm")?).filter(|_| email.is_some());
        new.phone_confirmed_at = confirmed(ask.flag("phone_confirm")?).filter(|_| phone.is_some());
        new.password_hash = Some(password_hash);
        if let Some(role) = ask.text("role")? {
            new.role = role.to_owned();
        }
        let mut providers = vec![];
        for (key, value, verified) in [
            ("email", &email, new.email_confirmed_at.is_some()),
            ("phone", &phone, new.phone_confirmed_at.is_some()),
        ] {
            let Some(value) = value else { continue };
            providers.push(key);
            let own = own_identity(new.id, key, value, verified);
            new.identities.push((key.to_owned(), new.id.to_string(), own));
        }
        new.app_metadata.insert("provider".into(), json!(providers.first()));
        new.app_metadata.insert("providers".into(), json!(providers));
        if let Some(more) = ask.object("app_metadata")? {
            new.app_metadata = merged(new.app_metadata, &more);
        }
        new.user_metadata = ask.object("user_metadata")?.unwrap_or_default();
        new.banned_until = self.ban(ask)?.flatten();
        new.email = email;
        new.phone = phone;
        let new = self.asked(ask, new).await?;
        let by_email = new.email.is_some();
        let (id, banned) = (new.id, new.banned_until);
        let user = home.make(new).await.map_err(|fault| match (fault.code(), by_email) {
            (codes::DUPLICATE_KEY, true) => Refusal::new(422, "email_exists", EMAIL_EXISTS),
            (codes::DUPLICATE_KEY, false) => Refusal::new(422, "phone_exists", PHONE_EXISTS),
            _ => fault.into(),
        })?;
        self.watch.ban(id, banned);
        self.changed(ask, id, "created");
        Ok(Answer::Told(shape::user(&user)))
    }

    /// Outer: whether something is said; inner: until when.
    fn ban(&self, ask: &Ask) -> Result<Option<Option<Timestamp>>, Refusal> {
        match ask.text("ban_duration")? {
            None => Ok(None),
            Some("none") => Ok(Some(None)),
            Some(text) => {
                let millis = duration_ms(text).ok_or_else(|| {
                    Refusal::bad("invalid format for ban duration: it is like 24h or 30m")
                })?;
                Ok(Some(Some(Timestamp(ask.now.millis().saturating_add(millis)))))
            }
        }
    }

    async fn user_update(&self, ask: &Ask, home: &Home, user: &User) -> Result<Answer, Refusal> {
        let email = ask.text("email")?.map(valid_email).transpose()?;
        let phone = ask.text("phone")?.map(valid_phone).transpose()?;
        let ban = self.ban(ask)?;
        let mut change = Map::new();
        if let Some(role) = ask.text("role")? {
            change.insert("role".into(), role.into());
        }
        if let Some(password) = ask.secret("password")? {
            self.strong(&password)?;
            let hash = self.passwords.hash(&password).await?;
            change.insert("encrypted_password".into(), hash.into());
        }
        for (name, column) in
            [("app_metadata", "raw_app_meta_data"), ("user_metadata", "raw_user_meta_data")]
        {
            if let Some(more) = ask.object(name)? {
                let merged = merged(user.row.object(column), &more);
                change.insert(column.into(), Json::Object(merged));
            }
        }
        let confirm_email = ask.flag("email_confirm")? == Some(true);
        if confirm_email && !user.is_confirmed() && email.is_none() {
            change.insert("email_confirmed_at".into(), json!(ask.now));
        }
        if ask.flag("phone_confirm")? == Some(true) && !user.is_phone_confirmed() {
            change.insert("phone_confirmed_at".into(), json!(ask.now));
        }
        if let Some(until) = ban {
            change.insert("banned_until".into(), json!(until));
        }
        if !change.is_empty() {
            home.set(user.id, Json::Object(change)).await?;
        }
        if let Some(email) = email.filter(|email| email != user.email() || confirm_email) {
            self.take_email(home, user, &email).await?;
            if !confirm_email && !user.is_confirmed() {
                home.set(user.id, json!({ "email_confirmed_at": null })).await?;
            }
        }
        if let Some(phone) = phone.filter(|phone| phone != user.phone()) {
            self.take_phone(home, user, &phone).await?;
        }
        if let Some(until) = ban {
            self.watch.ban(user.id, until);
        }
        self.changed(ask, user.id, if ban.flatten().is_some() { "banned" } else { "changed" });
        Ok(Answer::Told(shape::user(&self.again(home, user).await?)))
    }

    async fn user_delete(&self, ask: &Ask, home: &Home, user: &User) -> Result<Answer, Refusal> {
        let sessions: Vec<Uuid> =
            home.sessions_of(user.id).await?.iter().filter_map(|row| row.id("id")).collect();
        self.end_sessions(ask, home, user.id, &sessions, "admin").await?;
        if ask.flag("should_soft_delete")? == Some(true) {
            // Names are given back; what stays is that somebody was there.
            let change = json!({
                "deleted_at": ask.now, "email": null, "phone": null, "encrypted_password": null,
                "raw_user_meta_data": {}, "raw_app_meta_data": {}, "banned_until": null,
            });
            let of_user = || vec![Filter::eq("user_id", &user.id.to_string())];
            let by_id = vec![Filter::eq("id", &user.id.to_string())];
            let base = json!({ "email": null, "status": "suspended", "display_name": "deleted" });
            let mut calls = vec![
                home.change(user.id, change)?,
                home.delete("identities", of_user()),
                home.delete("mfa_factors", of_user()),
                home.delete("one_time_tokens", of_user()),
                home.update_base("users", by_id, base)?,
            ];
            calls.extend(home.unsent(&user.row));
            home.all(calls).await?;
        } else {
            home.erase(user.id).await?;
        }
        // A token that is still about is worth nothing from now on.
        self.watch.ban(user.id, Some(Timestamp(i64::MAX)));
        self.changed(ask, user.id, "deleted");
        Ok(Answer::Told(nothing()))
    }
}

/// Users of a page with what belongs to them, in two reads for all.
async fn with_identities(home: &Home, rows: Vec<crate::home::Row>) -> Result<Vec<User>, Refusal> {
    let ids: Vec<String> = rows.iter().map(|row| row.words("id").to_owned()).collect();
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let of = || Query { filter: vec![any_of("user_id", ids.clone())], ..Query::all() };
    let mut found =
        home.all(vec![home.read("identities", of()), home.read("mfa_factors", of())]).await?;
    let by_user = |rows: Vec<crate::home::Row>| {
        let mut map: HashMap<Uuid, Vec<crate::home::Row>> = HashMap::new();
        for row in rows {
            if let Some(user) = row.id("user_id") {
                map.entry(user).or_default().push(row);
            }
        }
        map
    };
    let mut factors = by_user(found.pop().unwrap_or_default());
    let mut identities = by_user(found.pop().unwrap_or_default());
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let id = row.id("id")?;
            let identities = identities.remove(&id).unwrap_or_default();
            let factors = factors.remove(&id).unwrap_or_default();
            Some(User { id, row, identities, factors })
        })
        .collect())
}

/// `24h`, `1h30m`, `90s`
pub(crate) fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(digits);
        let ends = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        let (unit, after) = unit.split_at(ends);
        let millis = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        };
        let value = number.parse::<f64>().ok()? * millis;
        if !(0.0..9.0e15).contains(&value) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
        let whole = value as i64;
        total = total.checked_add(whole)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::duration_ms;

    #[test]
    fn a_ban_lasts_as_long_as_it_says() {
        for (text, expected) in [
            ("24h", Some(86_400_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1_500)),
            ("876000h", Some(3_153_600_000_000)),
            ("", None),
            ("h", None),
            ("5", None),
            ("-5h", None),
            ("5x", None),
            ("1..5s", None),
            ("99999999999999h", None),
        ] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }
}
