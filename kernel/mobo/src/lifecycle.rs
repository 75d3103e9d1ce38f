//! The life of a part as a table. Pure: no clock, no tasks.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Seated,
    Assembling,
    Testing,
    Starting,
    Live,
    Draining,
    /// Crashed, waiting for its next assembly.
    Waiting,
    /// Lost: no more attempts without an operator.
    Failed,
    Stopped,
}

impl State {
    /// The word that people are shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seated => "loaded",
            Self::Assembling | Self::Testing => "loading",
            Self::Starting => "starting",
            Self::Live => "running",
            Self::Draining => "stopping",
            Self::Waiting => "restarting",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Assemble,
    Assembled,
    Passed,
    Ready,
    Crashed,
    GiveUp,
    Drain,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{step:?} is not possible while {from:?}")]
pub(crate) struct Illegal {
    pub from: State,
    pub step: Step,
}

/// Every change of state in the kernel goes through here.
pub(crate) fn next(from: State, step: Step) -> Result<State, Illegal> {
    use State::*;
    Ok(match (from, step) {
        (Seated | Waiting | Failed | Stopped, Step::Assemble) => Assembling,
        (Assembling, Step::Assembled) => Testing,
        (Testing, Step::Passed) => Starting,
        (Starting, Step::Ready) => Live,
        (Assembling | Testing | Starting | Live, Step::Crashed) => Waiting,
        (Waiting, Step::GiveUp) => Failed,
        (Assembling | Testing | Starting | Live, Step::Drain) => Draining,
        (Waiting | Failed | Seated, Step::Drain) => Stopped,
        (Draining, Step::Ended | Step::Crashed) => Stopped,
        _ => return Err(Illegal { from, step }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_lives_has_no_surprises() {
        use State::*;
        let steps = [
            Step::Assemble,
            Step::Assembled,
            Step::Passed,
            Step::Ready,
            Step::Crashed,
            Step::GiveUp,
            Step::Drain,
            Step::Ended,
        ];
        let states =
            [Seated, Assembling, Testing, Starting, Live, Draining, Waiting, Failed, Stopped];
        let mut table = String::new();
        for from in states {
            for step in steps {
                if let Ok(to) = next(from, step) {
                    table += &format!("{from:?} --{step:?}--> {to:?}\n");
                }
            }
        }
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/life.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(golden, &table).unwrap();
        }
        assert_eq!(table, std::fs::read_to_string(golden).unwrap());
    }
}
