// What a plain browser shows without Rust behind it, chosen by ?scene=.

import type { HostView } from './bindings/HostView';
import type { SessionState } from './bindings/SessionState';
import type { Backstage } from './fake';

export function arrange(stage: Backstage, scene: string | null): void {
  stage.hosts = lists[scene ?? '']?.() ?? machines();
  if (scene === 'notices') {
    stage.notices = [
      { code: 'keyring_missing', detail: '' },
      {
        code: 'hosts_unreadable',
        kept_as: '/home/ada/.config/portlight/hosts.json.1',
        detail: 'expected value at line 3 column 9',
      },
    ];
  }
  if (scene === 'locked') stage.keyring = { code: 'keyring_locked' };
  stage.state = states[scene ?? ''] ?? stage.state;
}

const lists: Record<string, () => HostView[]> = {
  empty: () => [],
  many: () => Array.from({ length: 10_000 }, (_, n) => host(`Node ${n + 1}`, `10.4.${n >> 8}.${n & 255}`)),
  hostile: () => [
    host('<img src=x onerror=alert(1)><b>bold</b>', 'a.example', { favourite: true }),
    host('شبكة المكتب \u202e reversed', 'b.example', { username: '<script>' }),
    host('Very long name '.repeat(30), `${'sub-domain.'.repeat(20)}example:5901`, { view_only: true, last_opened: 1 }),
    host('👩‍🔧 工作室的旧电脑', '192.168.1.7'),
  ],
};

const states: Record<string, SessionState> = {
  connecting: { state: 'connecting', stage: 'handshake' },
  asking: { state: 'asking', prompt: { kind: 'password', rejected: null, keyring: null } },
  rejected: {
    state: 'asking',
    prompt: { kind: 'password', rejected: 'authentication failed', keyring: { code: 'keyring_locked' } },
  },
  ended: { state: 'ended', error: { code: 'connection_refused', address: 'studio.local' } },
};

function machines(): HostView[] {
  const now = Math.floor(Date.now() / 1000);
  return [
    host('Studio', 'studio.local', { favourite: true, has_password: true, last_opened: now - 40 }),
    host('Living room', '192.168.1.20:5901', { favourite: true, last_opened: now - 3 * 3600 }),
    host('Build server', 'build.lab.example', { username: 'ada', has_password: true, last_opened: now - 26 * 3600 }),
    host('Mum’s laptop', '10.8.0.6', { last_opened: now - 12 * 86_400 }),
    host('Greenhouse camera', '192.168.1.44:5902', { view_only: true, last_opened: now - 40 * 86_400 }),
    host('Demo desktop', 'demo', { demo: true }),
    host('会议室', 'meeting-room.local'),
    host('Workshop CNC', '[fe80::1c2b]:5900', { view_only: true }),
    host('vm-old', '/run/user/1000/vm-old.sock'),
  ];
}

let count = 0;

function host(name: string, address: string, facts: Partial<HostView> = {}): HostView {
  return {
    id: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
    name,
    address,
    username: '',
    view_only: false,
    favourite: false,
    has_password: false,
    last_opened: null,
    demo: false,
    ...facts,
  };
}
