use super::*;
use crate::recording::{Room, Unfinished};
use std::sync::atomic::{AtomicUsize, Ordering};

const KEY_A: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 97];
const KEY_A_UP: [u8; 8] = [4, 0, 0, 0, 0, 0, 0, 97];

fn connected(input: &Arc<Input>, desktop_name: &str) -> AtTheRelay {
    let recorder = Recorder::new(Arc::new(|| ()), Unfinished::default());
    let rewind = Arc::new(Rewind::new(Room::default()));
    input.connect(desktop_name, Recorded::begin(recorder, rewind, 0, (64, 48)))
}

fn input() -> Arc<Input> {
    Arc::new(Input::new(false, false, Box::new(|| ())))
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn at(pace: Pace) -> Manner {
    Manner { pace, by_place: false }
}

fn own(relay: &mut AtTheRelay) -> Vec<u8> {
    let mut to_server = Vec::new();
    relay.poll_own(&mut Context::from_waker(Waker::noop()), &mut to_server);
    to_server
}

fn passed(relay: &mut AtTheRelay, bytes: &[u8]) -> Vec<u8> {
    let mut to_server = Vec::new();
    relay.pass(bytes, &mut to_server).unwrap();
    to_server
}

#[tokio::test(start_paused = true)]
async fn a_text_is_typed_at_its_pace_and_between_the_pages_messages() {
    let input = input();
    let mut relay = connected(&input, "desk");
    let mut done = input.type_text(&secret("aa"), at(Pace::Steady), None).unwrap();
    assert_eq!(own(&mut relay), [KEY_A, KEY_A_UP].concat());
    assert!(own(&mut relay).is_empty(), "not yet");
    // Half of a message is on its way: nothing may come into it.
    assert_eq!(passed(&mut relay, &[3, 1, 0]), [3, 1, 0]);
    tokio::time::advance(Duration::from_millis(41)).await;
    assert!(own(&mut relay).is_empty());
    passed(&mut relay, &[0; 7]);
    assert!(done.try_recv().is_err());
    assert_eq!(own(&mut relay), [KEY_A, KEY_A_UP].concat());
    tokio::time::advance(Duration::from_millis(41)).await;
    assert!(own(&mut relay).is_empty());
    assert_eq!(done.try_recv(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn it_ends_where_the_person_presses_something_watches_stops_it_or_the_connection_goes() {
    type Stop = fn(&Input, &mut AtTheRelay);
    let stops: [(&str, Stop); 4] = [
        ("a key", |_, relay| drop(passed(relay, &KEY_A))),
        ("a button", |_, relay| drop(passed(relay, &[5, 1, 0, 0, 0, 0]))),
        ("watching", |input, _| input.set_view_only(true)),
        ("stopped", |input, _| input.stop_typing()),
    ];
    for (name, stop) in stops {
        let input = input();
        let mut relay = connected(&input, "desk");
        let done = input.type_text(&secret("aaaa"), at(Pace::Fast), None).unwrap();
        own(&mut relay);
        // A key that goes up, and a pointer that moves, are none.
        passed(&mut relay, &[KEY_A_UP.to_vec(), vec![5, 0, 0, 0, 0, 0]].concat());
        stop(&input, &mut relay);
        tokio::time::advance(Duration::from_secs(1)).await;
        own(&mut relay);
        assert!(done.await.is_err(), "{name}");
        assert!(own(&mut relay).is_empty(), "{name}");
    }
    let input = input();
    let relay = connected(&input, "desk");
    let done = input.type_text(&secret("aaaa"), at(Pace::Fast), None).unwrap();
    drop(relay);
    assert!(done.await.is_err());
    let refused = input.type_text(&secret("a"), at(Pace::Fast), None).err();
    assert_eq!(refused, Some(TypingError::NotTyped), "there is no connection");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_typed_is_said_before_a_key_is_pressed() {
    let input = input();
    let mut relay = connected(&input, "QEMU (vm1)");
    let refused = |text: &str| input.type_text(&secret(text), at(Pace::Fast), None).err();
    assert_eq!(refused(""), Some(TypingError::NothingToType));
    assert_eq!(refused("\u{feff}"), Some(TypingError::NothingToType));
    assert_eq!(refused("pass\u{0}word"), Some(TypingError::NoKey));
    assert_eq!(refused("密码"), Some(TypingError::NoKey), "QEMU would press other keys");
    assert!(own(&mut relay).is_empty());
    input.set_view_only(true);
    assert_eq!(input.type_text(&secret("a"), at(Pace::Fast), None).err(), Some(TypingError::NotTyped));
}

#[tokio::test(start_paused = true)]
async fn lines_end_with_one_enter() {
    let input = input();
    let mut relay = connected(&input, "desk");
    let _done = input.type_text(&secret("\r\n\r"), at(Pace::Fast), None).unwrap();
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.extend(own(&mut relay));
        tokio::time::advance(Duration::from_millis(11)).await;
    }
    assert_eq!(keys.len(), 2 * 2 * 8);
}

#[tokio::test(start_paused = true)]
async fn who_only_watches_acts_on_nothing_whatever_the_page_sends() {
    let input = input();
    let mut relay = connected(&input, "desk");
    assert_eq!(passed(&mut relay, &KEY_A), KEY_A);
    input.set_view_only(true);
    assert_eq!(own(&mut relay), KEY_A_UP, "what was down is let go");
    let request = [3, 1, 0, 0, 0, 0, 0, 9, 0, 9];
    assert_eq!(passed(&mut relay, &[&KEY_A[..], &request, &[5, 1, 0, 0, 0, 0]].concat()), request);
    // The next connection of the same session, too.
    drop(relay);
    let mut relay = connected(&input, "desk");
    assert!(passed(&mut relay, &KEY_A).is_empty());
    input.set_view_only(false);
    assert_eq!(passed(&mut relay, &KEY_A), KEY_A);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_message_of_a_page_that_only_watches_ends_the_session() {
    let input = input();
    input.set_view_only(true);
    let mut relay = connected(&input, "desk");
    let wrong = relay.pass(&[77], &mut Vec::new());
    assert_eq!(wrong, Err("the viewer sent a message of the unknown type 77".to_owned()));
}

/// Like [`input`], and several lines are asked about; counts the questions.
fn asking() -> (Arc<Input>, Arc<AtomicUsize>) {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let on_question = Box::new(move || _ = count.fetch_add(1, Ordering::Relaxed));
    (Arc::new(Input::new(false, true, on_question)), told)
}

const LINES: [u8; 11] = [6, 0, 0, 0, 0, 0, 0, 3, b'a', b'\n', b'b'];

#[tokio::test(start_paused = true)]
async fn pasted_lines_wait_for_the_persons_word() {
    let (input, told) = asking();
    let mut relay = connected(&input, "desk");
    assert!(passed(&mut relay, &[&LINES[..], &KEY_A].concat()).is_empty());
    let asked = input.lines_asked().unwrap();
    assert_eq!((asked.text.as_str(), asked.lines, asked.typed, asked.is_cut), ("a\nb", 2, false, false));
    assert_eq!(format!("{asked:?}"), "LinesAsked { number: 1, lines: 2, .. }", "not the text");
    assert!(passed(&mut relay, &KEY_A_UP).is_empty() && own(&mut relay).is_empty());
    input.answer_lines(asked.number + 1, true);
    assert!(own(&mut relay).is_empty(), "an answer to another question");
    assert_eq!(told.load(Ordering::Relaxed), 1);
    input.answer_lines(asked.number, true);
    assert_eq!(own(&mut relay), [&LINES[..], &KEY_A, &KEY_A_UP].concat());
    assert_eq!((input.lines_asked(), told.load(Ordering::Relaxed)), (None, 2));
    passed(&mut relay, &LINES);
    let again = input.lines_asked().unwrap();
    assert_ne!(again.number, asked.number);
    // Half of a message is on its way when the answer comes.
    assert_eq!(passed(&mut relay, &[3, 1, 0]), [3, 1, 0]);
    input.answer_lines(again.number, false);
    assert!(own(&mut relay).is_empty());
    assert_eq!(passed(&mut relay, &[0; 7]), [0; 7]);
    assert!(own(&mut relay).is_empty() && input.lines_asked().is_none());
    assert_eq!(passed(&mut relay, &KEY_A), KEY_A);
}

#[tokio::test(start_paused = true)]
async fn a_question_goes_with_its_connection_and_with_watching_only() {
    let (input, _) = asking();
    let mut relay = connected(&input, "desk");
    passed(&mut relay, &LINES);
    drop(relay);
    assert_eq!(input.lines_asked(), None);
    let mut relay = connected(&input, "desk");
    assert_eq!(passed(&mut relay, &KEY_A), KEY_A, "the former connection's text is gone");
    passed(&mut relay, &LINES);
    let asked = input.lines_asked().unwrap();
    input.set_view_only(true);
    assert_eq!(input.lines_asked(), None);
    input.answer_lines(asked.number, true);
    assert_eq!(own(&mut relay), KEY_A_UP);
    let typed = input.ask_to_type(&secret("a\nb")).err();
    assert_eq!(typed, Some(TypingError::NotTyped), "who only watches types nothing");
}

#[tokio::test(start_paused = true)]
async fn lines_are_typed_once_they_were_looked_at() {
    let (input, _) = asking();
    let mut relay = connected(&input, "desk");
    let text = "ü".repeat(SHOWN) + "\nb";
    let answer = input.ask_to_type(&secret(&text)).unwrap();
    let asked = input.lines_asked().unwrap();
    assert_eq!((asked.typed, asked.lines, asked.is_cut), (true, 2, true));
    assert_eq!(asked.text.chars().count(), SHOWN);
    assert_eq!(input.ask_to_type(&secret("c\nd")).err(), Some(TypingError::NotTyped), "one at a time");
    // A text that comes meanwhile is asked about next.
    passed(&mut relay, &LINES);
    input.answer_lines(asked.number, true);
    assert_eq!(answer.await, Ok(()));
    own(&mut relay);
    assert_eq!(input.lines_asked().map(|asked| asked.typed), Some(false));
    input.answer_lines(asked.number + 1, false);
    let refused = input.ask_to_type(&secret("a\nb")).unwrap();
    input.answer_lines(asked.number + 2, false);
    assert!(refused.await.is_err());
}
