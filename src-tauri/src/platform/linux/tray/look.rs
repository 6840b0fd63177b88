//! What the icon looks like: a drawing in one colour, which the panel chooses, and a picture for panels that do not find it.

use gtk::glib;
use std::{fs, io, path::PathBuf};

/// The drawing's name. The last word has panels draw it in the colour of their texts.
pub const NAME: &str = "io.github.portlight.Portlight-symbolic";
const DRAWING: &str = include_str!("../../../../../icons/portlight-symbolic.svg");
/// Its place in a folder of icons, by the
/// [icon theme specification](https://specifications.freedesktop.org/icon-theme-spec/latest/).
const FOLDER: &str = "hicolor/symbolic/apps";

/// A folder of icons in which the drawing is: empty where it is installed, else one of this user session.
pub fn theme() -> String {
    let file = format!("{FOLDER}/{NAME}.svg");
    let mut folders = glib::system_data_dirs().into_iter().chain([glib::user_data_dir()]);
    if folders.any(|folder| folder.join("icons").join(&file).is_file()) {
        return String::new();
    }
    let written = write().map(|folder| folder.to_string_lossy().into_owned());
    written.unwrap_or_else(|cause| {
        tracing::info!(%cause, "the tray's icon has its own colours");
        String::new()
    })
}

fn write() -> io::Result<PathBuf> {
    let theme = glib::user_runtime_dir().join("portlight/icons");
    let folder = theme.join(FOLDER);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{NAME}.svg")), DRAWING)?;
    Ok(theme)
}

/// The picture: width, height, and its pixels as the specification has them, with the opacity first.
pub fn pixmap() -> (i32, i32, Vec<u8>) {
    let picture = tauri::include_image!("icons/tray.png");
    let mut pixels = picture.rgba().to_vec();
    pixels.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or_default();
    (side(picture.width()), side(picture.height()), pixels)
}
