import { type FirstAttestation, writeAttestations } from '@edutrust/platform/attestation';
import type { AdapterPayload } from 'oidc-provider';
import { attestCode } from '../activation/activation.ts';
import { attestPasskey } from '../passkeys/attestation.ts';
import { attestPassword } from '../password/attestation.ts';
import { attestSession } from '../sessions/attestation.ts';
import { idpOf } from '../tables.ts';

const passwords: FirstAttestation = async (transaction, secrets) => {
  const rows = await idpOf(transaction)
    .selectFrom('idp.account')
    .select(['person_id', 'password_hash'])
    .where('password_hash', 'is not', null)
    .where('password_attestation', 'is', null)
    .$narrowType<{ password_hash: string }>()
    .execute();
  return writeAttestations(
    transaction,
    { table: 'idp.account', key: 'person_id', keyType: 'uuid', column: 'password_attestation' },
    rows.map((row) => ({
      key: row.person_id,
      attestation: attestPassword(secrets, row.person_id, row.password_hash),
    })),
  );
};

const passkeys: FirstAttestation = async (transaction, secrets) => {
  const rows = await idpOf(transaction)
    .selectFrom('idp.passkey')
    .selectAll()
    .where('attestation', 'is', null)
    .execute();
  return writeAttestations(
    transaction,
    { table: 'idp.passkey', key: 'id', keyType: 'uuid', column: 'attestation' },
    rows.map((row) => ({ key: row.id, attestation: attestPasskey(secrets, row) })),
  );
};

/** Codes without one were made by one person: they open nobody's who answers for others. */
const codes: FirstAttestation = async (transaction, secrets) => {
  const rows = await idpOf(transaction)
    .selectFrom('idp.activation')
    .selectAll()
    .where('attestation', 'is', null)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute();
  return writeAttestations(
    transaction,
    { table: 'idp.activation', key: 'id', keyType: 'uuid', column: 'attestation' },
    rows.map((row) => ({ key: row.id, attestation: attestCode(secrets, row, false) })),
  );
};

const sessions: FirstAttestation = async (transaction, secrets) => {
  const rows = await idpOf(transaction)
    .selectFrom('idp.session')
    .select(['uid', 'id_hash', 'payload'])
    .where('person_id', 'is not', null)
    .where('attestation', 'is', null)
    .execute();
  return writeAttestations(
    transaction,
    { table: 'idp.session', key: 'uid', keyType: 'text', column: 'attestation' },
    rows.flatMap(({ uid, id_hash: idHash, payload }) => {
      const { accountId, acr, loginTs } = payload as AdapterPayload;
      const attestation = attestSession(secrets, { uid, idHash, accountId, acr, loginTs });
      return attestation ? [{ key: uid, attestation }] : [];
    }),
  );
};

/** Everything with which somebody signs in or is signed in, of before this version. */
export const attestExistingCredentials = { passwords, passkeys, codes, sessions };
