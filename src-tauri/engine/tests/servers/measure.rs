//! How long handshakes take, Portlight's beside those of TigerVNC's viewer, with the same servers.
//!
//! Measured at the server, from its word that somebody has connected to its word that ClientInit has come, so that
//! neither side's start is counted, nor its window. One difference remains: the viewer is started for each handshake and
//! reads the system's authorities anew where there are certificates, Portlight reads them once for all; what
//! that costs shows in the first of X509None. In a release build:
//! `cargo test --release --package portlight-engine --test servers -- --ignored --nocapture`.

use crate::{
    bed::{ANN, PASSWORD, Program, Xvnc, command, password_file},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{self, User},
        Keys, ending, examine,
    },
};
use std::{path::Path, time::Duration};

/// Handshakes of each kind. The first one stands for itself.
const TIMES: usize = 21;

#[tokio::test]
#[ignore = "it measures"]
async fn handshakes_beside_tigervncs_viewer() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let authorities = authority.write(folder.path());
    let keys = Keys { authorities: Some(authorities.clone()), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let desk = Xvnc::start(&["-SecurityTypes", "None"]).await;
    println!(
        "| security type | Portlight: first; median, worst of the others | TigerVNC's viewer |\n| --- | --- | --- |"
    );
    for types in ["None", "VncAuth", "Plain", "TLSNone", "TLSVnc", "TLSPlain", "X509None", "X509Vnc", "X509Plain"] {
        let login = match types {
            _ if types.ends_with("None") => Given::Nothing,
            _ if types.ends_with("Plain") => User(ANN.0, ANN.1),
            _ => Given::Password(PASSWORD),
        };
        let server = Xvnc::showing(&shown, &["-SecurityTypes", types]).await;
        let mut ours = Vec::new();
        for time in 1..=TIMES {
            assert_eq!(ending(&examine(&server.address, login, &keys).await), "let in", "{types}");
            ours.push(server.handshake(time).await);
        }
        let mut theirs = Vec::new();
        for time in TIMES + 1..=2 * TIMES {
            let _viewer = viewer(&desk, types, &server.address, &authorities, folder.path());
            theirs.push(server.handshake(time).await);
        }
        println!("| {types} | {} | {} |", summary(ours), summary(theirs));
    }
}

/// TigerVNC's viewer, which is given all that it might ask for.
fn viewer(desk: &Xvnc, types: &str, address: &str, authorities: &Path, home: &Path) -> Program {
    let mut viewer = command("xtigervncviewer");
    viewer.envs([desk.display()]).env("HOME", home).args(["-SecurityTypes", types, "-X509CA"]).arg(authorities);
    if types.ends_with("Plain") {
        viewer.env("VNC_USERNAME", ANN.0).env("VNC_PASSWORD", ANN.1);
    } else {
        viewer.arg("-PasswordFile").arg(password_file(home));
    }
    Program::start(viewer.arg(address))
}

fn summary(mut times: Vec<Duration>) -> String {
    let first = times.remove(0);
    times.sort();
    let [first, median, worst] =
        [first, times[times.len() / 2], times[times.len() - 1]].map(|time| time.as_secs_f64() * 1000.0);
    format!("{first:.1}; {median:.1}, {worst:.1} ms")
}
