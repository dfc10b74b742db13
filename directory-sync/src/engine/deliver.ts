import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { type DirectoryPerson, listDirectoryPeople, schoolsOf } from '@edutrust/registry/people';
import type { Connection } from '../connectors/connector.ts';
import { type Change, membersOf } from '../model/change.ts';
import type { ReleasedPerson } from '../model/contract.ts';
import { releaseText, unsaidText } from '../releases/releases.ts';
import type { TargetRow } from '../targets/store.ts';
import { doAll, type Result } from './apply.ts';
import { changesOf, type Difference, groupDifference } from './compare.ts';
import { type Delivered, fieldsSince, versionOf } from './delivered.ts';
import { leaversOf, unusual } from './hold.ts';
import type { Lease } from './lock.ts';
import { differencesOf, wantedAt } from './plan.ts';

/** One who waits to be brought, and the version that the target took last, where that is known. */
export interface Waiting {
  readonly personId: string;
  readonly addedAt: string;
  readonly version: string | null;
  readonly groups: readonly string[] | null;
}

/** What came of bringing people: all there, refused by the target, or left to a run that a second person releases. */
export type Brought =
  | { readonly state: 'done' }
  | { readonly state: 'held' }
  | { readonly state: 'refused'; readonly why: string };

/** People whose turn it is, as the registry has them now. */
export interface Batch {
  readonly waiting: readonly Waiting[];
  readonly people: readonly DirectoryPerson[];
}

/** What was sent of a batch so far, on however many connections. */
export interface Sending {
  readonly results: Result[];
  wanted: ReadonlyMap<string, ReleasedPerson>;
  isHeld: boolean;
  /** Everybody was seen to. */
  isOver: boolean;
}

export const nothingSent = (): Sending => ({ results: [], wanted: new Map(), isHeld: false, isOver: false });

export async function readBatch(
  { db }: Pick<ServiceContext, 'db'>,
  target: TargetRow,
  waiting: readonly Waiting[],
): Promise<Batch> {
  if (waiting.length === 0) return { waiting, people: [] };
  const personIds = waiting.map(({ personId }) => personId);
  return { waiting, people: await listDirectoryPeople(db, { organisationId: target.organisation_id, personIds }) };
}

/**
 * Sends what is new of a batch. Of whom it is known what the target took last, the new version is sent at once, without
 * asking for the old one; everyone else, who is refused, and who left is looked up there first.
 *
 * @throws Unavailable when the target does not answer; what it took before is in `sending`.
 */
export async function send(
  context: ServiceContext,
  connection: Connection,
  { waiting, people }: Batch,
  { target, signal }: Lease,
  sending: Sending,
): Promise<void> {
  const { results } = sending;
  sending.wanted = new Map(people.map((person) => [person.id, wantedAt(connection, target, person)]));
  const doubtful = await sendNewer(connection, sending.wanted, waiting, signal, results);
  const rest = people.filter(({ id }) => doubtful.has(id));
  if (rest.length > 0) sending.isHeld = await compareAndSend(context, connection, target, rest, signal, results);
  sending.isOver = true;
}

const isDone = ({ isOver, isHeld, results }: Sending): boolean =>
  isOver && !isHeld && results.every(({ error }) => error === null);

/** How a batch stands that was sent to its end. */
export function broughtBy(sending: Sending): Brought {
  const refused = sending.results.find(({ error }) => error !== null)?.error;
  if (refused) return { state: 'refused', why: refused };
  return { state: sending.isHeld ? 'held' : 'done' };
}

