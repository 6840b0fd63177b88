use super::*;
use crate::recording::format::{Flaw, Next, Windows};
use std::io::Read;

fn beginning(read: u64) -> Beginning {
    Beginning { read, width: 64, height: 48, windows: Windows::default() }
}

fn recorder() -> (Arc<Recorder>, mpsc::Receiver<()>) {
    let (changed, changes) = mpsc::channel();
    (Recorder::new(Arc::new(move || _ = changed.send(())), Unfinished::default()), changes)
}

/// The bytes of all records, and what is behind them.
fn recorded(path: &Path) -> Result<(Head, Vec<u8>, Next), Flaw> {
    let mut file = File::open(path).unwrap();
    let head = Head::read(&mut file)?;
    let (mut bytes, mut last) = (Vec::new(), 0);
    loop {
        match format::next(&mut file, last)? {
            Next::Bytes { at, length } => {
                (&mut file).take(length as u64).read_to_end(&mut bytes).unwrap();
                last = at;
            }
            over => return Ok((head, bytes, over)),
        }
    }
}

fn saved(recorder: &Recorder, changes: &mpsc::Receiver<()>) -> PathBuf {
    loop {
        changes.recv_timeout(Duration::from_secs(10)).expect("an end");
        if let RecordingView::Saved { path, .. } = recorder.view() {
            return path;
        }
    }
}

/// Written by the first version that records.
#[test]
fn an_earlier_recording_opens() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Studio.plrec");
    std::fs::write(&file, include_bytes!("../earlier/recording-1.plrec")).unwrap();
    let recording = crate::recording::Recording::open(&file).unwrap();
    assert_eq!(recording.name(), "Studio");
    let (head, bytes, over) = recorded(&file).unwrap();
    assert_eq!((head.width, head.height, head.name.as_str()), (64, 48, "Studio"));
    assert_eq!(bytes, b"a first message and another");
    assert!(matches!(over, Next::End { .. }));
}

#[test]
fn a_recording_begins_where_the_page_says_and_has_all_that_follows() {
    let folder = tempfile::tempdir().unwrap();
    let (recorder, changes) = recorder();
    recorder.connected(100);
    recorder.pass(b"never");
    assert_eq!(recorder.prepare(), Ok(105));
    recorder.pass(b"still the old message|");
    recorder.pass(b"new");
    recorder.begin(beginning(105 + 22), "Studio", 0, folder.path()).unwrap();
    assert!(matches!(recorder.view(), RecordingView::Running { .. }));
    recorder.pass(b" and more");
    recorder.stop();
    recorder.pass(b"after");
    let path = saved(&recorder, &changes);
    let (head, bytes, over) = recorded(&path).unwrap();
    assert_eq!((head.width, head.height, head.name.as_str()), (64, 48, "Studio"));
    assert_eq!(bytes, b"new and more");
    assert!(matches!(over, Next::End { .. }));
    // A second one of the same session.
    recorder.prepare().unwrap();
    recorder.begin(beginning(100 + 5 + 22 + 3 + 9 + 5), "Studio", 0, folder.path()).unwrap();
    recorder.disconnected();
    let second = saved(&recorder, &changes);
    assert_ne!(second, path);
    assert_eq!(recorded(&second).unwrap().1, b"");
    assert!(matches!(recorder.view(), RecordingView::Saved { number: 2, .. }));
}

#[test]
fn an_end_waits_until_all_is_written_but_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = Unfinished::default();
    let recorder = Recorder::new(Arc::new(|| ()), unfinished.clone());
    recorder.connected(0);
    recorder.prepare().unwrap();
    recorder.begin(beginning(0), "Studio", 0, folder.path()).unwrap();
    let much = vec![7; 8 * MAX_RECORD];
    recorder.pass(&much);
    let began = Instant::now();
    unfinished.wait(Duration::from_millis(10));
    assert!(began.elapsed() >= Duration::from_millis(10), "it was not stopped");
    recorder.stop();
    // The session may be forgotten meanwhile.
    drop(recorder);
    unfinished.wait(Duration::from_secs(10));
    let entry = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    let (_, bytes, over) = recorded(&entry.path()).unwrap();
    assert_eq!(bytes.len(), much.len());
    assert!(matches!(over, Next::End { .. }), "{over:?}");
}

#[test]
fn a_screen_that_is_one_large_message_may_pass_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let (recorder, changes) = recorder();
    recorder.connected(0);
    recorder.prepare().unwrap();
    let screen = 3840 * 2160 * 4;
    for _ in 0..screen / 8192 {
        recorder.pass(&[1; 8192]);
    }
    recorder.pass(b"new");
    recorder.begin(beginning(screen as u64 / 8192 * 8192), "Studio", 0, folder.path()).unwrap();
    recorder.stop();
    assert_eq!(recorded(&saved(&recorder, &changes)).unwrap().1, b"new");
}

#[test]
fn where_it_cannot_begin_there_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (recorder, _changes) = recorder();
    assert_eq!(recorder.prepare(), Err(RecordingError::RecordingNotBegun), "no screen");
    recorder.connected(100);
    let begin = |read| recorder.begin(beginning(read), "Studio", 0, folder.path());
    assert_eq!(begin(100), Err(RecordingError::RecordingNotBegun), "not prepared");
    for lie in [0, 99, 111, u64::MAX] {
        recorder.prepare().unwrap();
        recorder.pass(b"");
        assert_eq!(begin(lie), Err(RecordingError::RecordingNotBegun), "{lie}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    recorder.prepare().unwrap();
    let nowhere = folder.path().join("file");
    std::fs::write(&nowhere, "").unwrap();
    let refused = recorder.begin(beginning(100), "Studio", 0, &nowhere);
    assert!(matches!(refused, Err(RecordingError::RecordingNotWritten { .. })), "{refused:?}");
}

#[test]
fn a_page_that_never_says_where_it_begins_costs_no_more_memory_than_agreed() {
    let (recorder, changes) = recorder();
    recorder.connected(0);
    recorder.prepare().unwrap();
    for _ in 0..=MAX_WAITING / MAX_RECORD {
        recorder.pass(&vec![0; MAX_RECORD]);
    }
    changes.try_recv().expect("it was told");
    assert!(matches!(recorder.view(), RecordingView::Failed { error: RecordingError::RecordingNotBegun, .. }));
    assert!(recorder.prepare().is_ok(), "the next one may begin");
}

#[cfg(unix)]
#[test]
fn a_slow_disk_ends_the_recording_and_what_was_written_can_be_played() {
    let folder = tempfile::tempdir().unwrap();
    let (recorder, changes) = recorder();
    recorder.connected(0);
    recorder.prepare().unwrap();
    recorder.begin(beginning(0), "Studio", 0, folder.path()).unwrap();
    // As much at once as a disk that stands still would leave waiting: nothing here waits for it.
    if let Phase::Writing(queue) = &recorder.state.lock().phase {
        queue.queued.fetch_add(MAX_WAITING, Ordering::Relaxed);
    }
    recorder.pass(b"one more");
    loop {
        changes.recv_timeout(Duration::from_secs(10)).expect("an end");
        if let RecordingView::Failed { error, .. } = recorder.view() {
            let RecordingError::RecordingTooSlow { path } = error else { panic!("{error:?}") };
            assert!(matches!(recorded(&path).unwrap().2, Next::End { .. }));
            return;
        }
    }
}
