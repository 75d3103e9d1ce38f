//! A call under way, as the caller sees it: its progress as a stream, or its answer alone. A
//! caller who leaves takes the call back.

use crate::form::Form;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;
use mag_contract::door::{Body, BoxError};
use mag_contract::operation::{Running, Step};
use mag_contract::problem::Problem;
use mag_contract::{Fault, codes};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A refusal comes at once; a call that is still silent after this has been let in.
const FIRST_WORD: Duration = Duration::from_millis(250);
/// Proxies cut connections on which nothing moves, the most impatient of them after 30 seconds.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Dropping it cancels the call.
pub(crate) struct UnderWay {
    running: Running,
    /// Whether more steps may come.
    steps: bool,
    told: VecDeque<Told>,
    ended: bool,
}

/// One thing that the caller is told.
pub(crate) enum Told {
    Step(Step),
    Item(Json),
    Answer(Json),
    Problem(Fault),
}

impl UnderWay {
    pub(crate) fn new(running: Running) -> Self {
        Self { running, steps: true, told: VecDeque::new(), ended: false }
    }

    /// The answer alone. Progress is taken and forgotten, so that the call never waits for it.
    pub(crate) async fn answer(mut self) -> Result<Json, Fault> {
        loop {
            match self.next().await {
                Some(Told::Answer(answer)) => return Ok(answer),
                Some(Told::Problem(fault)) => return Err(fault),
                Some(Told::Step(_) | Told::Item(_)) => {}
                None => return Err(silent()),
            }
        }
    }

    /// The stream, once it is known that the call was not refused at the door.
    pub(crate) async fn stream(
        mut self,
        form: Form,
        trace: Option<Arc<str>>,
    ) -> Result<Body, Fault> {
        match tokio::time::timeout(FIRST_WORD, self.next()).await {
            Ok(Some(Told::Problem(fault))) => return Err(fault),
            Ok(Some(told)) => self.told.push_front(told),
            Ok(None) => return Err(silent()),
            Err(_) => {}
        }
        let frames = futures::stream::unfold((self, trace), move |(mut call, trace)| async move {
            let bytes = tokio::select! {
                told = call.next() => line(&told?, form, trace.as_deref()),
                () = tokio::time::sleep(SIGN_OF_LIFE), if form == Form::Events => {
                    Bytes::from_static(b": still here\n\n")
                }
            };
            Some((Ok::<_, BoxError>(Frame::data(bytes)), (call, trace)))
        });
        Ok(Body::streamed(StreamBody::new(frames)))
    }

    /// What comes next; `None` after the end. Nothing is lost when it is dropped half-way.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Some(told);
            }
            if self.ended {
                return None;
            }
            tokio::select! {
                biased;
                step = self.running.steps.recv(), if self.steps => match step {
                    Some(step) => return Some(told(step)),
                    None => self.steps = false,
                },
                answer = &mut self.running.answer => {
                    self.ended = true;
                    // What was said before the answer is told before it.
                    while let Ok(step) = self.running.steps.try_recv() {
                        self.told.push_back(told(step));
                    }
                    let answer = answer.unwrap_or_else(|_| Err(silent()));
                    self.told.push_back(answer.map_or_else(Told::Problem, Told::Answer));
                }
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // A call that has ended does not listen any more.
        let _ = self.running.cancel.send(true);
    }
}

fn told(step: Step) -> Told {
    match step.item {
        Some(item) => Told::Item(item),
        None => Told::Step(step),
    }
}

fn line(told: &Told, form: Form, trace: Option<&str>) -> Bytes {
    let (name, data) = match told {
        Told::Step(step) => ("step", json!(step)),
        Told::Item(item) => ("item", item.clone()),
        Told::Answer(answer) => ("answer", answer.clone()),
        Told::Problem(fault) => ("problem", Problem::of(fault, trace).to_json()),
    };
    let text = match form {
        // JSON on one line has no line breaks, which would end the event.
        Form::Events => format!("event: {name}\ndata: {data}\n\n"),
        Form::Lines | Form::Json => format!("{}\n", json!({ name: data })),
    };
    text.into()
}

fn silent() -> Fault {
    Fault::new(codes::BUG, "the call ended without an answer")
}
