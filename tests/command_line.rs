//! Portlight from a terminal.

use crate::{
    desk::{App, Desk, Server, TIMEOUT, address, free_port, portlight, signal, until, until_passwords, write_script},
    user::{self, sees},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::{Output, Stdio},
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

#[tokio::test]
async fn it_says_what_it_is_and_what_it_does_not_understand() {
    let desk = Desk::of("it_says_what_it_is_and_what_it_does_not_understand").open().await;
    let version = concat!("portlight ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(texts(desk.portlight(&["--version"])), (Some(0), version.to_owned(), String::new()));

    let (code, said, complaint) = texts(desk.portlight(&["--version", "--verbose"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], version.trim());
    let renderer = lines.iter().find_map(|line| line.strip_prefix("renderer: ")).expect("the renderer");
    let (kind, why) = renderer.split_once(" (").expect("a renderer and a reason");
    assert!(["plain", "accelerated", "left alone"].contains(&kind) && why.len() > 10, "{renderer}");
    assert!(lines.iter().any(|line| line.starts_with("webview: 2.")), "{said}");

    for arguments in [&["http://example.org/"][..], &["box:99999"], &["a b c"], &["--colour"], &["one", "two"]] {
        let (code, said, complaint) = texts(desk.portlight(arguments));
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}: {complaint}");
        assert!(complaint.starts_with("portlight: ") && complaint.lines().count() == 1, "{arguments:?}: {complaint}");
    }
}

#[tokio::test]
async fn a_target_opens_its_screen_alone_and_a_second_call_goes_to_the_first() {
    let desk = Desk::of("a_target_opens_its_screen_alone_and_a_second_call_goes_to_the_first").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    let app = App::start(&desk, &[&one.address()]).await;
    let viewer = app.viewer(&one.address()).await;
    viewer.until_state("live").await;
    assert_eq!(app.windows().await, 1, "the list stays closed");

    let (code, said, complaint) = texts(desk.portlight(&[&other.address()]));
    assert_eq!((code, said.as_str()), (Some(0), ""), "{complaint}");
    let second = app.viewer(&other.address()).await;
    second.until_state("live").await;
    sees(&second, &other, [0x44, 0x88, 0xcc]).await;
    sees(&viewer, &one, [0xcc, 0x88, 0x44]).await;

    // What is open already comes to the front; there is no second one.
    assert_eq!(texts(desk.portlight(&[&one.address()])).0, Some(0));
    assert_eq!(texts(desk.portlight(&[])).0, Some(0));
    app.hosts().await.until_shown("#search").await;
    assert_eq!(app.windows().await, 3);
}

#[tokio::test]
async fn a_saved_machine_is_known_by_its_name_and_can_be_only_watched() {
    let desk = Desk::of("a_saved_machine_is_known_by_its_name_and_can_be_only_watched").open().await;
    let server = Server::start(&desk, None).await;
    let host = json!({ "id": "6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f00", "name": "Studio", "address": server.address() });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let app = App::start(&desk, &["--view-only", "studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x11, 0x55, 0x99]).await;

    user::type_there(&desk, &viewer, "touch watched\n").await;
    // The same keys do something once the user wants to do more than watch.
    viewer.use_tool("#view-only").await;
    user::type_there(&desk, &viewer, "touch used\n").await;
    until("the shell there to make a file", async || desk.home().join("used").exists().then_some(())).await;
    assert!(!desk.home().join("watched").exists(), "a key went through");
}

#[tokio::test]
async fn without_a_session_bus_the_list_still_has_one_owner() {
    let desk = Desk::of("without_a_session_bus_the_list_still_has_one_owner").without_bus().open().await;
    let app = App::start(&desk, &[]).await;
    app.hosts().await.until_shown("#search").await;

    let second = desk.spawn("the second", &mut desk.command(portlight()));
    desk.display().close_window("Portlight could not start");
    assert_eq!(second.end().await.code(), Some(1));
    let complaint = second.said();
    let sentence = complaint.lines().filter(|line| line.starts_with("portlight: ")).collect::<Vec<_>>();
    assert!(matches!(sentence[..], [one] if one.contains("another Portlight is using")), "{complaint}");
    assert!(app.runs());
}

/// What `portlight doctor` printed for scripts, and how it ended.
fn report(output: Output) -> (Option<i32>, Value) {
    let (code, said, complaint) = texts(output);
    assert_eq!((complaint.as_str(), said.lines().count()), ("", 1), "{said}");
    (code, serde_json::from_str(&said).expect("JSON"))
}

/// The stages of a report, a failed one with an exclamation mark.
fn stages(report: &Value) -> String {
    let stage = |stage: &Value| {
        let (name, ok) = (stage["stage"].as_str().expect("a name"), stage["ok"] == json!(true));
        format!("{name}{}", if ok { "" } else { "!" })
    };
    report["stages"].as_array().expect("stages").iter().map(stage).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_doctor_needs_neither_display_nor_bus() {
    let desk = Desk::of("the_doctor_needs_neither_display_nor_bus").open().await;
    let (open, closed) = (Server::start(&desk, None).await, Server::start(&desk, Some("sesame!!")).await);
    let (open, closed) = (open.address(), closed.address());

    let (code, said, complaint) = texts(desk.portlight_alone(&["doctor", &open], ""));
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
    let named = ["dial ", "greeting ", "security ", "login ", "desktop ", "offered ", "taken ", "protection "];
    assert!(named.iter().all(|name| said.lines().any(|line| line.trim_start().starts_with(name))), "{said}");
    assert!(!said.contains('\x1b') && said.contains(", 640x480\n"), "{said}");

    let (code, found) = report(desk.portlight_alone(&["doctor", "--json", &closed], ""));
    assert_eq!((code, stages(&found).as_str()), (Some(0), "dial greeting security login"));
    assert_eq!(
        (&found["desktop"], &found["error"], &found["offered"]),
        (&json!(null), &json!(null), &json!(["VncAuth"]))
    );
    let (_, said, _) = texts(desk.portlight_alone(&["doctor", &closed], ""));
    assert!(said.contains("The doctor did not log in") && said.contains("TigerVNC counts"), "{said}");

    let with_password = ["doctor", "--json", "--password-stdin", &closed];
    let (code, found) = report(desk.portlight_alone(&with_password, "sesame!!\nwhat follows is not read\n"));
    assert_eq!((code, stages(&found).as_str()), (Some(0), "dial greeting security login desktop"));
    assert_eq!(found["desktop"]["width"], 640);
    let (code, found) = report(desk.portlight_alone(&with_password, "falsch"));
    assert_eq!((code, stages(&found).as_str()), (Some(1), "dial greeting security login!"));
    assert_eq!(found["error"]["code"], "auth_failed");
    assert!(!found.to_string().contains("falsch"));

    let (code, found) = report(desk.portlight_alone(&["doctor", "--json", "--login", &closed], ""));
    assert_eq!((code, stages(&found).as_str()), (Some(1), "dial greeting security login!"));
    let sentence = found["error"]["message"].as_str().expect("a sentence");
    assert!(sentence.starts_with("no password is saved for"), "{sentence}");
}

/// What ssh speaks to in place of a socket of its own is this very program.
#[tokio::test]
async fn a_proxy_leads_to_the_ssh_host_and_that_one_to_the_machine() {
    let desk = Desk::of("a_proxy_leads_to_the_ssh_host_and_that_one_to_the_machine").open().await;
    let server = Server::start(&desk, None).await;
    let at = |name: &str| desk.home().join(name).display().to_string();
    for key in ["host", "id"] {
        let mut keygen = desk.command("ssh-keygen");
        let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]).status().expect("openssh-client");
        assert!(made.success());
    }
    let (port, socks) = (free_port(), free_port());
    let lines = [
        format!("ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}", at("host"), at("id.pub")),
        "PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n".to_owned(),
    ];
    fs::write(at("sshd"), lines.join("\n")).expect("a home");
    let sshd = desk.spawn("sshd", desk.command("/usr/sbin/sshd").args(["-D", "-e", "-f", &at("sshd")]));
    sshd.wait_for_line("that it listens", |line| line.contains("Server listening").then_some(())).await;
    let arguments = ["-i", "127.0.0.1", "-p", &socks.to_string()];
    let microsocks = desk.spawn("microsocks", desk.command("microsocks").args(arguments));
    let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", socks)).await.is_ok();
    timeout(TIMEOUT, async { while !listens().await {} }).await.expect("it begins");

    let key = fs::read_to_string(at("host.pub")).expect("a key");
    fs::write(at("known"), format!("gate {key}")).expect("a home");
    // By itself ssh would go another way, to nobody.
    let config = format!(
        "Host gate\nHostName 127.0.0.1\nPort {port}\nHostKeyAlias gate\nProxyJump nobody.invalid\nIdentityFile {}\n\
         IdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile {}\nGlobalKnownHostsFile /dev/null\n",
        at("id"),
        at("known")
    );
    fs::write(at("ssh-config"), config).expect("a home");
    fs::create_dir(at("bin")).expect("a home");
    write_script(at("bin/ssh").as_ref(), &format!("exec /usr/bin/ssh -F '{}' \"$@\"", at("ssh-config")));
    let host = json!({
        "id": "6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f01", "name": "Behind", "address": server.address(),
        "ssh_jump": "gate", "proxy": format!("socks5://127.0.0.1:{socks}"),
    });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let mut doctor = desk.command(portlight());
    let path = std::env::var("PATH").expect("a path");
    doctor.args(["doctor", "--json", "Behind"]).env("PATH", format!("{}:{path}", at("bin")));
    let (code, found) = report(doctor.output().expect("a program"));
    assert_eq!((code, stages(&found).as_str()), (Some(0), "dial proxy ssh greeting security login desktop"), "{found}");
    assert!(microsocks.said().contains(&format!("connected to 127.0.0.1:{port}")), "{}", microsocks.said());
}

/// Neither is called: the name is nobody's, and no proxy listens there.
#[tokio::test]
async fn a_machine_can_leave_out_the_proxy_of_the_environment() {
    let desk = Desk::of("a_machine_can_leave_out_the_proxy_of_the_environment").open().await;
    let host = |number: u8, name: &str, no_proxy: bool| {
        let id = format!("6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f{number:02}");
        json!({ "id": id, "name": name, "address": "ws://nobody.invalid/websockify", "no_proxy": no_proxy })
    };
    let hosts = [host(2, "Through", false), host(3, "Directly", true)];
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
    let port = free_port();
    for (name, code) in [("Through", "proxy_unreachable"), ("Directly", "unknown_name")] {
        let mut doctor = desk.command(portlight());
        doctor.args(["doctor", "--json", name]).env("http_proxy", format!("http://127.0.0.1:{port}"));
        let (_, found) = report(doctor.output().expect("a program"));
        assert_eq!(found["error"]["code"], code, "{found}");
    }
}

#[tokio::test]
async fn the_doctor_says_what_is_wrong_and_ends_accordingly() {
    let desk = Desk::of("the_doctor_says_what_is_wrong_and_ends_accordingly").open().await;
    let nobody = address(free_port());
    let (code, said, complaint) = texts(desk.portlight_alone(&["doctor", &nobody], ""));
    assert_eq!((code, complaint.as_str()), (Some(1), ""));
    let last: Vec<_> = said.lines().rev().take(2).collect();
    assert!(last[1].starts_with("Failed at dial: ") && last[0].ends_with('.'), "{said}");

    let (code, found) = report(desk.portlight_alone(&["doctor", "--json", "a b"], ""));
    assert_eq!((code, &found["target"], &found["error"]["code"]), (Some(1), &json!("a b"), &json!("fields")));

    for (arguments, input) in [
        (&["doctor"][..], ""),
        (&["doctor", &nobody, "--trust", "ab"], ""),
        (&["doctor", &nobody, "--password", "hunter2"], ""),
        (&["doctor", &nobody, "--json", "--password-stdin"], ""),
        (&["doctor", &nobody, "--password-stdin"], &"x".repeat(10_000)),
    ] {
        let (code, said, complaint) = texts(desk.portlight_alone(arguments, input));
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}: {complaint}");
        assert!(complaint.starts_with("portlight: ") && complaint.lines().count() == 1, "{arguments:?}: {complaint}");
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }

    // A server that accepts and says nothing: it is not waited for.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let silent = address(listener.local_addr().expect("a bound socket").port());
    let waiting = desk.spawn("portlight", desk.command(portlight()).args(["doctor", &silent]));
    let _caller = timeout(TIMEOUT, listener.accept()).await.expect("the doctor calls").expect("loopback");
    signal("INT", &waiting.pid().to_string());
    assert_eq!(waiting.end().await.signal(), Some(2));
}

#[tokio::test]
async fn the_doctor_reads_the_list_and_the_keyring_while_portlight_runs() {
    let desk = Desk::of("the_doctor_reads_the_list_and_the_keyring_while_portlight_runs").open().await;
    let server = Server::start(&desk, Some("Kg7wq2Zp")).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "Kg7wq2Zp").await;
    until_passwords(desk.bus(), 1).await;
    let list = || fs::read(desk.hosts_file()).expect("the list");
    let before = list();

    let (code, found) = report(desk.portlight(&["doctor", "studio", "--login", "--json"]));
    assert_eq!((code, stages(&found).as_str()), (Some(0), "dial greeting security login desktop"), "{found}");
    assert_eq!(found["target"], json!(server.address()));
    let (code, said, _) = texts(desk.portlight(&["doctor", "studio"]));
    assert_eq!((code, said.lines().next()), (Some(0), Some(&*format!("Studio ({})", server.address()))), "{said}");

    let (code, found) = report(desk.portlight_alone(&["doctor", "studio", "--login", "--json"], ""));
    assert_eq!((code, &found["error"]["code"]), (Some(1), &json!("keyring_missing")), "{found}");
    assert_eq!(stages(&found), "dial greeting security login!");
    assert_eq!(list(), before, "the doctor writes nothing");
    assert_eq!(app.windows().await, 1, "the Portlight that runs is left alone");
}

/// The machines that `portlight list --json` prints.
fn listed(output: Output) -> Vec<Value> {
    let (code, said, complaint) = texts(output);
    assert_eq!((code, complaint.as_str(), said.lines().count()), (Some(0), "", 1), "{said}");
    serde_json::from_str(&said).expect("JSON")
}

#[tokio::test]
async fn the_list_is_kept_from_a_terminal_alone() {
    let desk = Desk::of("the_list_is_kept_from_a_terminal_alone").open().await;
    let run = |arguments: &[&str]| texts(desk.portlight_alone(arguments, ""));
    let done = |said: &str| (Some(0), said.to_owned(), String::new());
    assert_eq!(run(&["list"]), done(""));
    assert_eq!(run(&["add", "studio:1", "--name", "工作室", "--tag", "lab"]), done("added 工作室 (studio:5901)\n"));
    assert_eq!(run(&["add", "box", "--mac", "52:54:00:12:34:56", "--favourite"]), done("added box\n"));
    assert_eq!(run(&["list"]), done("工作室  studio:5901  lab\nbox     box\n"));
    assert_eq!(run(&["list", "--tag", "LAB"]), done("工作室  studio:5901  lab\n"));

    let (code, said, _) = run(&["edit", "BOX", "--username", "ann", "--tag", "a", "--no-favourite", "--json"]);
    let changed: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, &changed["username"], &changed["tags"]), (Some(0), &json!("ann"), &json!(["a"])));
    assert_eq!((&changed["favourite"], &changed["mac"]), (&json!(false), &json!("52:54:00:12:34:56")));
    assert_eq!(listed(desk.portlight_alone(&["list", "--json"], ""))[1], changed);
    let (_, said, _) = run(&["show", "box"]);
    assert!(said.contains("user name         ann\n") && !said.contains("password"), "{said}");

    assert_eq!(run(&["edit", "box", "--name", "工作室"]).0, Some(0), "a name may be there twice");
    for arguments in [&["show", "工作室"][..], &["remove", "工作室"], &["edit", "工作室", "--notes", "x"]] {
        let (code, said, complaint) = run(arguments);
        assert!(code == Some(1) && said.is_empty() && complaint.contains("is more than one machine"), "{complaint}");
    }
    assert_eq!(run(&["remove", "studio:1", "nowhere"]).0, Some(1));
    assert_eq!(listed(desk.portlight_alone(&["list", "--json"], "")).len(), 2, "all or none");
    let id = changed["id"].as_str().expect("an id");
    assert_eq!(run(&["remove", id, "studio:1"]), done("removed 工作室 (studio:5901)\nremoved 工作室 (box)\n"));

    for (arguments, sentence) in [
        (&["add", "a b"][..], "a host name has letters"),
        (&["add", "box", "--mac", "52:54"], "MAC"),
        (&["wake", "box"], "not in the list"),
        (&["show", "vnc://ann:hunter2@box"], "not in the list"),
    ] {
        let (code, said, complaint) = run(arguments);
        assert_eq!((code, said.as_str()), (Some(1), ""), "{arguments:?}: {complaint}");
        let last = complaint.lines().last().expect("a sentence");
        assert!(last.starts_with("portlight: ") && last.contains(sentence), "{arguments:?}: {complaint}");
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}

