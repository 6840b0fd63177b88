//! What the tray's menu has, as values: knows no window and no tray.

use portlight_engine::{
    model::{HostId, HostView, SessionId},
    session::{OpenSession, OpenState},
};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    fmt,
    str::FromStr,
};

/// Favourites in the menu itself; the others have a menu of their own in it. GNOME cuts a menu off where the screen ends, and its lines
/// have 36 pixels: these, the latest and what is always there have room in 768.
const MAX_FAVOURITES: usize = 6;
/// Hosts that were opened last.
const MAX_RECENT: usize = 4;
/// Open sessions in the menu itself; the others have a menu of their own in it.
const MAX_SESSIONS: usize = 4;
/// Sets,
const MAX_SETS: usize = 10;
/// and hosts in one of them: so many windows are opened by a click. The list asks about more.
const MAX_SET: usize = 16;
/// Letters of a name in the menu: a longer one would make it as wide as the screen.
const MAX_LABEL: usize = 60;

/// Something in the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// What stands above others, and cannot be chosen: the key of its text.
    Title(&'static str),
    /// A line to choose, with its text.
    Line(Item, String),
    /// A line to choose, with the key of its text.
    Command(Item, &'static str),
    /// The same with a tick, or without it.
    Switch(Item, &'static str, bool),
    /// A menu in the menu.
    Menu(Label, Vec<Entry>),
    /// A line between groups.
    Separator,
}

/// What a menu in the menu is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// By this text.
    Text(String),
    /// By the text of this key.
    Key(&'static str),
}

/// What a line stands for; its text form is the line's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The list.
    Open,
    /// Quick connect.
    Quick,
    /// Ending Portlight.
    Quit,
    /// Whether Portlight waits for calls.
    Calls,
    /// A host, to be opened.
    Host(HostId),
    /// The hosts with a tag, to be opened together.
    Set(String),
    /// The same, to be closed together.
    CloseSet(String),
    /// A session's window, to come to the front.
    Session(SessionId),
    /// A session, to end.
    Disconnect(SessionId),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Quick => f.write_str("quick"),
            Self::Quit => f.write_str("quit"),
            Self::Calls => f.write_str("calls"),
            Self::Host(id) => write!(f, "host:{id}"),
            Self::Set(tag) => write!(f, "tag:{tag}"),
            Self::CloseSet(tag) => write!(f, "close-tag:{tag}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Disconnect(id) => write!(f, "disconnect:{id}"),
        }
    }
}

impl FromStr for Item {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let session = |id: &str| id.parse().map_err(|_| ());
        match text.split_once(':') {
            None => match text {
                "open" => Ok(Self::Open),
                "quick" => Ok(Self::Quick),
                "quit" => Ok(Self::Quit),
                "calls" => Ok(Self::Calls),
                _ => Err(()),
            },
            Some(("host", id)) => id.parse().map(Self::Host).map_err(|_| ()),
            Some(("tag", tag)) => Ok(Self::Set(tag.to_owned())),
            Some(("close-tag", tag)) => Ok(Self::CloseSet(tag.to_owned())),
            Some(("session", id)) => session(id).map(Self::Session),
            Some(("disconnect", id)) => session(id).map(Self::Disconnect),
            Some(_) => Err(()),
        }
    }
}

/// The whole menu. `calls`: whether Portlight waits for calls. What leads to a window stands first, where no screen is too small for it.
pub fn entries(hosts: &[HostView], sessions: &[OpenSession], calls: bool) -> Vec<Entry> {
    let mut entries =
        vec![Entry::Command(Item::Open, "tray.open"), Entry::Command(Item::Quick, "quick.open"), Entry::Separator];
    let mut group = |title, lines: Vec<Entry>| {
        if !lines.is_empty() {
            entries.push(Entry::Title(title));
            entries.extend(lines);
            entries.push(Entry::Separator);
        }
    };
    group("tray.sessions", folded(sessions.iter().map(session).collect(), MAX_SESSIONS, "tray.more_sessions"));
    let favourites = favourites(hosts).into_iter().map(host).collect();
    group("tray.favourites", folded(favourites, MAX_FAVOURITES, "tray.more_favourites"));
    group("tray.recent", recent(hosts).into_iter().map(host).collect());
    let together = [("tray.together", sets(hosts)), ("tray.close_together", open_sets(hosts, sessions))];
    let together = together.into_iter().filter(|(_, sets)| !sets.is_empty());
    let before = entries.len();
    entries.extend(together.map(|(key, sets)| Entry::Menu(Label::Key(key), sets)));
    if entries.len() > before {
        entries.push(Entry::Separator);
    }
    entries.extend([
        Entry::Switch(Item::Calls, "listen.on", calls),
        Entry::Separator,
        Entry::Command(Item::Quit, "tray.quit"),
    ]);
    entries
}

