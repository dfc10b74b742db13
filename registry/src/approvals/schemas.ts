import { FullName, nullable, OfficialRef, PersonId, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { approvalMoves } from './states.ts';

export const ApprovalSummary = Type.Object({
  id: Uuid,
  kind: Type.String(),
  state: Type.Enum([...approvalMoves.states]),
  title: Type.String(),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  maker: OfficialRef,
  approver: nullable(OfficialRef),
  concerns: nullable(Type.Object({ id: PersonId, fullName: FullName })),
  createdAt: Time,
  confirmedAt: nullable(Time),
  closedAt: nullable(Time),
  expiresAt: Time,
  isBarred: Type.Boolean({
    description:
      'The caller cannot be the second person yet, because of credentials that were given in the last 72 hours',
  }),
});

export const ApprovalView = Type.Object({
  ...ApprovalSummary.properties,
  facts: Type.Array(Type.Object({ label: Type.String(), value: Type.String() }), {
    description: 'Everything that the digest covers, in words',
  }),
  digest: Type.String({ description: 'SHA-256 of `covered`, hexadecimal' }),
  code: Type.String({ description: 'The end of the digest, to read to each other' }),
  covered: Type.String({ description: 'The canonical JSON (RFC 8785) that the digest is of' }),
  reason: nullable(Type.String()),
  asksForCode: Type.Boolean({ description: 'The approver types what the person concerned reads out' }),
  page: nullable(Type.String({ description: 'Where the console shows what is covered by a digest alone' })),
  warnings: Type.Array(Type.String()),
  may: Type.Array(Type.Enum(['confirm', 'approve', 'refuse', 'withdraw', 'collect'])),
  barred: nullable(Type.String({ description: 'Why the caller, who could otherwise, cannot be the second person' })),
});

export const Evidence = Type.Object({
  isValid: Type.Boolean(),
  checks: Type.Array(
    Type.Object({
      check: Type.Enum([
        'digest',
        'confirm-assertion',
        'approve-assertion',
        'two-people',
        'two-passkeys',
        'ledger',
        'attested',
      ]),
      isRight: Type.Boolean(),
    }),
  ),
  acts: Type.Array(
    Type.Object({
      act: Type.Enum(['confirm', 'approve']),
      personId: Uuid,
      at: Time,
      credentialId: Type.String(),
      publicKey: Type.String({ description: 'COSE_Key, base64url' }),
      challenge: Type.String({ description: 'base64url' }),
      assertion: Type.Record(Type.String(), Type.Unknown()),
      assertionSha256: Type.String(),
    }),
  ),
});
