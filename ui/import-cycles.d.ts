export function importsIn(folder: string): Map<string, string[]>;
export function findCycle(imports: Map<string, string[]>): string[] | null;
