//! Tells systemd how far the board is, when systemd wants to know (`Type=notify`).

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// Without `NOTIFY_SOCKET` nobody is told; a message that is lost costs nothing but comfort.
pub(crate) fn tell(state: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let Ok(socket) = UnixDatagram::unbound() else { return };
    let text = path.to_string_lossy();
    let sent = match text.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt;
            std::os::unix::net::SocketAddr::from_abstract_name(name)
                .and_then(|at| socket.send_to_addr(state.as_bytes(), &at))
        }
        _ => socket.send_to(state.as_bytes(), &path),
    };
    if let Err(e) = sent {
        tracing::debug!(part = "board", "systemd could not be told `{state}`: {e}");
    }
}

/// How often systemd wants to hear that the process lives: half of its patience.
pub(crate) fn watchdog() -> Option<Duration> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let meant_for_us =
        number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let us = number("WATCHDOG_USEC").filter(|us| *us > 0)?;
    meant_for_us.then(|| Duration::from_micros(us / 2))
}
