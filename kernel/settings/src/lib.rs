//! Settings in layers: defaults, the file `magflock.toml`, the environment, flags. Every value knows
//! where it came from, and every mistake is told at once, with its place and the nearest known key.
//! Never: reads the environment or writes a file itself, and never shows a secret.

mod bytes;
mod check;
mod edit;
mod environment;
mod error;
mod file;
mod flags;
mod known;
mod loaded;
mod loader;
mod node;
mod origin;
mod path;
mod reference;
mod schema;
mod section;
mod span;

pub use bytes::Bytes;
pub use edit::{SettingsFile, set, unset};
pub use error::{Mistake, SettingError, fault, report};
pub use loaded::{Change, Loaded, Setting, text_of};
pub use loader::Loader;
pub use origin::Origin;
pub use path::env_name;
pub use reference::{reference, starter};
pub use section::{Section, Settings};
pub use span::Span;
