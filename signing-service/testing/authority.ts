import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { algorithmIds } from '@edutrust/certs/algorithms';
import { encodeName, type NameAttribute, parseCertificate } from '@edutrust/certs/certificate';
import { assembleSignedData, cmsOids } from '@edutrust/certs/cms';
import {
  bitString,
  boolean,
  explicit,
  generalizedTime,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from '@edutrust/certs/der';
import { buildSignedAttributes } from '../src/formats/cms.ts';
import type { Signer } from '../src/formats/format.ts';

/** A small certificate authority for tests, in memory: every date and extension can be chosen, also wrong ones. */

const ecdsa = sequence(oid(algorithmIds.ecdsaWithSha256));

export interface Issued {
  readonly certificate: Buffer;
  readonly key: KeyObject;
  readonly name: Buffer;
  readonly serial: Buffer;
  readonly keyIdentifier: Buffer;
}

interface Wanted {
  readonly name: readonly NameAttribute[];
  readonly kind: 'authority' | 'signer' | 'time-stamp';
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** Where its issuer's list is. */
  readonly listAt?: string;
}

const start = new Date('2026-01-01T00:00:00Z');
const end = new Date('2036-01-01T00:00:00Z');

export function issue(wanted: Wanted, issuer?: Issued): Issued {
  const { publicKey, privateKey } = wanted.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = encodeName(wanted.name);
  const serial = integer(Buffer.concat([Buffer.of(1), randomBytes(10)]));
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const keyIdentifier = createHash('sha256').update(spki).digest().subarray(0, 20);
  const extension = (id: string, isCritical: boolean, value: Buffer) =>
    sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octetString(value));
  const isAuthority = wanted.kind === 'authority';
  const extensions = [
    extension('2.5.29.19', true, isAuthority ? sequence(boolean(true)) : sequence()),
    // keyCertSign and cRLSign, or digitalSignature and nonRepudiation.
    extension('2.5.29.15', true, isAuthority ? bitString(Buffer.of(0x06), 1) : bitString(Buffer.of(0xc0), 6)),
    extension('2.5.29.14', false, octetString(keyIdentifier)),
    extension('2.5.29.35', false, sequence(implicit(0, issuer?.keyIdentifier ?? keyIdentifier))),
    ...(wanted.listAt === undefined ? [] : [extension('2.5.29.31', false, distributionPoint(wanted.listAt))]),
    ...(wanted.kind === 'time-stamp' ? [extension('2.5.29.37', true, sequence(oid('1.3.6.1.5.5.7.3.8')))] : []),
  ];
  const tbs = sequence(
    explicit(0, integer(2)),
    serial,
    ecdsa,
    issuer?.name ?? name,
    sequence(time(wanted.notBefore ?? start), time(wanted.notAfter ?? end)),
    name,
    spki,
    explicit(3, sequence(...extensions)),
  );
  const signature = sign('sha256', tbs, issuer?.key ?? privateKey);
  return { certificate: sequence(tbs, ecdsa, bitString(signature)), key: privateKey, name, serial, keyIdentifier };
}

/** CRLDistributionPoints with one address (RFC 5280 §4.2.1.13). */
const distributionPoint = (url: string) =>
  sequence(sequence(explicit(0, explicit(0, implicit(6, Buffer.from(url, 'latin1'))))));

