//! The kernel's own sections of the settings file. Every number that the board uses is here.

use mag_settings::{Bytes, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How the board waits for parts and answers their crashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoardSettings {
    /// A part must say that it is ready within this time.
    #[schemars(extend("x-live" = true))]
    pub ready_within: Span,
    /// A part that is asked to leave has this long to finish its work.
    #[schemars(extend("x-live" = true))]
    pub drain_within: Span,
    /// The whole board leaves within this time; who is late is ended and named.
    #[schemars(extend("x-live" = true))]
    pub shutdown_within: Span,
    /// A live part that does not answer its heartbeat for so long is taken for hung; 0s never asks.
    #[schemars(extend("x-live" = true))]
    pub heartbeat_within: Span,
    /// A part that crashes is started again so often, then it is lost until someone acts.
    #[schemars(extend("x-live" = true))]
    pub restarts: u32,
    /// The pause before the first restart; each further one doubles it.
    #[schemars(extend("x-live" = true))]
    pub restart_pause: Span,
    /// A part that lived so long has its restarts back.
    #[schemars(extend("x-live" = true))]
    pub stable_after: Span,
    /// Operations under way at once; one more is refused.
    #[schemars(range(min = 1, max = 100_000))]
    pub calls_max: u32,
}

impl Default for BoardSettings {
    fn default() -> Self {
        Self {
            ready_within: Span::of_secs(10),
            drain_within: Span::of_secs(10),
            shutdown_within: Span::of_secs(30),
            heartbeat_within: Span::of_secs(15),
            restarts: 3,
            restart_pause: Span::of_secs(10),
            stable_after: Span::of_secs(300),
            calls_max: 256,
        }
    }
}

impl BoardSettings {
    pub fn stable_after(&self) -> Duration {
        self.stable_after.duration()
    }
}

/// How the health monitor looks at live parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HealthSettings {
    /// Time between two checks of a part.
    #[schemars(extend("x-live" = true))]
    pub interval: Span,
    /// A check that takes longer is a bad one.
    #[schemars(extend("x-live" = true))]
    pub timeout: Span,
    /// A bad check is repeated so often before it counts.
    #[schemars(extend("x-live" = true))]
    pub retries: u32,
    /// Time between those repetitions.
    #[schemars(extend("x-live" = true))]
    pub retry_pause: Span,
    /// So many bad checks in a row move a part one step down.
    #[schemars(extend("x-live" = true), range(min = 1))]
    pub failures: u32,
    /// So many good checks in a row move a part one step up.
    #[schemars(extend("x-live" = true), range(min = 1))]
    pub recoveries: u32,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            interval: Span::of_secs(30),
            timeout: Span::of_secs(5),
            retries: 3,
            retry_pause: Span::of_secs(5),
            failures: 2,
            recoveries: 2,
        }
    }
}

/// How long durable facts are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSettings {
    /// Facts older than this are forgotten.
    pub keep: Span,
    /// The oldest facts are forgotten when all of them take more room than this.
    pub size_max: Bytes,
    /// Lines of the audit log older than this are forgotten, a month of them at a time; 0 keeps them
    /// for good.
    pub audit_keep: Span,
}

impl Default for JournalSettings {
    fn default() -> Self {
        let keep = Span::of_secs(7 * 24 * 3600);
        Self { keep, size_max: Bytes::of(1 << 30), audit_keep: Span::of_secs(0) }
    }
}

/// How background jobs are run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JobsSettings {
    /// Jobs that run at once.
    #[schemars(extend("x-live" = true), range(min = 1, max = 1024))]
    pub at_once: u32,
    /// Finished jobs are forgotten after this time; dead ones stay until someone decides.
    #[schemars(extend("x-live" = true))]
    pub keep_done: Span,
}

impl Default for JobsSettings {
    fn default() -> Self {
        Self { at_once: 4, keep_done: Span::of_secs(7 * 24 * 3600) }
    }
}

/// Which parts are plugged in: `name = true` or `false`; a part that is not named keeps its default.
pub(crate) type Plugged = BTreeMap<String, bool>;
