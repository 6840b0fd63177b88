// The prompts as the user meets them.

import { getByRole, waitFor } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, test, vi } from 'vitest';
import { errorText, t } from '../../i18n';
import type { ConnectError } from '../../ipc/bindings/ConnectError';
import type { KeyringError } from '../../ipc/bindings/KeyringError';
import type { Prompt } from '../../ipc/bindings/Prompt';
import { backend as engine } from '../../ipc/fake';
import type { Subject } from '../../ipc/bindings/Subject';
import { certificate, knownKey, rsaKey, subjects, typedSession } from '../../ipc/fixtures';
import { ask, askForConsent, find, open, password, phase, reach, setUpViewer, settle, violations } from '../testSetup';
import { CONSENT_DELAY_MS } from '../consent';

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
const refused: ConnectError = { code: 'auth_failed', address: 'studio.local', reason: 'wrong', too_many: false };

const sshConfirm: Prompt = { kind: 'ssh', question: { asks: 'confirm', prompt: 'Allow use of key?' }, can_keep: false };

/** The answers that were sent. */
const given = () => engine.callsOf('answer').map(([, answer]) => answer);
/** The numbers of the prompts that were answered. */
const answered = () => engine.callsOf('answer').map(([number]) => number);
/** A user whose own delays pass with the fake clock. */
const clicker = () => userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTimeAsync(ms) });

setUpViewer();

