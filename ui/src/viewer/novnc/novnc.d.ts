// What we use of noVNC 1.7.0, which comes without types. Its listeners are plain functions: no `once`, no `signal`.

declare module '@novnc/novnc' {
  import type { Cursor } from '../../ipc/bindings/Cursor';
  import type { Scaling } from '../../ipc/bindings/Scaling';
  import type { Following, Refusal } from './follow';
  import type { Area } from './screens';

  export interface RfbEvents {
    /** The handshake is through; no picture yet. */
    connect: CustomEvent<Record<string, never>>;
    /** Over, said once. `clean` is also true where the socket was cut off. */
    disconnect: CustomEvent<{ clean: boolean }>;
    /** Ours: the first picture was drawn, or a part of it that was long in coming. */
    picture: CustomEvent<null>;
    clipboard: CustomEvent<{ text: string }>;
    bell: CustomEvent<Record<string, never>>;
    /** Ours: for how many seconds the server has not answered to input; 0 when it has. */
    silence: CustomEvent<{ seconds: number }>;
    /** Ours: a key that was down is up, however it was let go. */
    keyup: CustomEvent<{ code: string }>;
    /** Ours: a text was not passed on. */
    texttoolarge: CustomEvent<{ from: 'server' | 'here'; bytes: number; limit: number }>;
    /** Ours: a text is sent, with letters that the server's clipboard has not, or with none. */
    letterslost: CustomEvent<{ letters: string }>;
    /** Ours: the remote screen's size, at first and each time that it changes. */
    screensize: CustomEvent<{ width: number; height: number }>;
    /** Ours: where the remote machine's screens are. */
    screens: CustomEvent<Area[]>;
    /** Ours: the machine's mouse tells of movements only from now on, or of places again. */
    pointermode: CustomEvent<{ relative: boolean }>;
    /** Ours: the server has said whether its screen can follow the window's size. */
    following: CustomEvent<Following>;
    /** Ours: the server did not take the window's size. */
    notfollowed: CustomEvent<Refusal>;
  }

  export interface RfbOptions {
    shared?: boolean;
  }

  export default class RFB {
    constructor(target: HTMLElement, channel: WebSocket, options?: RfbOptions);

    viewOnly: boolean;
    showDotCursor: boolean;
    background: string;
    /** Both from 0 to 9; the server hears of a change at once. */
    qualityLevel: number;
    compressionLevel: number;
    /** Ours, as all down to `click`. */
    get cursor(): Cursor;
    set cursor(cursor: Cursor);
    /** Which of the machine's screens is seen, from 1; null: all. */
    get shownScreen(): number | null;
    set shownScreen(number: number | null);
    /** A side button of the mouse goes down or up. */
    sideButton(clientX: number, clientY: number, forward: boolean, down: boolean): void;
    get scaling(): Scaling;
    set scaling(scaling: Scaling);
    get following(): Following;
    /** Whether there is more of the screen than is seen. */
    get showsPart(): boolean;
    /** Moves the part that is seen, by the page's pixels. False where it is at its end. */
    pan(x: number, y: number): boolean;
    /** The pointer is there now. */
    point(clientX: number, clientY: number): void;
    /** Presses a button, by RFB's mask, and lets it go. */
    click(clientX: number, clientY: number, button: number): void;

    addEventListener<Name extends keyof RfbEvents>(name: Name, listener: (event: RfbEvents[Name]) => void): void;
    disconnect(): void;
    /** Without effect before `connect` and while `viewOnly`, like everything that sends. */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    clipboardPasteFrom(text: string): void;
    focus(options?: FocusOptions): void;
  }
}

declare module '*/@novnc/novnc/core/input/keysymdef.js' {
  const table: {
    /** Of a Unicode code point from 0x20 on. */
    lookup(codePoint: number): number;
  };
  export default table;
}
