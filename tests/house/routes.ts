import type { Role } from '@edutrust/registry/permissions';

/** One thing of each kind that belongs to an organisation: what a route's path and body can name. */
export interface Belongings {
  readonly organisation: string;
  readonly person: string;
  readonly class: string;
  readonly guardianship: string;
  readonly role: string;
  readonly app: string;
  readonly target: string;
  readonly source: string;
  readonly question: string;
  readonly run: string;
  readonly client: string;
  readonly webhook: string;
  readonly export: string;
  readonly enrolment: string;
  readonly sealingMachine: string;
  readonly request: string;
  readonly transcriptRun: string;
  readonly certificate: string;
  readonly certificateRequest: string;
  /** A badge's serial number. */
  readonly badge: string;
  readonly dataRequest: string;
  readonly dataBreach: string;
  readonly yearPlan: string;
  /** Offered to it by a school of nobody who asks. */
  readonly transfer: string;
  /** Offered by it to that school. */
  readonly askedTransfer: string;
}

/** Who may call a route: the row that every route must have. */
export type Row =
  /** Anybody, signed in or not. */
  | { readonly kind: 'anyone' }
  /** The protocol brings its own credential (client authentication, a signed request, a token). */
  | { readonly kind: 'protocol' }
  /** Whoever is signed in, for their own things. */
  | { readonly kind: 'signed-in' }
  /** Those roles, for things of their organisation and below; without `of` the answer is narrowed to what is theirs. */
  | {
      readonly kind: 'roles';
      readonly roles: readonly Role[];
      readonly of?: keyof Belongings;
      /** Only who has the role for the whole department. */
      readonly top?: true;
      readonly body?: (of: Belongings) => object;
      /** Older sign-ins are asked to prove who they are again, in seconds (T5). */
      readonly fresh?: number;
    };

const anyone: Row = { kind: 'anyone' };
const protocol: Row = { kind: 'protocol' };
const signedIn: Row = { kind: 'signed-in' };

/** A letter a role, so that the table reads as one. */
const letters = {
  D: 'department-administrator',
  S: 'security-officer',
  A: 'auditor',
  C: 'school-administrator',
  T: 'teacher',
  G: 'signer',
  K: 'clerk',
  O: 'app-owner',
} as const satisfies Record<string, Role>;

function roles(
  text: string,
  of?: keyof Belongings,
  more: { body?: (of: Belongings) => object; fresh?: number; top?: true } = {},
): Row {
  const named = [...text].map((letter) => letters[letter as keyof typeof letters]);
  return { kind: 'roles', roles: named, ...(of ? { of } : {}), ...more };
}

