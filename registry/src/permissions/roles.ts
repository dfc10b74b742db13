import type { Actor, RoleAssignment } from '@edutrust/platform/actor';
import type { Text } from '@edutrust/platform/messages';

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

interface Rule {
  /** The roles that have it, in their organisation and everything below it. */
  readonly by: readonly Role[];
  /** Asks for a sign-in of the last five minutes (T5): acts on keys, roles, credentials of others, apps, targets, standing. */
  readonly isFresh?: true;
  /**
   * Acts on a person's credentials, facts or standing: asks for the person's home organisation and every role that the
   * person holds, where other actions ask for any organisation where the person belongs.
   */
  readonly governs?: true;
}

/**
 * What can be done, `noun.verb`, and by whom. Every route that needs a role names one of these. Separate on purpose: who
 * administers asks for certificates but does not approve or revoke them, nor approves signers; who audits changes nothing.
 * The clerk (văn thư) keeps the organisation's seal and puts it on what the head has signed (Decree 30/2020/NĐ-CP,
 * article 32).
 */
const rules = {
  'people.read': { by: ['department-administrator', 'security-officer', 'auditor', 'school-administrator', 'teacher'] },
  'people.read-details': { by: ['department-administrator', 'security-officer', 'auditor', 'school-administrator'] },
  'people.write': { by: ['department-administrator', 'school-administrator'], governs: true },
  /** The second person of a correction: another administrator, or the head who signs the school's papers. */
  'people.approve-correction': {
    by: ['department-administrator', 'security-officer', 'school-administrator', 'signer'],
  },
  'people.leave': { by: ['department-administrator', 'school-administrator'], isFresh: true, governs: true },
  'people.merge': { by: ['department-administrator'], isFresh: true, governs: true },
  'organisations.read': {
    by: [
      'department-administrator',
      'security-officer',
      'auditor',
      'school-administrator',
      'teacher',
      'signer',
      'clerk',
    ],
  },
  'organisations.write': { by: ['department-administrator'] },
  'classes.write': { by: ['department-administrator', 'school-administrator'] },
  'roster.read': { by: ['department-administrator', 'security-officer', 'school-administrator'] },
  'roster.import': { by: ['department-administrator', 'school-administrator'] },
  'roles.read': { by: ['department-administrator', 'security-officer', 'auditor', 'school-administrator'] },
  'roles.grant': { by: ['department-administrator', 'school-administrator'], isFresh: true, governs: true },
  'accounts.read': {
    by: ['department-administrator', 'security-officer', 'school-administrator', 'teacher'],
    governs: true,
  },
  'accounts.invite': {
    by: ['department-administrator', 'school-administrator', 'teacher'],
    isFresh: true,
    governs: true,
  },
  'accounts.suspend': {
    by: ['department-administrator', 'security-officer', 'school-administrator'],
    isFresh: true,
    governs: true,
  },
  'apps.read': { by: ['department-administrator', 'security-officer', 'auditor', 'app-owner'] },
  'apps.write': { by: ['department-administrator', 'app-owner'], isFresh: true },
  'apps.approve': { by: ['department-administrator'], isFresh: true },
  'apps.activate': { by: ['department-administrator', 'school-administrator'], isFresh: true },
  'certificates.read': { by: ['department-administrator', 'security-officer', 'auditor', 'school-administrator'] },
  'certificates.request': { by: ['department-administrator', 'security-officer', 'school-administrator'] },
  'certificates.approve': { by: ['security-officer'], isFresh: true },
  'certificates.revoke': { by: ['security-officer'], isFresh: true },
  'anchors.read': { by: ['department-administrator', 'security-officer', 'auditor'] },
  'anchors.write': { by: ['security-officer'], isFresh: true },
  /** A lesson on the school's computers, whose sessions end with it; an exam closes everything else to the class. */
  'lessons.run': { by: ['school-administrator', 'teacher'] },
  'marks.read': { by: ['department-administrator', 'school-administrator', 'teacher'] },
  'marks.write': { by: ['school-administrator', 'teacher'] },
  'signing.request': { by: ['school-administrator', 'teacher'] },
  /** The register of copies is the office's (Decree 30/2020/ND-CP, articles 25 to 27). */
  'signing.copy': { by: ['school-administrator', 'clerk'] },
  'signing.read': {
    by: [
      'department-administrator',
      'security-officer',
      'auditor',
      'school-administrator',
      'teacher',
      'signer',
      'clerk',
    ],
  },
  'signing.enrol': { by: ['signer', 'clerk'] },
  'signing.sign': { by: ['signer'] },
  'signing.seal': { by: ['clerk'] },
  'sealing-machines.write': { by: ['security-officer', 'school-administrator', 'clerk'] },
  'signing.approve-enrolment': { by: ['security-officer'], isFresh: true },
  'sync.read': { by: ['department-administrator', 'security-officer', 'auditor'] },
  'sync.write': { by: ['department-administrator'], isFresh: true },
  'audit.read': { by: ['department-administrator', 'security-officer', 'auditor', 'school-administrator'] },
  'audit.verify': { by: ['security-officer', 'auditor'] },
  'mail.read': { by: ['department-administrator'] },
  'approvals.approve': { by: ['department-administrator', 'security-officer'] },
  'security.read': { by: ['department-administrator', 'security-officer', 'auditor'] },
  /** What somebody did by broken glass, gone through by two others; the auditor too, or one officer left could not. */
  'break-glass.review': { by: ['department-administrator', 'security-officer', 'auditor'], isFresh: true },
  'accounts.review': { by: ['department-administrator', 'security-officer', 'school-administrator'], isFresh: true },
  'data-requests.read': { by: ['department-administrator', 'security-officer', 'auditor', 'school-administrator'] },
  'data-requests.handle': { by: ['department-administrator', 'school-administrator'], isFresh: true, governs: true },
  'data-breaches.read': { by: ['department-administrator', 'security-officer', 'auditor'] },
  'recipients.read': { by: ['department-administrator', 'security-officer', 'auditor'] },
  'data-breaches.write': { by: ['department-administrator', 'security-officer'], isFresh: true },
} as const satisfies Readonly<Record<string, Rule>>;

