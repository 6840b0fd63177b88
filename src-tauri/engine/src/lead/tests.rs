use super::*;
use crate::error::{Step, WsRefusal};

fn typed(address: &str) -> Target {
    Target::unsaved(address.to_owned(), address.parse().unwrap(), false)
}

fn refused() -> Error {
    ConnectError::ConnectionRefused { address: String::new() }.into()
}

fn asked(error: Error, target: &Target) -> Option<Question> {
    question(&error, target, &[], false)
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
    assert_eq!(question(&silent, &target, &hosts, true), Some(Question::Clear(Lead::Wake)));
    assert_eq!(question(&silent, &target, &hosts, false), Some(listed.clone()));
    assert_eq!(question(&refused(), &target, &hosts, false), Some(listed));
    assert_eq!(question(&silent, &Target::from(&gate), &hosts, false), None, "it is that way already");
    assert_eq!(question(&silent, &typed("box:2"), &hosts, false), None, "another server");
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
    for error in [
        ConnectError::AuthFailed { address: address(), reason: None, too_many: false },
        ConnectError::AuthFailedProbably { address: address() },
        ConnectError::Closed { address: address(), during: Step::Authentication },
        ConnectError::TrustChanged { address: address(), known: address(), shown: address() },
        ConnectError::Refused { address: address(), reason: None },
        ConnectError::WsRefused { address: address(), why: WsRefusal::Login, status: 401, reason: None },
    ] {
        let text = error.to_string();
        assert_eq!(question(&error.into(), &typed("box:1"), &[], true), None, "{text}");
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
