//! What a source looks like from outside, told to programs and people: PostgREST's OpenAPI root, an
//! OpenAPI 3.1 document and a page to browse it, types for seven languages, rules in words. All are
//! made from a catalog and from what a role may do.
//! Pure: no clock, no tasks, no sockets. Never: a row, a right that the role does not have.
//!
//! How a door asks, with a `View` at hand:
//!
//! ```text
//! let may = view.guard.may(&session.role);          // or `May::everything()`, by its settings
//! let root = mag_describe::postgrest(&view.catalog, &may, &mag_describe::postgrest::Settings {
//!     schema: "public",
//!     server: Server::proxied(uri).unwrap_or_else(|| Server::new("localhost", 8000)),
//!     security: settings.openapi_security_active,
//!     // The schema and the extra search path; empty when privileges are ignored.
//!     searched: &["public"],
//! });
//! let modern = mag_describe::openapi(&view.catalog, &may, &mag_describe::openapi::Settings::new("public"));
//! let page = mag_describe::reference_page(&modern);  // with `reference::{CSS, JS, CSP}`
//! ```

mod names;
pub mod openapi;
pub mod postgrest;
pub mod reference;
pub mod types;
pub mod words;

pub use openapi::openapi;
pub use postgrest::postgrest;
pub use reference::reference_page;
pub use types::{Language, types};
