import { InvalidInput } from '@edutrust/platform/errors';

/**
 * An address that we send people or logout tokens to: https, or http on this machine for development; no fragment, no
 * user, no wildcard (RFC 9700 §2.1).
 */
export function parseAppAddress(text: string, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text is compared as it stands: nothing that a URL parser would drop or mend (tabs, spaces, `https:host`).
  const isPlain = /^https?:\/\/[^\s\\]+$/.test(text) && url?.href.startsWith(text.slice(0, 8)) === true;
  const isLocal = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal);
  if (
    !url ||
    !isPlain ||
    !isAllowed ||
    url.hash ||
    text.includes('#') ||
    url.username ||
    url.password ||
    text.includes('*')
  ) {
    const detail = {
      vi: `Địa chỉ ${text.slice(0, 200)} không dùng được: cần https:// (hoặc http://localhost khi thử nghiệm), không có # hay tên người dùng.`,
      en: `The address ${text.slice(0, 200)} cannot be used: it must be https:// (or http://localhost for development), without # or a user.`,
    };
    throw new InvalidInput('apps/bad-address', detail, { fields: [{ pointer: `/${field}`, detail }] });
  }
  return text;
}

/** As {@link parseAppAddress}; null for none. */
export function optionalAddress(text: string | null | undefined, field: string): string | null {
  return text ? parseAppAddress(text, field) : null;
}
