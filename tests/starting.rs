//! How Portlight starts, and what it says where it cannot.

use crate::desk::{
    App, Desk, Server, TIMEOUT, portlight, program_with_windows, signal, until, write_program, write_script,
};
use futures_util::StreamExt;
use std::{
    fs,
    os::unix::fs::symlink,
    process::{Command, Output, Stdio},
    time::Instant,
};
use tokio::{sync::mpsc, time::timeout};

const SECRET: &str = "Kq4sesame9";

fn texts(output: Output) -> (Option<i32>, String) {
    let [said, complaint] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), said + &complaint)
}

#[tokio::test]
async fn a_password_in_a_link_reaches_neither_bus_nor_process_list_nor_terminal_nor_files() {
    let desk =
        Desk::of("a_password_in_a_link_reaches_neither_bus_nor_process_list_nor_terminal_nor_files").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    let link = |server: &Server| format!("vnc://ann:{SECRET}@{}/?VncPassword={SECRET}", server.address());
    let mut messages = desk.bus().monitor().await;
    let (seen, mut calls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            let header = message.header();
            let member = header.member().map(ToString::to_string).unwrap_or_default();
            let _ = seen.send((member, message.data().to_vec()));
        }
    });

    let app = App::start(&desk, &[&link(&one)]).await;
    app.viewer(&one.address()).await.until_state("live").await;
    let arguments = fs::read(format!("/proc/{}/cmdline", app.pid())).expect("a process");
    let arguments = String::from_utf8_lossy(&arguments).into_owned();
    assert!(arguments.contains("ann") && !arguments.contains(SECRET), "{arguments}");

    let (code, said) = texts(desk.portlight(&[&link(&other)]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("passwords in links are not used") && !said.contains(SECRET), "{said}");
    app.viewer(&other.address()).await.until_state("live").await;
    // All messages up to the one that carried the link are looked at.
    loop {
        let message = timeout(TIMEOUT, calls.recv()).await.expect("a message to the first instance");
        let (member, data) = message.expect("a monitor");
        let text = String::from_utf8_lossy(&data);
        assert!(!text.contains(SECRET), "{member}: {text}");
        if member == "Open" && text.contains(&other.address()) {
            break;
        }
    }
    assert!(!app.said().contains(SECRET), "{}", app.said());
    assert_eq!(desk.files_with(SECRET.as_bytes()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn no_error_repeats_a_password() {
    let desk = Desk::of("no_error_repeats_a_password").without_bus().open().await;
    for arguments in [
        vec![format!("vnc://ann:{SECRET}@box:99999/")],
        vec![format!("vnc://ann:{SECRET}/x@box")],
        vec![format!("ssh://ann:{SECRET}@box")],
        vec![format!("wss://ann:{SECRET}@box/")],
        vec![format!("ann:{SECRET}@box")],
        vec!["one".to_owned(), format!("vnc://ann:{SECRET}@box")],
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, said) = texts(desk.portlight(&arguments));
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(!said.contains(SECRET) && said.contains("portlight: "), "{said}");
        assert!(!said.contains("address: address") && !said.contains("an address: address"), "{said}");
        if arguments.len() == 1 {
            for doctor in [&["doctor", "--json", arguments[0]][..], &["doctor", arguments[0]]] {
                let (code, said) = texts(desk.portlight_alone(doctor, ""));
                assert!(code == Some(1) && !said.contains(SECRET), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_start_while_the_first_portlight_hangs_ends_with_a_sentence() {
    let desk = Desk::of("a_start_while_the_first_portlight_hangs_ends_with_a_sentence").open().await;
    let first = desk.spawn("portlight", &mut desk.command(portlight()));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    signal("STOP", &first.pid().to_string());
    let started = Instant::now();
    let (code, said) = texts(desk.portlight(&[]));
    assert_eq!(code, Some(1), "after {:?}: {said}", started.elapsed());
    assert!(said.contains(&format!("(process {}) has not answered", first.pid())), "{said}");
    signal("CONT", &first.pid().to_string());
    let (code, said) = texts(desk.portlight(&[]));
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_start_from_a_menu_that_comes_to_nothing_ends_in_a_window_with_a_sentence() {
    let desk = Desk::of("a_start_from_a_menu_that_comes_to_nothing_ends_in_a_window_with_a_sentence").open().await;
    // Without a terminal, and with nothing to read: as a desktop starts programs.
    let click = |arguments: &[&str]| desk.spawn("a click", desk.command(portlight()).args(arguments));
    let refused = click(&["vnc://box/?SecurityType=17"]);
    until("the sentence", async || desk.display().has_window("Portlight could not start").then_some(())).await;
    desk.display().close_window("Portlight could not start");
    assert_eq!(refused.end().await.code(), Some(1));
    assert!(refused.said().contains("security type that Portlight does not have"), "{}", refused.said());

    let first = desk.spawn("portlight", &mut desk.command(portlight()));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    signal("STOP", &first.pid().to_string());
    let second = click(&[]);
    until("the sentence", async || desk.display().has_window("Portlight could not start").then_some(())).await;
    desk.display().close_window("Portlight could not start");
    assert_eq!(second.end().await.code(), Some(1));
    assert!(second.said().contains("has not answered for 10 seconds"), "{}", second.said());
    signal("CONT", &first.pid().to_string());
}

/// Which variables are unset, and which are set.
type Environment = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// Environments in which no window can be shown.
const WITHOUT_A_DISPLAY: [Environment; 5] = [
    (&["DISPLAY"], &[]),
    (&[], &[("DISPLAY", ":7777")]),
    (&[], &[("DISPLAY", "nonsense")]),
    (&["DISPLAY"], &[("WAYLAND_DISPLAY", "nothing-there")]),
    (&[], &[("GDK_BACKEND", "nonsense")]),
];

/// A start of Portlight in one of these environments.
fn start_without_a_display(desk: &Desk, (unset, set): Environment) -> (Option<i32>, String) {
    let mut command: Command = desk.command(portlight());
    for name in unset {
        command.env_remove(name);
    }
    texts(command.envs(set.iter().copied()).output().expect("a program"))
}

#[tokio::test]
async fn without_a_display_there_is_a_sentence_and_no_panic() {
    let name = "without_a_display_there_is_a_sentence_and_no_panic";
    for desk in [Desk::of(name).without_bus().open().await, Desk::of(name).without_keyring().open().await] {
        for environment in WITHOUT_A_DISPLAY {
            let (code, said) = start_without_a_display(&desk, environment);
            assert_eq!(code, Some(1), "{environment:?}: {said}");
            let lines: Vec<_> = said.lines().collect();
            let one = matches!(lines[..], [one] if one.starts_with("portlight: Portlight needs a display ("));
            assert!(one && said.contains("`portlight doctor TARGET` does not"), "{environment:?}: {said}");
        }
    }
}

#[tokio::test]
async fn a_display_that_turns_us_away_is_none() {
    let desk = Desk::of("a_display_that_turns_us_away_is_none").without_bus().open().await;
    // Clients without a cookie from this file are turned away.
    let (cookies, nobodys) = (desk.home().join("cookies"), desk.home().join("nobodys"));
    // Family, address and number: any; then the kind of the cookie and the cookie, each after its length (Xauth(3)).
    let cookie = [&[0xff, 0xff, 0, 0, 0, 0, 0, 18][..], b"MIT-MAGIC-COOKIE-1", &[0, 16], &[7; 16]].concat();
    fs::write(&cookies, cookie).and_then(|()| fs::write(&nobodys, "")).expect("a home");
    let mut xvfb = desk.command("Xvfb");
    xvfb.args(["-displayfd", "1", "-nolisten", "tcp", "-auth"]).arg(&cookies);
    let xvfb = desk.spawn("Xvfb", &mut xvfb);
    let number: u32 = xvfb.wait_for_line("its display number", |line| line.parse().ok()).await;
    let mut command: Command = desk.command(portlight());
    command.env("DISPLAY", format!(":{number}")).env("XAUTHORITY", nobodys);
    let (code, said) = texts(command.output().expect("a program"));
    assert_eq!(code, Some(1), "{said}");
    // The X library says a word of its own before.
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("portlight: Portlight needs a display (") && !said.contains("panicked"), "{said}");
}

#[tokio::test]
async fn without_a_display_the_portlight_that_has_one_opens_the_window() {
    let desk = Desk::of("without_a_display_the_portlight_that_has_one_opens_the_window").open().await;
    let app = App::start(&desk, &[]).await;
    app.hosts().await.until_shown("#search").await;
    for environment in WITHOUT_A_DISPLAY {
        assert_eq!(start_without_a_display(&desk, environment), (Some(0), String::new()), "{environment:?}");
    }
    let server = Server::start(&desk, None).await;
    let mut command: Command = desk.command(portlight());
    let (code, said) = texts(command.env_remove("DISPLAY").arg(server.address()).output().expect("a program"));
    assert_eq!((code, said.as_str()), (Some(0), ""));
    app.viewer(&server.address()).await.until_state("live").await;
}

#[tokio::test]
async fn nothing_is_said_where_all_goes_well() {
    let desk = Desk::of("nothing_is_said_where_all_goes_well").tray().open().await;
    let server = Server::start(&desk, None).await;
    let portlight = desk.spawn("portlight", desk.command(portlight()).arg(server.address()));
    until("the viewer", async || desk.display().has_window(&server.address()).then_some(())).await;
    desk.display().close_window(&server.address());
    server.viewer_left().await;
    assert_eq!(portlight.said(), "");
}

#[tokio::test]
async fn a_list_that_cannot_be_used_is_told_in_a_window_where_there_is_no_terminal() {
    let desk = Desk::of("a_list_that_cannot_be_used_is_told_in_a_window_where_there_is_no_terminal")
        .without_bus()
        .open()
        .await;
    let file = desk.hosts_file();
    let folder = file.parent().expect("a folder").to_owned();
    type Prepare<'a> = &'a dyn Fn();
    let cases: [(&str, Prepare<'_>); 4] = [
        ("a folder", &|| fs::create_dir_all(&file).expect("a home")),
        ("a link that leads nowhere", &|| {
            fs::create_dir_all(&folder).and_then(|()| symlink("/nowhere/at/all", &file)).expect("a home");
        }),
        ("a folder that is a file", &|| fs::write(&folder, "").expect("a home")),
        ("a folder that leads nowhere", &|| symlink("/nowhere/at/all", &folder).expect("a home")),
    ];
    for (what, prepare) in cases {
        prepare();
        let portlight = desk.spawn("portlight", &mut desk.command(portlight()));
        desk.display().close_window("Portlight could not start");
        assert_eq!(portlight.end().await.code(), Some(1), "{what}");
        let said = portlight.said();
        assert_eq!(said.lines().filter(|line| line.starts_with("portlight: ")).count(), 1, "{what}: {said}");
        let remove = if folder.is_dir() && !folder.is_symlink() { fs::remove_dir_all } else { fs::remove_file };
        remove(&folder).expect("what was made before");
    }
}

#[tokio::test]
async fn two_starts_at_once_open_both_machines_in_one_portlight() {
    let desk = Desk::of("two_starts_at_once_open_both_machines_in_one_portlight").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    let [first, second] =
        [&one, &other].map(|server| desk.spawn("portlight", desk.command(portlight()).arg(server.address())));
    for server in [&one, &other] {
        until("the viewer", async || desk.display().has_window(&server.address()).then_some(())).await;
    }
    // Which of the two came first is theirs to find out; the other one has handed over and ended.
    let ended = until("one of the two to end", async || first.ended().or(second.ended())).await;
    assert!(ended.success(), "{}{}", first.said(), second.said());
    assert!(first.ended().is_none() || second.ended().is_none(), "both have ended");
}

#[tokio::test]
async fn a_library_that_is_missing_is_named_in_the_users_language_where_there_is_no_terminal() {
    let desk =
        Desk::of("a_library_that_is_missing_is_named_in_the_users_language_where_there_is_no_terminal").open().await;
    let folder = desk.home().join("bin");
    fs::create_dir(&folder).expect("a home");
    write_program(&folder.join("portlight"), &fs::read(portlight()).expect("a program"));
    // The same program, which wants a library that does not exist.
    let (wanted, nobodys) = (b"libwebkit2gtk-4.1.so.0", b"libwebkit2gtk-4.X.so.0");
    let mut program = fs::read(program_with_windows()).expect("a program");
    let place = program.windows(wanted.len()).position(|part| part == wanted).expect("the library's name");
    program[place..place + wanted.len()].copy_from_slice(nobodys);
    write_program(&folder.join("portlight-window"), &program);
    // A mock: the real one would wait until its button is pressed.
    let (mock, shown) = (folder.join("zenity"), desk.home().join("shown"));
    write_script(&mock, &format!("printf '%s\\n' \"$@\" > {}", shown.display()));
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let mut command = desk.command(folder.join("portlight"));
    command.env("PATH", path).env("LC_ALL", "zh_CN.UTF-8").stdin(Stdio::null());
    let (code, said) = texts(command.output().expect("a program"));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("libraries are missing: libwebkit2gtk-4.X.so.0"), "{said}");
    let shown = fs::read_to_string(shown).expect("what was shown");
    assert!(shown.contains("libwebkit2gtk-4.X.so.0") && shown.contains("缺少"), "{shown}");
}
