//! Extensions among the tables of the app.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::Scene;
use mag_migrate::dialect::ident;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "extension_in_public",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "an extension lies in the public schema",
    why: "Its functions become part of the API, and its names stand in the way of the app.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    // Moved by nobody: it belongs to the server.
    for extension in
        scene.facts.extensions.iter().filter(|e| e.schema == "public" && e.name != "plpgsql")
    {
        let remedy = format!(
            "CREATE SCHEMA IF NOT EXISTS extensions;\nALTER EXTENSION {} SET SCHEMA extensions;",
            ident(&extension.name)
        );
        found.push(Found::new(extension.name.clone(), "it lies in `public`").remedy(remedy));
    }
}
