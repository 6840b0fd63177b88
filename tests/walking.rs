//! By keyboard alone: where Tab, arrows, Enter, Space and Escape lead, and that the focus is always seen and never lost. And what
//! people set for themselves: no motion, and texts twice as large.

use crate::{
    desk::{App, Desk, Page, Server},
    user,
};
use serde_json::json;
use std::{collections::HashSet, fs};

/// What Tab may lead to in one window at most.
const STOPS: usize = 90;

/// What has the focus, by its id or its name; in front of it what is wrong with that.
const FOCUS: &str = r#"
    const has = document.activeElement;
    if (has === null || has === document.body) return 'LOST';
    const name = has.id || has.ariaLabel || has.innerText.trim() || has.name + ' ' + has.value || has.tagName;
    const { top, bottom, left, right } = has.getBoundingClientRect();
    const isInside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
    const isOutlined = (element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    };
    const isFramed = (element) => getComputedStyle(element).boxShadow !== 'none';
    const within = has.closest('.frame, .search, .tags');
    const isSeen = has.checkVisibility({ visibilityProperty: true }) && isInside && (
      isOutlined(has) || (within !== null && isFramed(within)) || (has.tagName === 'TEXTAREA' && isFramed(has))
      || (has.type === 'radio' && isOutlined(has.nextElementSibling ?? has))
      || (has.role?.startsWith('menuitem') && getComputedStyle(has).backgroundColor !== 'rgba(0, 0, 0, 0)')
      || (has.id === 'hosts' && [...has.querySelectorAll('[aria-selected=true]')].some(isOutlined)));
    return (isSeen ? '' : 'NOT SEEN ') + name;"#;

/// Presses a key, and waits until the page has let go of it; what has the focus then.
async fn press(desk: &Desk, page: &Page<'_>, key: &str) -> String {
    let count = "if (window.pressed === undefined) {
        window.pressed = 0;
        addEventListener('keyup', () => setTimeout(() => window.pressed++), { capture: true });
    }
    return window.pressed";
    let before = page.script(count).await.as_u64().expect("a number");
    desk.display().press(key);
    // Shift is a key too.
    let keys = 1 + key.matches('+').count() as u64;
    page.until(&format!("{key} to be let go of"), &format!("window.pressed >= {}", before + keys)).await;
    focus(page).await
}

async fn focus(page: &Page<'_>) -> String {
    page.script(FOCUS).await.as_str().expect("a name").to_owned()
}

/// Presses a key until the focus is where it was, and says where it was meanwhile.
async fn round(desk: &Desk, page: &Page<'_>, key: &str) -> Vec<String> {
    let start = focus(page).await;
    let mut stops = vec![start.clone()];
    loop {
        let stop = press(desk, page, key).await;
        if stop == start {
            break;
        }
        stops.push(stop);
        assert!(stops.len() < STOPS, "it does not come back: {stops:#?}");
    }
    let wrong: Vec<_> = stops.iter().filter(|stop| stop.contains("LOST") || stop.contains("NOT SEEN")).collect();
    assert!(wrong.is_empty(), "{wrong:?} in {stops:#?}");
    stops
}

/// Tab leads through all of these in this order, and Shift+Tab back.
async fn leads_through(desk: &Desk, page: &Page<'_>, expected: &[&str]) {
    assert_eq!(round(desk, page, "Tab").await, expected);
    let mut back: Vec<_> = expected.to_vec();
    back[1..].reverse();
    assert_eq!(round(desk, page, "shift+Tab").await, back);
}

fn machines(address: &str) -> String {
    let host = |n: usize, name: &str| {
        json!({
            "id": format!("00000000-0000-4000-8000-{n:012}"), "name": name, "address": address, "tags": ["lab"],
        })
    };
    json!({ "version": 1, "hosts": [host(1, "Anvil"), host(2, "Bellows"), host(3, "Crane"), host(4, "Drill")] })
        .to_string()
}

