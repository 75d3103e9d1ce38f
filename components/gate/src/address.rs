//! Which project a request is for, when its path says so: `/p/{ref}/rest/v1/…` is the door
//! `/rest/v1` of that project. Pure.

use http::Uri;
use http::uri::PathAndQuery;
use mag_contract::exchange::Addressed;
use mag_contract::{Fault, codes};

/// As long as a label of a host name may be.
const REFERENCE_MAX: usize = 63;

/// Takes the project out of the path; nothing when it names none.
pub(crate) fn split(uri: &Uri) -> Result<Option<(Addressed, Uri)>, Fault> {
    let Some(rest) = uri.path().strip_prefix("/p/") else { return Ok(None) };
    let reference = rest.split('/').next().unwrap_or_default();
    let sound = !reference.is_empty()
        && reference.len() <= REFERENCE_MAX
        && reference.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !sound {
        return Err(Fault::new(codes::NO_PROJECT, "the path names no project")
            .hint("write `/p/{ref}/rest/v1/…` with the short name of a project"));
    }
    let path = &rest[reference.len()..];
    let path = if path.is_empty() { "/" } else { path };
    let query = uri.query();
    let mut whole = String::with_capacity(path.len() + query.map_or(0, |query| query.len() + 1));
    whole.push_str(path);
    if let Some(query) = query {
        whole.push('?');
        whole.push_str(query);
    }
    let bad = |_| Fault::new(codes::BAD_REQUEST, "the path cannot be read");
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(whole).map_err(bad)?);
    let uri = Uri::from_parts(parts)
        .map_err(|_| Fault::new(codes::BAD_REQUEST, "the path cannot be read"))?;
    Ok(Some((Addressed { project: reference.into() }, uri)))
}

/// The path within a project, also where the project's name is none: which door is meant is clear then
/// too, and that one's callers are told in its words.
pub(crate) fn within(path: &str) -> &str {
    let rest = path.strip_prefix("/p/").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    rest.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{split, within};

    fn check(path: &str, expected: Option<(&str, &str)>) {
        let found = split(&path.parse().unwrap()).unwrap();
        let found = found.map(|(to, uri)| (to.project.to_string(), uri.to_string()));
        assert_eq!(found, expected.map(|(p, u)| (p.to_owned(), u.to_owned())), "{path}");
    }

    #[test]
    fn a_project_in_the_path_is_taken_out() {
        check("/rest/v1/people", None);
        check("/p/shop/rest/v1/people?a=eq.1", Some(("shop", "/rest/v1/people?a=eq.1")));
        check("/p/shop-2", Some(("shop-2", "/")));
        check("http://a.example/p/x/auth/v1", Some(("x", "http://a.example/auth/v1")));
        check("/p/a/p/b/rest/v1", Some(("a", "/p/b/rest/v1")));
    }

    #[test]
    fn the_door_is_clear_where_the_project_is_not() {
        for (path, expected) in [
            ("/p/SHOP/rest/v1/x", "/rest/v1/x"),
            ("/p//rest/v1", "/rest/v1"),
            ("/p/SHOP", "/p/SHOP"),
            ("/rest/v1/x", "/rest/v1/x"),
        ] {
            assert_eq!(within(path), expected);
        }
    }

    #[test]
    fn what_cannot_be_a_project_is_refused() {
        let long = format!("/p/{}/rest/v1", "x".repeat(64));
        for path in ["/p/", "/p//rest/v1", "/p/Shop/rest/v1", "/p/a%2fb/rest", "/p/a.b/x", &long] {
            assert!(split(&path.parse().unwrap()).is_err(), "{path}");
        }
    }
}
