import type { Database, Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { RosterKindId } from '@edutrust/registry/roster';
import type { Generated, Kysely } from 'kysely';
import type { Proof } from './engine/digest.ts';
import type { ExportFormat, ExportSchedule } from './exports/formats.ts';
import type { ChangeAction, ChangeKind } from './model/change.ts';
import type { Contract } from './model/contract.ts';
import type { SignatureScheme } from './webhooks/signature.ts';

/** How many people were added, changed and disabled, how many came into groups or left them, how many stay, how many failed. */
export interface RunTotals {
  readonly added: number;
  readonly changed: number;
  readonly disabled: number;
  readonly memberships: number;
  readonly unchanged: number;
  readonly failed: number;
}

/** `new`: never in contact yet. `slow`: behind; the next full run brings it in step. */
export type TargetState = 'new' | 'healthy' | 'slow' | 'paused';

/** `released`: a second person approved it and it is being done. `superseded`: it was no longer what was seen. */
export type RunState = 'running' | 'done' | 'held' | 'released' | 'superseded' | 'failed';

export type SourceState = 'on' | 'paused';

/** `same`: nothing to do. `waiting`: a plan waits for a person. `failed`: not read to its end, and nothing follows. */
export type SourceRunState = 'running' | 'same' | 'waiting' | 'applied' | 'failed';

/** Why a message did not arrive, as far as the sender can say. */
export type SendFailure = 'status' | 'timeout' | 'certificate' | 'private-address' | 'unreachable';

/** See `webhooks/webhooks.ts` for the moves. */
export type WebhookState = 'on' | 'paused' | 'disabled';

/** A type alias, because Kysely asks for an index signature, which an interface has not. */
export type SyncTables = {
  'sync.target': {
    id: string;
    name: string;
    kind: string;
    settings: Readonly<Record<string, unknown>>;
    sealed_secret: Buffer;
    contract: Contract;
    organisation_id: string;
    state: Generated<TargetState>;
    needs_full_run: Generated<boolean>;
    last_run_at: Date | null;
    /** The process that works on it: a lease until `held_until`. */
    held_by: Generated<string | null>;
    held_until: Generated<Date | null>;
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
    held_digest: Buffer | null;
    approval_id: string | null;
    /** Of a run that was done, when the target could be read again. */
    proof: Proof | null;
    planned_at: Date | null;
    /** Numbers of changes that were done, as PostgreSQL writes a multirange: `{[0,500),[510,511)}`. */
    done: Generated<string>;
    delivered_at: Date | null;
    started_at: Date;
    finished_at: Date | null;
  };
  'sync.change': {
    run_id: string;
    number: number;
    kind: ChangeKind;
    action: ChangeAction;
    key: string;
    person_id: string | null;
    before: Record<string, string[]>;
    after: Record<string, string[]>;
    of_leaver: boolean;
    /** Waits for a second person. */
    held: Generated<boolean>;
    /** `done` of runs of before; now the run says which are. */
    state: Generated<'waiting' | 'done' | 'failed'>;
    error: string | null;
  };
  'sync.source': {
    id: string;
    name: string;
    kind: string;
    settings: Readonly<Record<string, unknown>>;
    sealed_secret: Buffer;
    organisation_id: string;
    rosters: RosterKindId[];
    /** Who is absent from it has left. */
    is_whole: boolean;
    /** Plans of learners and guardians that are not held are applied at once. */
    applies: boolean;
    state: Generated<SourceState>;
    /** With whose rights its rows are read, as strongly as they had signed in when they added it. */
    owner_id: string;
    owner_acr: string;
    /** Of what was planned last: the same again, and nothing is read. */
    mark: Buffer | null;
    created_at: Generated<Date>;
  };
  'sync.source_run': {
    id: string;
    source_id: string;
    state: SourceRunState;
    plan_ids: string[];
    failure: string | null;
    failure_detail: Text | null;
    started_at: Date;
    finished_at: Date | null;
  };
  'sync.pending': {
    target_id: string;
    person_id: string;
    added_at: Generated<Date>;
  };
  'sync.lag': {
    target_id: string;
    at: Date;
    /** How long the one who waits longest has waited, in seconds; 0 when nobody does. */
    seconds: number;
    pending: number;
  };
  'sync.mark': {
    target_id: string;
    bucket: string;
    digest: Buffer;
  };
  /** No row means that nobody knows; nor does one of somebody who is in a flight. */
  'sync.delivered': {
    target_id: string;
    person_id: string;
    version: Buffer;
    groups: string[];
  };
  'sync.flight': {
    target_id: string;
    id: string;
    holder: string;
    person_ids: string[];
  };
  'sync.disabled': {
    target_id: string;
    person_id: string;
    organisation_ids: string[];
    at: Date;
    approved: boolean;
  };
  'sync.reference': {
    target_id: string;
    kind: 'person' | 'group';
    key: string;
    reference: string;
  };
  'sync.number': {
    target_id: string;
    number: number;
    key: string | null;
  };
  'sync.client': {
    id: string;
    name: string;
    kind: 'scim' | 'oneroster' | 'events';
    organisation_id: string;
    contract: Contract;
    /** SCIM only: makes staff, and governs those whom it made. */
    may_write: boolean;
    token_sha256: Buffer;
    /** Still taken until `old_token_until`, after a new one was made. */
    old_token_sha256: Buffer | null;
    old_token_until: Date | null;
    /** To the hour. */
    last_used_at: Date | null;
    created_at: Generated<Date>;
    ended_at: Date | null;
  };
  'sync.release': {
    recipient_id: string;
    person_id: string;
    fields: string[];
    recipient_name: string;
    first_at: Date;
    last_at: Date;
    times: Generated<number>;
  };
  'sync.webhook': {
    id: string;
    client_id: string;
    url: string;
    types: string[];
    scheme: SignatureScheme;
    sealed_secret: Buffer;
    /** The one of before, which signs beside it until `previous_until`. */
    previous_sealed_secret: Buffer | null;
    previous_until: Date | null;
    state: Generated<WebhookState>;
    disabled_reason: 'gone' | 'failing' | null;
    /** Of the last message of the feed that was taken. */
    position: number;
    /** While something is sent again: of the last one that was taken, and where it ends. */
    replay_position: number | null;
    replay_until: number | null;
    /** In a row. */
    failures: Generated<number>;
    next_at: Date;
    held_by: string | null;
    held_until: Date | null;
    created_by: string | null;
    created_at: Generated<Date>;
  };
  'sync.export': {
    id: string;
    client_id: string;
    format: ExportFormat;
    schedule: ExportSchedule;
    created_at: Generated<Date>;
  };
  'sync.export_file': {
    id: string;
    export_id: string;
    name: string;
    media_type: string;
    bytes: number;
    sha256: Buffer;
    made_at: Date;
    expires_at: Date;
    is_whole: Generated<boolean>;
    downloads: Generated<number>;
  };
  'sync.export_chunk': {
    file_id: string;
    number: number;
    sealed: Buffer;
  };
  'sync.webhook_attempt': {
    webhook_id: string;
    number: Generated<number>;
    event_id: string;
    position: number;
    type: string;
    at: Date;
    status: number | null;
    failure: SendFailure | null;
    duration_ms: number;
    is_replay: boolean;
  };
};

export function syncOf(db: Database | Transaction): Kysely<SyncTables> {
  return (db as Database).withTables<SyncTables>();
}
