import { dateInVietnam, sqlDateInVietnam, timeZone } from '@edutrust/platform/calendar';
import type { Database } from '@edutrust/platform/database';
import type { SchemaMigrations } from '@edutrust/platform/migrations';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { sql } from 'kysely';

export const securityFiguresMigration: SchemaMigrations['migrations'][number] = {
  name: '029-security-days',
  sql: `
        CREATE TABLE idp.security_day (
          day date NOT NULL,
          organisation_id uuid NOT NULL,
          kind text NOT NULL,
          count int NOT NULL,
          PRIMARY KEY (day, organisation_id, kind)
        );
        COMMENT ON TABLE idp.security_day IS
          'what officers watch, by day (Vietnam) and organisation: numbers, no people; what names no organisation is the department''s';`,
};

/** What is watched, and the events that it is counted from. */
export const watched = {
  /** Series of wrong tries that were noticed: at a person, from a network, at codes. */
  guessing: ['sign-in.failing', 'sign-in.spraying', 'activation.guessing', 'approval.wrong-code'],
  locked: ['account.suspended', 'pin.locked', 'passkey.counter-went-back'],
  /** Sign-ins in a browser that never saw the person. */
  newDevices: ['account.signed-in'],
  /** Right credentials, and sessions, that were asked for more because of where they came from. */
  questioned: ['sign-in.questioned'],
  /** Acts on roles, keys, apps and networks. */
  privileged: [
    'role.granted',
    'role.ended',
    'approval.approved',
    'account.resumed',
    'signing-key.rotated',
    'app.activated',
    'app.changed',
    'app.secret-rotated',
    'network.registered',
    'network.removed',
  ],
} as const;
export type Watched = keyof typeof watched;
export const watchedKinds = Object.keys(watched) as readonly Watched[]; // the keys of the table, nothing else

const kindOf = new Map(watchedKinds.flatMap((kind) => watched[kind].map((type) => [type as string, kind] as const)));

/** Counts behind the acts themselves, as sign-ins are counted (ADR 0111): a batch that comes twice is counted twice. */
export function securityCounter({ db }: { readonly db: Database }): OutboxReader {
  return {
    consumer: 'idp.security-days',
    types: [...kindOf.keys()],
    handle: async (events) => {
      const counted = events.filter(({ type, data }) => type !== 'account.signed-in' || data.newDevice === true);
      if (counted.length === 0) return;
      await sql`
        INSERT INTO idp.security_day AS kept (day, organisation_id, kind, count)
        SELECT ${sqlDateInVietnam('seen.at')}, coalesce(o.id, root.id), seen.kind, count(*)
        FROM unnest(${counted.map(({ at }) => at.toISOString())}::timestamptz[],
          ${counted.map(({ organisationId }) => organisationId)}::uuid[],
          ${counted.map(({ type }) => kindOf.get(type) ?? '')}::text[]) AS seen (at, organisation_id, kind)
        JOIN registry.organisation AS root ON root.parent_id IS NULL
        LEFT JOIN registry.organisation AS o ON o.id = seen.organisation_id
        GROUP BY 1, 2, 3
        ON CONFLICT (day, organisation_id, kind) DO UPDATE SET count = kept.count + excluded.count`.execute(db);
    },
  };
}

type Counts = Readonly<Record<Watched, number>>;

export interface SecurityFigures {
  /** Every day of the span, the oldest first, `YYYY-MM-DD`. */
  readonly days: readonly ({ readonly day: string } & Counts)[];
  /** Where most was guessed or locked in the span. */
  readonly organisations: readonly ({ readonly id: string; readonly name: string } & Counts)[];
}

const listed = 8;

/** The last `days` days in Vietnam, of the organisations in and below `scope`. */
export async function securityFigures(
  db: Database,
  scope: readonly string[],
  { now, days }: { readonly now: Date; readonly days: number },
): Promise<SecurityFigures> {
  const sums = sql.join(
    watchedKinds.map((kind) => sql`coalesce(sum(count) FILTER (WHERE kind = ${kind}), 0)::int AS ${sql.ref(kind)}`),
  );
  const today = sql`${dateInVietnam(now)}::date`;
  const within = sql`
    SELECT k.day, k.kind, k.count, o.id, o.name FROM idp.security_day AS k
    JOIN registry.organisation AS o ON o.id = k.organisation_id
    WHERE o.path && ${[...scope]}::uuid[] AND k.day > ${today} - ${days}::int AND k.day <= ${today}`;
  const [byDay, byOrganisation] = await Promise.all([
    sql<SecurityFigures['days'][number]>`WITH within AS (${within})
      SELECT to_char(d.day, 'YYYY-MM-DD') AS day, ${sums}
      FROM generate_series(${today} - ${days}::int + 1, ${today}, interval '1 day') AS d (day)
      LEFT JOIN within ON within.day = d.day::date GROUP BY d.day ORDER BY d.day`.execute(db),
    sql<SecurityFigures['organisations'][number]>`WITH within AS (${within})
      SELECT id, name, ${sums} FROM within GROUP BY id, name
      HAVING sum(count) FILTER (WHERE kind IN ('guessing', 'locked')) > 0
      ORDER BY sum(count) FILTER (WHERE kind IN ('guessing', 'locked')) DESC, id LIMIT ${listed}`.execute(db),
  ]);
  return { days: byDay.rows, organisations: byOrganisation.rows };
}

/** How long a day is kept: a year and its last month, as the log of sign-ins. */
const keptDays = 396;

export async function forgetOldDays(db: Database): Promise<void> {
  await sql`DELETE FROM idp.security_day WHERE day < (now() AT TIME ZONE ${sql.lit(timeZone)})::date - ${keptDays}::int`.execute(
    db,
  );
}
