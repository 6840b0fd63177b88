//! A Portlight without windows, which remembers nothing but what is in a folder of the test's.

use portlight_engine::{Engine, Settings, keyring::Keyring};
use std::{path::Path, sync::Arc};

/// Starts one; pages from `origins` may open its relay's WebSockets.
pub async fn start(folder: &Path, origins: &[&str]) -> Arc<Engine> {
    let settings = Settings {
        config: folder.join("config"),
        data: folder.join("data"),
        cache: folder.join("cache"),
        keyring: Keyring::in_memory(),
        origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
        demo_name: "Demo".into(),
    };
    Engine::start(settings).await.expect("an engine")
}
