//! Assembles engine, windows and tray, and owns the order in which they start and stop.

use crate::{
    commands, events, hotkey,
    platform::{self, Claim, Duties, Renderer},
    tray, windows,
};
use portlight_engine::{
    Engine, Error, Imported, Opened, Settings,
    keyring::Keyring,
    model::Secret,
    recording::Recording,
    store::{OnClose, PreferencesFile},
};
use std::{
    fmt,
    io::{self, IsTerminal},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tauri::{AppHandle, CloseRequestApi, Manager, RunEvent, Window, WindowEvent, async_runtime};
use terminal::{ImportRequest, KEYRING_SERVICE, Language, ListChange, OpenRequest, Texts, unreadable};

/// The origins whose pages may open the relay's WebSockets: the built-in pages, as each system's web view calls them.
const ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// Why Portlight did not start, or opened no window: one line for the terminal.
#[derive(Debug)]
pub enum Failure {
    /// Nothing can be shown.
    NoDisplay(String),
    /// All else.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NoDisplay(sentence) | Self::Other(sentence)) = self;
        f.write_str(sentence)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::Other(cause.to_string())
    }
}

/// Runs until the last window is closed, or the user quits. Where Portlight runs already, it opens the window instead.
///
/// # Errors
/// What kept Portlight from starting.
pub fn run(request: &OpenRequest, renderer: &Renderer) -> Result<(), Failure> {
    let (config, data) = Settings::folders()?;
    tracing::info!("renderer: {renderer}");
    let instance = match platform::claim(request).map_err(Failure::Other)? {
        Claim::First(instance) => instance,
        Claim::HandedOver => return Ok(()),
    };
    platform::open_display().map_err(Failure::NoDisplay)?;
    let preferences = PreferencesFile::peek(&config);
    let texts = Texts::load(Language::chosen(preferences.language))?;
    let settings = Settings {
        config,
        cache: Settings::cache(&data),
        data,
        keyring: Keyring::new(KEYRING_SERVICE),
        origins: ORIGINS.map(str::to_owned).into(),
        demo_name: texts.get("demo.name").to_owned(),
    };
    let app = windows::watch_pages(instance.register(tauri::Builder::default(), DUTIES))
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(commands::plugin())
        .manage(texts)
        .manage(windows::Keyboards::default())
        .manage(windows::Places::default())
        .manage(windows::Prewarmed::default())
        .manage(windows::Wishes::default())
        .manage(windows::Background::default())
        .manage(windows::ClosedTogether::default())
        .manage(tray::Tray::default())
        .manage(hotkey::Hotkey::default())
        .manage(windows::DarkTheme::of_this_desktop())
        .manage(commands::Drawing(renderer.to_string()))
        .on_window_event(|window, event| match event {
            WindowEvent::CloseRequested { api, .. } => {
                windows::viewer_closing(window);
                windows::leave(window, api);
                closing(window, api);
            }
            WindowEvent::Moved(_) | WindowEvent::Resized(_) => windows::moved(window),
            WindowEvent::DragDrop(event) => events::dragged(window, event),
            WindowEvent::Focused(focused) => {
                windows::focused(window, *focused);
                if !focused {
                    windows::lost_focus(window);
                    windows::quick_left(window);
                }
            }
            WindowEvent::Destroyed => {
                windows::forget(window);
                windows::forget_keyboard(window);
                windows::forget_place(window);
                windows::destroyed(window);
            }
            _ => {}
        })
        .build(tauri::generate_context!())?;
    match async_runtime::block_on(Engine::start(settings)) {
        Ok(engine) => app.manage(engine),
        Err(error) => {
            // A start meanwhile is told so at once.
            drop(instance);
            fail(app, &error);
            return Ok(());
        }
    };
    windows::show_theme(app.handle(), preferences.theme);
    events::follow_desktop_colours(app.handle());
    match request {
        OpenRequest::Background => events::begin_in_background(app.handle().clone()),
        _ => open(app.handle(), request)?,
    }
    tray::show(app.handle());
    windows::follow_monitors(app.handle().clone());
    events::follow_trays(app.handle().clone());
    events::follow_hosts(app.handle().clone());
    events::follow_sessions(app.handle().clone());
    events::follow_open(app.handle().clone());
    events::follow_pictures(app.handle().clone());
    events::follow_calls(app.handle().clone());
    events::follow_preferences(app.handle().clone());
    events::follow_nearby(app.handle().clone());
    hotkey::follow(app.handle().clone());
    instance.serve(app.handle(), DUTIES);
    app.run(|app, event| {
        match &event {
            // The last window is closed. With a code, Portlight is being quit.
            RunEvent::ExitRequested { code: None, api, .. } if windows::stays_in_background(app) => api.prevent_exit(),
            // With it all windows close: the user has not closed them.
            RunEvent::ExitRequested { code: Some(_), .. } => app.state::<Arc<Engine>>().ends(),
            RunEvent::Exit => {
                let engine = app.state::<Arc<Engine>>();
                engine.ends();
                engine.sessions().finish_recordings(RECORDINGS_END);
            }
            _ => {}
        }
        if let Some(request) = platform::requested(&event)
            && let Err(sentence) = open_for_another(app, &request)
        {
            tracing::warn!("{sentence}");
        }
    });
    Ok(())
}

/// For what is recorded to be written, at the end.
const RECORDINGS_END: Duration = Duration::from_secs(2);

