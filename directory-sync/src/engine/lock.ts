import { randomUUID } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import { findTarget, type TargetRow } from '../targets/store.ts';

/** Jobs of one target run one after another. */
export const queueOf = (targetId: string) => `sync:${targetId}`;

/** For how long a target stays taken after its process was last heard of. */
const leaseSeconds = 30;

/**
 * The first part of a statement that need not wait for the disk: a crash of the database loses a lease at worst, and with it
 * its holder.
 */
export const quickText = `quick AS (SELECT set_config('synchronous_commit', 'off', true))`;
const quickly = `WITH ${quickText} UPDATE sync.target`;

const take = statement<TargetRow, [targetId: string, holder: string, seconds: number]>(
  'sync.lease-take',
  `${quickly} AS t SET held_by = $2, held_until = now() + make_interval(secs => $3) FROM quick
   WHERE id = $1 AND (held_by IS NULL OR held_by = $2 OR held_until < now()) RETURNING t.*`,
);

/**
 * Takes a target `$1` for the holder `$2` as a part of a statement that looks at what hangs on it in the same moment: the row
 * of `lease`, none when the target is taken or paused, nor when somebody had it after the statement began to see, who may
 * have changed the rest, nor when the database may have lost something ({@link mend}). Then it is taken in a statement of
 * its own.
 */
export const takeAsSeenText = `seen AS MATERIALIZED (SELECT id, xmin AS version FROM sync.target WHERE id = $1),
     lease AS (UPDATE sync.target AS t SET held_by = $2, held_until = now() + make_interval(secs => ${leaseSeconds}) FROM seen
       WHERE t.id = seen.id AND t.xmin = seen.version AND t.state <> 'paused' AND (t.held_by IS NULL OR t.held_until < now())
         AND EXISTS (SELECT FROM sync.unbroken WHERE target_id = $1)
       RETURNING t.*)`;

const giveBack = statement<never, [targetId: string, holder: string]>(
  'sync.lease-give-back',
  `${quickly} SET held_by = NULL, held_until = NULL FROM quick WHERE id = $1 AND held_by = $2`,
);

/** A target, taken. */
export interface Lease {
  /** As it was when it was taken. */
  readonly target: TargetRow;
  /** Says when the lease is lost: another process has taken over. */
  readonly signal: AbortSignal;
  readonly holder: string;
  /** Set before a statement that gives the target back beside its effect, and after it was done. */
  isEnding: boolean;
  isGivenBack: boolean;
}

/** Takes a target by {@link takeAsSeenText} and gives what was found with it. */
export type TakeAsSeen<Found> = (
  holder: string,
) => Promise<{ readonly target: TargetRow; readonly found: Found } | undefined>;

/**
 * Works on a target alone, in this and every other process: full runs, live changes, and what was released. A lease, not
 * a lock of the database session, so that connections may be pooled outside. `work` stops when its signal says so.
 *
 * @throws Conflict `sync/running`; NotFound
 */
export async function withTarget<Result, Found = never>(
  { db }: Pick<ServiceContext, 'db'>,
  targetId: string,
  work: (lease: Lease, found?: Found) => Promise<Result>,
  takeAsSeen?: TakeAsSeen<Found>,
): Promise<Result> {
  const holder = randomUUID();
  const hold = async () => (isUuid(targetId) ? (await take(db, targetId, holder, leaseSeconds))[0] : undefined);
  const taken = isUuid(targetId) ? await takeAsSeen?.(holder) : undefined;
  const target = taken?.target ?? (await hold());
  if (!target) {
    await findTarget(db, targetId);
    throw new Conflict('sync/running', {
      vi: 'Đích này đang được đồng bộ.',
      en: 'This target is being synchronised.',
    });
  }
  const lost = new AbortController();
  const lease: Lease = { target, holder, signal: lost.signal, isEnding: false, isGivenBack: false };
  const renew = () =>
    hold().then(
      (held) => held || lost.abort(new Error('another process took the target over')),
      () => undefined, // the next time; the lease is three times as long
    );
  let renewal: Promise<unknown> | undefined;
  const renewing = setInterval(
    () => {
      if (!lease.isEnding) renewal = renew();
    },
    (leaseSeconds * 1_000) / 3,
  );
  try {
    return await work(lease, taken?.found);
  } finally {
    clearInterval(renewing);
    await renewal; // one that came behind would keep the target from everybody
    if (!lease.isGivenBack || renewal) await giveBack(db, targetId, holder);
  }
}
