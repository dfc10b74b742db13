import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodeName, keyIdentifier } from '../src/certificate/certificate.ts';
import { extensionIds, purposes } from '../src/certificate/extensions.ts';
import {
  bitString,
  boolean,
  enumerated,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from '../src/der/der.ts';
import type { PathRequest } from '../src/path/path.ts';

/** Chains for tests: every part of a certificate and of a list can be chosen, also wrong. */

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
}

export interface ExtensionForm {
  critical: boolean;
  value: Buffer;
}

/** A certificate before it is signed; each part is the DER that will stand in it. */
export interface CertificateForm {
  version: Buffer[];
  serial: Buffer;
  algorithm: Buffer;
  outerAlgorithm: Buffer;
  issuer: Buffer;
  notBefore: Buffer;
  notAfter: Buffer;
  subject: Buffer;
  spki: Buffer;
  /** After the key: unique identifiers, and what does not belong there. */
  beforeExtensions: Buffer[];
  extensions: Map<string, ExtensionForm>;
  /** Extensions once more. */
  repeated: [string, ExtensionForm][];
  signer: KeyObject;
  makeSignature: (tbs: Buffer, key: KeyObject) => Buffer;
  finish: (der: Buffer) => Buffer;
}

/** A revocation list before it is signed. */
export interface ListForm {
  version: Buffer[];
  algorithm: Buffer;
  issuer: Buffer;
  thisUpdate: Buffer;
  nextUpdate: Buffer[];
  entries: EntryForm[];
  extensions: Map<string, ExtensionForm>;
  signer: KeyObject;
  finish: (der: Buffer) => Buffer;
}

export interface EntryForm {
  serial: Buffer;
  at: Buffer;
  extensions: Map<string, ExtensionForm>;
}

export const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'));
export const at = new Date('2026-06-01T00:00:00Z');
export const day = 24 * 3_600_000;
export const later = (days: number) => new Date(at.getTime() + days * day);

export function makeKeys(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) };
}

export const nameOf = (commonName: string): Buffer =>
  encodeName([
    ['country', 'VN'],
    ['organisation', 'Sở Giáo dục'],
    ['commonName', commonName],
  ]);

export const set = (form: { extensions: Map<string, ExtensionForm> }, type: string, value: Buffer, critical = false) =>
  form.extensions.set(type, { critical, value });

let nextSerial = 1;
export const freshSerial = (): Buffer => {
  nextSerial += 1;
  return integer(nextSerial + 0x1000);
};

/** A conforming certificate; what makes it an authority is `basicConstraints` and `keyUsage`. */
export function certificateForm(
  subject: Buffer,
  keys: KeyPair,
  issuer: { readonly subject: Buffer; readonly keys: KeyPair },
  kind: 'authority' | 'leaf',
): CertificateForm {
  const form: CertificateForm = {
    version: [explicit(0, integer(2))],
    serial: freshSerial(),
    algorithm: ecdsaSha256,
    outerAlgorithm: ecdsaSha256,
    issuer: issuer.subject,
    notBefore: time(later(-100)),
    notAfter: time(later(100)),
    subject,
    spki: keys.spki,
    beforeExtensions: [],
    extensions: new Map(),
    repeated: [],
    signer: issuer.keys.privateKey,
    makeSignature: (tbs, key) => sign('sha256', tbs, key),
    finish: (der) => der,
  };
  set(form, extensionIds.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuer.keys.spki))));
  set(form, extensionIds.subjectKeyIdentifier, octetString(keyIdentifier(keys.spki)));
  set(form, extensionIds.basicConstraints, kind === 'authority' ? sequence(boolean(true)) : sequence(), true);
  set(form, extensionIds.keyUsage, kind === 'authority' ? usage(0x06, 1) : usage(0x80, 7), true);
  return form;
}

export const usage = (bits: number, unusedBits: number): Buffer => bitString(Buffer.of(bits), unusedBits);

export function encodeExtensions(extensions: Iterable<readonly [string, ExtensionForm]>): Buffer[] {
  return [...extensions].map(([type, { critical, value }]) =>
    sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value)),
  );
}

