import type { EngineError } from './bindings/EngineError';

/** A caught value as an EngineError: Tauri's own rejections are plain text. */
export function toEngineError(caught: unknown): EngineError {
  if (typeof caught === 'object' && caught !== null && 'code' in caught) return caught as EngineError;
  return { code: 'system', detail: caught instanceof Error ? caught.message : String(caught) };
}
