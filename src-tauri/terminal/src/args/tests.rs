use super::*;

fn parse_words(line: &str) -> Result<Command, String> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn one_window_is_asked_for_at_a_time() {
    for (words, window) in
        [("--quick", OpenRequest::Quick), ("--new", OpenRequest::New), ("--background", OpenRequest::Background)]
    {
        assert_eq!(parse_words(words), Ok(Command::Open(window)));
    }
    for words in ["--quick --new", "--background box:1", "--new box:1"] {
        assert!(parse_words(words).unwrap_err().contains("goes with nothing else"), "{words}");
    }
    assert!(parse_words("list --quick").is_err());
}

#[test]
fn the_list_opens_without_a_target_and_a_viewer_with_one() {
    assert_eq!(parse_words(""), Ok(Command::Open(OpenRequest::List)));
    let request = OpenRequest::Targets { targets: vec!["box:1".into()], view_only: true };
    assert_eq!(parse_words("--view-only box:1"), Ok(Command::Open(request.clone())));
    assert_eq!(parse_words("box:1 --view-only"), Ok(Command::Open(request)));
}

#[test]
fn several_files_and_links_are_opened_and_no_other_words() {
    for line in ["-- file:///a%20b.vnc file:///--view-only", "connect a.vnc vnc://box b.VV"] {
        let Ok(Command::Open(OpenRequest::Targets { targets, view_only: false })) = parse_words(line) else {
            panic!("{line}")
        };
        assert!(targets.len() > 1, "{line}");
    }
    assert!(parse_words("a.vnc box").is_err() && parse_words("my box").is_err());
}

#[test]
fn version_and_help_win_over_targets() {
    assert_eq!(parse_words("--version"), Ok(Command::Version { verbose: false }));
    assert_eq!(parse_words("--version --verbose box"), Ok(Command::Version { verbose: true }));
    assert_eq!(parse_words("--help --version"), Ok(Command::Help { of: None }));
}

fn doctor(target: &str) -> DoctorArgs {
    let target = target.to_owned();
    DoctorArgs { target, json: false, login: None, username: None, accept: TrustPolicy::Known }
}

#[test]
fn the_doctor_is_told_what_to_examine_and_how_far() {
    let (keyring, stdin) = (Some(PasswordSource::Saved), Some(PasswordSource::Stdin));
    let ann = || Some("ann".to_owned());
    let colons = ["Ab"; 32].join(":");
    let expected = TrustPolicy::Fingerprint("Ab".repeat(32));
    for (line, asked) in [
        ("doctor box:1", doctor("box:1")),
        ("doctor --json box", DoctorArgs { json: true, ..doctor("box") }),
        ("--json doctor box", DoctorArgs { json: true, ..doctor("box") }),
        ("doctor doctor", doctor("doctor")),
        ("doctor box --login", DoctorArgs { login: keyring, ..doctor("box") }),
        ("doctor box --username ann", DoctorArgs { login: keyring, username: ann(), ..doctor("box") }),
        ("doctor box --password-stdin", DoctorArgs { login: stdin, ..doctor("box") }),
        (
            "doctor box --login --username=ann --password-stdin",
            DoctorArgs { login: stdin, username: ann(), ..doctor("box") },
        ),
        ("doctor box --trust any", DoctorArgs { accept: TrustPolicy::Any, ..doctor("box") }),
        (&format!("doctor box --trust {colons}"), DoctorArgs { accept: expected, ..doctor("box") }),
    ] {
        assert_eq!(parse_words(line), Ok(Command::Doctor(asked)), "{line}");
    }
    assert_eq!(parse_words("doctor box --help"), Ok(Command::Help { of: Some("doctor") }));
}

#[test]
fn files_are_imported_only_where_that_is_said() {
    let files = || vec![PathBuf::from("a.csv"), "b".into()];
    let asked = |args| Ok(Command::Import(args));
    assert_eq!(parse_words("import a.csv b"), asked(ImportArgs { files: files(), ..ImportArgs::default() }));
    let site = Some(Site::parse("wss://site.example/websockify").unwrap());
    let through = ImportArgs { files: files(), site: site.clone(), ..ImportArgs::default() };
    assert_eq!(parse_words("import a.csv --site wss://site.example/websockify b"), asked(through));
    let all = ImportArgs { files: files(), site: None, yes: true, passwords: true, all: true, json: true };
    assert_eq!(parse_words("import --yes a.csv --passwords b --all --json"), asked(all));
    assert_eq!(parse_words("import --help"), Ok(Command::Help { of: Some("import") }));
    for (name, format) in [("portlight", Export::Portlight), ("csv", Export::Csv), ("websockify", Export::Websockify)] {
        assert_eq!(parse_words(&format!("export --format {name}")), Ok(Command::Export(format)));
    }
}

