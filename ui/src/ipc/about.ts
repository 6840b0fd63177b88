// What Portlight is and what it runs on, as src-tauri/src/commands/settings.rs says it.

export interface About {
  version: string;
  /** The system and its desktop. */
  system: string;
  /** How the web view draws, and why. */
  renderer: string;
  webview: string;
  /** Whether there is a keyring, as far as is known. */
  keyring: boolean;
  /** Whether there is an icon in the tray. */
  tray: boolean;
}
