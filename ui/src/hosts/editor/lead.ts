// Where a failed test leads, as a change of the form: nothing is saved by it.

import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { Lead } from '../../ipc/bindings/Lead';

/** What a form takes over from a lead, and the field to be looked at then; null where no field has to do with it. */
export function followed(
  lead: Lead,
): { facts: Partial<HostDraft>; field: 'address' | 'way' | 'username' | 'old_tls' } | null {
  if (lead.lead === 'wake') return null;
  if (lead.lead === 'accept_old') return { facts: { old_tls: true }, field: 'old_tls' };
  if (lead.lead === 'account') return { facts: {}, field: 'username' };
  if (lead.lead === 'address') return { facts: { address: lead.address }, field: 'address' };
  const facts = wayThrough(lead.through);
  return { facts: lead.lead === 'through' ? { ...facts, address: lead.address } : facts, field: 'way' };
}

/** An SSH host, or a proxy: one machine is between at most. */
function wayThrough(through: string): Partial<HostDraft> {
  return /^(socks5|https?):/i.test(through) ? { ssh_jump: '', proxy: through } : { ssh_jump: through, proxy: '' };
}
