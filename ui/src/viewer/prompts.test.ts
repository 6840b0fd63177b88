// The engine's questions as the one at the window meets them.

import { userEvent } from '@testing-library/user-event';
import { describe, expect, test, vi } from 'vitest';
import { errorText, t } from '../i18n';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { Prompt } from '../ipc/bindings/Prompt';
import { backstage as engine } from '../ipc/fake';
import { certificate, knownKey, rsaKey } from '../ipc/scenes';
import { ask, complaints, find, open, password, phase, setStage, settle } from './stage';

const login: Prompt = { ...password, username: '' };
const meeting: Prompt = { kind: 'trust', identity: certificate, known: null };
const changed: Prompt = { kind: 'trust', identity: certificate, known: knownKey };
const weaker: Prompt = { kind: 'weaker', before: 'identified', now: 'password', security_type: 'VncAuth' };
const clearText: Prompt = { kind: 'clear_text', security_type: 'Plain' };
const call: Prompt = { kind: 'call', from: '192.168.1.33' };
const sshPassword: Prompt = {
  kind: 'ssh',
  question: { asks: 'password', prompt: "ann@gate's password:", again: false },
  can_keep: true,
};
const sshKey: Prompt = {
  kind: 'ssh',
  question: { asks: 'host_key', prompt: 'Are you sure you want to continue connecting?', fingerprint: 'SHA256:abc' },
  can_keep: false,
};
const refused: EngineError = { code: 'auth_failed', address: 'studio.local', reason: 'wrong', too_many: false };

const given = () => engine.callsOf('answer').map(([answer]) => answer);

setStage();

describe('each question', () => {
  test.each([
    ['password', password],
    ['login', login],
    ['trust', meeting],
    ['changed key', changed],
    ['weaker', weaker],
    ['clear text', clearText],
    ['call', call],
    ['ssh password', sshPassword],
    ['ssh host key', sshKey],
  ])('%s can be left by button and by Escape, and has nothing to complain about', async (_, prompt) => {
    await open();
    await ask(prompt);
    expect(await complaints()).toEqual([]);
    await userEvent.click(find('#cancel'));
    expect(engine.callsOf('close_window')).toHaveLength(1);
    await userEvent.keyboard('{Escape}');
    expect(engine.callsOf('close_window')).toHaveLength(2);
    expect(given()).toEqual([]);
  });

  test.each([
    ['trust', meeting, '#accept'],
    ['weaker', weaker, '#anyway'],
    ['clear text', clearText, '#anyway'],
  ])('%s says that an answer did not arrive, and takes it again', async (_, prompt, button) => {
    await open();
    await ask(prompt);
    engine.refusals.set('answer', { code: 'system', detail: 'no pipe' });
    await userEvent.click(find(button));
    expect(find('[role=alert]')).toHaveTextContent('no pipe');
    expect(find(button)).toBeEnabled();
    await userEvent.click(find(button));
    expect(given()).toHaveLength(2);
  });

  test('is not answered by a key still held from before', async () => {
    await open();
    await ask(weaker);
    for (const key of ['Enter', 'Escape']) {
      const event = new KeyboardEvent('keydown', { key, repeat: true, bubbles: true, cancelable: true });
      find('#cancel').dispatchEvent(event);
      expect(event.defaultPrevented, key).toBe(true);
    }
    expect(engine.callsOf('close_window')).toEqual([]);
  });
});

