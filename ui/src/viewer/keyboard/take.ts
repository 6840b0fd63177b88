// The toolkit's keys of a window, on their way to the server past its web view.

import type { SideButton } from '../../ipc/bindings/SideButton';
import { pressesOf, type Characters } from '.';
import type { Keyboard } from './keyboard.svelte';
import type { KeysInOrder } from './paste';

/** What it needs of the session. */
interface Session {
  readonly desktopName: string;
  readonly typist: { stop(): void };
  attempt(action: () => Promise<void>): Promise<void>;
}

/** Takes them from now on, as long as there is a screen. What is pressed by hand ends what is typed. For a component that is being made. */
export function takeKeys(
  session: Session,
  keyboard: Keyboard,
  keys: KeysInOrder,
  screen: () => Characters | null,
  onSideButton: (button: SideButton) => void,
): void {
  const take = () =>
    keyboard.take(
      (press) => {
        if (press.down) session.typist.stop();
        keys.take(press);
      },
      (text) => {
        session.typist.stop();
        keys.type(pressesOf(text, session.desktopName, screen));
      },
      onSideButton,
    );
  void session.attempt(take);
}
