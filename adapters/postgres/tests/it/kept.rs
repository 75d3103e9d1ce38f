//! What is kept with a template answers as a whole plan does.

use crate::conformance::OnPostgres;
use mag_adapter::templates;
use mag_kit::postgres::postgres;
use mag_query::Rules;

#[tokio::test]
async fn a_plan_out_of_a_template_is_answered_as_one_that_was_made_for_the_call() {
    let Some(server) = postgres() else { return };
    let kept = templates::run(&OnPostgres::new(server), Rules::Compiled, 0..6, 60).await.unwrap();
    assert!(kept.failures.is_empty(), "{}", kept.failures.join("\n\n"));
    assert!(kept.cases > 500, "{} cases", kept.cases);
}

#[tokio::test]
async fn nobody_is_answered_as_someone_who_asked_before_on_the_same_connection() {
    let Some(server) = postgres() else { return };
    let kept = templates::run(&OnPostgres::new(server), Rules::Native, 0..6, 60).await.unwrap();
    assert!(kept.failures.is_empty(), "{}", kept.failures.join("\n\n"));
    assert!(kept.cases > 500, "{} cases", kept.cases);
}
