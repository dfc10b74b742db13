import type { ServiceContext } from '@edutrust/platform/context';
import { once } from '@edutrust/platform/store';
import { record } from '../events.ts';

/**
 * Wrong tries of one unknown address in ten minutes before strangers to it are slowed, and for each person who got in
 * there so many more: a school that mistypes gets in as well, a list of names with one password does not (R3, R4).
 */
const addressFailures = 100;
const failuresPerSuccess = 3;
/** The tries of an address are counted over windows of so long. */
export const addressWindowSeconds = 600;

/** What is guessed from an address: passwords of accounts, or activation codes. */
export type Guessed = 'password' | 'code';

/** Watches addresses that try many accounts a little each, which no counter of an account sees. */
export interface SprayWatch {
  /** The wrong tries of the address in this window. */
  failuresAt(what: Guessed, address: string): Promise<number>;
  /**
   * Whether strangers at the address are slowed: many wrong tries, and few people who got in since the first of them.
   * `known`: the failures, where they were read already.
   */
  isSpraying(what: Guessed, address: string, known?: number): Promise<boolean>;
  /** Counts a wrong try of the address; the first beyond the limit of a window is an event. */
  failed(what: Guessed, address: string): Promise<void>;
  /** Somebody got in: each account speaks for the address once in a window. */
  entered(what: Guessed, address: string, account: string): Promise<void>;
}

/** `hashOf` names addresses and accounts in the store: neither stands there in the clear. */
export function createSprayWatch(
  { db, store }: Pick<ServiceContext, 'db' | 'store'>,
  hashOf: (name: string) => Buffer,
): SprayWatch {
  const failedKey = (what: Guessed, address: string) => `idp:failed:${what}:${hashOf(address).toString('hex')}`;
  const enteredKey = (what: Guessed, address: string) => `idp:entered:${what}:${hashOf(address).toString('hex')}`;

  const failuresAt = async (what: Guessed, address: string) => (await store.get<number>(failedKey(what, address))) ?? 0;

  async function isSpraying(what: Guessed, address: string, known?: number): Promise<boolean> {
    const failed = known ?? (await failuresAt(what, address));
    if (failed <= addressFailures) return false;
    const entered = (await store.get<number>(enteredKey(what, address))) ?? 0;
    return failed > addressFailures + failuresPerSuccess * entered;
  }

  return {
    failuresAt,
    isSpraying,
    failed: async (what, address) => {
      const failures = await store.increment(failedKey(what, address), addressWindowSeconds);
      if (failures <= addressFailures || !(await isSpraying(what, address))) return;
      const hash = hashOf(address).toString('hex').slice(0, 16);
      await once(store, `idp:sprayed:${what}:${hash}`, addressWindowSeconds, () =>
        db.transaction().execute((transaction) =>
          record(transaction, {
            type: what === 'password' ? 'sign-in.spraying' : 'activation.guessing',
            actor: { kind: 'system', name: 'idp' },
            subject: { kind: 'address', id: hash },
            data: { failures },
          }),
        ),
      );
    },
    entered: async (what, address, account) => {
      const counted = `${enteredKey(what, address)}:${hashOf(account).toString('hex').slice(0, 16)}`;
      if (await store.putIfAbsent(counted, true, addressWindowSeconds))
        await store.increment(enteredKey(what, address), addressWindowSeconds);
    },
  };
}