/** Sends newer versions, and gives whom to look up: those of whom nothing is known, who left, and who was refused. */
async function sendNewer(
  connection: Connection,
  wanted: ReadonlyMap<string, ReleasedPerson>,
  waiting: readonly Waiting[],
  signal: AbortSignal,
  results: Result[],
): Promise<Set<string>> {
  const doubtful = new Set(wanted.keys());
  const differences: Difference[] = [];
  const idOf = new Map<string, string>();
  for (const { personId, version, groups } of waiting) {
    const person = wanted.get(personId);
    if (!person?.isActive || version === null || groups === null) continue;
    doubtful.delete(personId);
    idOf.set(person.key, personId);
    differences.push(newerThan({ version, groups }, person, connection.fold));
  }
  const sent: Result[] = [];
  try {
    await doAll(connection, changesOf(differences), signal, sent);
  } finally {
    results.push(...sent.filter(({ error }) => error === null)); // on record, also when the target went away
  }
  for (const { change, error } of sent)
    if (error !== null) for (const key of keysOf(change)) doubtful.add(idOf.get(key) ?? '');
  return doubtful;
}

const keysOf = (change: Change): readonly string[] => (change.kind === 'membership' ? membersOf(change) : [change.key]);

/** What separates a person from what the target took last. */
function newerThan(delivered: Delivered, person: ReleasedPerson, fold: (key: string) => string): Difference {
  const { key, personId, fields } = person;
  const newer = fieldsSince(delivered.version, person);
  const after = Object.fromEntries(newer.map((name) => [name, fields[name] ?? []]));
  return {
    key,
    personId,
    person:
      newer.length === 0
        ? undefined
        : { kind: 'person', action: 'change', key, before: {}, after, personId, ofLeaver: false },
    ...groupDifference(person.groups, delivered.groups, fold),
  };
}

/** Looks people up and sends what differs; gives whether leavers were left to a run that holds them (D14). */
async function compareAndSend(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  people: readonly DirectoryPerson[],
  signal: AbortSignal,
  results: Result[],
): Promise<boolean> {
  const plan = changesOf(await differencesOf(connection, target, people));
  const leavers = leaversOf(plan);
  const isHeld = leavers.length > 0 && (await unusual(context, target, [leavers])) !== undefined;
  const changes = isHeld ? plan.filter(({ ofLeaver }) => !ofLeaver) : plan;
  if (changes.length > 0 && target.state === 'new') await connection.prepare();
  await doAll(connection, changes, signal, results);
  return isHeld;
}

/** What the target has of somebody of whom that was not known and to whom nothing was sent; where they were who was disabled. */
interface Seldom {
  readonly personId: string;
  readonly there: readonly string[] | null;
  readonly schools: readonly string[] | null;
}

/**
 * Columns of people, whom it writes down in their order. `addedAt`: they wait no longer, unless they changed again. `version`:
 * what they have now; of who has none what was delivered is forgotten. `groups`, as PostgreSQL writes a list: where they
 * are not those of the version before. `fields`: what was sent. `holder`: gives the target back, too.
 */
const keepStatement = statement<
  never,
  [
    targetId: string,
    recipientId: string,
    recipientName: string,
    at: Date,
    personIds: readonly string[],
    addedAt: readonly (string | null)[],
    versions: readonly (string | null)[],
    groups: readonly (string | null)[],
    fields: readonly (string | null)[],
    seldom: string,
    holder: string | null,
    flightId: string | null,
  ]
