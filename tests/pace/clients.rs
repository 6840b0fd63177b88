//! Who takes the load in: Portlight and its peers, each with a window of the same size.

use super::encode::{Encoding, Order};
use crate::desk::{self, Desk, Memory, Process, until};
use std::{env, fs, os::unix::fs::symlink, path::Path, sync::Arc};
use tempfile::TempDir;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Portlight,
    /// noVNC, unmodified, in Chromium, behind websockify.
    Chromium,
    /// TigerVNC's own.
    Vncviewer,
}

/// Windows have this size, so that a picture of 1920x1080 is scaled down as people see it; not by TigerVNC, which does
/// not scale.
pub const WINDOW: (u32, u32) = (1360, 765);

/// A client that runs, and ends when this is dropped.
pub struct Running {
    /// What belongs to it, with all that these have started.
    processes: Vec<Arc<Process>>,
    _profile: TempDir,
}

impl Client {
    pub const ALL: [Self; 3] = [Self::Portlight, Self::Chromium, Self::Vncviewer];

    /// As a table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portlight => "Portlight",
            Self::Chromium => "noVNC in Chromium, websockify",
            Self::Vncviewer => "vncviewer",
        }
    }

    /// What has to be installed for it.
    pub fn missing(self) -> Option<&'static str> {
        let programs: &[&str] = match self {
            Self::Portlight => &[],
            Self::Chromium => &["chromium", "websockify"],
            Self::Vncviewer => &["vncviewer"],
        };
        let path = env::var_os("PATH").unwrap_or_default();
        let is_there = |program: &str| env::split_paths(&path).any(|folder| folder.join(program).exists());
        programs.iter().copied().find(|program| !is_there(program))
    }

    /// The pixels that it asks for.
    pub fn order(self) -> Order {
        match self {
            Self::Portlight | Self::Chromium => Order::Rgbx,
            Self::Vncviewer => Order::Bgrx,
        }
    }

    /// Starts it, on a server at this port, and waits until it has a window and nothing else to do than to show that.
    pub async fn start(self, desk: &Desk, port: u16, encoding: Encoding) -> Running {
        let profile = tempfile::tempdir_in(desk.home()).expect("a home");
        let (processes, title) = match self {
            Self::Portlight => portlight(desk, port).await,
            Self::Chromium => chromium(desk, port, profile.path()).await,
            Self::Vncviewer => vncviewer(desk, port, encoding),
        };
        desk.display().place(&title, WINDOW);
        Running { processes, _profile: profile }
    }
}

/// Portlight as people have it: with its list and a session.
pub async fn portlight_with_list(desk: &Desk, port: u16) -> Running {
    let profile = tempfile::tempdir_in(desk.home()).expect("a home");
    let process = desk.spawn("portlight", &mut desk.command(desk::portlight()));
    until_pages(&process, 2).await;
    let title = desk::address(port);
    assert!(desk.portlight(&[&title]).status.success());
    until_pages(&process, 3).await;
    desk.display().place(&title, WINDOW);
    Running { processes: vec![process], _profile: profile }
}

impl Running {
    /// The client's own process.
    pub fn process(&self) -> &Process {
        &self.processes[0]
    }

    /// Its ID.
    pub fn pid(&self) -> u32 {
        self.processes[0].pid()
    }

    /// What all that belongs to it holds.
    pub fn memory(&self) -> Memory {
        let pids: Vec<_> = self.processes.iter().map(|process| process.pid()).collect();
        Memory::of_all(&pids)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.processes.iter().for_each(|process| process.kill());
    }
}

async fn portlight(desk: &Desk, port: u16) -> (Vec<Arc<Process>>, String) {
    let title = desk::address(port);
    let process = desk.spawn("portlight", desk.command(desk::portlight()).arg(&title));
    // The prewarmed window is made two seconds after the first picture: that must not fall into the measured time.
    until_pages(&process, 2).await;
    (vec![process], title)
}

/// Waits for so many pages: each has a process of WebKit's, whose name Linux cuts.
pub(super) async fn until_pages(portlight: &Process, count: usize) {
    let what = format!("{count} pages");
    until(&what, async || (portlight.children("WebKitWebProces").len() == count).then_some(())).await;
}

async fn chromium(desk: &Desk, port: u16, folder: &Path) -> (Vec<Arc<Process>>, String) {
    let pages = folder.join("pages");
    let novnc = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/node_modules/@novnc/novnc");
    fs::create_dir(&pages).expect("a home");
    for part in ["core", "vendor"] {
        symlink(novnc.join(part), pages.join(part)).expect("a home");
    }
    fs::write(pages.join("index.html"), PAGE).expect("a home");
    let web = desk::free_port();
    let mut websockify = desk.command("websockify");
    websockify.arg("--web").arg(pages).args([desk::address(web), desk::address(port)]);
    let websockify = desk.spawn("websockify", &mut websockify);
    until("websockify", async || tokio::net::TcpStream::connect(("127.0.0.1", web)).await.ok()).await;

    let mut chromium = desk.command("chromium");
    chromium.arg(format!("--user-data-dir={}", folder.join("chromium").display()));
    chromium.arg(format!("--app=http://{}/index.html", desk::address(web)));
    // Its sandbox cannot be had by root, nor in most containers, and it warns of that above the page unless this is a test;
    // the others talk to the world or ask questions.
    chromium.args([
        "--no-sandbox",
        "--test-type",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
    ]);
    chromium.args(["--password-store=basic", "--disable-component-update"]);
    (vec![desk.spawn("chromium", &mut chromium), websockify], TITLE.to_owned())
}

fn vncviewer(desk: &Desk, port: u16, encoding: Encoding) -> (Vec<Arc<Process>>, String) {
    let mut vncviewer = desk.command("vncviewer");
    vncviewer.args(["-SecurityTypes", "None", "-RemoteResize=0", "-Shared", "-AutoSelect=0", "-FullColour=1"]);
    vncviewer.arg("-PreferredEncoding").arg(match encoding {
        Encoding::TightJpeg | Encoding::TightZlib => "Tight",
        Encoding::Raw => "Raw",
        Encoding::Zrle => "ZRLE",
        Encoding::Hextile => "Hextile",
    });
    vncviewer.arg(format!("127.0.0.1::{port}"));
    (vec![desk.spawn("vncviewer", &mut vncviewer)], "load - TigerVNC".to_owned())
}

const TITLE: &str = "noVNC in Chromium";

/// noVNC as Portlight's page has it.
const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>noVNC in Chromium</title>
<style>
  body { margin: 0; background: #101316; }
  #screen { position: absolute; inset: 0; }
</style>
<div id="screen"></div>
<script type="module">
  import RFB from './core/rfb.js';
  const rfb = new RFB(document.querySelector('#screen'), `ws://${location.host}/websockify`, { shared: true });
  rfb.background = 'transparent';
  rfb.showDotCursor = true;
  rfb.scaleViewport = true;
</script>
"#;
