import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden } from '@edutrust/platform/errors';
import { can } from '../permissions/permissions.ts';
import type { Act } from './envelope.ts';
import type { ApprovalKind, ApprovalPasskey, ApprovalPorts } from './kind.ts';
import { type ApprovalRow, contentOf, kindOf, noApproval, openEnvelope } from './store.ts';

/** An approval that was opened for one of its acts. */
export interface Opened {
  readonly row: ApprovalRow;
  readonly kind: ApprovalKind;
  readonly content: unknown;
  readonly expiresAt: Date;
}

export function open(ports: ApprovalPorts, row: ApprovalRow): Opened {
  const kind = kindOf(ports, row);
  const envelope = openEnvelope(row);
  return { row, kind, content: contentOf(kind, envelope), expiresAt: envelope.expiresAt };
}

/** The passkeys that the act may be made with. */
export async function passkeysFor(
  ports: ApprovalPorts,
  db: Transaction | ServiceContext['db'],
  { kind, content }: Opened,
  act: Act,
  personId: string,
): Promise<{ readonly passkeys: readonly ApprovalPasskey[]; readonly isSignIn: boolean }> {
  const own = act === 'confirm' ? kind.makerPasskey?.(content) : undefined;
  if (own) return { passkeys: [own], isSignIn: false };
  return { passkeys: await ports.passkeysOf(db, personId), isSignIn: true };
}

/** Who may decide, either way. @throws NotFound; Forbidden `approvals/for-another` where another person is named */
export async function mustReach({ db }: ServiceContext, opened: Opened, actor: PersonActor): Promise<void> {
  const { row, kind, content } = opened;
  if (!(await can(db)(actor, kind.approve, { organisationId: row.organisation_id }))) throw noApproval(); // to others it is not there
  if (row.maker_id === actor.personId || (kind.approver?.(content) ?? actor.personId) === actor.personId) return;
  throw new Forbidden('approvals/for-another', {
    vi: 'Việc này chờ đúng một người duyệt; tên người ấy có trong nội dung.',
    en: 'This waits for one person alone, whom it names.',
  });
}

export function mustBeInTime({ expiresAt }: Opened, now: Date): void {
  if (now < expiresAt) return;
  throw new Conflict(
    'approvals/expired',
    { vi: 'Việc này đã quá hạn chờ.', en: 'This has waited too long.' },
    { remedy: { vi: 'Người lập hãy lập lại.', en: 'Ask its maker to propose it again.' } },
  );
}
