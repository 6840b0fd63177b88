//! One Portlight for each user session, by Tauri's plugin: a socket on macOS, a window message on Windows.

use super::{Claim, Duties};
use tauri::{AppHandle, Builder, Wry};
use terminal::{Command, OpenRequest};

/// The first instance, as far as is known before Tauri starts.
pub struct Instance;

/// Leaves it to the plugin, which ends this process when Tauri starts where there is another instance.
pub fn claim(_request: &OpenRequest) -> Result<Claim, String> {
    Ok(Claim::First(Instance))
}

impl Instance {
    /// Adds the plugin. It sends the arguments of this process, which have no passwords in them by now.
    pub fn register(&self, builder: Builder<Wry>, duties: Duties) -> Builder<Wry> {
        builder.plugin(tauri_plugin_single_instance::init(move |app, arguments, _| {
            // All else than a window is done by the later instance itself, which then never calls.
            let Ok(Command::Open(request)) = terminal::parse(arguments.into_iter().skip(1).map(Into::into)) else {
                return;
            };
            if let Err(sentence) = (duties.open)(app, &request) {
                tracing::warn!("{sentence}");
            }
        }))
    }

    /// Nothing to do: the plugin calls by itself.
    pub fn serve(self, _app: &AppHandle, _duties: Duties) {}
}
