//! What the crate `tracing` speaks to: an event is a record whose fields stand behind its message. Spans say nothing.

use std::fmt::{self, Write as _};
use std::sync::Once;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber, callsite, dispatcher};

use crate::app::capture;
use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::front::{current, shown};
use crate::app::program::logging::level::Level;

/// Says anew which events are worth making. A program that has a subscriber of its own keeps it.
pub(super) fn listen() {
    static FRONT: Once = Once::new();
    FRONT.call_once(|| drop(dispatcher::set_global_default(Dispatch::new(Front))));
    callsite::rebuild_interest_cache();
}

struct Front;

fn level(metadata: &Metadata<'_>) -> Level {
    Level::of(match *metadata.level() {
        tracing_core::Level::ERROR => log::Level::Error,
        tracing_core::Level::WARN => log::Level::Warn,
        tracing_core::Level::INFO => log::Level::Info,
        tracing_core::Level::DEBUG => log::Level::Debug,
        tracing_core::Level::TRACE => log::Level::Trace,
    })
}

impl Subscriber for Front {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let allows = || current().is_some_and(|logging| logging.allows(level(metadata), metadata.target()));
        metadata.is_event() && allows()
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let widest = current().map_or(log::LevelFilter::Off, |logging| logging.widest());
        Some(match widest {
            log::LevelFilter::Off => LevelFilter::OFF,
            log::LevelFilter::Error => LevelFilter::ERROR,
            log::LevelFilter::Warn => LevelFilter::WARN,
            log::LevelFilter::Info => LevelFilter::INFO,
            log::LevelFilter::Debug => LevelFilter::DEBUG,
            log::LevelFilter::Trace => LevelFilter::TRACE,
        })
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let level = level(metadata);
        let Some(logging) = current().filter(|logging| logging.allows(level, metadata.target())) else {
            return;
        };
        let mut said = Said::default();
        event.record(&mut said);
        if !said.message.is_empty() && !said.fields.is_empty() {
            said.message.push(' ');
        }
        said.message.push_str(&said.fields);
        logging.handle(&Entry {
            level,
            name: &shown(metadata.target()),
            message: &said.message,
            file: metadata.file(),
            line: metadata.line(),
            at: capture::now(),
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What an event says: its message, and its fields as `name=value`.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Said {
    fn field(&mut self, name: &str, value: fmt::Arguments<'_>) {
        let before = if self.fields.is_empty() { "" } else { " " };
        let _ = write!(self.fields, "{before}{name}={value}");
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => drop(write!(self.message, "{value:?}")),
            name => self.field(name.strip_prefix("r#").unwrap_or(name), format_args!("{value:?}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