/// Says why the engine did not start, on standard error, and in a window where there is no terminal; then ends with 1.
fn fail(app: tauri::App, error: &Error) {
    eprintln!("portlight: {error}");
    let (title, sentence, close) = {
        let texts = app.state::<Texts>();
        (texts.get("start.failed").to_owned(), texts.error(error), texts.get("start.close").to_owned())
    };
    let at_a_terminal = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
    // Not before `Ready`: the toolkit's threads are still starting, and crash where the process ends under them.
    app.run(move |app, event| {
        if let RunEvent::Ready = event {
            let app = app.clone();
            let end = move || app.exit(1);
            match at_a_terminal {
                true => end(),
                false => platform::show_error(&title, &sentence, &close, end),
            }
        }
    });
}

/// What is done for a later start of Portlight.
const DUTIES: Duties = Duties { open: open_for_another, import: import_for_another, change: change_for_another };

/// Opens what a later start of Portlight, or the system, asks for.
fn open_for_another(app: &AppHandle, request: &OpenRequest) -> Result<(), String> {
    open(app, request).map_err(|failure| failure.to_string())
}

/// Adds the machines of files to the list, for a later start in a terminal.
fn import_for_another(app: &AppHandle, request: ImportRequest) -> Result<Imported, String> {
    let engine = app.try_state::<Arc<Engine>>().ok_or("the Portlight that is running is still starting")?;
    let imported = async_runtime::block_on(terminal::add_files(engine.imports(), request));
    imported.map_err(|error| error.to_string())
}

/// Changes the list, for a later start in a terminal.
fn change_for_another(app: &AppHandle, change: ListChange, password: Option<Secret>) -> Result<String, String> {
    let engine = app.try_state::<Arc<Engine>>().ok_or("the Portlight that is running is still starting")?;
    let changed = async_runtime::block_on(terminal::change_list(engine.hosts(), change, password))?;
    serde_json::to_string(&changed).map_err(|cause| cause.to_string())
}

fn open(app: &AppHandle, request: &OpenRequest) -> Result<(), Failure> {
    let Some(engine) = app.try_state::<Arc<Engine>>() else {
        // A system may ask before the engine has started: what this process was started with opens anyway.
        return Ok(());
    };
    let (targets, view_only) = match request {
        OpenRequest::Targets { targets, view_only } => (targets, *view_only),
        OpenRequest::Quick => return Ok(windows::show_quick(app)?),
        OpenRequest::New => return Ok(windows::want_hosts(app, windows::Wish::New)?),
        OpenRequest::List => return Ok(windows::show_hosts(app)?),
        // Portlight runs: that is all.
        OpenRequest::Background => return Ok(()),
    };
    let mut files = Vec::new();
    for target in targets {
        match terminal::file_of(target) {
            Some(path) if terminal::is_recording(&path) => {
                let recording = Recording::open(&path)
                    .map_err(|error| Failure::Other(app.state::<Texts>().error(&error.into())))?;
                windows::open_recording(app, recording)?;
            }
            Some(path) => files.push(path),
            None => open_target(app, &engine, target, view_only)?,
        }
    }
    if files.is_empty() { Ok(()) } else { open_files(app, &engine, files, view_only) }
}

/// Opens a machine by its name or address, or those with a tag.
fn open_target(app: &AppHandle, engine: &Engine, target: &str, view_only: bool) -> Result<(), Failure> {
    if let Some(set) = engine.hosts().set(target) {
        let mut targets = engine.hosts().targets_together(&set);
        targets.iter_mut().for_each(|target| target.view_only |= view_only);
        windows::open_together(app, targets);
        return Ok(());
    }
    let target =
        engine.hosts().target(target, view_only).map_err(|error| Failure::Other(unreadable(target, &error)))?;
    Ok(windows::open(app, target)?)
}

/// Opens the machines of files, and shows the lists among them, of which the user chooses what is added.
fn open_files(app: &AppHandle, engine: &Engine, files: Vec<PathBuf>, view_only: bool) -> Result<(), Failure> {
    let Opened { mut machines, lists, failures } = async_runtime::block_on(engine.imports().open_files(files))?;
    machines.iter_mut().for_each(|target| target.view_only |= view_only);
    match machines.pop() {
        Some(only) if machines.is_empty() => windows::open(app, only)?,
        last => {
            machines.extend(last);
            windows::open_together(app, machines);
        }
    }
    if let Some(preview) = lists {
        windows::want_hosts(app, windows::Wish::Import { preview })?;
    }
    failures.first().map_or(Ok(()), |failure| Err(Failure::Other(failure.to_string())))
}

/// Closing the list leaves Portlight in the tray or ends it, as the user prefers, who is asked once. Without a tray it closes; what is
/// typed into its form is asked about before.
fn closing(window: &Window, api: &CloseRequestApi) {
    let app = window.app_handle();
    if window.label() != windows::HOSTS {
        return;
    }
    if !tray::is_there(app) {
        match windows::ask_before_closing(app) {
            Ok(true) => api.prevent_close(),
            Ok(false) => {}
            Err(cause) => tracing::warn!(%cause, "closing without asking"),
        }
        return;
    }
    let stay = match app.state::<Arc<Engine>>().preferences().get().on_close {
        OnClose::Tray => window.hide(),
        OnClose::Quit => windows::quit(app),
        // Its page cannot ask.
        OnClose::Ask if windows::is_given_up(window) => window.hide(),
        // Remembered when it is answered: a page that is not listening yet is asked again at the next attempt.
        OnClose::Ask => events::ask_about_closing(app),
    };
    match stay {
        Ok(()) => api.prevent_close(),
        Err(cause) => tracing::warn!(%cause, "closing for good"),
    }
}
