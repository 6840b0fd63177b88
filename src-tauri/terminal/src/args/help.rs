//! What `portlight --help` prints. Its first part is the grammar as well: an option is known where the usage has it, so what
//! is printed, what is read, the manual page and the completions cannot differ.

/// `portlight --help`.
pub const HELP: &str = "\
Portlight: double-click your machines.

Usage: portlight [--view-only] [--quick] [--new] [--background] [TARGET...]
       portlight connect TARGET... [--view-only]
       portlight open SET [--view-only]
       portlight list [--tag TAG] [--json]
       portlight show NAME [--json]
       portlight add ADDRESS [--name NAME] [--username NAME] [--password-stdin]
                     [--ask-password] [--named-login NAME] [--ssh-host HOST]
                     [--proxy URL] [--mac MAC] [--wake-address ADDRESS]
                     [--wake-port PORT] [--wake-ssh-host HOST] [--secure-on-stdin]
                     [--ask-secure-on] [--tag TAG]
                     [--colour blue|amber|green|red|violet|grey|none]
                     [--notes TEXT] [--favourite] [--view-only] [--frame] [--ask-lines]
                     [--no-reconnect]
                     [--picture shown|blurred|off] [--password-command COMMAND]
                     [--console-command COMMAND] [--repeater-id ID] [--ca-file FILE]
                     [--client-certificate FILE] [--client-key FILE] [--old-tls]
                     [--no-proxy] [--http-username NAME] [--http-password-stdin]
                     [--ask-http-password] [--http-headers-stdin] [--secret-name NAME]
                     [--secret-stdin] [--ask-secret]
                     [--scaling fit|actual|follow|PERCENT|as-for-all]
                     [--quality automatic|best|good|low|as-for-all]
                     [--clipboard off|to-server|from-server|both|as-for-all]
                     [--rewind kept|off|as-for-all] [--layout LAYOUT]
                     [--composing here|there|as-for-all]
                     [--cursor server|always-dot|nothing] [--grab] [--full-screen]
                     [--screen NUMBER|all] [--apart] [--json]
       portlight edit NAME [--name NAME] [--address ADDRESS] [--logins keep|forget]
                     [--username NAME] [--password-stdin] [--ask-password]
                     [--forget-password] [--named-login NAME] [--ssh-host HOST]
                     [--proxy URL] [--mac MAC] [--wake-address ADDRESS]
                     [--wake-port PORT] [--wake-ssh-host HOST] [--secure-on-stdin]
                     [--ask-secure-on] [--forget-secure-on] [--tag TAG] [--no-tag TAG]
                     [--colour blue|amber|green|red|violet|grey|none] [--notes TEXT]
                     [--favourite] [--no-favourite] [--view-only] [--no-view-only]
                     [--frame] [--no-frame] [--ask-lines] [--no-ask-lines]
                     [--reconnect] [--no-reconnect] [--picture shown|blurred|off]
                     [--password-command COMMAND] [--console-command COMMAND]
                     [--repeater-id ID] [--ca-file FILE] [--client-certificate FILE]
                     [--client-key FILE] [--old-tls] [--no-old-tls] [--no-proxy]
                     [--env-proxy] [--http-username NAME] [--http-password-stdin]
                     [--ask-http-password] [--http-headers-stdin] [--forget-http-login]
                     [--secret-name NAME] [--secret-stdin] [--ask-secret]
                     [--forget-secret]
                     [--scaling fit|actual|follow|PERCENT|as-for-all]
                     [--quality automatic|best|good|low|as-for-all]
                     [--clipboard off|to-server|from-server|both|as-for-all]
                     [--rewind kept|off|as-for-all] [--layout LAYOUT]
                     [--cursor server|always-dot|nothing] [--grab] [--no-grab]
                     [--composing here|there|as-for-all] [--full-screen]
                     [--no-full-screen]
                     [--screen NUMBER|all] [--apart] [--no-apart] [--json]
       portlight remove NAME... [--json]
       portlight wake NAME
       portlight doctor TARGET [--json] [--login] [--password-stdin] [--username NAME]
                               [--trust SHA256|any]
       portlight relay TARGET [--port PORT] [--origin ORIGIN] [--again] [--username NAME]
                              [--password-stdin] [--trust SHA256|any] [--json]
       portlight import FILE... [--site URL] [--yes] [--passwords] [--all]
                                [--json]
       portlight export --format portlight|csv|websockify

  TARGET             a saved machine's name, or an address: box, box:1, box::5905,
                     [::1]:5901, vnc://box, /path/to/socket, wss://site/path?token=abc.
                     tag:lab opens all machines with that tag. Without one the list opens.
                     A recording's file (.plrec) is played. A file of how a machine is
                     reached (.vnc, .tigervnc, .remmina, .vv, .vncloc, .portlight) opens
                     that, and nothing of it is kept. Files and links may be several.
  --view-only        only watch
  --quick            a small window: type a machine's name or an address, press Enter
  --new              the list, with the form of a new machine
  --background       no window: wait in the tray
  --version          print the version; with --verbose also how this machine draws
  --help             print this; after a command's name, what belongs to that

