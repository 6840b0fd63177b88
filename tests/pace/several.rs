//! What several sessions at once hold and take, beside as many windows of TigerVNC's viewer.

use super::{
    clients::{Client, Running, portlight_with_list, until_pages},
    encode::Encoding,
    load::{Kind, Load},
    profile::of_process,
    server::{Security, Server},
};
use crate::desk::{Desk, address, family};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Each screen changes twice a second, as one with a clock and a log does.
const INTERVAL: Duration = Duration::from_millis(500);
/// After the last window has come: the prewarmed one, pictures, caches.
const SETTLE: Duration = Duration::from_secs(10);
const SPAN: Duration = Duration::from_secs(15);

/// Opens so many sessions, and prints what they hold and take: in sight, and with all windows but one minimised.
pub async fn several(desk: &Desk, count: usize, encoding: Encoding) {
    println!("\n| {count} sessions | MiB | CPU, % of a core | all but one minimised |\n| --- | --- | --- | --- |");
    let servers = servers(count, Client::Portlight, encoding);
    let titles: Vec<_> = servers.iter().map(|server| address(server.port())).collect();
    let portlight = portlight_with_list(desk, servers[0].port()).await;
    for (opened, title) in titles.iter().enumerate().skip(1) {
        assert!(desk.portlight(&[title]).status.success());
        // The list, those that are open, and the next one's.
        until_pages(portlight.process(), opened + 3).await;
    }
    row(desk, "Portlight, its list too", &[portlight], &titles).await;

    let servers = self::servers(count, Client::Vncviewer, encoding);
    let mut viewers = Vec::new();
    for server in &servers {
        viewers.push(Client::Vncviewer.start(desk, server.port(), encoding).await);
    }
    row(desk, "vncviewer", &viewers, &[]).await;
}

fn servers(count: usize, client: Client, encoding: Encoding) -> Vec<Server> {
    let load = Arc::new(Load::new(Kind::Desktop, encoding, client.order()));
    (0..count).map(|_| Server::start_with(Arc::clone(&load), Security::None, INTERVAL, None)).collect()
}

async fn row(desk: &Desk, name: &str, running: &[Running], titles: &[String]) {
    sleep(SETTLE).await;
    let memory: u64 = running.iter().map(|running| running.memory().pss()).sum();
    let seen = load_of(running).await;
    for title in titles.iter().skip(1) {
        desk.display().minimise(title);
    }
    let minimised = if titles.is_empty() { String::from("-") } else { format!("{:.0}", load_of(running).await) };
    println!("| {name} | {:.0} | {seen:.0} | {minimised} |", memory as f64 / 1024.0);
}

/// Per cent of a core that they take.
async fn load_of(running: &[Running]) -> f64 {
    let spent = || -> Duration { running.iter().flat_map(|running| family(running.pid())).map(of_process).sum() };
    let (began, before) = (Instant::now(), spent());
    sleep(SPAN).await;
    100.0 * spent().saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64()
}
