//! Numbers, and one test: how fast viewers take pixels in.
//!
//! `cargo xtask pace` runs this against the release build (see docs/BENCHMARKS.md).
//!
//! ```text
//! Load ─▶ Server ─▶ Client    pictures, encoded; an RFB server that sends them; Portlight and its peers
//! ```

mod clients;
mod encode;
mod load;
mod picture;
mod profile;
mod server;
mod several;
mod soak;

use crate::desk::{App, Desk, Difference, address, until};
use clients::Client;
use encode::{Encoder, Encoding};
use load::{Desktop, Kind, Load, SCREEN};
use profile::Profile;
use server::{Pace, Security, Server};
use std::{collections::HashMap, env, sync::Arc, time::Duration};

/// From the first update on, until a client runs as fast as it can.
const WARM_UP: Duration = Duration::from_secs(1);
const SPAN: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

#[tokio::test]
#[ignore = "a measurement: cargo xtask pace"]
async fn throughput() {
    let rounds = word("PACE_ROUNDS").map_or(ROUNDS, |word| word.parse().expect("a number of rounds"));
    let desk = Desk::of("pace").open().await;
    let clients = Client::ALL.into_iter().filter(|client| match client.missing() {
        Some(program) => {
            println!("{} is left out: there is no {program} here", client.name());
            false
        }
        None => true,
    });
    let clients: Vec<_> = clients.collect();
    let mut tables = Vec::new();
    for kind in kinds() {
        let mut table = vec![head(kind, &clients)];
        for encoding in encodings() {
            let rates = turns(&desk, kind, encoding, &clients, rounds).await;
            table.push(row(encoding, &clients, &rates));
        }
        tables.push(table.join("\n"));
    }
    println!("\n{}", tables.join("\n\n"));
}

#[tokio::test]
#[ignore = "a measurement: cargo xtask pace --profile"]
async fn profile() {
    let mut tables = Vec::new();
    for kind in kinds() {
        let head = |names: &[&str]| {
            let columns = "| --- ".repeat(2 + names.len());
            format!("| {} | a frame, ms | {} |\n{columns}|", kind.description(), names.join(" | "))
        };
        let (mut cpu, mut page) = (vec![head(&profile::GROUPS)], vec![head(&profile::PARTS)]);
        for encoding in encodings() {
            let profile = Profile::of(kind, encoding).await;
            let row = |frame: f64, numbers: &[f64]| {
                let numbers: String = numbers.iter().map(|number| format!(" {number:.1} |")).collect();
                format!("| {} | {frame:.1} |{numbers}", encoding.name())
            };
            cpu.push(row(profile.frame, &profile.cpu));
            page.push(row(profile.watched_frame, &profile.parts));
            println!("{}\n{}", cpu[cpu.len() - 1], page[page.len() - 1]);
        }
        tables.push(format!("CPU time, ms a frame\n\n{}", cpu.join("\n")));
        tables.push(format!("the page's main thread, ms a frame\n\n{}", page.join("\n")));
    }
    println!("\n{}", tables.join("\n\n"));
}

#[tokio::test]
#[ignore = "a measurement: cargo xtask pace --soak MINUTES"]
async fn soak() {
    let minutes: f64 = word("PACE_SOAK").map_or(1.0, |word| word.parse().expect("a number of minutes"));
    let desk = Desk::of("pace_soak").open().await;
    soak::soak(&desk, Duration::from_secs_f64(minutes * 60.0), encodings()[0]).await;
}

#[tokio::test]
#[ignore = "a measurement: cargo xtask pace --sessions COUNT"]
async fn several() {
    let count = word("PACE_SESSIONS").map_or(10, |word| word.parse().expect("a number of sessions"));
    let desk = Desk::of("pace_several").open().await;
    several::several(&desk, count, encodings()[0]).await;
}

