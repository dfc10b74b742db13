import { isDeepStrictEqual } from 'node:util';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden } from '@edutrust/platform/errors';
import { nullable, strict, Uuid } from '@edutrust/platform/schemas';
import { type ApprovalKind, type ProposedApproval, propose } from '@edutrust/registry/approvals';
import { can, ofDepartment, placesOfOrganisations, recordedRolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { deliveries } from '../ciba/delivery.ts';
import { mustNotBeAgent } from './agent-ids.ts';
import { type App, coveredOf } from './app.ts';
import { changeApp, lockApp } from './apps.ts';
import { audienceNames, audiences } from './audience.ts';
import {
  appKinds,
  type CodeProtection,
  codeProtections,
  idTokenAlgorithms,
  type SecurityProfile,
  securityProfiles,
} from './protocol.ts';

const Texts = Type.Object({ vi: Type.String(), en: Type.String() }, strict);
const Addresses = Type.Array(Type.String());

/** What it offers to other apps, and what it may ask of theirs (`apis.ts`). */
const Api = Type.Object(
  {
    identifier: Type.String(),
    scopes: Type.Array(Type.Object({ name: Type.String(), means: Texts }, strict)),
  },
  strict,
);
const Access = Type.Object({ identifier: Type.String(), scopes: Addresses }, strict);

/** Everything that an approved app is, but its picture. */
const Released = Type.Object(
  {
    clientId: Type.String(),
    name: Type.String(),
    purpose: Texts,
    kind: Type.Enum([...appKinds]),
    organisationId: Uuid,
    organisationName: Type.String(),
    isExternal: Type.Boolean(),
    audience: Type.Array(Type.Enum([...audiences])),
    scopes: Type.Array(Type.String()),
    redirectUris: Addresses,
    postLogoutRedirectUris: Addresses,
    backchannelLogoutUri: nullable(Type.String()),
    homeUri: nullable(Type.String()),
    // absent in what was proposed before apps had them
    idTokenAlg: Type.Optional(Type.Enum([...idTokenAlgorithms])),
    codeProtection: Type.Optional(Type.Enum([...codeProtections])),
    requiresPkce: Type.Optional(Type.Boolean()), // what was proposed before there were three ways
    hasClaimsInIdToken: Type.Optional(Type.Boolean()),
    securityProfile: Type.Optional(Type.Enum([...securityProfiles])),
    api: Type.Optional(Api),
    apiAccess: Type.Optional(Type.Array(Access)),
    exchangesTokens: Type.Optional(Type.Literal(true)),
    ciba: Type.Optional(
      Type.Object({ delivery: Type.Enum([...deliveries]), notificationUri: nullable(Type.String()) }, strict),
    ),
  },
  strict,
);
type Released = Type.Static<typeof Released>;

const same = (text: string) => ({ vi: text, en: text });
const listed = (texts: readonly (string | null)[]) => {
  const shown = texts.filter((text) => text !== null).join('\n');
  return shown ? same(shown) : { vi: 'không', en: 'none' };
};

const profileNames: Readonly<Record<SecurityProfile, { vi: string; en: string }>> = {
  standard: { vi: 'thông thường', en: 'standard' },
  fapi2: { vi: 'an toàn cao (FAPI 2.0)', en: 'high security (FAPI 2.0)' },
  'fapi2-signed': {
    vi: 'an toàn cao, mọi thông điệp đều ký (FAPI 2.0 Message Signing)',
    en: 'high security, every message signed (FAPI 2.0 Message Signing)',
  },
};

/** What its codes are protected by. */
const protectionNames: Readonly<Record<CodeProtection, { vi: string; en: string }>> = {
  pkce: { vi: 'PKCE', en: 'PKCE' },
  nonce: { vi: 'không PKCE, dùng nonce', en: 'no PKCE, nonce instead' },
  none: { vi: 'không PKCE, không nonce', en: 'neither PKCE nor nonce' },
};

/** What whoever approves an app whose software knows neither has to have read. */
const unprotected = {
  label: { vi: 'Rủi ro', en: 'Risk' },
  value: {
    vi: 'Ai lấy được mã đăng nhập của người khác có thể vào ứng dụng này dưới tên người đó.',
    en: 'Whoever gets hold of somebody’s sign-in code may enter this app as that person.',
  },
};

/** How it signs people in, and what of it is weaker than the default. */
function protocolOf({
  idTokenAlg = 'ES256',
  requiresPkce = true,
  codeProtection = requiresPkce ? 'pkce' : 'nonce',
  hasClaimsInIdToken = false,
}: Released) {
  return {
    vi: [
      `ID token ${idTokenAlg}`,
      protectionNames[codeProtection].vi,
      ...(hasClaimsInIdToken ? ['dữ liệu nằm cả trong ID token'] : []),
    ].join(' · '),
    en: [
      `ID token ${idTokenAlg}`,
      protectionNames[codeProtection].en,
      ...(hasClaimsInIdToken ? ['data also in the ID token'] : []),
    ].join(' · '),
  };
}

/** The API with what each scope of it lets an app do. */
const offeredOf = ({ identifier, scopes }: NonNullable<Released['api']>) => ({
  vi: [identifier, ...scopes.map(({ name, means }) => `${name}: ${means.vi}`)].join('\n'),
  en: [identifier, ...scopes.map(({ name, means }) => `${name}: ${means.en}`)].join('\n'),
});

/** How it hears of the answer that people give on their phones. */
const askedOf = ({ notificationUri }: NonNullable<Released['ciba']>) =>
  notificationUri
    ? { vi: `có, được gọi ở ${notificationUri}`, en: `yes, called at ${notificationUri}` }
    : { vi: 'có', en: 'yes' };

/** Lets an app have people's data without asking each of them, pupils' beyond the name included: by two people (N2). */
export const releaseAppKind: ApprovalKind<Released> = {
  kind: 'app.release',
  content: Released,
  approve: 'approvals.approve',
  concerns: () => undefined,
  concernsToo: ownsApp,
  page: ({ clientId }) => `/admin/apps/${clientId}`,
  describe: (app) => ({
    title: { vi: `Duyệt ứng dụng «${app.name}»`, en: `Approve the app “${app.name}”` },
    facts: [
      { label: { vi: 'Ứng dụng', en: 'App' }, value: same(`${app.name} · ${app.clientId} · ${app.kind}`) },
      { label: { vi: 'Của', en: 'Of' }, value: same(app.organisationName) },
      { label: { vi: 'Để làm gì', en: 'Purpose' }, value: app.purpose },
      {
        label: { vi: 'Do ai vận hành', en: 'Run by' },
        value: app.isExternal
          ? { vi: 'bên ngoài ngành; từng trường bật mới chạy', en: 'an outside vendor; each school activates it' }
          : { vi: 'trong ngành', en: 'the sector itself' },
      },
      {
        label: { vi: 'Dành cho', en: 'For' },
        value: {
          vi: app.audience.map((role) => audienceNames[role].vi).join(', '),
          en: app.audience.map((role) => audienceNames[role].en).join(', '),
        },
      },
      { label: { vi: 'Được biết', en: 'Is told' }, value: listed(app.scopes) },
      { label: { vi: 'Nhận kết quả đăng nhập', en: 'Receives the sign-in' }, value: listed(app.redirectUris) },
      {
        label: { vi: 'Trở về sau đăng xuất', en: 'Returns after sign-out' },
        value: listed(app.postLogoutRedirectUris),
      },
      {
        label: { vi: 'Nhận báo đăng xuất', en: 'Is notified of sign-outs' },
        value: listed([app.backchannelLogoutUri]),
      },
      { label: { vi: 'Ô dẫn tới', en: 'Tile leads to' }, value: listed([app.homeUri]) },
      { label: { vi: 'Cách đăng nhập', en: 'Protocol' }, value: protocolOf(app) },
      ...(app.codeProtection === 'none' ? [unprotected] : []),
      { label: { vi: 'Mức an toàn', en: 'Security profile' }, value: profileNames[app.securityProfile ?? 'standard'] },
      ...(app.api ? [{ label: { vi: 'Cho ứng dụng khác gọi', en: 'Offers an API' }, value: offeredOf(app.api) }] : []),
      ...(app.ciba
        ? [
            {
              label: { vi: 'Hỏi người dùng trên điện thoại', en: 'Asks people on their phones' },
              value: askedOf(app.ciba),
            },
          ]
        : []),
      ...(app.exchangesTokens
        ? [
            {
              label: { vi: 'Gọi tiếp thay người dùng', en: 'Goes on as its caller' },
              value: { vi: 'có, tới các API được gọi', en: 'yes, at the APIs that it may call' },
            },
          ]
        : []),
      ...(app.apiAccess
        ? [
            {
              label: { vi: 'Được gọi', en: 'May call' },
              value: listed(app.apiAccess.map(({ identifier, scopes }) => `${identifier}: ${scopes.join(', ')}`)),
            },
          ]
        : []),
      {
        label: { vi: 'Hậu quả', en: 'Consequence' },
        value: {
          vi: 'Không hỏi từng người nữa; ô hiện cho người của đơn vị.',
          en: 'People are no longer asked for consent; those whom it is for see its tile.',
        },
      },
    ],
  }),
  apply: async (transaction, content, { maker, approvalId }) => {
    await mustStillApprove(transaction, maker);
    const app = await lockApp(transaction, content.clientId);
    if (!isDeepStrictEqual(await contentOf(transaction, app), content)) throw changed();
    await changeApp(transaction, content.clientId, { isApproved: true }, maker, approvalId);
    return undefined;
  },
};

/** An owner never approves: anyone with that role over the app's organisation. */
async function ownsApp(transaction: Transaction, { organisationId }: Released, personId: string): Promise<boolean> {
  const path = (await placesOfOrganisations(transaction, [organisationId])).get(organisationId)?.path ?? [];
  const held = await recordedRolesOf(transaction, personId);
  return held.some(({ role, organisationId: own }) => role === 'app-owner' && path.includes(own));
}

async function mustStillApprove(transaction: Transaction, maker: PersonActor): Promise<void> {
  if (await can(transaction)(maker, 'apps.approve', await ofDepartment(transaction)())) return;
  throw new Forbidden('apps/approval', {
    vi: 'Người lập không còn quyền duyệt ứng dụng.',
    en: 'Its maker may no longer approve apps.',
  });
}

/** What approving covers. */
async function contentOf(transaction: Transaction, app: App): Promise<Released> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM registry.organisation WHERE id = ${app.organisationId}`.execute(transaction);
  return { ...coveredOf(app), organisationName: rows[0]?.name ?? '' };
}

/** Proposes to approve the app as it is now. @throws NotFound; Conflict `apps/approved`, `apps/agent`. */
export async function proposeRelease(
  context: ServiceContext,
  clientId: string,
  actor: PersonActor,
): Promise<ProposedApproval> {
  mustNotBeAgent(clientId);
  const { organisationId = '' } = await ofDepartment(context.db)();
  return context.db.transaction().execute(async (transaction) => {
    const app = await lockApp(transaction, clientId);
    if (app.isApproved) {
      throw new Conflict('apps/approved', {
        vi: 'Ứng dụng này đã được duyệt rồi.',
        en: 'This app is approved already.',
      });
    }
    if (app.isSandbox) throw inSandbox();
    const content = await contentOf(transaction, app);
    return propose(transaction, context, releaseAppKind, { content, organisationId }, actor);
  });
}

const inSandbox = () =>
  new Conflict('apps/in-sandbox', {
    vi: 'Ứng dụng còn thử nghiệm với người giả; hãy chuyển sang dùng thật trước.',
    en: 'The app is still in its sandbox; take it to real use first.',
  });

function changed(): Conflict {
  return new Conflict(
    'apps/changed',
    {
      vi: 'Ứng dụng đã được sửa sau khi lập đề nghị.',
      en: 'The app was changed after this was proposed.',
    },
    { remedy: { vi: 'Lập lại đề nghị.', en: 'Propose it again.' } },
  );
}
