import { generateKeyPairSync, sign } from 'node:crypto';
import { encodeName } from '../src/certificate/certificate.ts';
import { extensionIds, purposes } from '../src/certificate/extensions.ts';
import {
  bitString,
  boolean,
  element,
  explicit,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tag,
  time,
  utf8String,
} from '../src/der/der.ts';
import { anyPolicy } from '../src/path/policy.ts';
import type { RefusalCode } from '../src/path/reason.ts';
import {
  type CertificateForm,
  type ChainForm,
  directory,
  distributionPoint,
  dns,
  email,
  entryForm,
  ip,
  later,
  mappings,
  nameConstraints,
  nameOf,
  otherName,
  policies,
  policy,
  policyConstraints,
  set,
  stranger,
  uri,
  usage,
} from './chain.ts';

/** One rule of a good chain, broken: what it is called, its section in NIST PKITS, and the reason that is due. */
export interface Rule {
  readonly name: string;
  readonly section: string;
  readonly code: RefusalCode;
  readonly breakIt: (chain: ChainForm) => void;
}

const rule = (section: string, code: RefusalCode, name: string, breakIt: Rule['breakIt']): Rule => ({
  section,
  code,
  name,
  breakIt,
});
/** A change of the leaf alone. */
const leaf = (section: string, code: RefusalCode, name: string, change: (form: CertificateForm) => void): Rule =>
  rule(section, code, name, (chain) => change(chain.leaf));
const issuing = (section: string, code: RefusalCode, name: string, change: (form: CertificateForm) => void): Rule =>
  rule(section, code, name, (chain) => change(chain.issuing));
const root = (section: string, code: RefusalCode, name: string, change: (form: CertificateForm) => void): Rule =>
  rule(section, code, name, (chain) => change(chain.root));

