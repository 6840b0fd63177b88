//! `portlight doctor`: examines the way to a machine without display, session bus or running Portlight. Writes no files.

mod render;

use crate::{
    args::{DoctorArgs, PasswordSource},
    password,
};
use portlight_engine::{
    Engine, Result, Settings, StoreError,
    doctor::{self, Login, Report},
    find_target,
    keyring::Keyring,
    model::{Secret, Target, without_secrets},
    store::{Pins, PreferencesFile},
};
use std::{
    env,
    io::{self, IsTerminal, Write},
    path::Path,
    process::ExitCode,
};

/// Under this service name the keyring's items are filed.
pub const KEYRING_SERVICE: &str = "portlight";

/// Examines the way to a machine and prints the report. Ends with 0 only where the stage asked for was reached.
pub fn examine(args: &DoctorArgs) -> ExitCode {
    let typed = match args.login {
        Some(PasswordSource::Stdin) => match password::from_stdin("--password-stdin") {
            Ok(password) => Some(password),
            Err(problem) => {
                eprintln!("portlight: {problem}");
                return ExitCode::from(2);
            }
        },
        Some(PasswordSource::Saved) | None => None,
    };
    let report = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let report = runtime.block_on(report(args, typed));
            // Does not wait for the threads of a resolver or keyring that hangs after its deadline.
            runtime.shutdown_background();
            report
        }
        Err(cause) => Err(StoreError::System { detail: cause.to_string() }.into()),
    };
    let report = report.unwrap_or_else(|error| Report::failed(without_secrets(&args.target).into_owned(), error));
    print(&if args.json { render::json_line(&report) } else { render::plain(&report, colours()) });
    match report.error.is_none() && (args.login.is_none() || report.desktop.is_some()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

async fn report(args: &DoctorArgs, typed: Option<Secret>) -> Result<Report> {
    let (config, _) = Settings::folders()?;
    let target =
        find_target(&Engine::peek(&config)?, &args.target, false)?.with_login_of(&Engine::peek_logins(&config)?);
    if !args.json {
        let (name, address) = (&target.name, target.address.without_query().to_string());
        let title = if name.contains(&address) { name.clone() } else { format!("{name} ({address})") };
        // Printed before the first stage, which may take long.
        print(&format!("{}\n", render::printable(&title)));
    }
    let password = match args.login {
        Some(PasswordSource::Saved) => saved_password(&target, &config).await.map(Some),
        Some(PasswordSource::Stdin) | None => Ok(typed),
    };
    let username = || args.username.clone();
    let login = password.map(|password| password.map(|password| Login { username: username(), password }));
    let console_login = args.login == Some(PasswordSource::Saved);
    let keyring = Keyring::new(KEYRING_SERVICE);
    let saved = doctor::Saved::of(&target, &keyring).await?;
    Ok(doctor::examine_with(target, login, console_login, saved, args.accept.clone(), &Pins::peek(&config)?, None)
        .await)
}

async fn saved_password(target: &Target, config: &Path) -> Result<Secret> {
    let missing = || StoreError::System {
        detail: format!("no password is saved for {}: --password-stdin takes one", target.name),
    };
    let (keyring, preferences) = (Keyring::new(KEYRING_SERVICE), PreferencesFile::peek(config));
    Ok(doctor::password_of(target, &keyring, &preferences).await?.ok_or_else(missing)?)
}

fn print(text: &str) {
    // A failed write is no failure of the doctor: `head` closes the pipe after the first lines.
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Whether standard output takes colours: a terminal, unless `NO_COLOR` (<https://no-color.org>) or `TERM=dumb` says no.
fn colours() -> bool {
    io::stdout().is_terminal()
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|value| value != "dumb")
}