describe('each prompt', () => {
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
    ['ssh confirmation', sshConfirm],
  ])('%s can be left by button and by Escape, and is accessible', async (_, prompt) => {
    await open();
    await ask(prompt);
    expect(await violations()).toEqual([]);
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
    const user = clicker();
    const number = await askForConsent(prompt);
    engine.refusals.set('answer', { code: 'system', detail: 'no pipe' });
    await user.click(find(button));
    await settle();
    expect(find('[role=alert]')).toHaveTextContent('no pipe');
    expect(find(button)).toBeEnabled();
    await user.click(find(button));
    expect(answered()).toEqual([number, number]);
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

describe('the machine that a prompt is about is added to the list there', () => {
  test.each([
    ['trust', meeting],
    ['weaker', weaker],
    ['clear text', clearText],
    ['call', call],
  ])('%s, which is not answered by that', async (_, prompt) => {
    Object.assign(engine.session, typedSession);
    await open();
    await ask(prompt);
    await userEvent.click(find('#keep'));
    expect(await violations()).toEqual([]);
    await userEvent.clear(find('#keep-name'));
    await userEvent.type(find('#keep-name'), 'Cellar{Enter}');
    await settle();
    expect(engine.callsOf('keep')).toEqual([['Cellar', false]]);
    expect([find('#kept').textContent, document.activeElement?.id]).toEqual([
      t('keep.added', { name: 'Cellar' }),
      'kept',
    ]);
    expect(document.querySelector('#keep, #remember')).toBeNull();
    expect(given()).toEqual([]);
  });

  test('one that is there is not, nor one whose key has changed', async () => {
    await open();
    await ask(meeting);
    expect(document.querySelector('#keep')).toBeNull();
    Object.assign(engine.session, typedSession);
    await ask(changed);
    expect(document.querySelector('#keep')).toBeNull();
  });
});

describe('an answer is bound to its prompt', () => {
  test('it carries the number of the prompt that is shown', async () => {
    await open();
    const first = await ask(password);
    await userEvent.type(find('#password'), 'one{Enter}');
    await settle();
    const second = await ask({ ...password, problem: refused });
    await userEvent.type(find('#password'), 'two{Enter}');
    await settle();
    expect(
      engine.callsOf('answer').map(([number, answer]) => [number, (answer as { password: string }).password]),
    ).toEqual([
      [first, 'one'],
      [second, 'two'],
    ]);
    expect(second).not.toBe(first);
  });

  test('the next prompt inherits neither what was typed, nor a choice, nor the focus', async () => {
    await open();
    await ask(password);
    await userEvent.type(find('#password'), 'meant for the first');
    await ask(password);
    expect(find('#password')).toHaveValue('');
    expect(find('#password')).toHaveFocus();

    await ask(changed);
    await userEvent.click(find('#know-why'));
    await ask(changed);
    expect(find('#know-why')).not.toBeChecked();
    expect(find('#changed')).toHaveFocus();
  });

  test('the same prompt, sent again by the engine, keeps what was typed', async () => {
    await open();
    const number = await ask(password);
    await userEvent.type(find('#password'), 'half');
    const prompt: Prompt = { ...password, keyring: { code: 'keyring_locked' } };
    await reach({ state: 'asking', number, subject: subjects.server, prompt });
    expect(find('#password')).toHaveValue('half');
  });

  test('the second half of a double click does not answer the next prompt', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await open();
    const user = clicker();
    const number = await askForConsent(sshKey, subjects.ssh_host);
    await user.click(find('#answer'));
    await ask(sshKey, subjects.ssh_host);
    await user.click(find('#answer'));
    expect(answered()).toEqual([number]);
  });
});

describe('consent', () => {
  const consents: [string, Prompt, string, Subject?][] = [
    ['trust', meeting, '#accept'],
    ['weaker', weaker, '#anyway'],
    ['clear text', clearText, '#anyway'],
    ['call', call, '#anyway', subjects.caller],
    ['ssh host key', sshKey, '#answer', subjects.ssh_host],
    ['ssh confirmation', sshConfirm, '#answer', subjects.ssh_host],
  ];

  test.each(consents)(
    'to %s is not given by click or key in the first half second',
    async (_, prompt, button, subject) => {
      vi.useFakeTimers();
      await open();
      const user = clicker();
      await ask(prompt, subject);
      const focused = document.activeElement;
      await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS - 1);
      expect(find(button)).toHaveAttribute('aria-disabled', 'true');
      expect(document.activeElement).toBe(focused);
      find(button).click();
      find(button).focus();
      find(button).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
      find(button).click();
      expect(given()).toEqual([]);

      await vi.advanceTimersByTimeAsync(1);
      expect(find(button)).toHaveAttribute('aria-disabled', 'false');
      expect(find(button)).toHaveFocus();
      await user.click(find(button));
      expect(given()).toHaveLength(1);
    },
  );

  test('is not given by a click that began too early', async () => {
    vi.useFakeTimers();
    await open();
    const user = clicker();
    await ask(weaker);
    await user.pointer({ keys: '[MouseLeft>]', target: find('#anyway') });
    await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
    await user.pointer({ keys: '[/MouseLeft]', target: find('#anyway') });
    expect(given()).toEqual([]);
    await user.click(find('#anyway'));
    expect(given()).toHaveLength(1);
  });

  test('waits its half second also where a changed key is replaced', async () => {
    vi.useFakeTimers();
    await open();
    await ask(changed);
    find('#know-why').click();
    await settle();
    find('#replace').click();
    expect(given()).toEqual([]);
    await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
    find('#replace').click();
    expect(given()).toHaveLength(1);
  });

  test('is not what a password is: it can be sent at once, and every prompt can be left at once', async () => {
    vi.useFakeTimers();
    await open();
    await ask(password);
    find('#connect').click();
    expect(given()).toHaveLength(1);
    await ask(weaker);
    find('#cancel').click();
    expect(engine.callsOf('close_window')).toHaveLength(1);
  });
});

describe('whom a prompt is about', () => {
  const prompts: [string, Prompt][] = [
    ['password', password],
    ['login', login],
    ['trust', meeting],
    ['changed key', changed],
    ['weaker', weaker],
    ['clear text', clearText],
  ];
  const card = () => find('main [role=dialog], main [role=alertdialog], main form').textContent;

  test.each(prompts)('%s: a name stands with its address', async (_, prompt) => {
    await open();
    await ask(prompt, { name: 'Studio', address: 'elsewhere.example:5901', party: 'server' });
    expect(card()).toContain('Studio');
    expect(card()).toContain('elsewhere.example:5901');
  });

  test.each(prompts)('%s: the website in front of a machine is named as such', async (_, prompt) => {
    await open();
    await ask(prompt, subjects.site);
    expect(card()).toContain('The website wss://lab.example/websockify in front of Studio');
  });

  test.each([
    ['password', sshPassword],
    ['host key', sshKey],
    ['confirmation', sshConfirm],
  ])('ssh %s: the SSH host stands with the machine behind it', async (_, prompt) => {
    await open();
    await ask(prompt, subjects.ssh_host);
    expect(find('#subject')).toHaveTextContent('ann@gate.example → studio.local');
    expect(card()).toContain('SSH host');
  });

  test('an address without a name stands once', async () => {
    await open();
    await ask(password, { name: 'studio.local', address: 'studio.local', party: 'server' });
    expect(find('#prompt h1')).toHaveTextContent(t('prompt.title', { who: 'studio.local' }));
    expect(document.querySelector('#subject')).toBeNull();
  });

  test('a long name is cut, an address never', async () => {
    await open();
    const address = `${'sub.'.repeat(60)}example`;
    await ask(meeting, { name: 'n'.repeat(200), address, party: 'server' });
    expect(find('#trust-title').textContent.length).toBeLessThan(120);
    expect(find('#subject')).toHaveTextContent(address);
  });

  test('a session from a link has the address in the window’s title, and while it connects', async () => {
    engine.session = { ...typedSession, name: 'Studio', address: 'elsewhere.example' };
    await open();
    expect(document.title).toBe('Studio (elsewhere.example)');
    await vi.waitFor(() => expect(find('#connecting')).toHaveTextContent('elsewhere.example'));
  });
});