const rsa = (bits: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent }).publicKey.export({ format: 'der', type: 'spki' });
const curve = (namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named') =>
  generateKeyPairSync('ec', { namedCurve, paramEncoding }).publicKey.export({ format: 'der', type: 'spki' });
const weak = {
  rsa1024: rsa(1024),
  rsaExponent3: rsa(2048, 3),
  rsaOddSize: rsa(2052),
  p192: curve('prime192v1'),
  secp256k1: curve('secp256k1'),
  explicitP256: curve('P-256', 'explicit'),
  dsa: generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey.export({
    format: 'der',
    type: 'spki',
  }),
};
const vietnam = (...names: readonly string[]) =>
  encodeName([['country', 'VN'], ['organisation', 'Sở Giáo dục'], ...names.map((one) => ['commonName', one] as const)]);
const withAlternative = (form: CertificateForm, name: Buffer) =>
  set(
    form,
    extensionIds.subjectAltName,
    sequence(dns('www.example.edu.vn'), email('an@truong.edu.vn'), ip(10, 1, 2, 3), name),
  );
const withConstraint = (chain: ChainForm, permitted: Buffer[], excluded: Buffer[] = []) =>
  set(chain.issuing, extensionIds.nameConstraints, nameConstraints(permitted, excluded), true);

const signatures: readonly Rule[] = [
  issuing('4.1', 'bad-signature', 'an authority signed with another key', (form) => {
    form.signer = stranger.privateKey;
  }),
  leaf('4.1', 'bad-signature', 'a leaf signed with another key', (form) => {
    form.signer = stranger.privateKey;
  }),
  leaf('4.1', 'bad-signature', 'a signature of zeros', (form) => {
    form.makeSignature = () => sequence(integer(0), integer(0));
  }),
  leaf('4.1', 'bad-signature', 'a signature whose numbers are longer than they need be', (form) => {
    form.makeSignature = (tbs, key) => {
      const good = sign('sha256', tbs, { key, dsaEncoding: 'ieee-p1363' });
      const long = (part: Buffer) => element(tag.integer, Buffer.of(0, 0), part);
      return sequence(long(good.subarray(0, 32)), long(good.subarray(32)));
    };
  }),
  leaf('4.1', 'bad-signature', 'a signature with s beyond the order of the curve', (form) => {
    form.makeSignature = (tbs, key) => {
      const good = sign('sha256', tbs, { key, dsaEncoding: 'ieee-p1363' });
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const s = (BigInt(`0x${good.subarray(32).toString('hex')}`) + order).toString(16);
      return sequence(integer(good.subarray(0, 32)), integer(Buffer.from(s.padStart(66, '0'), 'hex')));
    };
  }),
  leaf('4.1', 'bad-signature', 'a signature with bytes behind it', (form) => {
    form.makeSignature = (tbs, key) => Buffer.concat([sign('sha256', tbs, key), Buffer.of(0)]);
  }),
  leaf('4.1', 'bad-signature', 'an algorithm with parameters that ECDSA does not have', (form) => {
    form.algorithm = form.outerAlgorithm = sequence(oid('1.2.840.10045.4.3.2'), nullValue);
  }),
  leaf('4.1', 'bad-signature', 'an algorithm of another kind of key', (form) => {
    form.algorithm = form.outerAlgorithm = sequence(oid('1.2.840.113549.1.1.11'), nullValue);
  }),
  leaf('4.1', 'weak-signature', 'SHA-1', (form) => {
    form.algorithm = form.outerAlgorithm = sequence(oid('1.2.840.10045.4.1'));
    form.makeSignature = (tbs, key) => sign('sha1', tbs, key);
  }),
  leaf('4.1', 'weak-signature', 'MD5 with RSA', (form) => {
    form.algorithm = form.outerAlgorithm = sequence(oid('1.2.840.113549.1.1.4'), nullValue);
  }),
  leaf('4.1', 'malformed', 'another algorithm outside than inside', (form) => {
    form.outerAlgorithm = sequence(oid('1.2.840.10045.4.3.3'));
  }),
  ...Object.entries(weak).map(([name, spki]) =>
    leaf('4.1', 'weak-key', `a key that is ${name}`, (form) => {
      form.spki = spki;
    }),
  ),
  leaf('4.1', 'weak-key', 'a point that is not on its curve', (form) => {
    form.spki = Buffer.from(form.spki);
    form.spki[form.spki.length - 1] = (form.spki.at(-1) ?? 0) ^ 1;
  }),
  root('4.1', 'weak-key', 'an anchor with a small key', (form) => {
    form.spki = weak.rsa1024;
  }),
];

const validity: readonly Rule[] = [
  leaf('4.2', 'not-yet-valid', 'a leaf of tomorrow', (form) => {
    form.notBefore = time(later(1));
  }),
  issuing('4.2', 'not-yet-valid', 'an authority of tomorrow', (form) => {
    form.notBefore = time(later(1));
  }),
  leaf('4.2', 'expired', 'a leaf of yesterday', (form) => {
    form.notAfter = time(later(-1));
  }),
  issuing('4.2', 'expired', 'an authority of yesterday', (form) => {
    form.notAfter = time(later(-1));
  }),
  root('4.2', 'expired', 'an anchor of yesterday', (form) => {
    form.notAfter = time(later(-1));
  }),
  leaf('4.2', 'expired', 'a year of two digits that means the last century', (form) => {
    form.notAfter = element(tag.utcTime, Buffer.from('500101000000Z'));
    form.notBefore = element(tag.utcTime, Buffer.from('500101000000Z'));
  }),
  ...['2606010000Z', '260601000000+0000', '260230000000Z', '260601240000Z', '260601000060Z'].map((text) =>
    leaf('4.2', 'malformed', `the time ${text}`, (form) => {
      form.notBefore = element(tag.utcTime, Buffer.from(text));
    }),
  ),
  leaf('4.2', 'malformed', 'a fraction of a second', (form) => {
    form.notAfter = element(tag.generalizedTime, Buffer.from('20270101000000.5Z'));
  }),
];

const names: readonly Rule[] = [
  leaf('4.3', 'no-path', 'another name of the issuer', (form) => {
    form.issuer = nameOf('Cấp phát khác');
  }),
  issuing('4.3', 'no-path', 'another name of the issuer’s issuer', (form) => {
    form.issuer = vietnam('Cấp', 'trên');
  }),
  leaf('4.3', 'no-path', 'the issuer’s name in another order', (form) => {
    form.issuer = encodeName([
      ['organisation', 'Sở Giáo dục'],
      ['country', 'VN'],
      ['commonName', 'Cấp phát'],
    ]);
  }),
  leaf('4.3', 'empty-name', 'no issuer', (form) => {
    form.issuer = sequence();
  }),
  leaf('4.3', 'empty-name', 'no subject, and alternative names that may be passed over', (form) => {
    form.subject = sequence();
  }),
  leaf('4.3', 'malformed', 'a name of text that is no UTF-8', (form) => {
    const attribute = sequence(oid('2.5.4.3'), element(tag.utf8String, Buffer.of(0xc3, 0x28)));
    form.subject = sequence(setOf(attribute));
  }),
  leaf('4.3', 'malformed', 'a relative name whose attributes are out of order', (form) => {
    const attributes = [utf8String('b'), utf8String('a')].map((text) => sequence(oid('2.5.4.3'), text));
    form.subject = sequence(element(tag.set, ...attributes));
  }),
  leaf('4.3', 'malformed', 'an empty relative name', (form) => {
    form.subject = sequence(setOf(), setOf(sequence(oid('2.5.4.3'), utf8String('x'))));
  }),
];

const revocation: readonly Rule[] = [
  rule('4.4', 'revoked', 'a leaf that was revoked', ({ leaf: form, issuingList }) =>
    issuingList.entries.push(entryForm(form.serial, 1)),
  ),
  rule('4.4', 'revoked', 'an authority that was revoked', ({ issuing: form, upperList }) =>
    upperList.entries.push(entryForm(form.serial)),
  ),
  rule('4.4', 'revoked', 'an authority at the top that was revoked', ({ upper, rootList }) =>
    rootList.entries.push(entryForm(upper.serial, 2)),
  ),
  rule('4.4', 'revoked', 'a leaf on hold', ({ leaf: form, issuingList }) =>
    issuingList.entries.push(entryForm(form.serial, 6)),
  ),
  rule('4.4', 'no-revocation-data', 'no list', ({ issuingList }) => {
    issuingList.issuer = nameOf('ai khác');
  }),
  rule('4.4', 'no-revocation-data', 'a list signed with another key', ({ issuingList }) => {
    issuingList.signer = stranger.privateKey;
  }),
  rule('4.4', 'no-revocation-data', 'a list of tomorrow', ({ issuingList }) => {
    issuingList.thisUpdate = time(later(1));
  }),
  rule('4.4', 'no-revocation-data', 'a list of last week', ({ issuingList }) => {
    issuingList.nextUpdate = [time(later(-1))];
  }),
  rule('4.4', 'no-revocation-data', 'a list without an end', ({ issuingList }) => {
    issuingList.nextUpdate = [];
  }),
  rule('4.4', 'no-revocation-data', 'a list with an unknown critical extension', ({ upperList }) =>
    set(upperList, '1.3.6.1.4.1.55555.8', nullValue, true),
  ),
  rule('4.4', 'no-revocation-data', 'an entry with an unknown critical extension', ({ issuingList }) => {
    const entry = entryForm(integer(77));
    set(entry, '1.3.6.1.4.1.55555.8', nullValue, true);
    issuingList.entries.push(entry);
  }),
  rule('4.4', 'no-revocation-data', 'an entry of another issuer in a list that is not indirect', ({ issuingList }) => {
    const entry = entryForm(integer(77));
    set(entry, extensionIds.certificateIssuer, sequence(directory(nameOf('x'))), true);
    issuingList.entries.push(entry);
  }),
  rule('4.4', 'no-revocation-data', 'a list without a number', ({ rootList }) => {
    rootList.extensions.delete(extensionIds.crlNumber);
  }),
  rule('4.4', 'no-revocation-data', 'an entry with a reason that does not exist', ({ issuingList }) =>
    issuingList.entries.push(entryForm(integer(77), 7)),
  ),
  rule('4.4', 'no-revocation-data', 'an issuer that may not sign lists', ({ issuing: form }) =>
    set(form, extensionIds.keyUsage, usage(0x04, 2), true),
  ),
  rule('4.5', 'no-revocation-data', 'a list signed with a new key that nobody vouches for', ({ upperList }) => {
    upperList.signer = stranger.privateKey;
    upperList.extensions.delete(extensionIds.authorityKeyIdentifier);
  }),
];

const authorities: readonly Rule[] = [
  issuing('4.6', 'not-an-authority', 'no basic constraints', (form) =>
    form.extensions.delete(extensionIds.basicConstraints),
  ),
  issuing('4.6', 'not-an-authority', 'an issuer that is no authority', (form) =>
    set(form, extensionIds.basicConstraints, sequence(), true),
  ),
  root('4.6', 'not-an-authority', 'an anchor that is no authority', (form) =>
    set(form, extensionIds.basicConstraints, sequence(), true),
  ),
  root('4.6', 'criticality', 'an anchor whose basic constraints may be passed over', (form) =>
    set(form, extensionIds.basicConstraints, sequence(boolean(true))),
  ),
  rule('4.6', 'path-length', 'an authority too many', ({ upper }) =>
    set(upper, extensionIds.basicConstraints, sequence(boolean(true), integer(0)), true),
  ),
  root('4.6', 'path-length', 'an authority too many below the anchor', (form) =>
    set(form, extensionIds.basicConstraints, sequence(boolean(true), integer(0)), true),
  ),
  leaf('4.6', 'malformed', 'a path length without an authority', (form) =>
    set(form, extensionIds.basicConstraints, sequence(integer(0)), true),
  ),
  issuing('4.6', 'malformed', 'a negative path length', (form) =>
    set(form, extensionIds.basicConstraints, sequence(boolean(true), element(tag.integer, Buffer.of(0xff))), true),
  ),
  issuing('4.6', 'malformed', 'a TRUE that is not 255', (form) =>
    set(form, extensionIds.basicConstraints, sequence(element(tag.boolean, Buffer.of(1))), true),
  ),
  leaf('4.6', 'malformed', 'a FALSE that DER leaves out', (form) =>
    set(form, extensionIds.basicConstraints, sequence(boolean(false)), true),
  ),
  issuing('4.6', 'not-version-3', 'an authority of version 1', (form) => {
    form.version = [];
    form.extensions.clear();
  }),
  leaf('4.6', 'server-profile', 'an authority in the place of a server', (form) => {
    set(form, extensionIds.basicConstraints, sequence(boolean(true)), true);
  }),
  issuing('4.7', 'key-usage', 'a key that may not sign certificates', (form) =>
    set(form, extensionIds.keyUsage, usage(0x02, 1), true),
  ),
  issuing('4.7', 'key-usage', 'a key that may not sign certificates, not critical', (form) =>
    set(form, extensionIds.keyUsage, usage(0x02, 1)),
  ),
  root('4.7', 'key-usage', 'an anchor’s key that may not sign certificates', (form) =>
    set(form, extensionIds.keyUsage, usage(0x02, 1), true),
  ),
  leaf('4.7', 'leaf-key-usage', 'a key that may not make this signature', (form) =>
    set(form, extensionIds.keyUsage, usage(0x20, 5), true),
  ),
  leaf('4.7', 'not-for-subscribers', 'a leaf that may sign certificates', (form) =>
    set(form, extensionIds.keyUsage, usage(0x84, 2), true),
  ),
  leaf('4.7', 'malformed', 'a key usage without any use', (form) =>
    set(form, extensionIds.keyUsage, bitString(Buffer.of(0), 7), true),
  ),
  leaf('4.7', 'extended-key-usage', 'another purpose', (form) =>
    set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.ocspSigning))),
  ),
  issuing('4.7', 'extended-key-usage', 'an authority for another purpose', (form) =>
    set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.ocspSigning))),
  ),
  leaf('4.7', 'server-profile', 'a server for any purpose', (form) =>
    set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.serverAuth), oid(purposes.any))),
  ),
  leaf('4.7', 'server-profile', 'a server without a purpose', (form) =>
    form.extensions.delete(extensionIds.extendedKeyUsage),
  ),
];

