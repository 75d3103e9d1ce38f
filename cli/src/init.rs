//! `mobo init`: a data folder with a settings file to start from. What is there is never changed.

use crate::options::Options;
use crate::screen::Tone;
use crate::trouble::{Done, io, misspelt};
use mag_contract::{Fault, codes, durable};
use mag_mobo::Parts;
use serde_json::json;
use std::path::{Path, PathBuf};

pub(crate) fn init(parts: &Parts, options: &Options, words: &[String]) -> Done {
    if let Some(flag) = words.iter().find(|w| w.starts_with('-')) {
        return Err(misspelt(format!("`init` has no flag `{flag}`"))
            .hint("`mobo help init` shows what it takes")
            .into());
    }
    let folder = match words {
        [] => options.folder(),
        [folder] => PathBuf::from(folder),
        [_, more, ..] => return Err(misspelt(format!("`init` does not take `{more}`")).into()),
    };
    let file = folder.join(mag_mobo::FILE);
    if file.exists() {
        return Err(Fault::new(codes::EXISTS, format!("{} is set up already", folder.display()))
            .hint("nothing was changed; `mobo boot` starts it")
            .into());
    }
    if options.preview {
        options.screen().say(&format!("{} would be set up", folder.display()));
        return Ok(());
    }
    let starter = mag_settings::starter(&mag_mobo::sections(parts));
    make_private(&folder)?;
    make_private(&folder.join("secrets"))?;
    durable::write(&file, starter.as_bytes()).map_err(|e| refused(&file, e))?;
    let screen = options.screen();
    if options.json {
        screen.out(&json!({ "data_folder": folder, "settings": file }).to_string());
        return Ok(());
    }
    let plain = options.data.is_none() && words.is_empty();
    let named = match plain {
        true => String::new(),
        false => format!(" --data {}", crate::grammar::quoted(&[folder.display().to_string()])),
    };
    let rows = [
        (mag_mobo::FILE, "the settings; each stands there with its default, commented out"),
        ("secrets/", "keys and tokens, readable by you alone"),
        ("state/ journal/", "what the board remembers; made by the first boot"),
        ("logs/", "the log; made by the first boot"),
    ];
    screen.say(&format!(
        "{} {} is ready for its first boot",
        screen.mark(Tone::Good),
        folder.display()
    ));
    for (path, what) in rows {
        screen.say(&format!("  {path:<16} {}", screen.paint(Tone::Dim, what)));
    }
    screen.say(&format!("\nnext: {}", screen.paint(Tone::Bold, &format!("mobo boot{named}"))));
    Ok(())
}

/// Others on the machine have no business in it.
pub(crate) fn make_private(folder: &Path) -> Result<(), Fault> {
    let there = folder.is_dir();
    durable::create_folder(folder).map_err(|e| refused(folder, e))?;
    #[cfg(unix)]
    if !there {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .map_err(|e| refused(folder, e))?;
    }
    #[cfg(not(unix))]
    let _ = there;
    Ok(())
}

fn refused(path: &Path, e: std::io::Error) -> Fault {
    match e.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Fault::new(codes::NOT_WRITABLE, format!("{} cannot be written", path.display()))
                .hint("choose another folder: `mobo init DIR`")
                .because(e)
        }
        std::io::ErrorKind::StorageFull => {
            Fault::new(codes::DISK_FULL, format!("the disk of {} is full", path.display()))
                .because(e)
        }
        _ => io(format!("{} cannot be made", path.display()), e),
    }
}
