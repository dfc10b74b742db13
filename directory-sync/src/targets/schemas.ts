import { nullable, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { Contract, contractFields } from '../model/contract.ts';

const AnyJson = Type.Record(Type.String(), Type.Unknown());
const Values = Type.Record(Type.String(), Type.Array(Type.String()));

export const Target = Type.Object({
  id: Uuid,
  name: Type.String(),
  kind: Type.String(),
  /** Of its kind, without the secret. */
  settings: AnyJson,
  contract: Contract,
  organisationId: Uuid,
  state: Type.Enum(['new', 'healthy', 'slow', 'paused']),
  lastRunAt: nullable(Time),
  /** Why the last run did not bring it in step. */
  failure: nullable(Type.String()),
  /** The same as a code: `sync/changes-refused` when it answered and refused some. */
  failureCode: nullable(Type.String()),
  heldRunId: nullable(Uuid),
  pending: Type.Integer({ description: 'People who changed and are not there yet' }),
  may: Type.Array(Type.Literal('sync.write'), { description: 'What the caller may do to it' }),
});

const Totals = Type.Object({
  added: Type.Integer(),
  changed: Type.Integer(),
  disabled: Type.Integer(),
  memberships: Type.Integer({ description: 'People who come into groups or leave them' }),
  unchanged: Type.Integer(),
  failed: Type.Integer(),
});

const Proof = Type.Object(
  {
    isConverged: Type.Boolean({ description: 'Both digests are one: the target holds what it should' }),
    people: Type.Integer(),
    differing: Type.Integer({ description: 'People whom the target holds otherwise' }),
    schools: Type.Integer(),
    differingSchools: Type.Array(Type.Object({ id: Uuid, name: Type.String() }), { description: 'At most twenty' }),
    digest: Type.String({ description: 'SHA-256 over what the target holds, hexadecimal' }),
  },
  { description: 'What was found when the target was read again after the run' },
);

export const Run = Type.Object({
  id: Uuid,
  mode: Type.Enum(['plan', 'apply']),
  state: Type.Enum(['running', 'done', 'held', 'released', 'superseded', 'failed']),
  totals: Totals,
  failure: nullable(Type.String()),
  heldReason: nullable(Type.String()),
  digest: nullable(Type.String()),
  proof: nullable(Proof),
  startedAt: Time,
  finishedAt: nullable(Time),
});

/** What differs between a target and the registry about one person or group. */
export const ChangeView = Type.Object({
  kind: Type.Enum(['person', 'group', 'membership']),
  action: Type.Enum(['add', 'change', 'disable', 'remove']),
  /** An education ID, or the name of a group. */
  key: Type.String(),
  /** What differs, as the target holds it. */
  before: Values,
  after: Values,
});

export const RunView = Type.Object({
  ...Run.properties,
  changes: Type.Array(
    Type.Object({
      ...ChangeView.properties,
      state: Type.Enum(['waiting', 'done', 'failed']),
      error: nullable(Type.String()),
      held: Type.Boolean(),
    }),
  ),
  refusals: Type.Array(Type.Object({ why: Type.String(), count: Type.Integer() }), {
    description: 'What the target answered to the changes that it refused, the most frequent first; at most ten',
  }),
});

/** A field as a recipient gets it of one person, and why, or why not. */
export const FieldView = Type.Object({
  field: Type.Enum([...contractFields]),
  values: Type.Array(Type.String()),
  reason: Type.Enum(['allowed', 'not-in-contract', 'unknown', 'not-released']),
});
