import { isIP } from 'node:net';
import type { GeneralName } from '../certificate/extensions.ts';

/** Who the certificate must be for; every name that is given must be there. */
export interface WantedName {
  readonly dns?: string;
  readonly email?: string;
  readonly ip?: string;
}

/** Letters, digits and inner hyphens between dots (RFC 1123 §2.1), 253 characters at most. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}

/** A Mailbox (RFC 5321 §4.1.2) in its unquoted form, the only one that two programs read alike. */
export function isMailbox(text: string): boolean {
  const at = text.lastIndexOf('@');
  return (
    /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(text.slice(0, at)) && isHostName(text.slice(at + 1))
  );
}

/** Whether the alternative names carry every asked name; the common name is never looked at (RFC 9525 §2). */
export function isFor(names: readonly GeneralName[], { dns, email, ip }: WantedName): boolean {
  const host = dns?.toLowerCase().replace(/\.$/, '');
  const address = ip === undefined ? undefined : addressBytes(ip);
  return (
    (host === undefined || names.some((name) => name.kind === 'dns' && isHostOf(host, name.text.toLowerCase()))) &&
    (email === undefined || names.some((name) => name.kind === 'email' && isSameMailbox(name.text, email))) &&
    (ip === undefined || names.some((name) => name.kind === 'ip' && address?.equals(name.bytes) === true))
  );
}

/** A wildcard stands for the whole leftmost label only, above two labels at least (RFC 9525 §6.3). */
function isHostOf(host: string, pattern: string): boolean {
  if (!isHostName(host) || isIP(host) !== 0) return false;
  if (!pattern.startsWith('*.')) return isHostName(pattern) && host === pattern;
  const dot = host.indexOf('.');
  const parent = pattern.slice(2);
  return isHostName(parent) && parent.includes('.') && dot > 0 && host.slice(dot + 1) === parent;
}

/** The local part is compared as it stands, the host without case (§7.5). */
function isSameMailbox(one: string, other: string): boolean {
  if (!isMailbox(one) || !isMailbox(other)) return false;
  const [at, otherAt] = [one.lastIndexOf('@'), other.lastIndexOf('@')];
  return (
    one.slice(0, at) === other.slice(0, otherAt) && one.slice(at).toLowerCase() === other.slice(otherAt).toLowerCase()
  );
}

function addressBytes(address: string): Buffer | undefined {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  // The URL parser writes any form, also one that ends in an IPv4 address, in hexadecimal groups.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text = '') => (text === '' ? [] : text.split(':'));
  const zeros = Array<string>(tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length).fill('0');
  const all = [...groups(head), ...zeros, ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
