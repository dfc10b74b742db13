import type { Actor, RoleAssignment } from '@edutrust/platform/actor';
import type { Text } from '@edutrust/platform/messages';

/** What can be done, `noun.verb`. Every route that needs a role names one of these. */
export const actions = [
  'people.read',
  'people.read-details',
  'people.write',
  'people.leave',
  'people.merge',
  'organisations.read',
  'organisations.write',
  'classes.write',
  'roster.import',
  'roster.approve',
  'roles.read',
  'roles.grant',
  'accounts.read',
  'accounts.invite',
  'accounts.suspend',
  'apps.read',
  'apps.write',
  'apps.approve',
  'apps.activate',
  'certificates.read',
  'certificates.request',
  'certificates.approve',
  'certificates.revoke',
  'anchors.read',
  'anchors.write',
  'marks.read',
  'marks.write',
  'signing.request',
  'signing.read',
  'signing.enrol',
  'signing.sign',
  'signing.seal',
  'signing.approve-enrolment',
  'sync.read',
  'sync.write',
  'audit.read',
  'audit.verify',
  'mail.read',
  'approvals.approve',
] as const;
export type Action = (typeof actions)[number];

export const roles = [
  'department-administrator',
  'security-officer',
  'auditor',
  'school-administrator',
  'teacher',
  'signer',
  'clerk',
  'app-owner',
] as const;
export type Role = (typeof roles)[number];

/**
 * What each role may do, in its organisation and everything below it. Kept apart on purpose: who administers asks for
 * certificates but does not approve or revoke them, nor approves signers; who audits changes nothing.
 */
export const roleActions: Readonly<Record<Role, readonly Action[]>> = {
  'department-administrator': [
    'people.read',
    'people.read-details',
    'people.write',
    'people.leave',
    'people.merge',
    'organisations.read',
    'organisations.write',
    'classes.write',
    'roster.import',
    'roster.approve',
    'roles.read',
    'roles.grant',
    'accounts.read',
    'accounts.invite',
    'accounts.suspend',
    'apps.read',
    'apps.write',
    'apps.approve',
    'apps.activate',
    'certificates.read',
    'certificates.request',
    'anchors.read',
    'marks.read',
    'signing.read',
    'sync.read',
    'sync.write',
    'audit.read',
    'mail.read',
    'approvals.approve',
  ],
  'security-officer': [
    'people.read',
    'people.read-details',
    'organisations.read',
    'roles.read',
    'accounts.read',
    'accounts.suspend',
    'apps.read',
    'certificates.read',
    'certificates.request',
    'certificates.approve',
    'certificates.revoke',
    'anchors.read',
    'anchors.write',
    'signing.read',
    'signing.approve-enrolment',
    'sync.read',
    'audit.read',
    'audit.verify',
    'approvals.approve',
  ],
  auditor: [
    'people.read',
    'people.read-details',
    'organisations.read',
    'roles.read',
    'apps.read',
    'certificates.read',
    'anchors.read',
    'signing.read',
    'sync.read',
    'audit.read',
    'audit.verify',
  ],
  'school-administrator': [
    'people.read',
    'people.read-details',
    'people.write',
    'people.leave',
    'organisations.read',
    'classes.write',
    'roster.import',
    'roles.read',
    'roles.grant',
    'accounts.read',
    'accounts.invite',
    'accounts.suspend',
    'marks.read',
    'marks.write',
    'signing.request',
    'signing.read',
    'certificates.read',
    'certificates.request',
    'apps.activate',
    'audit.read',
  ],
  teacher: [
    'people.read',
    'organisations.read',
    'accounts.read',
    'accounts.invite',
    'marks.read',
    'marks.write',
    'signing.request',
    'signing.read',
  ],
  signer: ['organisations.read', 'signing.read', 'signing.enrol', 'signing.sign'],
  // Văn thư: keeps the organisation's seal and puts it on what the head has signed (Decree 30/2020/NĐ-CP, article 32).
  clerk: ['organisations.read', 'signing.read', 'signing.enrol', 'signing.seal'],
  'app-owner': ['apps.read', 'apps.write'],
};

/** An action that a role has only for what is its holder's own. */
export type Narrowing = 'own-class' | 'assigned';

const narrowings: Readonly<Partial<Record<Role, Readonly<Partial<Record<Action, Narrowing>>>>>> = {
  // Codes, marks and transcripts are the class teacher's (A5); another teacher of the school sees none of them.
  teacher: {
    'accounts.read': 'own-class',
    'accounts.invite': 'own-class',
    'marks.read': 'own-class',
    'marks.write': 'own-class',
    'signing.request': 'own-class',
    'signing.read': 'own-class',
  },
  // Teachers sign too: who signs reads what names them, not what the whole school signs.
  signer: { 'signing.read': 'assigned' },
};

