//! What the kernel itself can do, as operations: declared here, shown by every door.

mod audit;
mod board;
mod component;
mod config;
mod doctor;
mod events;
mod health;
mod jobs;
mod logs;

use crate::session::Session;
use mag_contract::operation::{Offer, Spec};
use mag_contract::{Fault, Timestamp, codes};
use mag_settings::Span;
use std::sync::Arc;

pub use audit::{AuditList, AuditRow};
pub use board::{CheckReport, StatusReport, check_config};
pub use component::{PartList, PartRow};
pub use config::{ConfigChecked, SettingList, SettingRow, ShowInput, mistakes, rows};
pub use doctor::{DoctorInput, DoctorReport, ailments, examine, ports};
pub use events::EventRow;
pub use health::HealthReport;
pub use logs::{LogLines, LogRow, LogsInput, lines};

/// Which part of the kernel answers under this number: it is never withdrawn.
const OWN: u64 = 0;

/// Every operation of the kernel, bound to this session.
pub(crate) fn offer(session: &Session) {
    let kernel = session.board().kernel();
    kernel.desk.seat(OWN, offers(session));
}

fn offers(session: &Session) -> Vec<Offer> {
    let mut offers = vec![];
    board::offer(session, &mut offers);
    component::offer(session, &mut offers);
    health::offer(session, &mut offers);
    config::offer(session, &mut offers);
    events::offer(session, &mut offers);
    jobs::offer(session, &mut offers);
    logs::offer(session, &mut offers);
    audit::offer(session, &mut offers);
    doctor::offer(session, &mut offers);
    offers
}

/// The declarations alone, for the command line and the book while no board runs.
pub fn specs() -> Vec<Arc<Spec>> {
    let mut specs = vec![];
    board::declare(&mut specs);
    component::declare(&mut specs);
    health::declare(&mut specs);
    config::declare(&mut specs);
    events::declare(&mut specs);
    jobs::declare(&mut specs);
    logs::declare(&mut specs);
    audit::declare(&mut specs);
    doctor::declare(&mut specs);
    specs
}

/// Declares operations and binds their functions in one list:
/// `operations! { session; List => |session, input, call| async move { ... } }`
macro_rules! operations {
    ($($operation:ty => $function:path;)*) => {
        pub(super) fn declare(specs: &mut Vec<std::sync::Arc<mag_contract::operation::Spec>>) {
            $(specs.push(std::sync::Arc::new(mag_contract::operation::Spec::of::<$operation>()));)*
        }
        pub(super) fn offer(
            session: &crate::session::Session,
            offers: &mut Vec<mag_contract::operation::Offer>,
        ) {
            $({
                let session = session.clone();
                offers.push(mag_contract::operation::Offer::new::<$operation, _, _>(
                    move |input, call| $function(session.clone(), input, call),
                ));
            })*
        }
    };
}
use operations;

/// Input of operations that take none.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Nothing {}

/// A moment, given as a time or as how long ago: `2026-01-02T03:04:05Z` or `10m`.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    if let Some(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    text.parse::<Span>().map(|ago| now.minus(ago.duration())).map_err(|_| {
        Fault::new(codes::BAD_INPUT, format!("`{text}` is not a moment"))
            .hint("write a time such as `2026-01-02T03:04:05Z`, or how long ago, such as `10m`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago() {
        let now = Timestamp::parse("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(moment("5s", now).unwrap().to_string(), "2026-01-02T03:04:00.000Z");
        assert_eq!(
            moment("2026-01-01T00:00:00Z", now).unwrap().to_string(),
            "2026-01-01T00:00:00.000Z"
        );
        assert_eq!(moment("yesterday", now).unwrap_err().code(), codes::BAD_INPUT);
    }

    #[test]
    fn every_operation_says_what_it_needs_and_shows_an_example() {
        let specs = specs();
        let mut names: Vec<_> = specs.iter().map(|s| s.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), specs.len(), "a name is given twice");
        for spec in specs {
            assert!(spec.name.contains(':') && !spec.summary.ends_with('.'), "{}", spec.name);
            assert!(!spec.examples.is_empty(), "{} has no example", spec.name);
            assert!(spec.permission.contains('.'), "{}", spec.name);
            let fields = spec.input.pointer("/properties");
            for name in spec.positional {
                let known = fields.is_some_and(|f| f.get(name).is_some());
                assert!(known, "{}: no input `{name}`", spec.name);
            }
            let destructive = spec.effect == mag_contract::Effect::Destructive;
            assert!(!destructive || spec.preview, "{} destroys and has no preview", spec.name);
        }
    }
}