/** T1: every route and who may call it. A route that is not here fails the suite; so does a row without a route. */
export const rows: Readonly<Record<string, Row>> = {
  // Operations
  'GET /health/live': anyone,
  'GET /health/ready': anyone,
  'GET /scim/v2/ServiceProviderConfig': protocol,
  'GET /scim/v2/Schemas': protocol,
  'GET /scim/v2/Schemas/:id': protocol,
  'GET /scim/v2/ResourceTypes': protocol,
  'GET /scim/v2/ResourceTypes/:id': protocol,
  'GET /scim/v2/Me': protocol,
  'POST /scim/v2/Me': protocol,
  'PUT /scim/v2/Me': protocol,
  'PATCH /scim/v2/Me': protocol,
  'DELETE /scim/v2/Me': protocol,
  'POST /scim/v2/.search': protocol,
  'POST /scim/v2/Bulk': protocol,
  'GET /scim/v2/Users': protocol,
  'POST /scim/v2/Users': protocol,
  'POST /scim/v2/Users/.search': protocol,
  'GET /scim/v2/Users/:id': protocol,
  'PUT /scim/v2/Users/:id': protocol,
  'PATCH /scim/v2/Users/:id': protocol,
  'DELETE /scim/v2/Users/:id': protocol,
  'GET /scim/v2/Groups': protocol,
  'POST /scim/v2/Groups': protocol,
  'POST /scim/v2/Groups/.search': protocol,
  'GET /scim/v2/Groups/:id': protocol,
  'PUT /scim/v2/Groups/:id': protocol,
  'PATCH /scim/v2/Groups/:id': protocol,
  'DELETE /scim/v2/Groups/:id': protocol,
  'POST /ims/oneroster/token': protocol,
  'GET /ims/oneroster/rostering/v1p2/academicSessions': protocol,
  'GET /ims/oneroster/rostering/v1p2/terms': protocol,
  'GET /ims/oneroster/rostering/v1p2/gradingPeriods': protocol,
  'GET /ims/oneroster/rostering/v1p2/orgs': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools': protocol,
  'GET /ims/oneroster/rostering/v1p2/courses': protocol,
  'GET /ims/oneroster/rostering/v1p2/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/enrollments': protocol,
  'GET /ims/oneroster/rostering/v1p2/users': protocol,
  'GET /ims/oneroster/rostering/v1p2/students': protocol,
  'GET /ims/oneroster/rostering/v1p2/teachers': protocol,
  'GET /ims/oneroster/rostering/v1p2/demographics': protocol,
  'GET /ims/oneroster/rostering/v1p2/academicSessions/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/terms/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/gradingPeriods/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/orgs/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/courses/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/classes/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/enrollments/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/users/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/students/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/teachers/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/demographics/:id': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/courses': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/enrollments': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/students': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/teachers': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/terms': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/classes/:classId/enrollments': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/classes/:classId/students': protocol,
  'GET /ims/oneroster/rostering/v1p2/schools/:id/classes/:classId/teachers': protocol,
  'GET /ims/oneroster/rostering/v1p2/classes/:id/students': protocol,
  'GET /ims/oneroster/rostering/v1p2/classes/:id/teachers': protocol,
  'GET /ims/oneroster/rostering/v1p2/courses/:id/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/students/:id/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/teachers/:id/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/users/:id/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/terms/:id/classes': protocol,
  'GET /ims/oneroster/rostering/v1p2/terms/:id/gradingPeriods': protocol,
  'GET /.well-known/ssf-configuration': protocol,
  'POST /ssf/streams': protocol,
  'GET /ssf/streams': protocol,
  'PATCH /ssf/streams': protocol,
  'PUT /ssf/streams': protocol,
  'DELETE /ssf/streams': protocol,
  'GET /ssf/status': protocol,
  'POST /ssf/status': protocol,
  'POST /ssf/verification': protocol,
  'POST /ssf/poll/:id': protocol,
  'POST /csc/v2/info': protocol,
  'POST /csc/v2/credentials/list': protocol,
  'POST /csc/v2/credentials/info': protocol,
  'POST /csc/v2/credentials/authorize': protocol,
  'POST /csc/v2/credentials/authorizeCheck': protocol,
  'POST /csc/v2/signatures/signHash': protocol,
  'POST /csc/v2/signatures/signDoc': protocol,
  'POST /csc/v2/signatures/timestamp': protocol,
  'POST /api/v1/app-documents': protocol,
  'GET /api/v1/app-documents/:id': protocol,
  'GET /api/v1/app-documents/:id/file': protocol,
  'POST /api/v1/app-documents/:id/withdraw': protocol,
  'GET /metrics': protocol,
  'GET /api/openapi.json': anyone,
  'GET /api/docs': anyone,

  // Screens and pages
  'GET /': anyone,
  'GET /admin': anyone,
  'GET /admin/*': anyone,
  'GET /teach': anyone,
  'GET /teach/*': anyone,
  'GET /sign': anyone,
  'GET /sign/worker.js': anyone,
  'GET /sign/*': anyone,
  'GET /assets/*': anyone,
  'GET /account': anyone,
  'GET /account/children': anyone,
  'GET /sign-in-requests': anyone,
  'POST /sign-in-requests/:handle/allow': anyone,
  'POST /sign-in-requests/:handle/refuse': anyone,
  'POST /sign-in-requests/:handle/options': signedIn,
  'POST /sign-in-requests/:handle/passkey': signedIn,
  'GET /account/children/:id/looks': anyone,
  'GET /account/looks': anyone,
  'GET /.well-known/passkey-endpoints': anyone,
  'GET /.well-known/webauthn': anyone,
  'GET /account/upstream': anyone,
  'GET /account/upstream/:provider/link': anyone,
  'POST /account/upstream/links/:id/remove': anyone,
  'GET /upstream/:provider/callback': anyone,
  'GET /signin/:uid/upstream': anyone,
  'GET /signin/:uid/upstream/:provider': anyone,
  'GET /account/data-requests': anyone,
  'POST /account/data-requests': anyone,
  'POST /account/data-requests/:id/withdraw': anyone,
  'GET /account/passkey': anyone,
  'GET /account/second-factor': anyone,
  'POST /account/second-factor': anyone,
  'POST /account/second-factor/remove': anyone,
  'GET /not-me': anyone,
  'POST /not-me': anyone,
  'GET /break-glass': anyone,
  'POST /break-glass': anyone,
  'POST /account/apps/:id/withdraw': anyone,
  'POST /account/children/:id/apps/:app/withdraw': anyone,
  'POST /account/children/:id/apps/:app/agree': anyone,
  'GET /account/apps/:id/receipt.pdf': anyone,
  'GET /account/children/:id/apps/:app/receipt.pdf': anyone,
  'POST /account/passkeys/:id/remove': anyone,
  'POST /account/password': anyone,
  'POST /account/sessions/:id/end': anyone,
  'POST /account/sessions/end': anyone,

  // Activation, sign-in, sign-out
  'GET /activate': anyone,
  'GET /activate/first': anyone,
  'POST /activate': anyone,
  'POST /activate/confirm': anyone,
  'POST /activate/passkey': anyone,
  'POST /activate/passkey/options': anyone,
  'POST /activate/password': anyone,
  'GET /signin': anyone,
  'GET /signin/:uid': anyone,
  'GET /signin/:uid/badge': anyone,
  'GET /signin/:uid/second': anyone,
  'POST /signin/:uid/second': anyone,
  'GET /signin/done': anyone,
  'GET /b': anyone,
  'POST /signin/:uid': anyone,
  'POST /signin/:uid/badge': anyone,
  'POST /signin/:uid/badge/options': anyone,
  'POST /signin/:uid/cancel': anyone,
  'POST /signin/:uid/consent': anyone,
  'POST /signin/:uid/passkey': anyone,
  'POST /signin/:uid/passkey/options': anyone,
  'POST /signin/:uid/same-account': anyone,
  'POST /signin/:uid/sandbox': anyone,
  'POST /signin/:uid/someone-else': anyone,
  'GET /signed-out': anyone,
  'POST /sign-out': anyone,

  // Protocols
  'GET /.well-known/oauth-authorization-server': protocol,
  'GET /.well-known/openid-configuration': protocol,
  'GET /oidc/jwks': protocol,
  'GET,HEAD /device/:uid': protocol,
  'GET,HEAD /oidc/auth': protocol,
  'POST /oidc/register': protocol,
  'GET /oidc/register/:clientId': protocol,
  'PUT /oidc/register/:clientId': protocol,
  'DELETE /oidc/register/:clientId': protocol,
  'GET,POST,HEAD /device': protocol,
  'GET,POST,OPTIONS,HEAD /oidc/*': protocol,
  'OPTIONS /.well-known/oauth-authorization-server': protocol,
  'OPTIONS /.well-known/openid-configuration': protocol,
  'POST /oidc/auth': protocol,
  'POST /oidc/session/end': protocol,
  'GET /pki': anyone,
  'GET /pki/cp': anyone,
  'GET /pki/cps': anyone,
  'GET /pki/:id.crl': anyone,
  'GET /pki/:id.delta.crl': anyone,
  'GET /pki/:id.crt': anyone,
  'GET /pki/ocsp/*': protocol,
  'POST /pki/ocsp': protocol,
  'POST /pki/tsa': protocol,
  'GET /log/audit/checkpoint': anyone,
  'GET /log/audit/key': anyone,
  'GET /log/accesses/checkpoint': anyone,
  'GET /log/cosigned': anyone,
  'GET /log/cosigned/:index': anyone,
  'GET /log/audit/cosigned': anyone,
  'GET /log/accesses/cosigned': anyone,
  'GET /log/accesses/key': anyone,
  'GET /log/checkpoint': anyone,
  'GET /log/key': anyone,
  'GET /log/tile/*': anyone,

  // Public verification
  'GET /verify': anyone,
  'GET /verify/:code': anyone,
  'GET /verify/report/:id': anyone,
  'GET /verify/report/:id/etsi': anyone,
  'GET /verify/report/:id/paper': anyone,
  'POST /verify': anyone,
  'POST /verify/:code': anyone,
  'POST /verify/:code/paper': anyone,
  'GET /api/v1/verify/trust': anyone,
  'GET /api/v1/verify/files/:sha256': anyone,
  'GET /api/v1/verify/:code': anyone,
  'POST /api/v1/verify': anyone,

  // One's own account
  'GET /api/v1/me': signedIn,
  'GET /api/v1/home': signedIn,
  'GET /api/v1/account': signedIn,
  'GET /api/v1/account/children': signedIn,
  'GET /api/v1/account/children/:id/data': signedIn,
  'GET /api/v1/account/data': signedIn,
  'GET /api/v1/account/documents/:id/file': signedIn,
  'GET /api/v1/account/notices': signedIn,
  'GET /api/v1/account/data-requests': signedIn,
  'POST /api/v1/account/data-requests': signedIn,
  'POST /api/v1/account/data-requests/:id/withdraw': signedIn,
  'GET /api/v1/sign-ins': signedIn,
  'GET /api/v1/account/releases': signedIn,
  'GET /api/v1/approvals': signedIn,
  'GET /api/v1/approvals/:id': signedIn,
  'GET /api/v1/approvals/:id/evidence': signedIn,
  'POST /api/v1/approvals/:id/options': signedIn,
  'POST /api/v1/approvals/:id/confirm': signedIn,
  'POST /api/v1/approvals/:id/approve': signedIn,
  'POST /api/v1/approvals/:id/refuse': signedIn,
  'POST /api/v1/approvals/:id/withdraw': signedIn,
  'POST /api/v1/approvals/:id/collect': signedIn,
  'GET /api/v1/account/sessions': signedIn,
  'DELETE /api/v1/account/sessions/:id': signedIn,
  'DELETE /api/v1/account/passkeys/:id': signedIn,
  'POST /api/v1/account/passkeys': signedIn,
  'POST /api/v1/account/passkeys/options': signedIn,

  // People, organisations, rosters
  'GET /api/v1/people': roles('DSACT'),
  'GET /api/v1/people/counts': roles('DSACT'),
  'GET /api/v1/people/:id': roles('DSACT', 'person'),
  'POST /api/v1/people': roles('DC', 'organisation', {
    body: ({ organisation }) => ({ fullName: 'Nguyễn Văn An', role: 'learner', organisationId: organisation }),
  }),
  'PATCH /api/v1/people/:id': roles('DC', 'person', { body: () => ({ gender: 'male' }) }),
  'POST /api/v1/people/:id/corrections': roles('DC', 'person', {
    body: () => ({
      fullName: 'Nguyễn Văn An',
      paper: 'birth-certificate',
      paperNumber: '12/2016, UBND phường Bến Thành',
      reason: 'Sai tên đệm',
    }),
  }),
  'POST /api/v1/people/:id/leave': roles('DC', 'person', { fresh: 300 }),
  'POST /api/v1/people/:id/transfer': roles('DC', 'person', {
    body: ({ organisation }) => ({ organisationId: organisation }),
  }),
  'POST /api/v1/people/:id/splits': roles('D', 'person', { body: () => ({ educationId: 'none' }), fresh: 300 }),
  'POST /api/v1/people/:id/merge': roles('D', 'person', { body: ({ person }) => ({ into: person }), fresh: 300 }),
  // A teacher, too, for learners of the own class: idp/src/accounts/routes.test.ts.
  'GET /api/v1/people/:id/account': roles('DSC', 'person'),
  // Of people who are not the caller's nothing is answered: idp/src/accounts/routes.test.ts.
  'POST /api/v1/accounts/states': roles('DSCT', undefined, { body: ({ person }) => ({ personIds: [person] }) }),
  'POST /api/v1/accounts/coverage': roles('DSCT', undefined, {
    body: ({ organisation }) => ({ organisationIds: [organisation] }),
  }),
  'POST /api/v1/people/:id/activation-code': roles('DC', 'person', { fresh: 300 }),
  'GET /api/v1/classes/:id/accounts': roles('DSC', 'class'),
  'POST /api/v1/classes/:id/activation-codes': roles('DC', 'class', {
    body: ({ person }) => ({ personIds: [person] }),
    fresh: 300,
  }),
  // A teacher, too, for their own class: idp/src/badges/badges.test.ts.
  'GET /api/v1/classes/:id/lesson': roles('C', 'class'),
  'POST /api/v1/classes/:id/lesson': roles('C', 'class', { body: () => ({ kind: 'lab', minutes: 45 }) }),
  'DELETE /api/v1/classes/:id/lesson': roles('C', 'class'),
  'GET /api/v1/account/lesson': signedIn,
  'GET /lab': anyone,
  'POST /lab/next': anyone,
  'GET /api/v1/classes/:id/badges': roles('DSC', 'class'),
  'POST /api/v1/classes/:id/badges': roles('DC', 'class', {
    body: ({ person }) => ({ personIds: [person] }),
    fresh: 300,
  }),
  'POST /api/v1/classes/:id/pins': roles('DC', 'class', {
    body: ({ person }) => ({ personIds: [person] }),
    fresh: 300,
  }),
  'POST /api/v1/people/:id/stand-in-badge': roles('DC', 'person', { fresh: 300 }),
  'GET /api/v1/badges/:serial': roles('DSC', 'badge'),
  'POST /api/v1/badges/:serial/void': roles('DC', 'badge', { fresh: 300 }),
  'GET /api/v1/organisations/:id/room-computers': roles('DSACTGK', 'organisation'),
  'POST /api/v1/organisations/:id/room-computers': roles('DC', 'organisation', {
    body: () => ({
      name: 'Phòng máy 1',
      publicKey: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    }),
    fresh: 300,
  }),
  'DELETE /api/v1/organisations/:id/room-computers/:computerId': roles('DC', 'organisation', { fresh: 300 }),
  'DELETE /api/v1/people/:id/second-factor': roles('DC', 'person', { fresh: 300 }),
  'POST /api/v1/people/:id/suspend': roles('DSC', 'person', { fresh: 300 }),
  'POST /api/v1/people/:id/resume': roles('DSC', 'person', { fresh: 300 }),
  'POST /api/v1/people/:id/changes/:changeId/take-back': roles('DC', 'person', { fresh: 300 }),
  'POST /api/v1/people/:id/sessions/end': roles('DSC', 'person', { fresh: 300 }),
  'GET /api/v1/organisations': roles('DSACTGK'),
  'GET /api/v1/organisations/:id': roles('DSACTGK', 'organisation'),
  'GET /api/v1/organisations/:id/classes': roles('DSACTGK', 'organisation'),
  'POST /api/v1/organisations': roles('D', 'organisation', {
    body: ({ organisation }) => ({ kind: 'school', code: 'MOI001', name: 'Trường mới', parentId: organisation }),
  }),
  'GET /api/v1/organisations/:id/networks': roles('DSACTGK', 'organisation'),
  'POST /api/v1/organisations/:id/networks': roles('D', 'organisation', {
    body: () => ({ range: '203.0.113.0/28', name: 'Phòng máy' }),
  }),
  'DELETE /api/v1/organisations/:id/networks/:networkId': roles('D', 'organisation'),
  'PATCH /api/v1/organisations/:id': roles('D', 'organisation', { body: () => ({ name: 'Trường Tiểu học Lê Lợi' }) }),
  'GET /api/v1/classes/:id': roles('DSACT', 'class'),
  'POST /api/v1/classes': roles('DC', 'organisation', {
    body: ({ organisation }) => ({ organisationId: organisation, code: '5M', grade: 5 }),
  }),
  'PATCH /api/v1/classes/:id': roles('DC', 'class', { body: () => ({ code: '5M' }) }),
  'POST /api/v1/people/:id/guardians': roles('DC', 'person', {
    body: () => ({ relation: 'mother', fullName: 'Nguyễn Thị Lan' }),
  }),
  'PATCH /api/v1/guardianships/:id': roles('DC', 'guardianship', {
    body: () => ({ scope: 'none', reason: 'QĐ 12/2026', until: null }),
  }),
  'DELETE /api/v1/guardianships/:id': roles('DC', 'guardianship'),
  'GET /api/v1/organisations/:id/roll-over': roles('DC', 'organisation'),
  'POST /api/v1/organisations/:id/roll-over': roles('DC', 'organisation', { body: () => ({ classes: [] }) }),
  'GET /api/v1/organisations/:id/year-plan': roles('DC', 'organisation'),
  'POST /api/v1/organisations/:id/year-plan': roles('DC', 'organisation'),
  'GET /api/v1/year-plans/:id': roles('DC', 'yearPlan'),
  'GET /api/v1/year-plans/:id/schools': roles('DC', 'yearPlan'),
  'POST /api/v1/year-plans/:id/again': roles('DC', 'yearPlan'),
  'POST /api/v1/year-plans/:id/discard': roles('DC', 'yearPlan'),
  'POST /api/v1/year-plans/:id/release': roles('DC', 'yearPlan'),
  'POST /api/v1/year-plans/:id/undo': roles('DC', 'yearPlan'),
  'GET /api/v1/transfers': roles('DC'),
  'GET /api/v1/organisations/:id/transfer-schools': roles('DC', 'organisation'),
  'GET /api/v1/transfers/:id': roles('DC', 'transfer'),
  'POST /api/v1/people/:id/transfer-offers': roles('DC', 'person', {
    body: ({ organisation }) => ({ toId: organisation, note: 'gia đình chuyển nhà' }),
  }),
  'POST /api/v1/organisations/:id/transfer-requests': roles('DC', 'organisation', {
    body: () => ({ educationId: '0000000000', birthDate: '2016-01-01', note: 'gia đình chuyển nhà' }),
  }),
  'POST /api/v1/transfers/:id/accept': roles('DC', 'transfer', { body: () => ({}) }),
  'POST /api/v1/transfers/:id/decline': roles('DC', 'transfer', { body: () => ({ reason: 'hết chỗ' }) }),
  'POST /api/v1/transfers/:id/withdraw': roles('DC', 'askedTransfer'),
  'GET /api/v1/roster/questions': roles('DC'),
  'POST /api/v1/roster/questions/:id/answer': roles('DC', 'question', { body: () => ({ answer: 'other' }) }),
  'GET /api/v1/roster/plans': roles('DSC'),
  'GET /api/v1/roster/plans/:id': roles('DSC'),
  'POST /api/v1/roster/plans': roles('DC'),
  'POST /api/v1/roster/plans/:id/apply': roles('DC'),
  'POST /api/v1/roster/plans/:id/release': roles('DC'),
  'GET /api/v1/roster/plans/:id/refusals': roles('DSC'),
  'GET /api/v1/roster/plans/:id/result': roles('DC'),
  'GET /api/v1/roster/plans/:id/undo': roles('DC'),
  'POST /api/v1/roster/plans/:id/undo': roles('DC'),
  'POST /api/v1/roster/columns': roles('DC'),
  'GET /api/v1/roster/uploads': roles('DC'),
  'POST /api/v1/roster/uploads': roles('DC', undefined, { body: () => ({ name: 'danh-sach.csv', size: 1 }) }),
  'GET /api/v1/roster/uploads/:id': roles('DC'),
  'PATCH /api/v1/roster/uploads/:id': roles('DC'),
  'DELETE /api/v1/roster/uploads/:id': roles('DC'),
  'DELETE /api/v1/organisations/:id/roster-columns/:header': roles('DC', 'organisation'),
  'GET /api/v1/roster/templates/:kind': roles('DC'),

  // Roles, audit, mail
  'GET /api/v1/roles': roles('DSAC'),
  'POST /api/v1/roles': roles('DC', 'organisation', {
    body: ({ organisation, person }) => ({ personId: person, role: 'teacher', organisationId: organisation }),
    fresh: 300,
  }),
  'DELETE /api/v1/roles/:id': roles('DC', 'role', { fresh: 300 }),
  'GET /api/v1/audit': roles('DSAC'),
  'GET /api/v1/audit/counts': roles('DSAC'),
  'POST /api/v1/audit/verify': roles('SA'),
  'GET /api/v1/accesses': roles('SA'),
  'GET /api/v1/break-glass': roles('DSA'),
  'POST /api/v1/break-glass/:id/reviews': roles('DSA', undefined, {
    body: () => ({ digest: 'a'.repeat(64), note: '' }),
    fresh: 300,
    top: true,
  }),
  'GET /api/v1/security/level': roles('DSA'),
  'GET /api/v1/security/figures': roles('DSA'),
  'GET /api/v1/security/sign-ins': roles('DSA'),
  'GET /api/v1/organisations/:id/account-review': roles('DSC', 'organisation', { fresh: 300 }),
  'POST /api/v1/organisations/:id/account-review': roles('DSC', 'organisation', {
    body: () => ({ digest: 'a'.repeat(64), note: '' }),
    fresh: 300,
  }),
  'GET /api/v1/data-requests': roles('DSAC'),
  'GET /api/v1/data-requests/:id': roles('DSAC', 'dataRequest'),
  'POST /api/v1/data-requests': roles('DC', 'person', {
    body: ({ person }) => ({ subjectId: person, kind: 'erase', wish: '' }),
    fresh: 300,
  }),
  'POST /api/v1/data-requests/:id/acknowledge': roles('DC', 'dataRequest', { fresh: 300 }),
  'POST /api/v1/data-requests/:id/extend': roles('DC', 'dataRequest', {
    body: () => ({ reason: 'vì sao' }),
    fresh: 300,
  }),
  'POST /api/v1/data-requests/:id/answer': roles('DC', 'dataRequest', {
    body: () => ({ state: 'refused', answer: 'vì sao' }),
    fresh: 300,
  }),
  'POST /api/v1/data-requests/:id/erasure': roles('DC', 'dataRequest', { fresh: 300 }),
  'GET /api/v1/data-breaches': roles('DSA'),
  'GET /api/v1/recipients': roles('DSA'),
  'GET /api/v1/recipients/register.csv': roles('DSA'),
  'POST /api/v1/data-breaches': roles('DS', 'organisation', {
    body: ({ organisation }) => ({
      organisationId: organisation,
      foundAt: '2026-11-27T08:00:00.000Z',
      what: 'mất một máy',
      dataKinds: ['basic'],
      measures: '',
    }),
    fresh: 300,
  }),
  'PATCH /api/v1/data-breaches/:id': roles('DS', 'dataBreach', { body: () => ({ isReported: true }), fresh: 300 }),
  'GET /api/v1/mail': roles('D'),

  // Apps
  'GET /api/v1/organisations/:id/apps': roles('DC', 'organisation'),
  'PUT /api/v1/organisations/:id/apps/:clientId': roles('DC', 'organisation', { fresh: 300 }),
  'DELETE /api/v1/organisations/:id/apps/:clientId': roles('DC', 'organisation', { fresh: 300 }),
  'GET /api/v1/apps': roles('DSAO'),
  'GET /api/v1/apps/:clientId': roles('DSAO', 'app'),
  'GET /api/v1/apps/:clientId/preview': roles('DO', 'app', { fresh: 300 }),
  'GET /api/v1/apps/:clientId/requests': roles('DO', 'app', { fresh: 300 }),
  'GET /api/v1/apps/:clientId/health': roles('DO', 'app', { fresh: 300 }),
  'GET /api/v1/apps/:clientId/redirect-test': roles('DO', 'app', { fresh: 300 }),
  'POST /api/v1/apps': roles('DO', 'organisation', {
    body: ({ organisation }) => ({ name: 'Sổ tay', kind: 'web', organisationId: organisation }),
    fresh: 300,
  }),
  'POST /api/v1/organisations/:id/registration-tokens': roles('DO', 'organisation', {
    body: () => ({ scopes: ['openid'], isSandbox: true, uses: 1, days: 1 }),
    fresh: 300,
  }),
  'GET /api/v1/registration-tokens': roles('DSAO'),
  'DELETE /api/v1/organisations/:id/registration-tokens/:tokenId': roles('DO', 'organisation', { fresh: 300 }),
  'PATCH /api/v1/apps/:clientId': roles('DO', 'app', { body: () => ({ name: 'Sổ tay' }), fresh: 300 }),
  'POST /api/v1/apps/:clientId/approval': roles('D', undefined, { top: true, fresh: 300 }),
  'DELETE /api/v1/apps/:clientId/approval': roles('D', undefined, { top: true, fresh: 300 }),
  'POST /api/v1/apps/:clientId/secret': roles('DO', 'app', { fresh: 300 }),
  'DELETE /api/v1/apps/:clientId': roles('DO', 'app', { fresh: 300 }),

  // Certificates
  'GET /api/v1/authorities': roles('DSAC'),
  'GET /api/v1/certificates': roles('DSAC'),
  'GET /api/v1/certificates/:serial': roles('DSAC', 'certificate'),
  'POST /api/v1/certificates/:serial/revoke': roles('S', 'certificate', {
    body: () => ({ reason: 'superseded' }),
    fresh: 300,
  }),

  'POST /api/v1/certificates/:serial/release': roles('S', 'certificate', { fresh: 300 }),
  'GET /api/v1/certificates/:serial/consequences': roles('DSAC', 'certificate'),
  'GET /api/v1/certificate-alarms': roles('DSAC'),
  'GET /api/v1/certificate-expiries': roles('DSAC'),
  'GET /api/v1/authorities/:id/consequences': roles('DSAC', undefined, { top: true }),
  'GET /api/v1/certificate-requests': roles('DSAC'),
  'GET /api/v1/certificate-requests/:id': roles('DSAC', 'certificateRequest'),
  'GET /api/v1/certificate-requests/:id/certificate': roles('DSAC', 'certificateRequest'),
  'POST /api/v1/certificate-requests': roles('DSC', 'organisation', {
    body: ({ organisation }) => ({ organisationId: organisation, custody: 'key-store' }),
  }),
  'GET /api/v1/certificate-renewals': roles('DSAC'),
  'GET /api/v1/trust-anchors': roles('DSA'),
  'POST /api/v1/trust-anchors': roles('S', undefined, {
    body: () => ({ name: 'Gốc khác', certificatePem: 'không phải PEM', purposes: ['documents'] }),
    fresh: 300,
    top: true,
  }),
  'POST /api/v1/trust-anchors/:id/end': roles('S', undefined, { fresh: 300, top: true }),

  // Signing
  'GET /api/v1/signing/enrolment': roles('GK'),
  'POST /api/v1/signing/enrolment': roles('GK'),
  'POST /api/v1/signing/enrolment/options': roles('GK'),
  'POST /api/v1/signing/enrolment/revoke': roles('GK'),
  'GET /api/v1/signing/inbox': roles('GK'),
  'GET /api/v1/signing/inbox/count': signedIn,
  'GET /api/v1/signing/inbox/unusual': roles('GK'),
  'GET /api/v1/signing/signed': roles('GK'),
  'GET /api/v1/signing/asked': roles('CT'), // their own alone
  // what is signed or sealed is decided by the documents (K4 in signing-service)
  'GET /api/v1/signing/authorisations': roles('G'),
  'GET /api/v1/signing/authorisations/:id': roles('G'),
  'POST /api/v1/signing/authorisations/:id/confirm': roles('G'),
  'POST /api/v1/signing/authorisations/:id/refuse': roles('G'),
  'POST /api/v1/signing/sessions': roles('GK'),
  'POST /api/v1/signing/sessions/:id/confirm': roles('GK'),
  'GET /api/v1/signing/sessions/:id/documents/:requestId': roles('GK'),
  // the machine's own key proves each request; what it seals is decided by the documents (edutrust/src/sign)
  'POST /api/v1/sealing/machines': protocol,
  'GET /api/v1/sealing/machine': protocol,
  'GET /api/v1/sealing/waiting': protocol,
  'POST /api/v1/sealing/batches': protocol,
  'GET /api/v1/sealing/batches/:id/documents/:requestId/:artefact': protocol,
  'POST /api/v1/sealing/batches/:id/signatures': protocol,
  'GET /api/v1/signing/organisations/:organisationId/sealing-machines': roles('SCK', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/sealing-machines': roles('K', 'organisation', {
    body: () => ({ code: 'AAAA-AAAA' }),
  }),
  'POST /api/v1/signing/organisations/:organisationId/sealing-machines/look': roles('K', 'organisation', {
    body: () => ({ code: 'AAAA-AAAA' }),
  }),
  'POST /api/v1/signing/sealing-machines/:id/revoke': roles('SCK', 'sealingMachine'),
  'GET /api/v1/signing/enrolments': roles('S'),
  'POST /api/v1/signing/enrolments/:id/revoke': roles('S', 'enrolment', {
    body: () => ({ reason: 'lost' }),
    fresh: 300,
  }),
  'GET /api/v1/signing/requests': roles('DSACTGK'),
  // T and G only for what is their own: their class's, and what names them (K4 in signing-service)
  'GET /api/v1/signing/requests/:id': roles('DSACK', 'request'),
  'GET /api/v1/signing/requests/:id/document': roles('DSACK', 'request'),
  'POST /api/v1/signing/requests/:id/reject': roles('GK', undefined, { body: () => ({ reason: 'Sai điểm môn Toán' }) }),
  'POST /api/v1/signing/requests/:id/withdraw': roles('C', 'request'),
  'POST /api/v1/signing/requests/:id/hand-over': roles('C', 'request', {
    body: ({ person }) => ({ position: 0, personId: person }),
  }),
  'PUT /api/v1/signing/requests/:id/deadline': roles('C', 'request', {
    body: () => ({ dueAt: '2099-05-31T10:00:00.000Z' }),
  }),
  // the caller's own browser, and in whose place the caller signs
  'GET /api/v1/signing/push': roles('GK'),
  'PUT /api/v1/signing/push/subscription': roles('GK', undefined, {
    body: () => ({ endpoint: 'https://push.example/1', keys: { p256dh: 'BA', auth: 'AA' } }),
  }),
  'POST /api/v1/signing/push/subscription/end': roles('GK', undefined, {
    body: () => ({ endpoint: 'https://push.example/1' }),
  }),
  // the caller's own hand; the seal is the school's
  'GET /api/v1/signing/picture': roles('GK'),
  'PUT /api/v1/signing/picture': roles('GK'),
  'DELETE /api/v1/signing/picture': roles('GK'),
  'GET /api/v1/signing/organisations/:organisationId/seal-picture': roles('SCK', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/seal-picture': roles('K', 'organisation'),
  'GET /api/v1/signing/delegations': roles('GK'),
  'GET /api/v1/signing/organisations/:organisationId/delegates': roles('G', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/delegations': roles('G', 'organisation', {
    body: ({ person }) => ({
      id: '0198c0de-0000-7000-8000-000000000005',
      delegateId: person,
      form: 'KT',
      kinds: ['decision'],
      from: '2026-01-01T00:00:00Z',
      until: '2026-02-01T00:00:00Z',
    }),
    fresh: 300,
  }),
  'POST /api/v1/signing/delegations/:id/end': roles('G'),
  'GET /api/v1/signing/exports': roles('DSAC'),
  'GET /api/v1/signing/exports/:sha256/proof': roles('DSAC'),
  'POST /api/v1/signing/requests/:id/correction': roles('C', 'request', { body: () => ({ reason: 'Sai tên môn' }) }),
  // Marks: T only for their own class (marks.test.ts)
  'GET /api/v1/signing/requests/:id/copies': roles('CK', 'request'),
  'POST /api/v1/signing/requests/:id/copies': roles('CK', 'request', {
    body: () => ({ id: '0198c0de-0000-7000-8000-000000000001', form: 'print', requester: 'Bà Mai', purpose: 'hồ sơ' }),
  }),
  'GET /api/v1/signing/requests/:id/copies/:copyId/print': roles('CK', 'request'),
  'GET /api/v1/signing/organisations/:organisationId/copies': roles('CK', 'organisation'),
  'GET /api/v1/signing/organisations/:organisationId/parcels': roles('CK', 'organisation'),
  'GET /api/v1/signing/organisations/:organisationId/parcel-classes': roles('CK', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/parcels': roles('CK', 'organisation', {
    body: () => ({
      id: '0198c0de-0000-7000-8000-000000000003',
      classId: '0198c0de-0000-7000-8000-000000000004',
    }),
  }),
  'PUT /api/v1/signing/organisations/:organisationId/parcels/:parcelId/receipt': roles('CK', 'organisation', {
    body: () => ({ receipt: 'BN-1' }),
  }),
  'GET /api/v1/signing/forms': roles('CT'),
  'GET /api/v1/signing/organisations/:organisationId/forms': roles('CK', 'organisation'),
  'GET /api/v1/signing/organisations/:organisationId/form-kinds': roles('CK', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/forms': roles('C', 'organisation', {
    body: () => ({ id: '0198c0de-0000-7000-8000-000000000002', kind: 'decision', values: {} }),
  }),
  'POST /api/v1/signing/requests/:id/revocation': roles('C', 'request', {
    body: () => ({ form: 'revoke', reason: 'Cấp nhầm', decision: 'Số 12/QĐ' }),
  }),
  'POST /api/v1/verify/diplomas': anyone,
  'GET /verify/diploma': anyone,
  'POST /verify/diploma': anyone,
  'GET /api/v1/signing/classes/:id/subject-teachers': roles('C', 'class'),
  'PUT /api/v1/signing/classes/:id/subject-teachers': roles('C', 'class', { body: () => ({ teachers: [] }) }),
  'GET /api/v1/signing/own-subjects': signedIn,
  // who teaches a subject there: signing-service/src/subjects
  'GET /api/v1/signing/classes/:id/own-marks': signedIn,
  'PUT /api/v1/signing/classes/:id/own-marks': signedIn,
  'GET /api/v1/signing/classes/:id/marks': roles('DC', 'class'),
  'PUT /api/v1/signing/classes/:id/marks': roles('C', 'class', {
    body: ({ person }) => ({ rows: [{ personId: person, version: 0, values: {} }] }),
  }),
  'GET /api/v1/signing/classes/:id/marks/template': roles('DC', 'class'),
  'POST /api/v1/signing/classes/:id/marks/import': roles('C', 'class'),
  'GET /api/v1/signing/classes/:id/marks/plans/:planId': roles('DC', 'class'),
  'POST /api/v1/signing/classes/:id/marks/plans/:planId/apply': roles('C', 'class'),
  'GET /api/v1/signing/transcripts/:id': roles('C', 'transcriptRun'),
  'POST /api/v1/signing/transcripts/:id/withdraw': roles('C', 'transcriptRun'),
  'GET /api/v1/signing/organisations/:organisationId/uploads': roles('C', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/uploads': roles('C', 'organisation'),
  'POST /api/v1/signing/organisations/:organisationId/documents': roles('C', 'organisation', {
    body: ({ person }) => ({
      uploadId: person, // no file of theirs: asked before it is looked for
      title: 'Quyết định',
      signers: [{ personId: person, place: { anchor: { text: 'Hiệu trưởng' } } }],
    }),
  }),
  'POST /api/v1/signing/transcripts': roles('C', 'class', {
    body: ({ class: classId }) => ({ classId }),
  }),

  // Directory sync
  'GET /api/v1/people/:id/releases': roles('DSAC', 'person'),
  'GET /api/v1/sync/clients': roles('DSA'),
  'POST /api/v1/sync/clients': roles('D', 'organisation', {
    body: ({ organisation }) => ({ name: 'SIS', kind: 'scim', mayWrite: false, organisationId: organisation }),
    fresh: 300,
  }),
  'POST /api/v1/sync/clients/:id/token': roles('D', 'client', { fresh: 300 }),
  'GET /api/v1/sync/clients/:id/people/:person': roles('DSA', 'client'),
  'DELETE /api/v1/sync/clients/:id': roles('D', 'client', { fresh: 300 }),
  'GET /api/v1/sync/sources': roles('DSA'),
  'POST /api/v1/sync/sources': roles('D', 'organisation', {
    body: ({ organisation }) => ({
      name: 'HR',
      kind: 'ldap',
      settings: {
        url: 'ldaps://ldap.example.edu.vn',
        baseDn: 'dc=example',
        bindDn: 'cn=admin,dc=example',
        attributes: { fullName: 'cn' },
      },
      secret: 'secret',
      organisationId: organisation,
      rosters: ['staff'],
      isWhole: false,
      applies: false,
    }),
    fresh: 300,
  }),
  'PATCH /api/v1/sync/sources/:id': roles('D', 'source', { body: () => ({ isPaused: true }), fresh: 300 }),
  'POST /api/v1/sync/sources/:id/tests': roles('D', 'source', {
    body: () => ({ settings: {}, roster: 'staff' }),
    fresh: 300,
  }),
  'POST /api/v1/sync/source-tests': roles('D', 'organisation', {
    body: ({ organisation }) => ({
      kind: 'folder',
      settings: { folder: 'x' },
      secret: '',
      organisationId: organisation,
      roster: 'staff',
    }),
    fresh: 300,
  }),
  'GET /api/v1/organisations/:id/roster-columns': roles('DC', 'organisation'),
  'DELETE /api/v1/sync/sources/:id': roles('D', 'source', { fresh: 300 }),
  'POST /api/v1/sync/sources/:id/runs': roles('D', 'source', { body: () => ({}), fresh: 300 }),
  'GET /api/v1/sync/targets': roles('DSA'),
  'POST /api/v1/sync/targets': roles('D', 'organisation', {
    body: ({ organisation }) => ({
      name: 'LDAP',
      kind: 'ldap',
      settings: { url: 'ldaps://ldap.example.edu.vn', baseDn: 'dc=example', bindDn: 'cn=admin,dc=example' },
      secret: 'secret',
      organisationId: organisation,
    }),
    fresh: 300,
  }),
  'PATCH /api/v1/sync/targets/:id': roles('D', 'target', { body: () => ({ isPaused: true }), fresh: 300 }),
  'GET /api/v1/sync/targets/:id/findings': roles('DSA', 'target'),
  'GET /api/v1/sync/targets/:id/lag': roles('DSA', 'target'),
  'GET /api/v1/sync/targets/:id/people/:person': roles('DSA', 'target'),
  'POST /api/v1/sync/targets/:id/people/:person': roles('D', 'target', { fresh: 300 }),
  'DELETE /api/v1/sync/targets/:id': roles('D', 'target', { fresh: 300 }),
  'POST /api/v1/sync/targets/:id/runs': roles('D', 'target', { body: () => ({ mode: 'plan' }), fresh: 300 }),
  'GET /api/v1/sync/targets/:id/runs': roles('DSA', 'target'),
  'GET /api/v1/sync/runs/:id': roles('DSA', 'run'),
  'POST /api/v1/sync/runs/:id/release': roles('D', 'run', { fresh: 300 }),
  'GET /api/v1/sync/webhooks': roles('DSA'),
  'POST /api/v1/sync/webhooks': roles('D', 'client', {
    body: ({ client }) => ({ clientId: client, url: 'https://sis.example.edu.vn/hook', types: ['person.changed'] }),
    fresh: 300,
  }),
  'DELETE /api/v1/sync/webhooks/:id': roles('D', 'webhook', { fresh: 300 }),
  'PUT /api/v1/sync/webhooks/:id/state': roles('D', 'webhook', { body: () => ({ state: 'paused' }), fresh: 300 }),
  'POST /api/v1/sync/webhooks/:id/secret': roles('D', 'webhook', { fresh: 300 }),
  'POST /api/v1/sync/webhooks/:id/test': roles('D', 'webhook', { fresh: 300 }),
  'GET /api/v1/sync/webhooks/:id/attempts': roles('DSA', 'webhook'),
  'POST /api/v1/sync/webhooks/:id/replays': roles('D', 'webhook', {
    body: () => ({ eventId: '0190f000-0000-7000-8000-000000000000' }),
    fresh: 300,
  }),
  'GET /api/v1/sync/exports': roles('DSA'),
  'POST /api/v1/sync/exports': roles('D', 'client', {
    body: ({ client }) => ({ clientId: client, format: 'csv', schedule: 'daily' }),
    fresh: 300,
  }),
  'DELETE /api/v1/sync/exports/:id': roles('D', 'export', { fresh: 300 }),
  'GET /api/v1/sync/exports/:id/files': roles('D', 'export', { fresh: 300 }),
  'POST /api/v1/sync/exports/:id/files': roles('D', 'export', { fresh: 300 }),
  'GET /api/v1/exports': protocol,
  'GET /api/v1/exports/files/:id': protocol,
  'GET /api/v1/feed': protocol,
  'GET /api/v1/feed/stream': protocol,
};

