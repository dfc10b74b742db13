import { createHmac, createSecretKey } from 'node:crypto';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import type { SecretBox } from '@edutrust/platform/secrets';
import { sql } from 'kysely';

/** The numbers that the state gave a person. Each is kept sealed, with a keyed blind index to find it again. */
export type StateIdentifier = 'moet_id' | 'personal_number' | 'lifelong_code';
export const stateIdentifiers = ['moet_id', 'personal_number', 'lifelong_code'] as const satisfies StateIdentifier[];

export interface SealedIdentifier {
  readonly sealed: Buffer;
  /** HMAC-SHA-256 of the canonical number; equal numbers have equal indexes, and nothing else follows from it. */
  readonly index: Buffer;
}

/** Seals and finds state identifiers; made once from the context's secrets. */
export function createIdentifierVault(secrets: SecretBox) {
  const keys = {
    moet_id: createSecretKey(secrets.derive('registry/moet-id/index')),
    personal_number: createSecretKey(secrets.derive('registry/personal-number/index')),
    lifelong_code: createSecretKey(secrets.derive('registry/lifelong-code/index')),
  };
  const indexOf = (kind: StateIdentifier, number: string) =>
    createHmac('sha256', keys[kind]).update(canonical(number)).digest();
  return {
    indexOf,
    seal: (kind: StateIdentifier, number: string): SealedIdentifier => ({
      sealed: secrets.encrypt(Buffer.from(canonical(number)), `registry.person/${kind}`),
      index: indexOf(kind, number),
    }),
    open: (kind: StateIdentifier, sealed: Buffer): string =>
      secrets.decrypt(sealed, `registry.person/${kind}`).toString('utf8'),
  };
}

const canonical = (number: string) =>
  number
    .normalize('NFKC')
    .replaceAll(/[\s.-]/g, '')
    .toUpperCase();

/**
 * The ministry's identifier (Circular 42/2021/TT-BGDDT, article 10: made at the first entry, for life). Files of today
 * have ten digits; no norm that was read fixes a length.
 */
export const isMinistryId = (text: string): boolean => /^[A-Za-z0-9._-]{4,40}$/.test(text);

/** @throws InvalidInput `people/bad-ministry-id` */
export function parseMinistryId(text: string): string {
  if (isMinistryId(text.normalize('NFKC').replaceAll(/\s/g, ''))) return canonical(text);
  throw bad('people/bad-ministry-id', '/ministryId', {
    vi: 'Mã định danh Bộ GD&ĐT gồm 4–40 chữ và số.',
    en: 'The ministry’s identifier has 4–40 letters and digits.',
  });
}

/**
 * The code of the lifelong learning record, which is made from the personal number (Decree 88/2026/ND-CP, article 9). Its
 * form is the ministry's to set: as long as the personal number, or up to 20 letters and digits.
 *
 * @throws InvalidInput `people/bad-lifelong-code`
 */
export function parseLifelongCode(text: string): string {
  const code = canonical(text);
  if (/^[A-Z0-9]{12,20}$/.test(code)) return code;
  throw bad('people/bad-lifelong-code', '/lifelongCode', {
    vi: 'Mã hồ sơ học tập suốt đời gồm 12–20 chữ và số.',
    en: 'The code of a lifelong learning record has 12–20 letters and digits.',
  });
}

function bad(code: 'people/bad-ministry-id' | 'people/bad-lifelong-code', pointer: string, detail: Text): InvalidInput {
  return new InvalidInput(code, detail, { fields: [{ pointer, detail }] });
}

/** What stands in a record beside the education ID, in clear; null for none. */
interface OfficialIds {
  readonly ministryId: string | null;
  readonly lifelongCode: string | null;
}

export async function officialIdsOf(
  db: Database | Transaction,
  secrets: SecretBox,
  personId: string,
): Promise<OfficialIds> {
  const { rows } = await sql<{ moet: Buffer | null; lifelong: Buffer | null }>`
    SELECT moet_id_sealed AS moet, lifelong_code_sealed AS lifelong FROM registry.person WHERE id = ${personId}`.execute(
    db,
  );
  const { moet = null, lifelong = null } = rows[0] ?? {};
  if (!moet && !lifelong) return { ministryId: null, lifelongCode: null };
  const vault = createIdentifierVault(secrets);
  return {
    ministryId: moet && vault.open('moet_id', moet),
    lifelongCode: lifelong && vault.open('lifelong_code', lifelong),
  };
}

export type IdentifierVault = ReturnType<typeof createIdentifierVault>;
