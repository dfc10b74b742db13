import type { ServiceContext } from '@edutrust/platform/context';
import type { DemoCity } from '@edutrust/registry/demo';
import { formatEducationId } from '@edutrust/registry/education-id';
import { getPerson } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { findAccount } from '../accounts/account.ts';
import { createActivationCode } from '../activation/activation.ts';
import { type NewApp, registerApp } from '../apps/apps.ts';

const actor = { kind: 'system', name: 'setup' } as const;

/** Secrets of the demo's apps, so that the examples run as documented; made nowhere but on a demo's first start. */
export const demoSecrets = {
  'thu-vien-so': 'demo-secret-of-thu-vien-so',
  'lop-hoc': 'demo-secret-of-lop-hoc',
} as const;

const demoApps = (organisationId: string): (NewApp & { clientId: keyof typeof demoSecrets })[] => [
  {
    clientId: 'thu-vien-so',
    name: 'Thư viện số',
    purpose: {
      vi: 'Mượn sách điện tử của trường và của lớp.',
      en: 'Lends the e-books of the school and the class.',
    },
    kind: 'web',
    organisationId,
    scopes: ['openid', 'profile', 'school'],
    isApproved: false,
    picture: 'books',
    ...addressesAt('http://localhost:4001'),
  },
  {
    clientId: 'lop-hoc',
    name: 'Lớp học trực tuyến',
    purpose: { vi: 'Bài giảng và bài tập của lớp.', en: 'Lessons and homework of your class.' },
    kind: 'web',
    organisationId,
    scopes: ['openid', 'profile', 'school'],
    isApproved: true,
    audience: ['learner', 'teacher'],
    picture: 'book',
    ...addressesAt('http://localhost:4002'),
  },
];

function addressesAt(origin: string) {
  return {
    redirectUris: [`${origin}/callback`],
    postLogoutRedirectUris: [`${origin}/`],
    backchannelLogoutUri: `${origin}/backchannel-logout`,
    homeUri: `${origin}/`,
  };
}

/** A person that the first start prints, with the code to activate with. */
export interface DemoPerson {
  readonly role: string;
  readonly name: string;
  readonly educationId: string;
  readonly code: string;
}

/**
 * The demo's two relying apps and activation codes for the people that stories are told about. People whose account is
 * active already (a later start) are left as they are and not listed; the others get a new code.
 */
export async function seedDemo(context: ServiceContext, city: DemoCity): Promise<DemoPerson[]> {
  return context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.idp.demo', 0))`.execute(transaction);
    for (const app of demoApps(city.departmentId)) {
      const { rows } = await sql`SELECT 1 FROM idp.app WHERE client_id = ${app.clientId}`.execute(transaction);
      if (rows.length === 0) {
        await registerApp(transaction, app, actor, context.clock.now(), demoSecrets[app.clientId]);
      }
    }
    const listed: DemoPerson[] = [];
    for (const [role, personId] of [
      ['Học sinh lớp 5', city.people.pupil],
      ['Giáo viên chủ nhiệm', city.people.teacher],
      ['Hiệu trưởng (ký số)', city.people.principal],
      ...(city.schools[0]?.clerkId ? [['Văn thư (đóng dấu)', city.schools[0].clerkId] as const] : []),
      ['Quản trị trường', city.people.schoolAdministrator],
      ['An toàn thông tin', city.people.securityOfficer],
      ['Kiểm toán', city.people.auditor],
      ['Phụ huynh', city.people.guardian],
    ] as const) {
      const account = await findAccount(transaction, personId);
      if (account && account.status !== 'invited') continue;
      const person = await getPerson(transaction, personId);
      const { code } = await createActivationCode(transaction, context, personId, actor);
      listed.push({ role, name: person.fullName, educationId: formatEducationId(person.educationId), code });
    }
    return listed;
  });
}