/** T9: names of fields that carry an id and never name a thing of others. */
export const idNamesDecidedOtherwise: Readonly<Record<string, string>> = {
  cursor: 'a place in a list that is narrowed to what the caller may see',
  rawId: 'a passkey of the caller: the assertion over the challenge proves it',
  ceremonyId: 'a registration that the caller began, bound to the session',
};

const plan =
  'its maker, who may import for every school of it, or who could be the second person: registry/src/changes/approval.test.ts';
const ownUpload = 'who began it alone: registry/src/roster/uploads/uploads.test.ts';
const approval = 'its maker, the person concerned, or who may approve it: registry/src/approvals/approvals.test.ts';
const anyApp = 'the department approves every app, whosever it is: idp/src/accounts/routes.test.ts';
const ownSession = "a signing session of the caller's own: signing-service/src/activation/activation.test.ts";
const ofMachine = "the machine's own batch, of documents of its school: edutrust/src/sign/sign.test.ts";
const ofClient = "the client's organisation, which is the route's resource: the row above tries it as every role";
const ofLastYear =
  'of the classes that the organisation of the path had last year; any other is refused, with one answer';
const ofClass = 'learners of the class that the path or the body names; others are refused or skipped one by one';

const ownOrChild = 'oneself, or a child for whom the caller decides: tests/faults/erasure.test.ts';

