import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { sql } from 'kysely';
import { type Certificate, encodeName, type NameAttribute, parseCertificate } from '../certificate/certificate.ts';
import { lint } from '../certificate/lint.ts';
import { buildToBeSigned, type ProfileName, profiles } from '../certificate/profiles.ts';
import { signatureAlgorithms, signatureProblem } from '../certificate/signature.ts';
import { bitString, sequence } from '../der/der.ts';
import { keyStore } from '../key-store/key-store.ts';
import { publishRevocationList } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import { type Authority, findAuthority, listAuthorities } from './authorities.ts';
import type { RevocationReason } from './reasons.ts';

export { type Authority, findAuthority, listAuthorities } from './authorities.ts';
export { type RevocationReason, revocationReasons } from './reasons.ts';

/** Who a certificate is for, in words; becomes the subject's distinguished name. */
export interface CertificateSubject {
  readonly commonName: string;
  /** Of a person: the education ID, ten digits. */
  readonly serialNumber?: string;
  readonly organisation?: string;
  readonly title?: string;
}

export interface CertificateRequest {
  readonly profile: Extract<ProfileName, 'official' | 'seal'>;
  readonly subject: CertificateSubject;
  /** SubjectPublicKeyInfo, DER; the caller has checked the proof of possession. */
  readonly publicKey: Uint8Array;
  readonly personId?: string;
  readonly organisationId?: string;
  /** What the certificate is for (an enrolment's id): asked twice, the same certificate is given twice. */
  readonly requestKey: string;
}

/** Backdated a little, for clocks that are behind. */
const backdatedMs = 5 * 60_000;

interface Issuance {
  readonly profile: ProfileName;
  readonly subject: readonly NameAttribute[];
  readonly publicKey: Uint8Array;
  readonly issuer: Authority;
  readonly personId?: string | undefined;
  readonly organisationId?: string | undefined;
  readonly requestKey: string;
}

/**
 * Issues a certificate in the order of docs/certificates.md: the intent with its serial is kept first; the bytes are
 * linted under a throw-away key; then signed and compared byte for byte; then kept with its leaf in the public log and
 * its event, in one transaction. Idempotent by `requestKey`. Call it outside a transaction: it has two of its own.
 *
 * @throws InvalidInput `certificates/lint` when the certificate would break a rule.
 */
export async function issueCertificate(
  context: ServiceContext,
  { profile, subject, publicKey, personId, organisationId, requestKey }: CertificateRequest,
): Promise<IssuedCertificate> {
  const { db } = context;
  const issuer = await findAuthority(db, 'people');
  const name: NameAttribute[] = [
    ['country', 'VN'],
    ...(subject.organisation ? [['organisation', subject.organisation] as const] : []),
    ...(subject.title ? [['title', subject.title] as const] : []),
    ...(subject.serialNumber ? [['serialNumber', `EI:VN-${subject.serialNumber}`] as const] : []),
    ['commonName', subject.commonName],
  ];
  const input = { profile, subject: name, publicKey, issuer, personId, organisationId, requestKey };
  const intent = await keepIntent(context, db, input);
  const der = await signIntent(context, db, intent);
  return db.transaction().execute((transaction) => complete(context, transaction, intent, der));
}

export interface IssuedCertificate {
  /** Contents of the serial number's INTEGER, lower-case hexadecimal. */
  readonly serial: string;
  readonly der: Buffer;
}

/** What is kept before the key is used. */
interface Intent {
  readonly serial: string;
  readonly tbs: Buffer;
  readonly input: Issuance;
  readonly issuer: Certificate;
}

