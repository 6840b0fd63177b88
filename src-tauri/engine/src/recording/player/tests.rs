use super::*;
use crate::recording::{
    format::Beginning,
    past::Past,
    source::{Recording, tests::letters},
};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, DuplexStream, duplex},
    sync::Notify,
};

fn player(recording: Recording) -> Arc<Player> {
    Arc::new(Player::new(Source::File(recording), Arc::new(|| ())))
}

fn start(player: &Arc<Player>) -> (DuplexStream, tokio::task::JoinHandle<Played>) {
    let (near, far) = duplex(1024);
    let player = Arc::clone(player);
    (near, tokio::spawn(async move { player.play(far).await }))
}

async fn letter(page: &mut DuplexStream) -> char {
    char::from(page.read_u8().await.expect("a letter"))
}

#[tokio::test(start_paused = true)]
async fn the_time_until_a_page_is_there_does_not_count() {
    let (_folder, recording) = letters(3);
    let player = player(recording);
    tokio::time::advance(Duration::from_millis(4500)).await;
    assert_eq!(player.view().position, 0);
    let (mut page, playing) = start(&player);
    let began = Instant::now();
    for (seconds, expected) in [(0, 'a'), (1, 'b')] {
        assert_eq!(letter(&mut page).await, expected);
        assert_eq!(began.elapsed().as_secs_f64().round() as u64, seconds, "{expected}");
    }
    // The page leaves, and another one comes.
    drop(page);
    playing.await.unwrap();
    let left_at = player.view().position;
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(player.view().position, left_at);
}

#[tokio::test]
async fn who_stands_still_at_the_end_and_plays_sees_it_again() {
    let (_folder, recording) = letters(3);
    let player = player(recording);
    let (mut page, played) = start(&player);
    player.wish(PlaybackWish::Play { on: false });
    player.wish(PlaybackWish::Seek { position: u32::MAX });
    for expected in ['a', 'b', 'c'] {
        assert_eq!(letter(&mut page).await, expected);
    }
    while player.view().seeking {
        tokio::task::yield_now().await;
    }
    player.wish(PlaybackWish::Play { on: true });
    assert!(matches!(played.await.unwrap(), Played::Again));
}

#[tokio::test(start_paused = true)]
async fn it_plays_at_its_times_and_stands_still_at_its_end() {
    let (_folder, recording) = letters(3);
    let changed = Arc::new(Notify::new());
    let on_change = Arc::clone(&changed);
    let player = Arc::new(Player::new(Source::File(recording), Arc::new(move || on_change.notify_one())));
    let (mut page, played) = start(&player);
    let began = Instant::now();
    for (seconds, expected) in [(0, 'a'), (1, 'b'), (2, 'c')] {
        assert_eq!(letter(&mut page).await, expected);
        assert_eq!(began.elapsed().as_secs_f64().round() as u64, seconds, "{expected}");
    }
    while player.view().playing {
        changed.notified().await;
    }
    assert_eq!((player.view().position, began.elapsed().as_secs()), (3000, 3));
    // Played once more it begins again.
    player.wish(PlaybackWish::Play { on: true });
    assert!(matches!(played.await.unwrap(), Played::Again));
    assert_eq!(player.view().position, 0);
}

#[tokio::test(start_paused = true)]
async fn it_stops_goes_on_and_plays_faster() {
    let (_folder, recording) = letters(10);
    let player = player(recording);
    let (mut page, _played) = start(&player);
    assert_eq!(letter(&mut page).await, 'a');
    player.wish(PlaybackWish::Play { on: false });
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(player.view().position < 100, "{:?}", player.view());
    player.wish(PlaybackWish::Speed { times: 4.0 });
    player.wish(PlaybackWish::Play { on: true });
    let began = Instant::now();
    for expected in 'b'..='i' {
        assert_eq!(letter(&mut page).await, expected);
    }
    assert!((1900..=2100).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    player.wish(PlaybackWish::Speed { times: f64::NAN });
    player.wish(PlaybackWish::Speed { times: -1.0 });
    assert_eq!(player.view().speed, MIN_SPEED);
}

#[tokio::test(start_paused = true)]
async fn forward_it_sends_what_lies_between_at_once_and_backward_it_begins_again() {
    let (_folder, recording) = letters(20);
    let player = player(recording);
    let (mut page, played) = start(&player);
    assert_eq!(letter(&mut page).await, 'a');
    player.wish(PlaybackWish::Play { on: false });
    player.wish(PlaybackWish::Seek { position: 9_500 });
    let began = Instant::now();
    for expected in 'b'..='j' {
        assert_eq!(letter(&mut page).await, expected);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    while player.view().seeking {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((player.view().position, player.view().playing), (9_500, false));
    player.wish(PlaybackWish::Seek { position: 2_000 });
    assert!(matches!(played.await.unwrap(), Played::Again));
    let (mut page, played) = start(&player);
    for expected in 'a'..='c' {
        assert_eq!(letter(&mut page).await, expected);
    }
    // Beyond its end is its end.
    player.wish(PlaybackWish::Seek { position: u32::MAX });
    for expected in 'd'..='t' {
        assert_eq!(letter(&mut page).await, expected);
    }
    while player.view().seeking {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(player.view().position, 20_000);
    drop(page);
    assert!(matches!(played.await.unwrap(), Played::Left));
}

#[tokio::test(start_paused = true)]
async fn what_the_page_says_is_not_heard() {
    let (_folder, recording) = letters(2);
    let player = player(recording);
    let (mut page, _played) = start(&player);
    page.write_all(&vec![5; 1024 * 1024]).await.unwrap();
    assert_eq!(letter(&mut page).await, 'a');
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_is_shown_from_shortly_before_its_end_and_sought_by_its_beginnings() {
    let mut past = Past::default();
    let begin = |past: &mut Past, read| {
        assert!(past.begin(Beginning { read, width: 64, height: 48, windows: Default::default() }, read));
    };
    begin(&mut past, 0);
    for second in 0..26_u8 {
        past.pass(second.into(), u64::from(second) * 1000, &[b'a' + second], usize::MAX);
        if second == 9 || second == 19 {
            begin(&mut past, u64::from(second) + 1);
        }
    }
    let stretch = past.look(26_000, 1_000_000, "Studio").unwrap();
    let player = Arc::new(Player::new(Source::Past(Arc::new(stretch)), Arc::new(|| ())));
    player.wish(PlaybackWish::Play { on: false });
    assert!(player.view().rewound);
    // Behind 11 seconds, of which the last beginning before is at 10.
    let letters = async |expected: &str, next: Option<u32>| {
        player.begin();
        let (mut page, played) = start(&player);
        for expected in expected.chars() {
            assert_eq!(letter(&mut page).await, expected);
        }
        while player.view().seeking {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let Some(next) = next else { return };
        player.wish(PlaybackWish::Seek { position: next });
        assert!(matches!(played.await.unwrap(), Played::Again));
    };
    letters("kl", Some(22_500)).await;
    letters("uvw", Some(9_000)).await;
    letters("abcdefghij", None).await;
}
