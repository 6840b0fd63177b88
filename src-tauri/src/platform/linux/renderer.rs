//! How WebKitGTK draws on this machine. Decided before GTK starts, as WebKit reads its environment once.
//!
//! Without a GPU, WebKitGTK's accelerated renderer is several times slower than its plain one: each framebuffer update is
//! then uploaded to, and read back from, a renderer that is software itself.

use crate::platform::renderer::{Kind, Renderer};
use std::{
    env, fs,
    path::{Path, PathBuf},
};
use webkit2gtk_nvidia_quirk::{WorkaroundKind, needs_workaround};

const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
const NO_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Chooses and tells WebKit, through the environment. Must come first in `main`, while there is one thread.
pub fn choose() -> Renderer {
    let renderer = decide(|name| env::var(name).ok(), Path::new("/"), &can_use);
    match renderer.kind {
        Kind::Plain => webkit2gtk_nvidia_quirk::set_webkit_disable_dmabuf_renderer(false),
        Kind::Accelerated => return for_nvidia(renderer),
        Kind::LeftAlone => {}
    }
    renderer
}

/// NVIDIA's own driver leaves windows blank where others draw.
fn for_nvidia(renderer: Renderer) -> Renderer {
    match needs_workaround() {
        WorkaroundKind::DisableWebkitDmabufRenderer => {
            webkit2gtk_nvidia_quirk::set_webkit_disable_dmabuf_renderer(false);
            plain("NVIDIA's driver leaves windows blank otherwise; set WEBKIT_DISABLE_DMABUF_RENDERER=1")
        }
        WorkaroundKind::DisableNvExplicitSync => {
            webkit2gtk_nvidia_quirk::nv_disable_explicit_sync(false);
            Renderer { why: format!("{}; NVIDIA's explicit sync is off", renderer.why), ..renderer }
        }
        _ => renderer,
    }
}

fn plain(why: impl Into<String>) -> Renderer {
    Renderer { kind: Kind::Plain, why: format!("{}: {NO_DMABUF}=1", why.into()) }
}

/// Decides from the environment and what lies below `root` (`/`, but for tests).
fn decide(variable: impl Fn(&str) -> Option<String>, root: &Path, usable: &dyn Fn(&Path) -> bool) -> Renderer {
    if let Some(name) = [NO_DMABUF, NO_COMPOSITING].into_iter().find(|name| variable(name).is_some()) {
        let value = variable(name).unwrap_or_default();
        return Renderer { kind: Kind::LeftAlone, why: format!("{name}={value} is set") };
    }
    let on = |name: &str| {
        variable(name).is_some_and(|value| matches!(value.to_lowercase().as_str(), "1" | "true" | "yes" | "y"))
    };
    if on("LIBGL_ALWAYS_SOFTWARE") {
        return plain("LIBGL_ALWAYS_SOFTWARE is set");
    }
    if variable("WAYLAND_DISPLAY").is_none() && variable("DISPLAY").is_some_and(|display| is_elsewhere(&display)) {
        return plain("the display is on another machine");
    }
    let nodes = render_nodes(root);
    if nodes.is_empty() {
        return plain("no GPU: there is no render node in /dev/dri");
    }
    let mut reasons = Vec::new();
    for node in &nodes {
        match why_not(node, root, usable) {
            None => {
                let driver = driver(node, root).unwrap_or_else(|| "unknown".to_owned());
                return Renderer { kind: Kind::Accelerated, why: format!("{node} has a GPU, driver {driver}") };
            }
            Some(reason) => reasons.push(format!("{node} {reason}")),
        }
    }
    plain(format!("no usable GPU: {}", reasons.join(", ")))
}

/// `host:0` is, `:0` and `unix:0` are not.
fn is_elsewhere(display: &str) -> bool {
    !display.starts_with('/') && display.split_once(':').is_some_and(|(host, _)| !host.is_empty() && host != "unix")
}

fn render_nodes(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("dev/dri")).into_iter().flatten().flatten();
    let mut nodes: Vec<String> = entries
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("renderD"))
        .collect();
    nodes.sort();
    nodes
}

