//! The way in for whoever sits at the console: a link that opens the admin screen once.
//! Never: for a reader that keeps what it is told; a log would hand the link to whoever reads logs.

use mag_contract::Actor;
use mag_contract::operation::{Consent, Order};
use mag_mobo::{BootReport, Session};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Making one is a write to the board's store; a boot does not wait longer for a convenience.
const WITHIN: Duration = Duration::from_secs(2);

/// `http://127.0.0.1:8000/#link=…`; nothing when no screen is served, or none can be made.
pub(super) async fn make(session: &Session, report: &BootReport) -> Option<String> {
    let url = report.urls.iter().find(|url| url.starts_with("http"))?;
    let name = std::env::var("USER").unwrap_or_else(|_| "owner".into());
    let order = Order {
        name: "admin:link".into(),
        input: json!({}),
        actor: Actor::owner(name),
        door: "local",
        from: None,
        trace_id: None,
        preview: false,
        consent: Consent::Yes,
    };
    let mut running = session.desk().call(order);
    let answer = tokio::time::timeout(WITHIN, &mut running.answer).await.ok()?.ok()?.ok()?;
    let path = answer.get("path").and_then(Json::as_str)?;
    Some(format!("{}{path}", url.trim_end_matches('/')))
}
