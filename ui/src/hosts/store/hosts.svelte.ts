// The state of the hosts window, and its actions. The components only show the one and call the other.

import { errorText, t } from '../../i18n';
import * as engine from '../../ipc';
import type { Discovered } from '../../ipc/bindings/Discovered';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';
import type { HttpAuthChange } from '../../ipc/bindings/HttpAuthChange';
import type { ImportPreview } from '../../ipc/bindings/ImportPreview';
import type { LoginView } from '../../ipc/bindings/LoginView';
import type { Look } from '../../ipc/bindings/Look';
import type { Order } from '../../ipc/bindings/Order';
import type { PasswordChange } from '../../ipc/bindings/PasswordChange';
import type { SessionId } from '../../ipc/bindings/SessionId';
import type { SharedChange } from '../../ipc/bindings/SharedChange';
import { draftOf, emptyDraft } from '../fields';
import type { Choice } from '../import/choice.svelte';
import { Conflicts } from './conflicts.svelte';
import { Ending } from './ending.svelte';
import { Favourites } from './favourites.svelte';
import { History } from './history.svelte';
import { Nearby } from './nearby.svelte';
import { Notices } from './notices.svelte';
import { Pictures } from './pictures.svelte';
import { Query } from './query.svelte';
import { OpenSessions } from './sessions.svelte';
import { CONNECT, nearbyRow, type Row } from './rows';
import { asksForNearby, index, parse, search, searchNearby, sortedByName, toggledTag } from './search';
import { arranged, type Section } from './sections';
import { Sources } from './sources.svelte';
import { Selection } from './selection.svelte';
import { type Editing, Sheet } from './sheet.svelte';
import { Toasts } from './toasts.svelte';

export class Hosts {
  /** Null until the list has been read. */
  all = $state.raw<HostView[] | null>(null);
  readonly notices = new Notices();
  /** Keys of the rows whose window is being opened. */
  opening = $state.raw<ReadonlySet<string>>(new Set());
  readonly sheet = new Sheet();
  /** Whether all open sessions are shown. */
  showsSessions = $state(false);
  readonly sessions = new OpenSessions();
  readonly pictures = new Pictures();
  /** Lists that others keep. */
  readonly sources = new Sources();
  readonly nearby = new Nearby();
  readonly query = new Query();
  readonly toasts = new Toasts();
  readonly ending = new Ending(this.toasts);
  readonly history = new History({
    toasts: this.toasts,
    load: () => this.load(),
    select: (id) => this.selection.select(id),
  });
  /** Logins that several machines use. */
  logins = $state.raw<LoginView[]>([]);
  /** How many removed hosts can be put back. */
  removed = $state(0);

  /** The order of what is neither a favourite nor was opened last. */
  order = $state<Order>('name');
  /** How favourites and the latest machines are shown; null before it is known. */
  look = $state<Look | null>(null);
  /** Cards beside each other. */
  columns = $state(4);
  /** Hosts that are to be opened together, while the user is asked whether to; else null. */
  opensMany = $state.raw<HostView[] | null>(null);

