//! Power-on self-test, first half: everything that can be known before any part runs. It tells
//! *all* the reasons why the parts do not fit. Pure.

use mag_contract::{Claim, Manifest, PartId, SocketKey};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("part `{part}` needs socket `{socket}`, which no part provides")]
    NobodyProvides { part: PartId, socket: SocketKey },
    #[error("socket `{socket}` is provided by both `{a}` and `{b}`")]
    TwoProviders { socket: SocketKey, a: PartId, b: PartId },
    #[error("parts `{a}` and `{b}` both claim {claim}")]
    TwoClaims { claim: Claim, a: PartId, b: PartId },
    #[error("operation `{operation}` is declared by both `{a}` and `{b}`")]
    TwoOperations { operation: &'static str, a: PartId, b: PartId },
    #[error("two parts have the name `{part}`")]
    TwoParts { part: PartId },
    #[error("these parts wait for each other: {}", joined(.0))]
    Cycle(Vec<PartId>),
}

/// For each part, in the order in which they start, the parts that it waits for.
pub(crate) type Plan = Vec<(PartId, Vec<PartId>)>;

pub(crate) fn plan(manifests: &[Manifest]) -> Result<Plan, Vec<Misfit>> {
    let mut misfits = vec![];
    let providers = providers(manifests, &mut misfits);
    clashes(manifests, &mut misfits);
    let mut waits_for: BTreeMap<PartId, BTreeSet<PartId>> = BTreeMap::new();
    for m in manifests {
        if waits_for.contains_key(&m.id) {
            misfits.push(Misfit::TwoParts { part: m.id.clone() });
        }
        let waits = waits_for.entry(m.id.clone()).or_default();
        for socket in &m.needs {
            match providers.get(socket) {
                Some(provider) => drop(waits.insert(provider.clone())),
                None => {
                    misfits.push(Misfit::NobodyProvides { part: m.id.clone(), socket: *socket })
                }
            }
        }
        waits.extend(m.uses_if_present.iter().filter_map(|s| providers.get(s)).cloned());
        waits.remove(&m.id);
    }
    let mut sorted: Plan = vec![];
    while let Some(free) = waits_for
        .iter()
        .find(|(_, waits)| waits.iter().all(|w| sorted.iter().any(|(p, _)| p == w)))
        .map(|(part, _)| part.clone())
    {
        let waits = waits_for.remove(&free).unwrap_or_default();
        sorted.push((free, waits.into_iter().collect()));
    }
    // What waits only for a part of a cycle is not part of the cycle.
    while let Some(idle) = waits_for
        .keys()
        .find(|part| !waits_for.values().any(|waits| waits.contains(*part)))
        .cloned()
    {
        waits_for.remove(&idle);
    }
    if !waits_for.is_empty() {
        misfits.push(Misfit::Cycle(waits_for.into_keys().collect()));
    }
    if misfits.is_empty() { Ok(sorted) } else { Err(misfits) }
}

fn providers(manifests: &[Manifest], misfits: &mut Vec<Misfit>) -> BTreeMap<SocketKey, PartId> {
    let mut providers: BTreeMap<SocketKey, PartId> = BTreeMap::new();
    for m in manifests {
        for socket in &m.provides {
            if let Some(a) = providers.insert(*socket, m.id.clone()) {
                misfits.push(Misfit::TwoProviders { socket: *socket, a, b: m.id.clone() });
            }
        }
    }
    providers
}

fn clashes(manifests: &[Manifest], misfits: &mut Vec<Misfit>) {
    let mut holders: HashMap<&Claim, &PartId> = HashMap::new();
    let mut owners: HashMap<&str, &PartId> = HashMap::new();
    for m in manifests {
        for claim in &m.claims {
            let is_any_port = matches!(claim, Claim::Listen(at) if at.port() == 0);
            if let Some(a) = holders.insert(claim, &m.id)
                && !is_any_port
            {
                let (claim, a, b) = (claim.clone(), a.clone(), m.id.clone());
                misfits.push(Misfit::TwoClaims { claim, a, b });
            }
        }
        for spec in &m.operations {
            if let Some(a) = owners.insert(spec.name, &m.id) {
                let (a, b) = (a.clone(), m.id.clone());
                misfits.push(Misfit::TwoOperations { operation: spec.name, a, b });
            }
        }
    }
}

fn joined(parts: &[PartId]) -> String {
    parts.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_contract::Socket;

    macro_rules! sockets {
        ($($name:ident $key:literal)*) => {$(
            struct $name;
            impl Socket for $name { type Port = (); const NAME: &'static str = $key; }
        )*};
    }
    sockets! { Store "store" Authn "authn" Mail "mail" }

    fn part(id: &str) -> Manifest {
        Manifest::new(id, "1.0.0", "a part of a test")
    }
    fn check(manifests: &[Manifest], expected: &[&str]) {
        let shown: Vec<String> = match plan(manifests) {
            Ok(plan) => plan.iter().map(|(p, w)| format!("{p} after {w:?}")).collect(),
            Err(misfits) => misfits.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn parts_start_after_what_they_need() {
        let gate = part("gate").needs::<Authn>().needs::<Store>().uses::<Mail>();
        let auth = part("auth").needs::<Store>().provides::<Authn>();
        let store = part("store").provides::<Store>();
        check(
            &[gate, auth, store],
            &["store after []", "auth after [store]", "gate after [auth, store]"],
        );
    }

    #[test]
    fn every_misfit_is_told_at_once() {
        let port = Claim::Listen(([127, 0, 0, 1], 8000).into());
        let a = part("a").provides::<Store>().claims(port.clone());
        let b = part("b").provides::<Store>().claims(port);
        let c = part("c").needs::<Mail>();
        check(
            &[a, b, c],
            &[
                "socket `store` is provided by both `a` and `b`",
                "parts `a` and `b` both claim port 127.0.0.1:8000",
                "part `c` needs socket `mail`, which no part provides",
            ],
        );
    }

    #[test]
    fn parts_that_wait_for_each_other_are_named_and_bystanders_are_not() {
        let egg = part("egg").provides::<Store>().needs::<Authn>();
        let hen = part("hen").provides::<Authn>().needs::<Store>();
        let farmer = part("farmer").needs::<Store>();
        check(&[egg, hen, farmer], &["these parts wait for each other: `egg`, `hen`"]);
    }

    #[test]
    fn a_part_may_use_its_own_socket_and_any_free_port() {
        let any = Claim::Listen(([127, 0, 0, 1], 0).into());
        let a = part("a").provides::<Store>().uses::<Store>().claims(any.clone());
        check(&[a, part("b").claims(any)], &["a after []", "b after []"]);
    }
}