/** A CRL of the issuer (RFC 5280 §5.1). */
export function revocationList(
  issuer: Issued,
  revoked: readonly { readonly serial: Buffer; readonly at: Date }[],
  thisUpdate: Date,
  nextUpdate: Date,
): Buffer {
  const entries = revoked.map(({ serial, at }) => sequence(serial, time(at)));
  const tbs = sequence(
    integer(1),
    ecdsa,
    issuer.name,
    time(thisUpdate),
    time(nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(0, sequence(sequence(oid('2.5.29.20'), octetString(integer(1))))),
  );
  return sequence(tbs, ecdsa, bitString(sign('sha256', tbs, issuer.key)));
}

/** An OCSP response by the issuer itself about one certificate (RFC 6960 §4.2.1). */
export function ocspResponse(
  issuer: Issued,
  subject: Issued,
  status: 'good' | { readonly revokedAt: Date },
  at: Date,
): Buffer {
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  const issuerKey = parseCertificate(issuer.certificate).subjectPublicKeyInfo;
  // The BIT STRING's contents: the uncompressed point of P-256 ends the SubjectPublicKeyInfo.
  const keyHash = sha256(issuerKey.subarray(-65));
  const certificateId = sequence(
    sequence(oid(algorithmIds.sha256)),
    octetString(sha256(issuer.name)),
    octetString(keyHash),
    subject.serial,
  );
  const said = status === 'good' ? implicit(0, Buffer.alloc(0)) : explicit(1, generalizedTime(status.revokedAt));
  const responses = sequence(
    explicit(1, issuer.name),
    generalizedTime(at),
    sequence(sequence(certificateId, said, generalizedTime(at), explicit(0, generalizedTime(end)))),
  );
  const basic = sequence(responses, ecdsa, bitString(sign('sha256', responses, issuer.key)));
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic));
  return sequence(Buffer.of(0x0a, 1, 0), explicit(0, bytes));
}

/** A TimeStampToken (RFC 3161 §2.4.2) over a SHA-256 digest at a time of one's choice. */
export function timeStampToken(authority: Issued, chain: readonly Issued[], digest: Uint8Array, at: Date): Buffer {
  const sha256 = sequence(oid(algorithmIds.sha256));
  const tstInfo = sequence(
    integer(1),
    oid('1.3.6.1.4.1.55555.1'),
    sequence(sha256, octetString(digest)),
    integer(randomBytes(8)),
    generalizedTime(at),
  );
  const attributes = buildSignedAttributes({
    digest: createHash('sha256').update(tstInfo).digest(),
    signingCertificate: authority.certificate,
    contentType: cmsOids.tstInfo,
  });
  return assembleSignedData({
    signedAttributes: attributes,
    signature: sign('sha256', attributes, authority.key),
    algorithm: 'ecdsa-sha256',
    signer: parseCertificate(authority.certificate),
    certificates: [authority, ...chain].map(({ certificate }) => certificate),
    content: { type: cmsOids.tstInfo, bytes: tstInfo },
  });
}

/** Root, issuing authority, an official, a time-stamping authority. */
export function createAuthority() {
  const root = issue({
    name: [
      ['country', 'VN'],
      ['organisation', 'EduTrust'],
      ['commonName', 'Test Root'],
    ],
    kind: 'authority',
  });
  const people = issue(
    {
      name: [
        ['country', 'VN'],
        ['organisation', 'EduTrust'],
        ['commonName', 'Test People'],
      ],
      kind: 'authority',
    },
    root,
  );
  const stamping = issue(
    {
      name: [
        ['country', 'VN'],
        ['organisation', 'EduTrust'],
        ['commonName', 'Test Time Stamps'],
      ],
      kind: 'time-stamp',
    },
    root,
  );
  const official = (options: Partial<Pick<Wanted, 'notBefore' | 'notAfter' | 'keys'>> = {}) =>
    issue(
      {
        name: [
          ['country', 'VN'],
          ['organisation', 'Trường Trung học cơ sở Nguyễn Thị Minh Khai'],
          ['title', 'Hiệu trưởng'],
          ['serialNumber', '7901234568'],
          ['commonName', 'Trần Thị Bích Phượng'],
        ],
        kind: 'signer',
        ...options,
      },
      people,
    );
  const stampAt = (at: Date) => (digest: Uint8Array) => timeStampToken(stamping, [root], digest, at);
  const signerOf = (who: Issued, stampedAt?: Date): Signer => ({
    certificates: [who.certificate, people.certificate],
    sign: (attributes) => sign('sha256', attributes, who.key),
    ...(stampedAt ? { timeStamp: stampAt(stampedAt) } : {}),
  });
  /** Nobody is revoked: what a verification needs to know besides (V12). */
  const crls = [root, people].map((issuer) => revocationList(issuer, [], start, end));
  return { root, people, stamping, official, stampAt, signerOf, anchors: [root.certificate], crls };
}
