//! The list of hosts, shared by all of Portlight: read without waiting, written by a thread of its own.
//!
//! A change is in the file before it is in the list that readers see. What is asked for while the disk is busy is written
//! together, and announced together.

use super::{
    file,
    history::History,
    hosts_file::{HostsFile, Looked, Opened},
    list::List,
    step::{Deed, Step},
    versions::Versions,
};
use crate::{
    error::StoreError,
    model::{Host, Target},
};
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};
use tokio::sync::{oneshot, watch};

/// The list of hosts. Dropping it waits until the file has all changes that were asked for.
pub(crate) struct HostList {
    shared: Arc<Shared>,
    /// None only while this is dropped.
    queue: Option<mpsc::Sender<Task>>,
    writer: Option<JoinHandle<()>>,
    versions: Versions,
    /// The file, in the folder of settings.
    named: PathBuf,
}

/// What the writer is to do.
enum Task {
    Change(Change),
    /// Look at the file, which another program may have changed.
    Look(oneshot::Sender<Looked>),
}

struct Shared {
    list: RwLock<Arc<List>>,
    /// What the user has to know about what happened to the file.
    notices: Mutex<Vec<StoreError>>,
    /// What is the matter with the file as it is.
    condition: Mutex<Option<StoreError>>,
    /// What can be undone.
    history: Mutex<History>,
    /// Counts what was announced: each write of the list, and each notice.
    revision: watch::Sender<u64>,
}

/// Changes the list, and returns what to call when it is written, or could not be, and when that is announced.
type Change = Box<dyn FnOnce(&mut List) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreError>) -> Announced + Send>;
type Announced = Box<dyn FnOnce()>;

impl HostList {
    /// Takes over a list that was opened, and starts its writer.
    ///
    /// # Errors
    /// [`StoreError::System`] where no thread can be started.
    pub(crate) fn start(opened: Opened) -> Result<Self, StoreError> {
        let Opened { hosts, notice, .. } = opened;
        let condition = hosts.condition();
        let notice = notice.filter(|notice| condition.as_ref() != Some(notice));
        let (versions, named) = (hosts.versions().clone(), hosts.named().to_owned());
        let shared = Arc::new(Shared {
            list: RwLock::new(Arc::clone(hosts.list())),
            notices: Mutex::new(notice.into_iter().collect()),
            condition: Mutex::new(condition),
            history: Mutex::default(),
            revision: watch::Sender::new(0),
        });
        let (queue, changes) = mpsc::channel();
        let writer = thread::Builder::new().name("hosts".to_owned());
        let writer = writer.spawn({
            let shared = Arc::clone(&shared);
            move || shared.write(hosts, &changes)
        });
        let failed = |cause: std::io::Error| StoreError::System {
            detail: format!("the list of machines has no thread: {cause}"),
        };
        Ok(Self { shared, queue: Some(queue), writer: Some(writer.map_err(failed)?), versions, named })
    }

    /// A list that cannot be changed, and is not that of any file: what [`HostsFile::peek`] has seen in `folder`.
    pub(crate) fn to_look_at(list: List, folder: &Path) -> Self {
        let shared = Arc::new(Shared {
            list: RwLock::new(Arc::new(list)),
            notices: Mutex::default(),
            condition: Mutex::default(),
            history: Mutex::default(),
            revision: watch::Sender::new(0),
        });
        Self { shared, queue: None, writer: None, versions: Versions::in_folder(folder), named: folder.to_owned() }
    }

    /// The list as it is in the file. Waits for nothing.
    pub(crate) fn get(&self) -> Arc<List> {
        Arc::clone(&self.shared.list.read())
    }

    /// Changes the list. `change` runs on the writer's thread, with the newest list; where it fails the list stays as it
    /// was. The change is under way when this returns, also where the result is not awaited; the result comes when it is
    /// in the file and announced. One that changes nothing is neither written nor announced.
    ///
    /// # Errors
    /// Those of `change`, and [`StoreError::HostsNotSaved`]: then nothing has changed.
    pub(crate) fn change<T, E, F>(&self, change: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        F: FnOnce(&mut List) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let changed = self.steps(None, change);
        async move { changed.await.map(|(done, _)| done) }
    }

