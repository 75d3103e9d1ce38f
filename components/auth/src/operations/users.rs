//! Users of a project, as an operator sees them: people, agents, services, the system itself.

mod end;
mod look;
mod make;

use super::{Office, input, operations};
use crate::home::{Home, Row};
use crate::people::User;
use crate::people::users::By;
use mag_contract::{Fault, codes};
use mag_ports::Project;
use mag_ports::identity::UserChanged;
use mag_query::call::Filter;
use uuid::Uuid;

pub(super) use end::end_sessions;

operations! {
    make::Create => make::create;
    look::List => look::list;
    look::Show => look::show;
    end::Ban => end::ban;
    end::Delete => end::delete;
    end::Unenroll => end::unenroll;
}

input! { OneUser in project;
    /// The user's id, address or name.
    pub user: String,
}

/// The user that was meant, by id, by address, or by a name that only one has.
pub(super) async fn meant(home: &Home, given: &str) -> Result<User, Fault> {
    let found = match Uuid::parse_str(given) {
        Ok(id) => home.user(By::Id(id)).await?,
        Err(_) if given.contains('@') => home.user(By::Email(given)).await?,
        Err(_) => {
            let named = home.find_base("users", vec![Filter::eq("display_name", given)]).await?;
            match named.as_slice() {
                [one] => home.user(By::Id(one.id("id").unwrap_or_default())).await?,
                [] => None,
                _ => {
                    return Err(Fault::new(codes::BAD_INPUT, "several users have this name")
                        .hint("name the user by its id, as `mobo user:list` shows it"));
                }
            }
        }
    };
    found.ok_or_else(|| {
        let shown: String = given.chars().take(80).collect();
        Fault::new(codes::NO_SUCH_NAME, format!("there is no user `{shown}`"))
            .hint("`mobo user:list` shows them")
    })
}

pub(crate) async fn base_of(home: &Home, user: Uuid) -> Result<Row, Fault> {
    let rows = home.find_base("users", vec![Filter::eq("id", &user.to_string())]).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

fn changed(office: &Office, project: &Project, user: Uuid, what: &str) {
    office.gotrue.bus.publish(UserChanged {
        project: project.reference.to_string(),
        user: user.to_string(),
        what: what.to_owned(),
    });
}
