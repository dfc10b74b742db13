import { InvalidInput } from '@edutrust/platform/errors';
import type { AppKind } from './protocol.ts';

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

/** Where an app takes people back; one that is installed has addresses of the device too (RFC 8252 §7). */
export function returnAddresses(kind: AppKind, uris: readonly string[], field: string): string[] {
  const parse = kind === 'native' ? parseNativeAddress : parseAppAddress;
  return uris.map((uri) => parse(uri, field));
}

/** Reverse domain, so that another maker's scheme is not taken by chance (RFC 8252 §7.1). */
const privateUse = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:\/[^\s\\#*/?][^\s\\#*]*$/;
/** The library leaves out the port when it compares (RFC 8252 §7.3), `localhost` may be another machine (§8.3). */
const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\])(?=[:/]|$)/;

/** An https address that the system hands to the app, so not this machine's own (RFC 8252 §7.2). */
const claimed = /^https:\/\/(?!localhost[:/]|localhost$|127\.0\.0\.1|\[::1\])/;

/** A private-use scheme (RFC 8252 §7.1), a claimed https address (§7.2) or a loopback address by its number (§7.3). */
function parseNativeAddress(text: string, field: string): string {
  if (privateUse.test(text) && URL.canParse(text)) return text;
  if (claimed.test(text) || loopback.test(text)) return parseAppAddress(text, field);
  const detail = {
    vi: `Địa chỉ ${text.slice(0, 200)} không dùng được cho ứng dụng cài trên máy: cần vn.tenmien.ungdung:/duong-dan, http://127.0.0.1/duong-dan hoặc https://.`,
    en: `An installed app cannot use ${text.slice(0, 200)}: it must be com.example.app:/path, http://127.0.0.1/path or https://.`,
  };
  throw new InvalidInput('apps/bad-address', detail, { fields: [{ pointer: `/${field}`, detail }] });
}

/** As {@link parseAppAddress}; null for none. */
export function optionalAddress(text: string | null | undefined, field: string): string | null {
  return text ? parseAppAddress(text, field) : null;
}
