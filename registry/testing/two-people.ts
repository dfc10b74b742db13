import { randomUUID } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type Tampering, TestAuthenticator } from '@edutrust/testing/authenticator';
import { approve } from '../src/approvals/approve.ts';
import { refuse, withdraw } from '../src/approvals/close.ts';
import { confirm } from '../src/approvals/confirm.ts';
import type { ApprovalKind, ApprovalPorts } from '../src/approvals/kind.ts';
import { actOptions } from '../src/approvals/options.ts';
import { rolesOf } from '../src/permissions/permissions.ts';

/** Two people with their passkeys, for tests of what takes both. */
export interface TwoPeople {
  readonly ports: ApprovalPorts;
  /** The person's passkey; the first call makes it. */
  passkeyOf(personId: string): TestAuthenticator;
  /** The person has another passkey from now on, and no longer the one before. */
  replacePasskey(personId: string): void;
  /** The person as a signed-in caller, with the roles of now. */
  actor(personId: string): Promise<PersonActor>;
  /** The maker's act; with another passkey where the kind asks for its own. */
  confirm(
    id: string,
    personId: string,
    how?: { passkey?: Pick<TestAuthenticator, 'get'>; change?: Tampering },
  ): Promise<void>;
  approve(id: string, personId: string, how?: { code?: string; change?: Tampering }): Promise<void>;
  refuse(id: string, personId: string, reason: string): Promise<void>;
  withdraw(id: string, personId: string): Promise<void>;
  /** Both acts. */
  both(id: string, maker: string, approver: string, code?: string): Promise<void>;
}

export function twoPeople(context: ServiceContext, kinds: readonly ApprovalKind[]): TwoPeople {
  const passkeys = new Map<string, TestAuthenticator>();
  const passkeyOf = (personId: string) => {
    const passkey = passkeys.get(personId) ?? new TestAuthenticator(context.config.url.origin);
    passkeys.set(personId, passkey);
    return passkey;
  };
  const ports: ApprovalPorts = {
    kinds,
    passkeysOf: async (_db, personId) => {
      const { credentialId, publicKey } = passkeyOf(personId);
      return [{ credentialId, publicKey, transports: ['internal'] }];
    },
    passkeyUsed: async () => undefined, // synchronised passkeys count nothing
  };
  const actor = async (personId: string): Promise<PersonActor> => ({
    kind: 'person',
    personId,
    sessionId: `session of ${personId}`,
    roles: await rolesOf(context, personId),
    acr: 'passkey',
    authenticatedAt: context.clock.now(),
  });
  const answer = async (
    id: string,
    personId: string,
    passkey: Pick<TestAuthenticator, 'get'>,
    change: Tampering = {},
  ) => {
    // A session of its own each time: a ceremony is bound to it.
    const caller = { ...(await actor(personId)), sessionId: randomUUID() };
    const { options } = await actOptions(context, ports, id, caller);
    const assertion = passkey.get(
      options as { challenge: string; rpId: string }, // ours
      change,
    );
    return { caller, assertion };
  };
  const two: TwoPeople = {
    ports,
    passkeyOf,
    replacePasskey: (personId) => void passkeys.set(personId, new TestAuthenticator(context.config.url.origin)),
    actor,
    confirm: async (id, personId, { passkey = passkeyOf(personId), change } = {}) => {
      const { caller, assertion } = await answer(id, personId, passkey, change);
      await confirm(context, ports, id, assertion, caller);
    },
    approve: async (id, personId, { code, change } = {}) => {
      const { caller, assertion } = await answer(id, personId, passkeyOf(personId), change);
      await approve(context, ports, id, { assertion, ...(code === undefined ? {} : { code }) }, caller);
    },
    refuse: async (id, personId, reason) => refuse(context, ports, id, reason, await actor(personId)),
    withdraw: async (id, personId) => withdraw(context, ports, id, await actor(personId)),
    both: async (id, maker, approver, code) => {
      await two.confirm(id, maker);
      await two.approve(id, approver, code === undefined ? {} : { code });
    },
  };
  return two;
}
