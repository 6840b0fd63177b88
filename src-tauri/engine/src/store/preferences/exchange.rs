//! Settings as a file that goes from one computer to another: what is written, and what one would change here.

use super::{Preferences, PreferencesFile, read};
use crate::{
    error::{ImportError, StoreError},
    model::{CommandLine, as_seen, is_same_tag},
    platform,
    store::file,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{fs, path::Path};
use tokio::task::spawn_blocking;

/// Bytes of a file of settings; what is larger is none.
const MAX_FILE: u64 = 256 * 1024;
/// Settings of a file that are named as left out,
const MAX_NAMED: usize = 20;
/// and letters of each name.
const MAX_NAME: usize = 60;
/// What was preferred before the last import lies in this file, beside that of now.
const FORMER: &str = "preferences-before-import.json";
/// The setting that is never taken without a word.
const COMMAND: &str = "password_command";
/// The setting that stays as it is here.
const LOGIN: &str = "offered_login";

/// What importing a file of settings would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PreferencesPreview {
    /// What would be preferred: what the file has of it and can be read here, and the rest as it is now. The password command is
    /// that of now, and tags that the file does not have keep their caution.
    pub preferences: Preferences,
    /// The password command of the file, where it has another one. It runs a program: only the user can take it.
    pub password_command: Option<String>,
    /// Names in the file, as it writes them, that stand for no setting here, or whose value cannot be read: those of a newer
    /// Portlight, or mistakes. Nothing is changed by them.
    pub left_out: Vec<String>,
}

impl Preferences {
    /// As a file for another computer: without the command, which may say where passwords are, and runs a program; and without the
    /// login, which that computer does not have.
    pub(crate) fn export(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&Self { password_command: String::new(), offered_login: None, ..self.clone() })
    }

    /// What a file written by [`Preferences::export`], or one of Portlight's own, would change here; none where it is no such file.
    fn preview(&self, text: &[u8]) -> Option<PreferencesPreview> {
        let Ok(Value::Object(settings)) = serde_json::from_slice(text) else { return None };
        let mut taken = serde_json::to_value(self).ok()?;
        let merged = taken.as_object_mut()?;
        let mut left_out = Vec::new();
        let mut knows_any = false;
        for (name, value) in settings {
            // A login of another computer is none here.
            let known = if name == LOGIN { Some(Value::Null) } else { readable(&name, &value) };
            knows_any |= known.is_some();
            if known.as_ref() != Some(&value) {
                left_out.push(name.clone());
            }
            if let Some(value) = known.filter(|_| name != LOGIN) {
                merged.insert(name, value);
            }
        }
        if !knows_any && !left_out.is_empty() {
            return None;
        }
        let mut preferences: Self = serde_json::from_value(taken).ok()?;
        let tags = preferences.tags.clone();
        let is_new = |tag: &str| !tags.iter().any(|caution| is_same_tag(&caution.tag, tag));
        preferences.tags.extend(self.tags.iter().filter(|caution| is_new(&caution.tag)).cloned());
        let command = std::mem::replace(&mut preferences.password_command, self.password_command.clone());
        let password_command = (command != self.password_command && !command.is_empty()).then_some(command);
        let (password_command, refused) = match password_command.map(|text| (CommandLine::parse_optional(&text), text))
        {
            Some((Ok(_), text)) => (Some(text), None),
            Some((Err(_), _)) => (None, Some(COMMAND.to_owned())),
            None => (None, None),
        };
        left_out.extend(refused);
        left_out.truncate(MAX_NAMED);
        let left_out = left_out.into_iter().map(|name| shortened(&name)).collect();
        Some(PreferencesPreview { preferences, password_command, left_out })
    }
}

/// A setting as it is written here once it was read; none where there is none of this name, or where the value cannot be read.
/// A list may have less then.
fn readable(name: &str, value: &Value) -> Option<Value> {
    let alone = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    let read: Preferences = serde_json::from_value(alone).ok()?;
    let Ok(Value::Object(mut read)) = serde_json::to_value(read) else { return None };
    let read = read.remove(name)?;
    match (&read, value) {
        (Value::Array(read), Value::Array(value)) if read.is_empty() && !value.is_empty() => None,
        (Value::Array(_), Value::Array(_)) => Some(read),
        (read_back, value) => (read_back == value).then_some(read),
    }
}