/** The chain is asked whether it may stamp times, or sign programs. */
const asked = (chain: ChainForm, purpose: string, listed: readonly string[], isCritical: boolean) => {
  chain.request.extendedKeyUsage = purpose;
  set(chain.leaf, extensionIds.extendedKeyUsage, sequence(...listed.map(oid)), isCritical);
};
const { timeStamping, codeSigning, emailProtection } = purposes;
const purposeRules: readonly Rule[] = [
  rule('4.7', 'time-stamp-profile', 'a time-stamping unit for something else too', (chain) =>
    asked(chain, timeStamping, [timeStamping, emailProtection], true),
  ),
  rule('4.7', 'time-stamp-profile', 'a time-stamping unit whose purpose may be passed over', (chain) =>
    asked(chain, timeStamping, [timeStamping], false),
  ),
  rule('4.7', 'time-stamp-profile', 'a time-stamping unit that may sign lists', (chain) => {
    asked(chain, timeStamping, [timeStamping], true);
    set(chain.leaf, extensionIds.keyUsage, usage(0x82, 1), true);
  }),
  rule('4.7', 'code-profile', 'a signer of programs for any purpose', (chain) =>
    asked(chain, codeSigning, [codeSigning, purposes.any], false),
  ),
  rule('4.7', 'code-profile', 'a signer of programs whose key usage may be passed over', (chain) => {
    asked(chain, codeSigning, [codeSigning], false);
    set(chain.leaf, extensionIds.keyUsage, usage(0x80, 7));
  }),
  rule('4.7', 'extended-key-usage', 'a purpose that does not go with the use of the key', (chain) => {
    delete chain.request.keyUsage;
    asked(chain, emailProtection, [emailProtection], false);
    set(chain.leaf, extensionIds.keyUsage, usage(0x10, 4), true);
  }),
];