#[tokio::test]
async fn a_machine_that_comes_from_a_terminal_is_in_the_window_at_once_and_can_be_undone_there() {
    let name = "a_machine_that_comes_from_a_terminal_is_in_the_window_at_once_and_can_be_undone_there";
    let desk = Desk::of(name).open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#search").await;
    let mut messages = desk.bus().monitor().await;
    let (seen, mut calls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            let member = message.header().member().map(ToString::to_string).unwrap_or_default();
            let _ = seen.send((member, message.data().to_vec()));
        }
    });
    let server = Server::start(&desk, Some("Kg7wq2Zp")).await;
    let add = ["add", &server.address(), "--name", "Studio", "--password-stdin"];
    let (code, said, complaint) = texts(desk.portlight_with(&add, "Kg7wq2Zp\n"));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert_eq!(said, format!("added Studio ({})\n", server.address()));
    hosts.until_shown(&user::row("Studio")).await;
    until_passwords(desk.bus(), 1).await;
    loop {
        let (member, data) = timeout(TIMEOUT, calls.recv()).await.expect("the call").expect("a monitor");
        assert!(!String::from_utf8_lossy(&data).contains("Kg7wq2Zp"), "{member} has the password in it");
        if member == "Change" {
            break;
        }
    }
    // It is the one that a session finds.
    let (code, found) = report(desk.portlight(&["doctor", "studio", "--login", "--json"]));
    assert_eq!((code, stages(&found).as_str()), (Some(0), "dial greeting security login desktop"), "{found}");

    assert_eq!(texts(desk.portlight(&["edit", "studio", "--address", "elsewhere:3"])).0, Some(1), "the logins");
    let (code, _, complaint) =
        texts(desk.portlight(&["edit", "studio", "--address", "elsewhere:3", "--logins", "forget"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    until_passwords(desk.bus(), 0).await;
    assert_eq!(texts(desk.portlight(&["remove", "studio"])).0, Some(0));
    hosts.until_gone(&user::row("Studio")).await;
    desk.display().press("ctrl+z");
    hosts.until_shown(&user::row("Studio")).await;
    let (_, said, _) = texts(desk.portlight(&["show", "studio", "--json"]));
    assert_eq!(serde_json::from_str::<Value>(&said).expect("JSON")["address"], json!("elsewhere:5903"));
}

/// Alone and beside a window: what the form can set, an argument can, and a secret comes on standard input only.
#[tokio::test]
async fn all_that_the_form_sets_is_set_from_a_terminal() {
    let desk = Desk::of("all_that_the_form_sets_is_set_from_a_terminal").open().await;
    let shown = |name: &str| -> Value {
        let (code, said, complaint) = texts(desk.portlight(&["show", name, "--json"]));
        assert_eq!((code, complaint.as_str()), (Some(0), ""));
        serde_json::from_str(&said).expect("JSON")
    };
    let add =
        ["add", "box:1", "--name", "Box", "--scaling", "150", "--clipboard", "to-server", "--cursor", "always-dot"];
    assert_eq!(texts(desk.portlight_alone(&add, "")).0, Some(0));
    let display = &shown("Box")["display"];
    assert_eq!((&display["scaling"], &display["clipboard"]), (&json!({ "percent": 150 }), &json!("to_server")));
    let (_, said, _) = texts(desk.portlight(&["show", "box"]));
    let line = |label: &str, text: &str| said.contains(&format!("{label:<18}{text}\n"));
    assert!(line("scaling", "150 %") && line("clipboard", "to-server") && line("cursor", "always-dot"), "{said}");

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Box")).await;
    let edit = ["edit", "box", "--scaling", "as-for-all", "--quality", "low", "--layout", "de", "--grab"];
    assert_eq!(texts(desk.portlight(&edit)), (Some(0), "changed Box (box:5901)\n".to_owned(), String::new()));
    let display = &shown("Box")["display"];
    assert_eq!(
        (&display["scaling"], &display["quality"], &display["layout"]),
        (&json!(null), &json!("low"), &json!("de"))
    );
    assert_eq!((&display["clipboard"], &display["grab"]), (&json!("to_server"), &json!(true)));

    let site = ["add", "wss://site.example/ws", "--name", "Site", "--http-username", "ann", "--http-password-stdin"];
    assert_eq!(texts(desk.portlight_with(&site, "Kg7wq2Zp\n")).0, Some(0));
    assert_eq!(shown("site")["has_http_auth"], json!(true));
    until_passwords(desk.bus(), 1).await;
    let headers = ["edit", "site", "--http-headers-stdin"];
    assert_eq!(texts(desk.portlight_with(&headers, "Cookie: id=7\nX-Token: hunter2\n")).0, Some(0));
    let secret = ["edit", "site", "--secret-name", "BIOS", "--secret-stdin"];
    assert_eq!(texts(desk.portlight_with(&secret, "hunter2\n")).0, Some(0));
    until_passwords(desk.bus(), 2).await;
    assert_eq!((&shown("site")["has_secret"], &shown("site")["secret_name"]), (&json!(true), &json!("BIOS")));

    for (arguments, input, sentence) in [
        (&["edit", "site", "--http-headers-stdin"][..], "Bearer hunter2\n", "header"),
        (&["edit", "site", "--http-username", "a:b", "--http-password-stdin"], "hunter2", "no colon"),
        (&["edit", "box", "--http-username", "ann", "--http-password-stdin"], "hunter2", "ws://"),
    ] {
        let (code, said, complaint) = texts(desk.portlight_with(arguments, input));
        assert_eq!((code, said.as_str(), complaint.lines().count()), (Some(1), "", 1), "{arguments:?}: {complaint}");
        assert!(complaint.contains(sentence) && !complaint.contains("hunter2"), "{arguments:?}: {complaint}");
    }
    assert_eq!(texts(desk.portlight(&["edit", "site", "--forget-http-login", "--forget-secret"])).0, Some(0));
    until_passwords(desk.bus(), 0).await;
    assert_eq!((&shown("site")["has_http_auth"], &shown("site")["has_secret"]), (&json!(false), &json!(false)));
    assert!(desk.files_with(b"hunter2").is_empty() && desk.files_with(b"Kg7wq2Zp").is_empty());
}

#[tokio::test]
async fn the_doctor_is_in_colour_on_a_terminal() {
    let desk = Desk::of("the_doctor_is_in_colour_on_a_terminal").open().await;
    let line = format!("{} doctor {}", portlight(), address(free_port()));
    // The program `script` gives it a terminal.
    let on_a_terminal = |name: &str, value: &str| {
        let mut script = desk.command("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("TERM", "xterm").env(name, value);
        texts(script.stdin(Stdio::null()).output().expect("the package bsdutils"))
    };
    let (code, said, _) = on_a_terminal("NO_COLOR", "");
    assert!(code == Some(1) && said.contains("\x1b[31mfailed\x1b[0m"), "{said}");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let (code, said, _) = on_a_terminal(name, value);
        assert!(code == Some(1) && !said.contains('\x1b'), "{name}: {said}");
    }
    let mut script = desk.command("script");
    let asked = format!("{line} --password-stdin");
    script.args(["--quiet", "--return", "--command", &asked, "/dev/null"]).stdin(Stdio::null());
    let (code, said, _) = texts(script.output().expect("the package bsdutils"));
    assert!(code == Some(2) && said.contains("from a pipe"), "nobody types a password where it can be read: {said}");
}

fn texts(output: Output) -> (Option<i32>, String, String) {
    let [said, complaint] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), said, complaint)
}
