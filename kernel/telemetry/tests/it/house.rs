//! Telemetry in a folder of its own, with a clock that stands still and a console one can read.

use mag_contract::Clock;
use mag_telemetry::{LogSettings, Setup, Telemetry, TraceSettings};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
pub(crate) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Screen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

pub(crate) struct House {
    pub(crate) telemetry: Telemetry,
    pub(crate) screen: Screen,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Clock,
}

impl House {
    pub(crate) fn with(log: LogSettings, traces: TraceSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (screen, clock) = (Screen::default(), Clock::held(0));
        let setup = Setup {
            folder: folder.path().into(),
            log,
            traces,
            clock: clock.clone(),
            console: Some(Box::new(screen.clone())),
            colour: false,
        };
        Self { telemetry: Telemetry::start(setup).unwrap(), screen, folder, clock }
    }
    pub(crate) fn new() -> Self {
        Self::with(LogSettings::default(), TraceSettings::default())
    }
    /// What is on the screen after `say` has spoken.
    pub(crate) fn hear(&self, say: impl FnOnce()) -> String {
        let before = self.screen.text().len();
        tracing::dispatcher::with_default(&self.telemetry.dispatch(), say);
        assert!(self.telemetry.flush());
        self.screen.text().split_off(before)
    }
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}