export function buildCertificate(form: CertificateForm): Buffer {
  const extensions = encodeExtensions([...form.extensions, ...form.repeated]);
  const tbs = sequence(
    ...form.version,
    form.serial,
    form.algorithm,
    form.issuer,
    sequence(form.notBefore, form.notAfter),
    form.subject,
    form.spki,
    ...form.beforeExtensions,
    ...(extensions.length > 0 ? [explicit(3, sequence(...extensions))] : []),
  );
  return form.finish(sequence(tbs, form.outerAlgorithm, bitString(form.makeSignature(tbs, form.signer))));
}

export function listForm(issuer: { readonly subject: Buffer; readonly keys: KeyPair }, number = 1): ListForm {
  const form: ListForm = {
    version: [integer(1)],
    algorithm: ecdsaSha256,
    issuer: issuer.subject,
    thisUpdate: time(later(-1)),
    nextUpdate: [time(later(6))],
    entries: [],
    extensions: new Map(),
    signer: issuer.keys.privateKey,
    finish: (der) => der,
  };
  set(form, extensionIds.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuer.keys.spki))));
  set(form, extensionIds.crlNumber, integer(number));
  return form;
}

export function entryForm(serial: Buffer, reason?: number): EntryForm {
  const form: EntryForm = { serial, at: time(later(-10)), extensions: new Map() };
  if (reason !== undefined) set(form, extensionIds.reasonCode, enumerated(reason));
  return form;
}

export function buildList(form: ListForm): Buffer {
  const entries = form.entries.map(({ serial, at: revokedAt, extensions }) =>
    sequence(serial, revokedAt, ...(extensions.size > 0 ? [sequence(...encodeExtensions(extensions))] : [])),
  );
  const tbs = sequence(
    ...form.version,
    form.algorithm,
    form.issuer,
    form.thisUpdate,
    ...form.nextUpdate,
    ...(entries.length > 0 ? [sequence(Buffer.concat(entries))] : []), // more entries than a call may have arguments
    ...(form.extensions.size > 0 ? [explicit(0, sequence(...encodeExtensions(form.extensions)))] : []),
  );
  return form.finish(sequence(tbs, form.algorithm, bitString(sign('sha256', tbs, form.signer))));
}

// ————— values of extensions —————

export const directory = (name: Buffer): Buffer => explicit(4, name);
export const dns = (text: string): Buffer => implicit(2, Buffer.from(text, 'latin1'));
export const email = (text: string): Buffer => implicit(1, Buffer.from(text, 'latin1'));
export const uri = (text: string): Buffer => implicit(6, Buffer.from(text, 'latin1'));
export const ip = (...bytes: number[]): Buffer => implicit(7, Buffer.from(bytes));
/** otherName of a type that nobody knows. */
export const otherName = (): Buffer => explicit(0, oid('1.3.6.1.4.1.55555.9'), explicit(0, integer(1)));

export const nameConstraints = (permitted: readonly Buffer[], excluded: readonly Buffer[] = []): Buffer =>
  sequence(
    ...(permitted.length > 0 ? [explicit(0, ...permitted.map((base) => sequence(base)))] : []),
    ...(excluded.length > 0 ? [explicit(1, ...excluded.map((base) => sequence(base)))] : []),
  );

export const policies = (...list: readonly string[]): Buffer => sequence(...list.map((one) => sequence(oid(one))));
export const mappings = (...list: readonly (readonly [string, string])[]): Buffer =>
  sequence(...list.map(([from, to]) => sequence(oid(from), oid(to))));
/** PolicyConstraints: contents octets of the two numbers. */
export const policyConstraints = (requireExplicit?: number, inhibitMapping?: number): Buffer =>
  sequence(
    ...(requireExplicit === undefined ? [] : [implicit(0, Buffer.of(requireExplicit))]),
    ...(inhibitMapping === undefined ? [] : [implicit(1, Buffer.of(inhibitMapping))]),
  );
/** One DistributionPoint: name, ReasonFlags, cRLIssuer. */
export const distributionPoint = (names: readonly Buffer[], reasons?: Buffer, issuer?: Buffer): Buffer =>
  sequence(
    ...(names.length > 0 ? [explicit(0, explicit(0, ...names))] : []),
    ...(reasons ? [implicit(1, reasons)] : []),
    ...(issuer ? [explicit(2, directory(issuer))] : []),
  );

export const policy = { one: '1.3.6.1.4.1.55555.1', two: '1.3.6.1.4.1.55555.2', other: '1.3.6.1.4.1.55555.3' } as const;

