//! What people type and what links say, as tables.

use super::{
    parse::{MAX_HOSTNAME, MAX_SOCKET_PATH},
    web_socket::MAX_RESOURCE,
    *,
};

fn tcp(hostname: &str, port: u16) -> Result<Address, AddressProblem> {
    Ok(Address::Tcp { hostname: hostname.to_owned(), port })
}

fn unix(path: &str) -> Result<Address, AddressProblem> {
    Ok(Address::Unix(path.into()))
}

fn ws(secure: bool, hostname: &str, port: u16, resource: &str) -> Result<Address, AddressProblem> {
    Ok(Address::Ws(WebSocket { secure, hostname: hostname.to_owned(), port, resource: resource.to_owned() }))
}

/// What people type, and what it means.
fn readable() -> Vec<(&'static str, Result<Address, AddressProblem>)> {
    vec![
        ("box", tcp("box", 5900)),
        ("  box\t\n", tcp("box", 5900)),
        ("NAS.Home", tcp("NAS.Home", 5900)),
        ("box.example.org.", tcp("box.example.org.", 5900)),
        ("my_box-2", tcp("my_box-2", 5900)),
        ("büro", tcp("büro", 5900)),
        ("हिन्दी.भारत:1", tcp("हिन्दी.भारत", 5901)),
        ("客厅.local", tcp("客厅.local", 5900)),
        ("192。168。1。5：1", tcp("192.168.1.5", 5901)),
        ("192.168.1.20:5901", tcp("192.168.1.20", 5901)),
        // One colon: displays are small, ports are not.
        ("box:0", tcp("box", 5900)),
        ("box:1", tcp("box", 5901)),
        ("box:01", tcp("box", 5901)),
        ("box:99", tcp("box", 5999)),
        ("box:100", tcp("box", 100)),
        ("box:5900", tcp("box", 5900)),
        ("box:65535", tcp("box", 65535)),
        // Two colons: always a port.
        ("box::1", tcp("box", 1)),
        ("box::99", tcp("box", 99)),
        ("box::5905", tcp("box", 5905)),
        // This machine.
        (":1", tcp("localhost", 5901)),
        (":5905", tcp("localhost", 5905)),
        ("::5901", tcp("localhost", 5901)),
        ("::80", tcp("localhost", 80)),
        ("::1", tcp("::1", 5900)),
        // IPv6.
        ("fe80::1", tcp("fe80::1", 5900)),
        ("FE80:0:0:0::1", tcp("fe80::1", 5900)),
        ("fe80::1%eth0", tcp("fe80::1%eth0", 5900)),
        ("2001:db8::1:5901", tcp("2001:db8::1:5901", 5900)),
        ("::ffff:10.0.0.1", tcp("::ffff:10.0.0.1", 5900)),
        ("[::1]", tcp("::1", 5900)),
        ("[::1]:1", tcp("::1", 5901)),
        ("[::1]:5905", tcp("::1", 5905)),
        ("[::1]::1", tcp("::1", 1)),
        ("[::1]::5901", tcp("::1", 5901)),
        ("[fe80::1%eth0]:2", tcp("fe80::1%eth0", 5902)),
        ("[::5901]", tcp("::5901", 5900)),
        // A scope, as URLs write it and as the system does, in each other's place.
        ("[fe80::1%25eth0]:5990", tcp("fe80::1%eth0", 5990)),
        ("[fe80::1%25eth0]", tcp("fe80::1%eth0", 5900)),
        ("fe80::1%25eth0", tcp("fe80::1%eth0", 5900)),
        ("fe80::1%25", tcp("fe80::1%25", 5900)),
        ("fe80::1%251", tcp("fe80::1%251", 5900)),
        ("fe80::1%2525g", tcp("fe80::1%25g", 5900)),
        ("vnc://[fe80::1%eth0]:5901", tcp("fe80::1%eth0", 5901)),
        ("vnc://[fe80::1%bat0]", tcp("fe80::1%bat0", 5900)),
        ("vnc://[fe80::1%2512]", tcp("fe80::1%12", 5900)),
        ("vnc://fe80::1%25eth0", tcp("fe80::1%eth0", 5900)),
        ("ws://[fe80::1%eth0]", ws(false, "fe80::1%eth0", 80, "/")),
        ("wss://[fe80::1%25eth0]:6080", ws(true, "fe80::1%eth0", 6080, "/")),
        // As Windows writes IPv6 where no colons may stand.
        ("fe80--1s4.ipv6-literal.net", tcp("fe80::1%4", 5900)),
        ("2001-DB8--7.IPv6-Literal.net:1", tcp("2001:db8::7", 5901)),
        ("wss://fe80--1s4.ipv6-literal.net/x", ws(true, "fe80::1%4", 443, "/x")),
        // Sockets.
        ("/run/vnc.sock", unix("/run/vnc.sock")),
        ("/tmp/with space/ü:1", unix("/tmp/with space/ü:1")),
        ("unix:/run/vnc.sock", unix("/run/vnc.sock")),
        ("UNIX:/run/vnc.sock", unix("/run/vnc.sock")),
        ("unix:1", tcp("unix", 5901)),
        // Links: the number is a port.
        ("vnc://box", tcp("box", 5900)),
        ("VNC://Box", tcp("Box", 5900)),
        ("vnc://box/", tcp("box", 5900)),
        ("vnc://box:5901", tcp("box", 5901)),
        ("vnc://box:5901/", tcp("box", 5901)),
        ("vnc://box:1", tcp("box", 1)),
        ("vnc://box:", tcp("box", 5900)),
        ("vnc://box::5901", tcp("box", 5901)),
        ("vnc://:5901", tcp("localhost", 5901)),
        ("vnc://box?ViewOnly=true", tcp("box", 5900)),
        ("vnc://box#top", tcp("box", 5900)),
        ("vnc://ann:hunter2@box:5901/?VncPassword=hunter2", tcp("box", 5901)),
        ("vnc://a@b@box", tcp("box", 5900)),
        ("vnc://[::1]", tcp("::1", 5900)),
        ("vnc://[::1]:5901/", tcp("::1", 5901)),
        ("vnc://[fe80::1%25eth0]:5901", tcp("fe80::1%eth0", 5901)),
        ("vnc://fe80::1/", tcp("fe80::1", 5900)),
        ("vnc://b%C3%BCro", tcp("büro", 5900)),
        // WebSockets: path and query are the server's business.
        ("ws://box", ws(false, "box", 80, "/")),
        ("wss://box", ws(true, "box", 443, "/")),
        ("WSS://Box/", ws(true, "Box", 443, "/")),
        ("ws://box:", ws(false, "box", 80, "/")),
        ("ws://box:1", ws(false, "box", 1, "/")),
        ("ws://box:5900", ws(false, "box", 5900, "/")),
        ("ws://box:443", ws(false, "box", 443, "/")),
        ("wss://box:80/x", ws(true, "box", 80, "/x")),
        ("wss://site/websockify?token=abc123", ws(true, "site", 443, "/websockify?token=abc123")),
        ("wss://site?token=abc123", ws(true, "site", 443, "/?token=abc123")),
        ("ws://[fe80::1%25eth0]:6080/a", ws(false, "fe80::1%eth0", 6080, "/a")),
        ("ws://::1/", ws(false, "::1", 80, "/")),
        ("ws://:6080/", ws(false, "localhost", 6080, "/")),
        ("ws://b%C3%BCro/", ws(false, "büro", 80, "/")),
        ("ws://box/a@b?c=d@e&f=://g", ws(false, "box", 80, "/a@b?c=d@e&f=://g")),
        ("ws://box/a b?c=ü\"#top", ws(false, "box", 80, "/a%20b?c=%C3%BC%22")),
        ("ws://box/%2f%zz%", ws(false, "box", 80, "/%2f%zz%")),
        ("ws://box/a\r\nHost:x", ws(false, "box", 80, "/a%0D%0AHost:x")),
        ("portlight:demo", Ok(Address::Demo)),
        ("Portlight:Demo", Ok(Address::Demo)),
    ]
}

