//! A session bus of a test's own. It starts nothing by itself: no keyring, no dialogs, unless the test does.

use super::{process::Process, wait::TIMEOUT};
use futures_util::StreamExt;
use std::{fs, path::Path, process::Command, sync::Arc};
use tokio::time::timeout;
use zbus::{
    Connection, MatchRule, MessageStream,
    connection::Builder,
    fdo::{DBusProxy, MonitoringProxy},
    message,
    names::BusName,
};

/// A running `dbus-daemon`.
pub struct Bus {
    /// As the environment variable DBUS_SESSION_BUS_ADDRESS has it.
    pub address: String,
    /// The test's own connection.
    pub connection: Connection,
    process: Arc<Process>,
}

impl Bus {
    /// Starts a bus whose socket and configuration lie in `folder`.
    pub async fn start(folder: &Path, command: &mut Command) -> Self {
        let config = folder.join("bus.conf");
        let socket = folder.join("bus").display().to_string();
        fs::write(&config, CONFIG.replace("SOCKET", &socket)).expect("a temporary folder");
        let config = format!("--config-file={}", config.display());
        let process = Process::start("dbus-daemon", command.args(["--nofork", "--print-address=1", &config]));
        let address =
            process.wait_for_line("its address", |line| line.starts_with("unix:").then(|| line.to_owned())).await;
        let connection = Builder::address(address.as_str()).expect("an address").build().await;
        Self { address, connection: connection.expect("a bus to connect to"), process }
    }

    /// The daemon.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Everything that goes over the bus from now on.
    pub async fn monitor(&self) -> MessageStream {
        let connection = Builder::address(self.address.as_str()).expect("an address").build().await;
        let connection = connection.expect("a bus to connect to");
        let monitor = MonitoringProxy::new(&connection).await.expect("every bus has its daemon");
        monitor.become_monitor(&[], 0).await.expect("a daemon that lets its own user look");
        MessageStream::from(connection)
    }

    /// Waits until `process` has this name.
    pub async fn until_has(&self, name: &str, process: &Process) {
        let rule = MatchRule::builder().msg_type(message::Type::Signal).interface("org.freedesktop.DBus");
        let rule = rule.and_then(|rule| rule.member("NameOwnerChanged")).expect("a name").build();
        let mut owners = MessageStream::for_match_rule(rule, &self.connection, None).await.expect("a bus that tells");
        while !self.has(name).await {
            let come = timeout(TIMEOUT, owners.next()).await;
            assert!(come.is_ok(), "nobody has {name}:\n{}", process.log());
        }
    }

    /// Whether `name` has an owner.
    pub async fn has(&self, name: &str) -> bool {
        let name = BusName::try_from(name).expect("a bus name");
        let daemon = DBusProxy::new(&self.connection).await.expect("every bus has its daemon");
        daemon.name_has_owner(name).await.expect("every daemon answers")
    }
}

const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;
