//! What the page does with a session: noVNC's side of the relay, with raw pixels.

use crate::bed::TIMEOUT;
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// The page that may open the relay.
pub const ORIGIN: &str = "tauri://localhost";
/// 32 bits, true colour: blue, green, red, nothing.
const PIXEL_FORMAT: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

/// A viewer within a session.
pub struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Received and not read yet: WebSocket messages and RFB's do not begin together.
    received: Vec<u8>,
    /// Width and height of the server's screen.
    pub size: (u16, u16),
}

impl Viewer {
    /// Opens the session's ticket and asks for pixels as they are.
    pub async fn open(url: &str) -> Self {
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("Origin", HeaderValue::from_static(ORIGIN));
        let (socket, _) = timeout(TIMEOUT, connect_async(request)).await.unwrap().unwrap();
        let mut viewer = Self { socket, received: Vec::new(), size: (0, 0) };
        for (hear, say) in [(&b"RFB 003.008\n"[..], &b"RFB 003.008\n"[..]), (&[1, 1], &[1]), (&[0; 4], &[1])] {
            assert_eq!(viewer.read(hear.len()).await, hear);
            viewer.send(say.to_vec()).await;
        }
        let init = viewer.read(24).await;
        viewer.size = (u16_at(&init, 0), u16_at(&init, 2));
        let name_length = u32::from_be_bytes(*init.last_chunk().unwrap());
        viewer.read(name_length as usize).await;
        let set_pixel_format = [&[0, 0, 0, 0][..], &PIXEL_FORMAT].concat();
        let only_raw = vec![2, 0, 0, 1, 0, 0, 0, 0];
        viewer.send(set_pixel_format).await;
        viewer.send(only_raw).await;
        viewer
    }

    /// The whole screen, pixel by pixel.
    pub async fn picture(&mut self) -> Vec<[u8; 4]> {
        let (width, height) = self.size;
        let area = [&[0; 4][..], &width.to_be_bytes(), &height.to_be_bytes()].concat();
        self.send([&[3, 0][..], &area].concat()).await;
        let mut picture = vec![[0; 4]; usize::from(width) * usize::from(height)];
        let mut missing = picture.len();
        while missing > 0 {
            self.until_update().await;
            let rectangles = u16_at(&self.read(3).await, 1);
            for _ in 0..rectangles {
                let head = self.read(12).await;
                let [x, y, w, h] = [0, 2, 4, 6].map(|at| usize::from(u16_at(&head, at)));
                assert_eq!(head[8..], [0; 4], "raw pixels were asked for");
                let pixels = self.read(w * h * 4).await;
                for (row, line) in pixels.chunks(w * 4).enumerate() {
                    let begin = (y + row) * usize::from(width) + x;
                    picture[begin..begin + w].copy_from_slice(line.as_chunks().0);
                }
                missing = missing.saturating_sub(w * h);
            }
        }
        picture
    }

    /// The colours of the screen.
    pub async fn colours(&mut self) -> Vec<[u8; 4]> {
        let mut colours = self.picture().await;
        colours.sort_unstable();
        colours.dedup();
        colours
    }

    /// Moves the pointer, and waits until the server has seen that.
    pub async fn point(&mut self, x: u16, y: u16) {
        self.send([&[5, 0][..], &x.to_be_bytes(), &y.to_be_bytes()].concat()).await;
        self.picture().await;
    }

    /// Reads up to the beginning of a FramebufferUpdate.
    async fn until_update(&mut self) {
        loop {
            match self.read(1).await[..] {
                [0] => return,
                // Bell.
                [2] => {}
                // ServerCutText.
                [3] => {
                    let length = u32::from_be_bytes(*self.read(7).await.last_chunk().unwrap());
                    self.read(length as usize).await;
                }
                ref other => panic!("message {other:?}"),
            }
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::Binary(bytes.into())).await.unwrap();
    }

    async fn read(&mut self, length: usize) -> Vec<u8> {
        while self.received.len() < length {
            match timeout(TIMEOUT, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Binary(bytes))) => self.received.extend(bytes),
                other => panic!("{other:?}"),
            }
        }
        self.received.drain(..length).collect()
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}
