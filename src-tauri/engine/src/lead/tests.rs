use super::*;
use crate::error::WsRefusal;

fn typed(address: &str) -> Target {
    Target::unsaved(address.to_owned(), address.parse().unwrap(), false)
}

fn refused() -> Error {
    ConnectError::ConnectionRefused { address: String::new() }.into()
}

fn asked(error: Error, target: &Target) -> Option<Question> {
    question(&error, target, Known::default())
}

fn address(text: &str, why: Why) -> Option<Question> {
    Some(Question::Clear(Lead::Address { address: text.into(), why }))
}

#[test]
fn a_closed_port_leads_to_the_other_usual_one() {
    for (from, to) in [("box", "box:5901"), ("box:1", "box"), ("box:7", "box"), ("[fe80::1%eth0]", "[fe80::1%eth0]:1")]
    {
        assert_eq!(asked(refused(), &typed(from)), Some(Question::Answers(to.parse().unwrap())), "{from}");
    }
    for from in ["/run/vnc.sock", "ws://box/websockify"] {
        assert_eq!(asked(refused(), &typed(from)), None, "{from}");
    }
    let through = Target { ssh_jump: Some("gate".parse().unwrap()), ..typed("box") };
    assert_eq!(asked(refused(), &through), None, "what gate reaches, only gate knows");
}

#[test]
fn a_name_that_is_not_known_leads_to_the_local_networks() {
    let unknown = || ConnectError::UnknownName { hostname: String::new() }.into();
    assert_eq!(asked(unknown(), &typed("pi:1")), Some(Question::Known("pi.local:1".parse().unwrap())));
    for from in ["pi.local", "192.0.2.1", "::1"] {
        assert_eq!(asked(unknown(), &typed(from)), None, "{from}");
    }
}

#[test]
fn a_machine_that_is_silent_leads_to_waking_it_and_to_the_same_one_by_another_way() {
    let silent: Error = ConnectError::DialTimeout { address: String::new(), seconds: 10 }.into();
    let gate =
        Host { ssh_jump: Some("ann@gate".parse().unwrap()), ..Host::new("Studio".into(), "box:1".parse().unwrap()) };
    let listed = Question::Clear(Lead::Listed { host: gate.id, name: "Studio".into(), through: "ann@gate".into() });
    let hosts = [Host::new("Other".into(), "box:1".parse().unwrap()), gate.clone()];
    let target = typed("box:1");
    let known = Known { hosts: &hosts, ..Known::default() };
    let woken = Known { can_wake: true, ..known };
    assert_eq!(question(&silent, &target, woken), Some(Question::Clear(Lead::Wake)));
    assert_eq!(question(&silent, &target, known), Some(listed.clone()));
    assert_eq!(question(&refused(), &target, known), Some(listed));
    assert_eq!(question(&silent, &Target::from(&gate), known), None, "it is that way already");
    assert_eq!(question(&silent, &typed("box:2"), known), None, "another server");
}

fn way(host: &Host, address: &str, ssh_jump: &str) -> LastWay {
    LastWay { host: host.id, address: address.parse().unwrap(), ssh_jump: ssh_jump.parse().unwrap() }
}

fn through(address: &str, through: &str, beside: Option<&str>) -> Option<Question> {
    let beside = beside.map(str::to_owned);
    Some(Question::Clear(Lead::Through { address: address.into(), through: through.into(), beside }))
}

