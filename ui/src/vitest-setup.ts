import '@testing-library/jest-dom/vitest';
import { beforeEach } from 'vitest';
import { reset } from './ipc/fake';

// What the windows use and jsdom does not have: layout and dialogs.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
// So that the list draws some rows.
Object.defineProperty(Element.prototype, 'clientHeight', { get: () => 240 });
Element.prototype.scrollIntoView ??= () => {};
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
  this.querySelector<HTMLElement>('[autofocus]')?.focus();
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
};

beforeEach(() => {
  reset();
});
