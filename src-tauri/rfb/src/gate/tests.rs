use super::*;
use crate::lines::tests::{classic, provided};

fn key(down: u8, symbol: u8) -> Vec<u8> {
    vec![4, down, 0, 0, 0, 0, 0, symbol]
}

fn scan_code(down: u8, symbol: u8) -> Vec<u8> {
    vec![255, 0, 0, down, 0, 0, 0, symbol, 0, 0, 0, 30]
}

fn pointer(buttons: u8) -> Vec<u8> {
    vec![5, buttons, 0, 10, 0, 20]
}

fn text(text: &[u8]) -> Vec<u8> {
    [&[6, 0, 0, 0], &u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat()
}

fn extended(action: u8, data: &[u8]) -> Vec<u8> {
    let length = -i32::try_from(data.len() + 4).unwrap();
    [&[6, 0, 0, 0], &length.to_be_bytes()[..], &[action, 0, 0, 1], data].concat()
}

/// All that our viewer sends which only watches.
fn watching() -> Vec<Vec<u8>> {
    vec![
        [&[0][..], &[7; 19]].concat(),
        [&[2, 0, 0, 2][..], &[4; 8]].concat(),
        vec![2, 0, 0, 0],
        vec![3, 1, 0, 0, 0, 0, 4, 0, 3, 0],
        vec![150, 1, 0, 0, 0, 0, 4, 0, 3, 0],
        [&[248, 0, 0, 0, 0, 0, 0, 1, 3][..], &[6, 5, 4]].concat(),
        vec![248, 0, 0, 0, 0, 0, 0, 1, 0],
        extended(1, &[0, 16, 0, 0]),
        extended(1 << 1, &[]),
        extended(1 << 2, &[]),
    ]
}

/// All that acts.
fn acting() -> Vec<Vec<u8>> {
    vec![
        key(1, 97),
        key(0, 97),
        scan_code(1, 97),
        scan_code(0, 97),
        pointer(1),
        pointer(0),
        vec![5, 0x81, 0, 10, 0, 20, 1],
        vec![5, 0x80, 0, 10, 0, 20, 0],
        text(b"\x04\x05\xff"),
        text(b""),
        extended(NOTIFY, &[]),
        extended(PROVIDE, b"zipped"),
        vec![6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9],
        vec![250, 0, 1, 2],
        [&[251, 0, 4, 0, 3, 0, 1, 0][..], &[0; 16]].concat(),
        vec![251, 0, 4, 0, 3, 0, 0, 0],
    ]
}

fn passed(gate: &mut Gate, bytes: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in bytes.chunks(size) {
        gate.pass(piece, &mut out).unwrap();
    }
    out
}

#[test]
fn open_it_lets_everything_through_in_pieces_of_any_size() {
    let all = [watching(), acting()].concat().concat();
    for size in 1..=all.len() {
        let mut gate = Gate::new(false);
        assert_eq!(passed(&mut gate, &all, size), all, "pieces of {size}");
        assert!(gate.is_between_messages());
    }
}

#[test]
fn closed_it_lets_through_what_watches_and_nothing_else() {
    // Each that acts between two that watch.
    let all: Vec<_> = acting().into_iter().flat_map(|acts| [watching(), vec![acts], watching()].concat()).collect();
    let expected: Vec<_> = acting().iter().flat_map(|_| [watching(), watching()].concat()).flatten().collect();
    for size in [1, 2, 3, 5, 7, 11, 64, 10_000] {
        assert_eq!(passed(&mut Gate::new(true), &all.concat(), size), expected, "pieces of {size}");
    }
}

#[test]
fn what_is_not_known_cannot_be_held() {
    for (bytes, unknown) in [(&[1, 4][..], 1), (&[7, 4], 7), (&[255, 1, 4], 255), (&[252, 0, 0], 252)] {
        let mut closed = Gate::new(true);
        assert_eq!(closed.pass(bytes, &mut Vec::new()), Err(UnknownMessage(unknown)));
        let mut open = Gate::new(false);
        let all = [&key(1, 9)[..], bytes, &[250; 40]].concat();
        assert_eq!(passed(&mut open, &all, 3), all, "whoever may act may send anything");
        assert!(!open.is_between_messages(), "nothing may come between");
        let mut out = Vec::new();
        open.set_closed(true, &mut out);
        assert_eq!(open.pass(&[3], &mut out), Err(UnknownMessage(unknown)));
        assert!(out.is_empty());
    }
}

#[test]
fn closing_lets_go_of_what_is_down() {
    let mut gate = Gate::new(false);
    let down = [key(1, 1), key(1, 2), key(0, 1), scan_code(1, 3), pointer(5), key(1, 2)].concat();
    passed(&mut gate, &down, 4);
    let mut out = Vec::new();
    gate.set_closed(true, &mut out);
    assert_eq!(out, [scan_code(0, 3), key(0, 2), pointer(0)].concat());
    // Once.
    out.clear();
    gate.set_closed(true, &mut out);
    assert_eq!(passed(&mut gate, &key(0, 2), 8), out);
    gate.set_closed(false, &mut out);
    assert!(out.is_empty());
    assert_eq!(passed(&mut gate, &key(1, 2), 8), key(1, 2));
}

#[test]
fn side_buttons_are_let_go_too() {
    let mut gate = Gate::new(false);
    passed(&mut gate, &[5, 0x80, 0, 10, 0, 20, 2], 7);
    let mut out = Vec::new();
    gate.set_closed(true, &mut out);
    assert_eq!(out, [5, 0x80, 0, 10, 0, 20, 0]);
}

#[test]
fn a_message_that_was_half_through_reaches_its_end_before_anything_else() {
    let mut gate = Gate::new(false);
    let text = text(b"secret");
    let mut out = passed(&mut gate, &[key(1, 9), text[..10].to_vec()].concat(), 3);
    assert!(!gate.is_between_messages());
    gate.set_closed(true, &mut out);
    gate.pass(&text[10..], &mut out).unwrap();
    gate.pass(&text, &mut out).unwrap();
    assert_eq!(out, [key(1, 9), text, key(0, 9)].concat());
    assert!(gate.is_between_messages());
    // One that was left out half way through holds up none of the others, but is left out to its end.
    gate.pass(&text_of_length(100), &mut Vec::new()).unwrap();
    assert!(gate.is_between_messages());
    gate.set_closed(false, &mut out);
    assert!(passed(&mut gate, &[4; 100], 9).is_empty());
    assert_eq!(passed(&mut gate, &key(1, 9), 8), key(1, 9));
}

fn text_of_length(length: u8) -> Vec<u8> {
    vec![6, 0, 0, 0, 0, 0, 0, length]
}

#[test]
fn it_says_when_something_is_pressed() {
    let pressed = |gate: &mut Gate, bytes: &[u8]| gate.pass(bytes, &mut Vec::new()).unwrap();
    let mut gate = Gate::new(false);
    for (message, presses) in [
        (key(1, 1), true),
        (key(0, 1), false),
        (pointer(0), false),
        (pointer(1), true),
        (pointer(1), false),
        (pointer(0), false),
        (scan_code(1, 1), true),
        (scan_code(0, 1), false),
        (text(b"\x04\x01"), false),
    ] {
        assert_eq!(pressed(&mut gate, &message), presses, "{message:?}");
    }
    assert!(!pressed(&mut Gate::new(true), &key(1, 1)), "it did not get there");
}

#[test]
fn the_largest_lengths_are_lengths() {
    for length in [i32::MAX.to_be_bytes(), i32::MIN.to_be_bytes()] {
        let mut gate = Gate::new(false);
        let head = [&[6, 0, 0, 0], &length[..], &[PROVIDE, 0, 0, 1]].concat();
        assert_eq!(passed(&mut gate, &head, 5), head);
        assert!(!gate.is_between_messages());
    }
}

fn asking() -> Gate {
    let mut gate = Gate::new(false);
    gate.set_asks(true);
    gate
}

#[test]
fn several_lines_wait_for_their_answer_and_nothing_that_acts_overtakes_them() {
    let request = [3, 1, 0, 0, 0, 0, 4, 0, 3, 0];
    for lines in [classic(b"rm a\nrm b"), provided(b"rm a\r\nrm b\0")] {
        let paste = [key(1, 22), key(0, 22)].concat();
        let all = [&key(1, 17)[..], &lines, &paste, &request, &key(0, 17)].concat();
        for size in 1..=all.len() {
            let mut gate = asking();
            let mut out = passed(&mut gate, &all, size);
            assert_eq!(out, [&key(1, 17)[..], &request].concat(), "pieces of {size}");
            assert_eq!(gate.waiting_text(), Some("rm a\nrm b"));
            assert!(gate.is_between_messages());
            gate.answer(true, &mut out);
            assert_eq!(out, [&key(1, 17)[..], &request, &lines, &paste, &key(0, 17)].concat());
            assert_eq!(gate.waiting_text(), None);
            // Refused, what was down before is let go, and the rest never happened.
            let mut gate = asking();
            let mut out = passed(&mut gate, &all, size);
            gate.answer(false, &mut out);
            assert_eq!(out, [&key(1, 17)[..], &request, &key(0, 17)].concat());
            assert_eq!(passed(&mut gate, &key(1, 9), 3), key(1, 9));
        }
    }
}

#[test]
fn a_gate_that_asks_lets_all_else_through() {
    let all = [watching(), acting()].concat();
    let readable = all.iter().filter(|message| lines::read(message) == Brought::NoLines || message[0] != 6);
    let readable = readable.cloned().collect::<Vec<_>>().concat();
    for size in 1..=readable.len() {
        assert_eq!(passed(&mut asking(), &readable, size), readable, "pieces of {size}");
    }
}

#[test]
fn a_second_text_asks_anew_and_keeps_back_what_is_behind_it() {
    let (one, two) = (classic(b"a\n"), classic(b"b\n"));
    let mut gate = asking();
    let mut out = passed(&mut gate, &[&one[..], &key(1, 1), &two, &key(0, 1)].concat(), 5);
    assert!(out.is_empty());
    gate.answer(true, &mut out);
    assert_eq!(out, [one, key(1, 1)].concat());
    assert_eq!(gate.waiting_text(), Some("b\n"));
    out.clear();
    gate.answer(true, &mut out);
    assert_eq!(out, [two, key(0, 1)].concat());
}

#[test]
fn what_cannot_be_looked_at_is_left_out() {
    let mut gate = asking();
    assert!(passed(&mut gate, &extended(PROVIDE, b"zipped"), 4).is_empty());
    let length = u32::try_from(lines::MAX_MESSAGE).unwrap();
    let huge = [&[6, 0, 0, 0], &length.to_be_bytes()[..]].concat();
    assert!(passed(&mut gate, &huge, 8).is_empty());
    assert!(passed(&mut gate, &vec![b'\n'; lines::MAX_MESSAGE], 1 << 16).is_empty());
    assert_eq!(gate.waiting_text(), None);
    assert_eq!(passed(&mut gate, &key(1, 9), 8), key(1, 9));
    // More than is kept behind a text.
    passed(&mut gate, &classic(b"a\n"), 9);
    let more = classic(&vec![b'a'; lines::MAX_LINES]);
    passed(&mut gate, &[&more[..], &more].concat(), 1 << 16);
    assert_eq!(gate.waiting_text(), None);
    assert!(gate.pass(&[77], &mut Vec::new()).is_err(), "behind an unknown message it could keep nothing back");
}

#[test]
fn who_only_watches_is_asked_nothing() {
    let mut gate = asking();
    let mut out = passed(&mut gate, &[key(1, 9), classic(b"a\n")].concat(), 7);
    gate.set_closed(true, &mut out);
    assert_eq!(gate.waiting_text(), None);
    assert_eq!(out, [key(1, 9), key(0, 9)].concat());
    // Half of a text had come.
    let mut gate = asking();
    let text = classic(b"a\n");
    let mut out = passed(&mut gate, &text[..9], 9);
    gate.set_closed(true, &mut out);
    gate.pass(&text[9..], &mut out).unwrap();
    assert!(out.is_empty() && gate.waiting_text().is_none());
}
