//! Servers that once were identified and encrypted, and now offer less: somebody may have got in between.

use crate::{
    examination::{Given::Password, Keys, address, ending, examine_target},
    script::{PASSWORD, Server, Turn},
    words::{NONE, V33, V38, VNC_AUTH, hear, offers, say, then, u32},
};
use portlight_engine::model::{Host, HostId, Level, Target};

#[tokio::test(start_paused = true)]
async fn nothing_is_said_to_whoever_offers_less() {
    let cases: [(&str, Vec<Turn>, &str); 4] = [
        ("downgrade-none", offers(&[NONE]), "weaker: identified, clear"),
        ("downgrade-vncauth", offers(&[VNC_AUTH]), "weaker: identified, password"),
        ("downgrade-both", offers(&[NONE, VNC_AUTH]), "weaker: identified, password"),
        ("downgrade-33", then([say(V33), hear(V33)], [u32(2), say([7; 16])]), "weaker: identified, password"),
    ];
    for (name, script, ends) in cases {
        let server = Server::start(script);
        let report = examine_target(once_identified(&server.address), Password(PASSWORD), &Keys::none()).await;
        assert_eq!(ending(&report), ends, "{name}");
        // Our version, and not a byte more: not even which type it shall be.
        let heard = server.heard().await;
        assert!(heard.all == V38 || heard.all == V33, "{name}: {:02x?}", heard.all);
    }
}

/// A saved host that was reached with the best protection there is.
fn once_identified(at: &str) -> Target {
    let host =
        Host { id: HostId::new(), address: address(at), protection: Some(Level::Identified), ..Host::demo("Studio") };
    Target::from(&host)
}
