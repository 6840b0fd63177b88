// What we use of noVNC 1.7.0, which comes without types. Its listeners are plain functions: no `once`, no `signal`.

declare module '@novnc/novnc' {
  export interface RfbEvents {
    /** The handshake is through; no picture yet. */
    connect: CustomEvent<Record<string, never>>;
    /** Over, said once. `clean` is also true where the socket was cut off. */
    disconnect: CustomEvent<{ clean: boolean }>;
    clipboard: CustomEvent<{ text: string }>;
    bell: CustomEvent<Record<string, never>>;
    /** Ours: for how many seconds the server has not answered to input; 0 when it has. */
    silence: CustomEvent<{ seconds: number }>;
    /** Ours: a text was not passed on. */
    texttoolarge: CustomEvent<{ from: 'server' | 'here'; bytes: number; limit: number }>;
  }

  export interface RfbOptions {
    shared?: boolean;
  }

  export default class RFB {
    constructor(target: HTMLElement, channel: WebSocket, options?: RfbOptions);

    viewOnly: boolean;
    scaleViewport: boolean;
    showDotCursor: boolean;
    background: string;

    addEventListener<Name extends keyof RfbEvents>(name: Name, listener: (event: RfbEvents[Name]) => void): void;
    disconnect(): void;
    /** Without effect before `connect` and while `viewOnly`, like everything that sends. */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    clipboardPasteFrom(text: string): void;
    focus(options?: FocusOptions): void;
  }
}
