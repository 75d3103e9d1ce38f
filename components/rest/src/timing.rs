//! How long each stage of a request took, as `Server-Timing` tells it.

use tokio::time::Instant;

pub(crate) struct Timing {
    last: Instant,
    wanted: bool,
    stages: Vec<(&'static str, f64)>,
}

const STAGES: [&str; 5] = ["jwt", "parse", "plan", "transaction", "response"];

impl Timing {
    pub(crate) fn begin() -> Self {
        Self { last: Instant::now(), wanted: true, stages: Vec::new() }
    }
    /// Whether anybody is told: looking at the clock is not free.
    pub(crate) fn wanted(&mut self, wanted: bool) {
        self.wanted = wanted;
    }
    /// The stage has ended.
    pub(crate) fn mark(&mut self, stage: &'static str) {
        if !self.wanted {
            return;
        }
        let now = Instant::now();
        let took = now.duration_since(self.last).as_secs_f64() * 1000.0;
        self.last = now;
        self.stages.push((stage, took));
    }
    /// What is left is the making of the response.
    pub(crate) fn rest(&mut self) {
        self.mark("response");
    }
    /// A stage that there was no need for took no time.
    pub(crate) fn header(&self) -> String {
        let each = STAGES.map(|stage| {
            let took = self.stages.iter().find(|(known, _)| *known == stage);
            format!("{stage};dur={:.1}", took.map_or(0.0, |(_, took)| *took))
        });
        each.join(", ")
    }
}
