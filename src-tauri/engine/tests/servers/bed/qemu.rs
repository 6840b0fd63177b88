//! QEMU's VNC server, before a machine that has nothing in it.

use super::{ANN, Kdc, PASSWORD, Program, command, free_port, kdc::HOST, program::succeed};
use crate::certificates::Shown;
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// A running QEMU.
pub struct Qemu {
    _program: Program,
    /// Where it is, as a user types it.
    pub address: String,
    _folder: TempDir,
}

/// What QEMU has for TLS.
pub enum Tls<'a> {
    Without,
    Anonymous,
    X509(&'a Shown),
    /// It takes only what this priority of GnuTLS has.
    Limited(&'a Shown, &'a str),
    /// It wants a certificate that the authorities in this file vouch for.
    Mutual(&'a Shown, &'a Path),
}

impl Qemu {
    /// A server whose `-vnc` has these options too, such as `password=on`.
    pub async fn start(tls: Tls<'_>, options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::launch(folder, command("qemu-system-x86_64"), tls, options).await
    }

    /// A server with SASL, which has these mechanisms and knows [`ANN`].
    pub async fn with_sasl(tls: Tls<'_>, mechanisms: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = folder.path().join("accounts");
        let (name, password) = ANN;
        let mut add = command("/usr/sbin/saslpasswd2");
        succeed(add.args(["-p", "-c", "-f"]).arg(&accounts).arg(name), password.as_bytes());
        let accounts = accounts.display();
        let settings = format!("mech_list: {mechanisms}\nauxprop_plugin: sasldb\nsasldb_path: {accounts}\n");
        fs::write(folder.path().join("qemu.conf"), settings).expect("a folder");
        let mut qemu = command("qemu-system-x86_64");
        qemu.env("SASL_CONF_PATH", folder.path());
        Self::launch(folder, qemu, tls, ",sasl=on").await
    }

    /// The same with Kerberos: its computer is called as Kerberos knows it, which a namespace of its own is for.
    pub async fn with_kerberos(tls: Tls<'_>, mechanisms: &str, kdc: &Kdc) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (keytab, accounts) = (kdc.keytab(), folder.path().join("accounts"));
        let settings = format!(
            "mech_list: {mechanisms}\nkeytab: {}\nauxprop_plugin: sasldb\nsasldb_path: {}\n",
            keytab.display(),
            accounts.display()
        );
        fs::write(folder.path().join("qemu.conf"), settings).expect("a folder");
        let mut qemu = command("unshare");
        let is_root = std::env::var("HOME").is_ok_and(|home| home == "/root");
        if !is_root {
            qemu.args(["--user", "--map-root-user"]);
        }
        qemu.args(["--uts", "sh", "-c", &format!("hostname {HOST} && exec qemu-system-x86_64 \"$@\""), "sh"]);
        qemu.env("SASL_CONF_PATH", folder.path()).env("KRB5_KTNAME", &keytab).envs(Kdc::variables(kdc.folder()));
        Self::launch(folder, qemu, tls, ",sasl=on").await
    }

    async fn launch(folder: TempDir, mut qemu: Command, tls: Tls<'_>, options: &str) -> Self {
        qemu.args(["-machine", "none", "-nodefaults", "-display", "none", "-qmp", "stdio"]).env("HOME", folder.path());
        let credentials = match tls {
            Tls::Without => None,
            Tls::Anonymous => Some("tls-creds-anon,id=tls,endpoint=server".to_owned()),
            Tls::X509(shown) | Tls::Limited(shown, _) | Tls::Mutual(shown, _) => {
                shown.write_for_qemu(folder.path());
                if let Tls::Mutual(_, authorities) = tls {
                    fs::copy(authorities, folder.path().join("ca-cert.pem")).expect("a folder");
                }
                let folder = folder.path().display();
                let peer = if matches!(tls, Tls::Mutual(..)) { "on" } else { "off" };
                // It would rather not show a certificate that there is something wrong with.
                let mut anything = format!("verify-peer={peer},sanity-check=off");
                if let Tls::Limited(_, priority) = tls {
                    anything += &format!(",priority={priority}");
                }
                Some(format!("tls-creds-x509,id=tls,endpoint=server,{anything},dir={folder}"))
            }
        };
        let with_tls = if credentials.is_some() { ",tls-creds=tls" } else { "" };
        qemu.args(credentials.iter().flat_map(|credentials| ["-object", credentials]));
        let display = free_port() - 5900;
        // Where the port was taken in this moment it takes a later one, and says which.
        let range = format!("127.0.0.1:{display},to={}", display + 99);
        qemu.args(["-vnc", &format!("{range}{with_tls}{options}")]);

        let program = Program::start(&mut qemu);
        program.tell(r#"{"execute": "qmp_capabilities"}"#);
        if options.contains("password=on") {
            let arguments = format!(r#"{{"protocol": "vnc", "password": "{PASSWORD}"}}"#);
            program.tell(&format!(r#"{{"execute": "set_password", "arguments": {arguments}}}"#));
        }
        program.tell(r#"{"execute": "query-vnc-servers", "id": "where"}"#);
        let port = program.hear("its port", port).await;
        Self { _program: program, address: format!("127.0.0.1::{port}"), _folder: folder }
    }
}

/// The port in the answer to our question.
fn port(line: &str) -> Option<u16> {
    let answer: serde_json::Value = serde_json::from_str(line).ok()?;
    answer.get("id")?;
    answer["return"][0]["server"][0]["service"].as_str()?.parse().ok()
}
