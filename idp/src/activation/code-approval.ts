import type { Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { strict, Uuid } from '@edutrust/platform/schemas';
import type { ApprovalKind } from '@edutrust/registry/approvals';
import { type Role, roleNames, roles } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { invitingTakesTwo } from '../accounts/inviting.ts';
import { createActivationCode } from './activation.ts';

const CodeFor = Type.Object(
  {
    personId: Uuid,
    personName: Type.String(),
    educationId: Type.String(),
    personVersion: Type.Integer(),
    roles: Type.Array(Type.Enum([...roles])),
    hasAccount: Type.Boolean(),
    /** Absent: they belong somewhere. */
    hasLeft: Type.Optional(Type.Boolean()),
  },
  strict,
);
type CodeFor = Type.Static<typeof CodeFor>;

const both = (text: string) => ({ vi: text, en: text });

/**
 * A code for somebody who answers for others: two people make it, and each holds half of it, so that neither can use it
 * without the person it is for (F1: somebody who resets credentials alone could be that person).
 */
export const codeKind: ApprovalKind<CodeFor> = {
  kind: 'activation-code.create',
  content: CodeFor,
  approve: 'approvals.approve',
  lifeHours: 72,
  describe: ({ personName, educationId, roles: held, hasAccount, hasLeft = false }) => ({
    title: {
      vi: `Cấp mã kích hoạt cho ${personName}`,
      en: `Make an activation code for ${personName}`,
    },
    facts: [
      { label: { vi: 'Người', en: 'Person' }, value: both(personName) },
      { label: { vi: 'Mã giáo dục', en: 'Education ID' }, value: both(educationId) },
      {
        label: { vi: 'Vai trò', en: 'Roles' },
        value: {
          vi: held.map((role) => roleNames[role].vi).join(', ') || 'không',
          en: held.map((role) => roleNames[role].en).join(', ') || 'none',
        },
      },
      ...(hasLeft
        ? [
            {
              label: { vi: 'Đã rời trường', en: 'Has left the school' },
              value: {
                vi: 'Mã mở giấy tờ và dữ liệu riêng của người này: chỉ trao cho chính họ, sau khi xem giấy tờ tuỳ thân.',
                en: 'The code opens this person’s own papers and data: give it to nobody else, and look at an identity paper first.',
              },
            },
          ]
        : []),
      {
        label: { vi: 'Hậu quả', en: 'Consequence' },
        value: hasAccount
          ? {
              vi: 'Người có mã chọn cách đăng nhập mới; các phiên cũ kết thúc, và 72 giờ sau mới được duyệt hay đăng ký ký số.',
              en: 'The holder of the code chooses new means of signing in; old sessions end, and only 72 hours later the account can approve or enrol a phone.',
            }
          : {
              vi: 'Người có mã chọn cách đăng nhập lần đầu.',
              en: 'The holder of the code chooses means of signing in for the first time.',
            },
      },
      {
        label: { vi: 'Ai giữ mã', en: 'Who holds the code' },
        value: {
          vi: 'Người lập nửa đầu, người duyệt nửa sau; mỗi người đọc nửa của mình cho người nhận.',
          en: 'Its maker the first half, the second person the other; each reads theirs to the person it is for.',
        },
      },
    ],
  }),
  concerns: ({ personId }) => personId,
  apply: async (transaction, content, { context, maker, approver }) => {
    const now = await describeCodeFor(transaction, content.personId);
    if (now.personVersion !== content.personVersion || now.roles.join() !== content.roles.join()) throw changed();
    await invitingTakesTwo(transaction, maker, content.personId); // still within the maker's reach
    const { halves } = await createActivationCode(transaction, context, content.personId, approver, {
      isForTwo: true,
      alsoBy: maker.personId,
    });
    return {
      collect: [
        { personId: maker.personId, text: halves[0] },
        { personId: approver.personId, text: halves[1] },
      ],
    };
  },
};

/** What making a code covers, as the registry has it now. @throws NotFound */
export async function describeCodeFor(transaction: Transaction, personId: string): Promise<CodeFor> {
  const { rows } = await sql<Omit<CodeFor, 'roles'> & { roles: Role[] }>`
    SELECT p.id AS "personId", p.full_name AS "personName", p.education_id AS "educationId", p.version AS "personVersion",
      p.status <> 'active' AS "hasLeft",
      coalesce((SELECT a.activated_at IS NOT NULL FROM idp.account AS a WHERE a.person_id = p.id), false) AS "hasAccount",
      ARRAY(SELECT DISTINCT role FROM registry.role_assignment WHERE person_id = p.id AND ended_at IS NULL ORDER BY role) AS roles
    FROM registry.person AS p WHERE p.id = ${personId} AND p.status IN ('active', 'left', 'archived')`.execute(
    transaction,
  );
  if (rows[0]) return rows[0];
  throw new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });
}

function changed(): Conflict {
  return new Conflict(
    'accounts/person-changed',
    {
      vi: 'Hồ sơ hoặc vai trò của người này đã đổi sau khi lập đề nghị.',
      en: 'The record or the roles of this person were changed after this was proposed.',
    },
    { remedy: { vi: 'Lập lại đề nghị.', en: 'Propose it again.' } },
  );
}
