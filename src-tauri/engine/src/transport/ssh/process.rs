//! ssh as a process that cannot outlive its session, and as a stream.

use super::failure::Ended;
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

/// What is kept of ssh's words: the last ones, which say why it ended.
const MAX_WORDS: usize = 4096;
/// ssh has closed its output: then it ends at once, unless what it said it to still writes.
const END_PATIENCE: Duration = Duration::from_secs(2);
/// What a process leaves behind that holds ssh's error output may be the user's own, and stay.
const WORDS_PATIENCE: Duration = Duration::from_millis(500);

/// Bytes through ssh. Dropped, ssh ends, and so does what it has started.
///
/// A read at the end of the bytes fails with [`Ended`] where ssh ended otherwise than well.
pub(super) struct Tunnel {
    /// What was read before anybody read.
    early: BytesMut,
    /// None once there is nothing more to send.
    input: Option<ChildStdin>,
    output: ChildStdout,
    state: State,
}

enum State {
    Running(Box<Process>),
    Ending(Pin<Box<dyn Future<Output = Result<(), Ended>> + Send>>),
    Ended(Result<(), Ended>),
}

impl Tunnel {
    /// Starts `command`.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let broken = || io::Error::from(ErrorKind::BrokenPipe);
        let group = Group::new()?;
        group.admit(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let words = Arc::new(Mutex::new(VecDeque::new()));
        let listening = tokio::spawn(listen(errors.ok_or_else(broken)?, Arc::clone(&words)));
        let listening = AbortOnDropHandle::new(listening);
        let process = Process { child, words, listening, _group: group };
        Ok(Self {
            early: BytesMut::new(),
            input: Some(input.ok_or_else(broken)?),
            output: output.ok_or_else(broken)?,
            state: State::Running(Box::new(process)),
        })
    }

    /// Waits for the first bytes, which stay to be read; false where there are none.
    pub(super) async fn begins(&mut self) -> io::Result<bool> {
        let mut early = BytesMut::with_capacity(4096);
        let count = self.read_buf(&mut early).await?;
        self.early = early;
        Ok(count > 0)
    }

    /// There are no more bytes: waits for ssh's end and says what it was.
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

    /// Closes ssh's input, which tells the server that nothing more comes.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().input = None;
        Poll::Ready(Ok(()))
    }
}

/// ssh itself.
struct Process {
    child: Child,
    words: Arc<Mutex<VecDeque<u8>>>,
    listening: AbortOnDropHandle<()>,
    _group: Group,
}

impl Process {
    /// Waits for ssh's end; without one it is ended.
    async fn end(mut self) -> Result<(), Ended> {
        let status = match timeout(END_PATIENCE, self.child.wait()).await {
            Err(_) => return Ok(()),
            Ok(Ok(status)) if status.success() => return Ok(()),
            Ok(status) => status,
        };
        let _ = timeout(WORDS_PATIENCE, &mut self.listening).await;
        let words = self.words.lock().make_contiguous().to_vec();
        let said = cleaned(&words);
        let detail = match status {
            _ if !said.is_empty() => said,
            Ok(status) => status.to_string(),
            Err(cause) => cause.to_string(),
        };
        Err(Ended { detail })
    }
}

/// Hears all that ssh says, and keeps the last of it.
async fn listen(mut errors: ChildStderr, words: Arc<Mutex<VecDeque<u8>>>) {
    let mut heard = [0; 1024];
    while let Ok(count @ 1..) = errors.read(&mut heard).await {
        let mut words = words.lock();
        words.extend(&heard[..count]);
        let excess = words.len().saturating_sub(MAX_WORDS);
        words.drain(..excess);
    }
}

/// ssh's words, fit to be shown: the frames of its warnings are left out.
fn cleaned(words: &[u8]) -> String {
    let lines = words.split(|byte| *byte == b'\n').map(rfb::sanitize);
    let lines: Vec<_> = lines.filter(|line| line.contains(|c: char| c.is_alphanumeric())).collect();
    lines.join("\n")
}

/// A process group that ends when we let go of it, or end ourselves in whatever way: `kill -9` too.
///
/// Closing ssh's input is not enough. ssh then tells the server that nothing more comes, and stays until the server has
/// closed its side too; and while it connects or waits for an answer it does not look at its input at all. So a shell
/// waits with them for the end of a pipe that only we hold, and takes the whole group along. It leads the group, so that
/// the group's number cannot become another's.
#[cfg(unix)]
struct Group {
    id: i32,
    _lifeline: ChildStdin,
    _guard: Child,
}

#[cfg(unix)]
impl Group {
    /// Asks politely first: the user's `ProxyCommand` may have something to put away.
    const GUARD: &str = "trap '' HUP INT TERM; read -r end; kill -TERM 0; sleep 1; kill -KILL 0";

    fn new() -> io::Result<Self> {
        let mut guard = Command::new("/bin/sh");
        guard.args(["-c", Self::GUARD]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut guard = guard.process_group(0).spawn()?;
        let id = guard.id().and_then(|id| id.try_into().ok());
        let (Some(id), Some(lifeline)) = (id, guard.stdin.take()) else { return Err(ErrorKind::BrokenPipe.into()) };
        Ok(Self { id, _lifeline: lifeline, _guard: guard })
    }

    fn admit(&self, command: &mut Command) {
        command.process_group(self.id);
    }
}

/// Windows has no process groups of this kind. ssh is ended with its session; where Portlight itself is ended from
/// outside, its pipes close, which ends ssh when the server closes its side.
#[cfg(windows)]
struct Group;

#[cfg(windows)]
impl Group {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    #[cfg(windows)]
    fn admit(&self, command: &mut Command) {
        // CREATE_NO_WINDOW: no console appears beside the viewer.
        command.creation_flags(0x0800_0000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_without_their_frames() {
        let words = b"@@@@@@@@\r\n@  WARNING: CHANGED!  @\r\n@@@@@@@@\r\n\x1b[1mred\r\n\r\nend.";
        assert_eq!(cleaned(words), "@  WARNING: CHANGED!  @\n[1mred\nend.");
        assert_eq!(cleaned(b"\r\n---\n"), "");
    }

    #[tokio::test]
    async fn who_ends_badly_is_quoted_with_the_last_words() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 3"]);
        let mut tunnel = Tunnel::start(&mut command).unwrap();
        let error = tunnel.begins().await.unwrap_err();
        let Ended { detail } = error.get_ref().unwrap().downcast_ref().unwrap();
        assert!(detail.ends_with("line 1998\nline 1999"), "{detail}");
        assert!(detail.len() <= MAX_WORDS, "{}", detail.len());
        let again = tunnel.read_u8().await.unwrap_err();
        assert_eq!(again.to_string(), format!("ssh: {detail}"), "and so it stays");
    }

    #[tokio::test]
    async fn who_ends_badly_without_a_word_is_told_by_the_status() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exit 3"]);
        let error = Tunnel::start(&mut command).unwrap().begins().await.unwrap_err();
        assert_eq!(error.to_string(), "ssh: exit status: 3");
    }

    #[tokio::test]
    async fn what_came_before_the_end_is_read_before_it() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo RFB; echo gone >&2; exit 1"]);
        let mut tunnel = Tunnel::start(&mut command).unwrap();
        assert!(tunnel.begins().await.unwrap());
        let mut read = Vec::new();
        let error = tunnel.read_to_end(&mut read).await.unwrap_err();
        assert_eq!((read.as_slice(), error.to_string().as_str()), (&b"RFB\n"[..], "ssh: gone"));
    }
}
