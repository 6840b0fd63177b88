//! What is in the keyrings of those who have Portlight opens: the items as they lie there, written by hand. Another form needs another
//! sample, and the former one stays.

use super::*;
use crate::model::{Host, HttpAuth, LoginId};
use serde::Deserialize;
use serde_json::json;

/// An item of the Secret Service, without the attribute that says whose it is.
#[derive(Deserialize)]
struct Item {
    attributes: HashMap<String, String>,
    secret: String,
}

fn store(items: &[Item]) {
    let keyring = SecretService::connect(EncryptionType::Plain).unwrap();
    let collection = keyring.get_default_collection().unwrap();
    for Item { attributes, secret } in items {
        let mut attributes: HashMap<&str, &str> = attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
        attributes.insert("service", SERVICE);
        collection.create_item("Portlight", attributes, secret.as_bytes(), true, "text/plain").unwrap();
    }
}

/// The machine whose id ends with these two digits.
fn host(digits: &str, address: &str) -> Host {
    serde_json::from_value(json!({ "id": id(digits), "name": "", "address": address })).unwrap()
}

fn id(digits: &str) -> String {
    format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a{digits}")
}

#[test]
fn every_form_of_an_item_is_read_and_is_what_is_written_now() {
    let test = "earlier::every_form_of_an_item_is_read_and_is_what_is_written_now";
    in_a_session_of_its_own(test, true, async |keyring| {
        let _keyring = start_keyring(true);
        let items: Vec<Item> = serde_json::from_str(include_str!("../../store/earlier/keyring-1.json")).unwrap();
        store(&items);
        let ask = async |host: &Host| {
            let found = keyring.get_for(host.id, host.recipient()).await;
            found.map(|secret| secret.unwrap().expose().to_owned())
        };
        // From before it was kept for whom a password is.
        assert_eq!(ask(&host("11", "studio.local:5901")).await.as_deref(), Ok("bare"));
        assert_eq!(ask(&host("12", "studio.local:5901")).await.as_deref(), Ok("sesame"));
        let elsewhere = KeyringError::ForAnother { recipient: "studio.local:5901".into() };
        assert_eq!(ask(&host("12", "evil:5901")).await, Err(elsewhere));
        let behind_a_site = host("13", "wss://site.example/websockify?token=abc");
        assert_eq!(ask(&behind_a_site).await.as_deref(), Ok("behind a token"));
        assert!(ask(&host("13", "wss://site.example/websockify?token=abd")).await.is_err());

        let (account, recipient) = (HttpAuth::account(behind_a_site.id), behind_a_site.recipient());
        let auth = HttpAuth::of_secret(&keyring.get_for(account, recipient).await.unwrap().unwrap()).unwrap();
        assert_eq!((auth.username.as_str(), auth.password.as_str()), ("ann", "sesame"));
        assert_eq!((auth.headers[0].0.as_str(), auth.headers[0].1.as_str()), ("Cookie", "id=7"));
        assert_eq!(auth.to_secret().unwrap().expose(), items[3].secret);

        let login: LoginId = serde_json::from_value(id("02").into()).unwrap();
        let servers = ["studio.local:5901", "studio.local:5902"].map(Recipient::kept);
        for server in &servers {
            assert_eq!(keyring.named(login, server.clone()).await.unwrap().unwrap().expose(), "of the lab");
        }
        assert!(keyring.named(login, Recipient::kept("evil:5901")).await.is_err());
        let other = LoginId::new();
        keyring.set_named(other, Some(&secret("of the lab"))).await.unwrap();
        keyring.choose_named(other, servers.into()).await.unwrap();
        assert_eq!(keyring.named_item(other).await.unwrap().unwrap().expose(), items[4].secret);
    });
}
