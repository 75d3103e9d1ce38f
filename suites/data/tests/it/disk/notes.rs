//! The notes that `shim/disk.c` takes, as they lie in its file.

use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Data,
    Cut,
    Synced,
    SyncFailed,
    Made,
    Renamed,
    Removed,
    FolderMade,
    FolderRemoved,
    FolderSynced,
}

impl Kind {
    pub(crate) fn changes(self) -> bool {
        !matches!(self, Self::Synced | Self::SyncFailed | Self::FolderSynced)
    }
}

/// One change or sync, in the order in which they happened.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) kind: Kind,
    pub(crate) number: u64,
    /// Of the file; of the folder that holds the name when it is about a name.
    pub(crate) inode: u64,
    /// Where bytes were written, to what length a file was cut, up to which note a sync has kept.
    pub(crate) offset: u64,
    /// The length of the file before; of a move, which file it was.
    pub(crate) size_before: u64,
    pub(crate) path: PathBuf,
    /// Where a name was moved to, or under which name a removed file is saved.
    pub(crate) second: PathBuf,
    /// The bytes that were there; of a move, where the file is saved whose name was taken.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    /// A move that failed.
    pub(crate) cancelled: bool,
}

const MAGIC: u32 = 0x4b53_4944;
const HEAD: usize = 56;

/// A note that was cut off by the kill was of something that was not done any more.
pub(crate) fn read(file: &Path) -> Vec<Note> {
    let bytes = std::fs::read(file).unwrap_or_default();
    let mut rest = bytes.as_slice();
    let mut notes: Vec<Note> = Vec::new();
    while let Some((note, behind)) = one(rest) {
        rest = behind;
        if note.kind == Kind::Renamed && note.offset == 1 {
            if let Some(failed) = notes.last_mut() {
                failed.cancelled = true;
            }
            continue;
        }
        notes.push(note);
    }
    notes
}

fn one(bytes: &[u8]) -> Option<(Note, &[u8])> {
    let head = bytes.get(..HEAD)?;
    let short = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
    let long = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().unwrap());
    assert_eq!(short(0), MAGIC, "the notes are damaged");
    let lengths = [40, 44, 48, 52].map(|at| short(at) as usize);
    let body = bytes.get(HEAD..HEAD + lengths.iter().sum::<usize>())?;
    let mut from = 0;
    let pieces = lengths.map(|length| {
        from += length;
        body[from - length..from].to_vec()
    });
    let [path, second, before, after] = pieces;
    let text = |bytes: Vec<u8>| PathBuf::from(String::from_utf8(bytes).unwrap());
    let kind = match short(4) {
        1 => Kind::Data,
        2 => Kind::Cut,
        3 => Kind::Synced,
        4 => Kind::SyncFailed,
        5 => Kind::Made,
        6 => Kind::Renamed,
        7 => Kind::Removed,
        8 => Kind::FolderMade,
        9 => Kind::FolderRemoved,
        10 => Kind::FolderSynced,
        other => panic!("a note of kind {other}"),
    };
    let note = Note {
        kind,
        number: long(8),
        inode: long(16),
        offset: long(24),
        size_before: long(32),
        path: text(path),
        second: text(second),
        before,
        after,
        cancelled: false,
    };
    Some((note, &bytes[HEAD + body.len()..]))
}
