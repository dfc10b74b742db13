/** What can be done, `noun.verb`. Every route that needs a role names one of these. */
export const actions = [
  'people.read',
  'people.write',
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
    'people.write',
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
    'certificates.read',
    'certificates.request',
    'anchors.read',
    'marks.read',
    'signing.read',
    'sync.read',
    'sync.write',
    'audit.read',
    'mail.read',
  ],
  'security-officer': [
    'people.read',
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
  ],
  auditor: [
    'people.read',
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
    'people.write',
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
  // Marks and transcripts are the class teacher's; another teacher of the school sees none of them.
  teacher: {
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

/** Who may grant and end a role: nobody above themselves, and no signer makes signers (T5). */
export function rolesThatMayGrant(role: Role): readonly Role[] {
  if (role === 'teacher') return ['department-administrator', 'school-administrator'];
  if (role === 'school-administrator' || role === 'app-owner' || role === 'signer' || role === 'clerk')
    return ['department-administrator'];
  if (role === 'department-administrator' || role === 'security-officer' || role === 'auditor')
    return ['department-administrator'];
  return [];
}
