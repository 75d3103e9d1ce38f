//! The life of the server: it starts when databases are there or the first one is wanted, is
//! watched while it runs, and leaves with the board. A server that ends by itself is a crash of the
//! part, which the board answers; one that cannot start is tried again, and says why meanwhile.

use crate::folder;
use crate::leftover;
use crate::owner::Owner;
use crate::password;
use crate::programs;
use crate::server::{self, Server, Site};
use crate::settings::Settings;
use crate::socket;
use crate::stage::{Running, Stage};
use futures::future::BoxFuture;
use mag_contract::life::{Health, Lifeline};
use mag_contract::{Fault, Life, codes};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// Somebody wants the server to run.
pub(crate) struct Wish {
    /// Also when there is no database yet.
    pub(crate) first: bool,
    pub(crate) done: oneshot::Sender<Result<Arc<Running>, Fault>>,
}

pub(crate) type Wishes = mpsc::Sender<Wish>;
/// More databases are not opened at one moment.
pub(crate) const WISHES: usize = 64;

/// The boot waits so long for a server that has much to mend; then it goes on beside it.
const BOOT_WAITS: Duration = Duration::from_secs(5);
/// What kept a server from starting may pass: a full disk, a program that is being installed.
const TRY_AGAIN: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) data_folder: PathBuf,
}

pub(crate) struct Keeper {
    pub(crate) plan: Plan,
    pub(crate) stage: watch::Sender<Stage>,
    pub(crate) wishes: mpsc::Receiver<Wish>,
}

type Started = Result<Option<Box<Up>>, Fault>;

struct Up {
    server: Server,
    running: Running,
}

enum Work {
    Idle,
    Starting(BoxFuture<'static, Started>),
    /// It could not start; the next try is at this moment.
    Pausing(Instant),
    Serving(Box<Server>),
}

enum Event {
    Started(Started),
    TryAgain,
    Ended(Fault),
}

impl Work {
    async fn next(&mut self) -> Event {
        match self {
            Self::Idle => std::future::pending().await,
            Self::Starting(start) => Event::Started(start.await),
            Self::Pausing(until) => {
                sleep_until(*until).await;
                Event::TryAgain
            }
            Self::Serving(server) => Event::Ended(server.ended().await),
        }
    }
}

impl Keeper {
    pub(crate) async fn keep(mut self, mut life: Life) -> Result<(), Fault> {
        let line = life.line();
        let mut waiting: Vec<Wish> = Vec::new();
        let mut work = self.begin(false, &line);
        let boot_waits = Instant::now() + BOOT_WAITS;
        let mut said_ready = false;
        loop {
            let event = tokio::select! {
                () = life.draining() => break,
                () = sleep_until(boot_waits), if !said_ready => {
                    life.health(Health::Degraded("the server is still starting".into()));
                    life.ready();
                    said_ready = true;
                    continue;
                }
                Some(wish) = self.wishes.recv() => {
                    work = self.hear(wish, work, &mut waiting, &line);
                    continue;
                }
                event = work.next() => event,
            };
            work = match event {
                Event::Started(started) => self.started(started, &mut waiting, &life),
                Event::TryAgain => self.begin(false, &line),
                Event::Ended(fault) => {
                    tracing::warn!(part = "postgresql", "{}", fault.message());
                    self.stage.send_replace(Stage::Off);
                    return Err(fault);
                }
            };
            if !said_ready && !matches!(work, Work::Starting(_)) {
                life.ready();
                said_ready = true;
            }
        }
        self.stage.send_replace(Stage::Off);
        if let Work::Serving(server) = work {
            server.stop(Duration::from_millis(self.plan.settings.stop_ms)).await;
        }
        Ok(())
    }

    /// `first`: makes the folder when it is not there.
    fn begin(&self, first: bool, line: &Lifeline) -> Work {
        // The reason of the last try stays to be seen until the next one has ended.
        if !matches!(*self.stage.borrow(), Stage::Broken(_)) {
            self.stage.send_replace(Stage::Starting);
        }
        Work::Starting(Box::pin(start(self.plan.clone(), first, line.clone())))
    }

