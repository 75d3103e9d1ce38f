//! From the path of a request to what answers it: two segments decide. Pure.

/// Everything that has an address on this origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Admin,
    Rest,
    Graphql,
    Auth,
    Realtime,
    Storage,
    Functions,
    Mcp,
    Live,
    Ready,
    Started,
    Metrics,
    /// Everything else belongs to the admin screen.
    Screen,
}

impl Route {
    /// One of each name.
    pub(crate) const DOORS: [Self; 10] = [
        Self::Admin,
        Self::Rest,
        Self::Graphql,
        Self::Auth,
        Self::Realtime,
        Self::Storage,
        Self::Functions,
        Self::Mcp,
        Self::Live,
        Self::Screen,
    ];

    pub(crate) fn of(path: &str) -> Self {
        let mut segments = path.strip_prefix('/').unwrap_or(path).splitn(3, '/');
        let first = segments.next().unwrap_or_default();
        let second = segments.next();
        match (first, second) {
            ("admin", Some("v1")) => Self::Admin,
            ("rest", Some("v1")) => Self::Rest,
            // A client that joins address and name without a slash means the name.
            ("rest", Some(second)) if is_joined(second) => Self::Rest,
            ("graphql", Some("v1")) => Self::Graphql,
            ("auth", Some("v1"))
            | (
                ".well-known",
                Some(
                    "jwks.json"
                    | "openid-configuration"
                    | "oauth-authorization-server"
                    | "oauth-protected-resource",
                ),
            ) => Self::Auth,
            ("realtime", Some("v1")) | ("app", Some(_)) => Self::Realtime,
            ("storage", Some("v1")) => Self::Storage,
            ("functions", Some("v1")) => Self::Functions,
            ("mcp", _) => Self::Mcp,
            ("livez", None) => Self::Live,
            ("readyz" | "health" | "healthz", None) => Self::Ready,
            ("startupz", None) => Self::Started,
            ("metrics", None) => Self::Metrics,
            _ => Self::Screen,
        }
    }

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Rest => "rest",
            Self::Graphql => "graphql",
            Self::Auth => "auth",
            Self::Realtime => "realtime",
            Self::Storage => "storage",
            Self::Functions => "functions",
            Self::Mcp => "mcp",
            Self::Live | Self::Ready | Self::Started | Self::Metrics => "ops",
            Self::Screen => "screen",
        }
    }

    /// Apps call it, from any page, with a key or a token.
    pub(crate) fn is_for_apps(self) -> bool {
        matches!(
            self,
            Self::Rest
                | Self::Graphql
                | Self::Auth
                | Self::Realtime
                | Self::Storage
                | Self::Functions
        )
    }

    /// Another version of a door of apps than the one there is: `/rest/v2/people` is `v2`.
    pub(crate) fn other_version(path: &str) -> Option<&str> {
        let mut segments = path.strip_prefix('/')?.splitn(3, '/');
        let first = segments.next()?;
        let version = segments.next()?;
        let known = ["rest", "graphql", "auth", "realtime", "storage", "functions"];
        let number = version.strip_prefix('v')?;
        let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        (known.contains(&first) && numbered && number != "1").then_some(version)
    }

    /// What it hands over is for the owner, so a stranger's web page must not get near it.
    pub(crate) fn is_guarded(self) -> bool {
        matches!(self, Self::Admin | Self::Mcp | Self::Metrics)
    }
}

/// `v1people`: no version, but a name right behind one.
fn is_joined(segment: &str) -> bool {
    let name = segment.strip_prefix("v1").unwrap_or_default();
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn two_segments_decide_who_answers() {
        let check = |path: &str, expected| assert_eq!(Route::of(path), expected, "{path}");
        check("/admin/v1", Route::Admin);
        check("/admin/v1/operations/component:list", Route::Admin);
        check("/admin/v2", Route::Screen);
        check("/admin/v10", Route::Screen);
        check("/rest/v1/people", Route::Rest);
        check("/rest/v1people?id=eq.1", Route::Rest);
        check("/graphql/v1", Route::Graphql);
        check("/auth/v1/token", Route::Auth);
        check("/.well-known/jwks.json", Route::Auth);
        check("/.well-known/oauth-authorization-server/auth/v1", Route::Auth);
        check("/.well-known/oauth-protected-resource/mcp", Route::Auth);
        check("/realtime/v1/websocket", Route::Realtime);
        check("/app/key", Route::Realtime);
        check("/storage/v1/object", Route::Storage);
        check("/functions/v1/hello", Route::Functions);
        check("/mcp", Route::Mcp);
        check("/livez", Route::Live);
        check("/healthz", Route::Ready);
        check("/readyz/x", Route::Screen);
        check("//admin/v1", Route::Screen);
        check("/", Route::Screen);
        check("*", Route::Screen);
        check("", Route::Screen);
    }

    #[test]
    fn another_version_of_a_door_is_known_as_one() {
        let check =
            |path: &str, expected| assert_eq!(Route::other_version(path), expected, "{path}");
        check("/rest/v2/people", Some("v2"));
        check("/auth/v10", Some("v10"));
        check("/rest/v1/people", None);
        check("/rest/vx", None);
        check("/people/v2", None);
        check("/", None);
    }
}
