//! What the server is doing, as everybody else sees it.

use crate::databases::OWNER;
use crate::password::Password;
use mag_contract::{Fault, Secret, codes};
use mag_ports::{Connection, Place};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// No database was wanted yet.
    Off,
    Starting,
    Running(Arc<Running>),
    /// It cannot run until somebody changes something.
    Broken(Fault),
}

/// A server that takes connections.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) version: String,
    pub(crate) major: u32,
    pub(crate) folder: PathBuf,
    pub(crate) socket_folder: PathBuf,
    pub(crate) password: Password,
}

impl Running {
    pub(crate) fn as_superuser(&self, database: &str) -> Connection {
        self.connection(crate::folder::SUPERUSER, &self.password, database)
    }
    pub(crate) fn as_owner(&self, database: &str) -> Connection {
        self.as_owner_in(database, database)
    }
    /// As the owner of `name`, in a database that has another name yet.
    pub(crate) fn as_owner_in(&self, name: &str, database: &str) -> Connection {
        self.connection(&format!("{OWNER}{name}"), &self.password.of_database(name), database)
    }

    fn connection(&self, user: &str, password: &Password, database: &str) -> Connection {
        let folder = encoded(&self.socket_folder.display().to_string());
        let (user, database) = (encoded(user), encoded(database));
        let password = password.expose();
        let url = format!("postgres://{user}:{password}@{folder}:5432/{database}");
        Connection::managed(Place::Url(Secret::new(url)))
    }
}

impl Stage {
    pub(crate) fn running(&self) -> Option<&Arc<Running>> {
        match self {
            Self::Running(running) => Some(running),
            Self::Off | Self::Starting | Self::Broken(_) => None,
        }
    }
    /// Why there is no server, for the one who wants it.
    pub(crate) fn absent(&self) -> Fault {
        match self {
            Self::Broken(fault) => fault.clone(),
            Self::Off => {
                Fault::new(codes::ENGINE_GONE, "the managed PostgreSQL has no databases yet")
            }
            Self::Starting | Self::Running(_) => {
                Fault::new(codes::ENGINE_GONE, "the managed PostgreSQL is still starting")
                    .hint("`mobo postgresql:status` shows how far it is")
            }
        }
    }
}

/// For an address: what is no letter, digit, `-`, `.`, `_` or `~` as `%` and its hexadecimal code.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn any_folder_can_stand_in_an_address() {
        assert_eq!(encoded("/run/a b/ü@:%"), "%2Frun%2Fa%20b%2F%C3%BC%40%3A%25");
    }
}
