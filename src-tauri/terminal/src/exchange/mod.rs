//! `portlight import` and `portlight export`: without display or session bus, where no Portlight runs.

mod preview;

use crate::{
    args::{ImportArgs, ImportRequest},
    doctor::KEYRING_SERVICE,
    instance::{self, Answer},
};
use portlight_engine::{
    Engine, Error, Imported, Imports, Settings, StoreError,
    import::{Export, Preview, export},
    keyring::Keyring,
    preview_files,
};
use serde_json::json;
use std::{
    env,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Prints what files would add to the list, and adds it where that was asked for. Ends with 1 where it was not added, or
/// where there is nothing in the files.
pub fn import(args: &ImportArgs) -> ExitCode {
    let done = paths(args).and_then(|paths| {
        let list =
            Settings::folders().map_err(sentence).and_then(|(config, _)| Engine::peek(&config).map_err(sentence))?;
        let preview = preview_files(&paths, args.site.as_ref(), &list);
        if !args.json {
            print(&preview::plain(&preview, args));
        }
        let request = ImportRequest { paths, site: args.site.clone(), passwords: args.passwords, all: args.all };
        let imported = if args.yes { Some(add(request)?) } else { None };
        if args.json {
            print(&format!("{}\n", json!({ "preview": preview, "imported": imported })));
        } else if let Some(imported) = imported {
            print(&preview::done(imported));
        }
        Ok(preview.entries.is_empty())
    });
    match done {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("portlight: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the list in a form for others, without secrets.
pub fn export_to_stdout(format: Export) -> ExitCode {
    let list = Settings::folders().map_err(sentence).and_then(|(config, _)| Engine::peek(&config).map_err(sentence));
    match list {
        Ok(list) => {
            print(&export(list.all(), format));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("portlight: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The files as the Portlight that runs, in another folder, finds them too.
fn paths(args: &ImportArgs) -> Result<Vec<PathBuf>, String> {
    let here = env::current_dir().map_err(sentence)?;
    Ok(args.files.iter().map(|file| here.join(file)).collect())
}

/// Adds what was chosen: to the list itself under its lock, or through the Portlight that holds it.
fn add(request: ImportRequest) -> Result<Imported, String> {
    let (config, _) = Settings::folders().map_err(sentence)?;
    let imports = match Imports::offline(&config, Keyring::new(KEYRING_SERVICE)) {
        Ok(imports) => imports,
        Err(in_use @ StoreError::HostsInUse { .. }) => {
            return match instance::import(&request)? {
                Answer::Done(imported) => Ok(imported),
                Answer::NobodyThere => Err(in_use.to_string()),
            };
        }
        Err(error) => return Err(error.to_string()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(sentence)?;
    let imported = runtime.block_on(add_files(&imports, request));
    // Does not wait for the thread of a keyring that hangs after its deadline.
    runtime.shutdown_background();
    imported.map_err(sentence)
}

/// Adds the machines of files to a list.
///
/// # Errors
/// Those of [`Imports::preview_files`] and [`Imports::import`].
pub async fn add_files(imports: &Imports, request: ImportRequest) -> Result<Imported, Error> {
    let ImportRequest { paths, site, passwords, all } = request;
    let mut preview = imports.preview_files(paths).await?;
    if site.is_some() {
        preview = imports.preview_through(preview.number, site).await?;
    }
    imports.import(preview.number, chosen(&preview, passwords, all), passwords).await
}

fn chosen(preview: &Preview, passwords: bool, all: bool) -> Vec<usize> {
    if all { preview.possible(passwords) } else { preview.proposed(passwords) }
}

fn sentence(cause: impl ToString) -> String {
    cause.to_string()
}

fn print(text: &str) {
    // `head` closes the pipe after the first lines.
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