export type Action = keyof typeof rules;
export const actions = Object.keys(rules) as readonly Action[]; // the keys of the table, nothing else
const ruleOf: Readonly<Record<Action, Rule>> = rules;
const actionsThat = (holds: (rule: Rule) => boolean) => actions.filter((action) => holds(ruleOf[action]));

/** Whether the role has the action, in its organisation and everything below it; false for what is neither. */
export function hasAction(role: string, action: string): boolean {
  return ruleOf[action as Action]?.by.includes(role as Role) ?? false; // what is not in the table is found nowhere
}

/** An action that a role has only for what is its holder's own. */
export type Narrowing = 'own-class' | 'assigned';

const narrowings: Readonly<Partial<Record<Role, Readonly<Partial<Record<Action, Narrowing>>>>>> = {
  // Codes, marks and transcripts are the class teacher's (A5); another teacher of the school sees none of them.
  teacher: {
    'accounts.read': 'own-class',
    'accounts.invite': 'own-class',
    'lessons.run': 'own-class',
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

/**
 * The `acr` of a session by broken glass (`edutrust break-glass`): it has one role for hours, which works without a passkey,
 * and is nobody where two people decide, in apps, and for whatever lasts.
 */
export const breakGlassAcr = 'break-glass';

/** What a password alone opens: everything above a teacher's work takes a passkey, or a second factor (W5). */
const passwordRoles: ReadonlySet<Role> = new Set<Role>(['teacher']);

/** Whether one of the roles works only for those who signed in with a passkey or a second factor. */
export function needPasskey(held: readonly RoleAssignment[]): boolean {
  return held.some(({ role }) => !passwordRoles.has(role as Role));
}

/** The actor's roles that have the action and that work for how the actor signed in. */
export function rolesWith(actor: Actor, action: string): readonly RoleAssignment[] {
  if (actor.kind !== 'person') return [];
  const isStrong = ['passkey', 'mfa', breakGlassAcr].includes(actor.acr);
  return actor.roles.filter(({ role }) => {
    const works = isStrong || passwordRoles.has(role as Role);
    return works && hasAction(role, action);
  });
}

/** How recent the sign-in has to be for the action, in seconds; undefined when any session will do. */
export function freshWithinSeconds(action: Action): number | undefined {
  return ruleOf[action].isFresh ? 300 : undefined;
}

/** Actions on a person's credentials, facts or standing. */
export const governingActions: ReadonlySet<Action> = new Set(actionsThat(({ governs }) => governs === true));

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
  return hasAction(own, 'roles.grant') && coveredRoles[own as Role].includes(role);
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