describe('a keyring that is silent', () => {
  const silent: Prompt = { ...password, keyring: { code: 'keyring_silent' } };

  test('is mentioned, while the password can be typed', async () => {
    await open();
    await ask(silent);
    expect(find('#keyring-silent')).toHaveTextContent(t('prompt.keyring_silent'));
    expect(find('#remember')).toBeEnabled();
    await userEvent.type(find('#password'), 'pw{Enter}');
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'for_machine' }]);
  });

  test('may answer after all: the prompt goes, and nothing that was typed is sent or kept', async () => {
    await open();
    await ask(silent);
    await userEvent.type(find('#password'), 'half of it');
    await reach({ state: 'connecting', stage: 'authenticating' });
    expect(document.querySelector('#prompt')).toBeNull();
    expect(given()).toEqual([]);
    await ask(password);
    expect(find('#password')).toHaveValue('');
    expect(document.querySelector('#keyring-silent')).toBeNull();
  });
});

test('a saved password that is for another server is told, and the one that is typed can take its place', async () => {
  const keyring: KeyringError = { code: 'keyring_for_another', recipient: 'old.example' };
  await open();
  await ask({ ...password, keyring });
  expect(find('#keyring-for-another')).toHaveTextContent('old.example');
  expect(find('#remember')).toBeEnabled();
  await userEvent.type(find('#password'), 'pw{Enter}');
  expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'for_machine' }]);
});

describe('a named login', () => {
  const named: Prompt = { ...password, login: { name: 'Lab', machines: 12 } };

  test('is changed for all its machines only where that is chosen', async () => {
    await open();
    for (const [chosen, remember] of [
      [null, 'no'],
      [t('prompt.remember_machine'), 'for_machine'],
      [t('prompt.remember_all', { name: 'Lab', count: 12 }), 'for_all'],
    ] as const) {
      await ask(named);
      expect(document.querySelector('#remember')).toBeNull();
      expect(document.querySelector('#use-login')).toBeNull();
      if (chosen) await userEvent.click(getByRole(document.body, 'radio', { name: chosen }));
      await userEvent.type(find('#password'), 'pw{Enter}');
      await settle();
      expect(given().at(-1)).toEqual({ kind: 'password', username: null, password: 'pw', remember });
    }
  });

  test('that was not chosen for this server is used there after a press that nothing else has begun', async () => {
    await open();
    await ask({ ...named, keyring: { code: 'keyring_not_chosen', recipient: 'new.example' } });
    expect(find('#keyring-for-another')).toHaveTextContent('new.example');
    await userEvent.click(find('#use-login'));
    expect(given()).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, CONSENT_DELAY_MS));
    await userEvent.click(find('#use-login'));
    expect(given()).toEqual([{ kind: 'named_login' }]);
    expect(await violations()).toEqual([]);
  });
});

