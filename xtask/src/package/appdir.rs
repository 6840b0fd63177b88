//! A folder that `appimagetool` makes an AppImage of. The libraries that the programs link are the system's: WebKitGTK has
//! its own helper programs at a fixed place, and cannot be carried along.

use super::{
    ID, Release,
    contents::{Tree, settle},
    empty,
};
use crate::command::Outcome;
use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// Makes the folder.
///
/// # Errors
/// What cannot be written.
pub fn make(release: &Release, tree: &Tree, folder: &Path) -> Outcome<PathBuf> {
    let root = empty(&folder.join("Portlight.AppDir"))?;
    tree.lay_out(&root, release)?;
    for (name, points_to) in links() {
        symlink(&points_to, root.join(name)).map_err(|cause| format!("{points_to}: {cause}"))?;
    }
    settle(&root, release)?;
    Ok(root)
}

/// What an AppImage wants at its top, and where that is.
fn links() -> [(String, String); 4] {
    let icon = format!("usr/share/icons/hicolor/256x256/apps/{ID}.png");
    [
        // The program finds the one beside it by where it really lies.
        ("AppRun".to_owned(), "usr/bin/portlight".to_owned()),
        (format!("{ID}.desktop"), format!("usr/share/applications/{ID}.desktop")),
        (format!("{ID}.png"), icon.clone()),
        (".DirIcon".to_owned(), icon),
    ]
}