#[tokio::test]
async fn the_list_and_all_that_it_opens_are_walked_by_keyboard() {
    let desk = Desk::of("the_list_and_all_that_it_opens_are_walked_by_keyboard").open().await;
    desk.prefer_rows();
    desk.write_hosts(&machines("127.0.0.1:1"));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Anvil")).await;
    desk.display().focus("Portlight");
    leads_through(&desk, &hosts, &["search", "add-host", "window-menu", "lab", "look", "order", "hosts"]).await;

    // Arrows select, whatever has the focus; the menu of what is selected gives the focus back.
    assert_eq!(press(&desk, &hosts, "shift+Tab").await, "hosts");
    press(&desk, &hosts, "Down").await;
    hosts.until("the next one", "document.querySelector('[aria-selected=true]').dataset.name === 'Bellows'").await;
    assert!(press(&desk, &hosts, "shift+F10").await.starts_with("Open"));
    assert!(press(&desk, &hosts, "Up").await.starts_with("Remove"), "round the menu");
    assert_eq!(press(&desk, &hosts, "Escape").await, "hosts");

    // What is removed leaves the selection to its neighbour.
    assert_eq!(press(&desk, &hosts, "Delete").await, "hosts");
    hosts.until("its neighbour", "document.querySelector('[aria-selected=true]').dataset.name === 'Crane'").await;
    press(&desk, &hosts, "Delete").await;
    hosts.until("its neighbour", "document.querySelector('[aria-selected=true]').dataset.name === 'Drill'").await;

    // The form goes back to where it was called.
    press(&desk, &hosts, "F2").await;
    hosts.until("the form", "document.activeElement.id === 'name'").await;
    assert_eq!(press(&desk, &hosts, "shift+Tab").await, "address");
    let stops = round(&desk, &hosts, "Tab").await;
    let order: Vec<_> = ["address", "name", "Login", "test", "save", "save-and-connect", "leave-editor"]
        .into_iter()
        .filter_map(|stop| stops.iter().position(|other| other == stop))
        .collect();
    assert!(order.len() == 7 && order.is_sorted_by_key(|at| (at + stops.len() - order[0]) % stops.len()), "{stops:?}");
    press(&desk, &hosts, "Tab").await;
    assert_eq!(press(&desk, &hosts, "Tab").await, "Login");
    press(&desk, &hosts, "space").await;
    hosts.until_shown("#username").await;
    assert_eq!(press(&desk, &hosts, "Tab").await, "login-from");
    press(&desk, &hosts, "Escape").await;
    hosts.until("the list to have the focus", "document.activeElement.id === 'hosts'").await;

    dialogs(&desk, &hosts).await;

    // One that is put back leaves the focus to its neighbour, and the last one to the button that is left.
    user::choose(&hosts, "Removed machines").await;
    hosts.until_shown("#removed [data-name=Bellows]").await;
    hosts.script("document.querySelector('#removed .put-back').focus()").await;
    press(&desk, &hosts, "Return").await;
    hosts.until("one less", "document.querySelectorAll('#removed li').length === 1").await;
    hosts.until("its neighbour", "document.activeElement.closest('#removed li .put-back') !== null").await;
    press(&desk, &hosts, "Return").await;
    hosts.until("none", "document.querySelectorAll('#removed li').length === 0").await;
    hosts.until("what is left", "document.activeElement.id === 'close-removed'").await;
    assert_eq!(press(&desk, &hosts, "Return").await, "window-menu");
}

