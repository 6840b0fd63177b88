//! SOCKS 5 from the client's side ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)), with user name and password
//! ([RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)).

use super::{Failed, told};
use std::net::IpAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

const VERSION: u8 = 5;
/// Methods of authentication (section 3).
const OPEN: u8 = 0;
const PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;
/// The version of the exchange of user name and password (RFC 1929, section 2).
const PASSWORD_VERSION: u8 = 1;
/// The command and the kinds of addresses (section 4).
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Has the proxy connect to `hostname`, a name that it looks up itself.
pub(super) async fn lead(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    login: Option<(&str, &str)>,
    hostname: &str,
    port: u16,
) -> Result<(), Failed> {
    let request = request(hostname, port)?;
    let methods: &[u8] = if login.is_some() { &[VERSION, 2, OPEN, PASSWORD] } else { &[VERSION, 1, OPEN] };
    send(stream, methods).await?;
    let version = stream.read_u8().await?;
    if version != VERSION {
        return Err(not_socks(version));
    }
    match (stream.read_u8().await?, login) {
        (OPEN, _) => {}
        (PASSWORD, Some((username, password))) => log_in(stream, username, password).await?,
        (NO_METHOD, None) => return Err(Failed::LoginWanted),
        (NO_METHOD, Some(_)) => return Err(Failed::Other("it takes no login with a password".to_owned())),
        (method, _) => return Err(Failed::NotProxy(format!("it chose the method {method}, which was not offered"))),
    }
    send(stream, &request).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [version, reply, _, kind] = head;
    if version != VERSION {
        return Err(not_socks(version));
    }
    refusal(reply).map_or(Ok(()), Err)?;
    // Where the proxy is bound means nothing to us, but what follows is the machine's.
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(stream.read_u8().await?),
        _ => return Err(Failed::NotProxy(format!("it has an address of the unknown kind {kind}"))),
    };
    let mut bound = [0; 255 + 2];
    stream.read_exact(&mut bound[..length + 2]).await?;
    Ok(())
}

async fn log_in(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    username: &str,
    password: &str,
) -> Result<(), Failed> {
    let mut message = Zeroizing::new(Vec::with_capacity(3 + username.len() + password.len()));
    message.push(PASSWORD_VERSION);
    for part in [username, password] {
        let length = u8::try_from(part.len()).map_err(|_| Failed::Denied("it is too long for SOCKS".to_owned()))?;
        message.push(length);
        message.extend_from_slice(part.as_bytes());
    }
    send(stream, &message).await?;
    let mut answer = [0; 2];
    // Some hang up in place of a status, as they have to do after one.
    match stream.read_exact(&mut answer).await {
        Ok(_) => {}
        Err(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(Failed::Denied("it hung up at the login".to_owned()));
        }
        Err(cause) => return Err(cause.into()),
    }
    match answer {
        // dante and others say 5 there.
        [PASSWORD_VERSION | VERSION, 0] => Ok(()),
        [PASSWORD_VERSION | VERSION, _] => Err(Failed::Denied(String::new())),
        [version, _] => Err(not_socks(version)),
    }
}

fn request(hostname: &str, port: u16) -> Result<Vec<u8>, Failed> {
    let hostname = told(hostname);
    let mut request = vec![VERSION, CONNECT, 0];
    match hostname.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            let length = u8::try_from(hostname.len())
                .map_err(|_| Failed::Other("the machine's name is too long for SOCKS".to_owned()))?;
            request.extend([NAME, length]);
            request.extend(hostname.as_bytes());
        }
    }
    request.extend(port.to_be_bytes());
    Ok(request)
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), Failed> {
    stream.write_all(bytes).await?;
    Ok(stream.flush().await?)
}

/// What a reply says (section 6); none where the way is open.
fn refusal(reply: u8) -> Option<Failed> {
    Some(match reply {
        0 => return None,
        1 => Failed::Beyond("it says no more than that it failed".to_owned()),
        2 => Failed::Prohibited("its rules".to_owned()),
        3 => Failed::Beyond("the network is unreachable".to_owned()),
        4 => Failed::Beyond("the machine is unreachable, or its name unknown there".to_owned()),
        5 => Failed::Beyond("the machine refuses the connection".to_owned()),
        6 => Failed::Beyond("the machine does not answer".to_owned()),
        7 => Failed::Other("it does not connect for others".to_owned()),
        8 => Failed::Other("it does not know this kind of address".to_owned()),
        other => Failed::NotProxy(format!("it replies {other}, which has no meaning")),
    })
}

/// What answers instead, by its first byte.
fn not_socks(version: u8) -> Failed {
    Failed::NotProxy(match version {
        0 | 4 => "it speaks SOCKS 4".to_owned(),
        b'H' => "it answers like a web server or an HTTP proxy: is it http:// in place of socks5://?".to_owned(),
        b'R' => "it answers like a VNC server".to_owned(),
        b'S' => "it answers like an SSH server".to_owned(),
        0x15 | 0x16 => "it wants TLS".to_owned(),
        other => format!("it does not speak SOCKS 5, but begins with {other}"),
    })
}
