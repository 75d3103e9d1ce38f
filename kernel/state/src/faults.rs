//! What goes wrong with the state file, in the product's words.

use mag_contract::{Fault, codes};
use rusqlite::{Error, ErrorCode};
use std::io;
use std::path::Path;

pub(crate) fn sqlite(doing: &str, cause: Error) -> Fault {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            Fault::new(codes::DISK_FULL, format!("the disk has no room to {doing}"))
                .hint("make room on the disk of the data folder; nothing else needs to be done")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Fault::new(codes::NOT_WRITABLE, format!("the machine does not allow to {doing}"))
                .hint("give the data folder to the user that runs the board")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Fault::new(codes::STATE, format!("another process holds the state; could not {doing}"))
                .hint("end the other process that has the state file open")
        }
        _ => Fault::new(codes::STATE, format!("could not {doing}")),
    }
    .because(cause)
}

pub(crate) fn io(doing: &str, path: &Path, cause: io::Error) -> Fault {
    let path = path.display();
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Fault::new(codes::DISK_FULL, format!("the disk has no room to {doing} `{path}`"))
        }
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory => Fault::new(
            codes::NOT_WRITABLE,
            format!("the machine does not allow to {doing} `{path}`"),
        )
        .hint("give the data folder to the user that runs the board"),
        _ => Fault::new(codes::STATE, format!("could not {doing} `{path}`")),
    }
    .because(cause)
}

pub(crate) fn closed() -> Fault {
    Fault::new(codes::DRAINING, "the state is closed")
}

/// The file itself is broken, and trying again will not help.
pub(crate) fn is_damage(fault: &Fault) -> bool {
    let cause = std::error::Error::source(fault).and_then(|e| e.downcast_ref::<Error>());
    cause.is_some_and(|e| {
        matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    })
}
