import type { Actor, RecordedActor } from '@edutrust/platform/actor';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { schoolYearAt } from '../calendar.ts';
import { record } from '../events.ts';
import { digestOf } from './digest.ts';
import type { Planning, Population, Progress, Sink } from './population.ts';
import type { Completeness, Incoming, KnownRow, OrganisationRow, PersonRow, Refusal, Skipped } from './row.ts';
import { mustNotWalk } from './walking.ts';

/** One column of where the rows came from, and what it was taken for; null: not imported. */
export interface SourceColumn {
  readonly header: string;
  readonly field: string | null;
  /** Why a person should look at it. */
  readonly doubt?: Text;
}

/** What is known of a source when its last row has come. */
export interface SourceFacts {
  /** Of the bytes that were read, hex. */
  readonly sha256: string;
  readonly columns: readonly SourceColumn[];
  /** Of a workbook. */
  readonly sheet?: string | undefined;
}

/** Rows of any format: a file, a directory, an interface. */
export interface RowSource {
  readonly name: string;
  readonly rows: AsyncIterable<Incoming<PersonRow | OrganisationRow>>;
  facts(): SourceFacts;
  /** What people call a field there. */
  columnName(field: string): string;
  /** Of sources that hand rows down as known. */
  takeApart?(known: KnownRow): Incoming<PersonRow | OrganisationRow>;
}

