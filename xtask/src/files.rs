//! Files by the time of their last change.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// All files below `folder` that are wanted, the one that changed last first. A folder that is not wanted is not entered.
pub fn newest_first(folder: &Path, wanted: impl Fn(&Path) -> bool + Copy) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if wanted(&path) {
                files.extend(newest_first(&path, wanted));
            }
        } else if wanted(&path) {
            files.push(path);
        }
    }
    files.sort_by_key(|file| std::cmp::Reverse(changed(file)));
    files
}

/// When the file changed; long ago where there is none.
pub fn changed(file: &Path) -> SystemTime {
    fs::metadata(file).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}