const policyRules: readonly Rule[] = [
  leaf('4.8', 'no-policy', 'another policy', (form) =>
    set(form, extensionIds.certificatePolicies, policies(policy.other)),
  ),
  leaf('4.8', 'no-policy', 'no policy', (form) => form.extensions.delete(extensionIds.certificatePolicies)),
  issuing('4.8', 'no-policy', 'an authority without the policy', (form) =>
    set(form, extensionIds.certificatePolicies, policies(policy.other)),
  ),
  leaf('4.8', 'malformed', 'a policy twice', (form) =>
    set(form, extensionIds.certificatePolicies, policies(policy.two, policy.two)),
  ),
  leaf('4.8', 'malformed', 'an empty list of policies', (form) =>
    set(form, extensionIds.certificatePolicies, sequence()),
  ),
  rule('4.8', 'no-policy', 'another policy that is asked for', ({ request }) => {
    request.policies = { initial: [policy.other], requireExplicit: true };
  }),
  rule('4.9', 'no-policy', 'a policy that an authority requires', ({ leaf: form, request }) => {
    request.policies = {};
    set(form, extensionIds.certificatePolicies, policies(policy.other));
  }),
  issuing('4.9', 'malformed', 'empty policy constraints', (form) =>
    set(form, extensionIds.policyConstraints, sequence(), true),
  ),
  issuing('4.9', 'malformed', 'a negative number of certificates', (form) =>
    set(form, extensionIds.policyConstraints, sequence(implicit(0, Buffer.of(0x80))), true),
  ),
  issuing('4.9', 'server-profile', 'policy constraints that may be passed over', (form) =>
    set(form, extensionIds.policyConstraints, policyConstraints(0)),
  ),
  rule('4.10', 'no-policy', 'a policy that is not mapped', ({ upper }) =>
    set(upper, extensionIds.policyMappings, mappings([policy.one, policy.other]), true),
  ),
  rule('4.10', 'policy-mapping', 'a mapping from any policy', ({ upper }) =>
    set(upper, extensionIds.policyMappings, mappings([anyPolicy, policy.two]), true),
  ),
  rule('4.10', 'policy-mapping', 'a mapping to any policy', ({ upper }) =>
    set(upper, extensionIds.policyMappings, mappings([policy.one, anyPolicy]), true),
  ),
  rule('4.11', 'no-policy', 'mapping that an authority forbids', ({ root: form }) =>
    set(form, extensionIds.policyConstraints, policyConstraints(undefined, 0), true),
  ),
  rule('4.11', 'no-policy', 'mapping that the request forbids', ({ request }) => {
    request.policies = { initial: [policy.one], requireExplicit: true, inhibitMapping: true };
  }),
  leaf('4.12', 'no-policy', 'any policy where an authority forbids it', (form) =>
    set(form, extensionIds.certificatePolicies, policies(anyPolicy)),
  ),
  rule('4.12', 'no-policy', 'any policy where the request forbids it', ({ issuing: form, request }) => {
    form.extensions.delete(extensionIds.inhibitAnyPolicy);
    set(form, extensionIds.certificatePolicies, policies(anyPolicy));
    request.policies = { initial: [policy.one], requireExplicit: true, inhibitAny: true };
  }),
];