describe('a login for machines without one', () => {
  const offered: Prompt = { ...password, offered: { name: 'Lab', username: 'ann' } };

  test('is preselected, and sent by a press that nothing else has begun', async () => {
    await open();
    await ask(offered);
    const lab = t('prompt.offered_as', { name: 'Lab', username: 'ann' });
    expect(getByRole(document.body, 'radio', { name: lab })).toBeChecked();
    expect(document.querySelector('#password')).toBeNull();
    expect(find('#connect')).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(given()).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, CONSENT_DELAY_MS));
    expect(await violations()).toEqual([]);
    await userEvent.keyboard('{Enter}');
    expect(given()).toEqual([{ kind: 'offered_login', remember: true }]);
  });

  test('is left for one that is typed, or not kept', async () => {
    await open();
    await ask(offered);
    await userEvent.click(getByRole(document.body, 'radio', { name: t('prompt.typed') }));
    await userEvent.type(find('#password'), 'pw{Enter}');
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'for_machine' }]);
    await settle();
    await ask(offered);
    await userEvent.click(find('#remember-offered'));
    await new Promise((resolve) => setTimeout(resolve, CONSENT_DELAY_MS));
    await userEvent.click(find('#connect'));
    expect(given().at(-1)).toEqual({ kind: 'offered_login', remember: false });
  });
});

describe('the password', () => {
  test('goes to the engine, and nothing of it stays', async () => {
    const session = await open();
    const number = await ask(password);
    const field = find<HTMLInputElement>('#password');
    expect(field).toHaveFocus();
    expect(field.type).toBe('password');
    expect(find('#remember')).toBeChecked();
    expect(document.querySelector('#username')).toBeNull();

    let answered: () => void = () => {};
    const answer = vi.spyOn(session, 'answer').mockReturnValue(new Promise((resolve) => (answered = resolve)));
    await userEvent.type(field, 'opensesame{Enter}');
    const expected = { kind: 'password', username: null, password: 'opensesame', remember: 'for_machine' };
    expect(answer).toHaveBeenCalledExactlyOnceWith(number, expected);
    expect(field.value).toBe('');
    expect(find('#connect')).toBeDisabled();
    answered();
    expect(JSON.stringify([document.body.outerHTML, { ...localStorage }])).not.toContain('opensesame');
  });

  test('is known to be whose also where the question is there first', async () => {
    engine.state = { state: 'asking', number: 1, subject: subjects.server, prompt: password };
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
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'no' }]);
    expect(phase()).toBe('connecting');

    await ask({ ...password, problem: refused });
    expect(find('#remember')).not.toBeChecked();
    expect(find('#prompt-problem')).toHaveTextContent(errorText(refused));
    expect(find('#password')).toHaveAccessibleDescription(/did not accept/);
    expect(find('#password')).toBeInvalid();
    expect(await violations()).toEqual([]);
  });

  test.each([
    ['is not saved', false, null, t('viewer.not_saved')],
    ['cannot be kept', true, { code: 'keyring_locked' } as KeyringError, t('error.keyring_locked')],
  ])('is not offered to be remembered where it %s, and why is said', async (_, saved, keyring, reason) => {
    engine.session.saved = saved;
    await open();
    await ask({ ...password, keyring });
    expect(find('#remember')).toBeDisabled();
    expect(find('#remember')).not.toBeChecked();
    expect(find('#remember')).toHaveAccessibleDescription(reason);
    await userEvent.type(find('#password'), 'pw{Enter}');
    await settle();
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'no' }]);
  });

  test('of a machine that is in no list is remembered with the machine, where that is wanted', async () => {
    engine.session = typedSession;
    await open();
    await ask(password);
    expect(find('#remember')).not.toBeChecked();
    expect(find('label[for=remember]')).toHaveTextContent(t('prompt.remember_new'));
    await userEvent.click(find('#remember'));
    await userEvent.type(find('#password'), 'pw{Enter}');
    await settle();
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'for_machine' }]);
    await ask(password);
    expect(find('#remember')).toBeChecked();
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
    expect(find('#prompt h1')).toHaveTextContent(t('prompt.title_login', { who: 'Studio' }));
    expect(find('#username')).toHaveFocus();
    await userEvent.keyboard('ada{Tab}pw{Enter}');
    await settle();
    expect(given()).toEqual([{ kind: 'password', username: 'ada', password: 'pw', remember: 'for_machine' }]);

    await ask({ ...password, username: 'ada' });
    expect(find('#username')).toHaveValue('ada');
    expect(find('#password')).toHaveFocus();
  });

  test.each(['encrypted', 'local', 'scrambled', 'hashed', 'clear'] as const)(
    'says how it travels: %s',
    async (travels) => {
      await open();
      await ask({ ...password, travels });
      expect(find('#travels')).toHaveTextContent(t(`prompt.travels.${travels}`));
      expect(find('#travels')).toHaveClass(travels);
      expect(find('#password')).toHaveAccessibleDescription(new RegExp(t(`prompt.travels.${travels}`)));
    },
  );

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

