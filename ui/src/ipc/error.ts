import type { EngineError } from './bindings/EngineError';

/** What was caught, as an error that has a sentence: Tauri itself rejects with plain text. */
export function toEngineError(caught: unknown): EngineError {
  if (typeof caught === 'object' && caught !== null && 'code' in caught) return caught as EngineError;
  return { code: 'system', detail: caught instanceof Error ? caught.message : String(caught) };
}
