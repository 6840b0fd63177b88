//! Files that are opened by a double click, or from a terminal.

use super::{Imports, blocking, files};
use crate::{
    error::Result,
    import::{NotOpened, Opening, Preview, opening},
    model::{Host, Target},
    services::find::name_beside,
    store::List,
};
use std::path::{Path, PathBuf};

/// Machines that are opened at once, of files that each have one: with more it is rather a list that is looked at.
const AT_ONCE: usize = 10;

/// What files that are opened come to.
#[derive(Debug, Default)]
pub struct Opened {
    /// Machines that are to be shown. Each may have a password that is good once.
    pub machines: Vec<Target>,
    /// What is in the other files, to be looked at and added.
    pub lists: Option<Preview>,
    /// Files of which nothing comes.
    pub failures: Vec<NotOpened>,
}

/// That none of these files is one of which nothing comes. Blocks.
///
/// # Errors
/// Why the first of these cannot be opened.
pub fn check_files(paths: &[PathBuf]) -> std::result::Result<(), NotOpened> {
    let list = List::default();
    paths.iter().try_for_each(|path| open(path, &list).map(drop))
}

impl Imports {
    /// Reads files that are opened, each as it is by itself. Nothing is added to the list.
    ///
    /// # Errors
    /// As [`Imports::sources`].
    pub async fn open_files(&self, paths: Vec<PathBuf>) -> Result<Opened> {
        let list = self.list.get();
        let (mut opened, lists) = blocking(move || sorted(paths, &list)).await?;
        if !lists.is_empty() {
            opened.lists = Some(self.preview_files(lists).await?);
        }
        Ok(opened)
    }
}

/// What can be shown, and the files that are lists.
fn sorted(paths: Vec<PathBuf>, list: &List) -> (Opened, Vec<PathBuf>) {
    let (mut opened, mut lists, mut alone) = (Opened::default(), Vec::new(), Vec::new());
    for path in paths {
        match open(&path, list) {
            Ok(Opening::Machine(target)) => {
                opened.machines.push(*target);
                alone.push(path);
            }
            Ok(Opening::List) => lists.push(path),
            Err(failure) => opened.failures.push(failure),
        }
    }
    if alone.len() > AT_ONCE {
        opened.machines.clear();
        lists.append(&mut alone);
    }
    (opened, lists)
}

fn open(path: &Path, list: &List) -> std::result::Result<Opening, NotOpened> {
    let name_of =
        |found: &Host| name_beside(&found.name, &found.address, found.ssh_jump.as_ref(), found.proxy.as_ref());
    opening(files::read_one(path), list.all(), name_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn each_file_is_what_it_is_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let vnc = |host: &str| format!("[connection]\nhost={host}\nport=5901\n");
        let one = write("one.vnc", &vnc("one.test"));
        let two = write("two.csv", "name,host\na,a.test\nb,b.test\n");
        let wrong = write("wrong.vv", "[virt-viewer]\ntype=spice\nhost=x\n");
        let gone = folder.path().join("gone.vnc");
        let paths = vec![one.clone(), two.clone(), wrong, gone.clone(), folder.path().to_owned()];
        let (opened, lists) = sorted(paths, &List::default());
        let names: Vec<_> = opened.machines.iter().map(|target| target.name.as_str()).collect();
        assert_eq!((names, lists), (vec!["one (one.test:5901)"], vec![two]));
        let failed: Vec<_> = opened.failures.iter().map(ToString::to_string).collect();
        assert_eq!(failed.len(), 3, "{failed:?}");
        assert!(failed[2].contains("no regular file"), "a folder is not opened: {failed:?}");
        assert!(check_files(std::slice::from_ref(&one)).is_ok() && check_files(&[one, gone]).is_err());

        let many: Vec<_> = (0..=AT_ONCE).map(|n| write(&format!("{n}.vnc"), &vnc(&format!("h{n}.test")))).collect();
        let (opened, lists) = sorted(many.clone(), &List::default());
        assert!(opened.machines.is_empty() && lists == many, "{lists:?}");
    }
}
