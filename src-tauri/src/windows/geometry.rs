//! Sizes and places of viewer windows, as numbers: knows no window.

use super::page::VIEWER_PAGE;
use portlight_engine::store::Place;

/// Width and height, in logical pixels.
pub type Size = (f64, f64);
/// The upper left corner of a window's frame, in logical pixels.
pub type Corner = (f64, f64);

/// So many monitors are looked at for those that a window can fill together; each further one would double them.
const MAX_TOGETHER: usize = 6;

/// Several of these monitors, but not all, that a window can fill together: their smallest rectangle touches no other one.
pub fn together(monitors: &[Pixels]) -> Vec<Vec<u8>> {
    let count = monitors.len().min(MAX_TOGETHER);
    let among = |set: u32, number: usize| number < count && set & (1 << number) != 0;
    let sets = (0..1_u32 << count).filter(|set| (2..monitors.len()).contains(&(set.count_ones() as usize)));
    let can_be_filled = |set: &u32| {
        let inside = (0..count).filter(|number| among(*set, *number)).map(|number| wide(monitors[number]));
        let (left, top, right, bottom) = inside.fold(
            (i64::MAX, i64::MAX, i64::MIN, i64::MIN),
            |(left, top, right, bottom), (x, y, width, height)| {
                (left.min(x), top.min(y), right.max(x + width), bottom.max(y + height))
            },
        );
        let touches = |monitor: Pixels| {
            let (x, y, width, height) = wide(monitor);
            x < right && x + width > left && y < bottom && y + height > top
        };
        (0..monitors.len()).all(|number| among(*set, number) || !touches(monitors[number]))
    };
    let numbers =
        |set: u32| (0..count).filter(move |number| among(set, *number)).filter_map(|number| u8::try_from(number).ok());
    sets.filter(can_be_filled).map(|set| numbers(set).collect()).collect()
}

/// What a monitor has for windows, in logical pixels.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// Its upper left corner.
    pub corner: Corner,
    /// With panels left out.
    pub size: Size,
}

/// Width and height of a window's frame and title, in logical pixels: an estimate, as no system tells before it has
/// drawn them.
const FRAME: Size = (16.0, 48.0);
/// From one window to the next: its title stays to be seen.
const STEP: f64 = 32.0;
/// Windows that are nearer cover each other.
const NEAR: f64 = 8.0;
/// So many windows lie on one another in a row; the next one begins anew.
const ROW: u32 = 8;
/// So much of a window's title has to be seen to take hold of it, in the display's pixels.
const HOLD: (i64, i64) = (64, 24);

impl Area {
    /// What a window's frame leaves of it from `corner` on.
    pub fn room_from(self, corner: Corner) -> Size {
        let (x, y) = (corner.0 - self.corner.0, corner.1 - self.corner.1);
        (self.size.0 - x.max(0.0) - FRAME.0, self.size.1 - y.max(0.0) - FRAME.1)
    }

    /// What a window's frame leaves of it.
    pub fn room(self) -> Size {
        self.room_from(self.corner)
    }

    /// Where a window of this size is in the middle.
    pub fn centre(self, size: Size) -> Corner {
        let room = self.room();
        (self.corner.0 + (room.0 - size.0) / 2.0, self.corner.1 + (room.1 - size.1) / 2.0)
    }

    /// The nearest place to `corner` where all of a window of this size is within the area.
    pub fn inside(self, corner: Corner, size: Size) -> Corner {
        let room = self.room();
        let last = (self.corner.0 + (room.0 - size.0).max(0.0), self.corner.1 + (room.1 - size.1).max(0.0));
        (corner.0.min(last.0).max(self.corner.0), corner.1.min(last.1).max(self.corner.1))
    }
}

/// The size of `remote` scaled down to fit into `room`, never up.
pub fn fit(remote: Size, room: Size) -> Size {
    // A server may announce 0x0, and its size later (DesktopSize, rfbproto 7.8.2).
    if remote.0 < 1.0 || remote.1 < 1.0 {
        return VIEWER_PAGE.size;
    }
    let scale = (room.0 / remote.0).min(room.1 / remote.1).min(1.0);
    ((remote.0 * scale).floor().max(VIEWER_PAGE.min.0), (remote.1 * scale).floor().max(VIEWER_PAGE.min.1))
}

/// Whether two sizes are one, but for rounding.
pub fn same(one: Size, other: Size) -> bool {
    (one.0 - other.0).abs() < 1.0 && (one.1 - other.1).abs() < 1.0
}

/// The first place from `corner` on, downwards and to the right, where no window's corner is.
pub fn cascade(corner: Corner, taken: &[Corner]) -> Corner {
    let step = |nth: u32| (corner.0 + f64::from(nth) * STEP, corner.1 + f64::from(nth) * STEP);
    let is_free =
        |at: &Corner| !taken.iter().any(|other| (other.0 - at.0).abs() < NEAR && (other.1 - at.1).abs() < NEAR);
    (0..ROW).map(step).find(is_free).unwrap_or(corner)
}

/// A monitor's area in the display's pixels: x, y, width, height.
pub type Pixels = (i32, i32, u32, u32);

