//! Assembles engine, windows and tray, and owns the order in which they start and stop.

use crate::{
    commands, events,
    launch::{self, Launch, Request},
    renderer::Renderer,
    spare::Spare,
    text::{Language, Texts},
    tray, windows,
};
use portlight_engine::{Engine, Hint, Settings, find_target};
use std::{process::ExitCode, sync::Arc};
use tauri::{AppHandle, CloseRequestApi, Manager, RunEvent, Window, WindowEvent, async_runtime};

/// The pages that may open the relay's WebSockets: the built-in ones, as each system's web view calls them.
const ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];
pub const KEYRING_SERVICE: &str = "portlight";

/// Why Portlight did not start: a sentence for the terminal, and the exit code.
pub struct Failure {
    /// One line.
    pub sentence: String,
    /// 2 where the user's words could not be read, 1 for all else.
    pub code: ExitCode,
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self { sentence: cause.to_string(), code: ExitCode::FAILURE }
    }
}

/// Runs until the last window is closed, or the user quits.
///
/// # Errors
/// What kept Portlight from starting.
pub fn run(request: &Request, renderer: &Renderer) -> Result<(), Failure> {
    let (config, data) = Settings::folders()?;
    if let Some(target) = &request.target {
        // Read before anything starts: who typed it looks at this terminal, not at the instance that may be running.
        find_target(&Engine::peek(&config), target, request.view_only).map_err(|unreadable| Failure {
            sentence: format!("{target:?} is neither a saved machine nor an address: {unreadable}"),
            code: ExitCode::from(2),
        })?;
    }
    tracing::info!("renderer: {renderer}");
    let texts = Texts::load(Language::of_this_system())?;
    let settings = Settings {
        config,
        data,
        keyring_service: KEYRING_SERVICE.to_owned(),
        origins: ORIGINS.map(str::to_owned).into(),
        demo_name: texts.get("demo.name").to_owned(),
    };
    let app = tauri::Builder::default()
        // First: a second instance hands over its arguments here and ends, before it touches anything.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _| called_again(app, arguments)))
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(commands::plugin())
        .manage(texts)
        .manage(Spare::default())
        .on_window_event(|window, event| match event {
            WindowEvent::CloseRequested { api, .. } => closing(window, api),
            WindowEvent::Destroyed => windows::destroyed(window),
            _ => {}
        })
        .build(tauri::generate_context!())?;
    match async_runtime::block_on(Engine::start(settings)) {
        Ok(engine) => app.manage(engine),
        Err(error) => {
            eprintln!("portlight: {error}");
            // Not from here: the toolkit's threads are still starting, and fall over what ends before them.
            app.run(|app, event| {
                if let RunEvent::Ready = event {
                    app.exit(1);
                }
            });
            return Ok(());
        }
    };
    open(app.handle(), request)?;
    tray::show(app.handle())?;
    events::follow_hosts(app.handle().clone());
    events::follow_calls(app.handle().clone());
    app.run(|_, _| {});
    Ok(())
}

/// Somebody started Portlight once more: this instance does what they asked for.
fn called_again(app: &AppHandle, arguments: Vec<String>) {
    let opened = match launch::parse(arguments.into_iter().skip(1).map(Into::into)) {
        Ok(Launch::Open(request)) => open(app, &request),
        // Answered by the other instance itself, which therefore never calls.
        Ok(Launch::Help | Launch::Version { .. } | Launch::Doctor(_)) | Err(_) => return,
    };
    if let Err(failure) = opened {
        tracing::warn!("{}", failure.sentence);
    }
}

fn open(app: &AppHandle, request: &Request) -> Result<(), Failure> {
    let Some(engine) = app.try_state::<Arc<Engine>>() else {
        // Called again in the moment between the first instance's start and its list: that instance opens anyway.
        return Ok(());
    };
    match &request.target {
        Some(target) => windows::open(app, engine.target(target, request.view_only)?)?,
        None => windows::show_hosts(app)?,
    }
    Ok(())
}

/// Closing the list leaves Portlight in the tray, where there is one; that is asked about once.
fn closing(window: &Window, api: &CloseRequestApi) {
    let app = window.app_handle();
    if window.label() != windows::HOSTS || !tray::is_there(app) {
        return;
    }
    let stay = match app.state::<Arc<Engine>>().was_told(Hint::StaysInTray) {
        true => window.hide(),
        // SeenHints once it was answered: a page that is not listening yet is asked again at the next try.
        false => events::ask_about_closing(app),
    };
    match stay {
        Ok(()) => api.prevent_close(),
        Err(cause) => tracing::warn!(%cause, "closing for good"),
    }
}
