import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { parseCertificate, pemBodies } from '../certificate/certificate.ts';
import { record } from '../events.ts';
import { parsePathCertificate } from '../path/path-certificate.ts';
import { certsOf } from '../tables.ts';
import { anchorForm, parseNameText } from './anchor-form.ts';

/** What somebody else's root is trusted for. */
export const anchorPurposes = ['documents', 'time-stamps'] as const;
export type AnchorPurpose = (typeof anchorPurposes)[number];

export interface AnchorRequest {
  readonly name: string;
  /** One certificate, PEM. */
  readonly certificatePem: string;
  readonly purposes: readonly AnchorPurpose[];
  readonly from: Date | null;
  readonly until: Date | null;
  readonly permittedNames: readonly string[];
}

/**
 * Trusts somebody else's root from now on, within limits. Nothing is trusted but what was added here and our own.
 *
 * @throws InvalidInput for what is no authority's certificate; Conflict for one that is trusted already.
 */
export async function addAnchor(transaction: Transaction, request: AnchorRequest, actor: Actor): Promise<string> {
  const certificate = await mustBeAddable(transaction, {
    ...request,
    from: iso(request.from),
    until: iso(request.until),
  });
  const id = uuidv7();
  const { numInsertedOrUpdatedRows } = await certsOf(transaction)
    .insertInto('certs.anchor')
    .values({
      id,
      name: request.name.normalize('NFC'),
      certificate: certificate.der,
      sha256: Buffer.from(certificate.fingerprint, 'hex'),
      purposes: [...request.purposes],
      trusted_from: request.from,
      trusted_until: request.until,
      permitted_names: [...request.permittedNames],
      ended_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) {
    throw trustedAlready();
  }
  await record(transaction, {
    type: 'trust-anchor.added',
    actor,
    subject: { kind: 'trust-anchor', id },
    data: { sha256: certificate.fingerprint, purposes: [...request.purposes] },
  });
  return id;
}

const iso = (time: Date | null) => time?.toISOString() ?? null;

/** Whether the root can be trusted so. @throws InvalidInput, Conflict `anchors/exists` */
export async function mustBeAddable(
  transaction: Transaction,
  wanted: {
    readonly certificatePem: string;
    readonly permittedNames: readonly string[];
    readonly from: string | null;
    readonly until: string | null;
  },
) {
  const certificate = readAuthority(wanted.certificatePem);
  for (const name of wanted.permittedNames) parseNameText(name);
  if (wanted.from && wanted.until && new Date(wanted.from) >= new Date(wanted.until)) {
    throw new InvalidInput('anchors/bad-dates', {
      vi: 'Ngày bắt đầu phải trước ngày kết thúc.',
      en: 'The first day must be before the last.',
    });
  }
  const known = await certsOf(transaction)
    .selectFrom('certs.anchor')
    .select('id')
    .where('sha256', '=', Buffer.from(certificate.fingerprint, 'hex'))
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (known) throw trustedAlready();
  return certificate;
}

function trustedAlready(): Conflict {
  return new Conflict('anchors/exists', {
    vi: 'Chứng thư gốc này đã được tin cậy.',
    en: 'This root is trusted already.',
  });
}

/** Ends the trust; from now on everything is verified without this root. @throws NotFound */
export async function endAnchor(transaction: Transaction, id: string, now: Date, actor: Actor): Promise<void> {
  const { numUpdatedRows } = await certsOf(transaction)
    .updateTable('certs.anchor')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) {
    throw new NotFound('anchors/not-found', {
      vi: 'Không có chứng thư gốc này, hoặc đã thôi tin cậy.',
      en: 'There is no such root, or it is no longer trusted.',
    });
  }
  await record(transaction, { type: 'trust-anchor.ended', actor, subject: { kind: 'trust-anchor', id }, data: {} });
}

/** The roots that are trusted for a purpose, in the form of their limits. DER. */
export async function trustedAnchors(db: Database | Transaction, purpose: AnchorPurpose): Promise<Buffer[]> {
  const rows = await certsOf(db).selectFrom('certs.anchor').selectAll().where('ended_at', 'is', null).execute();
  return rows
    .filter(({ purposes }) => purposes.includes(purpose))
    .map((row) =>
      anchorForm(row.certificate, {
        from: row.trusted_from,
        until: row.trusted_until,
        permittedNames: row.permitted_names,
      }),
    );
}

/** The one certificate of an authority in the text. @throws InvalidInput `anchors/bad-certificate` */
export function readAuthority(pem: string) {
  const refuse = (vi: string, en: string) =>
    new InvalidInput(
      'anchors/bad-certificate',
      { vi: `Chứng thư gốc không dùng được: ${vi}.`, en: `The root cannot be used: ${en}.` },
      {
        remedy: {
          vi: 'Dán một chứng thư CA dạng PEM (-----BEGIN CERTIFICATE-----).',
          en: 'Paste one CA certificate as PEM (-----BEGIN CERTIFICATE-----).',
        },
      },
    );
  const [der, ...others] = pemBodies(pem, 'CERTIFICATE');
  if (!der) throw refuse('không thấy chứng thư nào', 'there is no certificate');
  if (others.length > 0) throw refuse('có nhiều hơn một chứng thư', 'there is more than one');
  try {
    const { isAuthority, keyUsage } = parsePathCertificate(der);
    if (isAuthority && (!keyUsage || keyUsage.has('keyCertSign'))) return parseCertificate(der);
  } catch {
    throw refuse('không đọc được', 'it cannot be read');
  }
  throw refuse('đây không phải chứng thư của một CA', 'it is not the certificate of an authority');
}
