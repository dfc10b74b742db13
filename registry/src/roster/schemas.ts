import { FullName, nullable, PersonId, Sha256Hex, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { rosterKinds } from './read/refusals.ts';

export const Kind = Type.Enum([...rosterKinds]);
export const Totals = Type.Object({
  added: Type.Integer(),
  changed: Type.Integer(),
  left: Type.Integer(),
  referred: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
  skipped: Type.Integer(),
});
export const PlanSummary = Type.Object({
  id: Uuid,
  kind: Kind,
  fileName: Type.String(),
  status: Type.Enum(['planned', 'held', 'applying', 'applied', 'superseded', 'undone']),
  /** Of a plan that is being applied: changes that are done, of all that it holds. */
  progress: nullable(Type.Object({ done: Type.Integer(), total: Type.Integer() })),
  createdAt: Time,
  appliedAt: nullable(Time),
  totals: Totals,
});
export const PlanView = Type.Object({
  ...PlanSummary.properties,
  sheet: nullable(Type.String()),
  completeness: Type.Enum(['partial', 'classes', 'schools']),
  schoolYear: nullable(Type.Integer()),
  digest: nullable(Type.String()),
  heldReason: nullable(Type.String()),
  /** What the caller may do with the plan now: `apply` it, or `propose` a held one to a second person. */
  may: Type.Array(Type.Enum(['apply', 'propose', 'undo'])),
  approvalId: nullable(Uuid),
  /** Rows that may be somebody who is known and that nobody has answered yet: `/api/v1/roster/questions`. */
  questions: Type.Integer({ minimum: 0 }),
  ignoredColumns: Type.Array(Type.Object({ header: Type.String(), doubt: nullable(Type.String()) })),
  notes: Type.Array(Type.String()),
  places: Type.Array(
    Type.Object({
      name: Type.String(),
      added: Type.Integer(),
      changed: Type.Integer(),
      left: Type.Integer(),
      referred: Type.Integer(),
    }),
  ),
  changes: Type.Array(
    Type.Object({
      row: Type.Integer(),
      action: Type.Enum(['added', 'changed', 'left', 'referred']),
      /** Null: nobody yet, or beyond the reader's reach. */
      personId: nullable(PersonId),
      fullName: FullName,
      className: nullable(Type.String()),
      verdict: nullable(Type.Enum(['same', 'other'])),
      fields: Type.Array(
        Type.Object({
          column: Type.String(),
          before: Type.Optional(nullable(Type.String())),
          after: Type.Optional(nullable(Type.String())),
        }),
      ),
    }),
  ),
  refusals: Type.Array(
    Type.Object({ row: Type.Integer(), column: Type.String(), value: Type.String(), reason: Type.String() }),
  ),
  skipped: Type.Array(Type.Object({ row: Type.Integer(), text: Type.String(), reason: Type.String() })),
});
export const InspectionView = Type.Object({
  headerRow: Type.Integer(),
  sheet: nullable(Type.String()),
  sheets: Type.Array(Type.String()),
  rows: Type.Integer(),
  /** What somebody of the organisation confirmed for this header row, by its SHA-256. */
  remembered: nullable(Type.Object({ organisationId: Uuid, header: Sha256Hex, confirmedAt: Time })),
  columns: Type.Array(
    Type.Object({
      index: Type.Integer(),
      header: Type.String(),
      field: nullable(Type.String()),
      doubt: nullable(Type.String()),
      sample: Type.Array(Type.String()),
    }),
  ),
  unclear: Type.Array(Type.String()),
  fields: Type.Array(Type.Object({ id: Type.String(), label: Type.String(), isRequired: Type.Boolean() })),
});

export const UndoView = Type.Object({
  until: Time,
  isUndone: Type.Boolean(),
  /** People who get back what they had. */
  restored: Type.Integer(),
  /** New records that belong nowhere afterwards. */
  withdrawn: Type.Integer(),
  blocked: Type.Array(Type.Object({ personId: PersonId, fullName: FullName, reason: Type.String() })),
  blockedCount: Type.Integer(),
});