    /// Changes the list as the user wants, so that it can be undone. Comes with the step's number; none where nothing has
    /// changed. All else is as in [`HostList::change`].
    ///
    /// # Errors
    /// As [`HostList::change`].
    pub(crate) fn step<T, E, F>(
        &self,
        deed: Deed,
        change: F,
    ) -> impl Future<Output = Result<(T, Option<u64>), E>> + Send + use<T, E, F>
    where
        F: FnOnce(&mut List) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.steps(Some(deed), change)
    }

    fn steps<T, E, F>(
        &self,
        deed: Option<Deed>,
        change: F,
    ) -> impl Future<Output = Result<(T, Option<u64>), E>> + Send + use<T, E, F>
    where
        F: FnOnce(&mut List) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let change: Change = Box::new(move |list| {
            let mut changed = list.clone();
            let result = change(&mut changed);
            let mut step = None;
            if result.is_ok() {
                step = deed.map(|deed| Step::between(deed, list, &changed)).filter(|step| !step.is_empty());
                *list = changed;
            }
            Box::new(move |written| {
                let is_written = written.is_ok();
                let number = step.filter(|_| is_written).map(|step| shared.history.lock().add(step));
                let result = result.and_then(|done| written.map(|()| (done, number)).map_err(E::from));
                // Where the answer is not awaited, it is not missed.
                Box::new(move || drop(answer.send(result)))
            })
        });
        self.send(Task::Change(change));
        async move { answered.await.unwrap_or_else(|_| Err(ended().into())) }
    }

    /// Takes over what another program has written to the file, and says what was found. What cannot be read is told to the user
    /// when it has rested.
    pub(crate) fn look(&self) -> impl Future<Output = Looked> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        self.send(Task::Look(answer));
        async move { answered.await.unwrap_or(Looked::Nothing) }
    }

    fn send(&self, task: Task) {
        // A writer that has ended takes the answer's sender with it.
        let _ = self.queue.as_ref().map(|queue| queue.send(task));
    }

    /// What can be undone, and done again.
    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.shared.history.lock()
    }

    /// The earlier versions of the list.
    pub(crate) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The folders in which something happens when the file changes: its own, and that of what it links to now.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let files = [self.named.clone(), file::target_of(&self.named)];
        let mut folders: Vec<_> = files.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
        folders.dedup();
        folders
    }

    /// Adds a host at the end, or replaces the one with the same id.
    ///
    /// # Errors
    /// As [`HostList::change`].
    pub(crate) fn put(&self, host: Host) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.change(|list| {
            list.put(host);
            Ok(())
        })
    }

    /// Changes the saved host behind `target`, for what was learned about its server: only while that host is still there
    /// and leads to the same server. Says whether it did.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`].
    pub(crate) fn note(
        &self,
        target: &Target,
        change: impl FnOnce(&mut Host) + Send + 'static,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let target = target.clone();
        self.change(move |list| {
            let Some(host) = target.host.and_then(|id| list.get_mut(id).ok()) else { return Ok(false) };
            let is_same = Target::from(&*host).is_same_server(&target);
            if is_same {
                change(host);
            }
            Ok(is_same)
        })
    }

    /// Wakes after each write of the list, and each notice about it. The value counts them.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.shared.revision.subscribe()
    }

    /// What the user has to know about the file, oldest first.
    pub(crate) fn notices(&self) -> Vec<StoreError> {
        let mut notices = self.shared.notices.lock().clone();
        notices.extend(self.shared.condition.lock().clone());
        notices
    }

    /// Says that there is something new beside the list.
    pub(crate) fn announce(&self) {
        self.shared.announce();
    }
}

impl Drop for HostList {
    fn drop(&mut self) {
        self.queue.take();
        // A writer that panicked has said so on stderr.
        let _ = self.writer.take().map(JoinHandle::join);
    }
}

impl Shared {
    /// The writer: takes all that waits, writes all changes at once, publishes, answers. Ends with the queue.
    fn write(&self, mut file: HostsFile, queue: &mpsc::Receiver<Task>) {
        while let Ok(first) = queue.recv() {
            let (mut changes, mut looks) = (Vec::new(), Vec::new());
            for task in std::iter::once(first).chain(queue.try_iter()) {
                match task {
                    Task::Change(change) => changes.push(change),
                    Task::Look(look) => looks.push(look),
                }
            }
            if !changes.is_empty() {
                self.change(&mut file, changes);
            }
            for answer in looks {
                // Where the answer is not awaited, it is not missed.
                let _ = answer.send(self.look(&mut file));
            }
        }
    }

    fn change(&self, file: &mut HostsFile, changes: Vec<Change>) {
        let mut changed = List::clone(file.list());
        let replies: Vec<Reply> = changes.into_iter().map(|change| change(&mut changed)).collect();
        let is_new = changed != **file.list();
        let written = match is_new {
            true => file.save(changed).map(|notice| self.publish(file, notice)),
            false => Ok(()),
        };
        // With the change, the step that undoes it is announced.
        let told: Vec<Announced> = replies.into_iter().map(|reply| reply(written.clone())).collect();
        if is_new && written.is_ok() {
            self.announce();
        }
        told.into_iter().for_each(|tell| tell());
    }

    fn look(&self, file: &mut HostsFile) -> Looked {
        let looked = file.look();
        let condition = match &looked {
            Looked::Nothing => return looked,
            Looked::Unreadable { .. } if !file.has_rested() => return looked,
            Looked::Unreadable { detail } => Some(file.broken(detail.clone())),
            Looked::Same | Looked::Changed => file.condition(),
        };
        let is_new = looked == Looked::Changed || *self.condition.lock() != condition;
        *self.list.write() = Arc::clone(file.list());
        *self.condition.lock() = condition;
        if is_new {
            self.announce();
        }
        looked
    }

    /// Shows readers what the file has.
    fn publish(&self, file: &HostsFile, notice: Option<StoreError>) {
        self.notices.lock().extend(notice);
        *self.condition.lock() = file.condition();
        *self.list.write() = Arc::clone(file.list());
    }