describe('a new key', () => {
  test('shows who it is and what is wrong, and trusts on request only', async () => {
    await open();
    await askForConsent({
      ...meeting,
      identity: { ...certificate, problems: ['self_signed', 'expired', 'wrong_name'] },
    });
    const card = find('#trust');
    expect(card).toHaveFocus();
    expect(card).toHaveAccessibleName(t('trust.title', { who: 'Studio' }));
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

    const user = clicker();
    await user.keyboard('{Enter}');
    expect(given()).toEqual([]);
    await user.click(find('#accept'));
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
    const user = clicker();
    await askForConsent(changed);
    expect(find('#replace')).toBeDisabled();
    await user.click(find('#replace'));
    expect(given()).toEqual([]);
    await user.click(find('#know-why'));
    await user.click(find('#know-why'));
    expect(find('#replace')).toBeDisabled();
    await user.click(find('#know-why'));
    await user.click(find('#replace'));
    expect(given()).toEqual([{ kind: 'trust' }]);
  });
});

describe('a call', () => {
  test('says where it comes from, and is accepted on request only', async () => {
    await open();
    const user = clicker();
    await askForConsent(call, subjects.caller);
    expect(find('#consent')).toHaveAccessibleDescription(/192\.168\.1\.33/);
    expect(find('#cancel')).toHaveFocus();
    expect(document.querySelector('#remember')).toBeNull();
    await user.click(find('#anyway'));
    expect(given()).toEqual([{ kind: 'call' }]);
  });

  test('says how many others wait, and leaves with its caller', async () => {
    await open();
    await askForConsent(call, subjects.caller);
    expect(document.querySelector('#calls')).toBeNull();
    engine.callers = 3;
    engine.reach(engine.state);
    await waitFor(() => expect(find('#calls')).toHaveTextContent(t('call.waiting', { count: 2 })));
    engine.reach({ state: 'ended', error: { code: 'caller_gone', address: '192.168.1.33' } });
    expect(engine.callsOf('close_window')).toEqual([]);
    engine.reach({ state: 'ended', error: { code: 'caller_left', address: '192.168.1.33' } });
    await waitFor(() => expect(engine.callsOf('close_window')).toHaveLength(1));
  });
});

