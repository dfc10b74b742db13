import type { Database } from '@edutrust/platform/database';
import Provider, { errors } from 'oidc-provider';
import { hashOf } from './hash.ts';
import { endedMeanwhile } from './model.ts';
import {
  type NewToken,
  type RedeemedTable,
  redeemCode,
  redeemRefreshToken,
  type TokenTable,
  tokenStatements,
} from './token-statements.ts';

/** A refresh whose answer was lost may be asked again within this time (P6). */
const graceSeconds = 10;

/** A code or refresh token that this request redeems. */
export interface Redeemed {
  readonly table: TokenTable;
  readonly id: string;
  /** Of a refresh token: the one that follows another. */
  readonly successorOf?: ((token: string) => string) | undefined;
}

interface Held extends Redeemed {
  readonly table: RedeemedTable;
  successor?: NewToken;
}

/**
 * What a token request redeems and has not consumed yet. The library consumes, stores a refresh token and stores an
 * access token, a round trip and a commit each; here the access token brings the two others with it.
 */
const held = new WeakMap<object, Held>();

/** Waits with the consumption for the access token; false where none follows. */
export function holdRedemption(redeemed: Held): boolean {
  const { ctx } = Provider;
  if (ctx?.oidc.route !== 'token') return false;
  held.set(ctx, redeemed);
  return true;
}

/** Waits with the refresh token that follows the redeemed one; false where none is redeemed. */
export function holdSuccessor(values: NewToken): boolean {
  const waiting = Provider.ctx && held.get(Provider.ctx);
  if (waiting?.table !== 'refresh_token') return false;
  waiting.successor = values;
  return true;
}

/**
 * Stores the access token together with the consumption of what it is given for; false when nothing is redeemed. Of many
 * at once one wins; with a refresh token a retry within ten seconds gets what the first try got, as long as nobody has
 * used that (P6).
 *
 * @throws InvalidGrant when it was redeemed before, or the sign-in ended
 */
export async function redeemFor(db: Database, access: NewToken): Promise<boolean> {
  const { ctx } = Provider;
  const waiting = ctx && held.get(ctx);
  if (!waiting) return false;
  held.delete(ctx);
  const { id, successor, table } = waiting;
  const [row] = successor
    ? await redeemRefreshToken(db, ...access, hashOf(id), successor[0], successor[4], successor[5])
    : await redeemCode[table === 'refresh_token' ? 'authorization_code' : table](db, ...access, hashOf(id)); // refresh tokens always rotate
  if (row?.won) {
    if (!row.is_allowed) throw endedMeanwhile();
    return true;
  }
  if (!(await isRetry(db, waiting))) throw await usedBefore(db, waiting);
  for (const [kind, values] of [
    ['refresh_token', successor],
    ['access_token', access],
  ] as const) {
    if (values && (await tokenStatements[kind].insert(db, ...values)).length === 0) throw endedMeanwhile();
  }
  return true;
}

/** A request that was refused after the library had consumed: it is consumed all the same. */
export async function endRedemption(db: Database, ctx: object): Promise<void> {
  const waiting = held.get(ctx);
  if (!waiting) return;
  held.delete(ctx);
  const won = await tokenStatements[waiting.table].consume(db, hashOf(waiting.id));
  if (won.length === 0 && !(await isRetry(db, waiting))) await usedBefore(db, waiting);
}

/** Whether it was used within the time of grace, and what followed it was not. */
async function isRetry(db: Database, { table, id, successorOf }: Redeemed): Promise<boolean> {
  if (!successorOf) return false;
  return (await tokenStatements[table].isRetry(db, hashOf(id), hashOf(successorOf(id)), graceSeconds)).length === 1;
}

/** Ends what came of the first use, which a thief may have made, and gives what is said to the second one. */
export async function usedBefore(db: Database, { table, id }: Pick<Redeemed, 'table' | 'id'>): Promise<Error> {
  await tokenStatements[table].revokeGrant(db, hashOf(id));
  return new errors.InvalidGrant('already used');
}
