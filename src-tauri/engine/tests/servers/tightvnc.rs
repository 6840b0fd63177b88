//! TightVNC 1.3.10, whose own security type leads to others and lengthens ServerInit.

use crate::{
    bed::{ANN, PASSWORD, VIEW_ONLY, Xtightvnc},
    examination::{
        Given::{Nothing, Password, User},
        Keys,
    },
    table::{CLEAR, SCRAMBLED, Table},
};

const WRONG: &str = "auth_failed: Authentication failed";

#[tokio::test]
async fn every_login() {
    let mut table = Table::new("TightVNC 1.3.10");
    let server = Xtightvnc::without_password().await;
    // With a password in hand Portlight prefers whatever might ask for it; Tight's empty list lets in whoever comes.
    let attempts = [
        ("none", Nothing, ("None", CLEAR, "let in")),
        ("one that nobody asks for", Password(PASSWORD), ("None", CLEAR, "let in")),
    ];
    table.examine("without password", &server.address, &Keys::none(), &attempts).await;

    let server = Xtightvnc::with_password().await;
    let attempts = [
        ("none", Nothing, ("VncAuth", SCRAMBLED, "wants a login")),
        ("wrong", Password("falsch"), ("VncAuth", SCRAMBLED, WRONG)),
        ("empty", Password(""), ("VncAuth", SCRAMBLED, WRONG)),
        ("right", Password(PASSWORD), ("VncAuth", SCRAMBLED, "let in")),
        ("view only", Password(VIEW_ONLY), ("VncAuth", SCRAMBLED, "let in")),
        ("right, with a user name", User(ANN.0, PASSWORD), ("VncAuth", SCRAMBLED, "let in")),
    ];
    table.examine("-rfbauth", &server.address, &Keys::none(), &attempts).await;
    table.end();
}
