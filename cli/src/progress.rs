//! How far a long call is: a spinner, or a bar when the total is known, on a terminal. A pipe or a
//! file gets nothing.

use crate::screen::Screen;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value as Json;
use std::time::Duration;

pub(crate) struct Progress(ProgressBar);

/// What is over within this time needs no sign that it is under way.
const PATIENCE: Duration = Duration::from_millis(250);
const TICK: Duration = Duration::from_millis(100);

impl Progress {
    pub(crate) fn new(screen: &Screen) -> Self {
        let shown = screen.live_err && !screen.quiet && !screen.json;
        let target = match shown {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template(match screen.unicode {
            true => "{spinner} {msg} {elapsed}",
            false => "{msg} {elapsed}",
        });
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self(bar)
    }
    pub(crate) fn say(&self, message: &str) {
        self.0.set_message(crate::screen::tame(message));
        self.0.tick();
    }
    /// A step as the board tells it.
    pub(crate) fn step(&self, step: &Json) {
        let message = step.get("message").and_then(Json::as_str).unwrap_or_default();
        let of = step.get("of").and_then(Json::as_array);
        let number = |at: usize| of.and_then(|of| of.get(at)?.as_u64());
        if let (Some(done), Some(total)) = (number(0), number(1)) {
            if self.0.length().is_none()
                && let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
            {
                self.0.set_style(style);
            }
            self.0.set_length(total);
            self.0.set_position(done);
        }
        self.say(message);
    }
    /// Turns until the future is over.
    pub(crate) async fn during<T>(&self, message: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + PATIENCE, TICK);
        let mut told = false;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = tick.tick() => {
                    if !told && self.0.message().is_empty() {
                        self.0.set_message(message.to_owned());
                    }
                    told = true;
                    self.0.tick();
                }
            }
        }
    }
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
