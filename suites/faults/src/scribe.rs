//! Writes durable facts from several sources as fast as they are acknowledged, and notes each
//! acknowledgement in a file beside the data folder: what a kill may never take back.

use mag_contract::{Component, Fact, Fault, Life, Manifest, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    pub run: u64,
    pub number: u64,
}
impl Fact for Written {
    const NAME: &'static str = "scribe.written";
    const DURABLE: bool = true;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScribeSettings {
    /// How many write at the same time.
    #[schemars(range(min = 1, max = 64))]
    pub sources: u32,
    /// Which run this is; it makes the facts of each run distinct.
    pub run: u64,
}
impl Default for ScribeSettings {
    fn default() -> Self {
        Self { sources: 4, run: 0 }
    }
}

pub struct Scribe {
    settings: ScribeSettings,
    bus: mag_contract::Bus,
    folder: PathBuf,
}

impl Scribe {
    fn notes(&self, source: &str) -> Result<File, Fault> {
        let path = self.folder.join(format!("acknowledged-{source}"));
        let opened = OpenOptions::new().create(true).append(true).open(path);
        opened.map_err(|e| Fault::new(codes::IO, "the notes cannot be opened").because(e))
    }
}

impl Component for Scribe {
    type Settings = ScribeSettings;

    fn manifest(_: &ScribeSettings) -> Manifest {
        Manifest::new("scribe", "1.0.0", "writes durable facts")
    }
    async fn assemble(settings: ScribeSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        // Beside the data folder: a full disk there shall not cut the notes.
        let data = wiring.data_folder();
        let folder = data.parent().unwrap_or(data).to_path_buf();
        Ok(Self { settings, bus: wiring.bus(), folder })
    }
    async fn self_test(&self) -> Result<(), Fault> {
        self.notes("test").map(drop)
    }
    async fn run(self, mut life: Life) -> Result<(), Fault> {
        for n in 0..self.settings.sources {
            let source = format!("scribe-{n}");
            let bus = self.bus.speaking_as(&source, self.bus.owner());
            let mut notes = self.notes(&source)?;
            let (run, mut line) = (self.settings.run, life.line());
            life.spawn(&source, async move {
                for number in 0.. {
                    if line.is_draining() {
                        break;
                    }
                    let Ok(position) = bus.publish_durably(Written { run, number }).await else {
                        continue;
                    };
                    // One small write: a kill between two leaves no half line.
                    let _ = notes.write_all(format!("{position} {run} {number}\n").as_bytes());
                    line.beat();
                }
            });
        }
        life.ready();
        life.draining().await;
        Ok(())
    }
}
