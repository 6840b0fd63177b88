//! One run of a command: bounded in time and in what it prints, and gone afterwards with all that it has started.

use crate::{
    error::CommandError,
    model::{CommandLine, Placeholders},
    platform::ProcessGuard,
};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    path::PathBuf,
    pin::pin,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};
use zeroize::Zeroizing;

/// How much of the error output is kept, in bytes: its end.
const MAX_STDERR: usize = 4096;
/// How long to read on after the program has ended, 0.5 s: what it has started may keep its output open for good.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// What a command may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long it may run.
    pub(super) time: Duration,
    /// How many bytes it may print.
    pub(super) output: usize,
}

/// Runs `command` for a machine and returns what it has printed, which is overwritten when it is dropped. Dropping the
/// future ends the command and every process in its group.
///
/// There is no input, and the environment is Portlight's own.
///
/// # Errors
/// What went wrong; where that is the program's doing, with the last line of its error output.
pub(super) async fn run(
    command: &CommandLine,
    known: &Placeholders,
    limits: Limits,
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let program = || command.program().to_owned();
    let not_started = |cause: io::Error| match cause.kind() {
        ErrorKind::NotFound => CommandError::Missing { program: program() },
        _ => CommandError::NotStarted { program: program(), detail: cause.to_string() },
    };
    let arguments = command.arguments(known).map_err(|value| {
        let value = rfb::sanitize(value.as_bytes());
        CommandError::Option { program: program(), value }
    })?;
    // The group ends with the guard, however this function does.
    let guard = ProcessGuard::new()
        .map_err(|cause| CommandError::NotStarted { program: program(), detail: cause.to_string() })?;
    let mut process = Command::new(path_of(command.program()));
    process.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = guard.spawn(&mut process).map_err(not_started)?;

    let mut errors = VecDeque::new();
    let mut output = Zeroizing::new(Vec::with_capacity(limits.output + 1));
    let ended = timeout(limits.time, watch(&mut child, &mut output, limits.output, &mut errors)).await;
    let detail = last_line(errors.make_contiguous());
    match ended {
        Ok(Ok(status)) if status.success() => Ok(output),
        Ok(Ok(status)) => Err(CommandError::Failed { program: program(), status: words(status), detail }),
        Ok(Err(cause)) if cause.kind() == ErrorKind::FileTooLarge => {
            Err(CommandError::TooMuch { program: program(), limit: limits.output })
        }
        Ok(Err(cause)) => Err(CommandError::NotStarted { program: program(), detail: cause.to_string() }),
        Err(_) => Err(CommandError::Timeout { program: program(), seconds: limits.time.as_secs(), detail }),
    }
}

/// Reads both outputs until the program has ended.
///
/// # Errors
/// [`ErrorKind::FileTooLarge`] where it prints more than `limit`; the system's.
async fn watch(
    child: &mut Child,
    output: &mut Vec<u8>,
    limit: usize,
    errors: &mut VecDeque<u8>,
) -> io::Result<ExitStatus> {
    let broken = || io::Error::from(ErrorKind::BrokenPipe);
    let (stdout, stderr) = (child.stdout.take().ok_or_else(broken)?, child.stderr.take().ok_or_else(broken)?);
    let mut reading =
        pin!(async { tokio::try_join!(read_bounded(stdout, output, limit), keep_end(stderr, errors)).map(drop) });
    tokio::select! {
        status = child.wait() => {
            let status = status?;
            match timeout(OUTPUT_TIMEOUT, reading).await {
                Ok(read) => read.map(|()| status),
                Err(_) => Ok(status),
            }
        }
        // Its outputs are closed; it may run on all the same.
        read = &mut reading => {
            read?;
            child.wait().await
        }
    }
}

/// Reads all of `stdout` into `output`, which has room for one byte more than `limit`: it never moves, and leaves no copy.
async fn read_bounded(mut stdout: impl AsyncRead + Unpin, output: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    while output.len() <= limit {
        if stdout.read_buf(output).await? == 0 {
            return Ok(());
        }
    }
    Err(ErrorKind::FileTooLarge.into())
}

/// Reads all of `stderr` and keeps the end of it.
async fn keep_end(mut stderr: impl AsyncRead + Unpin, kept: &mut VecDeque<u8>) -> io::Result<()> {
    let mut buffer = [0; 1024];
    while let count @ 1.. = stderr.read(&mut buffer).await? {
        kept.extend(&buffer[..count]);
        let excess = kept.len().saturating_sub(MAX_STDERR);
        kept.drain(..excess);
    }
    Ok(())
}

/// The last line that says something, cleaned.
fn last_line(stderr: &[u8]) -> String {
    let mut lines = stderr.rsplit(|byte| matches!(byte, b'\n' | b'\r')).map(rfb::sanitize);
    lines.find(|line| line.contains(char::is_alphanumeric)).unwrap_or_default().trim().to_owned()
}

/// The exit code, or the system's words for what ended it.
fn words(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| code.to_string())
}