    fn hear(&self, wish: Wish, work: Work, waiting: &mut Vec<Wish>, line: &Lifeline) -> Work {
        match work {
            Work::Serving(server) => {
                let running = self.stage.borrow().running().cloned();
                let _ = wish.done.send(running.ok_or_else(|| self.stage.borrow().absent()));
                Work::Serving(server)
            }
            Work::Starting(start) => {
                // Those who have gone need no answer.
                waiting.retain(|wish| !wish.done.is_closed());
                waiting.push(wish);
                Work::Starting(start)
            }
            Work::Idle | Work::Pausing(_) => {
                let first = wish.first;
                waiting.push(wish);
                self.begin(first, line)
            }
        }
    }

    fn started(&self, started: Started, waiting: &mut Vec<Wish>, life: &Life) -> Work {
        match started {
            Ok(Some(up)) => {
                let Up { server, running } = *up;
                let running = Arc::new(running);
                tracing::info!(
                    part = "postgresql",
                    version = running.version,
                    socket = %running.socket_folder.display(),
                    "the managed PostgreSQL {} runs",
                    running.version
                );
                life.health(Health::Good);
                self.stage.send_replace(Stage::Running(running.clone()));
                for wish in waiting.drain(..) {
                    let _ = wish.done.send(Ok(running.clone()));
                }
                Work::Serving(Box::new(server))
            }
            Ok(None) => {
                // Nobody's databases are missing, whatever kept a first one from being made.
                life.health(Health::Good);
                self.stage.send_replace(Stage::Off);
                // Somebody who wants a first one came while the others were looking.
                let (first, rest): (Vec<Wish>, Vec<Wish>) =
                    waiting.drain(..).partition(|wish| wish.first);
                for wish in rest {
                    let _ = wish.done.send(Err(Stage::Off.absent()));
                }
                if first.is_empty() {
                    return Work::Idle;
                }
                waiting.extend(first);
                self.begin(true, &life.line())
            }
            Err(fault) => {
                let known =
                    matches!(&*self.stage.borrow(), Stage::Broken(known) if *known == fault);
                if !known {
                    tracing::warn!(
                        part = "postgresql",
                        code = fault.code().id,
                        "{}",
                        fault.chain()
                    );
                    life.health(Health::Bad(fault.message().to_owned()));
                }
                self.stage.send_replace(Stage::Broken(fault.clone()));
                for wish in waiting.drain(..) {
                    let _ = wish.done.send(Err(fault.clone()));
                }
                Work::Pausing(Instant::now() + TRY_AGAIN)
            }
        }
    }
}

/// Nothing, when there is no folder and none is to be made.
async fn start(plan: Plan, first: bool, line: Lifeline) -> Started {
    let Plan { settings, data_folder } = plan;
    let there = folder::find(&data_folder)?;
    if there.is_none() && !first {
        return Ok(None);
    }
    let named = settings.programs.as_deref();
    let programs = match &there {
        Some(there) => programs::of_major(named, there.major).await?,
        None => programs::newest(named).await?,
    };
    let owner = Owner::find(&settings.user)?;
    let base = folder::prepare(&data_folder, &owner)?;
    let socket_folder = socket::folder(&owner, &base).await?;
    let kept = password::read(&data_folder)?;
    let lost = kept.is_none() && there.is_some();
    let password = match kept {
        Some(password) => password,
        None => password::generate()?,
    };
    let found = match there {
        Some(found) => found,
        None => {
            password::keep(&data_folder, &password)?;
            folder::make(&data_folder, &programs, &owner, &password).await?
        }
    };
    // As the server itself sees it: a link on the way is no other folder.
    let folder = base.join(found.major.to_string());
    leftover::end(&folder, &owner).await?;
    let site =
        Site { programs: &programs, owner: &owner, folder: &folder, socket_folder: &socket_folder };
    if lost {
        tracing::warn!(part = "postgresql", "its password was lost and is made anew");
        server::renew_password(&site, &password).await?;
        password::keep(&data_folder, &password)?;
    }
    let server = Server::start(&site, &settings, &line).await?;
    let running = Running {
        version: programs.version.clone(),
        major: programs.major,
        folder,
        socket_folder,
        password,
    };
    Ok(Some(Box::new(Up { server, running })))
}

/// Asks for the server and waits for the answer.
pub(crate) async fn wish(wishes: &Wishes, first: bool) -> Result<Arc<Running>, Fault> {
    let gone = || {
        Fault::new(codes::ENGINE_GONE, "the managed PostgreSQL is leaving")
            .hint("`mobo list` shows which parts are plugged in, and how they are")
    };
    let (done, answer) = oneshot::channel();
    wishes.send(Wish { first, done }).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}
