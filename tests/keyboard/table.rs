//! The keys that are pressed, and on which layouts.

/// A keyboard layout as setxkbmap takes it, and keys to press there: X key codes, which go down from left to right and up again
/// the other way round.
pub type Layout = (&'static [&'static str], &'static [&'static [u8]]);

// X key codes of keys that every layout has.
pub const SHIFT: u8 = 50;
pub const ALT_GR: u8 = 108;
pub const CAPS_LOCK: u8 = 66;
pub const NUM_LOCK: u8 = 77;
pub const KEYPAD_5: u8 = 84;
pub const KEYPAD_POINT: u8 = 91;
pub const SCROLL_LOCK: u8 = 78;
pub const SUPER_LEFT: u8 = 133;
pub const SUPER_RIGHT: u8 = 134;
pub const PAUSE: u8 = 127;
/// Between Shift and Z, where a keyboard has a key there.
pub const LESS: u8 = 94;
/// Marks the end of what a key sends: F9.
pub const END: u8 = 75;
pub const E: u8 = 26;

pub const LAYOUTS: &[Layout] = &[
    (
        &["us"],
        &[
            &[38],
            &[SHIFT, 38],
            &[SUPER_LEFT],
            &[SUPER_RIGHT],
            // NumLock is on where X begins.
            &[KEYPAD_5],
            &[79],
            &[KEYPAD_POINT],
            &[104],
            &[63],
            &[106],
            &[82],
            &[86],
            &[125],
            &[NUM_LOCK],
            &[KEYPAD_5],
            &[79],
            &[KEYPAD_POINT],
            &[SHIFT, 79],
            &[NUM_LOCK],
            &[CAPS_LOCK],
            &[38],
            &[CAPS_LOCK],
            &[SCROLL_LOCK],
            &[23],
            &[SHIFT, 23],
            &[67],
            &[96],
            &[PAUSE],
            &[37, PAUSE],
            &[118],
            &[135],
            &[110],
            &[112],
            // F13, as most layouts call it.
            &[191],
            // Volume, play, next, back, the browser's home, the calculator.
            &[121],
            &[122],
            &[123],
            &[172],
            &[171],
            &[173],
            &[180],
            &[148],
            &[37, 64, 119],
        ],
    ),
    (
        &["de"],
        &[
            &[21],
            &[E],
            &[SHIFT, 21],
            &[E],
            &[49],
            &[E],
            &[48],
            &[ALT_GR, 24],
            &[ALT_GR, 26],
            &[29],
            &[LESS],
            &[ALT_GR, LESS],
            // A comma there.
            &[KEYPAD_POINT],
            &[SUPER_LEFT],
            &[SUPER_RIGHT],
        ],
    ),
    (
        &["fr"],
        &[
            &[34],
            &[E],
            &[SHIFT, 34],
            &[E],
            &[24],
            &[10],
            &[SHIFT, 10],
            &[ALT_GR, 19],
            &[LESS],
            &[SUPER_LEFT],
            &[SUPER_RIGHT],
        ],
    ),
    (
        &["us", "intl"],
        &[
            &[48],
            &[E],
            &[SHIFT, 48],
            &[E],
            &[49],
            &[E],
            &[SHIFT, 49],
            &[57],
            &[ALT_GR, 54],
            &[SUPER_LEFT],
            &[SUPER_RIGHT],
        ],
    ),
    (&["es"], &[&[48], &[E], &[34], &[E], &[47], &[ALT_GR, 26], &[LESS], &[SUPER_LEFT], &[SUPER_RIGHT]]),
    (
        &["jp"],
        &[
            &[100],
            &[102],
            &[101],
            &[49],
            &[97],
            &[132],
            // Eisu, and CapsLock with Shift, there and back.
            &[CAPS_LOCK],
            &[SHIFT, CAPS_LOCK],
            &[38],
            &[SHIFT, CAPS_LOCK],
            &[38],
            &[SUPER_LEFT],
            &[SUPER_RIGHT],
        ],
    ),
    (&["kr"], &[&[130], &[131], &[ALT_GR], &[38]]),
    (&["kr", "kr104"], &[&[ALT_GR], &[105]]),
    (&["ru"], &[&[38], &[SHIFT, 38], &[49], &[KEYPAD_POINT], &[SUPER_LEFT], &[SUPER_RIGHT]]),
    (&["de", "neo"], &[&[LESS], &[LESS, 39], &[CAPS_LOCK], &[CAPS_LOCK, 38], &[38]]),
    (&["us", "-option", "compose:ralt"], &[&[ALT_GR], &[48], &[E]]),
];

/// F13 to F24, which most layouts call otherwise; Debian 12's have them by no option.
pub const LATE_F_KEYS: std::ops::RangeInclusive<u8> = 191..=202;
