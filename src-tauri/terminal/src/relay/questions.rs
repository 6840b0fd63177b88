//! What a session asks, on the terminal. Whoever cannot be asked has not agreed.

use crate::platform;
use portlight_engine::{
    doctor::TrustPolicy,
    model::{Identity, Secret, Travels},
    session::{Answer, Prompt, Remember, SshQuestion, Subject},
};
use std::io;

/// What is known without asking.
pub(super) struct Asked {
    /// Which keys are trusted.
    pub(super) trust: TrustPolicy,
    /// A password was given, and must have been wrong where one is asked for.
    pub(super) has_login: bool,
}

/// What is said to a question.
pub(super) enum Reply {
    /// This.
    Answer(Answer),
    /// Nothing: there is something to do, and the session goes on by itself.
    Nothing,
}

impl Asked {
    /// The answer to a question. Blocks while a person is asked.
    ///
    /// # Errors
    /// A sentence: that the person does not agree, or cannot be asked.
    pub(super) fn reply(&self, subject: &Subject, prompt: &Prompt) -> Result<Reply, String> {
        let whom = match subject.name.contains(&subject.address) {
            true => subject.name.clone(),
            false => format!("{} ({})", subject.name, subject.address),
        };
        let answer = match prompt {
            Prompt::Password { username, travels, problem, keyring, command, .. } => {
                if let Some(problem) = problem {
                    if self.has_login {
                        return Err(problem.to_string());
                    }
                    tell(&format!("{problem}\n"))?;
                }
                for reason in [keyring.as_ref().map(ToString::to_string), command.as_ref().map(ToString::to_string)] {
                    reason.map_or(Ok(()), |reason| tell(&format!("{reason}\n")))?;
                }
                let username = username.as_deref().map(|known| user_name(&whom, known)).transpose()?;
                let readable = if *travels == Travels::Clear { ", readable on its way" } else { "" };
                let password = secret(&format!("Password for {whom}{readable}: "))?;
                Answer::Password { username, password, remember: Remember::No }
            }
            Prompt::Passphrase { file, again } => Answer::Passphrase {
                passphrase: secret(&format!("{}Passphrase of {file}: ", wrong(*again)))?,
                remember: false,
            },
            Prompt::Proxy { username, again } => Answer::Proxy {
                password: secret(&format!("{}Password of {username} at {whom}: ", wrong(*again)))?,
                remember: false,
            },
            Prompt::Trust { known: Some(_), .. } => {
                return Err(format!(
                    "{whom} shows another key than the one that was accepted: open it in Portlight, which shows both"
                ));
            }
            Prompt::Trust { identity, known: None } => {
                self.confirm_key(&whom, identity)?;
                Answer::Trust
            }
            Prompt::Weaker { before, now, security_type } => {
                confirm(&format!("{whom} was reached {before} before, and is {now} now ({security_type}).\nGo on?"))?;
                Answer::Weaker { remember: false }
            }
            Prompt::ClearText { security_type } => {
                confirm(&format!("The password would travel readably to {whom} ({security_type}).\nSend it?"))?;
                Answer::ClearText { remember: false }
            }
            Prompt::Call { from } => return Err(format!("{from} has called, and nobody waits for calls here")),
            Prompt::Ssh { question, .. } => match question {
                SshQuestion::Notice { prompt } => {
                    tell(&format!("{prompt}\n"))?;
                    return Ok(Reply::Nothing);
                }
                SshQuestion::HostKey { prompt, .. } | SshQuestion::Confirm { prompt } => {
                    confirm(prompt.trim_end())?;
                    Answer::Ssh { secret: None, remember: false }
                }
                SshQuestion::Password { prompt, again }
                | SshQuestion::Passphrase { prompt, again }
                | SshQuestion::Other { prompt, again } => {
                    let typed = secret(&format!("{}{} ", wrong(*again), prompt.trim_end()))?;
                    Answer::Ssh { secret: Some(typed), remember: false }
                }
            },
        };
        Ok(Reply::Answer(answer))
    }

    fn confirm_key(&self, whom: &str, identity: &Identity) -> Result<(), String> {
        let (fingerprints, words) = match identity {
            Identity::X509(certificate) => (
                vec![certificate.sha256.as_str(), &certificate.key_sha256],
                format!("certificate of {}", certificate.subject),
            ),
            Identity::Ra2(key) => (vec![key.sha256.as_str()], format!("RSA key of {} bits", key.bits)),
        };
        let digits = |text: &str| text.replace(':', "").to_lowercase();
        match &self.trust {
            TrustPolicy::Any => Ok(()),
            TrustPolicy::Fingerprint(wanted) if fingerprints.iter().any(|shown| digits(shown) == digits(wanted)) => {
                Ok(())
            }
            TrustPolicy::Fingerprint(_) => Err(format!("{whom} shows another key: {}", fingerprints.join(", "))),
            TrustPolicy::Known => confirm(&format!(
                "The key of {whom} is not known yet: {words}\nSHA-256 {}\nIs it the right one?",
                fingerprints.join("\n    key ")
            )),
        }
    }
}

fn wrong(again: bool) -> &'static str {
    if again { "That was not right.\n" } else { "" }
}

fn user_name(whom: &str, known: &str) -> Result<String, String> {
    let usual = if known.is_empty() { String::new() } else { format!(" [{known}]") };
    let typed = platform::ask(&printable(&format!("User name for {whom}{usual}: "))).map_err(unasked)?;
    Ok(if typed.is_empty() { known.to_owned() } else { typed })
}

fn secret(question: &str) -> Result<Secret, String> {
    platform::ask_hidden(&printable(question)).map_err(unasked)
}

fn confirm(question: &str) -> Result<(), String> {
    let answer = platform::ask(&printable(&format!("{question} (yes or no) "))).map_err(unasked)?;
    if answer.eq_ignore_ascii_case("yes") { Ok(()) } else { Err("given up".to_owned()) }
}

fn tell(text: &str) -> Result<(), String> {
    platform::tell(&printable(text)).map_err(unasked)
}

fn unasked(cause: io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::Interrupted => "given up".to_owned(),
        _ => format!("there is a question, and no terminal to ask it on ({cause})"),
    }
}

/// What is said to a terminal may have several lines, and nothing else that controls it.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}
