//! ssh as a process that cannot outlive its session, and as a stream.

use super::failure::Ended;
use crate::platform::ProcessGuard;
use bytes::{Buf, BytesMut};
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    pin::Pin,
    process::Stdio,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

/// How much of ssh's error output is kept, in bytes: the end, which says why ssh ended.
const MAX_STDERR: usize = 4096;
/// How long ssh may take to end after it has closed its output, 2 s. It ends at once, unless a process that it has started
/// still uses its input.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to read on after ssh has ended, 0.5 s: a process of the user's that it has started may keep its error output
/// open for good.
const STDERR_TIMEOUT: Duration = Duration::from_millis(500);

/// A byte stream through ssh. Dropping it ends ssh and every process that ssh has started.
///
/// After the last byte a read fails with [`Ended`] where ssh's exit status was not 0.
pub(super) struct Tunnel {
    /// What [`Tunnel::first_bytes`] has read, still to be handed out.
    early: BytesMut,
    /// None after shutdown.
    input: Option<ChildStdin>,
    output: ChildStdout,
    state: State,
    /// Carries what ssh says to the SSH host, where that is not TCP of its own.
    _carrying: Option<AbortOnDropHandle<()>>,
}

enum State {
    Running(Box<Process>),
    Ending(Pin<Box<dyn Future<Output = Result<(), Ended>> + Send>>),
    Ended(Result<(), Ended>),
}