>(
  'sync.live-keep',
  `WITH row AS MATERIALIZED (SELECT "personId", "addedAt", decode(version, 'hex') AS version, groups, fields::text[] AS fields
       FROM unnest($5::uuid[], $6::timestamptz[], $7::text[], $8::text[], $9::text[]) AS row ("personId", "addedAt", version, groups, fields)),
     seldom AS (SELECT * FROM jsonb_to_recordset($10::jsonb) AS seldom ("personId" uuid, there text[], schools uuid[])),
     unsaid AS (${unsaidText({ recipientId: '$2', recipientName: '$3', at: '$4', rows: 'seldom' })}),
     released AS (${releaseText({ recipientId: '$2', recipientName: '$3', at: '$4' })}),
     disabled AS (INSERT INTO sync.disabled (target_id, person_id, organisation_ids, at, approved)
       SELECT $1, "personId", schools, $4, false FROM seldom WHERE schools IS NOT NULL),
     newer AS (UPDATE sync.delivered AS d SET version = row.version FROM row
       WHERE row.version IS NOT NULL AND row.groups IS NULL AND d.target_id = $1 AND d.person_id = row."personId"),
     delivered AS (INSERT INTO sync.delivered (target_id, person_id, version, groups)
       SELECT $1, "personId", version, groups::text[] FROM row WHERE version IS NOT NULL AND groups IS NOT NULL
       ON CONFLICT (target_id, person_id) DO UPDATE SET version = excluded.version, groups = excluded.groups),
     forgotten AS (DELETE FROM sync.delivered AS d USING row
       WHERE row.version IS NULL AND d.target_id = $1 AND d.person_id = row."personId"),
     landed AS (DELETE FROM sync.flight WHERE target_id = $1 AND id = $12),
     brought AS (DELETE FROM sync.pending AS p USING row
       WHERE p.target_id = $1 AND p.person_id = row."personId" AND p.added_at <= row."addedAt")
   UPDATE sync.target SET held_by = NULL, held_until = NULL WHERE id = $1 AND held_by = $11`,
);

/** As PostgreSQL writes a list of texts. */
const listText = (values: readonly string[]) =>
  `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;

const isSameList = (one: readonly string[], other: readonly string[] | null) =>
  other?.length === one.length && one.every((value, index) => value === other[index]);

/**
 * Writes down, in one statement, what was done, what the target got to know of whom, and who waits no longer; `isLast`
 * gives the target back with it when everybody is there.
 */
export async function keep(
  { db, clock }: ServiceContext,
  lease: Lease,
  waiting: readonly Waiting[],
  sending: Sending,
  { isLast, flightId }: { readonly isLast: boolean; readonly flightId: string | null },
): Promise<void> {
  const { target } = lease;
  const isAllThere = isDone(sending);
  const sent = new Map<string, string>();
  const disabled = new Set<string>();
  for (const { change, error } of sending.results) {
    if (error !== null || change.kind !== 'person' || change.personId === null) continue;
    sent.set(change.personId, listText(Object.keys(change.after).sort()));
    if (change.action === 'disable') disabled.add(change.personId);
  }
  const schools = disabled.size > 0 ? await schoolsOf(db, [...disabled]) : new Map<string, string[]>();
  const rows = waiting.toSorted((one, other) => (one.personId < other.personId ? -1 : 1)); // one order of locks
  const versions: (string | null)[] = [];
  const groups: (string | null)[] = [];
  const seldom: Seldom[] = [];
  for (const one of rows) {
    const person = sending.wanted.get(one.personId);
    const is = isAllThere && person?.isActive ? person : undefined;
    versions.push(is ? versionOf(is) : null);
    const hasOthers = is && (one.version === null || !isSameList(is.groups, one.groups));
    groups.push(hasOthers ? listText(is.groups) : null);
    const there = is && one.version === null && !sent.has(one.personId) ? Object.keys(is.fields).sort() : null;
    const left = disabled.has(one.personId) ? (schools.get(one.personId) ?? []) : null;
    if (there || left) seldom.push({ personId: one.personId, there, schools: left });
  }
  const givesBack = isLast && isAllThere;
  if (givesBack) lease.isEnding = true;
  await keepStatement(
    db,
    target.id,
    `target:${target.id}`,
    target.name,
    clock.now(),
    rows.map(({ personId }) => personId),
    rows.map(({ addedAt }) => (isAllThere ? addedAt : null)),
    versions,
    groups,
    rows.map(({ personId }) => sent.get(personId) ?? null),
    JSON.stringify(seldom),
    givesBack ? lease.holder : null,
    flightId,
  );
  if (givesBack) lease.isGivenBack = true;
}
