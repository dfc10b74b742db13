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

/** `new`: never in contact yet. `slow`: behind; the next full run brings it in step. */
export type TargetState = 'new' | 'healthy' | 'slow' | 'paused';

/** `released`: a second person approved it and it is being done. `superseded`: it was no longer what was seen. */
export type RunState = 'running' | 'done' | 'held' | 'released' | 'superseded' | 'failed';

/** One thing that waits for a second person: somebody is disabled, or leaves a group with it. */
export type HeldChange =
  | {
      readonly kind: 'disable';
      readonly dn: string;
      readonly personId: string;
      readonly attributes: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly kind: 'leave'; readonly group: string; readonly member: string };

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
    state: Generated<TargetState>;
    needs_full_run: Generated<boolean>;
    last_run_at: Date | null;
    created_at: Generated<Date>;
  };
  'sync.run': {
    id: string;
    target_id: string;
    mode: 'plan' | 'apply';
    state: RunState;
    totals: RunTotals;
    held_reason: Text | null;
    /** Stable code; the sentence is in `failure_detail`. */
    failure: string | null;
    failure_detail: Text | null;
    digest: Buffer | null;
    held: HeldChange[] | null;
    approval_id: string | null;
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
    held: Generated<boolean>;
  };
  'sync.pending': {
    target_id: string;
    person_id: string;
    added_at: Generated<Date>;
  };
  'sync.disabled': {
    target_id: string;
    person_id: string;
    organisation_ids: string[];
    at: Date;
    approved: boolean;
  };
};

export function syncOf(db: Database | Transaction): Kysely<SyncTables> {
  return (db as Database).withTables<SyncTables>();
}
