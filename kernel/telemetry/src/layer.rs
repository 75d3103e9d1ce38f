//! Where `tracing` ends: events become log lines, spans become spans of a trace.

use crate::level::{Level, Levels};
use crate::line::Line;
use crate::otlp::{FinishedSpan, Kind, SpanQueue};
use crate::sink::Sink;
use crate::trace::{SpanId, TraceId, Traceparent};
use crate::visit::{PartOnly, Seen};
use arc_swap::ArcSwap;
use mag_contract::Clock;
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{Extensions, LookupSpan, SpanRef};

pub(crate) struct House {
    pub(crate) levels: Arc<ArcSwap<Levels>>,
    pub(crate) sink: Sink,
    pub(crate) clock: Clock,
    /// There when traces are sent somewhere.
    pub(crate) spans: Option<SpanQueue>,
}

/// What a span carries; the part that speaks, where it says so.
struct Part(Arc<str>);

/// The trace of a span, and what is known of it so far when it is to be sent.
struct Traced {
    context: Traceparent,
    open: Option<Box<Open>>,
}

struct Open {
    parent: Option<SpanId>,
    kind: Kind,
    name: String,
    begun_nanos: u64,
    since: Instant,
    error: Option<String>,
    attributes: Map<String, Value>,
}

pub(crate) fn traced(extensions: &Extensions<'_>) -> Option<Traceparent> {
    extensions.get::<Traced>().map(|traced| traced.context)
}

impl House {
    fn filter(&self, metadata: &Metadata<'_>) -> bool {
        let levels = self.levels.load();
        let most = if metadata.is_span() { levels.span_filter() } else { levels.filter() };
        *metadata.level() <= most
    }
    /// The trace of a new span: its caller's, its parent's, or one that begins here.
    fn begin(&self, seen: &mut Seen, name: &str, above: Option<Traceparent>) -> Option<Traced> {
        let caller = seen.traceparent.take().and_then(|text| Traceparent::parse(&text));
        let parent = caller.or(above);
        let Some(queue) = &self.spans else {
            // Nothing is sent from here, but the caller's trace is passed on and named in logs.
            return caller.map(|context| Traced { context, open: None });
        };
        let trace = parent.map_or_else(TraceId::random, |parent| parent.trace);
        let sampled = parent.map_or_else(|| trace.is_within(queue.share), |parent| parent.sampled);
        let context = Traceparent { trace, span: SpanId::random(), sampled };
        if !sampled {
            return Some(Traced { context, open: None });
        }
        let mut attributes = std::mem::take(&mut seen.fields);
        let mut text = |name: &str| match attributes.shift_remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let kind = Kind::parse(text("otel.kind").as_deref());
        let name = text("otel.name").unwrap_or_else(|| name.to_owned());
        attributes.extend(seen.part.clone().map(|part| ("part".to_owned(), part.into())));
        let begun_nanos = u64::try_from(self.clock.now().millis()).unwrap_or(0) * 1_000_000;
        let (parent, since) = (parent.map(|parent| parent.span), Instant::now());
        let open = Open { parent, kind, name, begun_nanos, since, error: None, attributes };
        Some(Traced { context, open: Some(Box::new(open)) })
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for House {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Rebuilt whenever the levels change: what nobody hears costs one load of an atomic.
        if self.filter(metadata) { Interest::always() } else { Interest::never() }
    }
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.filter(metadata)
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.load().span_filter())
    }
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut seen = Seen::default();
        attributes.record(&mut seen);
        let above = span
            .parent()
            .and_then(|parent| parent.scope().find_map(|span| traced(&span.extensions())));
        let traced = self.begin(&mut seen, span.name(), above);
        let mut extensions = span.extensions_mut();
        if let Some(part) = seen.part {
            extensions.insert(Part(part.into()));
        }
        if let Some(traced) = traced {
            extensions.insert(traced);
        }
    }
    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut seen = Seen::default();
        values.record(&mut seen);
        let mut extensions = span.extensions_mut();
        if let Some(part) = seen.part {
            extensions.replace(Part(part.into()));
        }
        if let Some(open) = extensions.get_mut::<Traced>().and_then(|traced| traced.open.as_mut()) {
            open.attributes.extend(seen.fields);
        }
    }
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let own = metadata.fields().field("part").and_then(|_| {
            let mut part = PartOnly::default();
            event.record(&mut part);
            part.0
        });
        let scope = || context.event_scope(event).into_iter().flatten();
        let part = own.unwrap_or_else(|| match scope().find_map(|span| part_of(&span)) {
            Some(part) => part.to_string(),
            None => crate_of(metadata.target()).to_owned(),
        });
        let threshold = self.levels.load().of(&part);
        let plain = Level::of(*metadata.level(), false, false);
        let marked = ["critical", "notice"].iter().any(|n| metadata.fields().field(n).is_some());
        if plain < threshold && !marked {
            return;
        }
        let mut seen = Seen::default();
        event.record(&mut seen);
        let level = Level::of(*metadata.level(), seen.notice, seen.critical);
        if level < threshold {
            return;
        }
        let mut fields = seen.fields;
        if let Some(context) = scope().find_map(|span| traced(&span.extensions())) {
            fields.insert("trace_id".into(), context.trace.to_string().into());
        }
        if level >= Level::Error {
            fail(scope(), &seen.message);
        }
        // The masked spelling of the part, where the event has one.
        let part = seen.part.unwrap_or(part);
        let time = self.clock.now();
        self.sink.write(Line { time, level, part, message: seen.message, fields });
    }
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let (Some(queue), Some(span)) = (&self.spans, context.span(&id)) else { return };
        let Some(Traced { context, open: Some(open) }) = span.extensions_mut().remove::<Traced>()
        else {
            return;
        };
        let took = u64::try_from(open.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        queue.push(FinishedSpan {
            context,
            parent: open.parent,
            kind: open.kind,
            name: open.name,
            begun_nanos: open.begun_nanos,
            ended_nanos: open.begun_nanos.saturating_add(took),
            error: open.error,
            attributes: open.attributes,
        });
    }
}

fn part_of<S: for<'s> LookupSpan<'s>>(span: &SpanRef<'_, S>) -> Option<Arc<str>> {
    span.extensions().get::<Part>().map(|part| part.0.clone())
}

/// An error inside a span is that span's error.
fn fail<'s, S: LookupSpan<'s> + 's>(scope: impl Iterator<Item = SpanRef<'s, S>>, message: &str) {
    for span in scope {
        let mut extensions = span.extensions_mut();
        if let Some(open) = extensions.get_mut::<Traced>().and_then(|traced| traced.open.as_mut()) {
            open.error.get_or_insert_with(|| message.to_owned());
            return;
        }
    }
}

/// `mag_gate::rest` speaks as `gate`, `hyper::proto` as `hyper`.
fn crate_of(target: &str) -> &str {
    let name = target.split("::").next().unwrap_or(target);
    name.strip_prefix("mag_").unwrap_or(name)
}
