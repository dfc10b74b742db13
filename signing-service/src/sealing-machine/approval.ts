import type { ApprovalKind } from '@edutrust/registry/approvals';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { describeMachine, type Machine, machineApproval, machineChanged } from './approved.ts';
import { mustBeOwn } from './certificate.ts';
import { lockMachine } from './machine.ts';
import { machineMoves } from './states.ts';

/** A pairing ends with its certificate, and after a year at the latest. */
const mostPairedMs = 365 * 86_400_000;

const both = (text: string) => ({ vi: text, en: text });

/** Names are written in many ways: only what is the same but for case and spaces counts as the same. */
const isNamed = ({ organisationName, certificateOrganisation }: Machine): boolean => {
  const plain = (name: string) => name.normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
  return plain(organisationName) === plain(certificateOrganisation);
};

const otherName = {
  label: { vi: 'Chú ý', en: 'Attention' },
  value: {
    vi: 'Chứng thư không ghi đúng tên trường này. Chỉ duyệt khi đã hỏi lại trường và chắc đó là con dấu của trường.',
    en: 'The certificate does not name this school as it is named here. Approve only when the school has confirmed that it is its seal.',
  },
};

/**
 * A certificate from outside becomes a school's seal, on one machine: the clerk who has the token proposes it, a security
 * officer compares the school with the name in the certificate and approves.
 */
export const pairMachineKind: ApprovalKind<Machine> = {
  ...machineApproval,
  isEvidence: true,
  approve: 'signing.approve-enrolment',
  lifeHours: 72,
  describe: (content) => ({
    title: {
      vi: `Máy đóng dấu của ${content.organisationName}`,
      en: `The sealing machine of ${content.organisationName}`,
    },
    facts: [
      { label: { vi: 'Đơn vị', en: 'Organisation' }, value: both(content.organisationName) },
      {
        label: { vi: 'Đơn vị ghi trong chứng thư', en: 'Organisation in the certificate' },
        value: both(content.certificateOrganisation),
      },
      ...(isNamed(content) ? [] : [otherName]),
      { label: { vi: 'Tên trong chứng thư', en: 'Certified name' }, value: both(content.certificateSubject) },
      { label: { vi: 'Nơi cấp', en: 'Issued by' }, value: both(content.certificateIssuer) },
      { label: { vi: 'Hết hạn', en: 'Valid until' }, value: both(content.certificateUntil) },
      {
        label: { vi: 'SHA-256 của chứng thư', en: 'SHA-256 of the certificate' },
        value: both(content.certificateSha256),
      },
      { label: { vi: 'Văn thư', en: 'Clerk' }, value: both(content.personName) },
      { label: { vi: 'Máy tính', en: 'Computer' }, value: both(content.machineName) },
    ],
  }),
  concerns: ({ personId }) => personId,
  apply: async (transaction, content, { context, approver }) => {
    const machine = await lockMachine(transaction, content.machineId);
    machineMoves.mustMove(machine.state, 'paired');
    const now = await describeMachine(transaction, machine);
    if ((Object.keys(content) as (keyof Machine)[]).some((name) => now[name] !== content[name])) throw machineChanged();
    await mustBeOwn(transaction, { certificate: machine.certificate, organisationId: machine.organisation_id });
    const pairedAt = context.clock.now();
    await signingOf(transaction)
      .updateTable('signing.sealing_machine')
      .set({
        state: 'paired',
        paired_at: pairedAt,
        expires_at: new Date(Math.min(machine.certificate_until.getTime(), pairedAt.getTime() + mostPairedMs)),
      })
      .where('id', '=', machine.id)
      .execute();
    await record(transaction, {
      type: 'sealing-machine.paired',
      actor: approver,
      subject: { kind: 'sealing-machine', id: machine.id },
      organisationId: machine.organisation_id,
      data: { certificateSha256: content.certificateSha256 },
    });
    return undefined;
  },
  closed: async (transaction, { machineId }, _outcome, { context, actor }) => {
    const machine = await lockMachine(transaction, machineId);
    if (machine.state !== 'awaiting-approval') return;
    machineMoves.mustMove(machine.state, 'refused');
    await signingOf(transaction)
      .updateTable('signing.sealing_machine')
      .set({ state: 'refused', ended_at: context.clock.now() })
      .where('id', '=', machine.id)
      .execute();
    await record(transaction, {
      type: 'sealing-machine.refused',
      actor,
      subject: { kind: 'sealing-machine', id: machine.id },
      organisationId: machine.organisation_id,
    });
  },
};
