//! One reading of a source, and what says that it has changed.

use super::{SourceProblem, read_files};
use crate::{
    command::printed_list,
    import::{File, FileProblem, Listing, listing},
    model::Origin,
    platform::FolderWatch,
    services::blocking,
};
use std::{
    fs,
    future::pending,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tokio::time::sleep;

/// How often to look where nothing is told, as with folders of other computers.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// What happens within this is looked at together.
const TOGETHER: Duration = Duration::from_millis(200);
/// How long a file that cannot be read is waited for: it may be half written.
const REST: Duration = Duration::from_secs(1);

/// Reads a source.
///
/// # Errors
/// Why it could not be read.
pub(super) async fn read(origin: &Origin) -> Result<Listing, SourceProblem> {
    match origin {
        Origin::Command(command) => {
            let output = printed_list(command).await?;
            let files = [File { name: String::new(), bytes: Ok(output.to_vec()) }];
            Ok(blocking(move || listing(&files, false)).await??)
        }
        Origin::Path(path) => match read_path(path).await {
            Err(_) => {
                sleep(REST).await;
                read_path(path).await
            }
            listing => listing,
        },
    }
}

async fn read_path(path: &Path) -> Result<Listing, SourceProblem> {
    let path = path.to_owned();
    let read =
        move || -> Result<Listing, FileProblem> { listing(&read_files(std::slice::from_ref(&path)), path.is_dir()) };
    Ok(blocking(read).await??)
}

/// By what files are known to have changed without reading them.
pub(super) type Sight = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// What the files of a source look like now.
pub(super) async fn sight(origin: &Origin) -> Sight {
    match origin {
        Origin::Path(path) => {
            let path = path.clone();
            blocking(move || look(&path)).await.unwrap_or_default()
        }
        Origin::Command(_) => Sight::default(),
    }
}

fn look(path: &Path) -> Sight {
    let one = |path: PathBuf| {
        let found = fs::metadata(&path).ok()?;
        Some((path, found.modified().ok(), found.len()))
    };
    match fs::read_dir(path) {
        Ok(folder) => {
            let mut all: Sight = folder.flatten().filter_map(|entry| one(entry.path())).collect();
            all.sort();
            all
        }
        Err(_) => one(path.to_owned()).into_iter().collect(),
    }
}

/// Waits until the files of a source look otherwise. What a command would print tells nobody.
pub(super) async fn changed(origin: &Origin, seen: Sight) {
    let Origin::Path(path) = origin else { return pending().await };
    let watch = FolderWatch::new(&folders(path));
    loop {
        // It may have changed before there was a watch.
        if sight(origin).await != seen {
            return;
        }
        watch.changed(LOOK_EVERY).await;
        sleep(TOGETHER).await;
    }
}

/// The folders in which something happens when the source changes: also that of a file that it links to.
fn folders(path: &Path) -> Vec<PathBuf> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut folders: Vec<PathBuf> = [path, &real].into_iter().filter_map(Path::parent).map(Path::to_owned).collect();
    if real.is_dir() {
        folders.push(real);
    }
    folders.dedup();
    folders
}