fn shortened(name: &str) -> String {
    let name: String = as_seen(name).chars().filter(|letter| !letter.is_control()).collect();
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

impl PreferencesFile {
    /// What importing a file would come to. Nothing is changed by looking.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`], [`ImportError::NoSettings`].
    pub(crate) async fn preview(&self, path: &Path) -> crate::Result<PreferencesPreview> {
        let (file, now) = (path.to_owned(), self.get());
        let unreadable = {
            let path = file.clone();
            move |detail: String| StoreError::FileUnreadable { path, detail }
        };
        let look = move || -> Result<Option<PreferencesPreview>, String> {
            let too_large = fs::metadata(&file).map_err(|cause| cause.to_string())?.len() > MAX_FILE;
            let text = if too_large { None } else { file::read(&file).map_err(|cause| cause.to_string())? };
            Ok(text.and_then(|text| now.preview(&text)))
        };
        let preview = spawn_blocking(look).await.unwrap_or_else(|cause| Err(cause.to_string())).map_err(unreadable)?;
        Ok(preview.ok_or_else(|| ImportError::NoSettings { path: path.to_owned() })?)
    }

    /// Prefers what was imported, and keeps what was preferred before.
    ///
    /// # Errors
    /// [`StoreError::System`]: then it is as before.
    pub(crate) async fn import(&self, preferences: Preferences) -> Result<(), StoreError> {
        let file = self.file.with_file_name(FORMER);
        let text = serde_json::to_vec_pretty(&self.get());
        let keep = move || {
            if let Some(folder) = file.parent() {
                platform::create_private_folder(folder)?;
            }
            file::write_whole(&file, &text?)
        };
        let kept = spawn_blocking(keep).await.unwrap_or_else(|cause| Err(cause.into()));
        kept.map_err(|cause| StoreError::System { detail: format!("could not save {FORMER}: {cause}") })?;
        self.set(preferences).await
    }

    /// What was preferred before the last import; none where nothing was imported, or where that was put back.
    pub fn former(&self) -> Option<Preferences> {
        let text = read(&self.file.with_file_name(FORMER));
        serde_json::from_slice(&text).ok()
    }

    /// Prefers again what was preferred before the last import; the same as ever where that is not known.
    ///
    /// # Errors
    /// [`StoreError::System`]: then it is as before.
    pub async fn put_back(&self) -> Result<(), StoreError> {
        let Some(former) = self.former() else { return Ok(()) };
        self.set(former).await?;
        if let Err(cause) = fs::remove_file(self.file.with_file_name(FORMER)) {
            tracing::warn!(%cause, "{FORMER} is still there");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Chord, Colour, PictureChoice, TagCaution},
        store::{Bell, LanguageChoice},
    };

    fn preview(now: &Preferences, text: &str) -> Option<PreferencesPreview> {
        now.preview(text.as_bytes())
    }

    #[test]
    fn what_is_exported_runs_no_program_elsewhere_and_is_all_that_is_preferred() {
        let preferences = Preferences {
            bell: Bell::Flash,
            hotkey: Chord::parse("Ctrl+Alt+P"),
            tags: vec![TagCaution { tag: "prod".into(), frame: Some(Colour::Red), view_only: true, ask_lines: false }],
            password_command: "pass show vnc".into(),
            ..Preferences::default()
        };
        let text = preferences.export().unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("pass show"));
        let elsewhere = Preferences::default().preview(&text).unwrap();
        let expected = Preferences { password_command: String::new(), ..preferences };
        assert_eq!(
            elsewhere,
            PreferencesPreview { preferences: expected, password_command: None, left_out: Vec::new() }
        );
    }

    #[test]
    fn what_a_file_does_not_say_stays_and_what_cannot_be_read_is_named() {
        let now = Preferences {
            bell: Bell::Flash,
            language: LanguageChoice::ZhCn,
            look: super::super::Look::Rows,
            ..Preferences::default()
        };
        let newer = r#"{"bell": "gong", "pictures": "painted", "theme": "dark", "telepathy": true, "rewind": 3, "chords": ["Super"]}"#;
        let preview = preview(&now, newer).unwrap();
        let expected = Preferences { theme: super::super::Theme::Dark, ..now };
        assert_eq!(preview.preferences, expected);
        assert_eq!(preview.left_out, ["bell", "chords", "pictures", "rewind", "telepathy"]);
        assert_eq!(
            preview.preferences.pictures,
            PictureChoice::Shown,
            "as it was: nothing becomes stricter by a newer word"
        );
    }

    #[test]
    fn a_command_is_shown_and_not_taken_and_a_broken_one_is_left_out() {
        let now = Preferences { password_command: "pass show %h".into(), ..Preferences::default() };
        let found = preview(&now, r#"{"password_command": "curl https://evil.example", "bell": "flash"}"#).unwrap();
        assert_eq!(found.preferences, Preferences { bell: Bell::Flash, ..now.clone() });
        assert_eq!(found.password_command.as_deref(), Some("curl https://evil.example"));
        for (text, left_out) in [("pass show %h", &[][..]), ("", &[]), ("pass 'show", &["password_command"])] {
            let found = preview(&now, &serde_json::json!({ "password_command": text }).to_string()).unwrap();
            assert_eq!(
                (found.password_command, found.left_out.as_slice()),
                (None, &left_out.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{text}"
            );
            assert_eq!(found.preferences, now);
        }
    }

    #[test]
    fn a_login_of_another_computer_is_none_here() {
        let login = |text: &str| Some(serde_json::from_value(text.into()).unwrap());
        let offered_login = login("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01");
        let now = Preferences { offered_login, ..Preferences::default() };
        assert!(!String::from_utf8(now.export().unwrap()).unwrap().contains("6f4f7c1e"));
        let other = r#"{"bell": "flash", "offered_login": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a02"}"#;
        for (text, left_out) in [(other, &["offered_login"][..]), (r#"{"bell": "flash", "offered_login": null}"#, &[])]
        {
            let found = preview(&now, text).unwrap();
            assert_eq!(found.preferences, Preferences { bell: Bell::Flash, ..now.clone() });
            assert_eq!(found.left_out, left_out);
        }
    }

    #[test]
    fn cautions_of_other_tags_outlive_an_import() {
        let caution = |tag: &str, view_only| TagCaution { tag: tag.into(), view_only, ..TagCaution::default() };
        let now = Preferences { tags: vec![caution("prod", true), caution("db", true)], ..Preferences::default() };
        let found = preview(&now, r#"{"tags": [{"tag": "DB", "ask_lines": true}, 7]}"#).unwrap();
        let changed = TagCaution { tag: "DB".into(), ask_lines: true, ..TagCaution::default() };
        assert_eq!(found.preferences.tags, [changed, caution("prod", true)]);
        assert_eq!(found.left_out, ["tags"], "one of them is none");
        assert_eq!(preview(&now, r#"{"tags": []}"#).unwrap().preferences, now);
    }

    #[test]
    fn other_files_are_no_settings() {
        for text in ["", "[]", "7", "{\"version\": 1, \"hosts\": []}", "machines:", "{\"bell\": \"flash\"} more"] {
            assert_eq!(preview(&Preferences::default(), text), None, "{text}");
        }
        let many: Map<String, Value> = (0..500)
            .map(|n| (format!("\u{202e}{n:0100}"), Value::Null))
            .chain([("bell".into(), "flash".into())])
            .collect();
        let found = preview(&Preferences::default(), &Value::Object(many).to_string()).unwrap();
        assert_eq!(found.left_out.len(), MAX_NAMED);
        assert!(found.left_out.iter().all(|name| name.chars().count() == MAX_NAME + 1 && !name.contains('\u{202e}')));
    }

    #[tokio::test]
    async fn what_was_preferred_before_is_kept_and_put_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = PreferencesFile::open(folder.path());
        let before =
            Preferences { bell: Bell::Flash, password_command: "pass show %h".into(), ..Preferences::default() };
        file.set(before.clone()).await.unwrap();
        assert_eq!(file.former(), None);
        let path = folder.path().join("elsewhere.json");
        fs::write(&path, r#"{"bell": "nothing"}"#).unwrap();
        let preview = file.preview(&path).await.unwrap();
        assert_eq!(file.get(), before, "only looked at");
        file.import(preview.preferences).await.unwrap();
        assert_eq!((file.get().bell, file.former()), (Bell::Nothing, Some(before.clone())));
        let again = PreferencesFile::open(folder.path());
        again.put_back().await.unwrap();
        assert_eq!((again.get(), again.former()), (before, None));
        again.put_back().await.unwrap();

        fs::write(&path, "machines:").unwrap();
        assert_eq!(file.preview(&path).await, Err(ImportError::NoSettings { path: path.clone() }.into()));
        fs::write(&path, vec![b' '; MAX_FILE as usize + 1]).unwrap();
        assert_eq!(file.preview(&path).await, Err(ImportError::NoSettings { path }.into()));
        let missing = file.preview(&folder.path().join("missing")).await.unwrap_err();
        assert!(matches!(missing, crate::Error::Store(StoreError::FileUnreadable { .. })), "{missing}");
    }
}
