import { reloadWhenRestored } from '../design/restored.ts';
import './sign.css';
import { render } from 'preact';
import { startLanguage } from '../design/start.ts';
import { startTheme } from '../design/theme.ts';
import { scriptAddress } from '../design/trusted.ts';
import { Phone } from './phone.tsx';

startLanguage();
startTheme();
reloadWhenRestored();
// After the first screen: what it loads must not slow that one down.
addEventListener('load', () => {
  navigator.serviceWorker?.register(scriptAddress('/sign/worker.js'), { scope: '/sign/' }).catch(() => undefined);
});
const root = document.getElementById('app');
if (root) render(<Phone />, root);
