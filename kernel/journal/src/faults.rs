//! What goes wrong here, in the product's words. One place, so that the same cause always has the
//! same code and the same next step.

use crate::record::{NAME_MAX, PAYLOAD_MAX, Position};
use mag_contract::{Fault, codes};
use std::io;
use std::path::Path;

pub(crate) fn io(doing: &str, path: &Path, cause: io::Error) -> Fault {
    let path = path.display();
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Fault::new(codes::DISK_FULL, format!("the disk has no room to {doing} `{path}`"))
                .hint("make room on the disk of the data folder; nothing else needs to be done")
        }
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory => Fault::new(
            codes::NOT_WRITABLE,
            format!("the machine does not allow to {doing} `{path}`"),
        )
        .hint("give the data folder to the user that runs the board"),
        _ => Fault::new(codes::JOURNAL, format!("could not {doing} `{path}`")),
    }
    .because(cause)
}

pub(crate) fn gone(from: Position, oldest: Position) -> Fault {
    Fault::new(
        codes::POSITION_GONE,
        format!("position {from} is no longer kept; the oldest that is kept is {oldest}"),
    )
    .details(format!("oldest={oldest}"))
    .hint(format!("read from position {oldest}"))
}

pub(crate) fn closed() -> Fault {
    Fault::new(codes::DRAINING, "the journal is closed")
}

pub(crate) fn queue_full(queue: usize) -> Fault {
    Fault::new(codes::JOURNAL_BUSY, format!("{queue} facts already wait for the disk"))
        .hint("await the append, so that the publisher is slowed down to what the disk can do")
}

pub(crate) fn bad_name(what: &str, len: usize) -> Fault {
    Fault::new(
        codes::BAD_INPUT,
        format!("the {what} of a fact has 1 to {NAME_MAX} bytes, this one has {len}"),
    )
}

pub(crate) fn too_large(topic: &str, len: usize) -> Fault {
    Fault::new(
        codes::FACT_TOO_LARGE,
        format!("a fact `{topic}` of {len} bytes is larger than the {PAYLOAD_MAX} that are kept"),
    )
    .hint("store the content where it belongs, and say in the fact where it is")
}

pub(crate) fn bad_consumer(name: &str) -> Fault {
    Fault::new(codes::BAD_INPUT, format!("`{name}` cannot name a consumer of facts"))
        .hint("use 1 to 64 of a-z, 0-9, `-`, `_` and `.`, beginning with a letter or digit")
}
