//! One file of each kind, as its program writes it, and what is made of it. `samples` has files that the programs themselves
//! wrote.

use crate::import::{File, FileProblem, Format, Reading, candidate::Password, read};
use crate::model::Display;
use std::fmt::Write;

mod tigervnc_password;

fn file(name: &str, bytes: impl AsRef<[u8]>) -> File {
    File { name: name.to_owned(), bytes: Ok(bytes.as_ref().to_vec()), chosen_in: None }
}

fn reading(name: &str, text: &str) -> Reading {
    read(&[file(name, text)])
}

/// A line for each entry: everything that is known about it.
fn shown(reading: &Reading) -> Vec<String> {
    let entry = |found: &crate::import::Found| {
        let mut line = format!("{}: {}", found.name, found.address);
        let candidate = match &found.host {
            Ok(candidate) => candidate,
            Err(problem) => return format!("{line} ! {problem}"),
        };
        let host = &candidate.host;
        let jump = host.ssh_jump.as_ref().map(ToString::to_string).unwrap_or_default();
        for (label, value) in [
            (" user ", host.username.clone()),
            (" via ", jump),
            (" repeater ", host.repeater_id.clone()),
            (" ca ", host.ca_file.clone()),
            (" mac ", host.mac.map(|mac| mac.to_string()).unwrap_or_default()),
            (" tags ", host.tags.join("+")),
            (" notes ", host.notes.replace('\n', "|")),
            (" used ", host.last_opened.map(|time| time.to_string()).unwrap_or_default()),
        ] {
            if !value.is_empty() {
                write!(line, "{label}{value}").unwrap();
            }
        }
        for (label, is) in [
            (" watching", host.view_only),
            (" favourite", host.favourite),
            (" once", !host.reconnect),
            (" maybe", !candidate.is_kept),
        ] {
            line.push_str(if is { label } else { "" });
        }
        if !host.display.is_default() {
            let Display { scaling, full_screen, clipboard, quality, .. } = host.display;
            let (scaling, quality) = (scaling.unwrap_or_default(), quality.unwrap_or_default());
            write!(line, " {scaling:?} {full_screen} {clipboard:?} {quality:?}").unwrap();
        }
        match &candidate.password {
            Password::None => {}
            Password::Readable(secret) | Password::Obfuscated(secret) | Password::Beside { secret, .. } => {
                write!(line, " password {}", secret.expose()).unwrap();
            }
            other => write!(line, " password {other:?}").unwrap(),
        }
        if !candidate.left_out.is_empty() {
            write!(line, " without {:?}", candidate.left_out).unwrap();
        }
        line
    };
    reading.found.iter().map(entry).collect()
}

#[track_caller]
fn check(name: &str, text: &str, format: Format, expected: &[&str]) {
    let reading = reading(name, text);
    assert_eq!((reading.files[0].format, &reading.files[0].problem), (Some(format), &None), "{name}");
    assert_eq!(shown(&reading), expected, "{name}");
}

#[track_caller]
fn refused(name: &str, text: &str) -> FileProblem {
    let reading = reading(name, text);
    assert!(reading.found.is_empty(), "{:?}", shown(&reading));
    reading.files[0].problem.clone().expect("a problem")
}

// ---- files that the programs wrote

#[test]
fn files_that_the_programs_wrote() {
    let files = [
        file("remmina.pref", include_str!("samples/remmina.pref")),
        file("group_vnc_loom.remmina", include_str!("samples/remmina-1.4.29.remmina")),
        file("default.tigervnc", include_str!("samples/tigervnc-1.12.tigervnc")),
        file("tigervnc.history", include_str!("samples/tigervnc.history")),
        file("connections.db", include_str!("samples/connections-43.db")),
    ];
    let reading = read(&files);
    let formats: Vec<_> = reading.files.iter().map(|file| (file.format.unwrap(), file.problem.is_some())).collect();
    let all = [Format::Settings, Format::Remmina, Format::Tigervnc, Format::Addresses, Format::Connections];
    assert_eq!(formats, all.map(|format| (format, false)));
    assert_eq!(
        shown(&reading),
        [
            "Loom, upstairs: loom.weaver.test:5907 user imke Fit false None Good password medlar42",
            "loom.weaver.test:5978: loom.weaver.test:5978",
            "127.0.0.1:5978: 127.0.0.1:5978 maybe",
            "127.0.0.1:5978: 127.0.0.1:5978 password Elsewhere",
        ]
    );
}

// ---- each kind

const REMMINA: &str = "[remmina]\nname=Kiln\\scontroller\ngroup=Pottery/Basement\nprotocol=VNC\nserver= kiln.pottery.test:2 \n\
    password=.\nviewonly=1\nquality=9\ndisableclipboard=1\nnotes_text=Power%20switch\nprecommand=rm -rf /\n\
    ssh_tunnel_enabled=1\nssh_tunnel_server=gate.pottery.test:2222\nssh_tunnel_username=imke\nssh_tunnel_privatekey=/k\n";

