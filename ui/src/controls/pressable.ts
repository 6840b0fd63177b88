/** Lets a screen reader press an element. It can press only what has a listener of its own; Svelte's are at the root of the page. */
export function pressable(element: HTMLElement): () => void {
  const nothing = () => {};
  element.addEventListener('click', nothing);
  return () => element.removeEventListener('click', nothing);
}
