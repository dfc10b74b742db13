import '@fontsource/be-vietnam-pro/vietnamese-400.css';
import { reloadWhenRestored } from '../design/restored.ts';
import '@fontsource/be-vietnam-pro/vietnamese-600.css';
import '@fontsource/be-vietnam-pro/latin-400.css';
import '@fontsource/be-vietnam-pro/latin-600.css';
import './sign.css';
import { render } from 'preact';
import { startLanguage } from '../design/start.ts';
import { Phone } from './phone.tsx';

startLanguage();
reloadWhenRestored();
const root = document.getElementById('app');
if (root) render(<Phone />, root);
