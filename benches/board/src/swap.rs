//! A server that is swapped under load: connections that were refused or broken are counted.

use crate::parts::{NoSettings, boot};
use crate::sample::Sample;
use mag_contract::wiring::Listener;
use mag_contract::{Claim, Component, Fault, Life, Manifest, PartId, Wiring};
use mag_mobo::{Ending, Parts};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PORT: u16 = 18_473;
const SWAPS: usize = 50;

fn claim() -> Claim {
    Claim::Listen(([127, 0, 0, 1], PORT).into())
}

struct Greeter(tokio::net::TcpListener);

impl Component for Greeter {
    type Settings = NoSettings;
    fn manifest(_: &NoSettings) -> Manifest {
        Manifest::new("greeter", "1.0.0", "says one byte").claims(claim())
    }
    async fn assemble(_: NoSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        match wiring.listen(&claim())? {
            Listener::Network(listener) => Ok(Self(listener)),
            Listener::Local(_) => unreachable!("the claim is a port"),
        }
    }
    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }
    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        loop {
            tokio::select! {
                biased;
                () = life.draining() => return Ok(()),
                guest = self.0.accept() => {
                    let Ok((mut guest, _)) = guest else { continue };
                    life.spawn("guest", async move { drop(guest.write_all(b"!").await) });
                }
            }
        }
    }
}

pub(crate) async fn run() {
    println!("\n## swap under load");
    let folder = tempfile::tempdir().unwrap();
    let parts = Parts::default().with::<Greeter>("greeter", "says one byte");
    let session = boot(parts, folder.path()).run().await.map_err(|f| f.fault).unwrap();
    let (good, bad) =
        (&*Box::leak(Box::new(AtomicU64::new(0))), &*Box::leak(Box::new(AtomicU64::new(0))));
    let stop = tokio::sync::watch::channel(false);
    let mut clients = vec![];
    for _ in 0..4 {
        let stopped = stop.1.clone();
        clients.push(tokio::spawn(async move {
            while !*stopped.borrow() {
                let greeted = async {
                    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", PORT)).await?;
                    stream.read_u8().await
                };
                let counter = if greeted.await.is_ok() { good } else { bad };
                counter.fetch_add(1, Relaxed);
            }
        }));
    }
    let mut swaps = Sample::default();
    for _ in 0..SWAPS {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let began = Instant::now();
        session.board().restart(&PartId::new("greeter")).await.unwrap();
        swaps.add(began.elapsed());
    }
    stop.0.send_replace(true);
    for client in clients {
        client.await.unwrap();
    }
    println!("{SWAPS} swaps                {}", swaps.shown());
    println!(
        "connections            {} served, {} refused or broken",
        good.load(Relaxed),
        bad.load(Relaxed)
    );
    session.shutdown(&Ending::Shutdown("the bench is over".into())).await;
}
