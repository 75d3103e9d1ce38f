//! The base model that every provisioned database gets: users of four kinds, organizations, teams,
//! projects, roles and permissions, comments, attachments, the audit log, custom fields, feature
//! flags, extensions. The same on every engine, as migrations; never a table of the app's own.

mod audit;

pub use audit::{AuditRow, GENESIS, chain, first_break};

use mag_guard::PolicyRule;
use mag_migrate::{Dialect, Error, Migration, POSTGRES, SQLITE, Structure, Version, dialect};
use mag_model::catalog::draft::Draft;
use std::sync::OnceLock;

/// The track in the history of migrations.
pub const TRACK: &str = "base";

/// What one engine gets.
pub struct Base {
    pub dialect: &'static dyn Dialect,
    /// Where the tables are: `mag.users`, `mag_users`.
    pub schema: &'static str,
    pub prefix: &'static str,
    files: &'static [File],
    /// The policies, once they were read.
    read: OnceLock<Vec<PolicyRule>>,
}

struct File {
    version: &'static str,
    name: &'static str,
    up: &'static str,
}

macro_rules! files {
    ($engine:literal: $($version:literal $name:literal),*) => {
        &[$(File {
            version: $version,
            name: $name,
            up: include_str!(concat!("../migrations/", $engine, "/", $version, "_", $name, ".sql")),
        }),*]
    };
}

/// In a schema of its own. The roles `authenticated` and the functions `auth.*` have to be there.
pub static ON_POSTGRES: Base = Base {
    dialect: &POSTGRES,
    schema: "mag",
    prefix: "",
    files: files!("postgres": "20260101000000" "base", "20260101000100" "built_in_roles", "20260101000200" "row_policies"),
    read: OnceLock::new(),
};

/// With a prefix. STRICT tables know five types: `refine` tells what is in the texts.
pub static ON_SQLITE: Base = Base {
    dialect: &SQLITE,
    schema: "public",
    prefix: "mag_",
    files: files!("sqlite": "20260101000000" "base", "20260101000100" "built_in_roles", "20260101000200" "row_policies"),
    read: OnceLock::new(),
};

/// The one list of policies. PostgreSQL runs it; `policies` reads it for the guard.
const POLICIES: &str = include_str!("../migrations/postgres/20260101000200_row_policies.sql");

impl Base {
    /// In their order. Once published, a migration is never edited: what is new comes in a new one.
    pub fn migrations(&self) -> Result<Vec<Migration>, Error> {
        let migration = |file: &File| {
            let version = Version::parse(file.version)
                .map_err(|_| Error::BadName { given: file.version.to_owned() })?;
            Ok(Migration::new(version, file.name, file.up))
        };
        self.files.iter().map(migration).collect()
    }

    /// The name of a table of the base on this engine: schema and name.
    pub fn place(&self, table: &str) -> (String, String) {
        (self.schema.to_owned(), format!("{}{table}", self.prefix))
    }

    /// Whether a table is one of the base's, for whoever shows an app its own tables alone.
    pub fn owns(&self, schema: &str, table: &str) -> bool {
        self.is_identity(schema, table)
            || schema == self.schema
                && table.strip_prefix(self.prefix).is_some_and(|bare| TABLES.contains(&bare))
    }

    /// Whether a table says how people sign in: hashes, tokens, keys. No door shows it to an app,
    /// whatever the role of the asker.
    pub fn is_identity(&self, schema: &str, table: &str) -> bool {
        let identity = match self.prefix {
            "" if schema == "auth" => Some(table),
            "" => None,
            _ if schema == self.schema => table.strip_prefix("auth_"),
            _ => None,
        };
        identity.is_some_and(|bare| IDENTITY.contains(&bare))
    }

    /// What is there after all migrations, read from their text.
    pub fn structure(&self) -> Result<Structure, Error> {
        let mut structure = Structure::default();
        for file in self.files {
            structure.apply(&mag_migrate::Script::read(file.up, self.dialect)?, self.dialect);
        }
        structure.policies = self.policies()?;
        Ok(structure)
    }

    /// The row policies under the names that the tables have on this engine.
    pub fn policies(&self) -> Result<Vec<PolicyRule>, Error> {
        // Asked for with every look at a source; the text never changes.
        if let Some(known) = self.read.get() {
            return Ok(known.clone());
        }
        let read = self.read_policies()?;
        Ok(self.read.get_or_init(|| read).clone())
    }

    fn read_policies(&self) -> Result<Vec<PolicyRule>, Error> {
        let mut policies = Structure::of_script(POLICIES, &POSTGRES)?.policies;
        for policy in &mut policies {
            let (schema, table) = self.place(&policy.table);
            policy.schema = schema;
            policy.table = table;
            for text in policy.using.iter_mut().chain(&mut policy.check) {
                *text = self.renamed(text);
            }
        }
        Ok(policies)
    }

    /// `mag.teams` → `mag_teams`. No literal of the policies holds such a text.
    fn renamed(&self, text: &str) -> String {
        if self.schema == "mag" {
            return text.to_owned();
        }
        text.replace("mag.", &format!("{}.{}", dialect::ident(self.schema), self.prefix))
    }

    /// Gives the columns of the base the types they have on PostgreSQL, where the engine's own
    /// words are too few: a key is a uuid, and a policy may compare it with `auth.uid()`.
    pub fn refine(&self, draft: &mut Draft) -> Result<(), Error> {
        static EXACT: OnceLock<Structure> = OnceLock::new();
        let exact = match EXACT.get() {
            Some(known) => known,
            None => {
                let read = ON_POSTGRES.structure()?;
                EXACT.get_or_init(|| read)
            }
        };
        for table in &mut draft.tables {
            if !self.owns(&table.schema, &table.name) {
                continue;
            }
            let bare = table.name.strip_prefix(self.prefix).unwrap_or(&table.name);
            let Some(known) = exact.draft.tables.iter().find(|t| t.name == bare) else { continue };
            for column in &mut table.columns {
                if let Some(exact) = known.columns.iter().find(|c| c.name == column.name) {
                    column.ty.clone_from(&exact.ty);
                }
            }
        }
        Ok(())
    }
}

/// Every table of the base, by its bare name.
pub const TABLES: [&str; 16] = [
    "organizations",
    "users",
    "memberships",
    "teams",
    "team_members",
    "projects",
    "permissions",
    "roles",
    "role_permissions",
    "role_bindings",
    "comments",
    "attachments",
    "audit_logs",
    "custom_field_definitions",
    "feature_flags",
    "extensions",
];

/// Tables that stand beside the base and are no app's either: whoever signs in, and how. MagAuth
/// makes them, in schema `auth` or under the prefix `auth_`.
pub const IDENTITY: [&str; 26] = [
    "users",
    "identities",
    "sessions",
    "refresh_tokens",
    "mfa_amr_claims",
    "mfa_factors",
    "mfa_challenges",
    "one_time_tokens",
    "flow_state",
    "mails",
    "agents",
    "agent_log",
    "agent_asks",
    "agent_spending",
    "ended_sessions",
    "invitations",
    "role_parents",
    "signing_keys",
    "api_keys",
    "oauth_clients",
    "oauth_authorizations",
    "oauth_consents",
    "oauth_sessions",
    "oauth_refresh_tokens",
    "webauthn_credentials",
    "webauthn_challenges",
];