  #byName = $derived(sortedByName(this.all ?? []));
  index = $derived(index(this.#byName, this.sources.names));
  asked = $derived(parse(this.query.text));
  found = $derived(search(this.index, this.asked, this.sessions.hosts));
  sections: Section[] = $derived.by(() => {
    const nearby: Section = { kind: 'nearby', rows: this.#nearby.map(nearbyRow), cards: false };
    return [...this.#arranged, nearby].filter(({ rows }) => rows.length > 0);
  });
  #nearby = $derived(searchNearby(this.nearby.view.machines, this.asked));
  #arranged: Section[] = $derived.by(() => {
    if (!this.query.isEmpty) {
      const { address } = this.query;
      const { rows: found } = this.found;
      const rows: Row[] = address ? [...found, { key: CONNECT, address }] : found;
      return [{ kind: 'found', rows, cards: false }];
    }
    const cards = { recent: this.columns < 4 ? 2 * this.columns : this.columns };
    return arranged(this.#byName, this.sessions.all, this.order, this.look === 'cards' ? cards : null);
  });
  rows: Row[] = $derived.by(() => {
    const [first, ...others] = this.sections;
    // Mostly one during a search: ten thousand rows are not copied with each key.
    return first && others.length === 0 ? first.rows : this.sections.flatMap(({ rows }) => rows);
  });
  /** The text is no host's, and may be an address: hosts that are only alike are not what Enter means. */
  #isTyped = $derived(this.found.alike && !this.query.isEmpty && this.query.problem === null);
  readonly selection = new Selection(
    () => this.rows,
    () =>
      this.#isTyped
        ? Math.max(
            0,
            this.rows.findIndex(({ key }) => key === CONNECT),
          )
        : 0,
  );
  readonly conflicts = new Conflicts({
    hosts: () => this.all ?? [],
    edit: (host, typed) => this.edit(host, typed),
    attempt: (action) => this.toasts.attempt(action),
  });
  readonly favourites = new Favourites({
    byName: () => this.#byName,
    change: (host, change) =>
      this.toasts.attempt(async () => {
        this.selection.select(host.id);
        await change();
        await this.load();
      }),
  });

  #loading: Promise<void> | null = null;
  #stale = false;
  #preferred = Promise.resolve();

  // ---- the list

  /** Fetches the list. Calls that come while it is being fetched share one more fetch. */
  load(): Promise<void> {
    this.#stale = true;
    this.#loading ??= this.#fetch().finally(() => {
      this.#loading = null;
      // A call that came just before its end.
      return this.#stale ? this.load() : undefined;
    });
    return this.#loading;
  }

  /** Follows the engine's events until the returned function is called; `show` is what another window may want to be shown, `look` is
   * shown what is in files that were opened. */
  follow(show: (dialog: 'settings' | 'help') => void, look: (preview: ImportPreview) => void): () => void {
    const stops = [
      engine.onHostsChanged(() => {
        void this.load();
        // A session's machine may have been added to the list.
        void this.sessions.load();
        void this.nearby.load();
      }),
      engine.onClosing(() => (this.ending.closing = true)),
      engine.onWishes(() => void this.#grant(show, look)),
    ];
    this.#preferred = this.prefer();
    const unfollows = [this.sessions.follow(), this.pictures.follow(), this.nearby.follow()];
    void this.load();
    void this.ending.askToReopen();
    // What was wished for while this page was still loading.
    void this.#grant(show, look);
    return () => {
      for (const unfollow of unfollows) unfollow();
      this.toasts.dismiss();
      for (const stop of stops) void stop.then((stop) => stop());
    };
  }

  /** Shows the list as the user prefers it. */
  async prefer(): Promise<void> {
    await this.toasts.attempt(async () => {
      const { order, look } = await engine.preferences();
      this.order = order;
      this.look = look;
    });
    this.look ??= 'rows';
  }

  // ---- search and selection

  /** Searches for a text; the first row is selected then. */
  search(text: string): void {
    this.query.text = text;
    this.selection.select(null);
  }

  /** Narrows the list to a tag, or no longer. */
  toggleTag(tag: string): void {
    this.search(toggledTag(this.query.text, tag));
  }

  async setOrder(order: Order): Promise<void> {
    const before = this.order;
    this.order = order;
    if (!(await this.#remember({ order }))) this.order = before;
  }

  async setLook(look: Look): Promise<void> {
    const before = this.look;
    this.look = look;
    if (!(await this.#remember({ look }))) this.look = before;
  }

  // ---- opening

  /** Opens what is selected; where no host matches, the text in the search box as an address: never what is only like it. */
  async enter(): Promise<void> {
    const { row, hosts, isSeveral, isChosen } = this.selection;
    if (this.#isTyped && !isChosen) await this.connect();
    else if (isSeveral) await this.openSeveral(hosts);
    else if (row && 'session' in row && row.session) await this.show(row.session.id);
    else if (row && 'host' in row) await this.open(row.key);
    // Any machine in the network can take any name: it is never what was typed.
    else if (row && 'machine' in row) await (isChosen ? this.openNearby(row.machine) : undefined);
    else if (!this.query.isEmpty) await this.connect();
  }

  /** What is open already has no digit: those of the others stay the same. */
  get firstDigit(): number {
    const [first] = this.sections;
    return first?.kind === 'open' ? first.rows.length : 0;
  }

  /** Opens the row at a place, from 0 on. */
  async openAt(place: number): Promise<void> {
    const row = this.rows[this.firstDigit + place];
    if (!row || 'machine' in row) return;
    this.selection.select(row.key);
    await this.enter();
  }

  async open(id: HostId): Promise<void> {
    await this.#whileOpening(id, () => engine.openHost(id));
  }

  /** Opens several hosts, in turn; many only where the user has said that they mean it. */
  async openSeveral(hosts: HostView[], meant = false): Promise<void> {
    this.opensMany = hosts.length > MANY && !meant ? hosts : null;
    const [first] = hosts;
    if (this.opensMany || !first) return;
    if (hosts.length === 1) return this.open(first.id);
    const { text } = this.query;
    const opened = await this.toasts.attempt(() => engine.openHosts(hosts.map(({ id }) => id)));
    // The search has led somewhere: who comes back looks for something else.
    if (opened && text === this.query.text && !this.selection.isSeveral) this.search('');
  }

  /** Closes the windows of several hosts. */
  async closeSeveral(hosts: HostView[]): Promise<void> {
    await this.toasts.attempt(() => engine.closeHosts(hosts.map(({ id }) => id)));
  }

  /** Wakes the host up, and opens it when it answers. */
  async wake(id: HostId): Promise<void> {
    await this.#whileOpening(id, () => engine.wakeHost(id));
  }

  /** Connects to the address in the search box without saving it. */
  async connect(): Promise<void> {
    const { text } = this.query;
    await this.#whileOpening(CONNECT, () => engine.openAddress(text));
  }

  /** Connects to a machine that is nearby without saving it. */
  async openNearby(machine: Discovered): Promise<void> {
    await this.#whileOpening(nearbyRow(machine).key, () => engine.openNearby(machine.number));
  }

  /** Shows only what is nearby, or no longer. */
  toggleNearby(): void {
    this.search(asksForNearby(this.asked) ? '' : 'is:nearby ');
  }

  // ---- changing the list

  /** Adds a machine that is nearby. */
  async keepNearby(machine: Discovered): Promise<void> {
    await this.toasts.attempt(async () => {
      const { host } = await engine.keepNearby(machine.number);
      await this.#reveal(host);
      this.history.offer(t('toast.nearby_kept', { name: host.name }));
    });
  }

  /** Opens the editor for a new host, with the address that was searched for in vain. */
  add(): void {
    const address = this.found.rows.length === 0 || this.found.alike ? (this.query.address ?? '') : '';
    const hasNone = { hasPassword: false, hasHttpAuth: false, hasSecureOn: false, hasSecret: false };
    this.sheet.show({ kind: 'one', draft: emptyDraft({ address }), ...hasNone });
  }

  edit(host: HostView, typed: Partial<HostDraft> = {}): void {
    const { content } = this.sheet;
    if (content?.kind === 'one' && content.draft.id === host.id && Object.keys(typed).length === 0) return;
    const { has_password: hasPassword, has_http_auth: hasHttpAuth, has_secure_on: hasSecureOn } = host;
    const { has_secret: hasSecret, display } = host;
    const has = { hasPassword, hasHttpAuth, hasSecureOn, hasSecret };
    this.sheet.show({ kind: 'one', draft: draftOf(host), ...has, display, typed });
  }

  editSeveral(hosts: HostView[]): void {
    this.sheet.show({ kind: 'several', hosts });
  }

  /** What undoes the step that was just done, whatever is done after it. */
  async undoOfNewest(): Promise<() => Promise<void>> {
    await this.load();
    const number = this.history.view.undo?.number ?? null;
    return () => this.history.undo(number);
  }

  /** What the list is called that others keep, where the host in the editor stands in one. */
  sourceOf({ draft }: Editing): string | null {
    return this.sources.nameOf(this.all?.find(({ id }) => id === draft.id) ?? null);
  }

  /** Saves the form and closes it, and opens the host where `connect` says so; throws an EngineError for the form to show. Where
   * another program has changed the same, the user is asked, and may go back to the form. */
  async save(
    draft: HostDraft,
    change: PasswordChange,
    httpAuth: HttpAuthChange | null,
    connect: boolean,
  ): Promise<void> {
    const { sheet } = this;
    let editing = sheet.content?.kind === 'one' ? sheet.content : null;
    const isSecret = change.change === 'set' || httpAuth?.change === 'set';
    const settled = await this.conflicts.settle(draft, editing?.draft, isSecret);
    if (!settled) return;
    if (editing && settled.asked) {
      // What was chosen is not asked again where the next step fails.
      Object.assign(draft, settled.draft);
      sheet.content = editing = { ...editing, draft: settled.base };
    }
    const { host, password } = await engine.saveHost(settled.draft, change);
    // Saved: where the next step fails, the editor's next attempt is about this host, at this address.
    Object.assign(draft, {
      id: host.id,
      on_new_address: 'ask',
      secure_on: { change: 'keep' },
      secret: { change: 'keep' },
    });
    if (editing) sheet.content = { ...editing, draft: draftOf(host) };
    if (httpAuth) await engine.saveHttpAuth(host.id, httpAuth);
    sheet.close();
    if (password.outcome === 'not_stored') {
      const reason = errorText(password.error);
      this.toasts.show({ text: t('toast.password_not_stored', { name: host.name, reason }) }, null);
    }
    await this.#reveal(host);
    if (connect) await this.open(host.id);
  }

  /** Adds what was chosen from other programs' lists, all or nothing; throws an EngineError for the dialog to show. */
  async import({ preview, chosen, passwords }: Choice): Promise<void> {
    const { added, changed } = await engine.importHosts(preview.number, chosen, passwords);
    const texts = [
      added > 0 || changed === 0 ? t('toast.imported', { count: added }) : null,
      changed > 0 ? t('toast.filled', { count: changed }) : null,
    ];
    await this.load();
    this.history.offer(texts.filter(Boolean).join(' · '));
  }

  async duplicate(host: HostView): Promise<void> {
    await this.toasts.attempt(async () => {
      const copy = await engine.duplicateHost(host.id, this.#freeName(host.name));
      this.toasts.show({ text: t('toast.duplicated', { name: copy.name }) });
      await this.#reveal(copy);
    });
  }

  /** Removes hosts, and offers to bring all of them back. */
  async remove(selected: HostView[]): Promise<void> {
    // What stands in a list that others keep is not the user's to remove.
    const own = selected.filter(({ source }) => source === null);
    const hosts = own.length > 0 ? own : selected;
    const [first] = hosts;
    if (!first) return;
    await this.toasts.attempt(async () => {
      const gone = new Set(hosts.map(({ id }) => id));
      if (this.selection.hosts.some(({ id }) => gone.has(id))) this.#selectBeside(gone);
      await engine.removeHosts([...gone]);
      await this.load();
      const facts = { name: first.name, count: hosts.length - 1 };
      this.history.offer(t(hosts.length > 1 ? 'toast.removed_more' : 'toast.removed', facts));
    });
  }

  /** Changes several hosts together; throws an EngineError for the form to show. */
  async changeSeveral(hosts: HostView[], change: Partial<SharedChange>): Promise<void> {
    await engine.changeSeveral(
      hosts.map(({ id }) => id),
      change,
    );
    this.sheet.close();
    await this.load();
    this.history.offer(t('toast.changed', { count: hosts.length }));
  }

  /** The list is as it was in an earlier version. */
  async wentBack(time: string): Promise<void> {
    await this.load();
    this.history.offer(t('toast.went_back', { time }));
  }

  /** Brings a session's window to the front. */
  async show(session: SessionId): Promise<void> {
    this.showsSessions = false;
    await this.toasts.attempt(() => engine.showSession(session));
  }

  // ---- details

  #remember(part: { order: Order } | { look: Look }): Promise<boolean> {
    return this.toasts.attempt(async () => engine.setPreferences({ ...(await engine.preferences()), ...part }));
  }

  /** Does what the other windows and the tray want of this one. */
  async #grant(show: (dialog: 'settings' | 'help') => void, look: (preview: ImportPreview) => void): Promise<void> {
    await this.toasts.attempt(async () => {
      for (const wish of await engine.wishes()) {
        if (wish.wish === 'sessions') this.showsSessions = true;
        else if (wish.wish === 'new') this.add();
        else if (wish.wish === 'quit') this.ending.quitting = wish.sessions;
        else if (wish.wish === 'settings' || wish.wish === 'help') show(wish.wish);
        else if (wish.wish === 'import') look(wish.preview);
        else if (wish.wish === 'close') this.sheet.leave(() => void this.ending.discard());
        else await this.#editById(wish.host, wish.address);
      }
    });
  }

  async #editById(id: HostId, address: string | null): Promise<void> {
    await this.load();
    const host = this.all?.find((host) => host.id === id);
    if (!host) return;
    this.showsSessions = false;
    await this.#reveal(host);
    this.edit(host, address === null || address === host.address ? {} : { address });
  }

  async #fetch(): Promise<void> {
    await this.toasts.attempt(async () => {
      while (this.#stale) {
        this.#stale = false;
        const { hosts, notices, history, removed, logins } = await engine.listHosts();
        await this.sources.load();
        // No rows that become cards a moment later.
        await this.#preferred;
        const isFirst = this.all === null;
        this.all = hosts;
        this.logins = logins;
        this.history.view = history;
        this.removed = removed;
        this.notices.set(notices);
        // Painted by then. Later ones are often of a machine that is being opened, which is to have the processor for itself.
        if (isFirst) setTimeout(() => void engine.listShown().catch(() => {}));
      }
    });
    this.all ??= [];
  }

  /** Selects the row behind those that go, or the one before them. */
  #selectBeside(gone: ReadonlySet<HostId>): void {
    const { at } = this.selection;
    const stays = (row: Row) => !('host' in row) || !gone.has(row.key);
    const beside = this.rows.slice(at).find(stays) ?? this.rows.slice(0, Math.max(0, at)).findLast(stays);
    this.selection.select(beside?.key ?? null);
  }

  /** Selects a host, and clears the search where it hides it. */
  async #reveal(host: HostView): Promise<void> {
    await this.load();
    if (!this.rows.some((row) => row.key === host.id)) this.search('');
    this.selection.select(host.id);
  }

  async #whileOpening(key: string, open: () => Promise<void>): Promise<void> {
    if (this.opening.has(key)) return;
    const { text } = this.query;
    if (!this.selection.isSeveral) this.selection.select(key);
    this.opening = new Set([...this.opening, key]);
    const opened = await this.toasts.attempt(open);
    this.opening = new Set([...this.opening].filter((other) => other !== key));
    // The search has led somewhere: who comes back looks for something else.
    if (opened && text !== '' && text === this.query.text) {
      this.query.text = '';
      if (!this.selection.isSeveral) this.selection.select(key);
    }
  }

  #freeName(name: string): string {
    const taken = new Set(this.all?.map((host) => host.name));
    const stem = [...name].slice(0, MAX_STEM).join('');
    let copy = t('hosts.copy_name', { name: stem });
    for (let number = 2; taken.has(copy); number++) copy = t('hosts.copy_name_again', { name: stem, number });
    return copy;
  }
}

/** More windows than this are asked about. */
const MANY = 8;
/** Characters of a name that go into its copy's, so that the longer one stays within the engine's 200. */
const MAX_STEM = 180;
