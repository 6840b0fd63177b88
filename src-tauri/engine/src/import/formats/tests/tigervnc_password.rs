//! TigerVNC's file of a password, which is taken only where it was chosen.

use super::{file, shown};
use crate::{
    import::{Change, ChosenIn, File, FileProblem, Format, PasswordKind, Reading, read},
    model::Secret,
};

#[test]
fn tigervncs_password_is_taken_where_its_file_was_chosen_together_with_the_machines() {
    // As `vncpasswd` writes it: "quince7", and "medlar42" for looking only.
    let [full, view_only] = [0x2696_74f2_0f69_a332_u64, 0xef92_a21c_8e57_da00].map(u64::to_be_bytes);
    let chosen = |path: &str, bytes: &[u8]| {
        let (folder, name) = path.rsplit_once('/').unwrap();
        let chosen_in = ChosenIn { folder: folder.into(), is_tigervncs: folder == "/home/ann/.vnc" };
        File { chosen_in: Some(chosen_in), ..file(name, bytes) }
    };
    let machine = |more: &str| format!("TigerVNC Configuration file Version 1.0\n\nServerName=box:1\n{more}");
    let (plain, naming) = (machine(""), machine("PasswordFile=/srv/lab.pw\n"));
    let problems = |reading: &Reading| reading.files.iter().map(|file| file.problem.clone()).collect::<Vec<_>>();
    let taken = "box: box:5901 password quince7";
    let (free, named) = ("box: box:5901", "box: box:5901 without [PasswordFile]");
    for (text, at, password, expected) in [
        (&plain, "/srv/box.tigervnc", "/srv/passwd", taken),
        (&plain, "/srv/box.tigervnc", "/home/ann/.vnc/passwd", taken),
        (&plain, "/srv/box.tigervnc", "/elsewhere/passwd", free),
        (&plain, "/srv/box.tigervnc", "/srv/lab.pw", free),
        (&naming, "/elsewhere/box.tigervnc", "/srv/lab.pw", taken),
        (&naming, "/srv/box.tigervnc", "/srv/passwd", named),
    ] {
        let both = [full, view_only].concat();
        for bytes in [&full[..], &both] {
            let found = read(&[chosen(at, text.as_bytes()), chosen(password, bytes)]);
            assert_eq!(shown(&found), [expected], "{at} with {password}");
            let alone = (expected != taken).then_some(FileProblem::PasswordAlone);
            assert_eq!(problems(&found), [None, alone], "{at} with {password}");
            assert_eq!(found.files[1].format, Some(Format::TigervncPassword));
        }
    }
    // To choose a folder, or only one of both, is not to choose the other.
    let in_folder = [file("box.tigervnc", &plain), file("passwd", full)];
    assert_eq!(shown(&read(&in_folder)), [free]);
    let only_one = [chosen("/srv/box.tigervnc", plain.as_bytes()), file("passwd", full)];
    assert_eq!(shown(&read(&only_one)), [free]);
    assert_eq!(problems(&read(&[chosen("/srv/passwd", &full)])), [Some(FileProblem::PasswordAlone)]);
    // It is in no preview.
    let found = read(&[chosen("/srv/box.tigervnc", plain.as_bytes()), chosen("/srv/passwd", &full)]);
    let preview = found.preview(1, &[]);
    assert_eq!(preview.entries[0].password, PasswordKind::Beside);
    assert!(!format!("{preview:?}{found:?}").contains("quince7"));
    assert_eq!(found.changes(&[], &[0], false).iter().filter_map(password).count(), 0);
    assert_eq!(found.changes(&[], &[0], true).iter().filter_map(password).collect::<Vec<_>>(), ["quince7"]);
}

fn password(change: &Change) -> Option<&str> {
    match change {
        Change::Add(_, password) | Change::Fill { password, .. } => password.as_ref().map(Secret::expose),
    }
}
