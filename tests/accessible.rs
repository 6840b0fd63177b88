//! Every window, dialog and menu, looked at as the web view has drawn it: by axe-core (roles, the contrast of colours, sizes),
//! and by what a screen reader is told. In both languages, in light and dark colours, with more contrast and without.

use crate::{
    desk::{App, Desk, Page, Reader, Server, State, address, free_port},
    user,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// What opens a dialog in the window's menu, by the name of its text.
const DIALOGS: [&str; 10] = [
    "removed.open",
    "versions.open",
    "listen.open",
    "sources.open",
    "import.open",
    "export.open",
    "sessions.open",
    "settings.open",
    "help.open",
    "about.open",
];
/// The panels of a viewer's toolbar, and its menus.
const PANELS: [(&str, &str); 7] = [
    ("#protection", "#protection-panel"),
    ("#keys", "#keys-panel"),
    ("#clipboard", "#clipboard-panel"),
    ("#scale", "[role=menu]"),
    ("#capture", "[role=menu]"),
    ("#quality", "[role=menu]"),
    ("#grip", "[role=menu]"),
];
/// Nothing in the page waits for the end of a transition any more: a colour on its way has another contrast.
const SETTLED: &str = "document.getAnimations().every(({ effect }) => effect.getTiming().iterations === Infinity)";

#[tokio::test]
async fn each_window_is_accessible_in_english_and_light() {
    each_window_is_accessible("each_window_is_accessible_in_english_and_light", "en", "light").await;
}

#[tokio::test]
async fn each_window_is_accessible_in_chinese_and_dark() {
    each_window_is_accessible("each_window_is_accessible_in_chinese_and_dark", "zh-CN", "dark").await;
}

/// All windows of one Portlight, and who looks at them.
struct Look<'a> {
    desk: &'a Desk,
    app: &'a App<'a>,
    reader: &'a Reader,
    hosts: &'a Page<'a>,
    texts: Value,
    /// What is said in another language has the same colours: more contrast is looked at in one of them.
    with_more_contrast: bool,
}

async fn each_window_is_accessible(test: &'static str, language: &str, theme: &str) {
    let desk = Desk::of(test).open().await;
    desk.prefer(&json!({ "nearby": "off", "language": language, "theme": theme }).to_string());
    let server = Server::start(&desk, Some("secret")).await;
    let host = |n: usize, name: &str| {
        json!({
            "id": format!("00000000-0000-4000-8000-{n:012}"), "name": name, "address": server.address(),
            "favourite": n == 1, "view_only": n == 2, "tags": ["lab", "rack 1"], "notes": "behind the plant",
        })
    };
    desk.write_hosts(
        &json!({ "version": 1, "hosts": [host(1, "Studio"), host(2, "会议室"), host(3, "Garage")] }).to_string(),
    );
    let remmina = desk.home().join("data/remmina");
    fs::create_dir_all(&remmina).expect("a home");
    let file = "[remmina]\nname=Kiln\nserver=kiln.example:5901\nprotocol=VNC\ngroup=rack 2\n";
    fs::write(remmina.join("kiln.remmina"), file).expect("a home");
    let reader = desk.start_reader().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Studio")).await;
    let seen = format!(
        "document.documentElement.lang === {language:?} && matchMedia('(prefers-color-scheme: {theme})').matches"
    );
    hosts.until("language and colours", &seen).await;
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("ui/src/i18n/{language}.json"));
    let texts = serde_json::from_slice(&fs::read(texts).expect("the texts")).expect("JSON");
    let with_more_contrast = language == "en";
    let look = Look { desk: &desk, app: &app, reader: &reader, hosts: &hosts, texts, with_more_contrast };
    look.list().await;
    look.forms().await;
    look.dialogs().await;
    look.import().await;
    look.quick().await;
    look.viewer(&server).await;
    look.end().await;
}

