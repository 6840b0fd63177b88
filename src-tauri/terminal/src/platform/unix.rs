//! Linux and macOS.

use portlight_engine::model::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read, Write},
    os::{
        fd::AsFd,
        unix::{fs::FileTypeExt, process::CommandExt},
    },
    path::Path,
    process::{Command, ExitCode},
};
use zeroize::Zeroizing;

/// Nothing to do: every program has the terminal that it was started from.
pub fn attach_console() {}

/// Standard input without Rust's buffer.
///
/// # Errors
/// Where there is no standard input.
pub fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// What a person types on the terminal of this process, one line that is not shown. Ctrl+C and Ctrl+D give up.
///
/// The terminal sends no signals meanwhile, so that there is no end of this process that would leave it silent.
///
/// # Errors
/// Where there is no terminal; [`io::ErrorKind::Interrupted`] where the person gave up.
pub fn ask_hidden(question: &str) -> io::Result<Secret> {
    let opened = File::options().read(true).write(true).open(TERMINAL)?;
    let (silent, mut terminal) = (Silent::new(&opened)?, &opened);
    terminal.write_all(question.as_bytes())?;
    // With all its room from the beginning: one that grows leaves copies.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
    let answer = loop {
        let mut byte = [0];
        let typed = if terminal.read(&mut byte)? == 0 { GIVE_UP } else { byte[0] };
        match typed {
            b'\r' | b'\n' => break Ok(str::from_utf8(&line).unwrap_or_default().to_owned().into()),
            // Ctrl+C, and Ctrl+D.
            GIVE_UP | 4 => break Err(io::ErrorKind::Interrupted.into()),
            // Ctrl+U takes all of it back.
            21 => line.clear(),
            // Backspace, as terminals send it.
            8 | 127 => {
                // A character may have several bytes.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte if line.len() < MAX_LINE => line.push(byte),
            _ => {}
        }
    };
    drop(silent);
    terminal.write_all(b"\n")?;
    answer
}

/// What a person types on the terminal of this process, one line.
///
/// # Errors
/// Where there is no terminal; [`io::ErrorKind::Interrupted`] where the person gave up.
pub fn ask(question: &str) -> io::Result<String> {
    tell(question)?;
    let mut line = String::new();
    match BufReader::new(File::open(TERMINAL)?).read_line(&mut line)? {
        0 => Err(io::ErrorKind::Interrupted.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

/// Says something to the person at the terminal of this process, whatever its output goes to.
///
/// # Errors
/// Where there is no terminal.
pub fn tell(text: &str) -> io::Result<()> {
    File::options().write(true).open(TERMINAL)?.write_all(text.as_bytes())
}

/// The terminal of a process, whatever its input and output are.
const TERMINAL: &str = "/dev/tty";
/// Ctrl+C.
const GIVE_UP: u8 = 3;
/// Bytes of a line that is typed.
const MAX_LINE: usize = 8192;

/// A terminal that shows nothing of what is typed, and is as it was before when this is dropped.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        // What was typed before the question is no answer to it.
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // One that has gone meanwhile has nothing to be put back.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Whether the output of this process goes unread: it has no terminal, and no program has given it a pipe to read from. So
/// desktops start programs.
pub fn nobody_reads() -> bool {
    let on_a_terminal = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
    let from_a_pipe = unbuffered_stdin().and_then(|stdin| stdin.metadata()).is_ok_and(|it| it.file_type().is_fifo());
    !on_a_terminal && !from_a_pipe
}

/// Libraries that a program needs and this system has not, as its loader says, which then runs nothing of it: ld.so(8). It takes about
/// 12 ms of CPU time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn missing_libraries(program: &Path) -> Vec<String> {
    let Ok(output) = Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1").output() else { return Vec::new() };
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().filter_map(|line| line.trim().strip_suffix(" => not found")).map(str::to_owned).collect()
}

/// Not known here: another loader would run the program.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn missing_libraries(_program: &Path) -> Vec<String> {
    Vec::new()
}

/// Shows a sentence by the first of these programs that there is and that can: they use other libraries than ours do.
pub fn show_without_windows(title: &str, sentence: &str) {
    let text = format!("--text={sentence}");
    let title_option = format!("--title={title}");
    let programs: [(&str, &[&str]); 4] = [
        ("zenity", &["--error", "--no-markup", &title_option, &text]),
        ("kdialog", &["--title", title, "--error", sentence]),
        ("notify-send", &["--", title, sentence]),
        ("xmessage", &["-center", "-title", title, sentence]),
    ];
    for (program, arguments) in programs {
        // 0 and 1 are a person's answers; others say that it could not show anything.
        let shown = Command::new(program).args(arguments).status();
        if shown.is_ok_and(|status| matches!(status.code(), Some(0 | 1))) {
            return;
        }
    }
}

/// Replaces this process by `program`. Comes back only where that failed.
///
/// # Errors
/// Why it failed.
pub fn replace(program: &OsStr, arguments: &[OsString]) -> io::Result<ExitCode> {
    // Its first argument is what window managers and process lists call a program.
    Err(Command::new(program).arg0("portlight").args(arguments).exec())
}
