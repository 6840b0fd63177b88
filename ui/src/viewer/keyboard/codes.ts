// The number of a key in Linux's input system (linux/input-event-codes.h), which is an X key code without the 8 that X adds, and its
// name in the standard for web pages (https://www.w3.org/TR/uievents-code/), by which noVNC finds the scan code that QEMU's extended key
// event carries.

const inARow = (first: number, names: string): [number, string][] =>
  names.split(' ').map((name, index) => [first + index, name]);

const codes = new Map<number, string>([
  [1, 'Escape'],
  ...inARow(2, 'Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab'),
  ...inARow(16, 'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft'),
  ...inARow(30, 'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash'),
  ...inARow(44, 'KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space'),
  ...inARow(58, 'CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock'),
  ...inARow(71, 'Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd'),
  ...inARow(79, 'Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal'),
  ...inARow(85, 'Lang5 IntlBackslash F11 F12 IntlRo Lang3 Lang4 Convert KanaMode NonConvert'),
  ...inARow(96, 'NumpadEnter ControlRight NumpadDivide PrintScreen AltRight'),
  ...inARow(102, 'Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete'),
  ...inARow(113, 'AudioVolumeMute AudioVolumeDown AudioVolumeUp Power NumpadEqual'),
  [119, 'Pause'],
  ...inARow(121, 'NumpadComma Lang1 Lang2 IntlYen MetaLeft MetaRight ContextMenu BrowserStop Again Props Undo'),
  ...inARow(133, 'Copy Open Paste Find Cut Help'),
  [140, 'LaunchApp2'],
  [142, 'Sleep'],
  [143, 'WakeUp'],
  [155, 'LaunchMail'],
  [156, 'BrowserFavorites'],
  [157, 'LaunchApp1'],
  [158, 'BrowserBack'],
  [159, 'BrowserForward'],
  [162, 'Eject'],
  ...inARow(163, 'MediaTrackNext MediaPlayPause MediaTrackPrevious MediaStop'),
  [172, 'BrowserHome'],
  [173, 'BrowserRefresh'],
  [179, 'NumpadParenLeft'],
  [180, 'NumpadParenRight'],
  ...inARow(183, 'F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24'),
  [205, 'Suspend'],
  [217, 'BrowserSearch'],
  [226, 'MediaSelect'],
]);

/** The name of a key. One without a name has a name of ours, by which noVNC tells keys apart, and no scan code. */
export function codeOf(key: number): string {
  return codes.get(key) ?? `Unidentified${key}`;
}
