//! Where a program speaks: the standard streams, or a text that a test reads.

use std::borrow::Cow;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::app::capture;
use crate::app::output::{Output, Status, unwritten};
use crate::app::program::screen::{self, Stream};
use crate::diag::{Secrets, Style};

/// How long a reader has to take what is mentioned.
const PATIENCE: Duration = Duration::from_secs(1);

/// The two streams of a program, and how to draw on them.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    pub(crate) out: Style,
    pub(crate) err: Style,
    kept: Option<Arc<Mutex<(String, String)>>>,
    /// What it does not say, once there is somebody who knows.
    secrets: Arc<OnceLock<Arc<Secrets>>>,
}

impl Console {
    /// The standard streams of the process.
    pub(crate) fn process() -> Self {
        let (out, err) = capture::styles();
        Self { out, err, kept: None, secrets: Arc::default() }
    }

    /// Keeps what is said.
    pub(crate) fn kept() -> Self {
        Self { out: Style::Plain, err: Style::Plain, kept: Some(Arc::default()), secrets: Arc::default() }
    }

    /// Says none of these any more: this one, and all its clones.
    pub(crate) fn hide(&self, secrets: &Arc<Secrets>) {
        // A console serves one call of a program, which has one composer.
        let _ = self.secrets.set(Arc::clone(secrets));
    }

    /// A text without the secrets in it.
    pub(crate) fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.secrets.get().map_or(Cow::Borrowed(text), |secrets| secrets.scrub(text))
    }

    /// What was said so far: standard output, standard error.
    pub(crate) fn said(&self) -> (String, String) {
        let kept = self.kept.as_ref();
        kept.map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// Says all of it.
    pub(crate) fn write(&self, output: Output) -> Status {
        let Output { out, err, status } = output;
        self.complain(&err);
        match self.say(&out) {
            Ok(()) => status,
            Err(error) => unwritten(&error, status),
        }
    }

    /// Says something on standard output.
    ///
    /// # Errors
    /// Nobody listens any more, or the disk is full.
    pub(crate) fn say(&self, text: &str) -> io::Result<()> {
        let text = &*self.shown(text);
        match &self.kept {
            Some(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).0.push_str(text),
            None => screen::say(Stream::Out, text)?,
        }
        Ok(())
    }

    /// Says something on standard error, and does not wait long for a reader: what has to end does.
    pub(crate) fn mention(&self, text: &str) {
        let (console, text) = (self.clone(), text.to_owned());
        let (told, heard) = channel();
        let tell = move || {
            console.complain(&text);
            // Nobody waits any more.
            let _ = told.send(());
        };
        if thread::Builder::new().name("mention".to_owned()).spawn(tell).is_ok() {
            let _ = heard.recv_timeout(PATIENCE);
        }
    }

    /// Says something on standard error. There is nobody to tell if nobody listens.
    pub(crate) fn complain(&self, text: &str) {
        let text = &*self.shown(text);
        match &self.kept {
            Some(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).1.push_str(text),
            None => drop(screen::say(Stream::Err, text)),
        }
    }

    /// Whether it is the terminal of the process, on which something can be drawn over.
    pub(crate) fn is_screen(&self) -> bool {
        self.kept.is_none() && self.err == Style::Coloured
    }
}
