//! What is kept with a template answers as a whole plan does.

use crate::conformance::Folders;
use mag_adapter::templates;
use mag_query::Rules;

#[tokio::test]
async fn a_plan_out_of_a_template_is_answered_as_one_that_was_made_for_the_call() {
    let kept = templates::run(&Folders::default(), Rules::Compiled, 0..6, 60).await.unwrap();
    assert!(kept.failures.is_empty(), "{}", kept.failures.join("\n\n"));
    assert!(kept.cases > 500, "{} cases", kept.cases);
}