const ofApp = 'a document that the app of the token sent itself: signing-service/src/app-documents';
const ofRegistration = 'the app of the registration access token (RFC 7592): idp/src/registration';

/** T9: fields with an id that the HTTP base does not decide on, and who does. */
export const idsDecidedOtherwise: Readonly<Record<string, string>> = {
  'POST /api/v1/signing/organisations/:organisationId/documents body.uploadId':
    'findUpload: sent by the caller, for this organisation',
  'POST /api/v1/signing/organisations/:organisationId/documents body.signers.*.personId':
    'findSigners: who signs for the organisation, which those who ask may see',
  'POST /api/v1/app-documents body.organisationId': 'the organisation of the token’s app, or one below: askAsApp',
  'POST /api/v1/app-documents body.signers.*.educationId':
    'findSigners: who signs for that organisation; no other is told',
  'POST /api/v1/app-documents body.replacesId': ofApp,
  'GET /api/v1/app-documents/:id params.id': ofApp,
  'GET /api/v1/app-documents/:id/file params.id': ofApp,
  'POST /api/v1/app-documents/:id/withdraw params.id': ofApp,
  'GET /api/v1/roster/plans/:id params.id': plan,
  'GET /api/v1/roster/plans/:id/refusals params.id': plan,
  'POST /api/v1/roster/plans/:id/apply params.id': plan,
  'GET /api/v1/roster/plans/:id/result params.id': plan,
  'POST /api/v1/roster/plans/:id/release params.id': plan,
  'GET /api/v1/roster/plans/:id/undo params.id': plan,
  'POST /api/v1/roster/plans/:id/undo params.id': plan,
  'GET /api/v1/roster/uploads/:id params.id': ownUpload,
  'PATCH /api/v1/roster/uploads/:id params.id': ownUpload,
  'DELETE /api/v1/roster/uploads/:id params.id': ownUpload,
  'POST /api/v1/apps/:clientId/approval params.clientId': anyApp,
  'DELETE /api/v1/apps/:clientId/approval params.clientId': anyApp,
  'DELETE /api/v1/organisations/:id/registration-tokens/:tokenId params.tokenId':
    'a token of that organisation: idp/src/registration',
  'GET /oidc/register/:clientId params.clientId': ofRegistration,
  'PUT /oidc/register/:clientId params.clientId': ofRegistration,
  'DELETE /oidc/register/:clientId params.clientId': ofRegistration,
  'GET /api/v1/approvals/:id params.id': approval,
  'GET /api/v1/approvals/:id/evidence params.id': approval,
  'POST /api/v1/approvals/:id/options params.id': approval,
  'POST /api/v1/approvals/:id/confirm params.id': approval,
  'POST /api/v1/approvals/:id/approve params.id': approval,
  'POST /api/v1/approvals/:id/refuse params.id': approval,
  'POST /api/v1/approvals/:id/withdraw params.id': approval,
  'POST /api/v1/approvals/:id/collect params.id': approval,
  'GET /api/v1/account/children/:id/data params.id': "one of the caller's own children: idp/src/own-data",
  'GET /account/children/:id/looks params.id': "one of the caller's own children: idp/src/looks",
  'POST /api/v1/account/data-requests body.subjectId': ownOrChild,
  'POST /api/v1/account/data-requests/:id/withdraw params.id': 'whoever asked, else none: tests/faults/erasure.test.ts',
  'POST /account/data-requests body.subjectId': ownOrChild,
  'GET /account/data-requests querystring.of': ownOrChild,
  'GET /signin/:uid/upstream querystring.ticket': 'random, used once, with the cookie of its sign-in: idp/src/upstream',
  'POST /account/upstream/links/:id/remove params.id': "one's own: idp/src/upstream",
  'POST /account/data-requests/:id/withdraw params.id': 'whoever asked, else none: tests/faults/erasure.test.ts',
  'POST /account/children/:id/apps/:app/agree params.id': "one of the caller's own children: idp/src/consent",
  'POST /api/v1/break-glass/:id/reviews params.id':
    'broken glass, which is the department’s alone: idp/src/break-glass',
  'POST /account/children/:id/apps/:app/withdraw params.id': "one of the caller's own children: idp/src/children",
  'GET /account/children/:id/apps/:app/receipt.pdf params.id': "one of the caller's own children: idp/src/consent",
  'POST /api/v1/people/:id/transfer-offers body.toId':
    'any school of the city: it is asked, and nothing of it is told or changed: registry/src/transfers',
  'POST /api/v1/people/:id/splits body.educationId':
    'registry/people/split.ts: an ID that was merged into the record of the path, and no other',
  'POST /api/v1/people/:id/corrections body.ministryId':
    'what is to be written: it names nobody, and one of another is refused',
  'POST /api/v1/organisations/:id/transfer-requests body.educationId':
    'with the date of birth, from any school; one refusal for both: registry/src/transfers',
  'POST /api/v1/transfers/:id/accept body.classId': 'a class of the school that the learner goes to, or refused',
  'POST /api/v1/organisations/:id/roll-over body.classes.*.classId': ofLastYear,
  'POST /api/v1/organisations/:id/roll-over body.repeating.*.personId': ofLastYear,
  'POST /api/v1/people/:id/changes/:changeId/take-back params.changeId':
    'a change of the person of the path, or not found: idp/src/undo',
  'POST /api/v1/classes/:id/activation-codes body.personIds.*': ofClass,
  'POST /api/v1/classes/:id/badges body.personIds.*': ofClass,
  'POST /api/v1/classes/:id/pins body.personIds.*': ofClass,
  'POST /api/v1/accounts/states body.personIds.*':
    'each is decided as its own account is, and left out where it is not allowed: idp/src/accounts/routes.test.ts',
  'POST /api/v1/accounts/coverage body.organisationIds.*':
    'numbers of those in reach, the others are left out: idp/src/accounts/routes.test.ts',
  'POST /api/v1/trust-anchors/:id/end params.id': "the department's only: whoever may end one may end each",
  'POST /api/v1/signing/organisations/:organisationId/documents body.replacesId':
    'an issued upload of that organisation: signing-service/src/documents',
  'POST /api/v1/signing/requests/:id/hand-over body.personId':
    "a signer of the document's organisation: signing-service/src/delegations",
  'POST /api/v1/signing/organisations/:organisationId/delegations body.id':
    'made by the caller; another’s is refused: signing-service/src/delegations',
  'POST /api/v1/signing/organisations/:organisationId/delegations body.delegateId':
    'a signer of that organisation: signing-service/src/delegations',
  'POST /api/v1/signing/delegations/:id/end params.id': "one of the caller's own: signing-service/src/delegations",
  'GET /api/v1/signing/requests querystring.signer': 'narrows a list of what the caller may see',
  'GET /api/v1/signing/exports querystring.signer': 'narrows a list of what the caller may see',
  'POST /api/v1/signing/organisations/:organisationId/forms body.id':
    'made by the caller; another document’s is refused: signing-service/src/forms',
  'POST /api/v1/signing/organisations/:organisationId/forms body.personId':
    'a learner of that school: signing-service/src/forms',
  'POST /api/v1/signing/organisations/:organisationId/forms body.replacesId':
    'an issued document of that school: signing-service/src/forms',
  'PUT /api/v1/signing/classes/:id/subject-teachers body.teachers.*.personId':
    "a signer of the class's school: signing-service/src/subjects",
  'GET /api/v1/signing/classes/:id/own-marks params.id':
    'a class where the caller teaches: signing-service/src/subjects',
  'PUT /api/v1/signing/classes/:id/own-marks params.id':
    'a class where the caller teaches: signing-service/src/subjects',
  'PUT /api/v1/signing/classes/:id/own-marks body.rows.*.personId': ofClass,
  'POST /api/v1/signing/requests/:id/copies body.id':
    'made by the caller; another copy’s is refused: signing-service/src/copies',
  'POST /api/v1/signing/organisations/:organisationId/parcels body.id':
    'made by the caller; another parcel’s is refused: signing-service/src/parcels',
  'POST /api/v1/signing/organisations/:organisationId/parcels body.classId':
    'a class of that school: signing-service/src/parcels',
  'POST /api/v1/signing/organisations/:organisationId/parcels body.requestIds.*':
    'issued reports of that class: signing-service/src/parcels',
  'POST /api/v1/signing/organisations/:organisationId/parcels body.replacesId':
    'a parcel of that class: signing-service/src/parcels',
  'PUT /api/v1/signing/organisations/:organisationId/parcels/:parcelId/receipt params.parcelId':
    'a parcel of that school: signing-service/src/parcels',
  'GET /api/v1/signing/requests/:id/copies/:copyId/print params.copyId':
    'a copy of that document: signing-service/src/copies',
  'POST /api/v1/signing/transcripts body.personIds.*': ofClass,
  'POST /api/v1/signing/transcripts body.subjectTeachers.*.personId':
    'findSigners: who signs for the school, which those who ask may see',
  'POST /api/v1/signing/transcripts body.signerId':
    "a signer of the class's school: signing-service/src/requests/requests.test.ts",
  'PUT /api/v1/signing/classes/:id/marks body.rows.*.personId': ofClass,
  'POST /api/v1/signing/requests/:id/reject params.id': 'the one whose turn it is: signing-service/src/requests',
  'POST /api/v1/signing/sessions body.requestIds.*': "requests of the caller's inbox: signing-service/src/activation",
  'POST /api/v1/sealing/batches body.requestIds.*': ofMachine,
  'GET /api/v1/sealing/batches/:id/documents/:requestId/:artefact params.id': ofMachine,
  'GET /api/v1/sealing/batches/:id/documents/:requestId/:artefact params.requestId': ofMachine,
  'POST /api/v1/sealing/batches/:id/signatures params.id': ofMachine,
  'POST /api/v1/sealing/batches/:id/signatures body.signatures.*.requestId': ofMachine,
  'GET /api/v1/signing/sessions/:id/documents/:requestId params.id': ownSession,
  'GET /api/v1/signing/sessions/:id/documents/:requestId params.requestId': ownSession,
  'GET /api/v1/signing/authorisations/:id params.id': ownSession,
  'POST /api/v1/signing/authorisations/:id/confirm params.id': ownSession,
  'POST /api/v1/signing/authorisations/:id/refuse params.id': ownSession,
  'POST /api/v1/signing/sessions/:id/confirm params.id': ownSession,
  'POST /api/v1/signing/sessions/:id/confirm body.signatures.*.requestId': ownSession,
  'POST /api/v1/signing/sessions/:id/confirm body.notOpened.*': ownSession,
  'POST /api/v1/signing/sessions/:id/confirm body.drawn.*.requestId': ownSession,
  'GET /api/v1/exports/files/:id params.id':
    "the link's signature, over this id: directory-sync/src/exports/exports.test.ts",
  'POST /api/v1/sync/webhooks body.clientId': ofClient,
  'POST /api/v1/sync/exports body.clientId': ofClient,
  'POST /api/v1/sync/webhooks/:id/replays body.eventId':
    'readFeed gives only what the client of the webhook may hear of: directory-sync/src/webhooks/webhooks.test.ts',
  'GET /api/v1/account/documents/:id/file params.id': 'issued to the caller or to one of their children',
};
