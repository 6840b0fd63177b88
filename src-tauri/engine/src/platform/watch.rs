//! A watch on folders: something has happened in one of them. What that was is for its owner to find out.

use std::{path::PathBuf, time::Duration};
use tokio::time::{sleep, timeout};

/// Folders that are watched. Where the system tells of nothing (other systems than Linux, a limit that was reached), it says at
/// short intervals that something may have happened.
pub(crate) struct FolderWatch {
    #[cfg(target_os = "linux")]
    inotify: Option<linux::Inotify>,
}

/// How often something may have happened where the system does not say so.
const INTERVAL: Duration = Duration::from_secs(2);

impl FolderWatch {
    /// Watches these folders. Those that are not there are left out.
    pub(crate) fn new(folders: &[PathBuf]) -> Self {
        #[cfg(target_os = "linux")]
        {
            let inotify = linux::Inotify::new(folders);
            if let Err(cause) = &inotify {
                tracing::info!(%cause, "no folder is watched; files are looked at now and then");
            }
            Self { inotify: inotify.ok() }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = folders;
            Self {}
        }
    }

    /// Waits until something may have happened, and no longer than this.
    pub(crate) async fn changed(&self, limit: Duration) {
        #[cfg(target_os = "linux")]
        if let Some(inotify) = &self.inotify {
            // Late is no error.
            let _ = timeout(limit, inotify.changed()).await;
            return;
        }
        let _ = timeout(limit, sleep(INTERVAL)).await;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
    use std::{future::pending, io, os::fd::OwnedFd, path::PathBuf};
    use tokio::io::unix::AsyncFd;

    pub(super) struct Inotify(AsyncFd<OwnedFd>);

    impl Inotify {
        pub(super) fn new(folders: &[PathBuf]) -> io::Result<Self> {
            let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            let what = WatchFlags::CREATE
                | WatchFlags::MOVED_TO
                | WatchFlags::MODIFY
                | WatchFlags::CLOSE_WRITE
                | WatchFlags::DELETE
                | WatchFlags::ONLYDIR;
            for folder in folders {
                if let Err(cause) = add_watch(&inotify, folder, what) {
                    tracing::info!(%cause, folder = %folder.display(), "it is not watched");
                }
            }
            // SAFETY: the descriptor is open and owned by nothing else, and an `OwnedFd` has the same one until it is dropped.
            #[allow(unsafe_code, reason = "tokio has no other way for a descriptor that is no socket")]
            let registered = unsafe { AsyncFd::register(inotify) };
            registered.map(Self).map_err(Into::into)
        }

        /// Waits for an event, and takes all that are there.
        pub(super) async fn changed(&self) {
            // A reactor that has ended tells nothing any more.
            let Ok(mut ready) = self.0.readable().await else { return pending().await };
            let mut events = [0; 4096];
            while rustix::io::read(self.0.get_ref(), &mut events).is_ok_and(|read| read > 0) {}
            ready.clear_ready();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Write};
    use tempfile::tempdir;
    use tokio::time::Instant;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn whatever_happens_in_a_folder_is_noticed() {
        let (folder, other) = (tempdir().unwrap(), tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        let missing = at("missing");
        let watch = FolderWatch::new(&[folder.path().to_owned(), other.path().to_owned(), missing]);
        type Happening<'a> = &'a dyn Fn();
        let open = fs::File::create(at("open")).unwrap();
        watch.changed(LONG).await;
        let happenings: [Happening<'_>; 6] = [
            &|| (&open).write_all(b"more, and it stays open").unwrap(),
            &|| fs::write(at("a"), "new").unwrap(),
            &|| fs::write(at("a"), "in place").unwrap(),
            &|| fs::rename(at("a"), at("b")).unwrap(),
            &|| fs::rename(at("b"), other.path().join("c")).unwrap(),
            &|| fs::remove_file(other.path().join("c")).unwrap(),
        ];
        for happen in happenings {
            let start = Instant::now();
            happen();
            watch.changed(LONG).await;
            assert!(start.elapsed() < LONG / 2);
        }
    }

    #[tokio::test]
    async fn it_waits_no_longer_than_was_said_and_tells_of_nothing_twice() {
        let folder = tempdir().unwrap();
        let watch = FolderWatch::new(&[folder.path().to_owned()]);
        fs::write(folder.path().join("a"), "new").unwrap();
        watch.changed(LONG).await;
        let start = Instant::now();
        watch.changed(Duration::from_millis(20)).await;
        assert!(start.elapsed() < LONG / 2);
    }
}