async function keepIntent(context: ServiceContext, db: Database | Transaction, input: Issuance): Promise<Intent> {
  const { issuer: authority, profile, subject, publicKey, personId, organisationId, requestKey } = input;
  const issuer = parseCertificate(authority.certificate);
  const now = context.clock.now().getTime();
  const notBefore = new Date(Math.max(now - backdatedMs, issuer.notBefore.getTime()));
  const notAfter = new Date(Math.min(now + profiles[profile].lifetimeMs, issuer.notAfter.getTime()));
  const serialBytes = newSerial();
  const serial = serialBytes.toString('hex');
  const tbs = buildToBeSigned({
    profile,
    serial: serialBytes,
    subject,
    publicKey,
    notBefore,
    notAfter,
    issuerName: issuer.subject.der,
    issuerPublicKey: issuer.subjectPublicKeyInfo,
    signatureAlgorithm: authority.signatureAlgorithm,
    addresses: { origin: context.config.url.origin, issuerId: authority.id },
  });
  await certsOf(db)
    .insertInto('certs.certificate')
    .values({
      serial,
      issuer_id: authority.id,
      profile,
      subject: subject.map(([, value]) => value).join(', '),
      person_id: personId ?? null,
      organisation_id: organisationId ?? null,
      request_key: requestKey,
      state: 'intent',
      tbs,
      der: null,
      not_before: notBefore,
      not_after: notAfter,
      revoked_at: null,
      revocation_reason: null,
      ledger_entry: null,
    })
    .execute();
  return { serial, tbs, input, issuer };
}

async function signIntent(
  context: ServiceContext,
  db: Database | Transaction,
  { tbs, input, issuer }: Intent,
): Promise<Buffer> {
  const { issuer: authority, profile } = input;
  mustPassLint(tbs, profile, issuer);
  const signature = await keyStore(context).sign(db, authority.keyId, 'ca', tbs);
  const der = sequence(tbs, signatureAlgorithms[authority.signatureAlgorithm], bitString(signature));
  mustBeTheLinted(parseCertificate(der), tbs, issuer);
  return der;
}

