//! What apps find at well-known addresses: RFC 8414 for OAuth, discovery of OpenID Connect, and
//! RFC 9728 for what is protected.

use crate::scope;
use serde_json::{Value as Json, json};

/// The server, for both standards: they name the same things alike.
pub fn server(issuer: &str, registers: bool, algorithms: &[&str]) -> Json {
    let scopes: Vec<&str> = scope::KNOWN.iter().map(|(name, _)| *name).collect();
    let mut told = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "userinfo_endpoint": format!("{issuer}/oauth/userinfo"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "email",
            "email_verified", "phone_number", "phone_number_verified", "name", "picture",
            "preferred_username", "updated_at"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "prompt_values_supported": ["none", "login", "consent"],
    });
    if registers {
        told["registration_endpoint"] = format!("{issuer}/oauth/clients/register").into();
    }
    told
}

/// What is protected, and by whom: how a client of a door finds this server.
pub fn resource(resource: &str, issuer: &str) -> Json {
    let scopes: Vec<&str> = scope::KNOWN.iter().map(|(name, _)| *name).collect();
    json!({
        "resource": resource,
        "authorization_servers": [issuer],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
    })
}

/// Which issuer a well-known address asks about: what follows the name of the document.
/// `/.well-known/oauth-authorization-server/p/shop/auth/v1` is about project `shop`.
pub fn asked_project(path: &str) -> Option<&str> {
    let behind = path.strip_prefix("/.well-known/")?.split_once('/')?.1;
    let reference = behind.strip_prefix("p/")?.split('/').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (!reference.is_empty() && reference.chars().all(plain)).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_known_address_names_its_project() {
        let check = |path: &str, expected| assert_eq!(asked_project(path), expected, "{path}");
        check("/.well-known/oauth-authorization-server/p/shop/auth/v1", Some("shop"));
        check("/.well-known/oauth-authorization-server/auth/v1", None);
        check("/.well-known/oauth-authorization-server", None);
        check("/.well-known/oauth-protected-resource/p/shop/mcp", Some("shop"));
        check("/.well-known/openid-configuration/p/../auth/v1", None);
        check("/auth/v1", None);
    }

    #[test]
    fn what_is_told_is_on_the_issuers_own_address() {
        let told = server("https://a.test/auth/v1", true, &["ES256"]);
        for (name, value) in told.as_object().unwrap() {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                assert!(value.as_str().unwrap().starts_with("https://a.test/auth/v1/"), "{name}");
            }
        }
        assert!(server("https://a.test", false, &[]).get("registration_endpoint").is_none());
    }
}