#[test]
fn remmina() {
    check(
        "a.remmina",
        REMMINA,
        Format::Remmina,
        &[
            "Kiln controller: kiln.pottery.test:5902 via ssh://imke@gate.pottery.test:2222 tags Pottery+Basement notes Power switch watching \
         Fit false Some(Off) Best password Elsewhere without [Commands, SshKey]",
        ],
    );
    let with = |lines: &str| format!("[remmina]\nname=A\nprotocol=VNC\n{lines}");
    for (lines, expected) in [
        ("server=box", "A: box"),
        ("server=[::1]:5901", "A: [::1]:5901"),
        ("server=unix:///run/vm.sock", "A: /run/vm.sock"),
        ("server=ID:1234\nproxy=rep.test:5901", "A: rep.test:5901 repeater 1234"),
        ("server=box\nproxy=rep.test", "A: box ! it is asked for at a repeater in a way that Portlight does not know"),
        ("server=box:1\nssh_enabled=1\nssh_server=\nssh_loopback=1", "A: 127.0.0.1:5901 via box"),
        ("server=box\npassword=Sopq2f9qPEc=", "A: box password Encrypted"),
        ("server=box\npassword=.\ndisablepasswordstoring=1", "A: box"),
        (
            "server=-oProxyCommand=x",
            "A: -oProxyCommand=x ! a host name has letters, digits, dots and hyphens, and no spaces",
        ),
        (
            "server=box\nssh_tunnel_enabled=1\nssh_tunnel_server=-oX=y",
            "A: box ! an SSH host does not begin with a hyphen",
        ),
        ("", "A:  ! there is no address"),
    ] {
        check("a.remmina", &with(lines), Format::Remmina, &[expected]);
    }
    let rdp = with("server=x").replace("=VNC", "=RDP");
    check("a.remmina", &rdp, Format::Remmina, &["A: x ! it is no VNC machine (RDP)"]);
    let listens = with("listenport=5500").replace("=VNC", "=VNCI");
    check("a.remmina", &listens, Format::Remmina, &["A:  ! it waits for machines that call"]);
}

#[test]
fn remminas_key_opens_its_passwords() {
    let key = "[remmina_pref]\nsecret=CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYU=\n".replace("YYU=", "YYY=");
    let machine =
        |password| file("a.remmina", format!("[remmina]\nname=A\nprotocol=VNC\nserver=box\npassword={password}"));
    for (text, expected) in [
        ("Sopq2f9qPEc=", "A: box password quince7"),
        ("kGiQa+w3DnxHCzxhuwqNKQ==", "A: box password medlar42"),
        ("Sopq", "A: box password Encrypted"),
        ("not base64", "A: box password Encrypted"),
    ] {
        assert_eq!(shown(&read(&[machine(text), file("remmina.pref", &key)])), [expected]);
    }
}

#[test]
fn tigervnc() {
    let text = "\n# mine\nTigerVNC Configuration file Version 1.0\r\n\r\nservername=loom.weaver.test:3\nViewOnly=on\nFullScreen\n\
        FullScreen=off\nX509CA=/home/imke/ca.pem\nReconnectOnError=0\nAutoSelect=0\nQualityLevel=2\nSendClipboard=off\n";
    check(
        "Loom.tigervnc",
        text,
        Format::Tigervnc,
        &["Loom: loom.weaver.test:5903 ca /home/imke/ca.pem watching once Fit false Some(FromServer) Low"],
    );
    let head = "TigerVNC Configuration file Version 1.0\n";
    check("a.tigervnc", &format!("{head}ServerName="), Format::Tigervnc, &["a: localhost"]);
    check("a.tigervnc", &format!("{head}ServerName=/run/vm.sock"), Format::Tigervnc, &["a: /run/vm.sock"]);
    assert_eq!(refused("a.tigervnc", head), FileProblem::NoMachine);
    assert_eq!(refused("a.tigervnc", "TigerVNC Configuration file Version 2.0\nServerName=a"), FileProblem::Unknown);
    check(
        "tigervnc.history",
        "loom:3\n\n[2001:db8::7]::5907\nbad host\n",
        Format::Addresses,
        &[
            "loom:5903: loom:5903 maybe",
            "[2001:db8::7]:5907: [2001:db8::7]:5907 maybe",
            ": bad host ! a host name has letters, digits, dots and hyphens, and no spaces",
        ],
    );
}

