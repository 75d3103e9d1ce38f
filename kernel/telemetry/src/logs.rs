//! Log files, read back: the last lines, and those that come. Reads what is there and nothing more;
//! the board need not run.

use crate::level::Level;
use crate::line::Line;
use crate::rotate::{FILE, set_aside};
use mag_contract::Timestamp;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Which lines are wanted.
#[derive(Clone, Debug)]
pub struct Filter {
    pub part: Option<String>,
    /// This level and those that matter more.
    pub level: Level,
    pub since: Option<Timestamp>,
    /// The last so many.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self { part: None, level: Level::Debug, since: None, limit: 100 }
    }
}

impl Filter {
    pub fn wants(&self, line: &Line) -> bool {
        line.level >= self.level
            && self.part.as_ref().is_none_or(|part| *part == line.part)
            && self.since.is_none_or(|since| line.time >= since)
    }
}

/// The last lines that the filter wants, the oldest first, over all files that are kept. A torn line
/// is left out.
pub fn tail(folder: &Path, filter: &Filter) -> io::Result<Vec<Line>> {
    let mut found = vec![];
    let mut names = if folder.exists() { set_aside(folder)? } else { vec![] };
    names.push(FILE.to_owned());
    for name in names.iter().rev() {
        let file = match File::open(folder.join(name)) {
            Ok(file) => file,
            // Set aside or removed while we read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if !backwards(file, |text| take(text, filter, &mut found))? {
            break;
        }
    }
    found.reverse();
    Ok(found)
}

/// Whether older lines are still wanted.
fn take(text: &[u8], filter: &Filter, found: &mut Vec<Line>) -> bool {
    if found.len() >= filter.limit {
        return false;
    }
    let Some(line) = Line::parse(&String::from_utf8_lossy(text)) else { return true };
    // Lines of several threads may be out of order by a little; a second is a lot.
    let slack = std::time::Duration::from_secs(1);
    if filter.since.is_some_and(|since| line.time < since.minus(slack)) {
        return false;
    }
    if filter.wants(&line) {
        found.push(line);
    }
    found.len() < filter.limit
}

/// Read from the end: the last lines of a large file are found without reading the rest.
const CHUNK: usize = 64 * 1024;
/// A line is at most a few values long; more without a newline is not a log.
const LINE_MAX: usize = 4 * 1024 * 1024;

fn backwards(mut file: File, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
    let mut end = file.seek(SeekFrom::End(0))?;
    // Bytes of a line whose beginning was not read yet.
    let mut rest: Vec<u8> = vec![];
    while end > 0 {
        let size = usize::try_from(end).unwrap_or(CHUNK).min(CHUNK);
        end -= u64::try_from(size).unwrap_or(0);
        file.seek(SeekFrom::Start(end))?;
        let mut chunk = vec![0; size];
        file.read_exact(&mut chunk)?;
        chunk.extend_from_slice(&rest);
        let mut lines: Vec<&[u8]> = chunk.split(|byte| *byte == b'\n').collect();
        let first = lines.remove(0);
        for line in lines.into_iter().rev().filter(|line| !line.is_empty()) {
            if !each(line) {
                return Ok(false);
            }
        }
        rest = if first.len() > LINE_MAX { vec![] } else { first.to_vec() };
    }
    Ok(rest.is_empty() || each(&rest))
}

/// Lines as they come, over rotations. The caller decides how often to look.
pub struct Follower {
    folder: PathBuf,
    filter: Filter,
    file: Option<File>,
    /// The beginning of a line whose end is not written yet.
    rest: Vec<u8>,
}

impl Follower {
    /// From the end of the file as it is now.
    pub fn new(folder: impl Into<PathBuf>, filter: Filter) -> io::Result<Self> {
        let folder = folder.into();
        let mut file = open(&folder)?;
        if let Some(file) = &mut file {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self { folder, filter, file, rest: vec![] })
    }
    /// What came since the last call; empty when nothing did.
    pub fn poll(&mut self) -> io::Result<Vec<Line>> {
        let mut found = vec![];
        // Looked at before the old file is read to its end: nothing can come between.
        let newer = match (&self.file, open(&self.folder)?) {
            (Some(old), Some(new)) if is_same(old, &new)? => None,
            (_, new) => new,
        };
        self.read(&mut found)?;
        if newer.is_some() {
            self.file = newer;
            self.rest.clear();
            self.read(&mut found)?;
        }
        Ok(found)
    }
    fn read(&mut self, found: &mut Vec<Line>) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if file.metadata()?.len() < file.stream_position()? {
            // Someone emptied it.
            file.seek(SeekFrom::Start(0))?;
        }
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                return Ok(());
            }
            self.rest.extend_from_slice(&chunk[..read]);
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                let line = Line::parse(String::from_utf8_lossy(&line).trim_end());
                found.extend(line.filter(|line| self.filter.wants(line)));
            }
            if self.rest.len() > LINE_MAX {
                self.rest.clear();
            }
        }
    }
}

fn open(folder: &Path) -> io::Result<Option<File>> {
    match File::open(folder.join(FILE)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_same(a: &File, b: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (a, b) = (a.metadata()?, b.metadata()?);
    Ok((a.dev(), a.ino()) == (b.dev(), b.ino()))
}

#[cfg(not(unix))]
fn is_same(a: &File, b: &File) -> io::Result<bool> {
    // A file that was set aside keeps its length; the new one began at zero.
    Ok(a.metadata()?.created()? == b.metadata()?.created()?)
}
