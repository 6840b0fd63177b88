import { mount } from 'svelte';
import { language } from '../i18n';
import '../theme.css';
import HostsWindow from './HostsWindow.svelte';

document.documentElement.lang = language;
mount(HostsWindow, { target: document.body });
