//! The few texts that Rust shows itself (tray, window titles, a failed start), out of the pages' own catalogues.

use portlight_engine::store::LanguageChoice;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

/// The user's language, of those that Portlight speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Language {
    /// The language of the system's locale; English where Portlight does not speak it.
    pub fn of_this_system() -> Self {
        Self::of(&sys_locale::get_locale().unwrap_or_default())
    }

    /// What was chosen, or else the language of the system's locale.
    pub fn chosen(choice: LanguageChoice) -> Self {
        match choice {
            LanguageChoice::System => Self::of_this_system(),
            LanguageChoice::En => Self::En,
            LanguageChoice::ZhCn => Self::ZhCn,
        }
    }

    fn of(locale: &str) -> Self {
        if locale.to_lowercase().starts_with("zh") { Self::ZhCn } else { Self::En }
    }

    /// The tag that the pages and catalogues use.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }
}

/// The catalogues, and the language that is spoken now.
pub struct Texts {
    is_chinese: AtomicBool,
    en: HashMap<String, String>,
    zh_cn: HashMap<String, String>,
}

impl Texts {
    /// Reads the catalogues that were built in.
    ///
    /// # Errors
    /// Where one is no JSON object of strings: a mistake in the build, which the tests see.
    pub fn load(language: Language) -> serde_json::Result<Self> {
        Ok(Self {
            is_chinese: AtomicBool::new(language == Language::ZhCn),
            en: serde_json::from_str(include_str!("../../ui/src/i18n/en.json"))?,
            zh_cn: serde_json::from_str(include_str!("../../ui/src/i18n/zh-CN.json"))?,
        })
    }

    /// The language that is spoken now.
    pub fn language(&self) -> Language {
        if self.is_chinese.load(Ordering::Relaxed) { Language::ZhCn } else { Language::En }
    }

    /// Speaks another language from now on. Says whether it is another one.
    pub fn speak(&self, language: Language) -> bool {
        let is_chinese = language == Language::ZhCn;
        self.is_chinese.swap(is_chinese, Ordering::Relaxed) != is_chinese
    }

    fn sentences(&self) -> &HashMap<String, String> {
        match self.language() {
            Language::En => &self.en,
            Language::ZhCn => &self.zh_cn,
        }
    }

    /// The text under `key`; the key itself where there is none.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.sentences().get(key).map_or(key, String::as_str)
    }

    /// The sentence of an error, with its facts; in English where the catalogue has none for its code.
    pub fn error(&self, error: &portlight_engine::Error) -> String {
        let facts = serde_json::to_value(error).unwrap_or_default();
        let key = format!("error.{}", facts.get("code").and_then(Value::as_str).unwrap_or_default());
        let Some(sentence) = self.sentences().get(&key) else { return error.to_string() };
        let facts = facts.as_object().into_iter().flatten();
        let filled = facts.fold(sentence.clone(), |sentence, (name, fact)| match fact {
            Value::String(fact) => sentence.replace(&format!("{{{name}}}"), fact),
            _ => sentence,
        });
        if filled.contains('{') { error.to_string() } else { filled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_spoken_to_chinese_systems_and_english_to_all_others() {
        for (locale, language) in
            [("zh_CN.UTF-8", Language::ZhCn), ("zh-Hans", Language::ZhCn), ("de_DE", Language::En), ("", Language::En)]
        {
            assert_eq!(Language::of(locale), language, "{locale}");
        }
    }

    #[test]
    fn another_language_is_spoken_at_once() {
        let texts = Texts::load(Language::chosen(LanguageChoice::En)).unwrap();
        let english = texts.get("tray.quit").to_owned();
        assert!(texts.speak(Language::chosen(LanguageChoice::ZhCn)) && !texts.speak(Language::ZhCn));
        assert_ne!(texts.get("tray.quit"), english);
    }

    #[test]
    fn both_catalogues_have_what_rust_shows() {
        for language in [Language::En, Language::ZhCn] {
            let texts = Texts::load(language).unwrap();
            for key in [
                "app.name",
                "start.failed",
                "demo.name",
                "tray.open",
                "tray.quit",
                "tray.favourites",
                "tray.more_favourites",
                "tray.recent",
                "tray.sessions",
                "tray.show",
                "listen.on",
                "viewer.disconnect",
            ] {
                assert_ne!(texts.get(key), key, "{language:?}");
            }
        }
    }

    #[test]
    fn a_failed_start_is_told_in_the_users_language() {
        let error: portlight_engine::Error =
            portlight_engine::StoreError::HostsInUse { path: "/home/ann/hosts.json".into() }.into();
        for language in [Language::En, Language::ZhCn] {
            let sentence = Texts::load(language).unwrap().error(&error);
            assert!(sentence.contains("/home/ann/hosts.json") && !sentence.contains('{'), "{sentence}");
            assert_ne!(sentence, error.to_string(), "not from the catalogue");
        }
    }
}