impl Look<'_> {
    async fn list(&self) {
        let Self { desk, hosts, .. } = self;
        self.at_list("cards").await;
        hosts.click("#order").await;
        hosts.until_shown("[role=menu]").await;
        self.at_list("the menu of orders").await;
        desk.display().press("Escape");
        hosts.until_gone("[role=menu]").await;
        hosts.click("#look").await;
        self.at_list("rows").await;
        hosts.fill("#search", "plant").await;
        hosts.until_shown("#hosts mark").await;
        self.at_list("what a search has found").await;
        hosts.fill("#search", "no such machine!").await;
        hosts.until_shown("#no-match").await;
        self.at_list("a search in vain").await;
        user::stop_searching(hosts).await;
        hosts.click(&user::row("Garage")).await;
        desk.display().press("shift+F10");
        hosts.until_shown("[role=menu]").await;
        self.at_list("the menu of a machine").await;
        desk.display().press("Escape");
        hosts.until_gone("[role=menu]").await;
        // One that is removed, and one that can be undone.
        hosts.press("#hosts", "\u{e017}").await;
        hosts.until_shown("#undo").await;
        self.at_list("what was just removed").await;
        desk.display().focus("Portlight");
        desk.display().press("ctrl+a");
        hosts.until_shown("#selection").await;
        self.at_list("several").await;
    }

    async fn forms(&self) {
        let Self { desk, hosts, .. } = self;
        hosts.click("#edit-selected").await;
        hosts.until_shown(".sheet").await;
        self.at_list("the form of several").await;
        desk.display().press("Escape");
        hosts.until_gone(".sheet").await;
        hosts.click("#add-host").await;
        hosts.until_shown("#editor").await;
        self.at_list("the form with its sections folded").await;
        hosts.script("document.querySelectorAll('#editor details').forEach((section) => (section.open = true))").await;
        self.at_list("the form").await;
        hosts.click("#save").await;
        hosts.until_shown("#editor [aria-invalid=true]").await;
        self.at_list("a form that cannot be saved").await;
        hosts.fill("#address", "127.0.0.1:1").await;
        hosts.click("#test").await;
        hosts.until_shown("#test-stages").await;
        // The result takes room from the fields, and not from what is around them.
        let in_sight = "['#editor-title', '#test-stages', '#save'].every((part) => {
                const { top, bottom } = document.querySelector(part).getBoundingClientRect();
                return top >= 0 && bottom <= innerHeight;
            })";
        hosts.until("title, result and buttons in sight", in_sight).await;
        self.at_list("what a test has found").await;
        hosts.press("#address", "\u{e00c}").await;
        hosts.until_shown("#leaving").await;
        self.at_list("whether to throw away what is typed").await;
        hosts.click("#leaving-act").await;
        hosts.until_gone("#editor").await;
    }

    async fn dialogs(&self) {
        let Self { desk, hosts, .. } = self;
        hosts.click("#window-menu").await;
        hosts.until_shown("[role=menu]").await;
        self.at_list("the menu").await;
        desk.display().press("Escape");
        hosts.until_gone("[role=menu]").await;
        for text in DIALOGS {
            self.open(text).await;
            self.at_list(text).await;
            if text == "sources.open" {
                hosts.click("#add-source-url").await;
                hosts.until_shown("#source-url").await;
                self.at_list("the form of a list of others").await;
                hosts.click("#source-cancel").await;
            }
            if text == "removed.open" {
                hosts.click("#removed .for-good").await;
                hosts.until_shown("#for-good-act").await;
                self.at_list("whether to remove for good").await;
                hosts.click("#for-good-leave").await;
                hosts.until_gone("#for-good-act").await;
            }
            hosts
                .script("[...document.querySelectorAll('dialog[open] details')].forEach((part) => (part.open = true))")
                .await;
            self.at_list(&format!("{text}, with all in it open")).await;
            desk.display().press("Escape");
            hosts.until_gone("dialog[open]").await;
        }
    }

    /// Opens a dialog of the window's menu.
    async fn open(&self, text: &str) {
        user::choose(self.hosts, self.texts[text].as_str().expect("a text")).await;
        self.hosts.until_shown("dialog[open]").await;
    }

    async fn import(&self) {
        self.open("import.open").await;
        self.hosts.click("#import-remmina").await;
        self.hosts.until_shown("#import-found").await;
        self.at_list("what is to be imported").await;
        self.desk.display().press("Escape");
        self.hosts.until_gone("dialog[open]").await;
    }

    async fn quick(&self) {
        assert!(self.desk.portlight(&["--quick"]).status.success());
        let quick = self.app.quick().await;
        quick.until_shown("#quick").await;
        let title = self.texts["quick.title"].as_str().expect("a text");
        self.desk.display().focus(title);
        self.desk.display().type_text("stu");
        quick.until_shown("[role=option]").await;
        self.at(&quick, title, "quick connect").await;
        self.desk.display().press("Escape");
        crate::desk::until("it to go", async || (!self.desk.display().has_window(title)).then_some(())).await;
    }

    async fn viewer(&self, server: &Server) {
        user::open(self.hosts, "Studio").await;
        let viewer = self.app.viewer("Studio").await;
        viewer.until_state("asking").await;
        self.at(&viewer, "Studio", "a viewer that asks").await;
        user::answer(&viewer, "secret", false).await;
        viewer.until_state("live").await;
        viewer.call_toolbar().await;
        self.at(&viewer, "Studio", "a viewer with its toolbar").await;
        for (tool, panel) in PANELS {
            viewer.use_tool(tool).await;
            viewer.until_shown(panel).await;
            self.at(&viewer, "Studio", tool).await;
            if tool == "#keys" {
                viewer.click("#type-text").await;
                viewer.until_shown("#type-panel").await;
                self.at(&viewer, "Studio", "a text to be typed").await;
            }
            self.desk.display().press("Escape");
            viewer.until_gone(panel).await;
        }
        self.at_list("the list with an open machine").await;
        server.kill();
        viewer.until_state("reconnecting").await;
        self.at(&viewer, "Studio", "a viewer that tries again").await;
        viewer.click("#stop").await;
        viewer.until_state("ended").await;
        viewer.script("document.querySelectorAll('details').forEach((part) => (part.open = true))").await;
        self.at(&viewer, "Studio", "a session that the user has ended").await;
        user::leave(self.desk, &viewer, "Studio").await;
    }

    async fn end(&self) {
        let nobody = address(free_port());
        user::connect(self.hosts, &nobody).await;
        let viewer = self.app.viewer(&nobody).await;
        viewer.until_state("ended").await;
        viewer.click("#correct").await;
        viewer.until_shown("#correct-address").await;
        viewer.script("document.querySelectorAll('details').forEach((part) => (part.open = true))").await;
        self.at(&viewer, &nobody, "a session that did not come to be").await;
    }

    async fn at_list(&self, what: &str) {
        self.at(self.hosts, "Portlight", what).await;
    }

    /// Fails with all that is wrong in a window.
    async fn at(&self, page: &Page<'_>, title: &str, what: &str) {
        is_accessible(page, what).await;
        if self.with_more_contrast {
            is_readable_with_more_contrast(page, what).await;
        }
        let window = self.reader.window(title).await;
        let wrong: Vec<_> = window
            .all()
            .into_iter()
            .filter(|part| match &*part.role {
                // The web view itself.
                "scroll pane" | "document web" => false,
                "dialog" | "alert" | "list box" => part.name.is_empty(),
                _ => part.is(State::Focusable) && (part.role == "unknown" || part.name.is_empty()),
            })
            .map(ToString::to_string)
            .collect();
        assert!(wrong.is_empty(), "{what}: a screen reader is not told what these are: {wrong:#?}\nin\n{window}");
    }
}

