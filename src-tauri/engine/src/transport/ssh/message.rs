//! The two messages of the channel: one question of ssh, and its answer.
//!
//! ```text
//! askpass   ─▶ Portlight  hint (1 byte), length (2 bytes, big endian), ssh's prompt
//! Portlight ─▶ askpass    0                                         given up, or refused
//!                         1, length (2 bytes, big endian), answer
//! ```

use super::question::Hint;
use crate::model::Secret;
use std::io::{self, ErrorKind, Read};
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

/// The longest prompt in bytes; a longer one is cut.
const MAX_PROMPT: usize = 8192;
/// The longest answer in bytes: ssh reads into a buffer of 1024 with a NUL (`readpass.c` of OpenSSH).
const MAX_ANSWER: usize = 1023;

/// The message with ssh's question.
pub(super) fn question(hint: Hint, prompt: &[u8]) -> Vec<u8> {
    let prompt = &prompt[..prompt.len().min(MAX_PROMPT)];
    let hint = match hint {
        Hint::Text => 0,
        Hint::Confirm => 1,
        Hint::Notice => 2,
    };
    [&[hint][..], &length(prompt), prompt].concat()
}

/// Reads the message of [`question`].
pub(super) async fn read_question(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(Hint, Vec<u8>)> {
    let hint = match from.read_u8().await? {
        0 => Hint::Text,
        1 => Hint::Confirm,
        2 => Hint::Notice,
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    let length = usize::from(from.read_u16().await?);
    if length > MAX_PROMPT {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut prompt = vec![0; length];
    from.read_exact(&mut prompt).await?;
    Ok((hint, prompt))
}

/// The message with the answer; that there is none where the question was given up, or the answer is longer than ssh
/// reads.
pub(super) fn answer(answer: Option<&Secret>) -> Zeroizing<Vec<u8>> {
    let Some(answer) = answer.map(|secret| secret.expose().as_bytes()).filter(|bytes| bytes.len() <= MAX_ANSWER) else {
        return Zeroizing::new(vec![0]);
    };
    Zeroizing::new([&[1][..], &length(answer), answer].concat())
}

/// Reads the message of [`answer`].
pub(super) fn read_answer(from: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut given = [0; 1];
    from.read_exact(&mut given)?;
    match given {
        [0] => return Ok(None),
        [1] => {}
        _ => return Err(ErrorKind::InvalidData.into()),
    }
    let mut length = [0; 2];
    from.read_exact(&mut length)?;
    let length = usize::from(u16::from_be_bytes(length));
    if length > MAX_ANSWER {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut answer = Zeroizing::new(vec![0; length]);
    from.read_exact(&mut answer)?;
    Ok(Some(answer))
}

/// The length of a text that is no longer than [`MAX_PROMPT`].
fn length(text: &[u8]) -> [u8; 2] {
    u16::try_from(text.len()).unwrap_or_default().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn questions_arrive_as_they_were_asked() {
        for hint in [Hint::Text, Hint::Confirm, Hint::Notice] {
            let bytes = question(hint, b"Really?\n");
            assert_eq!(read_question(&mut &bytes[..]).await.unwrap(), (hint, b"Really?\n".to_vec()));
            for cut in 0..bytes.len() {
                assert!(read_question(&mut &bytes[..cut]).await.is_err(), "{cut}");
            }
        }
        let long = question(Hint::Text, &[b'x'; 100_000]);
        assert_eq!(read_question(&mut &long[..]).await.unwrap().1.len(), MAX_PROMPT);
        for broken in [&[3, 0, 0][..], &[0, 0x20, 1]] {
            let error = read_question(&mut [broken, &[0; 9000]].concat().as_slice()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    }

    #[test]
    fn answers_arrive_as_they_were_given_or_not_at_all() {
        let read = |bytes: &[u8]| read_answer(&mut &bytes[..]).map(|answer| answer.map(|bytes| bytes.to_vec()));
        let given = |text: &str| answer(Some(&text.to_owned().into()));
        for text in ["", "yes", "pässwörd 密码", &"x".repeat(MAX_ANSWER)] {
            let bytes = given(text);
            assert_eq!(read(&bytes).unwrap().as_deref(), Some(text.as_bytes()));
            for cut in 0..bytes.len() {
                assert!(read(&bytes[..cut]).is_err(), "{cut}");
            }
        }
        assert_eq!(read(&answer(None)).unwrap(), None);
        assert_eq!(read(&given(&"x".repeat(MAX_ANSWER + 1))).unwrap(), None, "a part of a password is none");
        for broken in [&[2][..], &[1, 4, 0]] {
            assert_eq!(read(&[broken, &[0; 2000]].concat()).unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}
