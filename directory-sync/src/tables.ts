import type { Database, Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { Generated, Kysely } from 'kysely';

export interface RunTotals {
  readonly added: number;
  readonly changed: number;
  readonly disabled: number;
  readonly unchanged: number;
  readonly failed: number;
}

/** A type alias, because Kysely asks for an index signature, which an interface has not. */
export type SyncTables = {
  'sync.target': {
    id: string;
    name: string;
    kind: 'ldap';
    url: string;
    base_dn: string;
    bind_dn: string;
    sealed_bind_password: Buffer;
    organisation_id: string;
    state: Generated<'healthy' | 'slow' | 'paused'>;
    needs_full_run: Generated<boolean>;
    last_run_at: Date | null;
    created_at: Generated<Date>;
  };
  'sync.run': {
    id: string;
    target_id: string;
    mode: 'plan' | 'apply';
    state: 'running' | 'done' | 'held' | 'failed';
    totals: RunTotals;
    held_reason: Text | null;
    failure: string | null;
    started_at: Date;
    finished_at: Date | null;
  };
  'sync.change': {
    run_id: string;
    number: number;
    action: 'add' | 'change' | 'disable';
    dn: string;
    attributes: string[];
    error: string | null;
  };
};

export function syncOf(db: Database | Transaction): Kysely<SyncTables> {
  return (db as Database).withTables<SyncTables>();
}