/// Fails with all that axe-core finds in a page against WCAG 2.2, levels A and AA, and what it can find beyond that about names.
pub async fn is_accessible(page: &Page<'_>, what: &str) {
    page.until("the page to settle", SETTLED).await;
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("axe-core, which npm installs");
    let look = "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
        // Those that axe-core looks at only when it is asked to.
        const rules = { 'label-content-name-mismatch': { enabled: true }, 'target-size': { enabled: true } };
        const { violations } = await axe.run(document, { runOnly: tags, rules, resultTypes: ['violations'] });
        return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)).join('\\n');";
    if page.script("return window.axe === undefined").await == true {
        page.script(&axe).await;
    }
    assert_eq!(page.script(look).await, "", "{what}");
}

/// Fails with all that axe-core finds against the contrast of a page as it is drawn with more contrast, in light and dark colours. The page
/// stays as it is: its own rules for these are made to hold, or not to, and then put back.
async fn is_readable_with_more_contrast(page: &Page<'_>, what: &str) {
    let look = "const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
        const about = rules.filter((rule) => rule instanceof CSSMediaRule && /prefers-(color-scheme|contrast)/.test(rule.media.mediaText));
        if (about.length < 3) return 'there are no colours to choose from';
        const texts = about.map((rule) => rule.media.mediaText);
        const [sheet] = document.styleSheets;
        sheet.insertRule('*, ::before, ::after { transition: none !important }', 0);
        const always = (holds) => (holds ? '(min-width: 0px)' : '(max-width: 0px)');
        const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
        const all = [];
        for (const dark of [isDark, !isDark]) {
            about.forEach((rule, at) => (rule.media.mediaText = texts[at]
                .replace(/\\(prefers-color-scheme: (dark|light)\\)/g, (_, scheme) => always((scheme === 'dark') === dark))
                .replace(/\\(prefers-contrast: more\\)/g, () => always(true))));
            document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
            const { violations } = await axe.run(document, { runOnly: { type: 'rule', values: ['color-contrast'] }, resultTypes: ['violations'] });
            all.push(...violations.flatMap(({ nodes }) => nodes.map((node) =>
                `${dark ? 'dark' : 'light'}, more contrast: ${node.target.join(' ')}: ${node.failureSummary}`)));
        }
        about.forEach((rule, at) => (rule.media.mediaText = texts[at]));
        document.documentElement.style.colorScheme = '';
        sheet.deleteRule(0);
        return all.join('\\n');";
    assert_eq!(page.script(look).await, "", "{what}");
}

#[tokio::test]
async fn who_asks_the_desktop_for_more_contrast_gets_it() {
    let desk = Desk::of("who_asks_the_desktop_for_more_contrast_gets_it").open().await;
    for (theme, dark) in [("HighContrast", false), ("HighContrastInverse", true)] {
        let settings = desk.home().join("config/gtk-3.0/settings.ini");
        fs::create_dir_all(settings.parent().expect("a folder")).expect("a home");
        fs::write(&settings, format!("[Settings]\ngtk-theme-name={theme}\n")).expect("a home");
        let app = App::start(&desk, &[]).await;
        let hosts = app.hosts().await;
        hosts.until_shown("#hosts [role=option]").await;
        let facts = "return ['(prefers-contrast: more)', '(prefers-color-scheme: dark)'].map((fact) => matchMedia(fact).matches)";
        assert_eq!(hosts.script(facts).await, serde_json::json!([true, dark]), "{theme}");
        let selected = "return getComputedStyle(document.querySelector('#hosts [aria-selected=true]')).outlineStyle";
        assert_eq!(hosts.script(selected).await, "solid", "{theme}: what is selected has an edge");
        app.crash().await;
    }
}
