// Where a menu is shown.

/** A menu's upper left corner, below what it belongs to. */
export function below(element: HTMLElement): { x: number; y: number } {
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom + 6 };
}
