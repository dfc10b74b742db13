import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A row of registry.access, as it is digested. */
export interface AccessRow {
  readonly id: string;
  readonly at: Date;
  readonly operation: string;
  readonly reader_kind: 'person' | 'app' | 'system' | 'public';
  readonly reader_id: string | null;
  readonly role: string | null;
  readonly organisation_id: string | null;
  readonly people: readonly string[];
  /** 16 random bytes: who has the digest alone cannot try out whom it is about. */
  readonly salt: Buffer;
}

/** SHA-256 over every column as canonical JSON (RFC 8785): what the ledger keeps of the row. */
export function accessDigest({ at, salt, ...row }: AccessRow): Buffer {
  const { id, operation, reader_kind, reader_id, role, organisation_id, people } = row;
  const text = canonicalize({
    ...{ id, operation, reader_kind, reader_id, role, organisation_id, people },
    at: at.toISOString(),
    salt: salt.toString('base64url'),
  });
  return createHash('sha256')
    .update(text ?? '', 'utf8')
    .digest();
}
