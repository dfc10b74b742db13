import type { Certificate } from '../certificate/certificate.ts';
import { childrenOf, DerError, readDer, tag } from '../der/der.ts';
import { extensionIds, type GeneralName, readGeneralName, readSubjectAltName, relativeNames } from './extensions.ts';

/** What an authority may certify below it (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

export function readNameConstraints(certificate: Certificate): NameConstraints | undefined {
  const extension = certificate.extensions.get(extensionIds.nameConstraints);
  if (!extension) return undefined;
  const found: Record<number, GeneralName[]> = { 160: [], 161: [] };
  for (const list of childrenOf(readDer(extension.value), tag.sequence)) {
    const names = found[list.tag];
    if (!names) throw new DerError('malformed name constraints');
    for (const subtree of list.children()) {
      const [base, ...rest] = childrenOf(subtree, tag.sequence);
      // minimum is 0 and maximum is absent: RFC 5280 uses no others
      if (!base || rest.length > 0) throw new DerError('name constraints with a minimum or maximum');
      names.push(readGeneralName(base));
    }
  }
  return { permitted: found[160] ?? [], excluded: found[161] ?? [] };
}

/** Every name of the certificate that constraints speak of: subject, alternative names, e-mail in the subject. */
function namesOf(certificate: Certificate): GeneralName[] {
  const alternatives = readSubjectAltName(certificate);
  const subject: GeneralName[] =
    certificate.subject.attributes.length > 0
      ? [{ kind: 'directory', relative: relativeNames(certificate.subject.attributes) }]
      : [];
  const emails = alternatives.some(({ kind }) => kind === 'email')
    ? []
    : certificate.subject.attributes
        .flat()
        .filter(({ type }) => type === '1.2.840.113549.1.9.1')
        .map(({ value }): GeneralName => ({ kind: 'email', text: value }));
  return [...subject, ...alternatives, ...emails];
}

/** Whether every name lies in what each constraint permits and in nothing that one excludes. */
export function satisfies(certificate: Certificate, constraints: readonly NameConstraints[]): boolean {
  const names = namesOf(certificate);
  return constraints.every(({ permitted, excluded }) =>
    names.every((name) => {
      // A kind of name that we cannot compare, under a constraint of that kind, is refused.
      const isConstrained = (list: readonly GeneralName[]) => list.filter((base) => sameKind(base, name));
      if (isConstrained(excluded).some((base) => base.kind === 'other' || isWithin(name, base))) return false;
      const allowed = isConstrained(permitted);
      return allowed.length === 0 || allowed.some((base) => base.kind !== 'other' && isWithin(name, base));
    }),
  );
}

function sameKind(one: GeneralName, other: GeneralName): boolean {
  return one.kind === other.kind && (one.kind !== 'other' || (other.kind === 'other' && one.tag === other.tag));
}

function isWithin(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'directory' && base.kind === 'directory') {
    return (
      base.relative.length <= name.relative.length &&
      base.relative.every((part, index) => part === name.relative[index])
    );
  }
  if (name.kind === 'dns' && base.kind === 'dns') return isHostWithin(name.text, base.text);
  if (name.kind === 'email' && base.kind === 'email') return isEmailWithin(name.text, base.text);
  if (name.kind === 'uri' && base.kind === 'uri') return isUriWithin(name.text, base.text);
  if (name.kind === 'ip' && base.kind === 'ip') return isAddressWithin(name.bytes, base.bytes);
  return false;
}

/** `example.edu.vn` covers itself and everything below; a leading dot (not in the RFC, seen in the wild) only below. */
function isHostWithin(host: string, base: string): boolean {
  const [name, within] = [host.toLowerCase(), base.toLowerCase()];
  if (within === '') return true;
  return within.startsWith('.') ? name.endsWith(within) : name === within || name.endsWith(`.${within}`);
}

function isEmailWithin(address: string, base: string): boolean {
  const at = address.lastIndexOf('@');
  if (at < 0) return false;
  const [local, host] = [address.slice(0, at), address.slice(at + 1).toLowerCase()];
  const baseAt = base.lastIndexOf('@');
  if (baseAt >= 0) return local === base.slice(0, baseAt) && host === base.slice(baseAt + 1).toLowerCase();
  return base.startsWith('.') ? host.endsWith(base.toLowerCase()) : host === base.toLowerCase();
}

function isUriWithin(uri: string, base: string): boolean {
  if (!URL.canParse(uri)) return false;
  const host = new URL(uri).hostname.toLowerCase();
  if (host === '' || /^[\d.]+$|^\[/.test(host)) return false; // a URI constraint speaks of host names only
  return base.startsWith('.') ? host.endsWith(base.toLowerCase()) : host === base.toLowerCase();
}

function isAddressWithin(address: Buffer, base: Buffer): boolean {
  if (base.length !== address.length * 2) return false;
  return address.every((byte, index) => {
    const mask = base[address.length + index] ?? 0xff;
    return (byte & mask) === ((base[index] ?? 0) & mask);
  });
}