#[test]
fn a_machine_leads_back_to_the_ssh_host_that_it_was_reached_through_last() {
    let studio = Host::new("Studio".into(), "studio.example:1".parse().unwrap());
    let hosts = [studio.clone()];
    let ways = [way(&studio, "studio:1", "ann@jump1")];
    let known = Known { hosts: &hosts, ways: &ways, can_wake: true, ..Known::default() };
    let last = through("studio:5901", "ann@jump1", None);
    let unknown: Error = ConnectError::UnknownName { hostname: String::new() }.into();
    let silent: Error = ConnectError::DialTimeout { address: String::new(), seconds: 10 }.into();
    let target = Target::from(&studio);
    for error in [&unknown, &refused(), &silent] {
        assert_eq!(question(error, &target, known), last, "{error}");
    }
    let jump2 = Target { ssh_jump: Some("jump2".parse().unwrap()), ..target.clone() };
    let gone: Error = ConnectError::SshUnreachable { via: String::new(), detail: String::new() }.into();
    assert_eq!(question(&gone, &jump2, known), last, "another SSH host is not there");
    let same = Target { ssh_jump: Some("ann@jump1".parse().unwrap()), address: "studio:1".parse().unwrap(), ..target };
    assert_eq!(question(&gone, &same, known), None, "it is that way already");
    let denied: Error = ConnectError::SshDenied { via: String::new(), detail: String::new() }.into();
    assert_eq!(question(&denied, &jump2, known), None, "nothing leads around a login");
}

#[test]
fn a_machine_leads_to_the_ssh_host_that_one_beside_it_was_reached_through() {
    let office = Host::new("Office".into(), "office.lab.example:1".parse().unwrap());
    let hosts = [office.clone()];
    let asked = |from: &str, to: &str| {
        let ways = [way(&office, to, "jump1")];
        question(&refused(), &typed(from), Known { hosts: &hosts, ways: &ways, ..Known::default() })
    };
    for (from, to) in [
        ("studio.lab.example:1", "office.lab.example:7"),
        ("studio.LAB.example:1", "office.lab.example"),
        ("office:1", "office:7"),
        ("10.0.0.7:1", "10.0.0.7:9"),
    ] {
        let address = from.parse::<Address>().unwrap().to_string();
        assert_eq!(asked(from, to), through(&address, "jump1", Some("Office")), "{from}");
    }
    // A top domain, mDNS and a part of an IP address are no network of anybody's.
    for (from, to) in [
        ("studio.example:1", "office.example"),
        ("studio.local:1", "office.local"),
        ("10.0.0.7:1", "10.0.0.8"),
        ("studio:1", "office"),
        ("studio.lab.example:1", "office.sub.lab.example"),
    ] {
        assert!(matches!(asked(from, to), Some(Question::Answers(_))), "{from}");
    }
    let removed = [way(&Host::demo("Gone"), "studio:7", "jump1")];
    let known = Known { hosts: &hosts, ways: &removed, ..Known::default() };
    assert!(matches!(question(&refused(), &typed("studio:1"), known), Some(Question::Answers(_))));
    let proxied = Target { proxy: Some("socks5://gate".parse().unwrap()), ..typed("office:1") };
    let ways = [way(&office, "office:7", "jump1")];
    let known = Known { ways: &ways, ..known };
    assert_eq!(question(&refused(), &proxied, known), None, "what is in between is its own");
}

#[test]
fn old_protection_leads_into_the_list_where_it_can_be_accepted() {
    let old = |why| ConnectError::OldTls { address: String::new(), why, detail: String::new() }.into();
    let known = Known { can_keep: true, ..Known::default() };
    let target = typed("wss://box/x?token=secret");
    let lead = Some(Question::Clear(Lead::AcceptOld { address: "wss://box/x".into() }));
    assert_eq!(question(&old(OldTls::Version), &target, known), lead);
    assert_eq!(question(&old(OldTls::Signature), &target, known), lead);
    assert_eq!(question(&old(OldTls::Key), &target, known), None, "nothing accepts that");
    assert_eq!(asked(old(OldTls::Version), &target), None, "its form has it, or it has called");
    let link = Target { least: Some(crate::model::Level::Encrypted), ..target };
    assert_eq!(question(&old(OldTls::Version), &link, known), None, "who made the link wants more");
}

#[test]
fn a_mac_that_was_given_no_user_name_leads_to_typing_one() {
    let known = Known { lacks_account: true, ..Known::default() };
    let refused = |too_many| ConnectError::AuthFailed { address: String::new(), reason: None, too_many };
    let closed = |during| ConnectError::Closed { address: String::new(), during };
    let target = typed("mac");
    for (error, leads) in [
        (refused(false), true),
        (refused(true), false),
        (ConnectError::AuthFailedProbably { address: String::new() }, true),
        (closed(Step::Authentication), true),
        (closed(Step::Greeting), false),
    ] {
        let error = Error::from(error);
        let lead = leads.then_some(Question::Clear(Lead::Account));
        assert_eq!(question(&error, &target, known), lead, "{error:?}");
        assert_eq!(question(&error, &target, Known::default()), None, "{error:?}");
    }
}

