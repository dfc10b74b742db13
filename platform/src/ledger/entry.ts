import canonicalize from 'canonicalize';

/** A row of platform.ledger_entry, as far as its leaf is made from it. */
export interface EntryRow {
  readonly id: string;
  readonly at: Date;
  readonly type: string | null;
  readonly actor: unknown;
  readonly subject_kind: string | null;
  readonly subject_id: string | null;
  readonly organisation_id: string | null;
  readonly data: unknown;
  readonly leaf: Buffer | null;
}

/**
 * The bytes that are hashed into the log: of the signatures log the leaf itself, of the audit log every column that
 * is shown, as canonical JSON (RFC 8785).
 */
export function leafBytes(row: EntryRow): Buffer {
  if (row.leaf) return row.leaf;
  const text = canonicalize({
    id: row.id,
    at: row.at.toISOString(),
    type: row.type,
    actor: row.actor,
    subject: { kind: row.subject_kind, id: row.subject_id },
    organisation: row.organisation_id,
    data: row.data,
  });
  return Buffer.from(text ?? '', 'utf8');
}
