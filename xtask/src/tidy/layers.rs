//! Who may import whom (`layers.toml`), and what a crate is called.

use super::{Kind, Package};
use crate::tree::File;

struct Layer {
    name: String,
    folders: Vec<String>,
    may_use: Vec<String>,
    /// Crates from outside that this layer may not name itself.
    without: Vec<String>,
}

impl Layer {
    fn holds(&self, folder: &str) -> bool {
        self.folders.iter().any(|own| {
            folder
                .strip_prefix(own.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

pub(super) fn check(files: &[File], packages: &[Package]) -> Vec<String> {
    let file = files.iter().find(|file| file.path == "layers.toml");
    let layers = match file.ok_or("it is not there".into()).and_then(|file| read(&file.text)) {
        Ok(layers) => layers,
        Err(why) => return vec![format!("layers.toml: {why}")],
    };
    let layer_of = |folder: &str| layers.iter().find(|layer| layer.holds(folder));
    let mut complaints = vec![];
    for package in packages {
        let at = &package.folder;
        complaints.extend(misnamed(package));
        let Some(layer) = layer_of(at) else {
            complaints.push(format!("{at}: belongs to no layer of layers.toml"));
            continue;
        };
        for dependency in &package.dependencies {
            let name = &dependency.name;
            if dependency.kind != Kind::Dev && layer.without.contains(name) {
                complaints.push(format!("{at}: layer `{}` may not use `{name}`", layer.name));
            }
            let Some(target) = packages.iter().find(|other| other.name == *name) else { continue };
            let other = layer_of(&target.folder).map_or("?", |layer| layer.name.as_str());
            let for_tests = dependency.kind == Kind::Dev && other == "testing";
            // A crate whose tests use the crate itself names itself as a dev-dependency.
            let itself = target.folder == *at;
            if !for_tests && !itself && !layer.may_use.iter().any(|allowed| allowed == other) {
                let layer = &layer.name;
                complaints
                    .push(format!("{at}: layer `{layer}` may not use `{name}` of layer `{other}`"));
            }
        }
    }
    complaints
}

fn misnamed(package: &Package) -> Option<String> {
    let (folder, name) = (&package.folder, &package.name);
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let expected = match folder.split('/').next() {
        Some("cli") if last == "cli" => "mobo".into(),
        Some("xtask") => "xtask".into(),
        Some("benches") => format!("bench-{last}"),
        Some("suites") => format!("suite-{last}"),
        _ => format!("mag-{last}"),
    };
    (*name != expected)
        .then(|| format!("{folder}: the package should be called `{expected}`, not `{name}`"))
}

fn read(text: &str) -> Result<Vec<Layer>, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.message().to_owned())?;
    let layers = table.get("layer").and_then(|l| l.as_array()).ok_or("it lists no `[[layer]]`")?;
    layers
        .iter()
        .map(|layer| {
            let strings = |key: &str| -> Vec<String> {
                let list = layer.get(key).and_then(|value| value.as_array());
                list.into_iter().flatten().filter_map(|s| s.as_str()).map(Into::into).collect()
            };
            let name =
                layer.get("name").and_then(|name| name.as_str()).ok_or("a layer has no name")?;
            let (folders, may_use) = (strings("folders"), strings("may_use"));
            Ok(Layer { name: name.into(), folders, may_use, without: strings("without") })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Package, package};
    use crate::tree::File;

    const LAYERS: &str = r#"
        [[layer]]
        name = "contract"
        folders = ["kernel/contract"]
        [[layer]]
        name = "data"
        folders = ["data"]
        may_use = ["contract", "data"]
        without = ["tokio"]
        [[layer]]
        name = "components"
        folders = ["components"]
        may_use = ["contract"]
        [[layer]]
        name = "testing"
        folders = ["testing"]
    "#;

    fn check(packages: &[Package], expected: &[&str]) {
        assert_eq!(super::check(&[File::new("layers.toml", LAYERS)], packages), expected);
    }

    #[test]
    fn a_part_may_use_the_contract_and_the_kit_in_tests_but_no_sibling() {
        let kit = || package("mag-kit", "testing/kit", &[]);
        let contract = || package("mag-contract", "kernel/contract", &[]);
        let ws = || package("mag-ws", "components/ws", &[]);
        let good = [("mag-contract", Kind::Normal), ("mag-kit", Kind::Dev)];
        check(&[kit(), contract(), package("mag-gate", "components/gate", &good)], &[]);
        let bad = [("mag-ws", Kind::Normal), ("mag-kit", Kind::Normal)];
        check(
            &[kit(), ws(), package("mag-gate", "components/gate", &bad)],
            &[
                "components/gate: layer `components` may not use `mag-ws` of layer `components`",
                "components/gate: layer `components` may not use `mag-kit` of layer `testing`",
            ],
        );
    }

    #[test]
    fn the_language_of_data_has_no_runtime() {
        check(
            &[package("mag-query", "data/query", &[("tokio", Kind::Normal)])],
            &["data/query: layer `data` may not use `tokio`"],
        );
        check(&[package("mag-query", "data/query", &[("tokio", Kind::Dev)])], &[]);
    }

    #[test]
    fn a_crate_outside_the_house_or_with_another_name_is_found() {
        check(
            &[package("thing", "attic/box", &[])],
            &[
                "attic/box: the package should be called `mag-box`, not `thing`",
                "attic/box: belongs to no layer of layers.toml",
            ],
        );
    }
}
