//! A token at the socket that every door asks: seen before, and not.

use crate::house::House;
use crate::{Goal, at};
use std::time::{Duration, Instant};

/// Of one measurement; a single call is shorter than the clock is exact.
const TOGETHER: u32 = 1_000;
const ROUNDS: usize = 50;

pub(crate) async fn run() -> Vec<Goal> {
    println!("\n## a token ({ROUNDS} rounds)");
    let house = House::new().await;
    let wish = serde_json::json!({"name": "bench", "kind": "jwt", "role": "authenticated"});
    let made = house.call("key:create", wish).await.unwrap();
    let token = made["key"].as_str().unwrap().to_owned();
    let cached = rounds(&house, &token, TOGETHER).await;
    house.settle("shop", |settings| settings.tokens.jwt_cache_max_entries = 0);
    let uncached = rounds(&house, &token, TOGETHER / 10).await;
    vec![
        Goal {
            what: "a token that was seen before is known in less than 2 µs",
            found: format!("{cached:.2?}"),
            reached: cached < Duration::from_micros(2),
        },
        Goal {
            what: "a token that was not seen before is verified in less than 150 µs",
            found: format!("{uncached:.2?}"),
            reached: uncached < Duration::from_micros(150),
        },
    ]
}

/// The median of the rounds, for one call.
async fn rounds(house: &House, token: &str, together: u32) -> Duration {
    house.identify("shop", None, Some(token)).await.unwrap();
    let (authn, project) = (house.authn(), house.project("shop"));
    let mut times = vec![];
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..together {
            let shown = mag_ports::Credentials {
                bearer: Some(mag_contract::Secret::new(token.to_owned())),
                door: Some("rest"),
                ..mag_ports::Credentials::default()
            };
            authn.identify(&project, shown).await.unwrap();
        }
        times.push(began.elapsed() / together);
    }
    let (p50, p99) = (at(&mut times, 0.5), at(&mut times, 0.99));
    println!("{together:>6} together  p50 {p50:>9.2?}  p99 {p99:>9.2?}");
    p50
}