const constraints: readonly Rule[] = [
  leaf('4.13', 'name-constraints', 'a subject outside', (form) => {
    form.subject = encodeName([
      ['country', 'VN'],
      ['organisation', 'Công ty'],
    ]);
  }),
  leaf('4.13', 'name-constraints', 'a host outside', (form) => withAlternative(form, dns('example.com'))),
  leaf('4.13', 'name-constraints', 'a host that only ends alike', (form) =>
    withAlternative(form, dns('badexample.edu.vn')),
  ),
  leaf('4.13', 'name-constraints', 'a host that is excluded', (form) =>
    withAlternative(form, dns('x.secret.example.edu.vn')),
  ),
  leaf('4.13', 'name-constraints', 'a wildcard that may stand for what is excluded', (form) =>
    withAlternative(form, dns('*.example.edu.vn')),
  ),
  leaf('4.13', 'name-constraints', 'a host that is no host name', (form) =>
    withAlternative(form, dns('.example.edu.vn')),
  ),
  leaf('4.13', 'name-constraints', 'a mailbox outside', (form) => withAlternative(form, email('an@example.com'))),
  leaf('4.13', 'name-constraints', 'a mailbox that is excluded', (form) =>
    withAlternative(form, email('chef@Example.edu.vn')),
  ),
  leaf('4.13', 'name-constraints', 'a mailbox with two @', (form) => withAlternative(form, email('a@b@truong.edu.vn'))),
  leaf('4.13', 'name-constraints', 'a mailbox in the subject', (form) => {
    form.subject = encodeName([
      ['country', 'VN'],
      ['organisation', 'Sở Giáo dục'],
      ['emailAddress', 'an@example.com'],
    ]);
  }),
  leaf('4.13', 'name-constraints', 'a URI outside', (form) => withAlternative(form, uri('https://example.com/'))),
  leaf('4.13', 'name-constraints', 'a URI of an address', (form) => withAlternative(form, uri('https://10.1.2.3/'))),
  leaf('4.13', 'name-constraints', 'a URI whose user part looks like a host inside', (form) =>
    withAlternative(form, uri('https://www.truong.edu.vn@example.com/')),
  ),
  leaf('4.13', 'name-constraints', 'an address outside', (form) => withAlternative(form, ip(11, 0, 0, 1))),
  leaf('4.13', 'name-constraints', 'an address of the other kind', (form) =>
    withAlternative(form, ip(...Array<number>(16).fill(1))),
  ),
  leaf('4.13', 'name-constraints', 'a directory name outside', (form) =>
    withAlternative(form, directory(encodeName([['country', 'FR']]))),
  ),
  rule('4.13', 'name-constraints', 'a kind of name that nobody can compare', (chain) => {
    withConstraint(chain, [otherName()]);
    withAlternative(chain.leaf, otherName());
  }),
  rule('4.13', 'criticality', 'constraints that may be passed over', ({ upper }) => {
    const known = upper.extensions.get(extensionIds.nameConstraints);
    if (known) known.critical = false;
  }),
  rule('4.13', 'malformed', 'a constraint with a minimum', ({ leaf: form }) =>
    set(
      form,
      extensionIds.nameConstraints,
      sequence(explicit(0, sequence(dns('x.vn'), implicit(0, Buffer.of(1))))),
      true,
    ),
  ),
  leaf('4.13', 'malformed', 'a constraint whose mask has holes', (form) =>
    set(form, extensionIds.nameConstraints, nameConstraints([ip(10, 0, 0, 0, 255, 0, 255, 0)]), true),
  ),
  leaf('4.13', 'malformed', 'an empty list of constraints', (form) =>
    set(form, extensionIds.nameConstraints, sequence(explicit(0)), true),
  ),
  leaf('4.13', 'not-for-subscribers', 'constraints in a leaf', (form) =>
    set(form, extensionIds.nameConstraints, nameConstraints([dns('example.edu.vn')]), true),
  ),
  leaf('4.13', 'name-mismatch', 'another host', (form) => {
    set(form, extensionIds.subjectAltName, sequence(dns('web.example.edu.vn')));
  }),
  leaf('4.13', 'name-mismatch', 'the host in the common name alone', (form) =>
    form.extensions.delete(extensionIds.subjectAltName),
  ),
];

