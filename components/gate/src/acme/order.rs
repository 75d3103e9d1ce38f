//! One order with the authority, from the account to the certificate.

use super::Wanted;
use super::client::Client;
use super::resolver::Resolver;
use super::store::{Kept, Store};
use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};

/// The proofs are shown while the order is under way, and no longer.
struct Shown<'r>(&'r Resolver);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.forget_proofs();
    }
}

pub(super) async fn certificate(
    wanted: &Wanted,
    store: &Store,
    resolver: &Resolver,
) -> Result<Kept, String> {
    let account = account(wanted, store).await?;
    let names: Vec<Identifier> = wanted.domains.iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await.map_err(told)?;
    let _shown = Shown(resolver);
    prove(&mut order, resolver).await?;
    let status = order.poll_ready(&RetryPolicy::default()).await.map_err(told)?;
    if status != OrderStatus::Ready {
        return Err(why_not(&mut order).await);
    }
    let key = order.finalize().await.map_err(told)?;
    let chain = order.poll_certificate(&RetryPolicy::default()).await.map_err(told)?;
    let (directory, domains) = (wanted.directory.clone(), wanted.domains.clone());
    Ok(Kept { directory, domains, chain, key })
}

async fn account(wanted: &Wanted, store: &Store) -> Result<Account, String> {
    let builder = || -> Result<AccountBuilder, String> {
        let client = Client::new(wanted.root.as_deref())?;
        Ok(Account::builder_with_http(Box::new(client)))
    };
    let directory = &wanted.directory;
    if let Some(kept) = store.account::<AccountCredentials>(directory) {
        return builder()?.from_credentials(kept).await.map_err(told);
    }
    let contact: Vec<String> = wanted.email.iter().map(|email| format!("mailto:{email}")).collect();
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contact,
        // Without it the settings are a mistake, and nobody is asked.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let made = builder()?.create(&new, directory.clone(), None).await;
    let (account, credentials) = made.map_err(told)?;
    store.keep_account(directory, &credentials).map_err(|fault| fault.to_string())?;
    Ok(account)
}

async fn prove(order: &mut Order, resolver: &Resolver) -> Result<(), String> {
    let mut names = order.authorizations();
    while let Some(name) = names.next().await {
        let mut name = name.map_err(told)?;
        if name.status == AuthorizationStatus::Valid {
            continue;
        }
        let mut challenge = name
            .challenge(ChallengeType::TlsAlpn01)
            .ok_or("it does not offer TLS-ALPN-01, the proof that this port can give")?;
        let called = challenge.identifier().to_string();
        let proof = challenge.key_authorization();
        resolver.prove(&called, proof.digest().as_ref())?;
        challenge.set_ready().await.map_err(told)?;
    }
    Ok(())
}

/// What the authority says of each name that it did not believe.
async fn why_not(order: &mut Order) -> String {
    let mut all = vec![];
    let mut names = order.authorizations();
    while let Some(Ok(mut name)) = names.next().await {
        let Ok(state) = name.refresh().await else { continue };
        let called = state.identifier().to_string();
        let problems = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        all.extend(problems.map(|problem| format!("{called}: {problem}")));
    }
    match all.is_empty() {
        true => "it does not believe that this port answers for the names".into(),
        false => all.join("; "),
    }
}

fn told(error: instant_acme::Error) -> String {
    use std::error::Error;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}