#[test]
fn reads_what_people_type() {
    for (text, meaning) in readable() {
        assert_eq!(Address::parse(text), meaning, "{text:?}");
    }
}

#[test]
fn says_what_is_wrong() {
    use AddressProblem::*;
    let long_name = "a.".repeat(128) + "a";
    let long_path = format!("/{}", "a".repeat(MAX_SOCKET_PATH));
    let long_token = format!("ws://box?{}", "ü".repeat(MAX_RESOURCE / 6 + 1));
    for (text, problem) in [
        ("", Empty),
        (" \t ", Empty),
        ("vnc://", Empty),
        ("vnc:///?ViewOnly=true", Empty),
        ("vnc://ann:hunter2@", Empty),
        ("my box", Hostname),
        ("box\u{0}", Hostname),
        ("box\n1", Hostname),
        ("box/vnc", Hostname),
        ("box\\vnc", Hostname),
        ("a..b", Hostname),
        (".box", Hostname),
        (".", Hostname),
        ("-", Hostname),
        ("-oProxyCommand=x", Hostname),
        ("_", Hostname),
        ("ann@box", Hostname),
        ("fe80::1%", Port),
        ("box%20", Hostname),
        ("bo\u{202e}x", Hostname),
        ("bo\u{200b}x", Hostname),
        ("0177.0.0.1", Ipv4),
        ("127.1:1", Ipv4),
        ("2130706433::5901", Ipv4),
        ("vnc://0x7f.1", Ipv4),
        ("vnc://0%78f.1", Ipv4),
        ("ws://192.168.1.300/x", Ipv4),
        ("p\u{430}ypal.example", Scripts),
        ("wss://p%D0%B0ypal.example", Scripts),
        ("a\u{661}\u{5d0}.example", International),
        ("vnc://my%20box", Hostname),
        ("vnc://box%2fvnc", Hostname),
        ("vnc://%ff", Hostname),
        ("vnc://box%3A1", Hostname),
        ("vnc://box：1", Hostname),
        (":", Hostname),
        ("box:", Port),
        ("box::", Port),
        ("box::0", Port),
        ("box:65536", Port),
        ("box::65536", Port),
        ("box:99999999999999999999", Port),
        ("box:-1", Port),
        ("box:+1", Port),
        ("box:１", Port),
        ("box:vnc", Port),
        ("box:1:2", Port),
        ("box:::1", Port),
        ("box:5901/vnc", Port),
        ("::0", Port),
        ("::65536", Port),
        ("vnc://box:0", Port),
        ("vnc://box:65536", Port),
        ("[::1]:", Port),
        ("[::1]:x", Port),
        ("[::1", Brackets),
        ("::1]", Brackets),
        ("[box]:1", Brackets),
        ("[]", Brackets),
        ("[[::1]]", Brackets),
        ("[::1]5901", Brackets),
        ("box[1]", Brackets),
        ("fe80::1::5901", Brackets),
        ("fe80::1%eth0:1", Brackets),
        ("1:2:3:4:5:6:7:8:5901", Brackets),
        ("ws://", Empty),
        ("wss:///websockify", Empty),
        ("ws://?token=a", Empty),
        ("ws://ann:hunter2@box/", Login),
        ("wss://token@box?token=a", Login),
        ("ws://box:0/", Port),
        ("ws://box:x/", Port),
        ("ws://box:65536", Port),
        ("ws://my box/", Hostname),
        ("ws://box\\x", Hostname),
        ("wss://[::1/", Brackets),
        ("ws:/box", Port),
        ("http://box", Scheme),
        ("https://site/vnc.html", Scheme),
        ("rdp://box", Scheme),
        ("ssh://ann@box:22", Scheme),
        ("vnc+ssh://box", Scheme),
        ("relative/../sock", Hostname),
        ("./sock", Path),
        ("~/sock", Path),
        ("unix:./sock", Path),
        ("/", Path),
        ("/run/", Path),
        ("/run/a\u{0}b", Path),
        ("/run/a\nb", Path),
        (&long_name, TooLong),
        (&long_path, TooLong),
        (&long_token, TooLong),
    ] {
        assert_eq!(Address::parse(text), Err(problem), "{text:?}");
    }
}

