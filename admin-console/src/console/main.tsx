import '@fontsource/be-vietnam-pro/vietnamese-400.css';
import { reloadWhenRestored } from '../design/restored.ts';
import '@fontsource/be-vietnam-pro/vietnamese-600.css';
import '@fontsource/be-vietnam-pro/latin-400.css';
import '@fontsource/be-vietnam-pro/latin-600.css';
import './console.css';
import { render } from 'preact';
import { startLanguage } from '../design/start.ts';
import { startTheme } from '../design/theme.ts';
import { Console } from './console.tsx';

startLanguage();
startTheme();
reloadWhenRestored();
const root = document.getElementById('app');
if (root) render(<Console />, root);