#[test]
fn vnc_files() {
    for (text, expected) in [
        (
            "[Connection]\nHost=anvil.forge.test\nPort=5902\nUserName=imke\nPassword=269674f20f69a332\n[Options]\n\
             SendPtrEvents=0\nSendKeyEvents=0\nShared=1\nAutoReconnect=0\nServerCutText=0\n",
            "f: anvil.forge.test:5902 user imke watching once Fit false Some(ToServer) Automatic password quince7",
        ),
        (
            "[connection]\nhost=sluice\nport=5901\nproxyhost=\nproxyport=0\npassword=ef92a21c8e57da00\n[options]\nviewonly=1\n\
             UseProxy=0\nAutoReconnect=3\nReconnect=10\nquality=8\ndisableclipboard=1\nUseDSMPlugin=0\n",
            "f: sluice:5901 watching Fit false Some(Off) Best password medlar42",
        ),
        (
            "[connection]\nhost=\"tannery.test\"\nport=80\n[options]\nfitwindow=0\nscale_num=1\nscale_den=1\nquality=-1\n",
            "f: tannery.test::80 Actual false None Automatic",
        ),
        (
            "[connection]\nhost=ID\nport=1234\nproxyhost=rep.test\nproxyport=5901\n[options]\nUseProxy=1\n",
            "f: rep.test:5901 repeater 1234",
        ),
        (
            "[connection]\nhost=ID\nport=5905\nproxyhost=rep.test\nproxyport=5901\n[options]\nUseProxy=1\n",
            "f: rep.test:5901 repeater 5905 without [RepeaterId]",
        ),
        (
            "[connection]\nhost=ID\nport=1\nproxyhost=a;b\nproxyport=5901\n[options]\nUseProxy=1\n",
            "f: a;b:5901 ! it is asked for at a repeater in a way that Portlight does not know",
        ),
        ("[connection]\nhost=box:3\n", "f: box:5903"),
        (
            "[connection]\nhost=box:3\nport=5901\n",
            "f: box:3 ! a host name has letters, digits, dots and hyphens, and no spaces",
        ),
        ("[connection]\nhost=box\nport=0\n", "f: box ! the port is not a number from 1 to 65535"),
        ("[connection]\nhost=box\n[options]\nUseDSMPlugin=1", "f: box ! it needs an encryption plugin of UltraVNC"),
        ("[Connection]\nHost=box\nProxyServer=p:1\nPassword=zz", "f: box without [Proxy]"),
    ] {
        check("f.vnc", text, Format::VncFile, &[expected]);
    }
    check(
        "f.vnc",
        "ConnMethod=tcp\nFriendlyName=Anvil, back room\nHost=anvil.forge.test:2\nUserName=imke\n\
         ConnTime=2026-10-02T09:30:00.000Z\nPassword=269674f20f69a332\n",
        Format::Realvnc,
        &["Anvil, back room: anvil.forge.test:5902 user imke used 1790933400 password quince7"],
    );
    let cloud = "ConnMethod=cloud\nHost=abc\n";
    check("f.vnc", cloud, Format::Realvnc, &["f: abc ! it is reached through RealVNC's own service"]);
    assert_eq!(refused("options.vnc", "[options]\nviewonly=0\n"), FileProblem::NoMachine);
    assert_eq!(refused("f.vnc", "[connection]\nport=1\n"), FileProblem::NoMachine);
}

#[test]
fn a_windows_file_is_read_in_its_own_encodings() {
    let text = "[connection]\r\nhost=büro\r\nport=5901\r\n";
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let ansi: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (bytes, guessed) in [(utf16, false), (ansi, true)] {
        let reading = read(&[file("f.vnc", bytes)]);
        assert_eq!((shown(&reading), reading.files[0].guessed), (vec!["f: büro:5901".to_owned()], guessed));
    }
}

#[test]
fn virt_viewer() {
    let text = "[virt-viewer]\ntype=vnc\nhost=node3.mill.test\nport=5904\npassword=once-9f2c\ntitle=Mill VM\nfullscreen=1\n\
        delete-this-file=1\n[ovirt]\nsso-token=secret\n";
    check(
        "x.vv",
        text,
        Format::VirtViewer,
        &["Mill VM: node3.mill.test:5904 maybe Fit true None Automatic password Ticket([secret])"],
    );
    let spice = text.replace("vnc", "spice");
    check("x.vv", &spice, Format::VirtViewer, &["Mill VM: node3.mill.test ! it is no VNC machine (spice)"]);
    let port = text.replace("port=5904\n", "");
    check("x.vv", &port, Format::VirtViewer, &["Mill VM: node3.mill.test ! the port is not a number from 1 to 65535"]);
}

#[test]
fn gnome_connections() {
    let text = "[6b0a7a35-09a5-4d0e-8f4e-0e2b3f1d7c11]\nprotocol=vnc\nhost=cooper.barrel.test\nport=1\ndisplay-name=Cooper\n\
        view-only=true\nscale-mode=original\n[6b0a7a35-09a5-4d0e-8f4e-0e2b3f1d7c12]\nuri=vnc://b.test\n\
        [6b0a7a35-09a5-4d0e-8f4e-0e2b3f1d7c13]\nprotocol=rdp\nhost=c.test\n[other]\nhost=no\n";
    check(
        "connections.db",
        text,
        Format::Connections,
        &[
            "Cooper: cooper.barrel.test::1 watching Actual false None Automatic password Elsewhere",
            "b.test: b.test password Elsewhere",
            ": c.test ! it is no VNC machine (rdp)",
        ],
    );
    assert_eq!(refused("connections.db", "SQLite format 3\0"), FileProblem::Binary);
}

