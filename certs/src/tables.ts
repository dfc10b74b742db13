import type { Database, Transaction } from '@edutrust/platform/database';
import type { Generated, Kysely } from 'kysely';
import type { CertificateRequestState } from './requests/states.ts';

/** Where the private key of a certificate is: with its holder (a USB token), or in our key store. */
export type KeyCustody = 'outside' | 'key-store';

/** A type alias, because Kysely asks for an index signature, which an interface has not. */
export type CertsTables = {
  'certs.key': {
    id: string;
    purpose: string;
    algorithm: string;
    public_key: Buffer;
    store: 'soft' | 'pkcs11' | 'offline';
    sealed_private_key: Buffer | null;
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
    public_key_sha256: Buffer;
    listed_in: number | null;
    released_at: Date | null;
    created_at: Generated<Date>;
  };
  'certs.authority': {
    id: string;
    role: 'root' | 'people' | 'services';
    name: string;
    purpose: string;
    issuer_id: string | null;
    key_id: string;
    certificate: Buffer;
    retired_at: Date | null;
  };
  'certs.anchor': {
    id: string;
    name: string;
    certificate: Buffer;
    sha256: Buffer;
    purposes: ('documents' | 'time-stamps')[];
    trusted_from: Date | null;
    trusted_until: Date | null;
    permitted_names: string[];
    created_at: Generated<Date>;
    ended_at: Date | null;
  };
  'certs.request': {
    id: string;
    profile: 'seal' | 'official';
    organisation_id: string;
    person_id: string | null;
    custody: KeyCustody;
    state: CertificateRequestState;
    public_key: Buffer | null;
    public_key_sha256: Buffer | null;
    csr: Buffer | null;
    key_id: string | null;
    renews: string | null;
    requested_by: string | null;
    requested_at: Date;
    decided_by: string | null;
    decided_at: Date | null;
    reason: string | null;
    certificate_serial: string | null;
    /** The act of two people; null for what the program renewed, and for requests of before. */
    approval_id: string | null;
  };
  'certs.cross_certificate': { sha256: Buffer; certificate: Buffer; created_at: Generated<Date> };
  'certs.responder': { purpose: 'ocsp' | 'tsa' | 'receipts'; issuer_id: string; key_id: string; certificate: Buffer };
  'certs.revocation_list': {
    issuer_id: string;
    number: number;
    der: Buffer;
    this_update: Date;
    next_update: Date;
    is_base: boolean;
    delta: Buffer | null;
  };
  'certs.time_stamp': { serial: string; generated_at: Date; message_imprint: Buffer };
};

export function certsOf(db: Database | Transaction): Kysely<CertsTables> {
  return (db as Database).withTables<CertsTables>();
}
