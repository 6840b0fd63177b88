//! A way to the server on which things go wrong.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::sleep,
};
use tokio_util::task::AbortOnDropHandle;

#[derive(Debug, Clone, Copy)]
pub enum Fault {
    None,
    /// Each piece is late by so much, both ways.
    Delay(Duration),
    /// Each piece is late by up to so much, both ways.
    Jitter(Duration),
    /// Bytes come one by one, both ways.
    OneByte,
    /// So many bytes of the server's pass; then nothing does, either way.
    StallAfter(usize),
    /// So many bytes of the server's pass, then comes a reset.
    ResetAfter(usize),
}

/// Everything on it ends when this is dropped.
pub struct Proxy {
    pub port: u16,
    _task: AbortOnDropHandle<()>,
}

impl Proxy {
    /// A way for one connection to `target`.
    pub async fn to(target: SocketAddr, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let (near, _) = listener.accept().await.unwrap();
            let far = TcpStream::connect(target).await.unwrap();
            near.set_nodelay(true).unwrap();
            far.set_nodelay(true).unwrap();
            // The server may reset what it likes.
            let _ = pass(near, far, fault).await;
        });
        Self { port, _task: AbortOnDropHandle::new(task) }
    }
}

async fn pass(near: TcpStream, far: TcpStream, fault: Fault) -> std::io::Result<()> {
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let up = tokio::spawn(one_way(
        from_near,
        to_far,
        match fault {
            // A way is stuck as a whole: this direction is only as long as the other flows.
            Fault::ResetAfter(_) => Fault::None,
            fault => fault,
        },
    ));
    let up = AbortOnDropHandle::new(up);
    let to_near = one_way(from_far, to_near, fault).await?;
    match fault {
        Fault::ResetAfter(_) => {
            drop(up);
            socket2::SockRef::from(to_near.as_ref()).set_linger(Some(Duration::ZERO))?;
            // Dropped, it would end in order first.
            to_near.forget();
            Ok(())
        }
        Fault::StallAfter(_) => std::future::pending().await,
        _ => {
            let _ = up.await;
            Ok(())
        }
    }
}

async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, fault: Fault) -> std::io::Result<OwnedWriteHalf> {
    let mut left = match fault {
        Fault::StallAfter(bytes) | Fault::ResetAfter(bytes) => bytes,
        _ => usize::MAX,
    };
    let mut buffer = vec![0; 64 * 1024];
    let mut turn = 0;
    while left > 0 {
        let room = buffer.len().min(left);
        let read = from.read(&mut buffer[..room]).await?;
        if read == 0 {
            to.shutdown().await?;
            break;
        }
        left -= read;
        turn += 1;
        match fault {
            Fault::Delay(time) => sleep(time).await,
            // Uneven, and the same in every run.
            Fault::Jitter(time) => sleep(time * (turn * 7 % 11) / 10).await,
            _ => {}
        }
        match fault {
            Fault::OneByte => {
                for byte in &buffer[..read] {
                    to.write_all(&[*byte]).await?;
                    tokio::task::yield_now().await;
                }
            }
            _ => to.write_all(&buffer[..read]).await?,
        }
    }
    Ok(to)
}
