//! What inputs have in common, said once: the project they are about, the organization in it, and
//! the page of a list. What an operation wants beside that stands at the operation.

use super::Office;
use crate::home::Home;
use crate::people::orgs::id_of;
use mag_contract::Fault;
use mag_ports::Project;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) trait InProject {
    fn project(&self) -> Option<&str>;
}

pub(crate) trait InOrganization: InProject {
    fn organization(&self) -> &str;
}

/// So many lines has a page, unless somebody says otherwise.
pub(crate) fn hundred() -> u32 {
    100
}

impl Office {
    /// The project that an input names, and where its users are.
    pub(crate) async fn users(
        &self,
        input: &impl InProject,
    ) -> Result<(Arc<Project>, Home), Fault> {
        let project = self.project(input.project())?;
        let home = self.gotrue.homes.of(&project).await?;
        Ok((project, home))
    }

    /// The organization that an input names, and where it is kept.
    pub(crate) async fn organization(
        &self,
        input: &impl InOrganization,
    ) -> Result<(Home, Uuid), Fault> {
        let home = self.home(input.project()).await?;
        let organization = id_of(&home.organization(input.organization()).await?)?;
        Ok((home, organization))
    }
}

/// An input by what is its own: `OneTeam in organization; …`, `OneUser in project; …`,
/// `ListInput in project, by the page; …`.
macro_rules! input {
    ($name:ident in organization; $($own:tt)*) => {
        $crate::operations::input! { $name in project;
            /// The organization's short name or id.
            pub organization: String,
            $($own)*
        }
        impl $crate::operations::inputs::InOrganization for $name {
            fn organization(&self) -> &str {
                &self.organization
            }
        }
    };
    ($name:ident in project, by the page; $($own:tt)*) => {
        $crate::operations::input! { $name in project;
            $($own)*
            /// So many at most, the newest first.
            #[serde(default = "crate::operations::inputs::hundred")]
            pub limit: u32,
            #[serde(default)]
            pub offset: u32,
        }
    };
    ($name:ident in project; $($own:tt)*) => {
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub(crate) struct $name {
            $($own)*
            /// The project's reference; the default project when absent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub project: Option<String>,
        }
        impl $crate::operations::inputs::InProject for $name {
            fn project(&self) -> Option<&str> {
                self.project.as_deref()
            }
        }
    };
}
pub(crate) use input;
