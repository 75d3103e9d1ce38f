//! Asking a person. Whoever is no person, or answers anything but yes, has not agreed.

use crate::screen::{Screen, Tone};
use std::io::{BufRead, IsTerminal, Write};

/// `None` when nobody is there to be asked.
pub(crate) fn ask(screen: &Screen, question: &str) -> Option<bool> {
    if screen.json || !std::io::stdin().is_terminal() || !screen.live_err {
        return None;
    }
    let mut err = std::io::stderr();
    let _ =
        write!(err, "{} [y/N] ", screen.paint_err(Tone::Bold, question)).and_then(|()| err.flush());
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
