import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { isStaff } from '../accounts/staff.ts';
import { deviceOf } from '../sessions/device.ts';
import type { KnownDevices } from '../throttling/devices.ts';
import { belongsTo, organisationsAt } from '../throttling/networks.ts';
import { type Origin, realAddress } from '../throttling/throttle.ts';
import { createPlaces } from './places.ts';
import type { Signal } from './words.ts';

/** Faster than any airliner with the way to the airport: kilometres an hour. */
const fastest = 900;
/** Places nearer than this may be the same, seen through the exits of two carriers: kilometres. */
const sameKilometres = 150;

/** A session as its row says it began. */
export interface Began {
  readonly personId: string;
  readonly device: string;
  readonly place: string | null;
  readonly signedInAt: Date | null;
}

/**
 * What is unusual about where somebody of the staff comes from (NIST SP 800-63B-4 §3.2.2 leaves it to the service). It
 * decides that more is asked, never that somebody is let in. Pupils, guardians, and who never signed in before are not
 * judged: children share computers, and a first time has nothing to compare with.
 */
export interface RiskWatch {
  /**
   * Of a right credential: a browser that never saw the person on a network that neither they nor their school use, or a
   * journey that nobody makes. A known browser on an unknown network alone is a telephone (no signal), and so is a new one
   * at the own school (R7).
   */
  ofSignIn(origin: Origin, personId: string): Promise<Signal[]>;
  /** Of a session that enters an app: its cookie in another browser than the one where it began, or too far away. */
  ofSession(began: Began, origin: Origin, userAgent: string): Promise<Signal[]>;
  /** The network is one of theirs from now on; nothing is kept of pupils and guardians. */
  remember(origin: Origin, personId: string): Promise<void>;
  /** The name of the place in the operator's table, for the session. */
  placeOf(origin: Origin): string | null;
}

const look = statement<
  { was_here: boolean; is_known: boolean; last_place: string | null; last_at: Date | null },
  [personId: string, network: Buffer | null]
>(
  'idp.risk-look',
  `SELECT EXISTS (SELECT FROM idp.account WHERE person_id = $1 AND last_sign_in_at IS NOT NULL) AS was_here,
     EXISTS (SELECT FROM idp.seen_network WHERE person_id = $1 AND network = $2) AS is_known,
     last.place AS last_place, last.last_at
   FROM (SELECT $1::uuid) AS asked
   LEFT JOIN LATERAL (SELECT place, last_at FROM idp.seen_network WHERE person_id = $1
     ORDER BY last_at DESC LIMIT 1) AS last ON true`,
);
/** The commits do not wait for the disk: what a power cut loses is asked for once more. */
const soon = "set_config('synchronous_commit', 'off', true)";
type Seen = [personId: string, network: Buffer, place: string | null, at: Date];
const again = statement<{ done: true }, Seen>(
  'idp.risk-seen-again',
  `WITH again AS (UPDATE idp.seen_network SET place = $3, last_at = $4 WHERE person_id = $1 AND network = $2 RETURNING true AS done)
   SELECT done FROM again WHERE ${soon} IS NOT NULL`,
);
const keep = statement<never, Seen>(
  'idp.risk-remember',
  `WITH kept AS (INSERT INTO idp.seen_network (person_id, network, place, last_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (person_id, network) DO UPDATE SET place = excluded.place, last_at = excluded.last_at)
   SELECT WHERE ${soon} IS NULL`,
);

export function createRiskWatch(
  context: Pick<ServiceContext, 'config' | 'db' | 'secrets' | 'clock'>,
  devices: KnownDevices,
): RiskWatch {
  const { db, clock } = context;
  const places = createPlaces(context);
  const key = context.secrets.derive('idp/seen-network/v1');
  const here = (origin: Origin) => places.networkOf(realAddress(origin));
  const hashOf = (personId: string, network: string) =>
    createHmac('sha256', key).update(`${personId}\0${network}`).digest();

  function isTooFast(from: string | null, since: Date | null, to: string | null): boolean {
    const kilometres = from !== null && to !== null ? places.kilometres(from, to) : undefined;
    if (kilometres === undefined || since === null || kilometres < sameKilometres) return false;
    const hours = Math.max(0, clock.now().getTime() - since.getTime()) / 3_600_000;
    return kilometres > fastest * hours;
  }

  return {
    ofSignIn: async (origin, personId) => {
      const isNewDevice = devices.deviceOf(origin.deviceCookie, personId) === undefined;
      if (!isNewDevice && !places.haveDistances) return [];
      const now = here(origin);
      const [seen] = await look(db, personId, now && hashOf(personId, now.network));
      if (!seen?.was_here || seen.is_known || !(await isStaff(db, personId))) return [];
      const ofSchools = await organisationsAt(db, realAddress(origin));
      if (ofSchools.length > 0 && (await belongsTo(db, personId, ofSchools))) return [];
      const tooFast = isTooFast(seen.last_place, seen.last_at, now?.place ?? null);
      if (!isNewDevice && !tooFast) return [];
      return [
        ...(isNewDevice ? (['new-device'] as const) : []),
        'new-network',
        ...(tooFast ? (['too-fast'] as const) : []),
      ];
    },
    ofSession: async ({ personId, device, place, signedInAt }, origin, userAgent) => {
      const isOther = device !== 'unknown' && device !== deviceOf(userAgent);
      const isNew = devices.deviceOf(origin.deviceCookie, personId) === undefined;
      const tooFast = places.haveDistances && isTooFast(place, signedInAt, here(origin)?.place ?? null);
      if (!isOther && !isNew && !tooFast) return [];
      if (!(await isStaff(db, personId))) return [];
      return [
        ...(isOther ? (['other-browser'] as const) : []),
        ...(isNew ? (['new-device'] as const) : []),
        ...(tooFast ? (['too-fast'] as const) : []),
      ];
    },
    remember: async (origin, personId) => {
      const now = here(origin);
      if (!now) return;
      const seen: Seen = [personId, hashOf(personId, now.network), now.place, clock.now()];
      if ((await again(db, ...seen)).length === 0 && (await isStaff(db, personId))) await keep(db, ...seen);
    },
    placeOf: (origin) => here(origin)?.place ?? null,
  };
}
