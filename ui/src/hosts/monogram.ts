/** The first letter or digit of a name, in any script; null where there is none. */
export function monogram(name: string): string | null {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toLocaleUpperCase() ?? null;
}