/** To what the role's action is narrowed; undefined when it reaches everything in the role's organisation. */
export function narrowedTo(role: Role, action: Action): Narrowing | undefined {
  return narrowings[role]?.[action];
}

/** What a password alone opens: everything above a teacher's work takes a passkey, or a second factor (W5). */
const passwordRoles: ReadonlySet<Role> = new Set<Role>(['teacher']);

/** Whether one of the roles works only for those who signed in with a passkey or a second factor. */
export function needPasskey(held: readonly RoleAssignment[]): boolean {
  return held.some(({ role }) => !passwordRoles.has(role as Role));
}

/** The actor's roles that have the action and that work for how the actor signed in. */
export function rolesWith(actor: Actor, action: string): readonly RoleAssignment[] {
  if (actor.kind !== 'person') return [];
  return actor.roles.filter(({ role }) => {
    const works = actor.acr === 'passkey' || actor.acr === 'mfa' || passwordRoles.has(role as Role);
    return works && roleActions[role as Role]?.includes(action as Action);
  });
}

/**
 * Acts on keys, roles, credentials of others, apps, targets and standing, and exports: each asks for a sign-in of the
 * last five minutes (T5), on every route that names it.
 */
const freshActions: ReadonlySet<Action> = new Set<Action>([
  'people.merge',
  'people.leave',
  'roster.approve',
  'roles.grant',
  'accounts.invite',
  'accounts.suspend',
  'apps.write',
  'apps.approve',
  'apps.activate',
  'certificates.approve',
  'certificates.revoke',
  'anchors.write',
  'signing.approve-enrolment',
  'sync.write',
]);

/** How recent the sign-in has to be for the action, in seconds; undefined when any session will do. */
export function freshWithinSeconds(action: Action): number | undefined {
  return freshActions.has(action) ? 300 : undefined;
}

/**
 * Actions on a person's credentials, facts or standing: they ask for the person's home organisation and every role that
 * the person holds, where other actions ask for any organisation where the person belongs.
 */
export const governingActions: ReadonlySet<Action> = new Set<Action>([
  'people.write',
  'people.leave',
  'people.merge',
  'roles.grant',
  'accounts.read',
  'accounts.invite',
  'accounts.suspend',
]);

/**
 * Whose holders a role may act on and, with `roles.grant`, which roles it may give: never its own equals below the
 * department, never upwards. The department's administrator reaches the officers, but not alone: `protectedRoles`.
 */
export const coveredRoles: Readonly<Record<Role, readonly Role[]>> = {
  'department-administrator': roles,
  'security-officer': roles,
  auditor: [],
  'school-administrator': ['teacher'],
  teacher: [],
  signer: [],
  clerk: [],
  'app-owner': [],
};

/** Roles that take two people to give. */
export const protectedRoles: ReadonlySet<Role> = new Set<Role>([
  'department-administrator',
  'security-officer',
  'auditor',
  'signer',
  'clerk',
]);

/** Whose holders' credentials take two people to replace: everybody who answers for others. */
export const credentialsTakeTwo: ReadonlySet<Role> = new Set<Role>([...protectedRoles, 'school-administrator']);

/** Separation of duties (T8): one person holds at most one of these. Ending one takes two people: nobody disables the department alone. */
export const separateDuties: ReadonlySet<Role> = new Set<Role>([
  'department-administrator',
  'security-officer',
  'auditor',
]);

/** Whether holders of one role may grant and end the other, in their organisation and below it. */
export function mayGrant(own: string, role: Role): boolean {
  return roleActions[own as Role].includes('roles.grant') && coveredRoles[own as Role].includes(role);
}

/** As people call them; the console has the same words. */
export const roleNames: Readonly<Record<Role, Text>> = {
  'department-administrator': { vi: 'Quản trị Sở', en: 'Department administrator' },
  'security-officer': { vi: 'Cán bộ an toàn thông tin', en: 'Security officer' },
  auditor: { vi: 'Kiểm toán', en: 'Auditor' },
  'school-administrator': { vi: 'Quản trị trường', en: 'School administrator' },
  teacher: { vi: 'Giáo viên', en: 'Teacher' },
  signer: { vi: 'Người ký', en: 'Signer' },
  clerk: { vi: 'Văn thư', en: 'Clerk' },
  'app-owner': { vi: 'Chủ ứng dụng', en: 'App owner' },
};
