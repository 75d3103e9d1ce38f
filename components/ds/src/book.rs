//! What project zero knows of a project and of a source, as it is kept: rows become values of ours
//! and back. Pure, but for the sealing of secrets.

use crate::outline::Outline;
use crate::seal::Seal;
use mag_contract::{Fault, Secret, codes};
use mag_ports::settings::ProjectSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// A row as the data path gives and takes it: values by the names of columns.
pub(crate) type Row = Map<String, Json>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProjectRow {
    pub(crate) id: Uuid,
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) default: bool,
    pub(crate) hosts: Vec<String>,
    /// Whole, with its secrets.
    pub(crate) settings: ProjectSettings,
    pub(crate) created_at: String,
    pub(crate) created_by: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SourceRow {
    pub(crate) id: Uuid,
    pub(crate) project: Uuid,
    pub(crate) name: String,
    pub(crate) engine: String,
    pub(crate) origin: Origin,
    /// A file, a database of the local server, or where an address leads, without its secrets.
    pub(crate) place: String,
    /// The address, sealed.
    pub(crate) sealed: Option<String>,
    pub(crate) managed: bool,
    pub(crate) writable: bool,
    pub(crate) primary: bool,
    pub(crate) connections_max: Option<u32>,
    pub(crate) slow_ms: Option<u64>,
    pub(crate) outline: Outline,
    pub(crate) created_at: String,
    pub(crate) created_by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    File,
    Cluster,
    Address,
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Cluster => "cluster",
            Self::Address => "address",
        }
    }
    fn named(name: &str) -> Option<Self> {
        [Self::File, Self::Cluster, Self::Address].into_iter().find(|origin| origin.name() == name)
    }
}

/// All addresses of a source.
pub(crate) struct Address {
    pub(crate) url: Secret<String>,
    pub(crate) replicas: Vec<Secret<String>>,
    pub(crate) direct: Option<Secret<String>>,
}

#[derive(Serialize, Deserialize)]
struct AddressText {
    url: String,
    #[serde(default)]
    replicas: Vec<String>,
    #[serde(default)]
    direct: Option<String>,
}

impl Address {
    pub(crate) fn seal(&self, seal: &Seal, source: Uuid) -> Result<String, Fault> {
        let text = AddressText {
            url: self.url.expose().clone(),
            replicas: self.replicas.iter().map(|url| url.expose().clone()).collect(),
            direct: self.direct.as_ref().map(|url| url.expose().clone()),
        };
        let text = serde_json::to_string(&text)
            .map_err(|e| Fault::new(codes::BUG, "an address cannot be written").because(e))?;
        seal.seal(&text, &format!("source:{source}"))
    }
}

impl SourceRow {
    pub(crate) fn open_address(&self, seal: &Seal, sealed: &str) -> Result<Address, Fault> {
        let text = seal.open(sealed, &format!("source:{}", self.id))?;
        let text: AddressText = serde_json::from_str(text.expose())
            .map_err(|_| Fault::new(codes::NO_SECRET, "a sealed address cannot be read"))?;
        Ok(Address {
            url: Secret::new(text.url),
            replicas: text.replicas.into_iter().map(Secret::new).collect(),
            direct: text.direct.map(Secret::new),
        })
    }

    pub(crate) fn read(row: &Row) -> Result<Self, Fault> {
        let bad = |what: &str| bad_row("source", row, what);
        Ok(Self {
            id: id(row, "id").ok_or_else(|| bad("id"))?,
            project: id(row, "project_id").ok_or_else(|| bad("project_id"))?,
            name: text(row, "name").ok_or_else(|| bad("name"))?,
            engine: text(row, "engine").ok_or_else(|| bad("engine"))?,
            origin: text(row, "origin")
                .and_then(|name| Origin::named(&name))
                .ok_or_else(|| bad("origin"))?,
            place: text(row, "place").ok_or_else(|| bad("place"))?,
            sealed: text(row, "sealed"),
            managed: flag(row, "is_managed"),
            writable: flag(row, "is_writable"),
            primary: flag(row, "is_primary"),
            connections_max: number(row, "connections_max").and_then(|n| u32::try_from(n).ok()),
            slow_ms: number(row, "slow_ms"),
            outline: text(row, "outline")
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            created_at: text(row, "created_at").unwrap_or_default(),
            created_by: text(row, "created_by").unwrap_or_default(),
        })
    }

