//! The way to a server, which can be cut without a word and lead to another server: what a network
//! and a change of address do to clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Relay {
    pub(crate) port: u16,
    way: Arc<Way>,
    cut: watch::Sender<u32>,
}

struct Way {
    to: AtomicU16,
    silent: AtomicBool,
}

impl Relay {
    pub(crate) fn to(runtime: &tokio::runtime::Runtime, port: u16) -> Self {
        let way = Arc::new(Way { to: AtomicU16::new(port), silent: AtomicBool::new(false) });
        let (cut, cuts) = watch::channel(0);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn({
            let way = way.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(carry(client, way.clone(), cuts.clone()));
                }
            }
        });
        Self { port, way, cut }
    }

    /// Nothing is carried any more, in either direction; nobody is told.
    pub(crate) fn fall_silent(&self) {
        self.way.silent.store(true, Ordering::SeqCst);
    }
    /// What is open is cut, and what is new is led to another server.
    pub(crate) fn lead_to(&self, port: u16) {
        self.way.to.store(port, Ordering::SeqCst);
        self.way.silent.store(false, Ordering::SeqCst);
        self.cut.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(mut client: TcpStream, way: Arc<Way>, mut cuts: watch::Receiver<u32>) {
    cuts.borrow_and_update();
    let carrying = async {
        if way.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let to = way.to.load(Ordering::SeqCst);
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
        let (mut from_client, mut from_server) = (vec![0; 16384], vec![0; 16384]);
        loop {
            let (read, bytes, other) = tokio::select! {
                read = client.read(&mut from_client) => (read, &from_client, &mut server),
                read = server.read(&mut from_server) => (read, &from_server, &mut client),
            };
            let Ok(read) = read else { return };
            if way.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if read == 0 || other.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = carrying => {}
        _ = cuts.changed() => {}
    }
}
