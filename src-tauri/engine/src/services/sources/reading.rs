//! One reading of a source, and what says that it has changed.

use super::{
    SourceProblem, read_files,
    web::{self, Access, Kept, Unread},
};
use crate::{
    command::printed_list,
    import::{File, FileProblem, Listing, Place, listing},
    model::{HostSource, Origin},
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

/// How long a source that fails is left alone at most, unless it is read less often anyway, or says so itself.
const MAX_BACKOFF: Duration = Duration::from_secs(60 * 60);
/// The longest pause that a web server can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a source.
///
/// # Errors
/// Why it could not be read.
pub(super) async fn read(
    source: &HostSource,
    access: &Access,
    kept: &mut Option<Kept>,
    may_unlock: bool,
) -> Result<Listing, Unread> {
    match &source.origin {
        Origin::Command(command) => {
            let output = printed_list(command).await?;
            let files = [File { name: String::new(), bytes: Ok(output.to_vec()), chosen_in: None }];
            Ok(blocking(move || listing(&files, Place::One)).await??)
        }
        Origin::Url(url) => {
            let bytes = web::fetch(source, url, access, kept, may_unlock).await?;
            let files = [File { name: url.file_name().to_owned(), bytes: Ok(bytes.to_vec()), chosen_in: None }];
            Ok(blocking(move || listing(&files, Place::Web)).await??)
        }
        Origin::Path(path) => match read_path(path).await {
            Err(_) => {
                sleep(REST).await;
                Ok(read_path(path).await?)
            }
            Ok(listing) => Ok(listing),
        },
    }
}

/// When to read a source again that has failed so many times in a row, where it is not asked for before. Each failure of what may be busy
/// doubles the pause, to an hour.
pub(super) fn pause(source: &HostSource, failures: u32, retry_after: Option<Duration>) -> Duration {
    let interval = Duration::from_secs(60 * u64::from(source.every_minutes.max(1)));
    if failures == 0 || matches!(source.origin, Origin::Path(_)) {
        return interval;
    }
    let doubled = interval.saturating_mul(2_u32.saturating_pow(failures - 1));
    doubled.min(MAX_BACKOFF.max(interval)).max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER))
}

async fn read_path(path: &Path) -> Result<Listing, SourceProblem> {
    let path = path.to_owned();
    let read = move || -> Result<Listing, FileProblem> {
        let place = if path.is_dir() { Place::Folder } else { Place::One };
        listing(&read_files(std::slice::from_ref(&path)), place)
    };
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
        Origin::Command(_) | Origin::Url(_) => Sight::default(),
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

/// Waits until the files of a source look otherwise. What a command would print, or a web server send, is not announced.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_asked_less_and_less_and_never_before_it_wants() {
        let minutes = |source: &HostSource, failures, wish: Option<u64>| {
            pause(source, failures, wish.map(|minutes| Duration::from_secs(60 * minutes))).as_secs() / 60
        };
        let mut web = HostSource::new("", Origin::url("https://a/x", false, false).unwrap()).unwrap();
        for (failures, wish, expected) in [
            (0, None, 15),
            (1, None, 15),
            (2, None, 30),
            (3, None, 60),
            (9, None, 60),
            (u32::MAX, None, 60),
            (1, Some(1), 15),
            (1, Some(120), 120),
            (1, Some(u64::MAX / 60), 24 * 60),
        ] {
            assert_eq!(minutes(&web, failures, wish), expected, "{failures} {wish:?}");
        }
        web.set_interval(24 * 60);
        assert_eq!(minutes(&web, 5, None), 24 * 60);
        let file = HostSource::new("", Origin::Path("/x".into())).unwrap();
        assert_eq!(minutes(&file, 5, None), 15);
    }
}
