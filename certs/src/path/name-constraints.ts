import { isIP } from 'node:net';
import type { Certificate } from '../certificate/certificate.ts';
import { directoryName, extensionIds, type GeneralName, readGeneralName } from '../certificate/extensions.ts';
import { childrenOf, DerError, readDer, tag } from '../der/der.ts';
import { isHostName, isMailbox } from './names.ts';
import { cost, type WorkBudget } from './work-budget.ts';

/** What an authority may certify below it (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** @throws DerError */
export function readNameConstraints(certificate: Certificate): NameConstraints | undefined {
  const extension = certificate.extensions.get(extensionIds.nameConstraints);
  if (!extension) return undefined;
  const found: { permitted?: GeneralName[]; excluded?: GeneralName[] } = {};
  for (const list of childrenOf(readDer(extension.value), tag.sequence)) {
    const kind = list.tag === 0xa0 ? 'permitted' : list.tag === 0xa1 ? 'excluded' : undefined;
    if (!kind || found[kind] || found.excluded) throw new DerError('malformed name constraints');
    found[kind] = list.children().map((subtree) => {
      const [base, ...rest] = childrenOf(subtree, tag.sequence);
      // minimum is 0 and maximum is absent: RFC 5280 uses no others
      if (!base || rest.length > 0) throw new DerError('name constraints with a minimum or maximum');
      return checkBase(readGeneralName(base));
    });
    if (found[kind].length === 0) throw new DerError('an empty list of subtrees');
  }
  const { permitted = [], excluded = [] } = found;
  if (permitted.length + excluded.length === 0) throw new DerError('name constraints without any subtree');
  return { permitted, excluded };
}

/** A base that is no name of its kind constrains nothing that could be meant: it is refused. */
function checkBase(base: GeneralName): GeneralName {
  const isGood = {
    dns: (text: string) => text === '' || isHostName(text),
    uri: (text: string) => text === '' || isHostName(text.replace(/^\./, '')),
    email: (text: string) =>
      text.includes('@') ? isMailbox(text) : text === '' || isHostName(text.replace(/^\./, '')),
  };
  if (base.kind === 'ip' ? !isSubnet(base.bytes) : 'text' in base && !isGood[base.kind](base.text))
    throw new DerError('a name constraint that is no name of its kind');
  return base;
}

/** An address and a mask of ones, then zeros (RFC 4632). */
function isSubnet(bytes: Buffer): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false;
  const mask = BigInt(`0x${bytes.subarray(bytes.length / 2).toString('hex')}`);
  const gap = ~mask & ((1n << BigInt(bytes.length * 4)) - 1n);
  return (gap & (gap + 1n)) === 0n;
}

/** A certificate as far as names are constrained in it. */
interface Named {
  readonly certificate: Certificate;
  readonly alternativeNames: readonly GeneralName[];
}

/** Every name of the certificate that constraints speak of: subject, alternative names, e-mail in the subject. */
function namesOf({ certificate, alternativeNames }: Named): GeneralName[] {
  const { attributes } = certificate.subject;
  const subject = attributes.length > 0 ? [directoryName(attributes)] : [];
  const emails = attributes
    .flat()
    .filter(({ type }) => type === '1.2.840.113549.1.9.1')
    .map(({ value }): GeneralName => ({ kind: 'email', text: value }));
  return [...subject, ...alternativeNames, ...emails];
}

/** Whether every name lies in what each constraint permits and in nothing that one excludes (§6.1.3 (b), (c)). */
export function satisfies(target: Named, constraints: readonly NameConstraints[], work: WorkBudget): boolean {
  if (constraints.length === 0) return true;
  work.spend(cost.name * (target.certificate.subject.attributes.length + target.alternativeNames.length));
  const names = namesOf(target);
  return constraints.every((one) => {
    work.spend((one.permitted.length + one.excluded.length) / 2);
    const permitted = Map.groupBy(one.permitted, kindOf);
    const excluded = Map.groupBy(one.excluded, kindOf);
    return names.every((name) => {
      // Each kind constrains its own. A kind that we cannot compare, under a constraint of that kind, is refused.
      const forbidden = excluded.get(kindOf(name)) ?? [];
      const allowed = permitted.get(kindOf(name)) ?? [];
      if (forbidden.length + allowed.length === 0) return true;
      work.spend((forbidden.length + allowed.length) / 2);
      if (!isComparable(name) || forbidden.some((base) => isWithin(name, base) || couldMeet(name, base))) return false;
      return allowed.length === 0 || allowed.some((base) => isWithin(name, base));
    });
  });
}

const kindOf = (name: GeneralName): string => (name.kind === 'other' ? `other ${name.tag}` : name.kind);

/** Whether the name is written as its kind must be; what is not could be read otherwise by others. */
function isComparable(name: GeneralName): boolean {
  if (name.kind === 'dns') return isHostName(name.text.replace(/^\*\./, ''));
  if (name.kind === 'email') return isMailbox(name.text);
  if (name.kind === 'ip') return name.bytes.length === 4 || name.bytes.length === 16;
  if (name.kind === 'uri') return hostOf(name.text) !== undefined;
  return name.kind === 'directory';
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
  if (name.kind === 'uri' && base.kind === 'uri') return isHostAt(hostOf(name.text) ?? '', base.text);
  if (name.kind === 'ip' && base.kind === 'ip') return isAddressWithin(name.bytes, base.bytes);
  return false;
}

/** A wildcard may stand for a name that is excluded. */
function couldMeet(name: GeneralName, base: GeneralName): boolean {
  return name.kind === 'dns' && base.kind === 'dns' && name.text.startsWith('*.')
    ? isHostWithin(base.text, name.text.slice(2))
    : false;
}

/** `example.edu.vn` covers itself and everything below. */
function isHostWithin(host: string, base: string): boolean {
  const [name, within] = [host.toLowerCase(), base.toLowerCase()];
  return within === '' || name === within || name.endsWith(`.${within}`);
}

/** In constraints of URIs and mail hosts a leading dot covers what is below, a name without one itself alone. */
function isHostAt(host: string, base: string): boolean {
  const [name, at] = [host.toLowerCase(), base.toLowerCase()];
  return at === '' || (at.startsWith('.') ? name.endsWith(at) : name === at);
}

function isEmailWithin(address: string, base: string): boolean {
  const at = address.lastIndexOf('@');
  const [local, host] = [address.slice(0, at), address.slice(at + 1)];
  const baseAt = base.lastIndexOf('@');
  if (baseAt < 0) return isHostAt(host, base);
  return local === base.slice(0, baseAt) && host.toLowerCase() === base.slice(baseAt + 1).toLowerCase();
}

/** The host name of a URI (RFC 3986 §3.2.2); undefined when it has none, or an address. */
function hostOf(uri: string): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  const host = authority?.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  return host !== undefined && isHostName(host) && isIP(host) === 0 ? host : undefined;
}

function isAddressWithin(address: Buffer, base: Buffer): boolean {
  if (base.length !== address.length * 2) return false;
  return address.every((byte, index) => {
    const mask = base[address.length + index] ?? 0xff;
    return (byte & mask) === ((base[index] ?? 0) & mask);
  });
}