const KRDC: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE xbel>\n<xbel xmlns:bookmark=\"x\">\n\
    <folder folded=\"no\"><title>Mill</title>\n<bookmark href=\"vnc://imke@hopper.mill.test:5901\"><title>Hopper</title>\n\
    <info><metadata owner=\"http://www.kde.org\"><time_visited>1795459200</time_visited></metadata></info></bookmark>\n\
    </folder>\n<folder><title>Old ones</title><info><metadata owner=\"http://www.kde.org\">\
    <krdc-history>historyfolder</krdc-history></metadata></info>\n\
    <bookmark href=\"vnc://loom.weaver.test:3\"><title>vnc://loom.weaver.test:3</title></bookmark></folder>\n\
    <bookmark href=\"rdp://x\"><title>X</title></bookmark>\n<bookmark href=\"vnc://tun.test:5901\"><title>T</title></bookmark>\
    </xbel>\n";

#[test]
fn krdc() {
    let settings = "[hostpreferences][vnc://tun.test:5901]\nuse_ssh_tunnel=true\nuse_ssh_tunnel_loopback=true\n\
        ssh_tunnel_user_name=imke\nssh_tunnel_port=2222\nviewOnly=true\nquality=3\n";
    let expected = |tunnel: &str| {
        [
            "Hopper: hopper.mill.test:5901 user imke tags Mill used 1795459200 password Elsewhere".to_owned(),
            "loom.weaver.test:5903: loom.weaver.test:5903 maybe password Elsewhere".to_owned(),
            "X: rdp://x ! it is no VNC machine (rdp)".to_owned(),
            format!("T: {tunnel} password Elsewhere"),
        ]
    };
    let alone = read(&[file("bookmarks.xml", KRDC)]);
    assert_eq!(shown(&alone), expected("tun.test:5901"));
    assert_eq!(alone.found.iter().map(|found| found.line).collect::<Vec<_>>(), [5, 9, 10, 11]);
    let both = read(&[file("bookmarks.xml", KRDC), file("krdcrc", settings)]);
    let tunnel = "127.0.0.1:5901 via ssh://imke@tun.test:2222 watching Fit false None Low";
    assert_eq!(shown(&both), expected(tunnel));
}

const MREMOTENG: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<mrng:Connections xmlns:mrng="http://mremoteng.org" Name="Connections" Export="false" EncryptionEngine="AES"
    BlockCipherMode="GCM" KdfIterations="1000" FullFileEncryption="false" ConfVersion="2.7"
    Protected="AAECAwQFBgcICQoLDA0OD2RlZmdoaWprbG1ub3BxcnNbXySI+LYoINl6HhgIDautyfbfIy3j+W3qNKdfeNESKl27">
  <Node Name="Mill" Type="Container" Id="a1" Username="imke" Password="" Protocol="VNC" Port="5905" Hostname="">
    <Node Name="Hopper" Type="Connection" Id="a2" Descr="second floor" InheritUsername="true"
        Password="ICEiIyQlJicoKSorLC0uLwECAwQFBgcICQoLDA0ODxCZmXjaW8mVWhsbNmigpak+5HKg5GHWBg=="
        Hostname="hopper.mill.test " Protocol="VNC" Port="5901" VNCViewOnly="true" VNCProxyType="ProxyNone"
        SSHTunnelConnectionName="gate" MacAddress="02-00-5E-10-00-07" Favorite="true" PreExtApp="calc" />
    <Node Name="Heir" Type="Connection" Hostname="heir.test" InheritProtocol="true" InheritPort="true" Protocol="RDP" Port="1" />
    <Node Name="gate" Type="Connection" Hostname="gate.mill.test" Protocol="SSH2" Port="22" Username="imke" />
    <Node Name="Lost" Type="Connection" Hostname="lost.test" Protocol="VNC" Port="5900" SSHTunnelConnectionName="gone" />
  </Node>
</mrng:Connections>"#;

#[test]
fn mremoteng() {
    check(
        "confCons.xml",
        MREMOTENG,
        Format::Mremoteng,
        &[
            "Hopper: hopper.mill.test:5901 via imke@gate.mill.test mac 02:00:5e:10:00:07 tags Mill notes second floor watching favourite \
         password quince7 without [Commands, Username]",
            "Heir: heir.test:5905 tags Mill",
            "gate: gate.mill.test ! it is no VNC machine (SSH2)",
            "Lost: lost.test:5900 ! the SSH host that it goes through is not in the file",
        ],
    );
    // With a password of the person's own, or another cipher: the machines without passwords.
    for closed in [
        MREMOTENG.replace("Protected=\"AAEC", "Protected=\"BBEC"),
        MREMOTENG.replace("\"GCM\"", "\"CCM\""),
        MREMOTENG.replace("\"1000\"", "\"2000000000\""),
    ] {
        assert!(shown(&reading("confCons.xml", &closed))[0].contains("password Encrypted"));
    }
    let full = MREMOTENG.replace("FullFileEncryption=\"false\"", "FullFileEncryption=\"true\"");
    assert_eq!(refused("confCons.xml", &full), FileProblem::Encrypted);
    assert_eq!(refused("confCons.xml", "<!DOCTYPE Connections><Connections/>"), FileProblem::Entities);
    assert_eq!(refused("x.xml", "<other/>"), FileProblem::Unknown);
    let deep = format!("<Connections>{}", "<Node Type=\"Container\">".repeat(1000));
    assert_eq!(refused("confCons.xml", &deep), FileProblem::Nested);
}