#[test]
fn prints_the_shortest_text() {
    for (text, shortest) in [
        ("box:0", "box"),
        ("box::5900", "box"),
        ("box:1", "box:5901"),
        ("box::100", "box:100"),
        ("box::99", "box::99"),
        ("[::1]", "::1"),
        ("[::1]:1", "[::1]:5901"),
        ("[::1]::99", "[::1]::99"),
        ("[::5901]", "[::5901]"),
        ("cafe:99", "cafe:5999"),
        ("vnc://cafe:99", "vnc://cafe:99"),
        ("[FE80::0:1%eth0]", "fe80::1%eth0"),
        ("vnc://ann:hunter2@[::1]:5901/?VncPassword=hunter2", "[::1]:5901"),
        ("unix:/run/vnc.sock", "/run/vnc.sock"),
        ("PORTLIGHT:DEMO", "portlight:demo"),
        ("WS://Box:80/", "ws://Box"),
        ("wss://box:443/?", "wss://box/?"),
        ("wss://[fe80::0:1%25eth0]?a", "wss://[fe80::1%25eth0]/?a"),
    ] {
        assert_eq!(Address::parse(text).unwrap().to_string(), shortest, "{text:?}");
    }
}

#[test]
fn what_is_printed_reads_back_the_same() {
    let hostnames = [
        "box",
        "192.168.1.5",
        "unix",
        "portlight",
        "cafe",
        "büro.",
        "::",
        "::1",
        "::5901",
        "::99",
        "fe80::1%eth0",
        "fe80::1%25",
        "fe80::1%251",
        "fe80::1%25g0",
    ];
    let ports = [1, 2, 99, 100, 101, 5899, 5900, 5901, 65535];
    let machines =
        hostnames.iter().flat_map(|hostname| ports.map(|port| Address::Tcp { hostname: (*hostname).to_owned(), port }));
    let sites = hostnames.iter().flat_map(|hostname| {
        [1, 80, 443, 5900].into_iter().flat_map(move |port| {
            [(false, "/"), (true, "/"), (true, "/?"), (false, "/a/b?c=%20&d=://[x]:1")]
                .map(|(secure, resource)| ws(secure, hostname, port, resource).unwrap())
        })
    });
    let others = readable().into_iter().filter_map(|(_, meaning)| meaning.ok());
    for address in machines.chain(sites).chain(others) {
        assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address), "{address}");
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address, "{json}");
    }
}

