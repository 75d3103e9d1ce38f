//! Which rules are in force: those of the engine, those that come with the house, and those that
//! people have made and that are kept beside the engine. Pure.

use mag_base::Base;
use mag_contract::{Fault, codes};
use mag_guard::{RoleRule, Ruleset};
use mag_query::Rules;

/// The roles that are always there where the engine has no roles of its own. They hold nothing:
/// a new table is reachable by nobody until someone grants it and makes a policy.
const ROLES: [(&str, bool); 3] =
    [("anon", false), ("authenticated", false), ("service_role", true)];

/// What is in force, and who holds it.
pub(crate) fn in_force(
    native: Option<Ruleset>,
    kept: &Ruleset,
    base: Option<&Base>,
) -> Result<(Ruleset, Rules), Fault> {
    match native {
        Some(native) => Ok((beside(native, kept), Rules::Native)),
        None => Ok((compiled(kept, base)?, Rules::Compiled)),
    }
}

/// The engine's own rules with budgets and masks, of which it has no notion.
fn beside(mut native: Ruleset, kept: &Ruleset) -> Ruleset {
    for role in &mut native.roles {
        if let Some(known) = kept.roles.iter().find(|known| known.name == role.name) {
            role.budget = known.budget;
        }
    }
    native.masks.extend(kept.masks.iter().cloned());
    native
}

fn compiled(kept: &Ruleset, base: Option<&Base>) -> Result<Ruleset, Fault> {
    let mut rules = kept.clone();
    for (name, bypass) in ROLES {
        match rules.roles.iter_mut().find(|role| role.name == name) {
            // Nobody can take the board's own way in, or open it to others.
            Some(role) => role.bypass = bypass,
            None => {
                rules.roles.push(RoleRule { name: name.to_owned(), bypass, ..RoleRule::default() })
            }
        }
    }
    if let Some(base) = base {
        let own = base.policies().map_err(|e| {
            Fault::new(codes::BUG, "the policies of the base model cannot be read").because(e)
        })?;
        rules.policies.retain(|policy| {
            !own.iter().any(|known| {
                (&known.schema, &known.table, &known.name)
                    == (&policy.schema, &policy.table, &policy.name)
            })
        });
        rules.policies.extend(own);
    }
    Ok(rules)
}

/// What has to be kept of rules that shall be in force: all that neither the engine holds nor the
/// house brings.
pub(crate) fn to_keep(rules: Ruleset, who: Rules, base: Option<&Base>) -> Result<Ruleset, Fault> {
    match who {
        Rules::Native => Ok(Ruleset {
            roles: rules
                .roles
                .into_iter()
                .filter(|role| role.budget != mag_guard::Budget::default())
                .map(|role| RoleRule {
                    name: role.name,
                    budget: role.budget,
                    ..RoleRule::default()
                })
                .collect(),
            masks: rules.masks,
            ..Ruleset::default()
        }),
        Rules::Compiled => {
            let mut kept = rules;
            if let Some(base) = base {
                let own = base.policies().map_err(|e| {
                    Fault::new(codes::BUG, "the policies of the base model cannot be read")
                        .because(e)
                })?;
                kept.policies.retain(|policy| !own.contains(policy));
            }
            Ok(kept)
        }
    }
}

pub(crate) fn read(text: &str) -> Result<Ruleset, Fault> {
    serde_json::from_str(text)
        .map_err(|e| Fault::new(codes::BAD_POLICY, "the kept rules cannot be read").because(e))
}

pub(crate) fn write(rules: &Ruleset) -> Result<String, Fault> {
    serde_json::to_string(rules)
        .map_err(|e| Fault::new(codes::BUG, "rules cannot be written as JSON").because(e))
}

#[cfg(test)]
mod tests {
    use super::{in_force, to_keep};
    use mag_guard::{Budget, Mask, MaskWith, PolicyRule, RoleRule, Ruleset};
    use mag_query::Rules;

    fn policy(name: &str) -> PolicyRule {
        PolicyRule {
            name: name.into(),
            schema: "public".into(),
            table: "notes".into(),
            permissive: true,
            command: mag_guard::Command::All,
            roles: vec![],
            using: Some("true".into()),
            check: None,
        }
    }

    #[test]
    fn an_engine_without_roles_gets_the_three_and_they_hold_nothing() {
        let (rules, who) = in_force(None, &Ruleset::default(), None).unwrap();
        assert_eq!(who, Rules::Compiled);
        let roles: Vec<(&str, bool)> =
            rules.roles.iter().map(|role| (role.name.as_str(), role.bypass)).collect();
        assert_eq!(roles, [("anon", false), ("authenticated", false), ("service_role", true)]);
        assert!(rules.grants.is_empty() && rules.policies.is_empty());
    }

    #[test]
    fn nobody_can_give_anon_the_boards_own_way_in() {
        let anon = RoleRule { name: "anon".into(), bypass: true, ..RoleRule::default() };
        let kept = Ruleset { roles: vec![anon], ..Ruleset::default() };
        let (rules, _) = in_force(None, &kept, None).unwrap();
        assert!(rules.roles.iter().all(|role| role.bypass == (role.name == "service_role")));
    }

    #[test]
    fn what_is_kept_is_what_neither_house_nor_engine_brings() {
        let base = Some(&mag_base::ON_SQLITE);
        let (mut rules, who) = in_force(None, &Ruleset::default(), base).unwrap();
        assert!(!rules.policies.is_empty());
        rules.policies.push(policy("mine"));
        let kept = to_keep(rules, who, base).unwrap();
        assert_eq!(kept.policies, [policy("mine")]);
        let (again, _) = in_force(None, &kept, base).unwrap();
        assert_eq!(to_keep(again, who, base).unwrap(), kept);
    }

    #[test]
    fn an_engine_with_rules_of_its_own_keeps_them_and_only_budgets_and_masks_are_beside() {
        let role = |budget| RoleRule { name: "anon".into(), budget, ..RoleRule::default() };
        let native = Ruleset {
            roles: vec![role(Budget::default())],
            policies: vec![policy("its own")],
            ..Ruleset::default()
        };
        let budget = Budget { rows_max: Some(10), ..Budget::default() };
        let mask = Mask {
            role: "anon".into(),
            schema: "public".into(),
            table: "notes".into(),
            column: "body".into(),
            with: MaskWith::Null,
        };
        let wanted = Ruleset {
            roles: vec![role(budget)],
            masks: vec![mask.clone()],
            policies: vec![policy("its own")],
            ..Ruleset::default()
        };
        let kept = to_keep(wanted, Rules::Native, None).unwrap();
        assert!(kept.policies.is_empty());
        let (rules, who) = in_force(Some(native), &kept, None).unwrap();
        assert_eq!((who, rules.roles[0].budget), (Rules::Native, budget));
        assert_eq!((rules.masks.len(), rules.policies.len()), (1, 1));
    }
}
