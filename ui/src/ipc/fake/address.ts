// Addresses read roughly as the engine reads them: enough for tests and for looking at the pages.

import type { AddressProblem } from '../bindings/AddressProblem';
import type { EngineError } from '../bindings/EngineError';

/** The address in its shortest form; throws an EngineError with code `fields`. */
export function canonical(text: string): string {
  const typed = text.trim().replace(/^vnc:\/\//, '');
  if (!typed) throw unreadable('empty');
  if (typed.length > 300) throw unreadable('too_long');
  if (typed.startsWith('/') || /^wss?:\/\//.test(typed)) return typed;
  if (typed.includes('://')) throw unreadable('scheme');
  if (typed.includes('/')) throw unreadable('path');
  const [, name = '', , port] = /^(\[[0-9a-f:.%]+\]|[^:[\]]*)(::?(.*))?$/i.exec(typed) ?? [];
  if (!name && /[[\]]|:.*:/.test(typed)) throw unreadable('brackets');
  if (!/^(\[.*\]|[\p{L}\p{N}.-]+)$/u.test(name)) throw unreadable('hostname');
  if (port !== undefined && !(Number(port) <= 65_535 && /^\d+$/.test(port))) throw unreadable('port');
  return port === undefined || port === '5900' || port === '0' ? name : `${name}:${port}`;
}

function unreadable(problem: AddressProblem): EngineError {
  return { code: 'fields', fields: [{ field: 'address', problem }] };
}
