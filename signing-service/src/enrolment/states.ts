import type { SigningRole } from '@edutrust/registry/permissions';
import type { Moves } from '../requests/states.ts';

export type EnrolmentState = 'awaiting-approval' | 'ready' | 'enrolled' | 'refused' | 'revoked';

/** `ready`: a second officer agreed and the certificate is being issued. */
export const enrolmentMoves: Moves<EnrolmentState> = {
  'awaiting-approval': ['ready', 'refused', 'revoked'],
  ready: ['enrolled', 'revoked'],
  enrolled: ['revoked'],
  refused: [],
  revoked: [],
};

/** The states of which a person has at most one enrolment. */
export const currentStates = ['awaiting-approval', 'ready', 'enrolled'] as const satisfies readonly EnrolmentState[];

/** Those who may have a phone here: they confirm signatures, or the seal. */
export const enrollingRoles: readonly SigningRole[] = ['signer', 'clerk'];
