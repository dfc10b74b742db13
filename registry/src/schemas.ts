import { logNames } from '@edutrust/platform/ledger';
import {
  BirthDate,
  Day,
  FullName,
  nullable,
  OfficialRef,
  PersonId,
  PersonRef,
  personal,
  Time,
  Uuid,
} from '@edutrust/platform/schemas';
import Type from 'typebox';
import { actions } from './permissions/roles.ts';

/** JSON shapes that several of the registry's routes share. */

export const AffiliationRole = Type.Enum(['learner', 'teacher', 'staff', 'guardian']);
export const Gender = Type.Enum(['female', 'male'], personal);
const PersonStatus = Type.Enum(['active', 'left', 'archived', 'merged', 'erased']);
export const OrganisationKind = Type.Enum(['department', 'ward', 'school', 'centre']);

export const SchoolLevel = Type.Enum([
  'preschool',
  'primary',
  'lower-secondary',
  'upper-secondary',
  'continuing',
  'multi-level',
]);

export const OrganisationSummary = Type.Object({
  id: Uuid,
  kind: OrganisationKind,
  level: nullable(SchoolLevel),
  code: Type.String(),
  name: Type.String(),
  parentId: nullable(Uuid),
  path: Type.Array(Type.Object({ id: Uuid, name: Type.String() })),
});

/** What the caller may do to this very object, now and as they signed in. */
export const May = Type.Array(Type.Enum([...actions]), { description: 'What the caller may do to it' });

export const OrganisationView = Type.Object({ ...OrganisationSummary.properties, may: May });

export const OrganisationWithCounts = Type.Object({
  ...OrganisationView.properties,
  counts: Type.Object({ learners: Type.Integer(), staff: Type.Integer() }),
});

const Affiliation = Type.Object({
  role: AffiliationRole,
  title: nullable(Type.String()),
  organisation: Type.Object({ id: Uuid, name: Type.String(), code: Type.String(), kind: OrganisationKind }),
  className: nullable(Type.String()),
  validFrom: Day,
  validUntil: nullable(Day),
});

export const PersonSummary = Type.Object({
  ...PersonRef.properties,
  birthDate: nullable(BirthDate),
  gender: nullable(Gender),
  status: PersonStatus,
  affiliations: Type.Array(Affiliation),
});

const Relative = Type.Object({ id: PersonId, fullName: FullName, relation: Type.String() });
const AnyJson = Type.Record(Type.String(), Type.Unknown());

export const PersonView = Type.Object({
  ...PersonSummary.properties,
  email: nullable(Type.String({ ...personal, description: 'Where notices are mailed to; for who may change it' })),
  ministryId: nullable(
    Type.String({ ...personal, description: 'The ministry’s identifier, for who may have it corrected' }),
  ),
  lifelongCode: nullable(
    Type.String({ ...personal, description: 'Code of the lifelong learning record (Decree 88/2026), likewise' }),
  ),
  correctsAlone: Type.Boolean({
    description: 'The caller may correct full name and birth date alone: it is their own slip of the last 24 hours',
  }),
  aliases: Type.Array(Type.String(), personal),
  history: Type.Array(Affiliation),
  enrolments: Type.Array(
    Type.Object({
      schoolYear: Type.Integer(),
      className: Type.String(),
      organisation: Type.String(),
      validFrom: Day,
      validUntil: nullable(Day),
    }),
  ),
  guardians: Type.Array(
    Type.Object({ ...Relative.properties, guardianshipId: Uuid, scope: Type.Enum(['full', 'documents', 'none']) }),
  ),
  wards: Type.Array(
    Type.Object({ ...Relative.properties, guardianshipId: Uuid, scope: Type.Enum(['full', 'documents', 'none']) }),
  ),
  timeline: Type.Array(Type.Object({ at: Time, type: Type.String(), data: AnyJson })),
  may: May,
});

export const ClassSummary = Type.Object({
  id: Uuid,
  organisationId: Uuid,
  organisationName: Type.String(),
  code: Type.String(),
  grade: Type.Integer(),
  schoolYear: Type.Integer(),
  teacher: nullable(OfficialRef),
  learnerCount: Type.Integer(),
  may: May,
});

export const ClassView = Type.Object({
  ...ClassSummary.properties,
  learners: Type.Array(
    Type.Object({ ...PersonRef.properties, birthDate: nullable(BirthDate), gender: nullable(Gender) }),
  ),
});

const Named = Type.Object({ kind: Type.String(), id: Type.String(), name: nullable(Type.String()) });

export const AuditEntry = Type.Object({
  id: Uuid,
  index: nullable(Type.Integer()),
  at: Time,
  type: Type.String(),
  actor: Named,
  subject: Named,
  organisationId: nullable(Uuid),
  data: AnyJson,
});

export const LedgerVerdict = Type.Object({
  log: Type.Enum([...logNames]),
  intact: Type.Boolean(),
  size: Type.Integer(),
  firstBadIndex: Type.Optional(Type.Integer()),
  reason: Type.Optional(Type.String()),
});