describe('the password', () => {
  test('goes to the engine, and nothing of it stays', async () => {
    const session = await open();
    await ask(password);
    const field = find<HTMLInputElement>('#password');
    expect(field).toHaveFocus();
    expect(field.type).toBe('password');
    expect(find('#remember')).toBeChecked();
    expect(document.querySelector('#username')).toBeNull();

    let answered: () => void = () => {};
    const answer = vi.spyOn(session, 'answer').mockReturnValue(new Promise((resolve) => (answered = resolve)));
    await userEvent.type(field, 'opensesame{Enter}');
    const expected = { kind: 'password', username: null, password: 'opensesame', remember: true };
    expect(answer).toHaveBeenCalledExactlyOnceWith(expected);
    expect(field.value).toBe('');
    expect(find('#connect')).toBeDisabled();
    answered();
    expect(JSON.stringify([document.body.outerHTML, { ...localStorage }])).not.toContain('opensesame');
  });

  test('is known to be whose also where the question is there first', async () => {
    engine.state = { state: 'asking', prompt: password };
    await open();
    expect(find('#prompt')).toHaveTextContent('Studio asks for a password');
    expect(find('#remember')).toBeChecked();
  });

  test('is asked for again with the reason; the wish to keep it stays as it was', async () => {
    await open();
    await ask(password);
    await userEvent.click(find('#remember'));
    await userEvent.type(find('#password'), 'pw');
    await userEvent.click(find('#connect'));
    await settle();
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: false }]);
    expect(phase()).toBe('connecting');

    await ask({ ...password, problem: refused });
    expect(find('#remember')).not.toBeChecked();
    expect(find('#prompt-problem')).toHaveTextContent(errorText(refused));
    expect(find('#password')).toHaveAccessibleDescription(/did not accept/);
    expect(find('#password')).toBeInvalid();
    expect(await complaints()).toEqual([]);
  });

  test.each([
    ['is not saved', false, null, t('viewer.not_saved')],
    ['cannot be kept', true, { code: 'keyring_locked' } as EngineError, t('error.keyring_locked')],
  ])('is not offered to be remembered where it %s, and why is said', async (_, saved, keyring, reason) => {
    engine.session.saved = saved;
    await open();
    await ask({ ...password, keyring });
    expect(find('#remember')).toBeDisabled();
    expect(find('#remember')).not.toBeChecked();
    expect(find('#remember')).toHaveAccessibleDescription(reason);
    await userEvent.type(find('#password'), 'pw{Enter}');
    await settle();
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: false }]);
  });

  test('can be given again where it did not arrive', async () => {
    await open();
    await ask(password);
    engine.refusals.set('answer', { code: 'system', detail: 'no pipe' });
    await userEvent.type(find('#password'), 'pw{Enter}');
    await settle();
    expect(find('#prompt-problem')).toHaveTextContent('no pipe');
    expect(find('#connect')).toBeEnabled();
    expect(find('#password')).toHaveFocus();
    expect(find('#password')).toHaveValue('');
  });

  test('comes with a user name where the server wants one: the first empty field has the focus', async () => {
    await open();
    await ask(login);
    expect(find('#prompt h1')).toHaveTextContent(t('prompt.title_login', { name: 'Studio' }));
    expect(find('#username')).toHaveFocus();
    await userEvent.keyboard('ada{Tab}pw{Enter}');
    await settle();
    expect(given()).toEqual([{ kind: 'password', username: 'ada', password: 'pw', remember: true }]);

    await ask({ ...password, username: 'ada' });
    expect(find('#username')).toHaveValue('ada');
    expect(find('#password')).toHaveFocus();
  });

  test.each(['encrypted', 'local', 'scrambled', 'clear'] as const)('says how it travels: %s', async (travels) => {
    await open();
    await ask({ ...password, travels });
    expect(find('#travels')).toHaveTextContent(t(`prompt.travels.${travels}`));
    expect(find('#travels')).toHaveClass(travels);
    expect(find('#password')).toHaveAccessibleDescription(new RegExp(t(`prompt.travels.${travels}`)));
  });

  test.each([
    ['12345678', ''],
    ['123456789', t('prompt.too_long')],
    ['übung', t('prompt.not_ascii')],
    ['密码密码', t('prompt.not_ascii')],
  ])('where eight bytes count, typing %s is commented: %s', async (typed, hint) => {
    await open();
    await ask({ ...password, travels: 'scrambled' });
    await userEvent.type(find('#password'), typed);
    expect(find('#password-hint').textContent).toBe(hint);
    expect(find('#connect')).toBeEnabled();
  });

  test('may be as long as it likes where all of it counts', async () => {
    await open();
    await ask(password);
    await userEvent.type(find('#password'), 'a long one, mit Übung');
    expect(find('#password-hint').textContent).toBe('');
  });
});