#[test]
fn no_text_breaks_it_and_what_it_reads_survives_printing() {
    let pieces = [
        "box",
        "ü",
        "1",
        "99",
        "5901",
        "65536",
        ":",
        "::",
        "[",
        "]",
        "%",
        "%25",
        "%ff",
        "/",
        "//",
        "vnc",
        "vnc://",
        "unix:",
        "?",
        "&",
        "=",
        "#",
        "@",
        ".",
        "-",
        "_",
        " ",
        "\u{0}",
        "\u{202e}",
        "：",
        "😀",
        "fe80",
        "ViewOnly=true",
        "portlight:demo",
        "ws://",
        "wss://",
    ];
    // A linear congruential generator: the same texts in each run.
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut read = 0;
    for _ in 0..100_000 {
        let mut text: String = (0..next(7)).map(|_| pieces[next(pieces.len())]).collect();
        if next(4) == 0 {
            text.extend(char::from_u32(u32::try_from(next(0x11_0000)).unwrap()));
        }
        if let Ok(address) = Address::parse(&text) {
            read += 1;
            assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address), "{text:?}");
            assert!(
                !matches!(address, Address::Tcp { port: 0, .. } | Address::Ws(WebSocket { port: 0, .. })),
                "{text:?}"
            );
        }
    }
    assert!(read > 1000, "only {read} texts were addresses: this tests too little");
}

#[test]
fn a_link_says_how_to_look_and_never_a_password() {
    let link = Link::parse(
        "vnc://ann:hunter2@box:5901/?VncUsername=J%C3%B6rg&viewonly=TRUE&ConnectionName=The%20box&VncPassword=hunter2",
    );
    let expected = Link {
        address: tcp("box", 5901).unwrap(),
        username: Some("Jörg".to_owned()),
        had_password: true,
        view_only: true,
        name: Some("The box".to_owned()),
        ssh_host: None,
        security_type: None,
        channel_type: None,
        names_key: false,
    };
    assert_eq!(link.as_ref(), Ok(&expected));
    assert!(!format!("{link:?}").contains("hunter2"));
    assert_eq!(Link::parse(&expected.to_string()), Ok(expected));
}

#[test]
fn a_links_user_name_is_kept_and_its_password_is_only_mentioned() {
    let read = |text: &str| Link::parse(text).map(|link| (link.username, link.had_password));
    for (text, username, had_password) in [
        ("vnc://ann@box", Some("ann"), false),
        ("vnc://box/?VncUsername=ann", Some("ann"), false),
        ("vnc://bob@box/?VncUsername=ann", Some("ann"), false),
        ("vnc://ann:hunter2@box", Some("ann"), true),
        ("vnc://ann:@box", Some("ann"), true),
        ("vnc://:hunter2@box", None, true),
        ("vnc://a@b:hunter2@box", Some("a@b"), true),
        ("vnc://ann%40corp@box", Some("ann@corp"), false),
        ("vnc://ann%3ahunter2@box", Some("ann"), true),
        ("vnc://J%C3%B6rg@box", Some("Jörg"), false),
        ("vnc://box/?VncPassword=hunter2", None, true),
        ("vnc://box/?sshpassword=hunter2&VncUsername=ann", Some("ann"), true),
        ("vnc://box/?Vnc%50assword=hunter2", None, true),
        ("vnc://box/?VncPassword", None, true),
        ("vnc://an%E2%80%AEn@box", None, false),
        ("box:1", None, false),
    ] {
        assert_eq!(read(text), Ok((username.map(str::to_owned), had_password)), "{text}");
        assert!(!format!("{:?}", Link::parse(text)).contains("hunter2"), "{text}");
    }
}

