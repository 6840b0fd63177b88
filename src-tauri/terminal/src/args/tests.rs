use super::*;
use portlight_engine::{
    doctor::TrustPolicy,
    model::{
        ClipboardSharing, Colour, Composing, Cursor, DisplayChange, HostChange, KeyboardLayout, OnNewAddress, Quality,
        RewindChoice, Scaling,
    },
};

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
        "add box --secret-stdin --ask-secure-on",
        "edit box --secret-stdin --forget-secret",
        "add ws://box --http-username ann",
        "add ws://box --http-password-stdin",
        "add ws://box --http-password hunter2",
        "add ws://box --http-username ann --http-password-stdin --ask-http-password",
        "add ws://box --http-username ann --http-password-stdin --http-headers-stdin",
        "add ws://box --http-username ann --ask-http-password --ask-password",
        "add ws://box --forget-http-login",
        "edit box --forget-http-login --http-username ann --ask-http-password",
        "edit box --scaling huge",
        "edit box --scaling 5",
        "edit box --quality bad",
        "edit box --clipboard sideways",
        "edit box --rewind forever",
        "edit box --layout xx",
        "edit box --cursor square",
        "edit box --screen 0",
        "edit box --screen 256",
        "add box --no-grab",
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

fn save(name: Option<&str>, change: HostChange, secrets: SecretArgs) -> Result<Command, String> {
    Ok(Command::Save(Box::new(SaveArgs { name: name.map(str::to_owned), change, secrets, json: false })))
}

fn given(secret: GivenSecret) -> SecretArgs {
    SecretArgs { given: Some(secret), forgotten: Vec::new() }
}

#[test]
fn a_machine_is_described_field_by_field() {
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
        save(None, change, given(GivenSecret::Password(SecretSource::Stdin)))
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
        save(Some("Box"), change, SecretArgs { forgotten: vec![SecretKind::Password], ..SecretArgs::default() })
    );
    let change = HostChange { wake_ssh_host: text("ann@gate"), ..HostChange::default() };
    assert_eq!(
        parse_words("edit Box --wake-ssh-host ann@gate --secure-on-stdin"),
        save(Some("Box"), change, given(GivenSecret::SecureOn(SecretSource::Stdin)))
    );
    assert_eq!(parse_words("list --tag a"), Ok(Command::List { tags: vec!["a".into()], json: false }));
    assert_eq!(parse_words("show a --json"), Ok(Command::Show { name: "a".into(), json: true }));
    assert_eq!(parse_words("remove a b"), Ok(Command::Remove { names: vec!["a".into(), "b".into()], json: false }));
    assert_eq!(parse_words("wake a"), Ok(Command::Wake { name: "a".into() }));
}

#[test]
fn a_secret_is_given_in_one_way_and_others_may_go() {
    let ask = Some(SecretSource::Ask);
    let login = |password, headers| given(GivenSecret::HttpLogin { username: "ann".into(), password, headers });
    for (line, secrets) in [
        ("--http-username ann --ask-http-password", login(ask, false)),
        ("--http-username ann --http-password-stdin", login(Some(SecretSource::Stdin), false)),
        ("--http-username ann --ask-http-password --http-headers-stdin", login(ask, true)),
        (
            "--http-headers-stdin",
            given(GivenSecret::HttpLogin { username: String::new(), password: None, headers: true }),
        ),
        (
            "--ask-secret --forget-secure-on --forget-http-login",
            SecretArgs {
                given: Some(GivenSecret::Secret(SecretSource::Ask)),
                forgotten: vec![SecretKind::SecureOn, SecretKind::HttpLogin],
            },
        ),
    ] {
        assert_eq!(
            parse_words(&format!("edit Box {line}")),
            save(Some("Box"), HostChange::default(), secrets),
            "{line}"
        );
    }
}

#[test]
fn how_a_machine_is_seen_is_said_choice_by_choice() {
    let seen = |display| save(Some("Box"), HostChange { display, ..HostChange::default() }, SecretArgs::default());
    let all = "--scaling 150% --quality low --clipboard to-server --rewind off --layout ch_fr --composing here \
               --cursor always-dot --grab --full-screen --screen 2 --apart";
    let chosen = DisplayChange {
        scaling: Some(Some(Scaling::Percent(150))),
        quality: Some(Some(Quality::Low)),
        clipboard: Some(Some(ClipboardSharing::ToServer)),
        rewind: Some(Some(RewindChoice::Off)),
        composing: Some(Some(Composing::Here)),
        layout: Some(Some(KeyboardLayout::ChFr)),
        screen: Some(std::num::NonZeroU8::new(2)),
        cursor: Some(Cursor::AlwaysDot),
        grab: Some(true),
        full_screen: Some(true),
        apart: Some(true),
    };
    assert_eq!(parse_words(&format!("edit Box {all}")), seen(chosen));
    let left = DisplayChange {
        scaling: Some(None),
        quality: Some(None),
        clipboard: Some(None),
        rewind: Some(None),
        composing: Some(None),
        layout: Some(None),
        screen: Some(None),
        cursor: Some(Cursor::Server),
        grab: Some(false),
        full_screen: Some(false),
        apart: Some(false),
    };
    let no = "--cursor server --no-grab --no-full-screen --no-apart";
    for words in ["as-for-all as-for-all as-for-all as-for-all as-for-all none all", "= = = = = = ="] {
        let options = ["scaling", "quality", "clipboard", "rewind", "composing", "layout", "screen"];
        let values = options.iter().zip(words.split(' ')).map(|(option, value)| match value {
            "=" => format!("--{option}="),
            value => format!("--{option}={value}"),
        });
        let line = format!("edit Box {} {no}", values.collect::<Vec<_>>().join(" "));
        assert_eq!(parse_words(&line), seen(left), "{line}");
    }
    let wrong = parse_words("edit Box --clipboard sideways").unwrap_err();
    assert_eq!(wrong, "--clipboard takes one of off, to-server, from-server, both, as-for-all");
    assert!(parse_words("edit Box --layout xx").unwrap_err().contains("us, gb, de"));
    let wrong = parse_words("edit Box --scaling 5").unwrap_err();
    assert_eq!(wrong, "--scaling takes one of fit, actual, follow, as-for-all, or percent from 10 to 500");
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
