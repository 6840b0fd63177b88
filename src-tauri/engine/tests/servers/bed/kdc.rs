//! MIT's Kerberos, with a realm of the test's own.

use super::{ANN, Program, command, free_port, program::succeed};
use std::{
    fs,
    path::{Path, PathBuf},
};

const REALM: &str = "PORTLIGHT.TEST";
/// The VNC server's name: it has to be called so itself, too.
pub const HOST: &str = "localhost";

/// A running KDC.
pub struct Kdc {
    _program: Program,
    folder: PathBuf,
}

impl Kdc {
    /// What a process has in its environment that is to use it.
    pub fn variables(folder: &Path) -> [(&'static str, PathBuf); 3] {
        [
            ("KRB5_CONFIG", folder.join("krb5.conf")),
            ("KRB5_KDC_PROFILE", folder.join("kdc.conf")),
            ("KRB5CCNAME", folder.join("tickets")),
        ]
    }

    /// With Ann, and a VNC server. The environment of this process has to be that of [`Kdc::variables`].
    pub async fn start(folder: &Path) -> Self {
        let (port, at) = (free_port(), |name: &str| folder.join(name).display().to_string());
        let client = format!(
            "[libdefaults]\ndefault_realm = {REALM}\ndns_lookup_kdc = false\ndns_lookup_realm = false\n\
             dns_canonicalize_hostname = false\nrdns = false\n\
             [realms]\n{REALM} = {{\nkdc = 127.0.0.1:{port}\n}}\n[domain_realm]\n{HOST} = {REALM}\n"
        );
        let server = format!(
            "[kdcdefaults]\nkdc_listen = 127.0.0.1:{port}\nkdc_tcp_listen = 127.0.0.1:{port}\n\
             [realms]\n{REALM} = {{\ndatabase_name = {}\nkey_stash_file = {}\nacl_file = {}\n}}\n\
             [logging]\nkdc = STDERR\n",
            at("database"),
            at("stash"),
            at("acl")
        );
        fs::write(folder.join("krb5.conf"), client).expect("a folder");
        fs::write(folder.join("kdc.conf"), server).expect("a folder");
        let tool = |program: &str| {
            let mut tool = command(program);
            tool.envs(Self::variables(folder));
            tool
        };
        succeed(tool("/usr/sbin/kdb5_util").args(["create", "-s", "-P", "master"]), b"");
        let service = format!("vnc/{HOST}");
        for question in [
            format!("addprinc -pw \"{}\" {}", ANN.1, ANN.0),
            format!("addprinc -randkey {service}"),
            format!("ktadd -k {} {service}", at("keytab")),
        ] {
            succeed(tool("/usr/sbin/kadmin.local").args(["-q", &question]), b"");
        }
        let mut program = tool("/usr/sbin/krb5kdc");
        let program = Program::start(program.arg("-n"));
        program.hear("that it has begun", |line| line.contains("commencing operation").then_some(())).await;
        Self { _program: program, folder: folder.to_owned() }
    }

    /// The file with the VNC server's key.
    pub fn keytab(&self) -> PathBuf {
        self.folder.join("keytab")
    }

    /// For those who use it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ann has a ticket from now on.
    pub fn get_ticket(&self) {
        let mut kinit = command("kinit");
        kinit.envs(Self::variables(&self.folder)).arg(ANN.0);
        succeed(&mut kinit, format!("{}\n", ANN.1).as_bytes());
    }

    /// And none any more.
    pub fn forget_tickets(&self) {
        // There may be none.
        let _ = fs::remove_file(self.folder.join("tickets"));
    }
}
