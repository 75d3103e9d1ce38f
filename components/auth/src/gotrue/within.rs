//! The handlers as they are for one request: with the settings of its project, and speaking on the
//! bus within its trace.

use super::Gotrue;
use super::ask::Ask;
use crate::settings::{DEFAULT_URL, Settings};
use http::request::Parts;
use mag_contract::Context;
use mag_contract::exchange::{Encrypted, TraceId};
use mag_ports::settings::{AuthSettings, ProjectSettings};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// What was put together for a project, as long as its settings are the same.
#[derive(Default)]
pub(crate) struct Merged(Mutex<HashMap<Uuid, OfProject>>);

/// Of which settings of the project it was made, and what came out.
type OfProject = (Arc<ProjectSettings>, Arc<Settings>);

impl Gotrue {
    /// Handles are cheap to clone: nothing is made anew for a request.
    pub(super) fn within(&self, parts: &Parts, ask: &Ask) -> Self {
        let context = Context { trace_id: TraceId::of(&parts.extensions), ..Context::default() };
        let mut settings = self.settings_of(ask.project.id, &ask.project.settings);
        if settings.external_url == DEFAULT_URL
            && let Some(host) = near(parts)
        {
            // Whoever is at this machine is answered by the address that they have called, on
            // whatever port the gate is. Another name is believed only from the settings.
            let encrypted = parts.extensions.get::<Encrypted>().is_some();
            let scheme = if encrypted { "https" } else { "http" };
            let url = format!("{scheme}://{host}");
            if url != DEFAULT_URL {
                settings = Arc::new(Settings { external_url: url, ..Settings::clone(&settings) });
            }
        }
        Self { bus: self.bus.within(context), settings, ..self.clone() }
    }

    /// The board's, with what the project has of its own.
    pub(crate) fn settings_of(&self, project: Uuid, own: &Arc<ProjectSettings>) -> Arc<Settings> {
        if own.auth == AuthSettings::default() {
            return self.settings.clone();
        }
        let mut merged = self.merged.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, settings)) = merged.get(&project)
            && Arc::ptr_eq(of, own)
        {
            return settings.clone();
        }
        let settings = Arc::new(with(&self.settings, &own.auth));
        merged.insert(project, (own.clone(), settings.clone()));
        settings
    }
}

fn with(board: &Settings, own: &AuthSettings) -> Settings {
    let mut settings = board.clone();
    macro_rules! take {
        ($($name:ident),*) => {$(
            if let Some(value) = &own.$name {
                settings.$name.clone_from(value);
            }
        )*};
    }
    take!(
        site_url,
        external_url,
        uri_allow_list,
        disable_signup,
        anonymous_enabled,
        email_enabled,
        phone_enabled,
        magic_link_enabled,
        manual_linking_enabled,
        mailer_autoconfirm,
        secure_email_change_enabled,
        mailer_otp_exp,
        jwt_exp,
        password_min_length,
        mfa_totp_enabled
    );
    if let Some(names) = &own.providers {
        settings.external.retain(|name, _| names.contains(name));
    }
    settings
}

/// `127.0.0.1:8123`, when the request was sent to this machine by a name that is always its own.
fn near(parts: &Parts) -> Option<&str> {
    let told = parts.uri.authority().map(http::uri::Authority::as_str);
    let host = told.or_else(|| parts.headers.get(http::header::HOST)?.to_str().ok())?;
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let loopback = name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:[]-".contains(&b));
    ((loopback || name == "localhost") && plain).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_taken_from_a_request() {
        let told = |host: &str| {
            let request = http::Request::get("/auth/v1/settings").header("host", host);
            near(&request.body(()).unwrap().into_parts().0).map(str::to_owned)
        };
        for own in ["127.0.0.1:8123", "localhost:9", "[::1]:8000", "localhost"] {
            assert_eq!(told(own).as_deref(), Some(own));
        }
        for other in ["evil.example:80", "192.0.2.1:8000", "localhost.evil.example", "a@localhost"]
        {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn a_project_has_the_settings_of_the_board_and_its_own() {
        let mut board = Settings::default();
        board.external.insert("github".into(), Default::default());
        board.external.insert("google".into(), Default::default());
        let own = AuthSettings {
            site_url: Some("https://shop.example".into()),
            mailer_autoconfirm: Some(true),
            providers: Some(vec!["github".into()]),
            ..AuthSettings::default()
        };
        let settings = with(&board, &own);
        assert_eq!(settings.site_url, "https://shop.example");
        assert!(settings.mailer_autoconfirm && settings.email_enabled);
        assert_eq!(settings.external.keys().collect::<Vec<_>>(), ["github"]);
        assert_eq!(with(&board, &AuthSettings::default()), board);
    }
}
