export const profileIds = ['rfc', 'entra', 'okta', 'google'] as const;
export type ProfileId = (typeof profileIds)[number];

/** What servers do in ways of their own, where RFC 7643 and 7644 leave it open or are not followed. */
export interface Profile {
  /** A user is changed by a PATCH with paths, by one whose value has no path, or by a PUT of all that is kept there. */
  readonly change: 'patch' | 'patch-value' | 'put';
  /** As RFC 7644 writes `op`, or with a capital. */
  readonly op: 'add' | 'Add';
  readonly active: 'boolean' | 'text';
  /** How many members a PATCH may name. */
  readonly membersAtOnce: number;
  /** Whether what we call it is kept there. */
  readonly keepsExternalId: boolean;
  /** By which attribute a user of ours is found. */
  readonly matchBy: 'externalId' | 'userName';
  readonly hasGroups: boolean;
  /** Where it says in which groups a user is: by a filter over members, or with the user. */
  readonly groupsOf: 'filter' | 'user';
  /** Requests at once. */
  readonly inFlight: number;
}

const standard: Profile = {
  change: 'patch',
  op: 'add',
  active: 'boolean',
  membersAtOnce: 100,
  keepsExternalId: true,
  matchBy: 'externalId',
  hasGroups: true,
  groupsOf: 'filter',
  inFlight: 8,
};

/** By how they answer, not by who made them: many servers were written for one of these clients. */
export const profiles: Readonly<Record<ProfileId, Profile>> = {
  rfc: standard,
  entra: { ...standard, op: 'Add', active: 'text', groupsOf: 'user' },
  okta: { ...standard, change: 'put', matchBy: 'userName', membersAtOnce: 1, groupsOf: 'user', inFlight: 4 },
  google: {
    ...standard,
    change: 'patch-value',
    matchBy: 'userName',
    keepsExternalId: false,
    hasGroups: false,
    inFlight: 2,
  },
};
