import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { findAuthority } from '../authority/authorities.ts';
import { type RevocationReason, revocationReasons } from '../authority/reasons.ts';
import { keyIdentifier, parseCertificate } from '../certificate/certificate.ts';
import { signatureAlgorithms } from '../certificate/signature.ts';
import { bitString, enumerated, explicit, implicit, integer, octetString, oid, sequence, time } from '../der/der.ts';
import { keyStore } from '../key-store/key-store.ts';
import { extensionIds } from '../path/extensions.ts';

/** How long a list may be used; a new one is made at half of it. */
export const listLifetimeMs = 24 * 3_600_000;

/** Makes the authority's next revocation list (RFC 5280 §5); its number is one above the highest ever (C5). */
export async function publishRevocationList(
  context: ServiceContext,
  transaction: Transaction,
  issuerId: string,
): Promise<Buffer> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`edutrust.certs.crl.${issuerId}`}, 0))`.execute(
    transaction,
  );
  const authority = await findAuthority(transaction, issuerId);
  const issuer = parseCertificate(authority.certificate);
  const { rows } = await sql<{ serial: string; revoked_at: Date; revocation_reason: string }>`
    SELECT serial, revoked_at, revocation_reason FROM certs.certificate
    WHERE issuer_id = ${issuerId} AND revoked_at IS NOT NULL ORDER BY revoked_at, serial`.execute(transaction);
  const highest = await sql<{ number: number }>`
    SELECT coalesce(max(number), 0) AS number FROM certs.revocation_list WHERE issuer_id = ${issuerId}`.execute(
    transaction,
  );
  const number = (highest.rows[0]?.number ?? 0) + 1;
  const thisUpdate = wholeSecond(context.clock.now());
  const nextUpdate = new Date(thisUpdate.getTime() + listLifetimeMs);
  const entries = rows.map(({ serial, revoked_at, revocation_reason }) => {
    const reason = revocationReasons[revocation_reason as RevocationReason]; // only these words are written
    // unspecified is said by leaving the reason out (§5.3.1)
    const extensions = reason
      ? [sequence(sequence(oid(extensionIds.reasonCode), octetString(enumerated(reason))))]
      : [];
    return sequence(integer(Buffer.from(serial, 'hex')), time(revoked_at), ...extensions);
  });
  const tbs = sequence(
    integer(1),
    signatureAlgorithms[authority.signatureAlgorithm],
    issuer.subject.der,
    time(thisUpdate),
    time(nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(
      0,
      sequence(
        sequence(
          oid(extensionIds.authorityKeyIdentifier),
          octetString(sequence(implicit(0, keyIdentifier(issuer.subjectPublicKeyInfo)))),
        ),
        sequence(oid(extensionIds.crlNumber), octetString(integer(number))),
      ),
    ),
  );
  const signature = await keyStore(context).sign(transaction, authority.keyId, 'ca', tbs);
  const der = sequence(tbs, signatureAlgorithms[authority.signatureAlgorithm], bitString(signature));
  await sql`
    INSERT INTO certs.revocation_list (issuer_id, number, der, this_update, next_update)
    VALUES (${issuerId}, ${number}, ${der}, ${thisUpdate.toISOString()}, ${nextUpdate.toISOString()})`.execute(
    transaction,
  );
  return der;
}

function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}

/** The newest list of an authority. */
export async function newestRevocationList(
  db: Database,
  issuerId: string,
): Promise<{ der: Buffer; number: number; thisUpdate: Date; nextUpdate: Date } | undefined> {
  const { rows } = await sql<{ der: Buffer; number: number; thisUpdate: Date; nextUpdate: Date }>`
    SELECT der, number, this_update AS "thisUpdate", next_update AS "nextUpdate" FROM certs.revocation_list
    WHERE issuer_id = ${issuerId} ORDER BY number DESC LIMIT 1`.execute(db);
  return rows[0];
}

/** Makes new lists where half of the old one's life is over. */
export async function refreshRevocationLists(context: ServiceContext): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM certs.authority AS a WHERE NOT EXISTS (
      SELECT FROM certs.revocation_list AS l WHERE l.issuer_id = a.id
        AND l.this_update > ${new Date(context.clock.now().getTime() - listLifetimeMs / 2).toISOString()})`.execute(
    context.db,
  );
  for (const { id } of rows)
    await context.db.transaction().execute((transaction) => publishRevocationList(context, transaction, id));
}
