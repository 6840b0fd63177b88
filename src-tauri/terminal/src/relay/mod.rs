//! `portlight relay`: one session for a viewer elsewhere, such as noVNC in a browser. It logs in as a session with a window
//! does, and asks on the terminal.

mod questions;

use crate::{args::RelayArgs, doctor::KEYRING_SERVICE, link::unreadable, password};
use portlight_engine::{
    ConnectError, Engine, Error, Settings, find_target,
    keyring::Keyring,
    model::Protection,
    session::{Door, SessionState, Sessions, TypedOnce},
    store::PreferencesFile,
};
use questions::Reply;
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};
use tokio::{runtime::Builder, task::spawn_blocking};

/// How long a ticket is valid: a person copies it.
const WAIT: Duration = Duration::from_secs(300);

/// Logs in, prints the ticket, and moves bytes until either side ends. Ends with 0 where the viewer left.
pub fn serve(args: RelayArgs) -> ExitCode {
    let done = (|| {
        let typed = if args.password_stdin { Some(password::from_stdin("--password-stdin")?) } else { None };
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(sentence)?;
        let done = runtime.block_on(async {
            let login = typed.map(|password| TypedOnce { username: args.username.clone(), password });
            run(&args, login).await
        });
        // Does not wait for the thread of a keyring that hangs after its deadline.
        runtime.shutdown_background();
        done
    })();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("portlight: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &RelayArgs, login: Option<TypedOnce>) -> Result<(), String> {
    let (config, _) = Settings::folders().map_err(sentence)?;
    let list = Engine::peek(&config).map_err(sentence)?;
    let mut target = find_target(&list, &args.target, false)
        .map_err(|error| unreadable(&args.target, &error))?
        .with_caution_of(&PreferencesFile::peek(&config).tags);
    if target.view_only {
        // What a viewer elsewhere sends is not looked into.
        return Err(format!("{:?} is only to be watched, and a viewer elsewhere could do more", target.name));
    }
    if target.ask_lines {
        return Err(format!("{:?} asks before several lines go there, and a viewer elsewhere cannot", target.name));
    }
    if let Some(username) = &args.username {
        target.username.clone_from(username);
        // The named login is another user's.
        target.login = None;
    }
    let has_login = login.is_some();
    let door = Door { port: args.port, origins: args.origins.clone(), wait: WAIT };
    let (sessions, id) =
        Sessions::elsewhere(&config, Keyring::new(KEYRING_SERVICE), target, door, login).map_err(sentence)?;
    let mut states = sessions.watch(id).ok_or("the session has ended")?;
    loop {
        let state = states.borrow_and_update().clone();
        match state {
            SessionState::Asking { number, subject, prompt } => {
                let asked = questions::Asked { trust: args.trust.clone(), has_login };
                match spawn_blocking(move || asked.reply(&subject, &prompt)).await.map_err(sentence)?? {
                    Reply::Answer(answer) => sessions.answer(id, number, answer),
                    Reply::Nothing => {}
                }
            }
            SessionState::Ready { url, desktop_name, width, height, protection, .. } => {
                print_ticket(&url, &Screen { desktop_name, width, height, protection }, args.json);
            }
            SessionState::Ended { error } => match error {
                Some(error) if !(sessions.was_served(id) && is_of_viewer(&error)) => return Err(error.to_string()),
                _ if args.again => sessions.reconnect(id),
                _ => return Ok(()),
            },
            SessionState::Connecting { .. } | SessionState::Live | SessionState::Reconnecting { .. } => {}
        }
        if states.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// Whether it was the viewer's connection that ended, however: programs end without a word, too.
fn is_of_viewer(error: &Error) -> bool {
    matches!(error, Error::Connect(ConnectError::ViewerFailed { .. }))
}

struct Screen {
    desktop_name: String,
    width: u16,
    height: u16,
    protection: Protection,
}

/// The ticket's address; and for scripts what a page is told apart: noVNC takes host, port and path.
fn print_ticket(url: &str, screen: &Screen, json: bool) {
    let line = if json {
        let (port, ticket) = url.trim_start_matches("ws://127.0.0.1:").split_once('/').unwrap_or_default();
        let Screen { desktop_name, width, height, protection } = screen;
        let port = port.parse::<u16>().unwrap_or_default();
        json!({
            "url": url, "host": "127.0.0.1", "port": port, "path": ticket,
            "desktop": { "name": desktop_name, "width": width, "height": height }, "protection": protection,
        })
        .to_string()
    } else {
        url.to_owned()
    };
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn sentence(cause: impl ToString) -> String {
    cause.to_string()
}
