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
    pub(crate) fn of(path: &str) -> Self {
        let mut segments = path.strip_prefix('/').unwrap_or(path).splitn(3, '/');
        let first = segments.next().unwrap_or_default();
        let second = segments.next();
        match (first, second) {
            ("admin", Some("v1")) => Self::Admin,
            ("rest", Some("v1")) => Self::Rest,
            ("graphql", Some("v1")) => Self::Graphql,
            ("auth", Some("v1")) | (".well-known", Some("jwks.json")) => Self::Auth,
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

    /// What it hands over is for the owner, so a stranger's web page must not get near it.
    pub(crate) fn is_guarded(self) -> bool {
        matches!(self, Self::Admin | Self::Mcp | Self::Metrics)
    }
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
        check("/graphql/v1", Route::Graphql);
        check("/auth/v1/token", Route::Auth);
        check("/.well-known/jwks.json", Route::Auth);
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
}