/// Where the program is: in `PATH` where it is a bare name; `~/` is the home folder.
fn path_of(program: &str) -> PathBuf {
    match (program.strip_prefix("~/"), dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(program),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::model::Target;
    use crate::test_program::write_script;
    use std::{fs, path::Path};
    use tempfile::{TempDir, tempdir};

    const LIMITS: Limits = Limits { time: Duration::from_secs(20), output: 1000 };

    /// A program of this text, in a folder of its own.
    fn script(text: &str) -> (CommandLine, TempDir) {
        let folder = tempdir().unwrap();
        let file = folder.path().join("script");
        write_script(&file, text);
        (format!("'{}' %n %h %p %u", file.display()).parse().unwrap(), folder)
    }

    fn known() -> Placeholders {
        let mut target = Target::unsaved("a; touch b".into(), "studio:1".parse().unwrap(), false);
        target.username = "ann".into();
        Placeholders::from(&target)
    }

    async fn output(text: &str) -> Result<String, CommandError> {
        let (command, _folder) = script(text);
        run(&command, &known(), LIMITS).await.map(|output| String::from_utf8(output.to_vec()).unwrap())
    }

    async fn is_there(file: &Path) -> u32 {
        loop {
            if let Some(pid) = fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()) {
                return pid;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn is_gone(pid: u32) {
        // A process that was not waited for yet is a zombie: it runs no more.
        let runs = || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        let gone = async {
            while runs() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), gone).await.expect("it ends");
    }

    #[tokio::test]
    async fn what_it_prints_comes_back_and_it_gets_words_no_input_and_our_environment() {
        let said = output(r#"printf '%s|' "$@"; cat; printf %s "$PATH""#).await.unwrap();
        assert_eq!(said, format!("a; touch b|studio|5901|ann|{}", std::env::var("PATH").unwrap()));
        assert_eq!(output("").await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_failure_is_told_with_the_exit_code_and_the_last_line_of_the_error_output() {
        let failed = output("echo one >&2; printf '\\033[31mno such entry\\n\\n' >&2; echo secret; exit 3").await;
        let Err(CommandError::Failed { program, status, detail }) = failed else { panic!("{failed:?}") };
        assert!(program.ends_with("/script"), "{program}");
        assert_eq!((status.as_str(), detail.as_str()), ("3", "[31mno such entry"));
        let killed = output("kill -9 $$").await;
        assert!(matches!(&killed, Err(CommandError::Failed { status, .. }) if status.contains('9')), "{killed:?}");
        let long = output("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1").await;
        assert!(matches!(&long, Err(CommandError::Failed { detail, .. }) if detail == "line 2999"), "{long:?}");
    }

    #[tokio::test]
    async fn a_program_that_is_missing_or_cannot_be_run_is_told() {
        for command in ["no-such-program-here", "/nowhere/at/all", "~/no/such/program"] {
            let error = run(&command.parse().unwrap(), &known(), LIMITS).await;
            assert_eq!(error.unwrap_err(), CommandError::Missing { program: command.into() });
        }
        let folder = run(&"/tmp".parse().unwrap(), &known(), LIMITS).await;
        assert!(matches!(folder, Err(CommandError::NotStarted { .. })), "{folder:?}");
        let option = Placeholders::from(&Target::unsaved("-rf\u{7}".into(), "box".parse().unwrap(), false));
        let error = run(&"echo %n".parse().unwrap(), &option, LIMITS).await;
        assert_eq!(error.unwrap_err(), CommandError::Option { program: "echo".into(), value: "-rf".into() });
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_ended_with_its_children() {
        let (command, folder) = script("sleep 100 & echo $! > \"$0.child\"; echo waiting >&2; wait");
        let limits = Limits { time: Duration::from_secs(1), ..LIMITS };
        let child = folder.path().join("script.child");
        let known = known();
        let (ended, pid) = tokio::join!(run(&command, &known, limits), is_there(&child));
        let Err(CommandError::Timeout { seconds: 1, detail, .. }) = &ended else { panic!("{ended:?}") };
        assert_eq!(detail, "waiting");
        is_gone(pid).await;
    }

    #[tokio::test]
    async fn one_that_is_no_longer_wanted_is_ended_with_its_children() {
        let (command, folder) = script("trap '' TERM; sleep 100 & echo $! > \"$0.child\"; wait");
        let child = folder.path().join("script.child");
        let known = known();
        let pid = tokio::select! {
            ended = run(&command, &known, LIMITS) => panic!("{ended:?}"),
            pid = is_there(&child) => pid,
        };
        is_gone(pid).await;
    }

    #[tokio::test]
    async fn a_child_that_keeps_the_output_open_is_not_waited_for() {
        let began = std::time::Instant::now();
        assert_eq!(output("echo secret; sleep 100 &").await.unwrap(), "secret\n");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn more_than_the_limit_ends_it() {
        assert_eq!(output("head -c 1000 /dev/zero | tr '\\0' a").await.map(|text| text.len()), Ok(1000));
        for text in ["head -c 1001 /dev/zero", "yes"] {
            let error = output(text).await.unwrap_err();
            assert!(matches!(error, CommandError::TooMuch { limit: 1000, .. }), "{error:?}");
        }
    }
}