/// The first `most` lines, and a menu called by the text of `key` with the others.
fn folded(mut lines: Vec<Entry>, most: usize, key: &'static str) -> Vec<Entry> {
    let others = lines.split_off(lines.len().min(most));
    if !others.is_empty() {
        lines.push(Entry::Menu(Label::Key(key), others));
    }
    lines
}

fn host(host: &HostView) -> Entry {
    Entry::Line(Item::Host(host.id), shortened(&host.name))
}

/// Tags that several hosts have, and how many: the largest sets first.
fn sets(hosts: &[HostView]) -> Vec<Entry> {
    let sets = tags(hosts.iter()).into_values().filter(|(_, count)| (2..=MAX_SET).contains(count));
    lines(sets.collect(), Item::Set)
}

/// Those of which any is open, with how many of them are.
fn open_sets(hosts: &[HostView], sessions: &[OpenSession]) -> Vec<Entry> {
    let open: HashSet<_> = sessions.iter().filter_map(|session| session.host).collect();
    if open.is_empty() {
        return Vec::new();
    }
    let all = tags(hosts.iter());
    let mut sets = tags(hosts.iter().filter(|host| open.contains(&host.id)));
    sets.retain(|tag, _| all.get(tag).is_some_and(|(_, count)| *count > 1));
    lines(sets.into_values().collect(), Item::CloseSet)
}

/// Each tag, and how many hosts have it; case tells none apart.
fn tags<'a>(hosts: impl Iterator<Item = &'a HostView>) -> HashMap<String, (&'a str, usize)> {
    let mut tags: HashMap<String, (&str, usize)> = HashMap::new();
    for tag in hosts.flat_map(|host| &host.tags) {
        tags.entry(tag.to_lowercase()).or_insert((tag, 0)).1 += 1;
    }
    tags
}

fn lines(mut sets: Vec<(&str, usize)>, item: fn(String) -> Item) -> Vec<Entry> {
    sets.sort_by_key(|(tag, count)| (Reverse(*count), tag.to_lowercase()));
    sets.truncate(MAX_SETS);
    let line = |(tag, count)| Entry::Line(item(String::from(tag)), format!("{} ({count})", shortened(tag)));
    sets.into_iter().map(line).collect()
}

fn session(session: &OpenSession) -> Entry {
    let mut lines = vec![Entry::Command(Item::Session(session.id), "tray.show")];
    if session.state != OpenState::Ended {
        lines.push(Entry::Command(Item::Disconnect(session.id), "viewer.disconnect"));
    }
    Entry::Menu(Label::Text(shortened(&session.name)), lines)
}

fn shortened(label: &str) -> String {
    match label.char_indices().nth(MAX_LABEL) {
        Some(_) => label.chars().take(MAX_LABEL - 1).chain(['…']).collect(),
        None => label.to_owned(),
    }
}

/// In the order that the window shows.
fn favourites(hosts: &[HostView]) -> Vec<&HostView> {
    let mut favourites: Vec<_> = hosts.iter().filter(|host| host.favourite).collect();
    favourites.sort_by_key(|host| host.favourite_order());
    favourites
}

/// Those opened last, whatever else they are.
fn recent(hosts: &[HostView]) -> Vec<&HostView> {
    let mut recent: Vec<_> = hosts.iter().filter(|host| host.last_opened.is_some()).collect();
    recent.sort_by_key(|host| Reverse(host.last_opened));
    recent.truncate(MAX_RECENT);
    recent
}

#[cfg(test)]
mod tests {
    use super::*;
    use portlight_engine::model::Host;

    /// Lines of Portlight's own above the machines, and below them, with a separator.
    const OWN: usize = 3;

    fn host(name: &str, favourite: bool, last_opened: Option<u64>) -> HostView {
        let mut host = Host::demo(name).view();
        (host.favourite, host.last_opened) = (favourite, last_opened);
        host
    }

    /// The texts of lines, in order; keys of texts in brackets, menus in the menu with what they have.
    fn texts(entries: &[Entry]) -> Vec<String> {
        let text = |entry: &Entry| match entry {
            Entry::Title(key) | Entry::Command(_, key) => format!("[{key}]"),
            Entry::Switch(_, key, on) => format!("[{key}] {on}"),
            Entry::Line(_, text) => text.clone(),
            Entry::Menu(Label::Text(label), lines) => format!("{label}: {}", texts(lines).join(" ")),
            Entry::Menu(Label::Key(key), lines) => format!("[{key}]: {}", texts(lines).join(" ")),
            Entry::Separator => "-".to_owned(),
        };
        entries.iter().map(text).collect()
    }