#[test]
fn folders_above_become_tags_the_outermost_first_and_what_can_be_none_is_said() {
    let long = "x".repeat(60);
    let krdc = KRDC.replace(
        "<title>Mill</title>",
        &format!("<title>Mill</title><folder><title>{long}</title><folder><title>Ground floor</title>"),
    );
    let krdc = krdc.replacen("</folder>\n<folder>", "</folder></folder></folder>\n<folder>", 1);
    let shown = shown(&reading("bookmarks.xml", &krdc));
    assert!(shown[0].contains(" tags Mill+Ground floor ") && shown[0].ends_with(" without [Tags]"), "{shown:?}");
    assert!(!shown[1].contains("tags"), "the history is no group: {shown:?}");

    // A folder in itself, by way of another one, has no end.
    let csv = "Name;Id;Parent;NodeType;Hostname;Port;Protocol\nA;a;f;Connection;a.test;5901;VNC\n\
        F;f;g;Container;;;\nG;g;f;Container;;;\n";
    check("export.csv", csv, Format::MremotengCsv, &["A: a.test:5901 tags G+F"]);

    let ini = "[one:children]\ntwo\n[two:children]\none\nthree\n[three]\nbox.test\n[all:children]\none\n";
    check("hosts", ini, Format::AnsibleIni, &["box.test: box.test tags one+two+three maybe"]);
    let yaml = "all: {children: {one: {children: {two: {hosts: {box.test: }}}}, three: {hosts: {box.test: }}}}\n";
    check("inventory.yml", yaml, Format::AnsibleYaml, &["box.test: box.test tags one+two+three maybe"]);
}

#[test]
fn a_password_file_that_a_connection_names_is_not_followed() {
    let text = "TigerVNC Configuration file Version 1.0\n\nServerName=box:1\nPasswordFile=/home/ann/.vnc/passwd\n";
    check("box.tigervnc", text, Format::Tigervnc, &["box: box:5901 without [PasswordFile]"]);
}

#[test]
fn mremoteng_csv() {
    let text = "Name;Id;Parent;NodeType;Description;Username;Password;Hostname;Port;Protocol;MacAddress;Favorite;VNCViewOnly\r\n\
        Hopper;a2;a1;Connection;second floor;imke;quin;ce7;hopper.mill.test;5901;VNC;02:00:5e:10:00:07;True;True\r\n\
        Loom;a3;a1;Connection;;;quince7;loom.mill.test;5902;VNC;;False;True;\r\n\
        Mill;a1;;Container;;;;;0;RDP;;False;False\r\nX;a4;;Connection;;;;x;22;SSH2;;False;False\r\n";
    check(
        "export.csv",
        text,
        Format::MremotengCsv,
        &[
            "Loom: loom.mill.test:5902 tags Mill watching password quince7",
            "X: x ! it is no VNC machine (SSH2)",
            "Hopper:  ! this row does not have as many values as there are columns",
        ],
    );
    // A header that lacks a separator; and a folder that is its own parent.
    let odd = "Name;Id;Parent;NodeType;Hostname;Port;Protocol;RedirectDiskDrivesCustomRedirectPorts;VNCViewOnly;InheritPort\n\
        A;a;a;Connection;a.test;5901;VNC;x;y;True;True\n";
    check("export.csv", odd, Format::MremotengCsv, &["A: a.test:5901 watching"]);
}

#[test]
fn vncloc() {
    let text = |url: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\"><dict><key>URL</key><string>{url}</string></dict></plist>\n"
        )
    };
    check(
        "Mini.vncloc",
        &text("vnc://imke@mini.mill.test.:5901"),
        Format::Vncloc,
        &["Mini: mini.mill.test.:5901 user imke"],
    );
    check(
        "Mini.vncloc",
        &text("vnc://imke:geheim@mini.test"),
        Format::Vncloc,
        &["Mini: mini.test user imke password Once"],
    );
    check(
        "x.vncloc",
        &text("http://ann:geheim@x.test/"),
        Format::Vncloc,
        &["x: http://@x.test/ ! it is no VNC machine (http)"],
    );
    let mut binary = Vec::new();
    let fields = [("URL".to_owned(), plist::Value::from("vnc://box:5902"))];
    plist::Value::Dictionary(fields.into_iter().collect()).to_writer_binary(&mut binary).unwrap();
    let found = read(&[file("Bin.vncloc", &binary)]);
    assert_eq!(shown(&found), ["Bin: box:5902"]);
    let entity = text("vnc://box").replace("<plist", "<!DOCTYPE a [<!ENTITY b 'c'>]><plist");
    assert_eq!(refused("x.vncloc", &entity), FileProblem::Entities);
    assert_eq!(refused("x.vncloc", &text(&"a".repeat(20_000))), FileProblem::TooLarge);
}

