import { mount } from 'svelte';
import { language } from '../i18n';
import '../theme.css';
import { Session } from './session.svelte';
import ViewerWindow from './ViewerWindow.svelte';

// The engine has been dialling since before this page was loaded: attach before anything is drawn.
const session = new Session();
void session.follow();

document.documentElement.lang = language;
mount(ViewerWindow, { target: document.body, props: { session } });
