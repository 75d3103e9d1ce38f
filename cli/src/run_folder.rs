//! Notes that a board leaves in `run/` of its data folder for other processes: that it is ready,
//! and how it went down. They are hints; the lock alone tells whether a board runs.

use mag_contract::{Timestamp, durable};
use mag_mobo::ShutdownReport;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

pub(crate) struct Ready<'a> {
    pub(crate) urls: &'a [String],
    pub(crate) version: &'a str,
    pub(crate) boot: i64,
    pub(crate) started_at: Timestamp,
}

fn ready_path(data: &Path) -> PathBuf {
    data.join("run").join("board.json")
}
fn down_path(data: &Path) -> PathBuf {
    data.join("run").join("shutdown.json")
}

/// Nothing but comfort depends on it, so a failure is logged and no more.
pub(crate) fn say_ready(data: &Path, ready: &Ready<'_>) {
    let _ = std::fs::remove_file(down_path(data));
    let note = json!({
        "pid": std::process::id(), "urls": ready.urls, "socket": socket(data),
        "version": ready.version, "boot": ready.boot, "started_at": ready.started_at,
    });
    write(&ready_path(data), &note);
}

pub(crate) fn forget_ready(data: &Path) {
    let _ = std::fs::remove_file(ready_path(data));
}

pub(crate) fn say_down(data: &Path, boot: i64, report: &ShutdownReport) {
    let report = serde_json::to_value(report).unwrap_or_default();
    write(&down_path(data), &json!({ "pid": std::process::id(), "boot": boot, "report": report }));
}

fn write(path: &Path, note: &Json) {
    if let Err(e) = durable::write(path, note.to_string().as_bytes()) {
        tracing::warn!(part = "board", "{} cannot be written: {e}", path.display());
    }
}

pub(crate) fn ready(data: &Path) -> Option<Json> {
    read(&ready_path(data))
}
pub(crate) fn down(data: &Path) -> Option<Json> {
    read(&down_path(data))
}
fn read(path: &Path) -> Option<Json> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Where a running board answers.
pub(crate) fn socket(data: &Path) -> PathBuf {
    data.join(mag_contract::door::LOCAL_SOCKET)
}
