//! Mails by SMTP, encrypted unless the server is on this machine.

use super::template::Letter;
use crate::settings::{Encryption, Smtp};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use mag_contract::{Fault, codes};
use std::time::Duration;

/// A server that does not answer in this time will not answer.
const WITHIN: Duration = Duration::from_secs(20);

/// Why the server has not taken a mail.
#[derive(Debug)]
pub(crate) struct Unsent {
    pub(crate) why: String,
    /// It would say the same of another try.
    pub(crate) for_good: bool,
}

pub(super) struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
}

impl Server {
    /// `None` when no server is named.
    pub(super) fn of(smtp: &Smtp) -> Result<Option<Self>, Fault> {
        let Some(host) = smtp.host.as_deref().filter(|host| !host.is_empty()) else {
            return Ok(None);
        };
        let wrong = |what: &str| {
            Fault::new(codes::BAD_SETTING, format!("`auth.smtp.{what}` cannot be used"))
        };
        let sender: Address = smtp.sender.parse().map_err(|e| wrong("sender").because(e))?;
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let mut builder = match smtp.encryption {
            Encryption::Tls => Transport::relay(host).map_err(|e| wrong("host").because(e))?,
            Encryption::Starttls => {
                Transport::starttls_relay(host).map_err(|e| wrong("host").because(e))?
            }
            Encryption::None if is_near(host) => Transport::builder_dangerous(host),
            Encryption::None => {
                return Err(wrong("encryption").hint(
                    "`none` is for a server on this machine; others want `starttls` or `tls`",
                ));
            }
        };
        builder = builder.port(smtp.port).timeout(Some(WITHIN));
        if let (Some(user), Some(password)) = (&smtp.user, &smtp.password) {
            builder =
                builder.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        let name = Some(smtp.sender_name.clone()).filter(|name| !name.is_empty());
        Ok(Some(Self { transport: builder.build(), sender: Mailbox::new(name, sender) }))
    }

    pub(super) async fn send(&self, recipient: &str, letter: &Letter) -> Result<(), Unsent> {
        let never = |why: String| Unsent { why, for_good: true };
        let to: Address =
            recipient.parse().map_err(|e| never(format!("the address is no address: {e}")))?;
        let message = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|e| never(e.to_string()))?;
        // Only a server that says so means it; one that is away or busy may be back.
        let unsent = |e: Error| Unsent { why: e.to_string(), for_good: e.is_permanent() };
        self.transport.send(message).await.map(|_| ()).map_err(unsent)
    }
}

fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
