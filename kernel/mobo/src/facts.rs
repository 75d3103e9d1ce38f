//! What the kernel tells on the bus.

use mag_contract::{Fact, PartId};
use serde::{Deserialize, Serialize};

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident $key:literal $durable:literal { $($field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize)]
            pub struct $name { $(pub $field: $type),* }
            impl Fact for $name {
                const NAME: &'static str = $key;
                const DURABLE: bool = $durable;
            }
        )*
        /// Name, and whether it is kept in the journal.
        pub const ALL: &[(&str, bool)] = &[$(($key, $durable)),*];
    };
}

facts! {
    /// The boot began.
    SystemBoot "system.boot" true { version: String, boot: i64 }
    /// Operational.
    SystemReady "system.ready" true { took_ms: u64, parts: usize, degraded: bool }
    /// Going down.
    SystemShutdown "system.shutdown" true { why: String }
    SystemError "system.error" true { message: String, code: String }
    /// A part is lost for good.
    SystemCritical "system.critical" true { part: PartId, because: String }
    ComponentRegistered "component.registered" true { part: PartId, version: String }
    /// Assembled and tested.
    ComponentBooted "component.booted" true { part: PartId }
    ComponentStarted "component.started" true { part: PartId, took_ms: u64 }
    ComponentStopped "component.stopped" true { part: PartId, took_ms: u64, late: Vec<String> }
    ComponentFailed "component.failed" true { part: PartId, because: String, code: String, attempt: u32 }
    /// A newcomer took over.
    ComponentSwapped "component.swapped" true { part: PartId, took_ms: u64, gap_ms: u64 }
    /// Every change of state.
    PartChanged "part.changed" false { part: PartId, from: crate::lifecycle::State, to: crate::lifecycle::State, because: String }
    HealthCheck "health.check" false { part: PartId, good: bool, took_ms: u64, why: Option<String> }
    HealthDegraded "health.degraded" true { part: PartId, from: crate::health::Condition, to: crate::health::Condition, why: String }
    HealthRecovered "health.recovered" true { part: PartId, from: crate::health::Condition, to: crate::health::Condition }
    ConfigChanged "config.changed" true { keys: Vec<String>, live: Vec<String>, swapped: Vec<PartId>, needs_restart: Vec<String> }
    JobQueued "job.queue" true { id: String, kind: String }
    JobDone "job.done" false { id: String, kind: String, took_ms: u64 }
    JobFailed "job.failed" true { id: String, kind: String, attempt: u32, because: String, dead: bool }
    OperationCalled "operation.called" false { operation: String, actor: String, door: String, code: Option<String>, took_ms: u64, preview: bool }
}