#[test]
fn what_is_not_understood_is_said_in_one_line() {
    for line in [
        "--yes",
        "--format csv",
        "box --passwords",
        "doctor box --all",
        "import",
        "import a --view-only",
        "import a --login",
        "import a --site",
        "import a --site site.example",
        "import a --site https://site.example/vnc.html",
        "import a --site wss://ann:hunter2@site.example/",
        "box --site wss://site.example/",
        "import a --format csv",
        "export",
        "export --format xml",
        "export --format csv a",
        "export --format csv --yes",
        "export --format csv --json",
        "a b",
        "--colour",
        "-x",
        "--view-only=yes box",
        "doctor",
        "doctor a b",
        "doctor box --view-only",
        "doctor box --username",
        "doctor box --trust",
        "doctor box --trust ab:cd",
        "doctor box --trust anybody",
        "doctor box --password hunter2",
        "doctor box --json=yes",
        "box --json",
        "--trust any box",
        "list a",
        "list --yes",
        "show",
        "show a b",
        "add",
        "add box --colour mauve",
        "add box --picture some",
        "add box --logins keep",
        "add box --password hunter2",
        "add box --password-stdin --ask-password",
        "add box --secure-on 00-11-22-33-44-55",
        "add box --secure-on-stdin --ask-secure-on",
        "add box --password-stdin --secure-on-stdin",
        "edit box --ask-password --ask-secure-on",
        "add box --forget-secure-on",
        "edit",
        "edit box",
        "edit box --logins maybe",
        "remove",
        "wake",
        "wake a --json",
        "relay",
        "relay a --port x",
        "relay a --port 65536",
        "relay a --origin novnc.example",
        "relay a --origin https://novnc.example/vnc.html",
        "relay a --trust ab",
        "connect",
        "open",
        "open a b",
        "a vnc://ann:hunter2@b",
        "doctor a hunter2@b",
    ] {
        let problem = parse_words(line).unwrap_err();
        assert!(!problem.is_empty() && !problem.contains('\n'), "{line}: {problem}");
        assert!(!problem.contains("hunter2"), "{line}: {problem}");
    }
}

#[test]
fn a_machine_is_described_field_by_field() {
    let save = |name: Option<&str>, change, password| {
        let (name, secure_on) = (name.map(str::to_owned), PasswordArg::Keep);
        Ok(Command::Save(Box::new(SaveArgs { name, change, password, secure_on, json: false })))
    };
    let text = |text: &str| Some(text.to_owned());
    let change = HostChange {
        address: text("box:1"),
        name: text("Box"),
        tags_added: vec!["lab".into(), "a".into()],
        colour: Some(Some(Colour::Red)),
        favourite: Some(true),
        ..HostChange::default()
    };
    assert_eq!(
        parse_words("add box:1 --name Box --tag lab --colour red --tag a --favourite --password-stdin"),
        save(None, change, PasswordArg::Stdin)
    );
    let change = HostChange {
        proxy: text(""),
        reconnect: Some(false),
        colour: Some(None),
        on_new_address: OnNewAddress::Keep,
        ..HostChange::default()
    };
    assert_eq!(
        parse_words("edit Box --proxy= --reconnect --no-reconnect --colour none --logins keep --forget-password"),
        save(Some("Box"), change, PasswordArg::Forget)
    );
    let wakes = |name: Option<&str>, change, secure_on| {
        let (name, password) = (name.map(str::to_owned), PasswordArg::Keep);
        Ok(Command::Save(Box::new(SaveArgs { name, change, password, secure_on, json: false })))
    };
    let change = HostChange { wake_ssh_host: text("ann@gate"), ..HostChange::default() };
    assert_eq!(
        parse_words("edit Box --wake-ssh-host ann@gate --secure-on-stdin"),
        wakes(Some("Box"), change, PasswordArg::Stdin)
    );
    assert_eq!(
        parse_words("edit Box --forget-secure-on"),
        wakes(Some("Box"), HostChange::default(), PasswordArg::Forget)
    );
    assert_eq!(parse_words("list --tag a"), Ok(Command::List { tags: vec!["a".into()], json: false }));
    assert_eq!(parse_words("show a --json"), Ok(Command::Show { name: "a".into(), json: true }));
    assert_eq!(parse_words("remove a b"), Ok(Command::Remove { names: vec!["a".into(), "b".into()], json: false }));
    assert_eq!(parse_words("wake a"), Ok(Command::Wake { name: "a".into() }));
}

#[test]
fn what_follows_two_dashes_is_a_machine_whatever_it_is_called() {
    let open =
        |target: &str| Ok(Command::Open(OpenRequest::Targets { targets: vec![target.into()], view_only: false }));
    for target in ["list", "--yes", "--help", "vnc://box/--view-only"] {
        assert_eq!(parse_words(&format!("-- {target}")), open(target));
        assert_eq!(parse_words(&format!("connect -- {target}")), open(target));
    }
    assert_eq!(parse_words("--"), Ok(Command::Open(OpenRequest::default())), "a menu has nothing to open");
    assert_eq!(parse_words("connect list"), open("list"));
    for set in ["lab", "tag:lab", "tag:\"lab\""] {
        assert_eq!(parse_words(&format!("open {set}")), open("tag:\"lab\""), "{set}");
    }
    assert_eq!(parse_words("open 5"), open("tag:\"5\""), "no screen of a machine called tag");
    assert_eq!(parse_words("connect open"), open("open"));
    assert_eq!(parse_words("vnc://box/--help"), open("vnc://box/--help"), "within a link it is no option");
}
