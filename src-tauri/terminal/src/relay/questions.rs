//! What a session asks, on the terminal. Where there is no terminal to ask on, the answer is no.

use crate::{
    asking::{SshReply, confirm, printable, secret, ssh, tell, unasked, wrong},
    platform,
};
use portlight_engine::{
    doctor::TrustPolicy,
    model::{Identity, Travels},
    session::{Answer, Prompt, Remember, Subject},
};

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
            Prompt::Proxy { username, again, .. } => Answer::Proxy {
                password: secret(&format!("{}Password of {username} at {whom}: ", wrong(*again)))?,
                remember: false,
            },
            Prompt::HttpLogin { keyring } => {
                tell(&format!("{keyring}\n"))?;
                let username = user_name(&whom, "")?;
                Answer::HttpLogin { username, password: secret(&format!("Password for the site {whom}: "))? }
            }
            Prompt::SecureOn { keyring, again } => {
                tell(&format!("{keyring}\n"))?;
                let question = format!("{}SecureOn password that wakes {whom}: ", wrong(*again));
                Answer::SecureOn { password: secret(&question)? }
            }
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
            Prompt::Ssh { question, .. } => match ssh(question)? {
                SshReply::Secret(typed) => Answer::Ssh { secret: Some(typed), remember: false },
                SshReply::Yes => Answer::Ssh { secret: None, remember: false },
                SshReply::Nothing => return Ok(Reply::Nothing),
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

fn user_name(whom: &str, known: &str) -> Result<String, String> {
    let usual = if known.is_empty() { String::new() } else { format!(" [{known}]") };
    let typed = platform::ask(&printable(&format!("User name for {whom}{usual}: "))).map_err(unasked)?;
    Ok(if typed.is_empty() { known.to_owned() } else { typed })
}
