use super::*;

const NOTHING: (bool, bool) = (false, false);
const PASSWORD: (bool, bool) = (false, true);
const USERNAME: (bool, bool) = (true, false);
const BOTH: (bool, bool) = (true, true);

fn policy((have_username, have_password): (bool, bool)) -> Policy {
    Policy { have_username, have_password, ..Policy::default() }
}

fn chosen(policy: &Policy, offered: &[u32]) -> Option<u32> {
    let offered: Vec<SecurityType> = offered.iter().copied().map(SecurityType::from).collect();
    policy.choose(&offered).map(SecurityType::number)
}

#[test]
fn our_order_decides() {
    let all = [1, 2, 5, 6, 16, 18, 19, 20, 30, 33, 113, 129, 130, 256, 257, 258, 259, 260, 261, 262, 263, 264];
    for (have, order) in [
        (BOTH, [19, 263, 262, 261, 260, 129, 5, 264, 259, 258, 257, 18, 20, 30, 33, 130, 6, 16, 2, 113, 256, 1]),
        (USERNAME, [19, 263, 262, 261, 260, 129, 5, 264, 259, 258, 257, 18, 20, 30, 33, 130, 6, 16, 2, 113, 256, 1]),
        (PASSWORD, [19, 261, 263, 262, 260, 129, 5, 258, 264, 259, 257, 18, 130, 6, 2, 20, 30, 33, 16, 113, 256, 1]),
        (NOTHING, [19, 260, 257, 1, 261, 263, 262, 129, 5, 258, 264, 259, 18, 20, 30, 33, 130, 6, 2, 16, 113, 256]),
    ] {
        for from in 0..order.len() {
            let left: Vec<u32> = all.iter().rev().copied().filter(|number| order[from..].contains(number)).collect();
            assert_eq!(chosen(&policy(have), &left), Some(order[from]), "{have:?} {left:?}");
        }
    }
}

#[test]
fn types_below_the_floor_come_last() {
    let floor = Policy { floor: Some(Level::Encrypted), ..policy(NOTHING) };
    assert_eq!(chosen(&floor, &[1, 2, 5]), Some(5));
    assert_eq!(chosen(&floor, &[1, 258]), Some(258));
    assert_eq!(chosen(&floor, &[1, 19]), Some(19));
    assert_eq!(chosen(&floor, &[2, 1]), Some(1), "and has to be approved");
}

#[test]
fn unknown_types_are_not_chosen() {
    assert_eq!(chosen(&policy(BOTH), &[13, 17, 21, 34, 35, 36, 133]), None);
    assert_eq!(chosen(&policy(BOTH), &[]), None);
    let without = Policy { without: vec![SecurityType::VeNCrypt], ..policy(BOTH) };
    assert_eq!(chosen(&without, &[19, 2]), Some(2));
    assert_eq!(chosen(&without, &[19]), None);
}

#[test]
fn types_are_shown_by_name_and_number() {
    for (number, shown) in [
        (2, "VncAuth (2)"),
        (5, "RA2 (5)"),
        (13, "RealVNC RA2r (13)"),
        (16, "Tight (16)"),
        (18, "TLS (18)"),
        (19, "VeNCrypt (19)"),
        (30, "ARD (30)"),
        (113, "MSLogonII (113)"),
        (115, "UltraVNC encryption plug-in (115)"),
        (129, "RA2_256 (129)"),
        (200, "RealVNC (200)"),
        (20, "SASL (20)"),
        (262, "X509Plain (262)"),
        (263, "X509SASL (263)"),
        (264, "TLSSASL (264)"),
        (77, "type 77"),
    ] {
        assert_eq!(SecurityType::from(number).to_string(), shown);
        assert_eq!(SecurityType::from(number).number(), number);
    }
    assert_eq!(SecurityType::TightOther(7).to_string(), "Tight type 7", "not RealVNC's 7");
    assert_eq!((SecurityType::TightOther(7).name(), SecurityType::TightOther(7).number()), (Option::None, 7));
}