/// Each dialog of the menu has the focus, keeps it while it is there, and gives it back.
async fn dialogs(desk: &Desk, hosts: &Page<'_>) {
    hosts.script("document.querySelector('#window-menu').focus()").await;
    let entries = "return [...document.querySelectorAll('[role=menu] [role^=menuitem]:not(:disabled)')].map((item) => item.firstElementChild.nextElementSibling.innerText)";
    assert!(!press(desk, hosts, "Return").await.contains("LOST"));
    let entries = hosts.script(entries).await;
    let entries: Vec<_> = entries.as_array().expect("labels").iter().filter_map(|label| label.as_str()).collect();
    assert!(entries.len() > 10, "{entries:?}");
    press(desk, hosts, "Escape").await;
    let mut seen = HashSet::new();
    for (place, label) in entries.iter().enumerate() {
        // These open no dialog of the page's.
        if ["Undo", "Redo", "Open a recording", "Quit"].iter().any(|other| label.starts_with(other)) {
            continue;
        }
        press(desk, hosts, "Return").await;
        press(desk, hosts, "Home").await;
        for _ in 0..place {
            press(desk, hosts, "Down").await;
        }
        press(desk, hosts, "Return").await;
        hosts.until(label, "document.querySelector('dialog[open]')?.contains(document.activeElement) ?? false").await;
        for stop in round(desk, hosts, "Tab").await {
            seen.insert(stop);
        }
        hosts.until(label, "document.querySelector('dialog[open]').contains(document.activeElement)").await;
        assert_eq!(press(desk, hosts, "Escape").await, "window-menu", "behind {label}");
    }
    for id in [
        "close-removed",
        "listen-on",
        "add-source-url",
        "import-files",
        "export-save",
        "settings-search",
        "help-search",
    ] {
        assert!(seen.contains(id), "{id} was not reached: {seen:?}");
    }
}

#[tokio::test]
async fn a_viewer_and_what_it_asks_are_walked_by_keyboard() {
    let desk = Desk::of("a_viewer_and_what_it_asks_are_walked_by_keyboard").open().await;
    let server = Server::start(&desk, Some("secret")).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until("the question", "document.activeElement?.id === 'password'").await;
    let stops = round(&desk, &viewer, "Tab").await;
    assert!(stops.iter().any(|stop| stop == "remember") && stops.iter().any(|stop| stop == "connect"), "{stops:?}");
    desk.display().type_text("secret");
    desk.display().press("Return");
    viewer.until_state("live").await;
    viewer.call_toolbar().await;
    assert_eq!(focus(&viewer).await, "protection");
    let mut tools = vec!["protection".to_owned()];
    while tools.last().is_none_or(|tool| tool != "disconnect") {
        tools.push(press(&desk, &viewer, "Right").await);
        assert!(tools.len() < STOPS, "{tools:?}");
    }
    assert!(tools.iter().all(|tool| !tool.contains("LOST") && !tool.contains("NOT SEEN")), "{tools:?}");
    press(&desk, &viewer, "Return").await;
    viewer.until_state("ended").await;
    viewer.until("the end", "document.activeElement?.id === 'again'").await;
    let stops = round(&desk, &viewer, "Tab").await;
    assert!(stops.iter().any(|stop| stop == "close-window"), "{stops:?}");
}

#[tokio::test]
async fn nothing_moves_where_the_desktop_has_no_animations() {
    let desk = Desk::of("nothing_moves_where_the_desktop_has_no_animations").open().await;
    let settings = desk.home().join("config/gtk-3.0");
    fs::create_dir_all(&settings).expect("a home");
    fs::write(settings.join("settings.ini"), "[Settings]\ngtk-enable-animations=0\n").expect("a home");
    desk.write_hosts(&machines("127.0.0.1:1"));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Anvil")).await;
    hosts.until("the wish", "matchMedia('(prefers-reduced-motion: reduce)').matches").await;
    const MOVES: &str = "
        window.moved = [];
        const note = ({ target, type }) => {
            for (const animation of target.getAnimations()) {
                const { duration, iterations } = animation.effect.getTiming();
                if (duration > 1 || iterations > 1) window.moved.push(`${type} ${target.id || target.className}`);
            }
        };
        addEventListener('animationstart', note, true);
        addEventListener('transitionrun', note, true);";
    hosts.script(MOVES).await;
    hosts.click("#add-host").await;
    hosts.until_shown("#editor").await;
    hosts.press("#address", "\u{e00c}").await;
    hosts.until_gone("#editor").await;
    user::choose(&hosts, "Settings").await;
    hosts.click("#close-settings").await;
    user::remove(&hosts, "Anvil").await;
    hosts.until_shown("#undo").await;
    assert_eq!(hosts.script("return window.moved.join()").await, "");

    user::open(&hosts, "Crane").await;
    let viewer = app.viewer("Crane").await;
    viewer.until_state("ended").await;
    viewer.script(MOVES).await;
    viewer.click("#again").await;
    viewer.until_shown("#tried").await;
    viewer.click("#tried summary").await;
    assert_eq!(viewer.script("return window.moved.join()").await, "");
}

