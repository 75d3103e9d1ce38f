//! What was found broken, said so that a person can act. Finding damage never stops the journal.

use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The last segment ended in the middle of a record, as a power cut leaves it. Nothing in it was
    /// acknowledged unless the disk lied.
    TornTail { file: PathBuf, cut_bytes: u64 },
    /// A stretch of a segment cannot be read; what lies before and behind it can.
    Stretch { file: PathBuf, from: u64, bytes: u64, copy: Option<PathBuf> },
    /// The first bytes of a segment are damaged, its records are not.
    Header { file: PathBuf },
    /// A file that is named like a segment and is none; it was moved aside.
    Foreign { file: PathBuf, moved_to: Option<PathBuf> },
    /// A segment without content, as a power cut at its beginning leaves it; it was removed.
    Empty { file: PathBuf },
    /// A file that does not belong here; it was left alone.
    Unknown { file: PathBuf },
    /// A segment that was there at the boot is not there any more.
    Vanished { file: PathBuf },
    /// No file holds these positions.
    Hole { from: u64, to: u64 },
    /// A consumer's position cannot be read; it begins at the oldest fact again.
    Consumer { name: String },
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TornTail { file, cut_bytes } => {
                write!(
                    f,
                    "`{}` ended in the middle of a record; {cut_bytes} bytes were cut",
                    file.display()
                )
            }
            Self::Stretch { file, from, bytes, copy } => {
                write!(f, "{bytes} bytes of `{}` at {from} cannot be read", file.display())?;
                match copy {
                    Some(copy) => write!(f, "; a copy is in `{}`", copy.display()),
                    None => Ok(()),
                }
            }
            Self::Header { file } => {
                write!(
                    f,
                    "the first bytes of `{}` are damaged; its facts can be read",
                    file.display()
                )
            }
            Self::Foreign { file, moved_to: Some(to) } => {
                write!(f, "`{}` holds no facts; it was moved to `{}`", file.display(), to.display())
            }
            Self::Foreign { file, moved_to: None } => {
                write!(f, "`{}` holds no facts, and could not be moved aside", file.display())
            }
            Self::Empty { file } => write!(f, "`{}` was empty and is removed", file.display()),
            Self::Unknown { file } => {
                write!(f, "`{}` does not belong here and is left alone", file.display())
            }
            Self::Vanished { file } => write!(f, "`{}` is gone", file.display()),
            Self::Hole { from, to } => write!(f, "no file holds the positions {from} to {to}"),
            Self::Consumer { name } => write!(
                f,
                "the position of the consumer `{name}` cannot be read; it begins at the oldest fact"
            ),
        }
    }
}
