import type { Database, Transaction } from '@edutrust/platform/database';
import type { Generated, Kysely } from 'kysely';

/** A type alias, because Kysely asks for an index signature, which an interface has not. */
export type CertsTables = {
  'certs.key': {
    id: string;
    purpose: string;
    algorithm: string;
    public_key: Buffer;
    sealed_private_key: Buffer;
    created_at: Generated<Date>;
  };
  'certs.certificate': {
    serial: string;
    issuer_id: string;
    profile: string;
    subject: string;
    person_id: string | null;
    organisation_id: string | null;
    request_key: string;
    state: 'intent' | 'issued';
    tbs: Buffer;
    der: Buffer | null;
    not_before: Date;
    not_after: Date;
    revoked_at: Date | null;
    revocation_reason: string | null;
    ledger_entry: string | null;
    created_at: Generated<Date>;
  };
  'certs.authority': {
    id: string;
    name: string;
    purpose: string;
    issuer_id: string | null;
    key_id: string;
    certificate: Buffer;
  };
  'certs.responder': { purpose: 'ocsp' | 'tsa'; issuer_id: string; key_id: string; certificate: Buffer };
  'certs.revocation_list': { issuer_id: string; number: number; der: Buffer; this_update: Date; next_update: Date };
  'certs.time_stamp': { serial: string; generated_at: Date; message_imprint: Buffer };
};

export function certsOf(db: Database | Transaction): Kysely<CertsTables> {
  return (db as Database).withTables<CertsTables>();
}
