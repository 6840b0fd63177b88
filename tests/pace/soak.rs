//! Whether a session holds more memory the longer it runs, beside a browser that shows the same.

use super::{
    clients::{Client, portlight_with_list},
    encode::Encoding,
    load::{Kind, Load},
    server::{Security, Server},
};
use crate::desk::Desk;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// From one update to the next: 30 a second, as a video has.
const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// Until a browser that has just started holds what it needs.
const SETTLE: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);

/// Shows the desktop load for so long, and prints what is held.
pub async fn soak(desk: &Desk, time: Duration, encoding: Encoding) {
    let load = Arc::new(Load::new(Kind::Desktop, encoding, Client::Portlight.order()));
    let start = |load: &Arc<Load>| Server::start_with(Arc::clone(load), Security::None, INTERVAL, None);
    let mut own = start(&load);
    let portlight = portlight_with_list(desk, own.port()).await;
    let mut viewers = vec![("Portlight", &mut own, portlight)];
    let mut other = start(&load);
    match Client::Chromium.missing() {
        Some(program) => println!("there is no {program} here: Portlight alone"),
        None => {
            let chromium = Client::Chromium.start(desk, other.port(), encoding).await;
            viewers.push(("Chromium with one tab, websockify", &mut other, chromium));
        }
    }

    let columns: String = viewers.iter().map(|(name, ..)| format!(" {name}, MiB | updates |")).collect();
    println!("\n| minute |{columns}\n{}|", "| --- ".repeat(1 + 2 * viewers.len()));
    sleep(SETTLE).await;
    let began = Instant::now();
    loop {
        let mut line = format!("| {:.1} |", began.elapsed().as_secs_f64() / 60.0);
        for (_, server, running) in &mut viewers {
            let updates = server.passed().await.updates;
            line += &format!(" {:.0} | {updates} |", running.memory().pss() as f64 / 1024.0);
        }
        println!("{line}");
        let rest = time.saturating_sub(began.elapsed());
        if rest.is_zero() {
            break;
        }
        sleep(rest.min(MINUTE)).await;
    }
    for (name, _, running) in &viewers {
        println!("\n{name}\n{}", running.memory());
    }
}
