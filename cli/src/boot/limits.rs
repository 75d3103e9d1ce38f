//! Open files: each connection is one, and shells start programs with room for a thousand.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than the gate's own bound on connections, with room for files and engines.
const WANTED: u64 = 65_536;

/// Takes what the machine allows without asking anybody; less is no reason not to boot.
pub(crate) fn raise() {
    let held = getrlimit(Resource::Nofile);
    let allowed = held.maximum.unwrap_or(WANTED).min(WANTED);
    if held.current.is_some_and(|current| current < allowed) {
        let _ =
            setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum: held.maximum });
    }
}
