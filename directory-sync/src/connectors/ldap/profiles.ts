import type { Text } from '@edutrust/platform/messages';

/**
 * An attribute of a field: by its name alone the values as they are; `values` by other words; `as` inside a text in which
 * `{value}` is the value, `{domain}` the domain of the target.
 */
export type FieldAttribute =
  | string
  | { readonly name: string; readonly values?: Readonly<Record<string, string>>; readonly as?: string };

type Attributes = Readonly<Record<string, readonly string[]>>;

/**
 * Bits that decide whether an account may be used, where somebody else sets its password: it begins disabled, is enabled
 * when it has a password, and is never open without one. Other bits are others' and stay.
 */
export interface AccountControl {
  readonly attribute: string;
  /** Of a new account, beside the one that disables it. */
  readonly usual: number;
  readonly disabled: number;
  /** Lets in without a password. */
  readonly open: number;
  /** The attribute that says when a password was set; 0: never, or it is to be changed at the next sign-in. */
  readonly passwordSet: string;
}

/**
 * What people and groups look like at an LDAP server, as data. Texts hold `{key}` (the education ID, or the name of a group),
 * `{domain}` (of the target's settings; without one the attribute is left out) and `{number}` (the person's own, never used
 * again).
 */
export interface Profile {
  readonly title: Text;
  /** What a server needs to know them. */
  readonly schema: Text;
  readonly needsDomain?: boolean;
  readonly person: {
    readonly classes: readonly string[];
    /** The attribute that names an entry below `ou=people`. */
    readonly naming: 'uid' | 'cn';
    /** What says the education ID, in one way or another. */
    readonly account: Readonly<Record<string, string>>;
    readonly fields: Readonly<Record<string, readonly FieldAttribute[]>>;
    /** What an account that may be used has, and one that may not: attributes that software looks at before it lets in. */
    readonly active: Attributes;
    readonly disabled: Attributes;
    /** Where bits of one attribute decide as well. */
    readonly control?: AccountControl;
  };
  readonly group: {
    readonly classes: readonly string[];
    readonly attributes: Readonly<Record<string, string>>;
    /** The class does without a member; else the base stands in every group. */
    readonly mayBeEmpty: boolean;
  };
}

/** The attributes of inetOrgPerson (RFC 2798) by the neutral field that they hold. */
const people: Profile = {
  title: { vi: 'Người và nhóm (inetOrgPerson)', en: 'People and groups (inetOrgPerson)' },
  schema: {
    vi: 'Nạp core, cosine và inetorgperson vào máy chủ LDAP.',
    en: 'Load core, cosine and inetorgperson into the LDAP server.',
  },
  person: {
    classes: ['inetOrgPerson'],
    naming: 'uid',
    account: { employeeNumber: '{key}', mail: '{key}@{domain}' },
    fields: {
      fullName: ['cn', 'displayName'],
      familyName: ['sn'],
      givenName: ['givenName'],
      roles: ['employeeType'],
      organisations: ['o'],
      classes: ['ou'],
      titles: ['title'],
    },
    active: {},
    disabled: { employeeType: ['disabled'] },
  },
  group: { classes: ['groupOfNames'], attributes: { cn: '{key}' }, mayBeEmpty: false },
};

/**
 * Accounts of Linux and Unix machines (RFC 2307): `shadowExpire` in the past and a shell that lets nobody in are what
 * `pam_ldap`, `nslcd` and SSSD (`ldap_account_expire_policy = shadow`) look at.
 */
const posix: Profile = {
  ...people,
  title: { vi: 'Tài khoản Linux (posixAccount)', en: 'Linux accounts (posixAccount)' },
  schema: {
    vi: 'Nạp core, cosine, inetorgperson và nis vào máy chủ LDAP.',
    en: 'Load core, cosine, inetorgperson and nis into the LDAP server.',
  },
  person: {
    ...people.person,
    classes: ['inetOrgPerson', 'posixAccount', 'shadowAccount'],
    account: {
      ...people.person.account,
      uidNumber: '{number}',
      gidNumber: '{number}',
      homeDirectory: '/home/{key}',
    },
    active: { loginShell: ['/bin/bash'], shadowExpire: [] },
    disabled: { ...people.person.disabled, loginShell: ['/usr/sbin/nologin'], shadowExpire: ['1'] },
  },
};

/** Federations of schools and universities: eduPerson 202208 and SCHAC 1.6. */
const eduPerson: Profile = {
  ...people,
  title: { vi: 'Liên hiệp giáo dục (eduPerson, SCHAC)', en: 'Education federations (eduPerson, SCHAC)' },
  schema: {
    vi: 'Nạp core, cosine, inetorgperson, eduPerson và SCHAC vào máy chủ LDAP.',
    en: 'Load core, cosine, inetorgperson, eduPerson and SCHAC into the LDAP server.',
  },
  needsDomain: true,
  person: {
    ...people.person,
    classes: ['inetOrgPerson', 'eduPerson', 'schacLinkageIdentifiers'],
    account: {
      ...people.person.account,
      eduPersonPrincipalName: '{key}@{domain}',
      schacHomeOrganization: '{domain}',
    },
    fields: {
      ...people.person.fields,
      roles: [
        'employeeType',
        {
          name: 'eduPersonAffiliation',
          values: { learner: 'student', teacher: 'faculty', staff: 'staff', guardian: 'affiliate' },
        },
        {
          name: 'eduPersonScopedAffiliation',
          values: { learner: 'student', teacher: 'faculty', staff: 'staff', guardian: 'affiliate' },
          as: '{value}@{domain}',
        },
      ],
    },
    disabled: { employeeType: ['disabled'], eduPersonAffiliation: [], eduPersonScopedAffiliation: [] },
  },
};

/**
 * Active Directory and Samba: MS-ADA1..3. The bits of `userAccountControl` are what a domain controller looks at (MS-ADTS
 * §2.2.16): NORMAL_ACCOUNT (512), ACCOUNTDISABLE (2), PASSWD_NOTREQD (32). No password is ever sent, so that an account
 * which was enabled here would be refused, or open. What is an attribute elsewhere is a group here.
 */
const activeDirectory: Profile = {
  title: { vi: 'Active Directory hoặc Samba', en: 'Active Directory or Samba' },
  schema: {
    vi: 'Đây phải là máy chủ Active Directory hoặc Samba.',
    en: 'This has to be an Active Directory or Samba server.',
  },
  needsDomain: true,
  person: {
    classes: ['user'],
    naming: 'cn',
    account: {
      employeeNumber: '{key}',
      sAMAccountName: '{key}',
      userPrincipalName: '{key}@{domain}',
      mail: '{key}@{domain}',
    },
    fields: { fullName: ['displayName'], familyName: ['sn'], givenName: ['givenName'] },
    active: { employeeType: [] },
    disabled: { employeeType: ['disabled'] }, // tells who left from who waits for a password
    control: { attribute: 'userAccountControl', usual: 512, disabled: 2, open: 32, passwordSet: 'pwdLastSet' },
  },
  group: {
    classes: ['group'],
    attributes: { cn: '{key}', sAMAccountName: '{key}', groupType: '-2147483646' }, // a security group of the domain
    mayBeEmpty: true,
  },
};

export const profiles = { people, posix, eduPerson, activeDirectory } as const satisfies Record<string, Profile>;
export type ProfileName = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as ProfileName[]; // its own keys
