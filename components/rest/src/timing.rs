//! How long each stage of a request took, as `Server-Timing` tells it.

use tokio::time::Instant;

pub(crate) struct Timing {
    last: Instant,
    stages: Vec<(&'static str, f64)>,
}

const STAGES: [&str; 5] = ["jwt", "parse", "plan", "transaction", "response"];

impl Timing {
    pub(crate) fn begin() -> Self {
        Self { last: Instant::now(), stages: Vec::with_capacity(STAGES.len()) }
    }
    /// The stage has ended.
    pub(crate) fn mark(&mut self, stage: &'static str) {
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