/// The pictures that are measured with are those that are seen: else a broken load would be a fast one.
#[tokio::test]
async fn every_encoding_of_the_load_brings_its_picture() {
    /// With a repainted and a scrolled terminal, and a window that went across and down.
    const STEPS: u32 = 3;
    let desk = Desk::of("every_encoding_of_the_load_brings_its_picture").without_keyring().open().await;
    let order = Client::Portlight.order();
    let mut encoder = Encoder::new(order);
    let (mut updates, mut screens) = (Vec::new(), Vec::new());
    let mut desktop = Desktop::new();
    let mut steps = 0..;
    for encoding in Encoding::ALL {
        updates.push(desktop.whole(&mut encoder, encoding));
        updates.extend((&mut steps).take(STEPS as usize).map(|number| desktop.step(number, &mut encoder, encoding)));
        screens.push((encoding, updates.len() as u64, desktop.screen.clone()));
    }
    let first = updates.remove(0);
    let load = Load { size: (SCREEN.0 as u16, SCREEN.1 as u16), order, first, rest: updates };
    let mut server = Server::start_with(Arc::new(load), Security::None, Duration::ZERO, Some(0));
    let address = address(server.port());
    let app = App::start(&desk, &[&address]).await;
    let viewer = app.viewer(&address).await;
    for (encoding, updates, screen) in screens {
        server.allow(updates);
        while server.passed().await.updates < updates {}
        let what = format!("the picture in {}", encoding.name());
        until(&what, async || {
            let difference = Difference::between(&viewer.screen().await?, &screen)?;
            let is_same = if encoding == Encoding::TightJpeg { difference.is_none() } else { difference.is_identity() };
            is_same.then_some(())
        })
        .await;
    }
}

/// Every client in every round, in an order that changes with the round: updates a second.
async fn turns(
    desk: &Desk,
    kind: Kind,
    encoding: Encoding,
    clients: &[Client],
    rounds: usize,
) -> HashMap<&'static str, Vec<f64>> {
    let mut loads: Vec<Arc<Load>> = Vec::new();
    let mut rates: HashMap<_, Vec<_>> = HashMap::new();
    for round in 0..rounds {
        for turn in 0..clients.len() {
            let client = clients[(turn + round) % clients.len()];
            let known = loads.iter().find(|load| load.order == client.order()).cloned();
            let load = known.unwrap_or_else(|| {
                let load = Arc::new(Load::new(kind, encoding, client.order()));
                loads.push(Arc::clone(&load));
                load
            });
            let pace = pace(desk, client, encoding, load).await;
            println!(
                "{} {} {}: {:.1} ({} in {:.1?})",
                kind.name(),
                encoding.name(),
                client.name(),
                pace.rate(),
                pace.updates,
                pace.time
            );
            rates.entry(client.name()).or_default().push(pace.rate());
        }
    }
    rates
}

async fn pace(desk: &Desk, client: Client, encoding: Encoding, load: Arc<Load>) -> Pace {
    let interval = rate().map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
    let mut server = Server::start_with(load, Security::None, interval, None);
    let _running = client.start(desk, server.port(), encoding).await;
    server.pace(WARM_UP, SPAN, async || {}).await
}

fn head(kind: Kind, clients: &[Client]) -> String {
    let names: String = clients.iter().map(|client| format!(" {} |", client.name())).collect();
    let peers: String = clients[1..].iter().map(|peer| format!(" Portlight / {} |", peer.name())).collect();
    let columns = "| --- ".repeat(2 * clients.len());
    let most = rate().map(|rate| format!(", {rate} at most")).unwrap_or_default();
    format!("| {}{most} |{names}{peers}\n{columns}|", kind.description())
}

fn row(encoding: Encoding, clients: &[Client], rates: &HashMap<&'static str, Vec<f64>>) -> String {
    let middle = |client: &Client| median(rates[client.name()].clone());
    let own = &rates[Client::Portlight.name()];
    // Of the same round, as a machine is not always equally busy.
    let ratio = |peer: &Client| median(own.iter().zip(&rates[peer.name()]).map(|(own, peer)| own / peer).collect());
    let numbers: String = clients.iter().map(|client| format!(" {:.0} |", middle(client))).collect();
    let ratios: String = clients[1..].iter().map(|peer| format!(" {:.2} |", ratio(peer))).collect();
    format!("| {} |{numbers}{ratios}", encoding.name())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The loads that were asked for.
fn kinds() -> Vec<Kind> {
    asked_for("PACE_LOAD", &Kind::ALL, |kind| kind.name())
}

/// The encodings that were asked for.
fn encodings() -> Vec<Encoding> {
    asked_for("PACE_ONLY", &Encoding::ALL, |encoding| encoding.name())
}

/// The one of this name, or all where none was named.
fn asked_for<T: Copy>(variable: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Vec<T> {
    let Some(word) = word(variable) else { return all.to_vec() };
    let found: Vec<_> = all.iter().copied().filter(|one| name(*one).eq_ignore_ascii_case(&word)).collect();
    let names: Vec<_> = all.iter().copied().map(name).collect();
    assert!(!found.is_empty(), "there is no {word} among {}", names.join(", "));
    found
}

/// How many updates a second the server sends at most; none: as many as are asked for.
fn rate() -> Option<f64> {
    word("PACE_RATE").map(|word| word.parse().expect("updates a second"))
}

fn word(name: &str) -> Option<String> {
    env::var(name).ok().filter(|word| !word.is_empty())
}