    fn announce(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }
}

fn ended() -> StoreError {
    StoreError::System { detail: "the list of machines is not written any more".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostId;
    use std::{path::Path, time::Duration};
    use tempfile::tempdir;
    use tokio::time::timeout;

    fn start(folder: &Path) -> HostList {
        HostList::start(HostsFile::open(folder).unwrap()).unwrap()
    }

    fn host(name: &str) -> Host {
        Host { address: name.parse().unwrap(), ..Host::demo(name) }
    }

    /// Keeps the writer busy until the sender is used.
    fn hold(list: &HostList) -> (mpsc::Sender<()>, impl Future<Output = Result<(), StoreError>> + use<>) {
        let (go_on, held) = mpsc::channel();
        let (started, starting) = mpsc::channel();
        let change = list.change(move |_| {
            started.send(()).unwrap();
            held.recv().unwrap();
            Ok(())
        });
        starting.recv().unwrap();
        (go_on, change)
    }

    #[tokio::test]
    async fn readers_and_the_runtime_do_not_wait_for_the_disk() {
        let folder = tempdir().unwrap();
        let list = start(folder.path());
        list.put(host("a")).await.unwrap();
        let (go_on, held) = hold(&list);
        // One thread drives all of this, and it is never blocked.
        let second = list.put(host("b"));
        assert_eq!(list.get().all().len(), 1, "what is not in the file is not in the list");
        let mut second = std::pin::pin!(second);
        assert!(timeout(Duration::from_millis(20), &mut second).await.is_err());
        assert_eq!(HostsFile::peek(folder.path()).unwrap().all().len(), 1);
        go_on.send(()).unwrap();
        second.await.unwrap();
        held.await.unwrap();
        assert_eq!(list.get().all().len(), 2);
        assert_eq!(HostsFile::peek(folder.path()).unwrap(), *list.get());
    }

    #[tokio::test]
    async fn many_changes_at_once_are_one_write_and_one_event() {
        let folder = tempdir().unwrap();
        let list = start(folder.path());
        let hosts: Vec<Host> = (0..100).map(|number| host(&format!("m{number}"))).collect();
        let revisions = list.changes();
        let (go_on, held) = hold(&list);
        let all: Vec<_> = hosts.into_iter().map(|host| list.put(host)).collect();
        let unknown = list.change(|list| list.remove(&[HostId::new()]));
        go_on.send(()).unwrap();
        held.await.unwrap();
        for one in all {
            one.await.unwrap();
        }
        assert_eq!(unknown.await, Err(StoreError::NoSuchHost), "one that fails takes no other with it");
        assert_eq!((list.get().all().len(), *revisions.borrow()), (100, 1));
        assert_eq!(HostsFile::peek(folder.path()).unwrap(), *list.get());
    }

    #[tokio::test]
    async fn a_change_that_changes_nothing_is_neither_written_nor_announced() {
        let folder = tempdir().unwrap();
        let list = start(folder.path());
        let a = host("a");
        list.put(a.clone()).await.unwrap();
        list.put(a).await.unwrap();
        assert_eq!(*list.changes().borrow(), 1);
    }

    #[tokio::test]
    async fn what_was_asked_for_is_in_the_file_when_the_list_ends() {
        let folder = tempdir().unwrap();
        let list = start(folder.path());
        drop(list.put(host("a")));
        drop(list);
        assert_eq!(HostsFile::peek(folder.path()).unwrap().all().len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_saved_is_not_in_the_list() {
        let folder = tempdir().unwrap();
        let list = start(folder.path());
        // Not even root can rename a file over a folder.
        std::fs::create_dir(folder.path().join("hosts.json")).unwrap();
        assert!(matches!(list.put(host("a")).await, Err(StoreError::HostsNotSaved { .. })));
        assert!(list.get().all().is_empty());
        assert_eq!(*list.changes().borrow(), 0);
    }

    #[tokio::test]
    async fn what_a_session_learned_is_noted_only_where_the_host_still_leads_to_that_server() {
        let folder = tempdir().unwrap();
        let list = start(folder.path());
        let saved = host("a");
        let (id, target) = (saved.id, Target::from(&saved));
        list.put(saved).await.unwrap();
        assert_eq!(list.note(&target, |host| host.last_opened = Some(7)).await, Ok(true));
        let mut through_a_repeater = list.get().all()[0].clone();
        through_a_repeater.repeater_id = "1234".into();
        for moved in [
            through_a_repeater,
            Host { address: "b".parse().unwrap(), ..list.get().all()[0].clone() },
            Host { ssh_jump: Some("gate".parse().unwrap()), ..list.get().all()[0].clone() },
        ] {
            list.put(moved).await.unwrap();
            assert_eq!(list.note(&target, |host| host.clear_text = true).await, Ok(false));
            assert!(!list.get().get(id).unwrap().clear_text);
        }
        assert_eq!(list.note(&Target { host: Some(HostId::new()), ..target }, |_| ()).await, Ok(false), "it is gone");
    }
}
