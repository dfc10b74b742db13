import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, Unavailable } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { isClockBehind } from '../alarms/clock.ts';
import { type Certificate, type NameAttribute, parseCertificate } from '../certificate/certificate.ts';
import { lint } from '../certificate/lint.ts';
import { buildToBeSigned, type ProfileName, profiles } from '../certificate/profiles.ts';
import { signatureAlgorithms, signatureProblem } from '../certificate/signature.ts';
import { bitString, nullValue, readDer, sequence } from '../der/der.ts';
import { record } from '../events.ts';
import { keyStore } from '../key-store/key-store.ts';
import { certsOf } from '../tables.ts';
import { type Authority, currentAuthority } from './authorities.ts';

/** Who a certificate is for, in words; becomes the subject's distinguished name. */
export interface CertificateSubject {
  readonly commonName: string;
  /** Of a person: the education ID, ten digits. */
  readonly serialNumber?: string;
  readonly organisation?: string;
  /** Of an organisation: its code in the registry. */
  readonly organisationCode?: string;
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
export const backdatedMs = 5 * 60_000;

/** What one issuance needs, from every kind of request. */
export interface Issuance {
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
 * @throws InvalidInput `certificates/lint` when the certificate would break a rule; Conflict `certificates/shared-key`.
 */
export async function issueCertificate(
  context: ServiceContext,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const { db } = context;
  const intent = await keepIntent(context, db, await issuanceOf(db, request));
  const der = await signIntent(context, db, intent);
  return db.transaction().execute((transaction) => complete(context, transaction, intent, der));
}

/**
 * Whether a certificate would be issued as things are now: asked before somebody is asked to approve it. Keeps nothing
 * and signs nothing.
 *
 * @throws what {@link issueCertificate} throws.
 */
export async function mustBeCertifiable(
  context: ServiceContext,
  db: Database | Transaction,
  request: CertificateRequest,
): Promise<void> {
  const input = await issuanceOf(db, request);
  const { tbs, issuer } = await draft(context, db, input);
  mustPassLint(tbs, input.profile, issuer);
}

async function issuanceOf(db: Database | Transaction, { subject, ...request }: CertificateRequest): Promise<Issuance> {
  return { ...request, subject: subjectName(subject), issuer: await currentAuthority(db, 'people') };
}

/** The distinguished name that a subject is certified under. */
export function subjectName(subject: CertificateSubject): NameAttribute[] {
  return [
    ['country', 'VN'],
    ...(subject.organisation ? [['organisation', subject.organisation] as const] : []),
    ...(subject.title ? [['title', subject.title] as const] : []),
    ...(subject.serialNumber ? [['serialNumber', `EI:VN-${subject.serialNumber}`] as const] : []),
    ...(subject.organisationCode ? [['organisationIdentifier', `OI:VN-${subject.organisationCode}`] as const] : []),
    ['commonName', subject.commonName],
  ];
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

/** The bytes that would be signed, with their serial. */
async function draft(context: ServiceContext, db: Database | Transaction, input: Issuance) {
  const { issuer: authority, profile, subject, publicKey } = input;
  const issuer = parseCertificate(authority.certificate);
  const now = context.clock.now().getTime();
  const notBefore = new Date(Math.max(now - backdatedMs, issuer.notBefore.getTime()));
  const notAfter = new Date(Math.min(now + profiles[profile].lifetimeMs, issuer.notAfter.getTime()));
  await mustBeIssuable(db, input, new Date(now));
  const serial = newSerial();
  const tbs = buildToBeSigned({
    profile,
    serial,
    subject,
    publicKey,
    notBefore,
    notAfter,
    issuerName: issuer.subject.der,
    issuerPublicKey: issuer.subjectPublicKeyInfo,
    signatureAlgorithm: authority.signatureAlgorithm,
    addresses: { origin: context.config.url.origin, issuerId: authority.id },
  });
  return { serial: serial.toString('hex'), tbs, issuer, notBefore, notAfter };
}

async function keepIntent(context: ServiceContext, db: Database | Transaction, input: Issuance): Promise<Intent> {
  const { issuer: authority, profile, subject, publicKey, personId, organisationId, requestKey } = input;
  const { serial, tbs, issuer, notBefore, notAfter } = await draft(context, db, input);
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
      public_key_sha256: sha256(publicKey),
      listed_in: null,
      released_at: null,
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

/**
 * What must hold besides the bytes themselves: the clock has not gone back (C7), and the key belongs to nobody else and
 * was never compromised (C3).
 */
async function mustBeIssuable(
  db: Database | Transaction,
  { publicKey, personId, organisationId }: Issuance,
  now: Date,
): Promise<void> {
  if (await isClockBehind(db, now)) {
    throw new Unavailable('certificates/clock', {
      vi: 'Đồng hồ máy chủ đang chậm hơn những gì đã ghi trước đó nên tạm ngừng cấp chứng thư. Hãy chỉnh lại đồng hồ.',
      en: 'The clock is behind what was recorded before, so no certificate is issued. Set the clock right.',
    });
  }
  const { rows } = await sql<{ key_shared: boolean }>`
    SELECT EXISTS (SELECT FROM certs.certificate WHERE public_key_sha256 = ${sha256(publicKey)} AND state = 'issued'
        AND (person_id IS DISTINCT FROM ${personId ?? null}::uuid OR organisation_id IS DISTINCT FROM ${organisationId ?? null}::uuid
          OR revocation_reason = 'keyCompromise')) AS key_shared`.execute(db);
  if (rows[0]?.key_shared) {
    throw new Conflict('certificates/shared-key', {
      vi: 'Khoá này đã có chứng thư của người khác, hoặc đã bị lộ. Hãy tạo khoá mới.',
      en: 'This key has a certificate of somebody else, or was compromised. Make a new key.',
    });
  }
}

/** 20 octets of which 158 bits are random (RFC 5280 §4.1.2.2); positive and never starting with a zero octet. */
export function newSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** What the public log keeps of a certificate: its kind and its SHA-256, nothing about the person. */
function certificateLeaf(der: Buffer): Buffer {
  return Buffer.from(`certificate ${sha256(der).toString('hex')}\n`, 'latin1');
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

let throwAwayKey: KeyObject | undefined;
/** A key that certifies nothing: a linted draft can never be mistaken for a certificate. */
function throwAway(): KeyObject {
  throwAwayKey ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return throwAwayKey;
}

/** The same bytes under a key that is thrown away: what is wrong is found before the real key has signed it (C2). */
export function mustPassLint(tbs: Buffer, profile: ProfileName, issuer: Certificate | undefined): void {
  const draft = sequence(
    tbs,
    readDer(tbs).children()[2]?.bytes ?? nullValue,
    bitString(sign('sha256', tbs, throwAway())),
  );
  const problems = lint(draft, profile, issuer);
  if (problems.length === 0) return;
  throw new InvalidInput('certificates/lint', {
    vi: `Chứng thư sẽ sai quy tắc: ${problems.join('; ')}.`,
    en: `The certificate would break a rule: ${problems.join('; ')}.`,
  });
}

export function mustBeTheLinted(certificate: Certificate, tbs: Buffer, issuer: Certificate): void {
  const { signatureAlgorithm, signature } = certificate;
  const problem = certificate.tbs.equals(tbs)
    ? signatureProblem(signatureAlgorithm, issuer.publicKey(), tbs, signature)
    : 'other bytes were signed';
  if (problem) throw new Error(`the certificate that was signed is not the one that was linted: ${problem}`);
}

/** Issuing while the authorities themselves come into being: all of it is one transaction, intents too. */
export async function issueInside(
  context: ServiceContext,
  transaction: Transaction,
  input: Issuance,
): Promise<IssuedCertificate> {
  const intent = await keepIntent(context, transaction, input);
  return complete(context, transaction, intent, await signIntent(context, transaction, intent));
}

/** Keeps a certificate that a ceremony signed, with its leaf in the public log. */
export async function keepIssued(
  context: ServiceContext,
  transaction: Transaction,
  der: Buffer,
  {
    profile,
    issuerId,
    requestKey,
  }: { readonly profile: ProfileName; readonly issuerId: string; readonly requestKey: string },
): Promise<void> {
  const certificate = parseCertificate(der);
  const ledgerEntry = await context.ledger.append(transaction, 'signatures', certificateLeaf(der));
  await certsOf(transaction)
    .insertInto('certs.certificate')
    .values({
      serial: certificate.serialHex,
      issuer_id: issuerId,
      profile,
      subject: certificate.subject.attributes
        .flat()
        .map(({ value }) => value)
        .join(', '),
      person_id: null,
      organisation_id: null,
      request_key: requestKey,
      state: 'issued',
      tbs: certificate.tbs,
      der,
      not_before: certificate.notBefore,
      not_after: certificate.notAfter,
      revoked_at: null,
      revocation_reason: null,
      ledger_entry: ledgerEntry,
      public_key_sha256: sha256(certificate.subjectPublicKeyInfo),
      listed_in: null,
      released_at: null,
    })
    .execute();
}
