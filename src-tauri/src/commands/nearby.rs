//! Machines in the network that are not in the list.

use super::{EngineState, system};
use crate::windows;
use portlight_engine::{Result, Saved, StoreError, nearby::NearbyView};
use tauri::{AppHandle, command};

/// The machines that say that they have a VNC server, without those that are in the list.
#[command]
pub async fn nearby(engine: EngineState<'_>) -> Result<NearbyView> {
    Ok(engine.nearby().view())
}

/// Opens the viewer window of one of them. Rejects with `no_such_host` where it has gone.
#[command]
pub async fn open_nearby(app: AppHandle, engine: EngineState<'_>, number: u32) -> Result<()> {
    let target = engine.nearby().target(number).ok_or(StoreError::NoSuchHost)?;
    windows::open(&app, target).map_err(system)
}

/// Adds one of them to the list. Rejects as `open_nearby` does.
#[command]
pub async fn keep_nearby(engine: EngineState<'_>, number: u32) -> Result<Saved> {
    engine.keep_nearby(number).await
}
