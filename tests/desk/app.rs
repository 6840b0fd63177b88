//! Portlight, started and driven over WebDriver.

use super::{Desk, Page, Process, TIMEOUT, address, free_port, portlight, program_with_windows, signal, wait::until};
use fantoccini::{
    Client, ClientBuilder,
    wd::{Capabilities, WindowHandle},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use std::{fs, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Mutex, MutexGuard},
    time::timeout,
};

/// A running Portlight.
pub struct App<'d> {
    desk: &'d Desk,
    driver: Arc<Process>,
    client: Client,
    pid: u32,
    /// WebDriver has one current window: who is about to use it takes turns.
    turn: Mutex<()>,
}

impl<'d> App<'d> {
    /// Starts Portlight with these arguments.
    pub async fn start(desk: &'d Desk, arguments: &[&str]) -> Self {
        Self::start_with(desk, arguments, &[]).await
    }

    /// The same, with variables of the environment.
    pub async fn start_with(desk: &'d Desk, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut command = desk.command("WebKitWebDriver");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").envs(variables.iter().copied()).arg(format!("--port={port}"));
        let driver = desk.spawn("portlight", &mut command);
        until("WebKitWebDriver to be ready", async || is_ready(port).await.then_some(())).await;
        let options = json!({ "webkitgtk:browserOptions": { "binary": portlight(), "args": arguments } });
        let capabilities: Capabilities = options.as_object().cloned().expect("an object");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let url = format!("http://127.0.0.1:{port}");
        let client = match timeout(TIMEOUT, builder.capabilities(capabilities).connect(&url)).await {
            Ok(Ok(client)) => client,
            Ok(Err(cause)) => panic!("Portlight did not start: {cause}\n{}", driver.log()),
            Err(_) => panic!("Portlight did not start\n{}", driver.log()),
        };
        let pid = child_of(driver.pid()).unwrap_or_else(|| panic!("Portlight has gone\n{}", driver.log()));
        Self { desk, driver, client, pid, turn: Mutex::new(()) }
    }

    /// The window with the list.
    pub async fn hosts(&self) -> Page<'_> {
        self.page("the hosts window", |url, _| url.contains("/index.html")).await
    }

    /// The small window of quick connect.
    pub async fn quick(&self) -> Page<'_> {
        self.page("quick connect", |url, _| url.contains("/quick.html")).await
    }

    /// The viewer window of this title.
    pub async fn viewer(&self, title: &str) -> Page<'_> {
        let found = self.page(title, |url, of| url.contains("/viewer.html") && of == title).await;
        self.desk.display().focus(title);
        found
    }

    /// The window of a call from this host; its page is called by the call's port as well.
    pub async fn caller(&self, from: &str) -> Page<'_> {
        let starts = format!("{from} ({from}:");
        let found = self.page(from, |url, of| url.contains("/viewer.html") && of.starts_with(&starts)).await;
        self.desk.display().focus(from);
        found
    }

    /// How many windows there are, the hidden ones too.
    pub async fn windows(&self) -> usize {
        let _turn = self.turn().await;
        let windows = timeout(TIMEOUT, self.client.windows()).await.expect("a driver that answers");
        windows.expect("a list of windows").len()
    }

    /// What Portlight has written to the terminal.
    pub fn said(&self) -> String {
        self.driver.said()
    }

    /// Portlight's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether Portlight still runs.
    pub fn runs(&self) -> bool {
        // A process that has ended stays as a zombie until its parent, the driver, looks at it.
        let state = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok();
        state.and_then(|stat| stat.rsplit(')').next().map(|rest| !rest.trim_start().starts_with('Z'))).unwrap_or(false)
    }

    /// The ports of loopback at which Portlight listens; not the driver's, which WebKit keeps open for it.
    pub fn ports(&self) -> Vec<u16> {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        let inspector = environment.split('\0').find_map(|variable| variable.strip_prefix("WEBKIT_INSPECTOR_SERVER="));
        let sockets: Vec<_> = fs::read_dir(format!("/proc/{}/fd", self.pid))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(fs::read_link(entry.ok()?.path()).ok()?.to_str()?.to_owned()))
            .collect();
        let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let listening = table.lines().filter_map(|line| {
            // Fields: number, local address, remote address, state, …, and the tenth is the socket's inode.
            let fields: Vec<_> = line.split_whitespace().collect();
            let port = fields.get(1)?.strip_prefix("0100007F:")?;
            let ours = fields.get(3) == Some(&"0A") && sockets.contains(&format!("socket:[{}]", fields.get(9)?));
            ours.then(|| u16::from_str_radix(port, 16).ok())?
        });
        listening.filter(|&port| inspector != Some(&address(port))).collect()
    }

    /// Waits until Portlight has ended.
    pub async fn end(self) {
        until("Portlight to end", async || (!self.runs()).then_some(())).await;
        self.driver.kill();
    }

    /// Ends Portlight without giving it a chance to tidy up.
    pub async fn crash(self) {
        signal("KILL", &self.pid.to_string());
        self.end().await;
    }

    /// The desktop that it runs on.
    pub fn desk(&self) -> &'d Desk {
        self.desk
    }

    /// Whether this window is still there.
    pub(super) async fn has(&self, handle: &WindowHandle) -> bool {
        let _turn = self.turn().await;
        let windows = timeout(TIMEOUT, self.client.windows()).await.expect("a driver that answers");
        // Without any window there is no Portlight to ask.
        windows.is_ok_and(|windows| windows.contains(handle))
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    async fn page(&self, what: &str, is_it: impl Fn(&str, &str) -> bool) -> Page<'_> {
        let handle = until(what, async || {
            let _turn = self.turn().await;
            let search = timeout(TIMEOUT, async {
                for handle in self.client.windows().await.ok()? {
                    // It may have been closed meanwhile.
                    self.client.switch_to_window(handle.clone()).await.ok()?;
                    let (url, title) = (self.client.current_url().await.ok()?, self.client.title().await.ok()?);
                    if is_it(url.as_str(), &title) {
                        return Some(handle);
                    }
                }
                None
            });
            search.await.ok().flatten()
        });
        Page::new(self, handle.await)
    }
}

async fn is_ready(port: u16) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer.contains("\"ready\":true"))
    };
    ask.await.unwrap_or(false)
}

/// The process that the driver has started: Portlight.
fn child_of(driver: u32) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Fields after the name in parentheses: state, parent.
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        parent == Some(driver)
            && fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program_with_windows())
    })
}
