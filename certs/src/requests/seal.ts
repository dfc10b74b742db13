import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** An organisation's seal whose key lies in the key store. */
export interface Seal {
  readonly serial: string;
  /** DER. */
  readonly certificate: Buffer;
  readonly issuerId: string;
  /** In the key store, of purpose `seal`. */
  readonly keyId: string;
  readonly organisationId: string;
  readonly organisationName: string;
}

/** The organisation's seal in force at the time, the one that lasts longest; undefined when it has none. */
export async function findSeal(
  db: Database | Transaction,
  organisationId: string,
  at: Date,
): Promise<Seal | undefined> {
  const { rows } = await sql<Seal>`
    SELECT c.serial, c.der AS certificate, c.issuer_id AS "issuerId", r.key_id AS "keyId",
      o.id AS "organisationId", o.name AS "organisationName"
    FROM certs.request AS r JOIN certs.certificate AS c ON c.serial = r.certificate_serial
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    WHERE r.organisation_id = ${organisationId} AND r.profile = 'seal' AND r.custody = 'key-store' AND r.key_id IS NOT NULL
      AND c.state = 'issued' AND c.revoked_at IS NULL AND c.not_before <= ${at} AND c.not_after > ${at}
    ORDER BY c.not_after DESC LIMIT 1`.execute(db);
  return rows[0];
}