/// What a login is made with, for what is known, what the server lists, and what it lists within Tight.
#[test]
fn what_is_known_picks_the_login() {
    use SecurityType::*;
    let (no_floor, password_floor) = (Option::None, Some(Level::Password));
    for (have, floor, outer, within_tight, expected) in [
        // A user name picks the login that asks for one, within Tight too.
        (BOTH, no_floor, &[Tight][..], &[VncAuth, TightUnixLogin][..], Some(TightUnixLogin)),
        (USERNAME, no_floor, &[Tight], &[VncAuth, TightUnixLogin], Some(TightUnixLogin)),
        (BOTH, no_floor, &[VncAuth, Tight], &[VncAuth, TightUnixLogin], Some(TightUnixLogin)),
        (BOTH, no_floor, &[VncAuth, Tight, None], &[None, VncAuth], Some(VncAuth)),
        (BOTH, no_floor, &[X509Vnc, X509Plain], &[], Some(X509Plain)),
        (BOTH, no_floor, &[TlsVnc, TlsPlain], &[], Some(TlsPlain)),
        (BOTH, no_floor, &[VncAuth, Ard], &[], Some(Ard)),
        (BOTH, no_floor, &[X509Vnc, X509Plain, X509Sasl], &[], Some(X509Sasl)),
        (BOTH, no_floor, &[VncAuth, Sasl], &[], Some(Sasl)),
        (PASSWORD, no_floor, &[VncAuth, Sasl], &[], Some(VncAuth)),
        // Better protection comes before the user name.
        (BOTH, no_floor, &[X509Vnc, TlsPlain], &[], Some(X509Vnc)),
        (BOTH, no_floor, &[TlsVnc, Ard], &[], Some(TlsVnc)),
        (BOTH, no_floor, &[VncAuth, Plain], &[], Some(VncAuth)),
        (BOTH, no_floor, &[VncAuth, MsLogonII], &[], Some(VncAuth)),
        (BOTH, no_floor, &[Ra2ne, Tight], &[TightUnixLogin], Some(Ra2ne)),
        // The floor comes before both.
        (BOTH, password_floor, &[Tight], &[VncAuth, TightUnixLogin], Some(VncAuth)),
        (BOTH, password_floor, &[VncAuth, Tight], &[VncAuth, TightUnixLogin], Some(VncAuth)),
        (BOTH, password_floor, &[Tight], &[TightUnixLogin], Some(TightUnixLogin)),
        // A password alone picks the login that asks for nothing else.
        (PASSWORD, no_floor, &[Tight], &[VncAuth, TightUnixLogin], Some(VncAuth)),
        (PASSWORD, no_floor, &[VncAuth, Tight], &[VncAuth, TightUnixLogin], Some(VncAuth)),
        (PASSWORD, no_floor, &[X509Vnc, X509Plain], &[], Some(X509Vnc)),
        (PASSWORD, no_floor, &[VncAuth, Ard], &[], Some(VncAuth)),
        // A list that is not known yet is no reason to leave a certificate.
        (NOTHING, no_floor, &[X509Vnc, Tls], &[], Some(X509Vnc)),
        // Neither picks what asks for nothing.
        (NOTHING, no_floor, &[Tight], &[VncAuth, TightUnixLogin, None], Some(None)),
        (NOTHING, no_floor, &[VncAuth, None], &[], Some(None)),
        // Tight has nothing as good as the list that it was chosen from.
        (BOTH, no_floor, &[VncAuth, Tight], &[None], Option::None),
        (BOTH, no_floor, &[VncAuth, Tight], &[TightOther(20)], Option::None),
    ] {
        let policy = Policy { floor, ..policy(have) };
        let chosen = match policy.choose(outer) {
            Some(Tight) => match policy.choose_within(Tight, outer, within_tight) {
                Some(Choice::Inner(inner)) => Some(inner),
                Some(Choice::Outer) => Option::None,
                Option::None => panic!("{outer:?} {within_tight:?}: nothing"),
            },
            other => other,
        };
        assert_eq!(chosen, expected, "{have:?} {floor:?} {outer:?} {within_tight:?}");
    }
}

#[test]
fn every_order_is_by_level() {
    for (order, unauthenticated_first) in [(WITH_USERNAME, false), (WITH_PASSWORD, false), (WITH_NOTHING, true)] {
        let ranked: Vec<_> = order
            .iter()
            .filter(|ours| !matches!(ours, SecurityType::VeNCrypt | SecurityType::Tight | SecurityType::Tls))
            // The one exception: see the rules.
            .filter(|ours| **ours != SecurityType::TightUnixLogin)
            .map(|ours| (!(unauthenticated_first && ours.is_unauthenticated()), std::cmp::Reverse(ours.level())))
            .collect();
        assert!(ranked.is_sorted(), "{order:?}");
        assert_eq!(order.len(), 24, "each type has a place");
    }
}

#[test]
fn better_protection_is_greater() {
    let of = |number: u32| SecurityType::from(number).level();
    assert!(of(262) == of(129) && of(129) > of(259) && of(259) > of(30) && of(30) == of(2) && of(2) > of(256));
    assert_eq!(of(113), Level::Clear, "64 bits are no protection");
}