describe('less protection', () => {
  test('shows both levels; leaving is the default', async () => {
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
    const user = clicker();
    await askForConsent(prompt);
    expect(find('#remember')).not.toBeChecked();
    await user.click(find('#anyway'));
    await askForConsent(prompt);
    await user.click(find('#remember'));
    await user.click(find('#anyway'));
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

describe('the passphrase of our own key', () => {
  test('is typed, and nothing of it stays in the page', async () => {
    await open();
    await ask({ kind: 'passphrase', file: '/keys/ann.pem', again: false });
    const field = find<HTMLInputElement>('#passphrase');
    expect(field).toHaveFocus();
    expect(field.type).toBe('password');
    expect(find('#passphrase-prompt')).toHaveTextContent('/keys/ann.pem');
    expect(await violations()).toEqual([]);
    await userEvent.click(find('#remember'));
    await userEvent.type(field, 'open sesame{Enter}');
    expect(given()).toEqual([{ kind: 'passphrase', passphrase: 'open sesame', remember: false }]);
    expect(document.body.innerHTML).not.toContain('sesame');
    expect(field).toHaveValue('');

    await ask({ kind: 'passphrase', file: '/keys/ann.pem', again: true });
    expect(find('#passphrase-prompt')).toHaveTextContent(t('passphrase.again'));
  });
});

describe('the password of our user at a proxy', () => {
  test('names the proxy and the user, and nothing of it stays in the page', async () => {
    await open();
    const subject = { name: 'Studio', address: 'socks5://gate:1080', party: 'proxy' as const };
    await ask({ kind: 'proxy', username: 'ann', again: false, readable: true }, subject);
    const field = find<HTMLInputElement>('#proxy');
    expect(field).toHaveFocus();
    expect(field.type).toBe('password');
    expect(find('#proxy-prompt')).toHaveTextContent('socks5://gate:1080');
    expect(find('#proxy-prompt')).toHaveTextContent(t('proxy.label', { username: 'ann' }));
    expect(find('#proxy-prompt')).toHaveTextContent(t('proxy.note'));
    expect(await violations()).toEqual([]);
    await userEvent.type(field, 'open sesame{Enter}');
    expect(given()).toEqual([{ kind: 'proxy', password: 'open sesame', remember: true }]);
    expect(document.body.innerHTML).not.toContain('sesame');

    await ask({ kind: 'proxy', username: 'ann', again: true, readable: false }, subject);
    expect(find('#proxy-prompt')).toHaveTextContent(t('proxy.again'));
    expect(find('#proxy-prompt')).toHaveTextContent(t('proxy.note_encrypted'));
  });
});

describe('what the keyring does not say', () => {
  test('may be typed: the login for the site, of which nothing stays in the page', async () => {
    await open();
    const subject = { name: 'Studio', address: 'wss://lab.example', party: 'site' as const };
    await ask({ kind: 'http_login', keyring: { code: 'keyring_silent' } }, subject);
    const field = find<HTMLInputElement>('#username');
    expect(field).toHaveFocus();
    expect(find('#http_login-prompt')).toHaveTextContent(t('http_login.title', { address: 'wss://lab.example' }));
    expect(find('#http_login-prompt')).toHaveTextContent(t('prompt.keyring_silent'));
    expect(document.querySelector('#remember')).toBeNull();
    expect(await violations()).toEqual([]);
    await userEvent.type(field, 'ann');
    await userEvent.type(find('#http_login'), 'open sesame{Enter}');
    expect(given()).toEqual([{ kind: 'http_login', username: 'ann', password: 'open sesame' }]);
    expect(document.body.innerHTML).not.toContain('sesame');
  });

  test('may be typed: the password that wakes the machine', async () => {
    await open();
    await ask({ kind: 'secure_on', keyring: { code: 'keyring_locked' }, again: true });
    expect(find('#secure_on-prompt')).toHaveTextContent(t('error.keyring_locked'));
    expect(find('#secure_on-prompt')).toHaveTextContent(t('problem.secure_on.form'));
    expect(await violations()).toEqual([]);
    await userEvent.type(find('#secure_on'), '192.168.1.1{Enter}');
    expect(given()).toEqual([{ kind: 'secure_on', password: '192.168.1.1' }]);
  });
});

describe('ssh', () => {
  test('gets a secret, of which nothing stays in the page', async () => {
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
    const user = clicker();
    await askForConsent(sshKey, subjects.ssh_host);
    expect(find('#ssh')).toHaveTextContent('SHA256:abc');
    await user.keyboard('{Enter}');
    expect(given()).toEqual([]);
    await user.click(find('#answer'));
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

describe('a password command', () => {
  const failed: Prompt = {
    ...password,
    command: { code: 'command_failed', program: 'pass', status: '1', detail: 'not in the password store' },
    can_keep: false,
  };

  test('that failed is told in its own words, and what is typed is not kept', async () => {
    await open();
    await ask(failed);
    expect(find('#command-note')).toHaveTextContent('The command pass failed (1).');
    expect(find('#command-note')).toHaveTextContent('not in the password store');
    expect(find('#password')).toBeValid();
    expect(find('#remember')).toBeDisabled();
    expect(find('#remember')).toHaveAccessibleDescription(t('prompt.from_command'));
    await userEvent.type(find('#password'), 'pw{Enter}');
    expect(given()).toEqual([{ kind: 'password', username: null, password: 'pw', remember: 'no' }]);
    expect(await violations()).toEqual([]);
  });

  test('that is slow is mentioned; when it fails, what was typed stays', async () => {
    await open();
    const number = await ask({ ...failed, command: { code: 'command_silent', program: 'op' } });
    expect(find('#command-note')).toHaveTextContent(t('prompt.command_silent', { program: 'op' }));
    await userEvent.type(find('#password'), 'half');
    await reach({ state: 'asking', number, subject: subjects.server, prompt: failed });
    expect(find('#command-note')).toHaveTextContent('not in the password store');
    expect(find('#password')).toHaveValue('half');
  });
});