connect opens a machine's screen, as a TARGET without a command does: for machines that are
called like a command. What follows -- is never an option nor a command.

  --view-only        only watch

open opens all machines of a set: those with this tag. Those asleep are woken up.

  --view-only        only watch

list prints the saved machines, one a line: name, address, tags.

  --tag TAG          only those with this tag; given several times, with all of them
  --json             print one JSON array, for scripts

show prints what is saved about a machine, never a password.

  --json             print one JSON object, for scripts

add puts a machine into the list. Where Portlight runs, its window shows it at once, and
can undo it.

edit changes a machine in the list, the named fields and no others; '' empties one. NAME is
its name in any case, its address, or its id.

  --address ADDRESS  it is there now
  --logins keep|forget
                     what becomes of the logins that were saved for the former address
  --no-tag TAG       take this tag away
  --forget-password  take its password out of the keyring
  --forget-secure-on
                     take its SecureOn password out of the keyring
  --no-favourite     no favourite
  --no-view-only     not only watched
  --no-frame         no frame around its window
  --no-ask-lines     several lines go there without a question
  --reconnect        dial again where the connection breaks
  --no-old-tls       only TLS that is safe
  --env-proxy        a website's way may lead through the environment's proxy
  --forget-http-login
                     take its login to the website out of the keyring
  --forget-secret    take the secret that is typed into its screen out of the keyring
  --no-grab          the desktop's shortcuts stay here outside full screen
  --no-full-screen   it opens in a window
  --no-apart         its screens share a window