describe('a first meeting', () => {
  test('shows who it is and what is wrong, and trusts on request only', async () => {
    await open();
    await ask({ ...meeting, identity: { ...certificate, problems: ['self_signed', 'expired', 'wrong_name'] } });
    const card = find('#trust');
    expect(card).toHaveFocus();
    expect(card).toHaveAccessibleName(t('trust.title', { name: 'Studio' }));
    expect([...card.querySelectorAll('li')].map((item) => item.textContent)).toEqual([
      t('certificate.self_signed'),
      t('certificate.expired'),
      t('certificate.wrong_name'),
    ]);
    for (const words of [certificate.subject, 'studio.local, studio, 192.168.1.20', 'Jan 1, 2026 to Jan 1, 2029'])
      expect(card).toHaveTextContent(words);
    expect([...card.querySelectorAll('code')].map((code) => code.textContent)).toEqual([
      certificate.sha256,
      certificate.key_sha256,
    ]);

    await userEvent.keyboard('{Enter}');
    expect(given()).toEqual([]);
    await userEvent.click(find('#accept'));
    expect(given()).toEqual([{ kind: 'trust' }]);
  });

  test('shows a key without a certificate with what other viewers show of it', async () => {
    await open();
    await ask({ kind: 'trust', identity: rsaKey, known: null });
    expect(find('#trust')).toHaveTextContent(t('identity.bits', { bits: 2048 }));
    expect(find('#trust')).toHaveTextContent('bb-92-4d-20-55-e5-0d-42');
    expect(document.querySelector('#trust-problems')).toBeNull();
  });

  test('copies a fingerprint whole', async () => {
    await open();
    await ask(meeting);
    await userEvent.click(find(`[aria-label="${t('identity.copy', { what: t('identity.key') })}"]`));
    expect(engine.clipboard).toBe(certificate.key_sha256);
    expect(find('#toast')).toHaveTextContent(t('viewer.copied'));
  });

  test('shows a server’s words as text, names the first of many names, and bears any date', async () => {
    await open();
    const names = Array.from({ length: 90 }, (_, n) => `name-${n}`);
    const far = Number.MAX_SAFE_INTEGER;
    const identity = { ...certificate, subject: '<b>CN</b>', issuer: '', names, not_after: far, not_before: -far };
    await ask({ kind: 'trust', identity, known: null });
    expect(find('#trust')).toHaveTextContent('<b>CN</b>');
    expect(document.querySelector('#trust b')).toBeNull();
    expect(find('#trust')).toHaveTextContent('name-5 and 84 more');
    expect(find('#trust')).not.toHaveTextContent(t('identity.issuer'));
  });
});

describe('a changed key', () => {
  test('is shown beside the known one, with when that was seen', async () => {
    await open();
    await ask(changed);
    const card = find('#changed');
    expect(card).toHaveAttribute('role', 'alertdialog');
    expect(card).toHaveAccessibleDescription(new RegExp(t('changed.why')));
    expect([...card.querySelectorAll('dl:first-of-type code')].map((code) => code.textContent)).toEqual(
      expect.arrayContaining([knownKey.sha256, certificate.key_sha256]),
    );
    expect(card).toHaveTextContent('First seen Jan 1, 2025, last seen Nov 20, 2026');
  });

  test('shows where two nearly equal fingerprints differ', async () => {
    await open();
    const sha256 = certificate.key_sha256.replace(/..$/, 'ff');
    await ask({ ...changed, known: { ...knownKey, sha256 } });
    const [known, shown] = [...document.querySelectorAll('#changed code.held')];
    for (const code of [known, shown]) expect(code?.querySelectorAll('.same')).toHaveLength(31);
    expect(known?.querySelector('.group:last-child > :not(.same)')).toHaveTextContent('ff');
  });

  test('has no default: Enter does nothing, and no button is the primary one', async () => {
    await open();
    await ask(changed);
    expect(find('#changed')).toHaveFocus();
    expect(document.querySelector('#changed .primary, #changed form, #changed [type=submit]')).toBeNull();
    expect(find('#changed').closest('form')).toBeNull();
    await userEvent.keyboard('{Enter}');
    await userEvent.click(find('#know-why'));
    await userEvent.keyboard('{Enter}');
    expect(given()).toEqual([]);
    expect(engine.callsOf('close_window')).toEqual([]);
  });

  test('is replaced only by who says to know why', async () => {
    await open();
    await ask(changed);
    expect(find('#replace')).toBeDisabled();
    await userEvent.click(find('#replace'));
    expect(given()).toEqual([]);
    await userEvent.click(find('#know-why'));
    await userEvent.click(find('#know-why'));
    expect(find('#replace')).toBeDisabled();
    await userEvent.click(find('#know-why'));
    await userEvent.click(find('#replace'));
    expect(given()).toEqual([{ kind: 'trust' }]);
  });
});

