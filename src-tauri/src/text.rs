//! The few texts that Rust shows itself (tray, window titles, a failed start), out of the pages' own catalogues.

use serde_json::Value;
use std::collections::HashMap;

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

/// The catalogue of one language.
pub struct Texts {
    /// Which language.
    pub language: Language,
    sentences: HashMap<String, String>,
}

impl Texts {
    /// Reads the catalogue that was built in.
    ///
    /// # Errors
    /// Where it is no JSON object of strings: a mistake in the build, which the tests see.
    pub fn load(language: Language) -> serde_json::Result<Self> {
        let catalogue = match language {
            Language::En => include_str!("../../ui/src/i18n/en.json"),
            Language::ZhCn => include_str!("../../ui/src/i18n/zh-CN.json"),
        };
        Ok(Self { language, sentences: serde_json::from_str(catalogue)? })
    }

    /// The text under `key`; the key itself where there is none.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.sentences.get(key).map_or(key, String::as_str)
    }

    /// The sentence of an error, with its facts; in English where the catalogue has none for its code.
    pub fn error(&self, error: &portlight_engine::Error) -> String {
        let facts = serde_json::to_value(error).unwrap_or_default();
        let key = format!("error.{}", facts.get("code").and_then(Value::as_str).unwrap_or_default());
        let Some(sentence) = self.sentences.get(&key) else { return error.to_string() };
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