add and edit take a machine's fields. Passwords come from standard input or a prompt. With
as-for-all a choice is what Settings has for all machines; an open window keeps its own.

  --name NAME        what it is called; else by its address
  --username NAME    for servers that ask for one
  --password-stdin   keep the password that comes on standard input, one line
  --ask-password     ask for the password, which is not shown, and keep it
  --named-login NAME
                     the login of this name, which Settings has, in place of its own
  --ssh-host HOST    the way leads through this SSH host
  --proxy URL        the way leads through this proxy
  --mac MAC          its network card, to wake it
  --wake-address ADDRESS
                     the packet that wakes it goes to this broadcast address
  --wake-port PORT   and to this UDP port; usually 9
  --wake-ssh-host HOST
                     this SSH host sends it, in the network that the machine is in
  --secure-on-stdin  keep the SecureOn password that comes on standard input, one line
  --ask-secure-on    ask for the SecureOn password, which is not shown, and keep it
  --tag TAG          it has this tag; may be given several times
  --colour blue|amber|green|red|violet|grey|none
                     the colour of its sign
  --notes TEXT       what is to be remembered
  --favourite        a favourite
  --view-only        only watched at first
  --frame            a frame around its window, in its colour
  --ask-lines        ask before a text of several lines goes there
  --no-reconnect     do not dial again where the connection breaks
  --picture shown|blurred|off
                     what is kept and shown of its screen
  --password-command COMMAND
                     what prints its password
  --console-command COMMAND
                     what prints where its console is
  --repeater-id ID   the ID to ask for at an UltraVNC repeater
  --ca-file FILE     certificate authorities that may vouch for it
  --client-certificate FILE
                     what this computer shows it
  --client-key FILE  the key of that
  --old-tls          its TLS may be older than what is safe
  --no-proxy         never through a proxy that the environment names
  --http-username NAME
                     log in to the website in front of it under this name
  --http-password-stdin
                     keep the password for it that comes on standard input, one line
  --ask-http-password
                     ask for that password, which is not shown, and keep it
  --http-headers-stdin
                     send the website these headers: lines of standard input, Name: value
  --secret-name NAME
                     what its own secret is called, which the window types into its screen
  --secret-stdin     keep the secret that comes on standard input, one line
  --ask-secret       ask for the secret, which is not shown, and keep it
  --scaling fit|actual|follow|PERCENT|as-for-all
                     how its screen fits into the window; follow: it takes the window's size
  --quality automatic|best|good|low|as-for-all
                     how much of the picture may be given for speed
  --clipboard off|to-server|from-server|both|as-for-all
                     which way text is copied
  --rewind kept|off|as-for-all
                     whether its last minutes are kept in memory
  --composing here|there|as-for-all
                     whether this computer's input method composes what is typed
  --layout LAYOUT    the keyboard over there, for what is typed: us, de, fr ...; none: the
                     server looks for the keys
  --cursor server|always-dot|nothing
                     what is shown where the pointer is
  --grab             the desktop's shortcuts go there, also outside full screen
  --full-screen      it opens in full screen
  --screen NUMBER|all
                     which of its screens is shown, counted from 1
  --apart            each of its screens in a window of its own
  --json             print the machine as one JSON object, for scripts

remove takes machines off the list. Their passwords are kept for thirty days, as they can be
put back in the window for so long.

  --json             print one JSON array, for scripts

wake sends the packet that switches a machine on, to the network card that is saved for it,
and from the SSH host that is saved for that. What ssh asks then is asked on the terminal.

doctor examines the way to a machine, stage by stage, up to where a login is wanted.
It ends with 0 where it came so far, with 1 where it did not, with 2 for wrong options.

  --json             print one JSON object, for scripts
  --login            log in too, with the saved password
  --password-stdin   log in with the password that comes on standard input, one line
  --username NAME    log in under this name
  --trust SHA256     log in where the server's certificate or key has this fingerprint,
                     though it is not confirmed yet; any: whichever it has

relay logs in to a machine as its window would, and lets one viewer elsewhere in, such as
noVNC in a browser: it prints a WebSocket address on 127.0.0.1 that is good once, within
five minutes. Questions are asked on the terminal. It ends when the viewer or the machine
does.

  --port PORT        listen there; else on a port that is free
  --origin ORIGIN    let this page in and no other, such as https://novnc.example; may be
                     given several times. Else any page of this computer, and programs
  --again            when the viewer has left, log in again and print another address
  --username NAME    log in under this name
  --password-stdin   log in with the password that comes on standard input, one line
  --trust SHA256     take the key with this fingerprint, where none is known yet; any:
                     whichever it is
  --json             print a JSON object for each address, one a line

import says what other programs' files (or folders of them) would add to the list. Files
of Remmina, TigerVNC, RealVNC, UltraVNC, TightVNC, GNOME Connections, KRDC, mRemoteNG and
others are known by what stands in them; docs/IMPORT.md has all of them.

  --site URL         machines of websockify's token files are reached through this site,
                     such as wss://site.example/websockify: their tokens are added to it
  --yes              add it, all or nothing
  --passwords        put passwords that stand readably in the files into the keyring
  --all              add those too that may have no VNC server (ssh's, Ansible's hosts)
  --json             print one JSON object, for scripts

export prints the list for others, never with a password.

  --format portlight|csv|websockify
                     in this form

Every command ends with 0 where it has done what was asked, with 1 where it could not and
says why on standard error, with 2 where the arguments are not understood. It prints nothing
but its result. docs/COMMAND-LINE.md has the form of what --json prints.
";