#[test]
fn a_links_name_is_sanitised_and_bounded() {
    let name = |value: &str| Link::parse(&format!("vnc://box/?ConnectionName={value}")).unwrap().name;
    for (value, shown) in [
        ("Studio%E2%80%AE", "Studio"),
        ("%E2%80%8BStu%E2%81%A9dio%07", "Studio"),
        ("a%0Ab", "a b"),
        ("a%E2%80%A8b", "a b"),
        ("%20%D0%94%D0%BE%D0%BC%20", "Дом"),
    ] {
        assert_eq!(name(value).as_deref(), Some(shown), "{value}");
    }
    assert_eq!(name(&"%C3%BC".repeat(1000)), Some("ü".repeat(crate::model::MAX_TEXT)));
}

#[test]
fn parameters_that_cannot_be_read_are_left_out() {
    let long = format!("VncUsername={}", "a".repeat(MAX_HOSTNAME + 1));
    for parameters in [
        "",
        "ViewOnly",
        "ViewOnly=",
        "ViewOnly=false",
        "ViewOnly=%ff",
        "VncUsername=%20",
        "VncUsername=a%0Ab",
        "ConnectionName=%ff",
        "ConnectionName=%E2%80%AE",
        "&&==&",
        &long,
    ] {
        let link = Link::parse(&format!("vnc://box?{parameters}")).unwrap();
        assert_eq!(link, Link::from(tcp("box", 5900).unwrap()), "{parameters}");
    }
}

#[test]
fn name_and_port_are_checked_apart() {
    assert_eq!(Address::tcp("FE80::0:1%eth0", 99), tcp("fe80::1%eth0", 99));
    assert_eq!(Address::tcp("cafe", 99), tcp("cafe", 99));
    for hostname in ["", "[::1]", "box:1", "a@b", "my box"] {
        assert_eq!(Address::tcp(hostname, 5900), Err(AddressProblem::Hostname), "{hostname}");
    }
    assert_eq!(Address::tcp("box", 0), Err(AddressProblem::Port));
}

#[test]
fn what_is_shown_of_a_websocket_has_no_token() {
    let shown = |text| Address::parse(text).unwrap().without_query().to_string();
    assert_eq!(shown("wss://site:8443/websockify?token=abc123"), "wss://site:8443/websockify");
    assert_eq!(shown("wss://site?token=abc123"), "wss://site");
    assert_eq!(shown("box:1"), "box:5901");
}

#[test]
fn the_site_of_a_websocket_is_what_browsers_call_it() {
    for (text, origin) in [
        ("wss://site/a?b", "https://site"),
        ("ws://[fe80::1%25eth0]:6080", "http://[fe80::1]:6080"),
        ("wss://10.0.0.1:80", "https://10.0.0.1:80"),
    ] {
        let Ok(Address::Ws(socket)) = Address::parse(text) else { panic!("{text} is a WebSocket's address") };
        assert_eq!(socket.origin(), origin);
    }
}

#[test]
fn an_address_without_a_link_is_a_link_without_parameters() {
    let link = Link::from(tcp("box", 5901).unwrap());
    assert_eq!(Link::parse(" box:1 "), Ok(link));
    assert_eq!(Link::parse("http://box"), Err(AddressProblem::Scheme));
    assert_eq!(Link::parse(""), Err(AddressProblem::Empty));
}

#[test]
fn keys_are_known_by_site_and_path_and_not_by_token() {
    let endpoint = |text| Address::parse(text).unwrap().endpoint();
    assert_eq!(endpoint("wss://site/a?token=abc123"), endpoint("wss://site/a?token=def456"));
    assert_ne!(endpoint("wss://site/a?token=abc123"), endpoint("wss://site/b?token=abc123"));
    assert_eq!(endpoint("wss://site/a?token=abc123"), "wss://site/a");
    assert_eq!(endpoint("box:1"), "box:5901");
    let may_be_several = |text| Address::parse(text).unwrap().has_query();
    assert!(may_be_several("wss://site?token=abc123") && !may_be_several("wss://site/a") && !may_be_several("box"));
}

#[test]
fn ssh_leads_to_a_name_and_a_port_only() {
    for (text, reachable) in
        [("box:1", true), ("[fe80::1]:1", true), ("ws://box", false), ("wss://box", false), ("/run/vnc", false)]
    {
        assert_eq!(Address::parse(text).unwrap().is_reachable_through_ssh(), reachable, "{text}");
    }
    assert!(!Address::Demo.is_reachable_through_ssh());
}