async function complete(
  context: ServiceContext,
  transaction: Transaction,
  { serial, input }: Intent,
  der: Buffer,
): Promise<IssuedCertificate> {
  const { profile, issuer, organisationId, requestKey } = input;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`edutrust.certs.request.${requestKey}`}, 0))`.execute(
    transaction,
  );
  const existing = await certsOf(transaction)
    .selectFrom('certs.certificate')
    .select(['serial', 'der'])
    .where('request_key', '=', requestKey)
    .where('state', '=', 'issued')
    .executeTakeFirst();
  if (existing?.der) return { serial: existing.serial, der: existing.der };
  const ledgerEntry = await context.ledger.append(transaction, 'signatures', certificateLeaf(der));
  await certsOf(transaction)
    .updateTable('certs.certificate')
    .set({ state: 'issued', der, ledger_entry: ledgerEntry })
    .where('serial', '=', serial)
    .execute();
  await record(transaction, {
    type: 'certificate.issued',
    actor: { kind: 'system', name: 'certs' },
    subject: { kind: 'certificate', id: serial },
    ...(organisationId ? { organisationId } : {}),
    data: { profile, issuer: issuer.id },
  });
  return { serial, der };
}

/** 20 octets of which 159 bits are random; positive and never starting with a zero octet. */
function newSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** What the public log keeps of a certificate: its kind and its SHA-256, nothing about the person. */
function certificateLeaf(der: Buffer): Buffer {
  return Buffer.from(`certificate ${hashHex(der)}\n`, 'latin1');
}

function hashHex(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The same bytes under a key that is thrown away: what is wrong is found before the real key has signed it (C2). */
function mustPassLint(tbs: Buffer, profile: ProfileName, issuer: Certificate | undefined): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isP384 = tbs.includes(signatureAlgorithms['ecdsa-sha384']);
  const algorithm = isP384 ? signatureAlgorithms['ecdsa-sha384'] : signatureAlgorithms['ecdsa-sha256'];
  const draft = sequence(tbs, algorithm, bitString(sign('sha256', tbs, privateKey)));
  const problems = lint(draft, profile, issuer);
  if (problems.length === 0) return;
  throw new InvalidInput('certificates/lint', {
    vi: `Chứng thư sẽ sai quy tắc: ${problems.join('; ')}.`,
    en: `The certificate would break a rule: ${problems.join('; ')}.`,
  });
}

function mustBeTheLinted(certificate: Certificate, tbs: Buffer, issuer: Certificate): void {
  const { signatureAlgorithm, signature } = certificate;
  const problem = certificate.tbs.equals(tbs)
    ? signatureProblem(signatureAlgorithm, issuer.publicKey(), tbs, signature)
    : 'other bytes were signed';
  if (problem) throw new Error(`the certificate that was signed is not the one that was linted: ${problem}`);
}

/** Makes the authorities at the first start; of several processes at once one does it, the others wait and find them. */
export async function ensureAuthorities(context: ServiceContext): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.certs.authorities', 0))`.execute(transaction);
    const existing = await certsOf(transaction).selectFrom('certs.authority').select('id').execute();
    if (existing.length > 0) return;
    const organisation = ['organisation', 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh'] as const;
    const named = (commonName: string): NameAttribute[] => [
      ['country', 'VN'],
      organisation,
      ['commonName', commonName],
    ];
    const root = await makeRoot(context, transaction, named('EduTrust Root CA'));
    for (const [id, commonName, purpose] of [
      ['people', 'EduTrust Issuing CA – People and Organisations', 'officials and organisations'],
      ['services', 'EduTrust Issuing CA – Services', 'time stamps and status services'],
    ] as const) {
      const key = await keyStore(context).generate(transaction, 'ca');
      const issued = await issueInside(context, transaction, {
        profile: 'issuing-ca',
        subject: named(commonName),
        publicKey: key.publicKey,
        issuer: root,
        requestKey: `authority/${id}`,
      });
      await certsOf(transaction)
        .insertInto('certs.authority')
        .values({ id, name: commonName, purpose, issuer_id: 'root', key_id: key.id, certificate: issued.der })
        .execute();
    }
    await makeResponder(context, transaction, 'ocsp', 'people', named('EduTrust OCSP – People'));
    await makeResponder(context, transaction, 'ocsp', 'services', named('EduTrust OCSP – Services'));
    await makeResponder(context, transaction, 'tsa', 'services', named('EduTrust Time Stamping Unit 1'));
    for (const id of ['root', 'people', 'services']) await publishRevocationList(context, transaction, id);
  });
}

async function makeRoot(
  context: ServiceContext,
  transaction: Transaction,
  subject: readonly NameAttribute[],
): Promise<Authority> {
  const { clock, config } = context;
  const key = await keyStore(context).generate(transaction, 'ca', 'p384');
  const notBefore = new Date(clock.now().getTime() - backdatedMs);
  const serial = newSerial();
  const draft = {
    profile: 'root',
    serial,
    subject,
    publicKey: key.publicKey,
    notBefore,
    notAfter: new Date(notBefore.getTime() + profiles.root.lifetimeMs),
    issuerName: encodeName(subject),
    issuerPublicKey: key.publicKey,
    signatureAlgorithm: 'ecdsa-sha384',
    addresses: { origin: config.url.origin, issuerId: 'root' },
  } as const;
  const tbs = buildToBeSigned(draft);
  mustPassLint(tbs, 'root', undefined);
  const signature = await keyStore(context).sign(transaction, key.id, 'ca', tbs);
  const der = sequence(tbs, signatureAlgorithms['ecdsa-sha384'], bitString(signature));
  const commonName = subject.at(-1)?.[1] ?? '';
  await certsOf(transaction)
    .insertInto('certs.authority')
    .values({
      id: 'root',
      name: commonName,
      purpose: 'trust anchor',
      issuer_id: null,
      key_id: key.id,
      certificate: der,
    })
    .execute();
  await record(transaction, {
    type: 'authority.created',
    actor: { kind: 'system', name: 'setup' },
    subject: { kind: 'authority', id: 'root' },
    data: { sha256: hashHex(der) },
  });
  return {
    id: 'root',
    name: commonName,
    purpose: 'trust anchor',
    issuerId: null,
    keyId: key.id,
    certificate: der,
    signatureAlgorithm: 'ecdsa-sha384',
  };
}