const scopes = (value: Buffer, name: string): Rule =>
  rule('4.14', 'no-revocation-data', name, ({ issuingList }) =>
    set(issuingList, extensionIds.issuingDistributionPoint, value, true),
  );
const TRUE = Buffer.of(0xff);
const listPoints: readonly Rule[] = [
  scopes(sequence(explicit(0, explicit(0, uri('http://example.com/other.crl')))), 'a list for another point'),
  scopes(sequence(implicit(2, TRUE)), 'a list of authorities alone'),
  scopes(sequence(implicit(5, TRUE)), 'a list of attribute certificates alone'),
  scopes(sequence(implicit(3, bitString(Buffer.of(0x40), 6).subarray(2))), 'a list of one reason alone'),
  scopes(sequence(implicit(1, TRUE), implicit(2, TRUE)), 'a list of two kinds at once'),
  scopes(sequence(implicit(4, Buffer.of(1))), 'a scope with a TRUE that is not 255'),
  rule('4.14', 'no-revocation-data', 'an authority in a list of users alone', ({ upperList }) =>
    set(upperList, extensionIds.issuingDistributionPoint, sequence(implicit(1, TRUE)), true),
  ),
  rule('4.14', 'no-revocation-data', 'a list of somebody who was not named', ({ leaf: form }) =>
    set(form, extensionIds.crlDistributionPoints, sequence(distributionPoint([], undefined, nameOf('Danh sách')))),
  ),
  leaf('4.14', 'malformed', 'a point that says nothing', (form) =>
    set(form, extensionIds.crlDistributionPoints, sequence(sequence())),
  ),
  rule('4.15', 'no-revocation-data', 'a delta without its whole list', ({ issuingList }) =>
    set(issuingList, extensionIds.deltaCrlIndicator, integer(1), true),
  ),
];