#[test]
fn another_protocol_leads_to_where_vnc_is() {
    let other = |looks_like| ConnectError::NotRfb { address: String::new(), looks_like }.into();
    let usual = Some(Question::Answers("box".parse().unwrap()));
    assert_eq!(asked(other(Some(OtherProtocol::Ssh)), &typed("box::22")), usual);
    assert_eq!(asked(other(None), &typed("box:7")), usual);
    assert_eq!(asked(other(None), &typed("box")), None);
    let http = asked(other(Some(OtherProtocol::Http)), &typed("box::6080"));
    assert_eq!(http, address("ws://box:6080/websockify", Why::Website));
    let tls = asked(other(Some(OtherProtocol::Tls)), &typed("[2001:db8::7]::443"));
    assert_eq!(tls, address("wss://[2001:db8::7]/websockify", Why::Website));
    let mistake =
        |looks_like| ConnectError::NotWebSocket { address: String::new(), looks_like, detail: String::new() }.into();
    assert_eq!(asked(mistake(Some(WsMistake::Vnc)), &typed("ws://box:5901/x")), address("box:5901", Why::NoWebSocket));
    assert_eq!(
        asked(mistake(Some(WsMistake::Tls)), &typed("ws://box:8443/x?token=a")),
        address("wss://box:8443/x?token=a", Why::Encrypted)
    );
}

#[test]
fn nothing_leads_around_a_login_a_key_or_less_protection() {
    let address = String::new;
    let hosts = [Host { ssh_jump: Some("gate".parse().unwrap()), ..Host::new("Box".into(), "box:1".parse().unwrap()) }];
    let ways = [way(&hosts[0], "box:1", "gate")];
    let known = Known { hosts: &hosts, ways: &ways, can_wake: true, ..Known::default() };
    for error in [
        ConnectError::AuthFailed { address: address(), reason: None, too_many: false },
        ConnectError::AuthFailedProbably { address: address() },
        ConnectError::Closed { address: address(), during: Step::Authentication },
        ConnectError::TrustChanged { address: address(), known: address(), shown: address() },
        ConnectError::Refused { address: address(), reason: None },
        ConnectError::WsRefused { address: address(), why: WsRefusal::Login, status: 401, reason: None },
    ] {
        let text = error.to_string();
        assert_eq!(question(&error.into(), &typed("box:1"), known), None, "{text}");
    }
    let console = Target { console_command: Some("where".parse().unwrap()), ..typed("box") };
    assert_eq!(asked(refused(), &console), None, "only its command knows where it is");
}

#[tokio::test]
async fn only_a_vnc_server_is_an_answer() {
    use futures_util::FutureExt;
    use tokio::{io::AsyncWriteExt, net::TcpListener, time};
    for (says, is_one) in [(&b"RFB 003.008\n"[..], true), (b"SSH-2.0-x\r\n", false), (b"RF", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Address::tcp("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
        let server = tokio::spawn(async move {
            listener.accept().await.unwrap().0.write_all(says).await.unwrap();
            listener
        });
        let lead = Question::Answers(address.clone()).answer().await;
        let expected = is_one.then(|| Lead::Address { address: address.to_string(), why: Why::Answers });
        assert_eq!(lead, expected, "{says:?}");
        let listener = server.await.unwrap();
        // A clock that stands still moves on when every task waits: a second call would have been made by then.
        time::pause();
        time::sleep(Duration::from_millis(1)).await;
        assert!(listener.accept().now_or_never().is_none(), "it is called once");
        time::resume();
    }
    let known = Question::Known("localhost".parse().unwrap()).answer().await;
    assert!(matches!(known, Some(Lead::Address { why: Why::Known, .. })), "{known:?}");
    assert_eq!(Question::Known("no-such-name.invalid".parse().unwrap()).answer().await, None);
}