impl Tunnel {
    /// Starts `command`, which is ssh.
    ///
    /// # Errors
    /// The system's; [`ErrorKind::NotFound`] where there is no such program.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let broken = || io::Error::from(ErrorKind::BrokenPipe);
        // Closing ssh's input would not be enough to end it: ssh then tells the server that nothing more comes, and stays
        // until the server has closed its side, too. While it connects it does not look at its input at all.
        let guard = ProcessGuard::new()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = guard.spawn(command)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        let reading = tokio::spawn(read_stderr(errors.ok_or_else(broken)?, Arc::clone(&stderr)));
        let reading = AbortOnDropHandle::new(reading);
        let process = Process { child, stderr, reading, _guard: guard };
        Ok(Self {
            early: BytesMut::new(),
            input: Some(input.ok_or_else(broken)?),
            output: output.ok_or_else(broken)?,
            state: State::Running(Box::new(process)),
            _carrying: None,
        })
    }

    /// The same, with what carries it: that ends with the stream.
    pub(super) fn carried(self, by: Option<AbortOnDropHandle<()>>) -> Self {
        Self { _carrying: by, ..self }
    }

    /// Waits for the first bytes, which stay to be read; false where the stream ends without one. Can be dropped and
    /// called again.
    ///
    /// # Errors
    /// [`Ended`].
    pub(super) async fn first_bytes(&mut self) -> io::Result<bool> {
        let mut early = BytesMut::with_capacity(4096);
        let count = self.read_buf(&mut early).await?;
        self.early = early;
        Ok(count > 0)
    }

    /// After the last byte: waits for ssh's end and returns what it was.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input = None;
        loop {
            match &mut self.state {
                State::Ended(end) => return Poll::Ready(end.clone().map_err(io::Error::other)),
                State::Ending(end) => self.state = State::Ended(ready!(end.as_mut().poll(cx))),
                State::Running(_) => {
                    if let State::Running(process) = std::mem::replace(&mut self.state, State::Ended(Ok(()))) {
                        self.state = State::Ending(Box::pin(process.end()));
                    }
                }
            }
        }
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.early.is_empty() {
            let count = this.early.len().min(buf.remaining());
            buf.put_slice(&this.early[..count]);
            this.early.advance(count);
            return Poll::Ready(Ok(()));
        }
        let (before, room) = (buf.filled().len(), buf.remaining());
        if matches!(this.state, State::Running(_)) {
            ready!(Pin::new(&mut this.output).poll_read(cx, buf))?;
        }
        if buf.filled().len() > before || room == 0 { Poll::Ready(Ok(())) } else { this.poll_end(cx) }
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match &mut this.input {
            Some(input) => Pin::new(input).poll_write(cx, buf),
            None => Poll::Ready(Err(ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Closes ssh's input; ssh passes that on to the server.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().input = None;
        Poll::Ready(Ok(()))
    }
}

/// The process of ssh.
struct Process {
    child: Child,
    stderr: Arc<Mutex<VecDeque<u8>>>,
    reading: AbortOnDropHandle<()>,
    _guard: ProcessGuard,
}

impl Process {
    /// Waits for ssh's end, no longer than [`EXIT_TIMEOUT`].
    async fn end(mut self) -> Result<(), Ended> {
        let status = match timeout(EXIT_TIMEOUT, self.child.wait()).await {
            Err(_) => return Ok(()),
            Ok(Ok(status)) if status.success() => return Ok(()),
            Ok(status) => status,
        };
        let _ = timeout(STDERR_TIMEOUT, &mut self.reading).await;
        let stderr = sanitised(self.stderr.lock().make_contiguous());
        let detail = match status {
            _ if !stderr.is_empty() => stderr,
            Ok(status) => status.to_string(),
            Err(cause) => cause.to_string(),
        };
        Err(Ended { detail })
    }
}

/// Reads all of ssh's error output and keeps the end of it.
async fn read_stderr(mut errors: ChildStderr, kept: Arc<Mutex<VecDeque<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = errors.read(&mut buffer).await {
        let mut kept = kept.lock();
        kept.extend(&buffer[..count]);
        let excess = kept.len().saturating_sub(MAX_STDERR);
        kept.drain(..excess);
    }
}

/// ssh's error output as text, without the lines of `@` around its warnings.
fn sanitised(stderr: &[u8]) -> String {
    let lines = stderr.split(|byte| *byte == b'\n').map(rfb::sanitize);
    let lines: Vec<_> = lines.filter(|line| line.contains(|c: char| c.is_alphanumeric())).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_output_is_quoted_without_the_frames_of_warnings() {
        let words = b"@@@@@@@@\r\n@  WARNING: CHANGED!  @\r\n@@@@@@@@\r\n\x1b[1mred\r\n\r\nend.";
        assert_eq!(sanitised(words), "@  WARNING: CHANGED!  @\n[1mred\nend.");
        assert_eq!(sanitised(b"\r\n---\n"), "");
    }

    #[tokio::test]
    async fn an_exit_status_but_0_is_told_with_the_end_of_the_error_output() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 3"]);
        let mut tunnel = Tunnel::start(&mut command).unwrap();
        let error = tunnel.first_bytes().await.unwrap_err();
        let Ended { detail } = error.get_ref().unwrap().downcast_ref().unwrap();
        assert!(detail.ends_with("line 1998\nline 1999"), "{detail}");
        assert!(detail.len() <= MAX_STDERR, "{}", detail.len());
        let again = tunnel.read_u8().await.unwrap_err();
        assert_eq!(again.to_string(), format!("ssh: {detail}"), "and so it stays");
    }

    #[tokio::test]
    async fn an_exit_status_but_0_without_error_output_is_told_as_it_is() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exit 3"]);
        let error = Tunnel::start(&mut command).unwrap().first_bytes().await.unwrap_err();
        assert_eq!(error.to_string(), "ssh: exit status: 3");
    }

    #[tokio::test]
    async fn what_came_before_the_end_is_read_before_it() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo RFB; echo gone >&2; exit 1"]);
        let mut tunnel = Tunnel::start(&mut command).unwrap();
        assert!(tunnel.first_bytes().await.unwrap());
        let mut read = Vec::new();
        let error = tunnel.read_to_end(&mut read).await.unwrap_err();
        assert_eq!((read.as_slice(), error.to_string().as_str()), (&b"RFB\n"[..], "ssh: gone"));
    }
}
