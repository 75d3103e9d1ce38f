//! A disk whose plug can be pulled. The program under test runs with `shim/disk.c` before it, which
//! notes what every change has replaced; after a kill, everything that no sync had covered is put
//! back as it was, or in part, as a real disk does it.

mod notes;

use crate::BINARY;
use crate::dice::Dice;
use mag_kit::Installation;
use notes::{Kind, Note};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub(crate) struct Disk {
    folder: PathBuf,
    side: PathBuf,
    control: File,
}

/// What has become of the bytes that no sync had covered.
pub(crate) enum Unsynced<'a> {
    /// All are gone.
    Lost,
    /// So are those that a sync had covered: the disk has lied.
    LostWithSyncs,
    /// Some sectors are there, others are not; of the names the first ones are.
    Torn(&'a mut Dice),
}

/// What a disk writes whole.
const SECTOR: usize = 512;

impl Disk {
    /// An installation whose boards write to such a disk.
    pub(crate) fn plugged_in() -> (Installation, Self) {
        let here = Installation::of(BINARY);
        let base = std::fs::canonicalize(here.folder()).unwrap();
        let (folder, side) = (base.join("data"), base.join("disk"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(side.join("saved")).unwrap();
        let control_file = side.join("control");
        std::fs::write(&control_file, [0; 4096]).unwrap();
        let control = OpenOptions::new().read(true).write(true).open(&control_file).unwrap();
        let here = here
            .surrounded_by("LD_PRELOAD", shim())
            .surrounded_by("MAG_DISK_FOLDER", &folder)
            .surrounded_by("MAG_DISK_NOTES", side.join("notes"))
            .surrounded_by("MAG_DISK_SIDE", side.join("saved"))
            .surrounded_by("MAG_DISK_CONTROL", control_file);
        (here, Self { folder, side, control })
    }

    /// Every so many writes fail with this error; 0: none.
    pub(crate) fn fail_writes(&self, every: i64, error: rustix::io::Errno) {
        self.turn(1, i64::from(error.raw_os_error()));
        self.turn(0, every);
    }
    pub(crate) fn fail_syncs(&self, every: i64) {
        self.turn(2, every);
    }
    /// Nothing may grow any more.
    pub(crate) fn full(&self, full: bool) {
        self.turn(3, i64::from(full));
    }
    pub(crate) fn sync_takes_micros(&self, micros: i64) {
        self.turn(4, micros);
    }
    /// How many faults the program has met so far.
    pub(crate) fn faults(&self) -> i64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, 5 * 8).unwrap();
        i64::from_ne_bytes(bytes)
    }
    fn turn(&self, knob: u64, value: i64) {
        self.control.write_all_at(&value.to_ne_bytes(), knob * 8).unwrap();
    }

    /// Nothing runs any more that writes to it. How many changes were lost.
    pub(crate) fn pull_the_plug(&self, unsynced: Unsynced<'_>) -> usize {
        let notes = notes::read(&self.side.join("notes"));
        let mut fates = fates(&notes);
        match unsynced {
            Unsynced::Lost => {}
            Unsynced::LostWithSyncs => fates = vec![Fate::Lost; notes.len()],
            Unsynced::Torn(dice) => tear(&notes, &mut fates, dice),
        }
        let lost = fates.iter().filter(|fate| !matches!(fate, Fate::Kept)).count();
        if let Some(first) = fates.iter().position(|fate| !matches!(fate, Fate::Kept)) {
            for note in notes[first..].iter().rev() {
                undo(note);
            }
            Again::default().all(&notes[first..], &fates[first..]);
        }
        self.forget_shared_memory(&self.folder);
        self.forget_notes();
        lost
    }

    /// Takes everything so far for written: a kill alone loses nothing.
    pub(crate) fn forget_notes(&self) {
        let _ = std::fs::remove_file(self.side.join("notes"));
        std::fs::remove_dir_all(self.side.join("saved")).unwrap();
        std::fs::create_dir_all(self.side.join("saved")).unwrap();
        self.control.write_all_at(&[0; 48], 0).unwrap();
    }