const privateExtensions: readonly Rule[] = [
  ...(['root', 'upper', 'issuing', 'leaf'] as const).map((place) =>
    rule('4.16', 'unknown-critical-extension', `an unknown critical extension of the ${place}`, (chain) =>
      set(chain[place], '1.3.6.1.4.1.55555.7', nullValue, true),
    ),
  ),
  leaf('4.16', 'unknown-critical-extension', 'a critical policy with a qualifier that nobody knows', (form) => {
    const qualifier = sequence(oid('1.3.6.1.4.1.55555.6'), nullValue);
    set(form, extensionIds.certificatePolicies, sequence(sequence(oid(policy.two), sequence(qualifier))), true);
  }),
  leaf('4.16', 'malformed', 'an extension twice', (form) =>
    form.repeated.push([extensionIds.subjectKeyIdentifier, { critical: false, value: octetString(Buffer.of(1)) }]),
  ),
  leaf('4.16', 'malformed', 'extensions in version 1', (form) => {
    form.version = [];
  }),
  leaf('4.16', 'malformed', 'version 4', (form) => {
    form.version = [explicit(0, integer(3))];
  }),
  leaf('4.16', 'malformed', 'version 1 written out', (form) => {
    form.version = [explicit(0, integer(0))];
  }),
  leaf('4.16', 'malformed', 'an unknown part before the extensions', (form) => {
    form.beforeExtensions = [implicit(4, Buffer.of(1))];
  }),
  leaf('4.16', 'malformed', 'the parts in another order', (form) => {
    form.beforeExtensions = [implicit(2, Buffer.of(0, 1)), implicit(1, Buffer.of(0, 1))];
  }),
  leaf('4.16', 'serial-number', 'a negative serial number', (form) => {
    form.serial = element(tag.integer, Buffer.of(0xff, 0x01));
  }),
  leaf('4.16', 'serial-number', 'the serial number zero', (form) => {
    form.serial = integer(0);
  }),
  leaf('4.16', 'serial-number', 'a serial number of 21 octets', (form) => {
    form.serial = integer(Buffer.alloc(21, 0x55));
  }),
  leaf('4.16', 'malformed', 'a serial number that is longer than it need be', (form) => {
    form.serial = element(tag.integer, Buffer.of(0, 0, 1));
  }),
  leaf('4.16', 'key-identifier', 'no authority key identifier', (form) =>
    form.extensions.delete(extensionIds.authorityKeyIdentifier),
  ),
  issuing('4.16', 'key-identifier', 'an authority without key identifier', (form) =>
    form.extensions.delete(extensionIds.subjectKeyIdentifier),
  ),
  leaf('4.16', 'criticality', 'a critical key identifier', (form) => {
    const known = form.extensions.get(extensionIds.subjectKeyIdentifier);
    if (known) set(form, extensionIds.subjectKeyIdentifier, known.value, true);
  }),
  leaf('4.16', 'malformed', 'an indefinite length', (form) => {
    form.finish = (der) => Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(4), Buffer.of(0, 0)]);
  }),
  leaf('4.16', 'malformed', 'a length that is longer than it need be', (form) => {
    form.finish = (der) => Buffer.concat([Buffer.of(0x30, 0x83, 0), der.subarray(2)]);
  }),
  leaf('4.16', 'malformed', 'bytes behind the certificate', (form) => {
    form.finish = (der) => Buffer.concat([der, Buffer.of(0)]);
  }),
  leaf('4.16', 'malformed', 'a certificate that ends early', (form) => {
    form.finish = (der) => der.subarray(0, -1);
  }),
];

/** Every rule, once. */
export const rules: readonly Rule[] = [
  ...signatures,
  ...validity,
  ...names,
  ...revocation,
  ...authorities,
  ...purposeRules,
  ...policyRules,
  ...constraints,
  ...listPoints,
  ...privateExtensions,
];