/** Issuing while the authorities themselves come into being: all of it is one transaction, intents too. */
async function issueInside(
  context: ServiceContext,
  transaction: Transaction,
  input: Issuance,
): Promise<IssuedCertificate> {
  const intent = await keepIntent(context, transaction, input);
  return complete(context, transaction, intent, await signIntent(context, transaction, intent));
}

async function makeResponder(
  context: ServiceContext,
  transaction: Transaction,
  purpose: 'ocsp' | 'tsa',
  issuerId: string,
  subject: readonly NameAttribute[],
): Promise<void> {
  const key = await keyStore(context).generate(transaction, purpose);
  const issuer = await findAuthority(transaction, issuerId);
  const { der } = await issueInside(context, transaction, {
    profile: purpose,
    subject,
    publicKey: key.publicKey,
    issuer,
    requestKey: `${purpose}/${issuerId}`,
  });
  await certsOf(transaction)
    .insertInto('certs.responder')
    .values({ purpose, issuer_id: issuerId, key_id: key.id, certificate: der })
    .execute();
}

/**
 * Revokes a certificate for good and publishes a new list in the same transaction. Revoking a revoked one changes nothing.
 *
 * @throws NotFound; Conflict for a certificate that was never completed.
 */
export async function revokeCertificate(
  context: ServiceContext,
  serial: string,
  reason: RevocationReason,
  actor: Actor,
): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const found = await certsOf(transaction)
      .selectFrom('certs.certificate')
      .selectAll()
      .where('serial', '=', serial)
      .forUpdate()
      .executeTakeFirst();
    if (!found)
      throw new NotFound('certificates/not-found', {
        vi: 'Không có chứng thư này.',
        en: 'There is no such certificate.',
      });
    if (found.revoked_at) return;
    if (found.state === 'intent') {
      throw new Conflict('certificates/never-issued', {
        vi: 'Chứng thư này chưa được cấp xong.',
        en: 'This certificate was never completed.',
      });
    }
    await certsOf(transaction)
      .updateTable('certs.certificate')
      .set({ revoked_at: context.clock.now(), revocation_reason: reason })
      .where('serial', '=', serial)
      .execute();
    await record(transaction, {
      type: 'certificate.revoked',
      actor,
      subject: { kind: 'certificate', id: serial },
      ...(found.organisation_id ? { organisationId: found.organisation_id } : {}),
      data: { reason },
    });
    await publishRevocationList(context, transaction, found.issuer_id);
  });
}

/** The certificates from the issuer of a certificate up to the root, DER, root last. */
export async function chainAbove(context: Pick<ServiceContext, 'db'>, issuerId: string): Promise<Buffer[]> {
  const all = await listAuthorities(context.db);
  const chain: Buffer[] = [];
  for (let id: string | null = issuerId; id; ) {
    const authority = all.find((one) => one.id === id);
    if (!authority) break;
    chain.push(authority.certificate);
    id = authority.issuerId;
  }
  return chain;
}

/** What our own verification trusts and builds with: the root; the authorities below it; the newest lists. DER. */
export async function trustMaterial({ db }: Pick<ServiceContext, 'db'>): Promise<{
  readonly anchors: Buffer[];
  readonly untrusted: Buffer[];
  readonly crls: Buffer[];
}> {
  const all = await listAuthorities(db);
  const { rows } = await sql<{ der: Buffer }>`
    SELECT DISTINCT ON (issuer_id) der FROM certs.revocation_list ORDER BY issuer_id, number DESC`.execute(db);
  return {
    anchors: all.filter(({ issuerId }) => issuerId === null).map(({ certificate }) => certificate),
    untrusted: all.filter(({ issuerId }) => issuerId !== null).map(({ certificate }) => certificate),
    crls: rows.map(({ der }) => der),
  };
}
