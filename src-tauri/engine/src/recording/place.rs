//! Where pictures and recordings go, and what they are called there. No page ever names a path.

use crate::platform;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// A kind of file, with a folder of the user's for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A PNG picture.
    Picture,
    /// A recording.
    Recording,
}

/// How a recording's name ends.
pub const EXTENSION: &str = "plrec";

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Picture => "png",
            Self::Recording => EXTENSION,
        }
    }

    /// The user's folder for it: `XDG_PICTURES_DIR` or `XDG_VIDEOS_DIR` on Linux; the home folder where there is none.
    pub(crate) fn folder(self) -> PathBuf {
        let own = match self {
            Self::Picture => dirs::picture_dir(),
            Self::Recording => dirs::video_dir(),
        };
        own.or_else(dirs::home_dir).unwrap_or_else(std::env::temp_dir)
    }
}

/// When something happened, as the user's clock shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalTime {
    /// Milliseconds since 1970.
    pub(crate) unix_ms: u64,
    /// How far the user's clock is ahead of UTC, in minutes.
    pub(crate) ahead: i32,
}

/// What a file is called, without its extension: the machine's name, as far as every system's file names may have it, and the
/// time.
fn stem(machine: &str, time: LocalTime) -> String {
    let safe: String = machine
        .chars()
        .map(|c| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c })
        .take(MAX_MACHINE)
        .collect();
    // Dots in front hide a file, and Windows drops those behind.
    let safe = safe.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let machine = if safe.is_empty() { "Portlight" } else { safe };
    let seconds = (time.unix_ms / 1000) as i64 + i64::from(time.ahead.clamp(-MAX_AHEAD, MAX_AHEAD)) * 60;
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let (hour, minute, second) =
        (seconds.rem_euclid(86_400) / 3600, seconds.rem_euclid(3600) / 60, seconds.rem_euclid(60));
    format!("{machine} {year:04}-{month:02}-{day:02} {hour:02}.{minute:02}.{second:02}")
}

/// Makes a new file as [`create`] does, and writes it. Where that fails nothing is left of it.
pub(super) fn write(
    folder: &Path,
    kind: Kind,
    machine: &str,
    time: LocalTime,
    contents: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<PathBuf, (PathBuf, io::Error)> {
    let (mut file, path) = create(folder, kind, machine, time)?;
    match contents(&mut file) {
        Ok(()) => Ok(path),
        Err(cause) => {
            discard(&path);
            Err((path, cause))
        }
    }
}

/// Removes a file that [`create`] has made, and that nothing came of.
pub(super) fn discard(path: &Path) {
    // Where it cannot be removed it stays, and does no harm.
    let _ = std::fs::remove_file(path);
}

/// Makes a new file that only this user can read. No file that is there is touched.
pub(crate) fn create(
    folder: &Path,
    kind: Kind,
    machine: &str,
    time: LocalTime,
) -> Result<(File, PathBuf), (PathBuf, io::Error)> {
    let stem = stem(machine, time);
    let mut path = folder.join(format!("{stem}.{}", kind.extension()));
    if let Err(cause) = std::fs::create_dir_all(folder) {
        return Err((path, cause));
    }
    for number in 2.. {
        match platform::private_file().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && number <= MAX_NUMBER => {
                path = folder.join(format!("{stem} ({number}).{}", kind.extension()));
            }
            Err(cause) => return Err((path, cause)),
        }
    }
    Err((path, io::ErrorKind::AlreadyExists.into()))
}

/// Year, month and day of the day with this number since 1970, in the Gregorian calendar.
fn date(days: i64) -> (i64, i64, i64) {
    let mut year = 1970 + days.div_euclid(366);
    let first_of = |year: i64| {
        let past = year - 1;
        365 * (year - 1970) + (past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)) - LEAP_DAYS_TO_1970
    };
    while first_of(year + 1) <= days {
        year += 1;
    }
    let is_leap = first_of(year + 1) - first_of(year) == 366;
    let mut day = days - first_of(year);
    for (month, length) in (1..).zip([31, 28 + i64::from(is_leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if day < length {
            return (year, month, day + 1);
        }
        day -= length;
    }
    (year, 12, 31)
}

/// Leap days before 1970: 1969 / 4 - 1969 / 100 + 1969 / 400.
const LEAP_DAYS_TO_1970: i64 = 477;
/// Letters of a machine's name: with the rest, a file name has 255 bytes at most.
const MAX_MACHINE: usize = 50;
/// No clock is further from UTC, in minutes.
const MAX_AHEAD: i32 = 24 * 60;
/// Files of one machine and second.
const MAX_NUMBER: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: LocalTime = LocalTime { unix_ms: 1_709_208_005_999, ahead: 0 };

    #[test]
    fn a_name_has_the_machine_and_the_users_time() {
        assert_eq!(stem("Studio", NOON), "Studio 2024-02-29 12.00.05");
        assert_eq!(stem("Studio", LocalTime { ahead: 13 * 60, ..NOON }), "Studio 2024-03-01 01.00.05");
        assert_eq!(stem("Studio", LocalTime { unix_ms: 0, ahead: -60 }), "Studio 1969-12-31 23.00.00");
        for (unix, day) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (4_107_542_400, "2100-03-01")] {
            assert!(stem("x", LocalTime { unix_ms: unix * 1000, ahead: 0 }).contains(day), "{day}");
        }
        stem("x", LocalTime { unix_ms: u64::MAX / 2_000_000, ahead: i32::MAX });
    }

    #[test]
    fn a_machines_name_names_no_other_place() {
        for (machine, safe) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("box:1", "box_1"),
            (r"C:\x", "C__x"),
            ("a\nb\0", "a_b_"),
            (" .hidden. ", "hidden"),
            ("..", "Portlight"),
            ("", "Portlight"),
            ("机器", "机器"),
        ] {
            assert_eq!(stem(machine, NOON), format!("{safe} 2024-02-29 12.00.05"));
        }
        assert!(stem(&"漢".repeat(500), NOON).len() < 200);
    }

    #[test]
    fn a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<_> = (0..3)
            .map(|_| create(&folder.path().join("new"), Kind::Picture, "Studio", NOON).unwrap().1)
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        let stem = "Studio 2024-02-29 12.00.05";
        assert_eq!(names, [format!("{stem}.png"), format!("{stem} (2).png"), format!("{stem} (3).png")]);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = create(folder.path(), Kind::Recording, "Studio", NOON).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
