import { t } from '../../design/language.ts';
import type { AppView } from './views.ts';

/** The pasted keys; the server says what is wrong with them. */
export function readKeys(text: string): AppView['jwks'] {
  if (!text.trim()) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(t('Khoá công khai không phải JSON.', 'The public keys are not JSON.'));
  }
}

export const pemOf = (der: string): string =>
  `-----BEGIN CERTIFICATE-----\n${der.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END CERTIFICATE-----`;

/** Each certificate of what was pasted; the server says what is wrong with one. */
export function readCertificates(text: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  return found ?? (text.trim() ? [text.trim()] : []);
}
