//! The page's end of a session: a real WebSocket client, of which a test may also have the bare socket.

use crate::surroundings::within;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

pub type Page = WebSocketStream<TcpStream>;

pub const ORIGIN: &str = "tauri://localhost";
pub const VERSION: &[u8; 12] = b"RFB 003.008\n";
pub const SERVER_INIT: &[u8] =
    b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";

pub async fn connect(url: String) -> Page {
    let address = url.strip_prefix("ws://").unwrap().split('/').next().unwrap().to_owned();
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Origin", HeaderValue::from_static(ORIGIN));
    let stream = within(TcpStream::connect(address)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    within(client_async(request, stream)).await.unwrap().0
}

/// What noVNC does with its ticket, up to ServerInit.
pub async fn view(url: String) -> Page {
    let mut page = connect(url).await;
    assert_eq!(within(page.next()).await.unwrap().unwrap().into_data(), &VERSION[..]);
    let greeting = [&[1, 1, 0, 0, 0, 0], SERVER_INIT].concat();
    assert_eq!(within(page.next()).await.unwrap().unwrap().into_data(), greeting);
    for say in [&VERSION[..], &[1], &[1]] {
        page.send(Message::Binary(say.to_vec().into())).await.unwrap();
    }
    page
}

/// Everything binary up to the close frame, and its code.
pub async fn rest(page: &mut Page) -> (Vec<u8>, Option<u16>) {
    let mut bytes = Vec::new();
    loop {
        match within(page.next()).await.unwrap().unwrap() {
            Message::Binary(more) => bytes.extend_from_slice(&more),
            Message::Close(frame) => {
                // As a browser does: the goodbye is answered.
                let _ = within(page.next()).await;
                return (bytes, frame.map(|frame| frame.code.into()));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Closes without a goodbye, by a reset.
pub fn reset(page: Page) {
    socket2::SockRef::from(page.get_ref()).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Bytes that do not repeat where it would hide a mistake.
pub fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}
