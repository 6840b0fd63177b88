//! A reader for each kind of file: its text in, [`Sketch`](super::candidate::Sketch)es out. What a file means is what the program
//! that writes it means by it; each file here begins with where that is written down.

pub(super) mod ansible;
pub(super) mod connections;
pub(super) mod krdc;
pub(super) mod mremoteng;
pub(super) mod portlight;
pub(super) mod remmina;
pub(super) mod ssh_config;
pub(super) mod table;
pub(super) mod tigervnc;
pub(super) mod virt_viewer;
pub(super) mod vnc_file;
pub(super) mod vncloc;
pub(super) mod websockify;

/// An SSH host as Portlight writes it, from a user name, which may be empty, and `host` or `host:port`.
fn jump(user: &str, place: &str) -> String {
    let user = if user.trim().is_empty() { String::new() } else { format!("{}@", user.trim()) };
    // Two colons are an IPv6 address without a port.
    let has_port = place.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'));
    if has_port { format!("ssh://{user}{place}") } else { format!("{user}{place}") }
}

/// The seconds since 1970 of a time like `2026-10-02T09:30:00.000Z`.
fn seconds(time: &str) -> Option<u64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, separator| text.split(separator).map(|part| part.parse::<u64>().ok()).collect();
    let date: Option<Vec<u64>> = numbers(date, '-');
    let clock: Option<Vec<u64>> = numbers(clock.split('.').next()?, ':');
    let ([year, month, day], [hour, minute, second]) = (date?.try_into().ok()?, clock?.try_into().ok()?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1 March of year 0, so that a leap day is a year's last: https://howardhinnant.github.io/date_algorithms.html
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some(days.checked_sub(719_468)? * 86_400 + hour.min(23) * 3600 + minute.min(59) * 60 + second.min(60))
}

#[cfg(test)]
mod tests;
