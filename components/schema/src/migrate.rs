//! Migrations of an app: folders of scripts, applied in their order, each noted in the source that
//! it has changed. What is known without a server is in `mag_migrate`.

pub(crate) mod check;
pub(crate) mod down;
pub(crate) mod folder;
pub(crate) mod history;
pub(crate) mod mark;
pub(crate) mod new;
pub(crate) mod perform;
mod prepare;
pub(crate) mod redo;
pub(crate) mod report;
pub(crate) mod runner;
pub(crate) mod status;
pub(crate) mod up;

pub(crate) use folder::{read as read_folder, text as script_text};
pub(crate) use prepare::Prepared;

/// The track in the history: the app's own migrations.
pub(crate) const TRACK: &str = "app";
/// The folder below the installation's.
pub(crate) const FOLDER: &str = "migrations";
