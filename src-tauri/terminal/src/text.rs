//! The few texts that Rust shows itself (tray, window titles, a failed start), out of the pages' own catalogues.

use crate::instance::Refusal;
use portlight_engine::{
    Error, FormError, Settings,
    import::{NotOpened, WhyNot},
    store::{LanguageChoice, PreferencesFile},
};
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

    /// What this user has chosen, or else the language of the system's locale.
    pub fn of_this_user() -> Self {
        let chosen = Settings::folders().map(|(config, _)| PreferencesFile::peek(&config).language);
        Self::chosen(chosen.unwrap_or_default())
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
            en: serde_json::from_str(include_str!("../../../ui/src/i18n/en.json"))?,
            zh_cn: serde_json::from_str(include_str!("../../../ui/src/i18n/zh-CN.json"))?,
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
    pub fn error(&self, error: &Error) -> String {
        if let Error::Form(FormError::Fields { fields }) = error
            && let Some(problem) = fields.first()
        {
            let facts = serde_json::to_value(problem).unwrap_or_default();
            return self.problem("address", &facts["problem"]).unwrap_or_else(|| problem.to_string());
        }
        let facts = serde_json::to_value(error).unwrap_or_default();
        let key = format!("error.{}", facts.get("code").and_then(Value::as_str).unwrap_or_default());
        let Some(sentence) = self.sentences().get(&key) else { return error.to_string() };
        fill(sentence, &facts).unwrap_or_else(|| error.to_string())
    }

    /// Why a file is not opened; in English where the catalogue has no sentence for it.
    pub fn not_opened(&self, failure: &NotOpened) -> String {
        let (area, facts) = match &failure.why {
            WhyNot::File(problem) => ("file", serde_json::to_value(problem)),
            WhyNot::Import(problem) => ("import", serde_json::to_value(problem)),
        };
        let why = self.problem(area, &facts.unwrap_or_default());
        why.map_or_else(|| failure.to_string(), |why| format!("{}: {why}", failure.name))
    }

    /// The sentence of a problem, which may be that of a part: of an address, for example.
    fn problem(&self, area: &str, facts: &Value) -> Option<String> {
        let name = facts.as_str().or_else(|| facts["problem"].as_str())?;
        // The pages call it by the form's field.
        let area = if area == "ssh" { "ssh_jump" } else { area };
        let sentence = self.sentences().get(&format!("problem.{area}.{name}"));
        let of_a_part = || facts.as_object()?.iter().find_map(|(part, facts)| self.problem(part, facts));
        sentence.and_then(|sentence| fill(sentence, facts)).or_else(of_a_part)
    }

    /// Why the Portlight that runs has not done what was asked for.
    pub fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::Unanswered { process, seconds } => {
                let key = if process.is_some() { "start.unanswered" } else { "start.unanswered_by_any" };
                let facts = serde_json::json!({ "process": process, "seconds": seconds });
                fill(self.get(key), &facts).unwrap_or_else(|| refusal.to_string())
            }
            Refusal::Said(sentence) => sentence.clone(),
        }
    }

    /// That libraries are missing.
    pub fn missing(&self, libraries: &str) -> String {
        self.get("start.libraries").replace("{libraries}", libraries)
    }
}

/// A sentence with its facts; none where it has more than there are.
fn fill(sentence: &str, facts: &Value) -> Option<String> {
    let facts = facts.as_object().into_iter().flatten();
    let filled = facts.fold(sentence.to_owned(), |sentence, (name, fact)| match fact {
        Value::String(fact) => sentence.replace(&format!("{{{name}}}"), fact),
        Value::Number(fact) => sentence.replace(&format!("{{{name}}}"), &fact.to_string()),
        _ => sentence,
    });
    (!filled.contains('{')).then_some(filled)
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
                "start.libraries",
                "start.close",
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

    #[test]
    fn a_portlight_that_does_not_answer_is_told_in_the_users_language() {
        for process in [Some(4711), None] {
            let refusal = Refusal::Unanswered { process, seconds: 10 };
            let said = [Language::En, Language::ZhCn].map(|language| Texts::load(language).unwrap().refusal(&refusal));
            assert_ne!(said[0], said[1]);
            for said in said {
                assert!(said.contains("10") && said.contains("4711") == process.is_some(), "{said}");
                assert_ne!(said, refusal.to_string(), "not from the catalogue");
            }
        }
    }

    #[test]
    fn a_file_or_a_link_of_which_nothing_comes_is_told_in_the_users_language() {
        let link = portlight_engine::find_target(&portlight_engine::store::List::default(), "vnc://a/?IdHash=0", false);
        let link = link.unwrap_err();
        let spice = portlight_engine::import::ImportProblem::OtherProtocol { protocol: "spice".into() };
        let file = NotOpened { name: "a.vv".into(), why: WhyNot::Import(spice) };
        for language in [Language::En, Language::ZhCn] {
            let texts = Texts::load(language).unwrap();
            assert_eq!(texts.error(&link), texts.get("problem.address.link_key"), "{language:?}");
            let said = texts.not_opened(&file);
            assert!(said.starts_with("a.vv: ") && said.contains("spice") && said != file.to_string(), "{said}");
        }
    }
}