export interface PlanInput {
  readonly population: Population;
  readonly source: RowSource;
  /** The organisation of rows that name none. */
  readonly organisationId?: string;
  readonly completeness?: Completeness;
  readonly actor: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

/** Rows that are passed over are told one by one up to here. */
const mostSkippedTold = 200;

/**
 * Takes every row of the source and writes down what applying them would do; nothing else changes. While rows come, from
 * a slow line perhaps, no transaction is open: they are kept outside the database and compared in one go.
 *
 * @throws what the source throws; TooManyRequests `roster/too-many-referred`
 */
export async function planChanges(context: ServiceContext, input: PlanInput): Promise<string> {
  const { population, source, actor, onProgress } = input;
  const { db, clock } = context;
  const sink = createSink();
  await using kept = await population.keep(context);
  for await (const one of source.rows) {
    if ('row' in one) {
      const taken = kept.add(one.row);
      if (taken) await taken;
    } else if ('known' in one) {
      const taken = kept.addKnown?.(one.known);
      if (taken) await taken;
    } else if ('refused' in one) sink.refuse(one.refused);
    else sink.skip(one.skipped);
  }
  onProgress?.({ step: 'match', done: 0, total: 1 });
  const planId = uuidv7(clock.now().getTime());
  await db.transaction().execute(async (transaction) => {
    const planning: Planning = {
      context,
      transaction,
      planId,
      actor,
      schoolYear: schoolYearAt(clock.now()),
      today: dateInVietnam(clock.now()),
      completeness: input.completeness ?? 'partial',
      organisationId: input.organisationId,
      columnName: source.columnName,
      takeApart(known) {
        if (!source.takeApart) throw new Error('a source hands down rows as known that it cannot take apart');
        return source.takeApart(known);
      },
    };
    await insertPlan(planning, input);
    const { unchanged, heldReasons } = await population.plan(planning, kept, sink);
    await placePlan(planning, population);
    await mustNotWalk(planning);
    await writeRefusals(planning, sink.refused);
    await finishPlan(planning, { ...sink, unchanged, facts: source.facts(), heldReasons });
    await record(transaction, {
      type: heldReasons.length > 0 ? 'roster.held' : 'roster.planned',
      actor,
      subject: { kind: 'roster-plan', id: planId },
    });
    await population.remember?.(planning);
  });
  onProgress?.({ step: 'match', done: 1, total: 1 });
  return planId;
}

function createSink(): Sink & { readonly skipped: readonly Skipped[]; readonly notes: readonly Text[] } {
  const refused: Refusal[] = [];
  const skipped: Skipped[] = [];
  const notes: Text[] = [];
  return {
    refused,
    skipped,
    notes,
    refuse: (refusal) => void refused.push(refusal),
    skip: (one) => void skipped.push(one),
    note: (text) => void notes.push(text),
  };
}

/** The plan stands first, empty: its changes refer to it. */
async function insertPlan(
  { transaction, planId, schoolYear, completeness, actor, context }: Planning,
  { population, source }: PlanInput,
): Promise<void> {
  await sql`
    INSERT INTO registry.roster_plan (id, kind, file_name, file_sha256, school_year, completeness, organisation_ids, status, totals, created_at, created_by)
    VALUES (${planId}, ${population.id}, ${shownName(source.name)}, '', ${schoolYear}, ${completeness}, '{}', 'planned', '{}',
      ${context.clock.now().toISOString()}, ${JSON.stringify(recordedActor(actor))})`.execute(transaction);
}

/** The organisations that the rows are about. */
async function placePlan({ transaction, planId }: Planning, population: Population): Promise<void> {
  const places =
    population.id === 'schools'
      ? sql`SELECT DISTINCT coalesce((data->>'reach')::uuid, organisation_id) AS id FROM registry.roster_change WHERE plan_id = ${planId}`
      : sql`SELECT DISTINCT organisation_id AS id FROM staged`;
  await sql`
    UPDATE registry.roster_plan SET organisation_ids = coalesce((SELECT array_agg(id) FROM (${places}) AS place), '{}')
    WHERE id = ${planId}`.execute(transaction);
}

/** A file's name as it may be kept and shown. */
function shownName(name: string): string {
  return name.toWellFormed().replaceAll(/\p{C}/gu, '').normalize('NFC').slice(-200);
}

/** Who acts, as a plan keeps it. */
export function recordedActor(actor: Actor): RecordedActor {
  if (actor.kind === 'person') return { kind: 'person', personId: actor.personId };
  return actor.kind === 'app' ? { kind: 'app', clientId: actor.clientId } : { kind: 'system', name: actor.name };
}

async function writeRefusals({ transaction, planId }: Planning, refusals: readonly Refusal[]): Promise<void> {
  for (let from = 0; from < refusals.length; from += 5_000) {
    const rows = refusals
      .slice(from, from + 5_000)
      .map(({ row, column, value, reason }) => ({ row, column, value, reason }));
    await sql`
      INSERT INTO registry.roster_refusal (plan_id, row, column_name, value, reason)
      SELECT ${planId}, row, "column", value, reason
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (row int, "column" text, value text, reason jsonb)
      ON CONFLICT DO NOTHING`.execute(transaction);
  }
}

interface Finished {
  readonly facts: SourceFacts;
  readonly unchanged: number;
  readonly skipped: readonly Skipped[];
  readonly notes: readonly Text[];
  readonly heldReasons: readonly Text[];
}

async function finishPlan({ transaction, planId }: Planning, finished: Finished): Promise<void> {
  const { facts, unchanged, skipped, notes, heldReasons } = finished;
  const held: Text | null =
    heldReasons.length === 0
      ? null
      : { vi: heldReasons.map(({ vi }) => vi).join(' '), en: heldReasons.map(({ en }) => en).join(' ') };
  const countOf = (action: string) =>
    sql`(SELECT count(*) FROM registry.roster_change WHERE plan_id = ${planId} AND action = ${action})`;
  await sql`
    UPDATE registry.roster_plan SET status = ${held ? 'held' : 'planned'}, held_reason = ${held ? JSON.stringify(held) : null}::jsonb,
      file_sha256 = ${facts.sha256}, sheet = ${facts.sheet ?? null}, columns = ${JSON.stringify(facts.columns)}::jsonb, notes = ${JSON.stringify(notes)}::jsonb,
      skipped = ${JSON.stringify(skipped.slice(0, mostSkippedTold))}::jsonb,
      digest = ${digestOf(planId)},
      totals = jsonb_build_object(
        'added', ${countOf('added')}, 'changed', ${countOf('changed')}, 'left', ${countOf('left')}, 'referred', ${countOf('referred')},
        'unchanged', ${unchanged}::int,
        'refused', (SELECT count(DISTINCT row) FROM registry.roster_refusal WHERE plan_id = ${planId}),
        'skipped', ${skipped.length}::int)
    WHERE id = ${planId}`.execute(transaction);
}
