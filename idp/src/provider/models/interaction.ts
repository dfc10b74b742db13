import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { appIsForPerson } from '../../apps/release.ts';
import { ownClientId } from '../first-party.ts';
import { librarySeconds } from '../library-time.ts';
import { keepPrefetched, standingColumns, standingOf } from '../prefetch.ts';
import { nothing } from './model.ts';

const keyOf = (id: string) => `idp:interaction:${id}`;

/** What a sign-in that comes back asks for next: whether the person may sign in, and whether the app is for them. */
const findPerson = statement<
  { may_sign_in: boolean; has_left: boolean; is_for_person: boolean },
  [personId: string, clientId: string]
>(
  'idp.interaction-person',
  `SELECT ${standingColumns}, EXISTS (${appIsForPerson('$2', 'person.id')}) AS is_for_person
   FROM (SELECT $1::uuid AS id) AS person ${standingOf('person.id')}`,
);

interface Taken {
  readonly id: string;
  readonly payload: AdapterPayload;
}

/** Where the browser comes back a sign-in is read and ended: one step, and given back when the library does not end it. */
const taken = new WeakMap<object, Taken>();

/** Gives back the sign-in that this request took and did not end. */
export async function giveBackInteraction({ store }: Pick<ServiceContext, 'store'>, ctx: object): Promise<void> {
  const left = taken.get(ctx);
  if (!left) return;
  taken.delete(ctx);
  const secondsLeft = (left.payload.exp ?? 0) - librarySeconds();
  if (secondsLeft > 0) await store.put(keyOf(left.id), left.payload, secondsLeft);
}

/** A sign-in under way: losing it means typing the password again, so it lies in the short-lived store. */
export function interactionAdapter({ db, store }: Pick<ServiceContext, 'db' | 'store'>): Adapter {
  /** S9: what is stored for the person is stored under the epoch of the proof, whatever the account is in by now. */
  async function prefetch({ result, params }: AdapterPayload): Promise<void> {
    const login = (result?.login ?? {}) as { accountId?: string; epoch?: string; hasLeft?: boolean };
    const { accountId: personId, epoch, hasLeft = false } = login;
    const clientId = String(params?.client_id);
    if (personId === undefined || epoch === undefined) return;
    const [found] = await findPerson(db, personId, clientId);
    // They prove it as who they are now: who left, or came back, since the proof proves it again.
    const maySignIn = hasLeft ? found?.has_left === true && clientId === ownClientId : found?.may_sign_in === true;
    keepPrefetched({
      account: { personId, maySignIn, hasLeft, epoch },
      appOfPerson: { personId, clientId, isForPerson: found?.is_for_person === true },
    });
  }

  return {
    ...nothing,
    find: async (id) => {
      const { ctx } = Provider;
      if (!ctx || !/^(device_)?resume$/.test(ctx.oidc.route)) return store.get<AdapterPayload>(keyOf(id));
      const payload = await store.take<AdapterPayload>(keyOf(id));
      if (!payload) return undefined;
      taken.set(ctx, { id, payload });
      await prefetch(payload);
      return payload;
    },
    upsert: async (id, payload, lifetimeSeconds = 3600) => {
      forget(id);
      await store.put(keyOf(id), payload, lifetimeSeconds);
    },
    destroy: async (id) => {
      if (!forget(id)) await store.delete(keyOf(id));
    },
  };
}

/** Whether this request holds it, and nobody else. */
function forget(id: string): boolean {
  const { ctx } = Provider;
  return ctx !== undefined && taken.get(ctx)?.id === id && taken.delete(ctx);
}