    #[test]
    fn favourites_have_their_own_order_and_the_latest_are_there_whatever_else_they_are() {
        let placed = |name, place| HostView { favourite_place: place, ..host(name, true, Some(3)) };
        let hosts = [
            placed("a", Some(1)),
            host("d", true, None),
            placed("b", Some(0)),
            host("old", false, Some(1)),
            host("new", false, Some(9)),
            host("never", false, None),
        ];
        let (begin, end) = (["[tray.open]", "[quick.open]", "-"], ["[listen.on] false", "-", "[tray.quit]"]);
        let expected = ["[tray.favourites]", "b", "a", "d", "-", "[tray.recent]", "new", "a", "b", "old", "-"];
        assert_eq!(texts(&entries(&hosts, &[], false)), [&begin[..], &expected[..], &end[..]].concat());
        assert_eq!(texts(&entries(&[], &[], false)), [begin, end].concat());
    }

    #[test]
    fn no_favourite_is_missing_and_the_menu_stays_short() {
        let hosts: Vec<_> = (0..1000).map(|n| host(&n.to_string(), n % 2 == 0, Some(n))).collect();
        let entries = entries(&hosts, &[], true);
        assert_eq!(entries.len(), OWN + 1 + MAX_FAVOURITES + 1 + 1 + 1 + MAX_RECENT + 1 + OWN);
        let lines = entries.iter().filter(|entry| **entry != Entry::Separator).count();
        assert!(lines * 36 + 5 * 13 + 32 <= 768, "{lines} lines in GNOME");
        let Some(Entry::Menu(_, others)) = entries.get(OWN + 1 + MAX_FAVOURITES) else { panic!("{entries:?}") };
        assert_eq!(others.len(), 500 - MAX_FAVOURITES);
    }

    #[test]
    fn an_open_session_comes_to_the_front_and_ends() {
        let session = |id: &str, state| OpenSession {
            id: id.parse().unwrap(),
            host: None,
            name: "Studio".into(),
            address: "studio".into(),
            state,
            picture: None,
        };
        let sessions = [session("1", OpenState::Live), session("2", OpenState::Ended)];
        assert_eq!(
            texts(&entries(&[], &sessions, true))[OWN..OWN + 4],
            ["[tray.sessions]", "Studio: [tray.show] [viewer.disconnect]", "Studio: [tray.show]", "-"]
        );
        let many: Vec<_> = (0..40).map(|n| session(&n.to_string(), OpenState::Live)).collect();
        let entries = entries(&[], &many, true);
        let Some(Entry::Menu(Label::Key("tray.more_sessions"), others)) = entries.get(OWN + 1 + MAX_SESSIONS) else {
            panic!("{entries:?}")
        };
        assert_eq!(others.len(), 40 - MAX_SESSIONS);
    }

    #[test]
    fn a_set_is_a_tag_of_several_hosts_but_not_of_all_too_many() {
        let tagged = |tags: &[&str]| {
            let mut host = host("x", false, None);
            host.options.tags = tags.iter().map(ToString::to_string).collect();
            host
        };
        let mut hosts = vec![tagged(&["Lab", "one"]), tagged(&["lab", "rack"]), tagged(&["rack", "LAB"])];
        assert_eq!(texts(&entries(&hosts, &[], false))[OWN], "[tray.together]: Lab (3) rack (2)");
        let session = |host: &HostView| OpenSession {
            id: "1".parse().unwrap(),
            host: Some(host.id),
            name: "x".into(),
            address: "x".into(),
            state: OpenState::Live,
            picture: None,
        };
        let sessions = [session(&hosts[0]), session(&hosts[1])];
        let both = texts(&entries(&hosts, &sessions, false));
        assert_eq!(
            both[OWN + 4..OWN + 7],
            ["[tray.together]: Lab (3) rack (2)", "[tray.close_together]: Lab (2) rack (1)", "-"]
        );
        hosts.extend((0..20).map(|_| tagged(&["lab"])));
        assert_eq!(texts(&entries(&hosts, &[], false))[OWN], "[tray.together]: rack (2)");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(shortened("Studio"), "Studio");
        assert_eq!(shortened(&"ü".repeat(60)), "ü".repeat(60));
        assert_eq!(shortened(&"ü".repeat(150)), format!("{}…", "ü".repeat(59)));
    }

    #[test]
    fn items_are_known_again_by_their_ids() {
        let session: SessionId = "7".parse().unwrap();
        for item in [
            Item::Open,
            Item::Quick,
            Item::Quit,
            Item::Calls,
            Item::Host(HostId::new()),
            Item::Set("host: rack 4".to_owned()),
            Item::CloseSet("tag:lab".to_owned()),
            Item::Session(session),
            Item::Disconnect(session),
        ] {
            assert_eq!(item.to_string().parse(), Ok(item));
        }
        for text in ["", "host:nonsense", "session:", "disconnect:-1", "quit:1"] {
            assert_eq!(text.parse::<Item>(), Err(()), "{text}");
        }
    }
}
