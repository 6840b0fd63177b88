//! The client's own certificate: out of files, and what a server makes of it.
//!
//! In TLS 1.3 a server's alert about it comes when the client's side of the handshake is through
//! ([RFC 8446, section 4.4.2.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.4)), so that it is read in the place of
//! the first bytes; some servers only close.

#![allow(unsafe_code, reason = "the openssl crate has no interface to SSL_CTX_set_cert_cb")]

use super::{alert, is_end, reasons};
use crate::{error::ConnectError, model::Secret};
use openssl::{
    error::ErrorStack,
    ex_data::Index,
    pkey::{PKey, Private},
    ssl::{self, SslContext, SslContextBuilder},
    x509::X509,
};
use std::{
    ffi::{c_int, c_void},
    fs::{self, File},
    io::{self, ErrorKind, Read},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::spawn_blocking,
};
use zeroize::Zeroizing;

/// The largest file, in bytes: 1 MiB. A chain with its key has some kilobytes.
const MAX_FILE: u64 = 1 << 20;

/// A certificate with its key, and the certificates of its authorities.
pub(crate) struct ClientCertificate {
    chain: Vec<X509>,
    key: PKey<Private>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The key is encrypted, and this is not its passphrase, or none was given.
    Passphrase,
    /// A file cannot be used.
    File { path: String, detail: String },
}

impl ClientCertificate {
    /// Reads PEM files.
    pub(crate) async fn load(certificate: String, key: String, passphrase: Option<Secret>) -> Result<Self, Unusable> {
        let loading = spawn_blocking(move || {
            let loaded = read_files(&certificate, &key, passphrase.as_ref());
            // What could not be read may have left errors with this thread, which OpenSSL would report with its next call.
            drop(ErrorStack::get());
            loaded
        });
        loading.await.unwrap_or_else(|cause| Err(Unusable::File { path: String::new(), detail: cause.to_string() }))
    }

    /// The connection shows it where the server asks for one.
    pub(super) fn use_for(&self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        if let [own, authorities @ ..] = &self.chain[..] {
            context.set_certificate(own)?;
            authorities.iter().try_for_each(|authority| context.add_extra_chain_cert(authority.clone()))?;
        }
        context.set_private_key(&self.key)
    }
}

fn read_files(certificate: &str, key: &str, passphrase: Option<&Secret>) -> Result<ClientCertificate, Unusable> {
    let unusable = |path: &str, detail: &str| Unusable::File { path: path.to_owned(), detail: detail.to_owned() };
    let text = read(certificate).map_err(|detail| unusable(certificate, &detail))?;
    let chain = X509::stack_from_pem(&text).map_err(|errors| unusable(certificate, &reasons(&errors)))?;
    let own = chain.first().ok_or_else(|| unusable(certificate, "it has no certificate in PEM form"))?;
    let public = own.public_key().map_err(|errors| unusable(certificate, &reasons(&errors)))?;
    let text = if key == certificate { text } else { read(key).map_err(|detail| unusable(key, &detail))? };
    let (mut is_encrypted, mut fits) = (false, true);
    let parsed = PKey::private_key_from_pem_callback(&text, |room| {
        is_encrypted = true;
        let words = passphrase.map_or(&[][..], |passphrase| passphrase.expose().as_bytes());
        let place = room.get_mut(..words.len());
        fits = place.is_some();
        Ok(place.map_or(0, |room| {
            room.copy_from_slice(words);
            words.len()
        }))
    });
    let key_of = parsed.map_err(|errors| match is_encrypted {
        true if !fits => unusable(key, "the passphrase is longer than OpenSSL takes"),
        true => Unusable::Passphrase,
        false if !text.windows(KEY.len()).any(|part| part == KEY) => unusable(key, "it has no key in PEM form"),
        false => unusable(key, &reasons(&errors)),
    })?;
    if !public.public_eq(&key_of) {
        return Err(unusable(key, "its key is not that of the certificate"));
    }
    Ok(ClientCertificate { chain, key: key_of })
}

const KEY: &[u8] = b"PRIVATE KEY-----";

fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    // Before it is opened: a named pipe would be waited for without end.
    if !fs::metadata(path).map_err(|cause| cause.to_string())?.is_file() {
        return Err("it is not a file".to_owned());
    }
    let file = File::open(path).map_err(|cause| cause.to_string())?;
    let mut text = Zeroizing::new(Vec::new());
    file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(|cause| cause.to_string())?;
    if text.len() as u64 > MAX_FILE { Err("it is too large".to_owned()) } else { Ok(text) }
}

/// Whether the server has asked for a certificate.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<AtomicBool>);

impl Asked {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes it for all connections of this context.
    pub(super) fn watch(&self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        static INDEX: OnceLock<Index<SslContext, Arc<AtomicBool>>> = OnceLock::new();
        let index = match INDEX.get() {
            Some(index) => *index,
            None => *INDEX.get_or_init({
                let index = SslContext::new_ex_index()?;
                move || index
            }),
        };
        context.set_ex_data(index, Arc::clone(&self.0));
        let flag = Arc::as_ptr(&self.0).cast_mut().cast();
        // SAFETY: the context is alive. What `flag` points to belongs to the context from the line before on, and each
        // connection, which inherits function and pointer, keeps its context alive.
        unsafe { SSL_CTX_set_cert_cb(context.as_ptr(), Some(note), flag) };
        Ok(())
    }
}

/// OpenSSL wants to send the client's certificate, if there is one, as the server has asked for it.
unsafe extern "C" fn note(_: *mut openssl_sys::SSL, flag: *mut c_void) -> c_int {
    // SAFETY: it is the pointer that `Asked::watch` gave, and its context is alive while one of its connections is used.
    unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
    // Go on.
    1
}

unsafe extern "C" {
    fn SSL_CTX_set_cert_cb(
        context: *mut openssl_sys::SSL_CTX,
        callback: Option<unsafe extern "C" fn(*mut openssl_sys::SSL, *mut c_void) -> c_int>,
        argument: *mut c_void,
    );
}

/// A server has asked for a certificate, and gone without a word of its own protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server did not accept the client's certificate, or that there is none")]
pub(crate) struct Refusal {
    /// It was shown one.
    pub(crate) shown: bool,
    /// The server's alert, in OpenSSL's words; none where it only closed.
    pub(crate) alert: Option<String>,
}

impl Refusal {
    /// As the error for `address`.
    pub(crate) fn explain(&self, address: String) -> ConnectError {
        let detail = self.alert.clone().unwrap_or_default();
        match self.shown {
            true => ConnectError::ClientCertificateRefused { address, detail },
            false => ConnectError::ClientCertificateWanted { address, detail },
        }
    }

    /// What a stream ended with, where it was that.
    pub(crate) fn of(cause: &io::Error) -> Option<&Self> {
        cause.get_ref()?.downcast_ref()
    }
}

/// TLS after the client's side of the handshake: how it ends before the server's first bytes may be what the server says to
/// the client's certificate.
pub(super) struct Unconfirmed<S> {
    stream: S,
    /// What an end means; none where the server did not ask, or has said something.
    refusal: Option<Refusal>,
}

impl<S> Unconfirmed<S> {
    pub(super) fn new(stream: S, refusal: Option<Refusal>) -> Self {
        Self { stream, refusal }
    }

    fn explain(&mut self, cause: io::Error) -> io::Error {
        let error = cause.get_ref().and_then(|cause| cause.downcast_ref::<ssl::Error>());
        let broken = matches!(cause.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        let ended = error.map_or(broken, is_end);
        let alert = error.and_then(ssl::Error::ssl_error).and_then(alert);
        match self.refusal.take_if(|_| ended) {
            Some(refusal) => io::Error::other(Refusal { alert, ..refusal }),
            None => cause,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unconfirmed<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (this, before) = (self.get_mut(), buf.filled().len());
        if this.refusal.is_none() || buf.remaining() == 0 {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        if let Err(cause) = ready!(Pin::new(&mut this.stream).poll_read(cx, buf)) {
            return Poll::Ready(Err(this.explain(cause)));
        }
        match this.refusal.take() {
            Some(refusal) if buf.filled().len() == before => Poll::Ready(Err(io::Error::other(refusal))),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unconfirmed<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        Pin::new(&mut this.stream).poll_write(cx, buf).map_err(|cause| this.explain(cause))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        Pin::new(&mut this.stream).poll_flush(cx).map_err(|cause| this.explain(cause))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
