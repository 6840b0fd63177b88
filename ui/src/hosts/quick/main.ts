import { mount } from 'svelte';
import { language } from '../../i18n';
import '../../theme.css';
import QuickWindow from './QuickWindow.svelte';

document.documentElement.lang = language;
mount(QuickWindow, { target: document.body });