#[test]
fn csv() {
    let text = "Display name,HOST,Port,User,Password,SSH host,MAC address,Favourite,Group,Protocol\n\
        \"Box, \"\"big\"\"\",box.test,5901,imke,\"quin,ce7\",gate,02005e100007,yes,Mill,vnc\n\
        ,b.test:1,,,,,,,,\n\nC,c.test,1,2,3,4,5,6,7,VNC,9,10\nD,d.test,,,,,,,,ssh\n";
    check(
        "list.csv",
        text,
        Format::Csv,
        &[
            "Box, \"big\": box.test:5901 user imke via gate mac 02:00:5e:10:00:07 tags Mill favourite password quin,ce7",
            "b.test:5901: b.test:5901",
            "C: c.test ! this row does not have as many values as there are columns",
            "D: d.test ! it is no VNC machine (ssh)",
        ],
    );
    check("list.txt", "name\taddress\nA\ta.test\n", Format::Csv, &["A: a.test"]);
    check("list.csv", "name;server\nA;a.test\n", Format::Csv, &["A: a.test"]);
    // What stands above the header, as spreadsheets and people write it.
    check("list.csv", "sep=;\r\nname;server\r\nA;a.test\r\n", Format::Csv, &["A: a.test"]);
    check("list.csv", "# ours, since 2019\n\nname,server\nA,a.test\n", Format::Csv, &["A: a.test"]);
    // A name of which nothing is seen is none.
    check("list.csv", "name,server\n\u{200b}\u{2060},a.test\n", Format::Csv, &["a.test: a.test"]);
    let tagged = "name,server,tags,folder\nA,a.test,\"x; y, rack 1/2\",Mill/Attic\nB,b.test,x;y,\n";
    let tagged_as = ["A: a.test tags x; y+rack 1/2+Mill+Attic", "B: b.test tags x+y"];
    check("list.csv", tagged, Format::Csv, &tagged_as);
}

#[test]
fn portlight() {
    let text = r#"{"version":1,"hosts":[
        {"id":"6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11","name":"Studio","address":"studio:1","username":"ann","has_password":true,
         "ssh_jump":"gate","protection":"encrypted","last_opened":1790000000,"display":{"quality":"low"}},
        {"name":"Broken"}, 7]}"#;
    let read = reading("hosts.json", text);
    assert_eq!(shown(&read)[0], "Studio: studio:5901 user ann via gate used 1790000000 Fit false None Low");
    assert_eq!(
        shown(&read)[1..],
        ["Broken:  ! this entry is not written as it should be", ":  ! this entry is not written as it should be"]
    );
    let host = &read.found[0].host.as_ref().unwrap().host;
    assert!(
        host.id.to_string() != "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11"
            && host.protection.is_none()
            && !host.has_password
    );
    assert_eq!(refused("hosts.json", "{\"version\":2,\"hosts\":[]}"), FileProblem::Newer);
    assert!(matches!(refused("x.json", "{\"version\":1,"), FileProblem::Malformed { .. } | FileProblem::Unknown));
}