#[tokio::test]
async fn texts_twice_as_large_are_cut_off_nowhere() {
    let desk = Desk::of("texts_twice_as_large_are_cut_off_nowhere").open().await;
    desk.write_hosts(&machines("127.0.0.1:1"));
    let app = App::start_with(&desk, &[], &[("GDK_DPI_SCALE", "2")]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Anvil")).await;
    // The window is no larger than with small texts.
    assert!(hosts.script("return innerWidth").await.as_f64() < Some(420.0));
    all_can_be_seen(&hosts, "the list").await;
    press_button(&hosts, "#add-host").await;
    hosts.until_shown("#editor").await;
    hosts.script("document.querySelectorAll('#editor details').forEach((section) => (section.open = true))").await;
    all_can_be_seen(&hosts, "the form").await;
    hosts.press("#address", "\u{e00c}").await;
    hosts.until_gone("#editor").await;
    press_button(&hosts, "#window-menu").await;
    hosts.until_shown("[role=menu]").await;
    all_can_be_seen(&hosts, "the menu").await;
    desk.display().focus("Portlight");
    desk.display().press("Escape");
    hosts.until_gone("[role=menu]").await;
    for label in
        ["Removed", "Earlier", "Wait", "Lists", "Import", "Export", "Open sessions", "Settings", "Help", "About"]
    {
        press_button(&hosts, "#window-menu").await;
        let item = format!(
            "[...document.querySelectorAll('[role=menuitem]')].find((item) => item.innerText.includes({label:?}))"
        );
        hosts.until(label, &format!("Boolean({item})")).await;
        hosts.script(&format!("{item}.click()")).await;
        hosts.until_shown("dialog[open]").await;
        all_can_be_seen(&hosts, label).await;
        desk.display().press("Escape");
        hosts.until_gone("dialog[open]").await;
    }
}

/// WebDriver does not know where a button is on a page that is shown larger.
async fn press_button(page: &Page<'_>, selector: &str) {
    page.until_shown(selector).await;
    page.script(&format!("document.querySelector({selector:?}).click()")).await;
}

/// Fails with what is wider than its window, or cannot be scrolled to.
async fn all_can_be_seen(page: &Page<'_>, what: &str) {
    const LOOK: &str = r#"
        const room = document.querySelector('[role=menu]') ?? document.querySelector('dialog[open]') ?? document.querySelector('.sheet') ?? document.body;
        const stops = [...room.querySelectorAll('button, input, select, textarea, summary, p, label, h1, h2')];
        const wrong = [];
        for (const stop of stops.filter((stop) => stop.checkVisibility({ visibilityProperty: true }))) {
            if (stop.tagName === 'P' && stop.innerText === '') continue;
            if (stop.classList.contains('spoken') || stop.closest('.chips, .spoken, [role=option]')) continue;
            stop.scrollIntoView({ block: 'nearest' });
            const { left, right, top, bottom, height } = stop.getBoundingClientRect();
            const name = stop.id || stop.innerText.slice(0, 40) || stop.className;
            if (left < -1 || right > innerWidth + 1) wrong.push(`${name} from ${left} to ${right} of ${innerWidth}`);
            else if (height < innerHeight && (top < -1 || bottom > innerHeight + 1)) wrong.push(`${name} is at ${top} of ${innerHeight}`);
            const { overflowX, textOverflow } = getComputedStyle(stop);
            if (stop.tagName !== 'INPUT' && overflowX === 'hidden' && textOverflow !== 'ellipsis' && stop.scrollWidth > stop.clientWidth + 1) wrong.push(`${name} is cut off`);
        }
        return wrong.join('\n');"#;
    assert_eq!(page.script(LOOK).await, "", "{what}");
}