fn why_not(node: &str, root: &Path, usable: &dyn Fn(&Path) -> bool) -> Option<String> {
    if !usable(&root.join("dev/dri").join(node)) {
        return Some("may not be used by this user".to_owned());
    }
    match driver(node, root)?.as_str() {
        // Frames without a GPU behind them: made for tests and for displays over USB.
        name @ ("vgem" | "vkms" | "udl" | "evdi") => Some(format!("has only the driver {name}")),
        // The first feature bit of a virtio GPU says whether the host draws for the guest (VIRTIO_GPU_F_VIRGL).
        "virtio_gpu" if virtio_without_3d(node, root) => Some("is a virtual GPU without 3D".to_owned()),
        _ => None,
    }
}

fn device(node: &str, root: &Path) -> PathBuf {
    root.join("sys/class/drm").join(node).join("device")
}

fn driver(node: &str, root: &Path) -> Option<String> {
    let link = fs::read_link(device(node, root).join("driver")).ok()?;
    Some(link.file_name()?.to_string_lossy().into_owned())
}

fn virtio_without_3d(node: &str, root: &Path) -> bool {
    fs::read_to_string(device(node, root).join("features")).is_ok_and(|bits| bits.starts_with('0'))
}

fn can_use(node: &Path) -> bool {
    fs::File::options().read(true).write(true).open(node).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with render nodes: name, driver, virtio feature bits.
    fn machine(nodes: &[(&str, &str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (node, driver, features) in nodes {
            let device = device(node, root.path());
            fs::create_dir_all(&device).unwrap();
            std::os::unix::fs::symlink(Path::new("/drivers").join(driver), device.join("driver")).unwrap();
            fs::write(device.join("features"), features).unwrap();
            fs::create_dir_all(root.path().join("dev/dri")).unwrap();
            fs::write(root.path().join("dev/dri").join(node), "").unwrap();
        }
        root
    }

    fn decide_on(root: &Path, environment: &[(&str, &str)]) -> Renderer {
        decide(|name| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), root, &|_| true)
    }

    #[test]
    fn without_a_gpu_the_plain_renderer_is_chosen() {
        for nodes in [
            &[][..],
            &[("renderD128", "vgem", "")],
            &[("renderD128", "virtio_gpu", "0100")],
            &[("renderD128", "vkms", ""), ("renderD129", "vgem", "")],
        ] {
            assert_eq!(decide_on(machine(nodes).path(), &[]).kind, Kind::Plain, "{nodes:?}");
        }
    }

    #[test]
    fn with_a_gpu_webkit_is_left_to_use_it() {
        for nodes in [
            &[("renderD128", "i915", "")][..],
            &[("renderD128", "virtio_gpu", "1100")],
            &[("renderD128", "vgem", ""), ("renderD129", "amdgpu", "")],
        ] {
            assert_eq!(decide_on(machine(nodes).path(), &[]).kind, Kind::Accelerated, "{nodes:?}");
        }
    }

    #[test]
    fn a_gpu_that_may_not_be_used_is_none() {
        let machine = machine(&[("renderD128", "i915", "")]);
        assert_eq!(decide(|_| None, machine.path(), &|_| false).kind, Kind::Plain);
    }

    #[test]
    fn software_gl_and_a_display_elsewhere_make_a_gpu_useless() {
        let machine = machine(&[("renderD128", "i915", "")]);
        assert_eq!(decide_on(machine.path(), &[("LIBGL_ALWAYS_SOFTWARE", "true")]).kind, Kind::Plain);
        assert_eq!(decide_on(machine.path(), &[("DISPLAY", "localhost:10.0")]).kind, Kind::Plain);
        for here in [":0", "unix:0", "/private/tmp/x:0"] {
            assert_eq!(decide_on(machine.path(), &[("DISPLAY", here)]).kind, Kind::Accelerated, "{here}");
        }
        let both = [("DISPLAY", "localhost:10.0"), ("WAYLAND_DISPLAY", "wayland-0")];
        assert_eq!(decide_on(machine.path(), &both).kind, Kind::Accelerated);
    }

    #[test]
    fn what_the_user_has_set_stands_even_when_it_says_no() {
        for name in [NO_DMABUF, NO_COMPOSITING] {
            for value in ["0", "1", ""] {
                let renderer = decide_on(machine(&[]).path(), &[(name, value)]);
                assert_eq!(renderer.kind, Kind::LeftAlone);
                assert_eq!(renderer.why, format!("{name}={value} is set"));
            }
        }
    }
}
