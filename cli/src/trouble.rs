//! Why a command does not do what was asked, and how that is told: one sentence, a hint, where to
//! read more; as a problem object with `--json`.

use crate::exit;
use crate::screen::{Screen, Tone, wrapped};
use mag_contract::problem::Problem;
use mag_contract::{Fault, codes};
use serde_json::Value as Json;

#[derive(Debug)]
pub(crate) enum Trouble {
    Fault(Fault),
    /// As a board has told it.
    Problem(Json),
    /// All has been said; this is the code.
    Said(u8),
}

pub(crate) type Done<T = ()> = Result<T, Trouble>;

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Trouble {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Fault(fault) => exit::of(fault.class(), fault.code().id),
            Self::Problem(problem) => exit::of_problem(problem),
            Self::Said(code) => *code,
        }
    }
    pub(crate) fn problem(&self) -> Option<Json> {
        match self {
            Self::Fault(fault) => {
                let mut problem = Problem::of(fault, None).to_json();
                let chain = fault.chain();
                // What lies behind the sentence, without the sentence.
                let causes =
                    chain.strip_prefix(fault.message()).map(|c| c.trim_start_matches(": "));
                if let Some(causes) = causes.filter(|c| !c.is_empty())
                    && problem.get("details").is_none()
                {
                    problem["details"] = causes.into();
                }
                Some(problem)
            }
            Self::Problem(problem) => Some(problem.clone()),
            Self::Said(_) => None,
        }
    }
    pub(crate) fn tell(&self, screen: &Screen) {
        let Some(problem) = self.problem() else { return };
        if screen.json {
            screen.err(&problem.to_string());
            return;
        }
        let field = |name: &str| problem.get(name).and_then(Json::as_str).unwrap_or_default();
        let mut said = match field("detail") {
            "" => field("title").to_owned(),
            detail => detail.to_owned(),
        };
        if said.is_empty() {
            said = "the board answered with an error that it did not explain".into();
        }
        let label = screen.paint_err(Tone::Bad, "error:");
        screen.err(&format!("{label} {said}"));
        // One mistake at one place: the sentence stands above already.
        let details = match field("details") {
            one if !one.contains('\n') => one.split(&said).next().unwrap_or_default(),
            all => all,
        };
        let details = details.trim_end_matches([':', ' ']);
        if !details.is_empty() {
            for line in details.lines().flat_map(|line| wrapped(line, screen.width - 2)) {
                screen.err(&format!("  {line}"));
            }
        }
        if !field("hint").is_empty() {
            let label = screen.paint_err(Tone::Accent, "hint:");
            screen.err(&format!("{label} {}", field("hint")));
        }
        let code = field("code");
        if !code.is_empty() {
            screen.err(&screen.paint_err(Tone::Dim, &format!("{code}, see `mobo explain {code}`")));
        }
    }
}

/// The command line itself is wrong.
pub(crate) fn misspelt(message: impl Into<String>) -> Fault {
    Fault::new(codes::BAD_INPUT, message)
}

/// No board is there to do it.
pub(crate) fn no_board(data: &std::path::Path) -> Fault {
    let message = format!("no board is running on {}", data.display());
    let set_up = data.join(mag_mobo::FILE).exists() || data.join("run").exists();
    Fault::new(codes::NO_BOARD, message).hint(match set_up {
        true => "`mobo boot` starts it; `--data DIR` names another folder",
        false => "`mobo init` sets the folder up, `mobo boot` starts it; `--data DIR` names another folder",
    })
}

/// Something that the machine refused.
pub(crate) fn io(message: impl Into<String>, e: std::io::Error) -> Fault {
    Fault::new(codes::IO, message).because(e)
}