#[test]
fn no_list_brings_a_command() {
    let host = r#""id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "a", "address": "b", "password_command": "touch /tmp/x", "console_command": "touch /tmp/y""#;
    let json = format!(r#"{{"version": 1, "hosts": [{{{host}}}]}}"#);
    let csv = "name,address,password_command,console_command\na,b,touch /tmp/x,touch /tmp/y\n".to_owned();
    for (name, text) in [("hosts.json", json), ("a.csv", csv)] {
        let read = reading(name, &text);
        let [found] = &read.found[..] else { panic!("{name}: one machine") };
        let host = &found.host.as_ref().unwrap().host;
        assert!(host.password_command.is_none() && host.console_command.is_none(), "{name}");
        assert!(host.rest.is_empty() && host.notes.is_empty(), "{name}: nor does it lie in wait");
    }
    let said = shown(&reading("hosts.json", &format!(r#"{{"version": 1, "hosts": [{{{host}}}]}}"#)));
    assert_eq!(said, ["a: b without [Commands]"]);
}

#[test]
fn websockify() {
    check(
        "tokens.cfg",
        "# mine\nabc: box:5901\nabc: nas:5902\nwrong\n",
        Format::Websockify,
        &[
            "abc: box:5901 ! the same name comes again further down, where it counts",
            "abc: nas:5902",
            ": wrong ! this entry is not written as it should be",
        ],
    );
    check("vm-7", "box:5901\n", Format::Websockify, &["vm-7: box:5901"]);
}

#[test]
fn ssh_config() {
    let text = "# mine\nUser imke\nHost hopper \"two words\"\n  HostName 192.0.2.17\n  LocalForward 5907 127.0.0.1:5905\n\
        Host gate *.mill.test !old.mill.test\n  ProxyCommand rm -rf /\nHost=eq # comment\nMatch exec \"rm -rf /\"\n  HostName no\n\
        Host gh\n  HostName github.com\nHost github.com -oProxyCommand=x\nInclude conf.d/*\n";
    check(
        "config",
        text,
        Format::SshConfig,
        &[
            "hopper: 127.0.0.1:5905 via hopper maybe",
            "two words: two words ! an SSH host has no spaces and none of '`\"$;&<>|(){}",
            "gate: 127.0.0.1 via gate maybe",
            "eq: 127.0.0.1 via eq maybe",
            "-oProxyCommand=x: -oProxyCommand=x ! an SSH host does not begin with a hyphen",
        ],
    );
}

#[test]
fn ansible_inventories() {
    let ini = "gate.mill.test\n[looms]\nloom[01:03].mill.test ansible_user=imke ; x\nloom-old ansible_host=192.0.2.44 # old\n\
        quoted ansible_host=\"192.0.2.45\" a='b c'\nport.mill.test:2222\nn[1:99999]\n[looms:vars]\nansible_become=true\n\
        [mill:children]\nlooms\n[again]\ngate.mill.test\ntpl ansible_host={{x}}\n";
    let ini = ini.replace(" ; x", "");
    check(
        "hosts",
        &ini,
        Format::AnsibleIni,
        &[
            "gate.mill.test: gate.mill.test tags again maybe",
            "loom01.mill.test: loom01.mill.test tags mill+looms maybe",
            "loom02.mill.test: loom02.mill.test tags mill+looms maybe",
            "loom03.mill.test: loom03.mill.test tags mill+looms maybe",
            "loom-old: 192.0.2.44 tags mill+looms maybe",
            "quoted: 192.0.2.45 tags mill+looms maybe",
            "port.mill.test: port.mill.test tags mill+looms maybe",
            "tpl: {{x}} ! its address is a template, which is not evaluated",
            "n[1:99999]: n[1:99999] ! its range of names cannot be read, or is too long",
        ],
    );
    let yaml = "---\nall:\n  children:\n    looms:\n      hosts:\n        loom-old: { ansible_host: 192.0.2.44 }\n\
        \x20       loom07.mill.test:\n        \"n[1:2]\":\n  hosts:\n    tpl: { ansible_host: \"{{ x }}\" }\n\
        \x20   vault: { ansible_host: !vault abc }\n";
    check(
        "inventory.yml",
        yaml,
        Format::AnsibleYaml,
        &[
            "loom-old: 192.0.2.44 tags looms maybe",
            "loom07.mill.test: loom07.mill.test tags looms maybe",
            "n1: n1 tags looms maybe",
            "n2: n2 tags looms maybe",
            "tpl: {{ x }} ! its address is a template, which is not evaluated",
            "vault: abc maybe",
        ],
    );
    let json = r#"{"all": {"hosts": {"box": {"ansible_host": "192.0.2.1"}}}}"#;
    check("inventory.json", json, Format::AnsibleYaml, &["box: 192.0.2.1 maybe"]);
    assert_eq!(refused("a.yml", "plugin: aws_ec2\nregions: [x]\n"), FileProblem::Dynamic);
    assert_eq!(refused("a.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"), FileProblem::Encrypted);
    assert_eq!(refused("a.yml", "a: 1\n"), FileProblem::Unknown);
    assert_eq!(refused("a.yml", &format!("{}a", "- ".repeat(40))), FileProblem::Nested);
    assert!(matches!(refused("a.yml", &"{a: ".repeat(100_000)), FileProblem::Malformed { .. } | FileProblem::Nested));
    let bomb = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nall: {hosts: {n: *b}}\n";
    check("a.yml", bomb, Format::AnsibleYaml, &["n: n maybe"]);
}

// ---- all kinds

#[test]
fn what_is_no_list_is_told() {
    for (name, text) in
        [("a.txt", "hello world\n"), ("a", "word"), ("a.md", "# only\n"), ("a.json", "{}"), ("a.json", "[1]")]
    {
        assert!(matches!(refused(name, text), FileProblem::Unknown | FileProblem::NoMachine), "{name}");
    }
    assert_eq!(refused("empty", ""), FileProblem::NoMachine);
    assert_eq!(refused("bom", "\u{feff}\r\n"), FileProblem::NoMachine);
    assert_eq!(refused("nul", "a\0b"), FileProblem::Binary);
    check(
        "list",
        "box.test\nother.test:1\n",
        Format::Addresses,
        &["box.test: box.test maybe", "other.test:5901: other.test:5901 maybe"],
    );
}

/// A file of each kind.
fn every_kind() -> Vec<(&'static str, Vec<u8>)> {
    let mut binary = Vec::new();
    let fields = [("URL".to_owned(), plist::Value::from("vnc://ann@box:5902"))];
    plist::Value::Dictionary(fields.into_iter().collect()).to_writer_binary(&mut binary).unwrap();
    let utf16 = "[connection]\nhost=a\nport=1".encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        ("a.remmina", REMMINA.into()),
        ("remmina.pref", include_bytes!("samples/remmina.pref").to_vec()),
        ("a.tigervnc", include_bytes!("samples/tigervnc-1.12.tigervnc").to_vec()),
        ("a.vnc", b"[connection]\nhost=ID\nport=1\nproxyhost=r\nproxyport=1\npassword=269674f20f69a332\n[options]\nUseProxy=1".to_vec()),
        ("b.vnc", [0xff, 0xfe].into_iter().chain(utf16).collect()),
        ("c.vnc", b"ConnMethod=tcp\nHost=a:1\nConnTime=2026-10-02T09:30:00.000Z".to_vec()),
        ("a.vv", b"[virt-viewer]\ntype=vnc\nhost=a\nport=5900\ntitle=\\s\\n".to_vec()),
        ("connections.db", include_bytes!("samples/connections-43.db").to_vec()),
        ("bookmarks.xml", KRDC.into()),
        ("krdcrc", b"[hostpreferences][vnc://a]\nuse_ssh_tunnel=1".to_vec()),
        ("confCons.xml", MREMOTENG.into()),
        ("m.csv", b"Name;NodeType;Hostname;Protocol;Id;Parent\na;Connection;b;VNC;1;2\nc;Container;;;2;1".to_vec()),
        ("a.vncloc", binary),
        ("a.csv", b"name,host,port\n\"a\"\"\",b,5900\n".to_vec()),
        ("hosts.json", br#"{"version":1,"hosts":[{"name":"a","address":"b"}]}"#.to_vec()),
        ("tokens", b"a: b:5900\nc: unix_socket:/d".to_vec()),
        ("config", b"Host a \"b\"\nLocalForward 1 c:5901".to_vec()),
        ("inventory", b"[a]\nb[1:3] c='d e'".to_vec()),
        ("a.yml", b"all: {hosts: {a: {ansible_host: b}, 'c[1:2]': }}".to_vec()),
    ]
}

/// A small generator of numbers: the same ones in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

#[test]
fn truncated_and_mutated_files_end_in_a_sentence() {
    const PIECES: &[&[u8]] = &[
        b"[",
        b"]",
        b"=",
        b":",
        b"\"",
        b"'",
        b"\\",
        b"\n",
        b"\r",
        b"\0",
        b"<",
        b">",
        b"&",
        b";",
        b"{",
        b"}",
        b"*",
        b"&a",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"%",
        b"-",
        b"99999999999999999999",
        b"[1:3]",
        b"<!DOCTYPE",
        "é".as_bytes(),
    ];
    let mut numbers = Numbers(7);
    let mut count = 0;
    for (name, bytes) in every_kind() {
        let end = |bytes: &[u8]| {
            let reading = read(&[file(name, bytes)]);
            let problem = reading.files[0].problem.clone();
            // Something was found, or it says why not; settings have nothing of their own.
            let is_settings = reading.files[0].format == Some(Format::Settings);
            let is_told = problem.is_some_and(|why| !why.to_string().is_empty());
            assert!(is_told || !reading.found.is_empty() || is_settings, "{name}");
            for found in &reading.found {
                if let Ok(candidate) = &found.host {
                    let view = candidate.host.view();
                    assert!(!view.name.is_empty() && view.address.parse::<crate::model::Address>().is_ok(), "{view:?}");
                    assert!(!view.address.starts_with('-') && !view.ssh_jump.starts_with('-'), "{view:?}");
                }
            }
        };
        for length in 0..bytes.len().min(600) {
            end(&bytes[..length]);
        }
        for _ in 0..300 {
            let mut mutated = bytes.clone();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(mutated.len());
                match numbers.below(4) {
                    0 => mutated[at] = u8::try_from(numbers.below(256)).unwrap(),
                    1 => drop(mutated.drain(at..(at + numbers.below(20)).min(mutated.len()))),
                    2 => {
                        let piece = mutated[at..(at + numbers.below(40)).min(mutated.len())].to_vec();
                        mutated.splice(at..at, piece);
                    }
                    _ => {
                        let piece = PIECES[numbers.below(PIECES.len())];
                        mutated
                            .splice(at..at, piece.iter().copied().cycle().take(piece.len() * (1 + numbers.below(50))));
                    }
                }
                if mutated.is_empty() {
                    break;
                }
            }
            end(&mutated);
            count += 1;
        }
    }
    assert!(count > 5000, "{count}");
}

/// What no reader may take long for, nor fall over.
#[test]
fn large_and_hostile_files_end_soon() {
    let begun = std::time::Instant::now();
    let long = "a".repeat(1 << 20);
    for (name, text) in [
        ("a.remmina", format!("[remmina]\nname={long}\nprotocol=VNC\nserver={long}\n")),
        ("a.csv", format!("name,host\n{long},{long}\n\"{long}")),
        ("a.vnc", format!("[connection]\nhost={long}\npassword={long}\n")),
        ("config", format!("Host {}\n", "a ".repeat(1 << 19))),
        ("hosts", "[a[1:9]]\n".repeat(1 << 17)),
        ("hosts", format!("{}\n", "[1:9]".repeat(1 << 16))),
        ("a.yml", "- ".repeat(1 << 19)),
        ("a.yml", "{a: ".repeat(1 << 18)),
        ("a.yml", format!("all: {{hosts: {{{}}}}}", "? ".repeat(1 << 17))),
        ("a.xml", format!("<Connections>{}", "<Node ".repeat(1 << 18))),
        ("a.xml", format!("<Connections {}/>", "a='b' ".repeat(1 << 16))),
        ("a.json", "[".repeat(1 << 20)),
        ("a.json", "{\"a\":".repeat(1 << 18)),
        ("tokens", "a: b:5900\n".repeat(1 << 17)),
        ("a.vncloc", format!("<plist>{}", "<array>".repeat(2000))),
    ] {
        let before = begun.elapsed();
        let reading = read(&[file(name, &text)]);
        let took = begun.elapsed() - before;
        assert!(took.as_secs() < 60, "{name}: {took:?}");
        assert!(reading.found.len() <= crate::import::MAX_ENTRIES, "{name}");
    }
}