/** Root, an authority with every restriction, one that issues, a server: with lists, and a request that asks for all. */
export interface ChainForm {
  readonly root: CertificateForm;
  readonly upper: CertificateForm;
  readonly issuing: CertificateForm;
  readonly leaf: CertificateForm;
  readonly rootList: ListForm;
  readonly upperList: ListForm;
  readonly issuingList: ListForm;
  readonly request: { -readonly [Key in keyof PathRequest]?: PathRequest[Key] };
}

const keys = { root: makeKeys(), upper: makeKeys(), issuing: makeKeys(), leaf: makeKeys(), other: makeKeys() };
/** A key of nobody in the chain. */
export const stranger = keys.other;
const listAddress = uri('http://pki.example.edu.vn/issuing.crl');

/** A chain in which every rule has something to hold on to, and all hold. */
export function goodChain(): ChainForm {
  const [rootName, upperName, issuingName] = [nameOf('Gốc'), nameOf('Cấp trên'), nameOf('Cấp phát')];
  const rootIdentity = { subject: rootName, keys: keys.root };
  const upperIdentity = { subject: upperName, keys: keys.upper };
  const issuingIdentity = { subject: issuingName, keys: keys.issuing };

  const root = certificateForm(rootName, keys.root, rootIdentity, 'authority');
  const upper = certificateForm(upperName, keys.upper, rootIdentity, 'authority');
  set(upper, extensionIds.basicConstraints, sequence(boolean(true), integer(1)), true);
  set(upper, extensionIds.certificatePolicies, policies(policy.one));
  set(upper, extensionIds.policyMappings, mappings([policy.one, policy.two]), true);
  set(upper, extensionIds.policyConstraints, policyConstraints(0, 5), true);
  set(
    upper,
    extensionIds.nameConstraints,
    nameConstraints(
      [
        dns('example.edu.vn'),
        email('.edu.vn'),
        uri('.edu.vn'),
        ip(10, 0, 0, 0, 255, 0, 0, 0),
        directory(
          encodeName([
            ['country', 'VN'],
            ['organisation', 'Sở Giáo dục'],
          ]),
        ),
      ],
      [dns('secret.example.edu.vn'), email('chef@example.edu.vn')],
    ),
    true,
  );
  const issuing = certificateForm(issuingName, keys.issuing, upperIdentity, 'authority');
  set(issuing, extensionIds.basicConstraints, sequence(boolean(true), integer(0)), true);
  set(issuing, extensionIds.certificatePolicies, policies(policy.two));
  set(issuing, extensionIds.inhibitAnyPolicy, integer(0), true);
  const leaf = certificateForm(nameOf('www.example.edu.vn'), keys.leaf, issuingIdentity, 'leaf');
  set(leaf, extensionIds.certificatePolicies, policies(policy.two));
  set(
    leaf,
    extensionIds.subjectAltName,
    sequence(
      dns('www.example.edu.vn'),
      dns('*.lop.example.edu.vn'),
      email('an@truong.edu.vn'),
      uri('https://www.truong.edu.vn/x'),
      ip(10, 1, 2, 3),
    ),
  );
  set(leaf, extensionIds.extendedKeyUsage, sequence(oid(purposes.serverAuth)));
  set(leaf, extensionIds.crlDistributionPoints, sequence(distributionPoint([listAddress])));
  const issuingList = listForm(issuingIdentity);
  set(issuingList, extensionIds.issuingDistributionPoint, sequence(explicit(0, explicit(0, listAddress))), true);
  return {
    root,
    upper,
    issuing,
    leaf,
    rootList: listForm(rootIdentity),
    upperList: listForm(upperIdentity),
    issuingList,
    request: {
      at,
      extendedKeyUsage: purposes.serverAuth,
      keyUsage: 'digitalSignature',
      name: { dns: 'www.example.edu.vn', email: 'an@TRUONG.edu.vn', ip: '10.1.2.3' },
      requireRevocation: true,
      policies: { initial: [policy.one], requireExplicit: true },
    },
  };
}

export function requestOf(chain: ChainForm): PathRequest {
  return {
    leaf: buildCertificate(chain.leaf),
    untrusted: [buildCertificate(chain.upper), buildCertificate(chain.issuing)],
    anchors: [buildCertificate(chain.root)],
    crls: [chain.rootList, chain.upperList, chain.issuingList].map(buildList),
    at,
    ...chain.request,
  };
}