    fn forget_shared_memory(&self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                self.forget_shared_memory(&path);
            } else if path.to_string_lossy().ends_with("-shm") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Fate {
    Kept,
    Lost,
    /// Of what was written, these sectors.
    Part(Vec<bool>),
}

/// The first sync behind a change decides: it kept it, or it failed and has lost it for good.
fn fates(notes: &[Note]) -> Vec<Fate> {
    let mut syncs: HashMap<u64, Vec<(u64, bool)>> = HashMap::new();
    for note in notes {
        let kept = match note.kind {
            Kind::Synced | Kind::FolderSynced => true,
            Kind::SyncFailed => false,
            _ => continue,
        };
        syncs.entry(note.inode).or_default().push((note.offset, kept));
    }
    let decides = |note: &Note| {
        let of_it = syncs.get(&note.inode)?;
        of_it.iter().find(|(upto, _)| *upto >= note.number).map(|(_, kept)| *kept)
    };
    let fate = |note: &Note| match (note.kind.changes(), decides(note)) {
        (false, _) | (true, Some(true)) => Fate::Kept,
        (true, Some(false) | None) => Fate::Lost,
    };
    notes.iter().map(fate).collect()
}

/// Of what is lost, some is there all the same.
fn tear(notes: &[Note], fates: &mut [Fate], dice: &mut Dice) {
    // A journal of names keeps their order: none is there without those before it.
    let mut names_go_on = true;
    for (note, fate) in notes.iter().zip(fates) {
        if !matches!(fate, Fate::Lost) {
            continue;
        }
        match note.kind {
            Kind::Data => {
                let sectors = note.after.len().div_ceil(SECTOR);
                let all = dice.throw(3);
                *fate = match all {
                    0 => Fate::Lost,
                    1 => Fate::Kept,
                    _ => Fate::Part((0..sectors).map(|_| dice.heads()).collect()),
                };
            }
            Kind::Cut if dice.heads() => *fate = Fate::Kept,
            Kind::Cut => {}
            _ => {
                names_go_on &= dice.throw(4) != 0;
                if names_go_on {
                    *fate = Fate::Kept;
                }
            }
        }
    }
}

/// As it was before. The last note may be of something that was not done any more.
fn undo(note: &Note) {
    let path = &note.path;
    match note.kind {
        Kind::Data | Kind::Cut => {
            let Ok(file) = OpenOptions::new().write(true).open(path) else { return };
            if !note.before.is_empty() {
                file.write_all_at(&note.before, note.offset).unwrap();
            }
            file.set_len(note.size_before).unwrap();
        }
        Kind::Made => drop(std::fs::remove_file(path)),
        Kind::Renamed => {
            let not_done =
                std::fs::symlink_metadata(path).is_ok_and(|m| m.ino() == note.size_before);
            if not_done || note.cancelled {
                return;
            }
            std::fs::rename(&note.second, path).unwrap();
            if !note.before.is_empty() {
                let saved = String::from_utf8(note.before.clone()).unwrap();
                std::fs::hard_link(saved, &note.second).unwrap();
            }
        }
        Kind::Removed => {
            if !path.exists() {
                std::fs::hard_link(&note.second, path).unwrap();
            }
        }
        Kind::FolderMade => drop(std::fs::remove_dir_all(path)),
        Kind::FolderRemoved => drop(std::fs::create_dir(path)),
        Kind::Synced | Kind::SyncFailed | Kind::FolderSynced => {}
    }
}

/// Does again what was kept, where the files are now.
#[derive(Default)]
struct Again {
    /// A file whose move was lost, under the name that it still has.
    moved: HashMap<u64, PathBuf>,
    /// Names that were given and are lost.
    void: HashSet<PathBuf>,
}

impl Again {
    fn all(&mut self, notes: &[Note], fates: &[Fate]) {
        for (note, fate) in notes.iter().zip(fates) {
            match fate {
                Fate::Kept => self.again(note, None),
                Fate::Part(sectors) => self.again(note, Some(sectors)),
                Fate::Lost => self.lost(note),
            }
        }
    }

    fn lost(&mut self, note: &Note) {
        match note.kind {
            Kind::Made => drop(self.void.insert(note.path.clone())),
            Kind::Renamed if !note.cancelled => {
                self.moved.insert(note.size_before, note.path.clone());
            }
            _ => {}
        }
    }

    fn again(&mut self, note: &Note, sectors: Option<&Vec<bool>>) {
        match note.kind {
            Kind::Data | Kind::Cut => self.bytes(note, sectors),
            Kind::Made => {
                self.void.remove(&note.path);
                let _ =
                    OpenOptions::new().write(true).create(true).truncate(false).open(&note.path);
            }
            Kind::Renamed if !note.cancelled => {
                if std::fs::rename(&note.path, &note.second).is_ok() {
                    self.void.remove(&note.second);
                }
            }
            Kind::Removed => drop(std::fs::remove_file(&note.path)),
            Kind::FolderMade => drop(std::fs::create_dir(&note.path)),
            Kind::FolderRemoved => drop(std::fs::remove_dir(&note.path)),
            Kind::Renamed | Kind::Synced | Kind::SyncFailed | Kind::FolderSynced => {}
        }
    }

    fn bytes(&self, note: &Note, sectors: Option<&Vec<bool>>) {
        let path = self.moved.get(&note.inode).unwrap_or(&note.path);
        if self.void.contains(path) {
            return;
        }
        let Ok(file) = OpenOptions::new().write(true).open(path) else { return };
        if note.kind == Kind::Cut {
            file.set_len(note.offset).unwrap();
            return;
        }
        for (n, piece) in note.after.chunks(SECTOR).enumerate() {
            if sectors.is_none_or(|sectors| sectors[n]) {
                file.write_all_at(piece, note.offset + (n * SECTOR) as u64).unwrap();
            }
        }
    }
}

/// Compiled when its source has changed; the tests of several runs may begin together.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/disk.c");
        let digest = Sha256::digest(std::fs::read(&source).unwrap());
        let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = folder.join(format!("disk-{name}.so"));
        if library.exists() {
            return library;
        }
        let draft = folder.join(format!("disk-{name}.{}.draft", std::process::id()));
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .args([&draft, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::rename(draft, &library).unwrap();
        library
    })
}
