import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import type { ApprovalPorts } from '@edutrust/registry/approvals';
import { sql } from 'kysely';
import { idpOf } from '../tables.ts';
import { isAttestedPasskey } from './attestation.ts';

/** Passkeys for signing in, as the approvals of the registry know them: for what takes two people. */
export const approvalPasskeys = ({
  secrets,
}: Pick<ServiceContext, 'secrets'>): Pick<ApprovalPorts, 'passkeysOf' | 'passkeyUsed'> => ({
  passkeysOf: async (db, personId) => {
    const rows = await idpOf(db)
      .selectFrom('idp.passkey as k')
      .innerJoin('idp.account as a', 'a.person_id', 'k.person_id')
      .select([
        'k.id',
        'k.person_id',
        'k.credential_id',
        'k.public_key',
        'k.transports',
        'k.attestation',
        'k.given_kind',
        'k.given_by',
        'k.given_at',
        'a.user_handle',
      ])
      .where('k.person_id', '=', personId)
      .where('a.status', '=', 'active')
      .orderBy('k.id')
      .execute();
    return rows
      .filter((row) => isAttestedPasskey(secrets, row))
      .map((row) => ({
        credentialId: row.credential_id,
        publicKey: row.public_key,
        transports: row.transports,
        userHandle: row.user_handle.toString('base64url'),
        ...(row.given_kind && row.given_at
          ? { given: { kind: row.given_kind, by: row.given_by ?? [], at: row.given_at } }
          : {}),
      }));
  },
  passkeyUsed: async (transaction, credentialId, counter) => {
    const { numAffectedRows } = await sql`
      UPDATE idp.passkey SET counter = ${counter}, last_used_at = now()
      WHERE credential_id = ${credentialId} AND (counter < ${counter} OR (counter = 0 AND ${counter} = 0))`.execute(
      transaction,
    );
    if (numAffectedRows === 1n) return;
    throw new InvalidInput('approvals/passkey-refused', {
      vi: 'Bộ đếm của passkey đi lùi: có thể nó đã bị sao chép.',
      en: 'The counter of the passkey went back: it may have been copied.',
    });
  },
});