describe('a call', () => {
  test('is told from where, and taken on request only', async () => {
    await open();
    await ask(call);
    expect(find('#consent')).toHaveAccessibleDescription(/192\.168\.1\.33/);
    expect(find('#cancel')).toHaveFocus();
    expect(document.querySelector('#remember')).toBeNull();
    await userEvent.click(find('#anyway'));
    expect(given()).toEqual([{ kind: 'call' }]);
  });
});

describe('less protection', () => {
  test('tells both levels; leaving is the default', async () => {
    await open();
    await ask(weaker);
    expect(find('#cancel')).toHaveFocus();
    expect([...document.querySelectorAll<HTMLElement>('[data-level]')].map(({ textContent }) => textContent)).toEqual([
      t('level.identified'),
      t('level.password'),
    ]);
    expect(find('#consent')).toHaveAccessibleDescription(new RegExp(t('meaning.password')));
    await userEvent.keyboard('{Enter}');
    expect(engine.callsOf('close_window')).toHaveLength(1);
    expect(given()).toEqual([]);
  });

  test.each([
    ['weaker', weaker],
    ['clear_text', clearText],
  ])('%s is agreed to once, or from now on', async (kind, prompt) => {
    await open();
    await ask(prompt);
    expect(find('#remember')).not.toBeChecked();
    await userEvent.click(find('#anyway'));
    await ask(prompt);
    await userEvent.click(find('#remember'));
    await userEvent.click(find('#anyway'));
    expect(given()).toEqual([
      { kind, remember: false },
      { kind, remember: true },
    ]);
  });

  test.each([
    ['weaker', weaker],
    ['clear_text', clearText],
  ])('%s is not remembered for a machine that is not saved', async (_, prompt) => {
    engine.session.saved = false;
    await open();
    await ask(prompt);
    expect(document.querySelector('#remember')).toBeNull();
  });

  test('a readable password is not sent by a key pressed in passing', async () => {
    await open();
    await ask(clearText);
    expect(find('#consent')).toHaveTextContent('Plain');
    expect(find('#cancel')).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(given()).toEqual([]);
    expect(engine.callsOf('close_window')).toHaveLength(1);
  });
});

describe('ssh', () => {
  test('is told a secret, of which nothing stays', async () => {
    await open();
    await ask(sshPassword);
    const field = find<HTMLInputElement>('#secret');
    expect(field).toHaveFocus();
    expect(field.type).toBe('password');
    expect(find('#ssh-words')).toHaveTextContent("ann@gate's password:");
    await userEvent.click(find('#remember'));
    await userEvent.type(field, 'open sesame{Enter}');
    expect(given()).toEqual([{ kind: 'ssh', secret: 'open sesame', remember: true }]);
    expect(document.body.innerHTML).not.toContain('sesame');
    expect(field).toHaveValue('');
  });

  test('is answered about a key by a button, and by no stray Enter', async () => {
    await open();
    await ask(sshKey);
    expect(find('#ssh')).toHaveTextContent('SHA256:abc');
    await userEvent.keyboard('{Enter}');
    expect(given()).toEqual([]);
    await userEvent.click(find('#answer'));
    expect(given()).toEqual([{ kind: 'ssh', secret: null, remember: false }]);
  });

  test('says that the last answer was wrong, and offers to keep only what can be kept', async () => {
    await open();
    const again: Prompt = {
      kind: 'ssh',
      question: { asks: 'other', prompt: 'Code:', again: true },
      can_keep: false,
    };
    await ask(again);
    expect(find('[role=alert]')).toHaveTextContent(t('ssh.again'));
    expect(document.querySelector('#remember')).toBeNull();
  });

  test('waits for the security key with nothing to press but cancel', async () => {
    await open();
    await ask({ kind: 'ssh', question: { asks: 'notice', prompt: 'Confirm user presence' }, can_keep: false });
    expect(document.querySelector('#answer')).toBeNull();
    expect(find('#cancel')).toBeEnabled();
  });
});
