//! A display with several monitors side by side: of TigerVNC's X server, which a viewer may tell how many it has.

use super::{display::Display, server::free_port};
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

/// Pixels of each monitor.
const SIZE: (u16, u16) = (700, 900);

/// The way by which a viewer changes them.
pub struct Monitors(u16);

impl Monitors {
    /// Starts a display with so many; `xvnc` is the program, without arguments.
    pub async fn start(xvnc: &mut Command, count: u8) -> (Display, Self) {
        let port = free_port();
        let geometry = format!("{}x{}", u16::from(count) * SIZE.0, SIZE.1);
        xvnc.args(["-SecurityTypes", "None", "-geometry", &geometry, "-depth", "24", "-localhost"]);
        let display = Display::start("Xvnc", xvnc.args(["-rfbport", &port.to_string()])).await;
        let monitors = Self(port);
        monitors.set(count);
        (display, monitors)
    }

    /// There are so many now: the last ones go, or come.
    pub fn set(&self, count: u8) {
        set_screens(self.0, count, SIZE).expect("a viewer's way to the display");
    }
}

/// Gives a server of TigerVNC's so many screens of this size, side by side: SetDesktopSize of the [RFB specification](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#setdesktopsize).
///
/// # Errors
/// What the connection says.
pub fn set_screens(port: u16, count: u8, (width, height): (u16, u16)) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let read = |count: usize| {
        let mut bytes = vec![0; count];
        (&stream).read_exact(&mut bytes).map(|()| bytes)
    };
    let say = |bytes: &[u8]| (&stream).write_all(bytes);
    read(12)?;
    say(b"RFB 003.008\n")?;
    read(2)?;
    say(&[1])?; // None
    read(4)?;
    say(&[1])?; // shared
    let name = read(24)?;
    read(usize::from(name[23]))?;
    say(&[2, 0, 0, 1])?; // SetEncodings: ExtendedDesktopSize
    say(&(-308_i32).to_be_bytes())?;
    let two = |value: u16| value.to_be_bytes();
    let mut message = vec![251, 0];
    message.extend([two(u16::from(count) * width), two(height)].concat());
    message.extend([count, 0]);
    for number in 0..u16::from(count) {
        message.extend(u32::from(number).to_be_bytes());
        message.extend([two(number * width), two(0), two(width), two(height)].concat());
        message.extend(0_u32.to_be_bytes());
    }
    say(&message)?;
    // The answer is a rectangle of an update; an update is asked for.
    say(&[[3, 0].as_slice(), &two(0), &two(0), &two(1), &two(1)].concat())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    std::io::copy(&mut stream, &mut std::io::sink())?;
    Ok(())
}
