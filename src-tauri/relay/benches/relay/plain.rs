//! The reference: a relay that copies between two TCP sockets, 64 KiB at a time.

use std::convert::Infallible;
use tokio::{
    io::copy_bidirectional_with_sizes,
    net::{TcpListener, TcpStream},
};

/// The argument that starts it.
pub const NAME: &str = "plain-copy";

const BUFFER: usize = 64 * 1024;

/// Prints its address, and relays to `target` until it is killed.
#[tokio::main]
pub async fn run(target: &str) -> ! {
    let Err::<Infallible, _>(cause) = serve(target).await;
    panic!("the plain copy failed: {cause}");
}

async fn serve(target: &str) -> std::io::Result<Infallible> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (mut client, _) = listener.accept().await?;
        let target = target.to_owned();
        tokio::spawn(async move {
            let mut server = TcpStream::connect(target).await?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await
        });
    }
}
