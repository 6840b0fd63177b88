//! Every window and dialog, looked at by axe-core as the web view has drawn it: names, roles, and the contrast of colours,
//! which needs layout. In both languages, light and dark.

use crate::{
    desk::{App, Desk, Page, Server},
    user,
};
use serde_json::json;
use std::fs;

/// The entries of the window's menu that open a dialog. Not: undo, which has nothing to undo; a system's dialog; quit.
const DIALOGS: [usize; 10] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11];
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
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Studio")).await;
    let seen = format!(
        "document.documentElement.lang === {language:?} && matchMedia('(prefers-color-scheme: {theme})').matches"
    );
    hosts.until("language and colours", &seen).await;
    list(&desk, &hosts).await;
    forms(&desk, &hosts).await;
    dialogs(&desk, &hosts).await;
    viewer(&desk, &app, &hosts, &server).await;
}

async fn list(desk: &Desk, hosts: &Page<'_>) {
    is_accessible(hosts, "cards").await;
    hosts.click("#look").await;
    is_accessible(hosts, "rows").await;
    hosts.fill("#search", "plant").await;
    hosts.until_shown("#hosts mark").await;
    is_accessible(hosts, "what a search has found").await;
    hosts.fill("#search", "no such machine!").await;
    hosts.until_shown("#no-match").await;
    is_accessible(hosts, "a search in vain").await;
    user::stop_searching(hosts).await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+a");
    hosts.until_shown("#selection").await;
    is_accessible(hosts, "several").await;
}

async fn forms(desk: &Desk, hosts: &Page<'_>) {
    hosts.click("#edit-selected").await;
    hosts.until_shown(".sheet").await;
    is_accessible(hosts, "the form of several").await;
    desk.display().press("Escape");
    hosts.until_gone(".sheet").await;
    hosts.click("#add-host").await;
    hosts.until_shown("#editor").await;
    hosts.script("document.querySelectorAll('#editor details').forEach((section) => (section.open = true))").await;
    is_accessible(hosts, "the form").await;
    hosts.click("#save").await;
    hosts.until_shown("#editor [aria-invalid=true]").await;
    is_accessible(hosts, "a form that cannot be saved").await;
    desk.display().press("Escape");
    hosts.until_gone("#editor").await;
}

async fn dialogs(desk: &Desk, hosts: &Page<'_>) {
    hosts.click("#window-menu").await;
    hosts.until_shown("[role=menu]").await;
    is_accessible(hosts, "the menu").await;
    desk.display().press("Escape");
    hosts.until_gone("[role=menu]").await;
    for entry in DIALOGS {
        hosts.click("#window-menu").await;
        hosts.until_shown("[role=menu]").await;
        hosts.script(&format!("document.querySelectorAll('[role=menu] [role^=menuitem]')[{entry}].click()")).await;
        hosts.until_shown("dialog[open]").await;
        is_accessible(hosts, &format!("the dialog of entry {entry}")).await;
        desk.display().press("Escape");
        hosts.until_gone("dialog[open]").await;
    }
}

async fn viewer(desk: &Desk, app: &App<'_>, hosts: &Page<'_>, server: &Server) {
    user::open(hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("asking").await;
    is_accessible(&viewer, "a viewer that asks").await;
    user::answer(&viewer, "secret", false).await;
    viewer.until_state("live").await;
    desk.display().press("ctrl+alt+shift+t");
    is_accessible(&viewer, "a viewer with its toolbar").await;
    server.kill();
    viewer.until("the end", "['reconnecting', 'ended'].includes(document.body.dataset.state)").await;
    is_accessible(&viewer, "a viewer whose connection broke").await;
}

/// Fails with all that axe-core finds against WCAG 2, levels A and AA.
async fn is_accessible(page: &Page<'_>, what: &str) {
    page.until("the page to settle", SETTLED).await;
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("axe-core, which npm installs");
    let look = "const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] });
        return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)).join('\\n');";
    let found = page.script(&format!("if (!window.axe) {{ {axe} }}\n{look}")).await;
    assert_eq!(found, "", "{what}");
}