/// `place`, or one within the first area where no part of its title bar could be reached any more.
pub fn into_view(place: Place, areas: &[Pixels]) -> Place {
    let title = (i64::from(place.x), i64::from(place.y), i64::from(place.width));
    let is_seen = |area: &Pixels| {
        let (x, y, width, height) = wide(*area);
        let seen = (title.0 + title.2).min(x + width) - title.0.max(x);
        seen >= HOLD.0.min(title.2) && title.1 >= y - HOLD.1 && title.1 + HOLD.1 <= y + height
    };
    let Some(first) = areas.first().filter(|_| !areas.iter().any(is_seen)) else { return place };
    let (x, y, width, height) = *first;
    let most = (width.saturating_sub(FRAME.0 as u32), height.saturating_sub(FRAME.1 as u32));
    let size = (place.width.min(most.0), place.height.min(most.1));
    let rest = |room: u32, size: u32| i32::try_from((room - size) / 2).unwrap_or(0);
    Place { x: x + rest(most.0, size.0), y: y + rest(most.1, size.1), width: size.0, height: size.1, ..place }
}

fn wide((x, y, width, height): Pixels) -> (i64, i64, i64, i64) {
    (x.into(), y.into(), width.into(), height.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { corner: (100.0, 20.0), size: (1016.0, 648.0) };

    #[test]
    fn monitors_that_a_window_can_fill_leave_no_other_one_below_it() {
        let row: Vec<Pixels> = (0..3).map(|nth| (nth * 100, 0, 100, 80)).collect();
        assert_eq!(together(&row), [vec![0, 1], vec![1, 2]], "not the outer two, and not all");
        assert!(together(&row[..2]).is_empty());
        // The third one is below the first.
        let corner = [(0, 0, 100, 80), (100, 0, 100, 80), (0, 80, 100, 80)];
        assert_eq!(together(&corner), [vec![0, 1], vec![0, 2]], "a window has no corner left out");
        let grid: Vec<Pixels> = (0..4).map(|nth| (nth % 2 * 100, nth / 2 * 80, 100, 80)).collect();
        assert_eq!(together(&grid), [vec![0, 1], vec![0, 2], vec![1, 3], vec![2, 3]]);
        // Of another height: the smaller one leaves a gap, which is nobody's.
        assert_eq!(together(&[(0, 0, 100, 80), (100, 0, 100, 60), (200, 0, 100, 80)]), [vec![0, 1], vec![1, 2]]);
        let many: Vec<Pixels> = (0..40).map(|nth| (nth * 100, 0, 100, 80)).collect();
        assert!(together(&many).len() < 20, "those are enough");
    }

    #[test]
    fn a_viewer_is_as_large_as_the_remote_screen_or_as_there_is_room() {
        assert_eq!(fit((1024.0, 768.0), (1900.0, 1000.0)), (1024.0, 768.0));
        assert_eq!(fit((3840.0, 2160.0), (1920.0, 1000.0)), (1777.0, 1000.0));
        assert_eq!(fit((100.0, 100.0), (1920.0, 1000.0)), VIEWER_PAGE.min);
        assert_eq!(fit((0.0, 0.0), (1920.0, 1000.0)), VIEWER_PAGE.size);
    }

    #[test]
    fn a_window_that_grows_stays_on_its_monitor() {
        assert_eq!(AREA.room(), (1000.0, 600.0));
        assert_eq!(AREA.centre((400.0, 300.0)), (400.0, 170.0));
        assert_eq!(AREA.inside((400.0, 170.0), (500.0, 300.0)), (400.0, 170.0), "it has room there");
        assert_eq!(AREA.inside((400.0, 170.0), (900.0, 600.0)), (200.0, 20.0));
        assert_eq!(AREA.inside((0.0, 900.0), (2000.0, 100.0)), (100.0, 520.0));
        assert_eq!(AREA.room_from((300.0, 120.0)), (800.0, 500.0));
    }

    #[test]
    fn new_windows_lie_beside_each_other() {
        let (mut taken, first) = (Vec::new(), (300.0, 200.0));
        for nth in 0..8 {
            let place = cascade(first, &taken);
            assert_eq!(place, (300.0 + 32.0 * f64::from(nth), 200.0 + 32.0 * f64::from(nth)));
            taken.push(place);
        }
        assert_eq!(cascade(first, &taken), first, "somewhere they have to");
        taken.remove(3);
        assert_eq!(cascade(first, &taken), (396.0, 296.0), "where one was closed");
        assert_eq!(cascade(first, &[(304.0, 197.0)]), (332.0, 232.0), "a window manager adds a little");
    }

    #[test]
    fn a_place_that_is_on_no_monitor_is_brought_into_view() {
        let [left, right] = [(0, 0, 1366, 768), (1366, 0, 1920, 1080)];
        let place = |x, y, width, height| Place { x, y, width, height, maximized: false };
        for seen in [place(10, 10, 800, 600), place(1300, 700, 3000, 2000), place(-736, 0, 800, 600)] {
            assert_eq!(into_view(seen, &[left, right]), seen);
        }
        let far = place(2000, 900, 1800, 1000);
        assert_eq!(into_view(far, &[left, right]), far);
        assert_eq!(into_view(far, &[left]), place(0, 0, 1350, 720));
        assert_eq!(into_view(place(-790, 0, 800, 600), &[left]), place(275, 60, 800, 600));
        assert_eq!(into_view(place(0, -100, 800, 600), &[left]), place(275, 60, 800, 600), "no title");
        assert_eq!(into_view(far, &[]), far, "nothing is known");
    }
}
