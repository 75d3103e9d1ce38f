//! What was to be reached, and whether it was.

#[derive(Default)]
pub(crate) struct Goals(Vec<(String, String, bool)>);

impl Goals {
    pub(crate) fn add(&mut self, goal: impl Into<String>, found: impl Into<String>, reached: bool) {
        self.0.push((goal.into(), found.into(), reached));
    }

    pub(crate) fn print(&self) {
        println!("\n## goals");
        for (goal, found, reached) in &self.0 {
            println!("{:<12}{goal:<72}{found}", if *reached { "reached" } else { "MISSED" });
        }
        let reached = self.0.iter().filter(|(_, _, reached)| *reached).count();
        println!("{reached} of {} reached", self.0.len());
    }
}