    pub(crate) fn write(&self) -> Row {
        let row = json!({
            "id": self.id, "project_id": self.project, "name": self.name, "engine": self.engine,
            "origin": self.origin.name(), "place": self.place, "sealed": self.sealed,
            "is_managed": u8::from(self.managed), "is_writable": u8::from(self.writable),
            "is_primary": u8::from(self.primary), "connections_max": self.connections_max,
            "slow_ms": self.slow_ms, "created_at": self.created_at,
            "created_by": self.created_by,
        });
        object(row)
    }
}

/// What of a project's settings is sealed.
#[derive(Default, Serialize, Deserialize)]
struct Secrets {
    #[serde(default)]
    jwt_secret: Option<String>,
}

impl ProjectRow {
    pub(crate) fn read(row: &Row, seal: &Seal) -> Result<Self, Fault> {
        let bad = |what: &str| bad_row("project", row, what);
        let id = id(row, "id").ok_or_else(|| bad("id"))?;
        let settings = text(row, "settings").ok_or_else(|| bad("settings"))?;
        let mut settings: ProjectSettings =
            serde_json::from_str(&settings).map_err(|e| bad("settings").because(e))?;
        if let Some(sealed) = text(row, "secrets") {
            let secrets = seal.open(&sealed, &format!("project:{id}"))?;
            let secrets: Secrets =
                serde_json::from_str(secrets.expose()).map_err(|_| bad("secrets"))?;
            settings.tokens.jwt_secret = secrets.jwt_secret;
        }
        let hosts = text(row, "hosts").ok_or_else(|| bad("hosts"))?;
        Ok(Self {
            id,
            reference: text(row, "reference").ok_or_else(|| bad("reference"))?,
            name: text(row, "name").ok_or_else(|| bad("name"))?,
            default: flag(row, "is_default"),
            hosts: serde_json::from_str(&hosts).map_err(|e| bad("hosts").because(e))?,
            settings,
            created_at: text(row, "created_at").unwrap_or_default(),
            created_by: text(row, "created_by").unwrap_or_default(),
        })
    }

    pub(crate) fn write(&self, seal: &Seal) -> Result<Row, Fault> {
        let unwritable =
            |e: serde_json::Error| Fault::new(codes::BUG, "settings cannot be written").because(e);
        let mut open = self.settings.clone();
        let jwt_secret = open.tokens.jwt_secret.take();
        let secrets = match jwt_secret {
            None => None,
            Some(_) => {
                let text = serde_json::to_string(&Secrets { jwt_secret }).map_err(unwritable)?;
                Some(seal.seal(&text, &format!("project:{}", self.id))?)
            }
        };
        Ok(object(json!({
            "id": self.id, "reference": self.reference, "name": self.name,
            "is_default": u8::from(self.default),
            "hosts": serde_json::to_string(&self.hosts).map_err(unwritable)?,
            "settings": serde_json::to_string(&open).map_err(unwritable)?,
            "secrets": secrets, "created_at": self.created_at, "created_by": self.created_by,
        })))
    }
}

fn object(row: Json) -> Row {
    match row {
        Json::Object(row) => row,
        _ => Row::new(),
    }
}

fn bad_row(kind: &str, row: &Row, what: &str) -> Fault {
    let whose = text(row, "reference").or_else(|| text(row, "name")).unwrap_or_default();
    Fault::new(
        codes::BUG,
        format!("the {kind} `{whose}` in project zero has a `{what}` that cannot be read"),
    )
}

fn text(row: &Row, column: &str) -> Option<String> {
    row.get(column).and_then(Json::as_str).map(str::to_owned)
}
fn id(row: &Row, column: &str) -> Option<Uuid> {
    row.get(column).and_then(Json::as_str).and_then(|text| Uuid::parse_str(text).ok())
}
fn number(row: &Row, column: &str) -> Option<u64> {
    row.get(column).and_then(Json::as_u64)
}
fn flag(row: &Row, column: &str) -> bool {
    number(row, column) == Some(1)
}

