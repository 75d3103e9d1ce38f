//! The file `mobo.log`: set aside when it is too large or too old, and only so many are kept.

use crate::line::Line;
use mag_contract::{Clock, Timestamp};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const FILE: &str = "mobo.log";
const PREFIX: &str = "mobo.";
const SUFFIX: &str = ".log";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub(crate) size: u64,
    pub(crate) age: Duration,
    pub(crate) keep: usize,
}

pub(crate) struct RotatingFile {
    folder: PathBuf,
    clock: Clock,
    open: Option<Open>,
    /// A file that could not be set aside is written on until then.
    aside_after: Timestamp,
}

struct Open {
    file: File,
    size: u64,
    /// The time of the first line: a file that outlives a restart keeps its age.
    born: Timestamp,
    /// The last write ended inside a line.
    torn: bool,
}

impl RotatingFile {
    pub(crate) fn new(folder: PathBuf, clock: Clock) -> Self {
        Self { folder, clock, open: None, aside_after: Timestamp(i64::MIN) }
    }
    /// Writes whole lines. After an error the file is opened anew at the next call.
    pub(crate) fn write(&mut self, lines: &[String], limits: Limits) -> io::Result<()> {
        if !self.folder.join(FILE).exists() {
            // Someone removed it: what is written to the old one, nobody can read.
            self.open = None;
        }
        let written = self.write_batches(lines, limits);
        if written.is_err() {
            self.open = None;
        }
        written
    }
    fn write_batches(&mut self, lines: &[String], limits: Limits) -> io::Result<()> {
        let mut batch = String::new();
        for line in lines {
            let length = u64::try_from(line.len() + 1).unwrap_or(u64::MAX);
            let waiting = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            if self.is_full(waiting, length, limits)? {
                self.append(&batch)?;
                batch.clear();
                if self.set_aside(limits.keep).is_err() {
                    // Better a file that is too large than lines that are lost.
                    self.aside_after =
                        Timestamp(self.clock.now().millis().saturating_add(TRY_AGAIN));
                }
            }
            batch.push_str(line);
            batch.push('\n');
        }
        self.append(&batch)
    }
    fn is_full(&mut self, waiting: u64, more: u64, limits: Limits) -> io::Result<bool> {
        let now = self.clock.now();
        let is_due = now >= self.aside_after;
        let open = self.opened()?;
        let size = open.size + waiting;
        Ok(is_due && size > 0 && (size + more > limits.size || now.since(open.born) >= limits.age))
    }
    fn append(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let open = self.opened()?;
        if open.torn {
            open.file.write_all(b"\n")?;
        }
        open.torn = true;
        open.file.write_all(text.as_bytes())?;
        open.torn = false;
        open.size += u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(())
    }
    fn opened(&mut self) -> io::Result<&mut Open> {
        if self.open.is_none() {
            self.open = Some(Open::at(&self.folder, self.clock.now())?);
        }
        self.open.as_mut().ok_or_else(|| io::Error::other("the log file is not open"))
    }
    fn set_aside(&mut self, keep: usize) -> io::Result<()> {
        self.open = None;
        let name = self.free_name()?;
        std::fs::rename(self.folder.join(FILE), self.folder.join(name))?;
        let mut old = set_aside(&self.folder)?;
        while old.len() > keep {
            std::fs::remove_file(self.folder.join(old.remove(0)))?;
        }
        Ok(())
    }
    /// Named by the time it was set aside, so that names sort by age.
    fn free_name(&self) -> io::Result<String> {
        let now = self.clock.now();
        let names = (0..SAME_MOMENT_MAX).map(|later| {
            let stamp = Timestamp(now.millis().saturating_add(later)).to_string();
            format!("{PREFIX}{}{SUFFIX}", stamp.replace(':', "-"))
        });
        let mut free = names.filter(|name| !self.folder.join(name).exists());
        free.next().ok_or_else(|| io::Error::other("too many log files were set aside at once"))
    }
}

/// Milliseconds until a file that could not be set aside is tried again.
const TRY_AGAIN: i64 = 60_000;
/// Files set aside in one millisecond borrow the next ones' names.
const SAME_MOMENT_MAX: i64 = 10_000;

impl Open {
    fn at(folder: &Path, now: Timestamp) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
        let file = options.open(&path)?;
        let size = file.metadata()?.len();
        let born = if size > 0 { first_time(&path).unwrap_or(now) } else { now };
        Ok(Self { file, size, born, torn: size > 0 && !ends_with_newline(&path) })
    }
}

/// A first line longer than this has no time that is worth looking for.
const FIRST_LINE_MAX: u64 = 64 * 1024;

fn first_time(path: &Path) -> Option<Timestamp> {
    let mut line = String::new();
    let file = io::Read::take(File::open(path).ok()?, FIRST_LINE_MAX);
    io::BufReader::new(file).read_line(&mut line).ok()?;
    Line::parse(line.trim_end()).map(|line| line.time)
}

fn ends_with_newline(path: &Path) -> bool {
    use io::{Read, Seek};
    let mut last = [0];
    let read = File::open(path).and_then(|mut file| {
        file.seek(io::SeekFrom::End(-1))?;
        file.read_exact(&mut last)
    });
    read.is_err() || last == *b"\n"
}

/// The names of the files that were set aside, the oldest first.
pub(crate) fn set_aside(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = vec![];
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != FILE && name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{FILE, Limits, RotatingFile, set_aside};
    use mag_contract::Clock;
    use std::time::Duration;

    const LIMITS: Limits = Limits { size: 10, age: Duration::from_secs(60), keep: 2 };

    #[test]
    fn a_file_that_is_too_large_is_set_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::new(folder.path().into(), Clock::held(0));
        let lines: Vec<String> =
            ["one", "two", "three", "four", "five", "six"].map(String::from).into();
        file.write(&lines, LIMITS).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read(FILE), "six\n");
        let aside = set_aside(folder.path()).unwrap();
        let aside: Vec<String> = aside.iter().map(|name| read(name)).collect();
        assert_eq!(aside, ["three\n", "four\nfive\n"], "one and two went, the oldest first");
    }

    #[test]
    fn a_file_that_was_removed_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::new(folder.path().into(), Clock::held(0));
        file.write(&["one".into()], LIMITS).unwrap();
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        file.write(&["two".into()], LIMITS).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "two\n");
    }

    #[test]
    fn a_file_keeps_its_age_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::held(0);
        let limits = Limits { size: 10_000, ..LIMITS };
        let first = "[1970-01-01T00:00:00.000Z] [INFO] [gate] hello".to_owned();
        let open = || RotatingFile::new(folder.path().into(), clock.clone());
        open().write(&[first], limits).unwrap();
        clock.advance(Duration::from_secs(59));
        open().write(&["a".into()], limits).unwrap();
        assert_eq!(set_aside(folder.path()).unwrap().len(), 0);
        clock.advance(Duration::from_secs(1));
        open().write(&["b".into()], limits).unwrap();
        assert_eq!(set_aside(folder.path()).unwrap(), ["mobo.1970-01-01T00-01-00.000Z.log"]);
    }

    #[test]
    fn a_torn_last_line_does_not_swallow_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "to").unwrap();
        let mut file = RotatingFile::new(folder.path().into(), Clock::held(0));
        file.write(&["b".into()], LIMITS).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "to\nb\n");
    }
}