/// One way to start the program.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// The command's name; none for the program itself.
    pub(super) command: Option<&'static str>,
    /// Its options without their dashes, and whether a value follows.
    pub(super) options: Vec<(&'static str, bool)>,
}

/// Options of the program itself, wherever they stand.
const EVERYWHERE: [&str; 3] = ["help", "version", "verbose"];

/// The ways to start the program, as the text has them.
pub(super) fn usages() -> Vec<Usage> {
    let block = HELP.split("\n\n").find_map(|paragraph| paragraph.strip_prefix("Usage: ")).unwrap_or_default();
    let mut usages: Vec<Usage> = Vec::new();
    for line in block.lines().map(str::trim) {
        let words: Vec<&'static str> = line.split_whitespace().collect();
        if words.first() == Some(&"portlight") {
            let command = words.get(1).copied().filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
            usages.push(Usage { command, options: EVERYWHERE.map(|name| (name, false)).into() });
        }
        if let Some(usage) = usages.last_mut() {
            let options = words.iter().filter_map(|word| word.trim_start_matches('[').strip_prefix("--"));
            // Without a bracket at its end, its value follows.
            usage.options.extend(options.map(|word| (word.trim_end_matches(']'), !word.ends_with(']'))));
        }
    }
    usages
}

/// What belongs to one command: its usage, and what is said about it.
pub fn of(command: &str) -> String {
    let mut paragraphs = Vec::new();
    let mut is_about = false;
    for paragraph in HELP.trim_end().split("\n\n") {
        if let Some(usage) = paragraph.strip_prefix("Usage: ") {
            paragraphs.push(format!("Usage: {}", usage_of(usage, command)));
        } else if paragraph.starts_with("  ") {
            paragraphs.extend(is_about.then(|| paragraph.to_owned()));
        } else {
            is_about = is_about_command(paragraph, command);
            paragraphs.extend(is_about.then(|| paragraph.to_owned()));
        }
    }
    paragraphs.join("\n\n") + "\n"
}

/// The lines about one command, the first one without what stands before it.
fn usage_of(usage: &str, command: &str) -> String {
    let begins = |line: &&str| line.trim().starts_with("portlight");
    let is_its =
        |line: &&str| line.trim().strip_prefix("portlight ").and_then(|rest| rest.split(' ').next()) == Some(command);
    let mut lines = usage.lines().skip_while(|line| !is_its(line));
    let first = lines.next().unwrap_or_default().trim();
    let more: String = lines.take_while(|line| !begins(line)).map(|line| format!("\n{line}")).collect();
    format!("{first}{more}")
}

/// Whether a paragraph begins with this command's name, alone or among others: `add and edit …`.
fn is_about_command(paragraph: &str, command: &str) -> bool {
    let mut words = paragraph.split_whitespace();
    words.next() == Some(command) || words.next() == Some("and") && words.next() == Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn it_fits_a_terminal() {
        assert!(HELP.lines().all(|line| line.chars().count() <= 92));
    }

    #[test]
    fn an_option_takes_a_value_everywhere_or_nowhere() {
        let mut known = HashMap::new();
        for (name, has_value) in usages().into_iter().flat_map(|usage| usage.options) {
            assert_eq!(*known.entry(name).or_insert(has_value), has_value, "--{name}");
        }
        assert_eq!((known["tag"], known["json"], known["format"]), (true, false, true));
    }

    #[test]
    fn each_commands_help_has_its_own_options_and_no_others() {
        for Usage { command, options } in usages() {
            let Some(command) = command else { continue };
            let text = of(command);
            assert!(text.starts_with(&format!("Usage: portlight {command}")), "{text}");
            for (name, _) in options.iter().filter(|(name, _)| !EVERYWHERE.contains(name)) {
                assert!(text.contains(&format!("\n  --{name}")), "{command} --{name}:\n{text}");
            }
        }
        assert!(!of("doctor").contains("--yes") && of("edit").contains("--no-tag") && !of("add").contains("--no-tag"));
    }
}