/// The longest name: it becomes a part of hosts, files and databases.
const NAME_MAX: usize = 40;
/// What means something else already, in paths and among projects.
const TAKEN: [&str; 4] = ["zero", "p", "admin", "default"];

/// Names of projects and of sources: lower case, short, and fine in URLs and files.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Fault> {
    let fine = name.len() <= NAME_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-');
    if !fine {
        let shown: String = name.chars().take(NAME_MAX).collect();
        return Err(Fault::new(codes::BAD_INPUT, format!("`{shown}` is no name for a {what}"))
            .hint("take up to 40 lower case letters, digits, `-` and `_`, a letter first"));
    }
    if TAKEN.contains(&name) {
        return Err(Fault::new(codes::EXISTS, format!("the name `{name}` is the board's own")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Address, Origin, ProjectRow, SourceRow, check_name};
    use crate::outline::Outline;
    use crate::seal::Seal;
    use mag_contract::Secret;
    use mag_ports::settings::ProjectSettings;
    use uuid::Uuid;

    #[test]
    fn a_project_is_read_as_it_was_written_and_its_secrets_are_not_in_the_row() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::in_folder(folder.path(), true).unwrap();
        let mut settings = ProjectSettings::default();
        settings.tokens.jwt_secret = Some("a secret of thirty-two characters".into());
        settings.rest.max_rows = Some(1000);
        let project = ProjectRow {
            id: Uuid::from_u128(7),
            reference: "shop".into(),
            name: "The shop".into(),
            default: true,
            hosts: vec!["shop.example.com".into()],
            settings,
            created_at: "2026-01-01T00:00:00.000Z".into(),
            created_by: "os:me".into(),
        };
        let row = project.write(&seal).unwrap();
        let text = serde_json::to_string(&row).unwrap();
        assert!(!text.contains("thirty-two"), "{text}");
        assert_eq!(ProjectRow::read(&row, &seal).unwrap(), project);
    }

    #[test]
    fn a_source_is_read_as_it_was_written_and_its_address_opens_for_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::in_folder(folder.path(), true).unwrap();
        let id = Uuid::from_u128(9);
        let address = Address {
            url: Secret::new("postgres://me:hunter2@db/shop".into()),
            replicas: vec![Secret::new("postgres://me:hunter2@db2/shop".into())],
            direct: None,
        };
        let mut source = SourceRow {
            id,
            project: Uuid::from_u128(7),
            name: "main".into(),
            engine: "postgres".into(),
            origin: Origin::Address,
            place: "db/shop".into(),
            sealed: Some(address.seal(&seal, id).unwrap()),
            managed: false,
            writable: false,
            primary: true,
            connections_max: Some(4),
            slow_ms: None,
            outline: Outline::default(),
            created_at: String::new(),
            created_by: String::new(),
        };
        let row = source.write();
        assert!(!serde_json::to_string(&row).unwrap().contains("hunter2"));
        assert_eq!(SourceRow::read(&row).unwrap(), source);
        let sealed = source.sealed.clone().unwrap();
        let opened = source.open_address(&seal, &sealed).unwrap();
        assert_eq!(opened.url.expose(), "postgres://me:hunter2@db/shop");
        assert_eq!(opened.replicas.len(), 1);
        source.id = Uuid::from_u128(10);
        assert!(source.open_address(&seal, &sealed).is_err());
    }

    #[test]
    fn a_name_is_fine_in_urls_files_and_databases_or_refused() {
        for name in ["shop", "s", "shop-2", "my_shop"] {
            check_name("project", name).unwrap();
        }
        let long = "a".repeat(41);
        for name in ["", "Shop", "2shop", "../shop", "shop/", "sho p", "shöp", "-a", "a-", &long] {
            assert_eq!(check_name("project", name).unwrap_err().code().id, "MF1002", "{name}");
        }
        assert_eq!(check_name("project", "zero").unwrap_err().code().id, "MF4003");
    }
}
