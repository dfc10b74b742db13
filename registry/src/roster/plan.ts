import type { Actor, RecordedActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { dateInVietnam, schoolYearAt } from '../calendar.ts';
import { record } from '../events.ts';
import {
  type Column,
  chosenColumns,
  headerDigest,
  isHeader,
  matchColumns,
  mustBeClear,
  toMap,
} from './columns/match.ts';
import { columnMemory, rememberColumns } from './columns/memory.ts';
import { type CellReader, createCellReader, type Refusal, RowRefused } from './kinds/cells.ts';
import { headerIn } from './kinds/changes.ts';
import { isFooter } from './kinds/footer.ts';
import type { Completeness, Planning, RosterKind, Skipped, Staging } from './kinds/kind.ts';
import { mustNotWalk } from './kinds/walking.ts';
import type { RosterFile } from './read/file.ts';
import { type Head, readTable, type SheetRow } from './read/table.ts';
import type { Progress, RosterPlan } from './roster.ts';

export interface PlanInput {
  readonly kind: RosterKind;
  readonly file: RosterFile;
  /** The school of rows that name none. */
  readonly organisationId?: string;
  readonly completeness?: Completeness;
  /** What a person said that each column means; absent: what was remembered for these headers, else their own words. */
  readonly columns?: readonly (string | null)[];
  readonly rememberColumns?: boolean;
  readonly sheet?: string;
  /** Where the header stands, when a person said so. */
  readonly headerRow?: number;
  readonly actor: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

/** Rows that are passed over are told one by one up to here. */
const mostSkippedTold = 200;

/** Reads the file into a staging table and writes down, row by row, what applying it would do. Nothing else changes. */
export async function makePlan(context: ServiceContext, input: PlanInput): Promise<RosterPlan['id']> {
  const { db, clock } = context;
  const { kind, actor } = input;
  const planId = uuidv7(clock.now().getTime());
  return db.transaction().execute(async (transaction) => {
    const planning: Planning = {
      context,
      transaction,
      planId,
      actor,
      schoolYear: schoolYearAt(clock.now()),
      today: dateInVietnam(clock.now()),
      completeness: input.completeness ?? 'partial',
      organisationId: input.organisationId,
    };
    const refused: Refusal[] = [];
    const skipped: Skipped[] = [];
    const notes: Text[] = [];
    const sink = {
      refused,
      refuse: (refusal: Refusal) => void refused.push(refusal),
      skip: (one: Skipped) => void skipped.push(one),
      note: (text: Text) => void notes.push(text),
    };
    await insertPlan(planning, input);
    const { sha256, unchanged, columns, head } = await stageFile(planning, input, sink);
    input.onProgress?.({ step: 'match', done: 0, total: 1 });
    await sql`ANALYZE registry.roster_row`.execute(transaction);
    await placePlan(planning, sha256, unchanged);
    const heldReasons = await kind.plan(planning, sink);
    await mustNotWalk(planning);
    await writeRefusals(planning, refused);
    await finishPlan(planning, {
      columns,
      sheet: head.sheet,
      skipped,
      notes,
      heldReasons,
    });
    await sql`DELETE FROM registry.roster_row WHERE plan_id = ${planId}`.execute(transaction);
    await record(transaction, {
      type: heldReasons.length > 0 ? 'roster.held' : 'roster.planned',
      actor,
      subject: { kind: 'roster-plan', id: planId },
    });
    if (input.rememberColumns) await rememberColumns(planning, kind, head.cells, columns);
    input.onProgress?.({ step: 'match', done: 1, total: 1 });
    return planId;
  });
}

async function stageFile(
  planning: Planning,
  { kind, file, sheet, headerRow, columns: chosen, onProgress }: PlanInput,
  sink: { refuse(refusal: Refusal): void; skip(skipped: Skipped): void },
): Promise<{ sha256: string; unchanged: number; columns: readonly Column[]; head: Head }> {
  const remembered = await columnMemory(planning, kind);
  const staging: Staging = await kind.stage(planning, sink);
  let found: { head: Head; columns: readonly Column[]; reader: CellReader } | undefined;
  let isInFooter = false;
  const take = async (row: SheetRow, columns: readonly Column[], reader: CellReader) => {
    const footer = isFooter(row.cells, columns, isInFooter);
    if (footer) {
      isInFooter ||= footer.isEnd;
      sink.skip({ row: row.row, text: footer.text, reason: footer.reason });
      return;
    }
    try {
      const cells = reader.open(row);
      const taken = staging.take(cells);
      if (taken) await taken;
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error;
      const at = columns.find(({ field }) => field === error.field)?.index ?? -1;
      sink.refuse({
        row: row.row,
        column: headerIn(kind.fields, error.field),
        value: (row.cells[at] ?? '')
          .trim()
          .slice(0, 100)
          .toWellFormed()
          .replaceAll(/\p{Cc}/gu, '�'),
        reason: error.reason,
      });
    }
  };
  const { sha256 } = await readTable(file, {
    kind: kind.id,
    example: kind.required.map((group) => headerIn(kind.fields, group[0]?.[0] ?? '')).join(', '),
    ...(sheet ? { sheet } : {}),
    ...(headerRow ? { headerRow } : {}),
    isHeader: (cells) => isHeader(kind, cells) || remembered.has(headerDigest(cells)),
    onHead: (head) => {
      const columns = columnsOf(kind, head, chosen ?? remembered.get(headerDigest(head.cells)));
      found = { head, columns, reader: createCellReader(toMap(columns), head) };
    },
    onRows: async (rows, bytesRead) => {
      if (!found) return;
      for (const row of rows) await take(row, found.columns, found.reader);
      await staging.flush();
      onProgress?.({ step: 'read', done: bytesRead, total: file.bytes });
    },
  });
  if (!found) throw new Error('a table without a header was read');
  found.reader.end();
  await staging.flush();
  const ended = await staging.end?.();
  return { unchanged: ended?.unchanged ?? 0, sha256, columns: found.columns, head: found.head };
}

function columnsOf(kind: RosterKind, head: Head, chosen: readonly (string | null)[] | undefined): readonly Column[] {
  if (chosen) return chosenColumns(kind, head.cells, chosen);
  const { columns, unclear } = matchColumns(
    kind,
    head.cells,
    head.sample.map(({ cells }) => cells),
  );
  mustBeClear(kind, unclear);
  return columns;
}

/** The plan stands first, empty: its changes refer to it. */
async function insertPlan(
  { transaction, planId, schoolYear, completeness, actor, context }: Planning,
  { kind, file }: PlanInput,
): Promise<void> {
  await sql`
    INSERT INTO registry.roster_plan (id, kind, file_name, file_sha256, school_year, completeness, organisation_ids, status, totals, created_at, created_by)
    VALUES (${planId}, ${kind.id}, ${shownName(file.name)}, '', ${schoolYear}, ${completeness}, '{}', 'planned', '{}',
      ${context.clock.now().toISOString()}, ${JSON.stringify(recorded(actor))})`.execute(transaction);
}

/** What was read, and the organisations that it is about. */
async function placePlan({ transaction, planId }: Planning, sha256: string, unchanged: number): Promise<void> {
  await sql`
    UPDATE registry.roster_plan SET file_sha256 = ${sha256}, unchanged = ${unchanged}, organisation_ids = coalesce(
      (SELECT array_agg(DISTINCT organisation_id) FROM registry.roster_row WHERE plan_id = ${planId}),
      (SELECT array_agg(DISTINCT coalesce((data->>'reach')::uuid, organisation_id)) FROM registry.roster_change WHERE plan_id = ${planId}), '{}')
    WHERE id = ${planId}`.execute(transaction);
}

/** A file's name as it may be kept and shown. */
function shownName(name: string): string {
  return name.toWellFormed().replaceAll(/\p{C}/gu, '').normalize('NFC').slice(-200);
}

function recorded(actor: Actor): RecordedActor {
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
  readonly columns: readonly Column[];
  readonly sheet: string | undefined;
  readonly skipped: readonly Skipped[];
  readonly notes: readonly Text[];
  readonly heldReasons: readonly Text[];
}

async function finishPlan({ transaction, planId }: Planning, finished: Finished): Promise<void> {
  const { columns, sheet, skipped, notes, heldReasons } = finished;
  const held: Text | null =
    heldReasons.length === 0
      ? null
      : { vi: heldReasons.map(({ vi }) => vi).join(' '), en: heldReasons.map(({ en }) => en).join(' ') };
  const countOf = (action: string) =>
    sql`(SELECT count(*) FROM registry.roster_change WHERE plan_id = ${planId} AND action = ${action})`;
  await sql`
    UPDATE registry.roster_plan SET status = ${held ? 'held' : 'planned'}, held_reason = ${held ? JSON.stringify(held) : null}::jsonb,
      sheet = ${sheet ?? null}, columns = ${JSON.stringify(columns)}::jsonb, notes = ${JSON.stringify(notes)}::jsonb,
      skipped = ${JSON.stringify(skipped.slice(0, mostSkippedTold))}::jsonb,
      digest = ${digestOf(planId)},
      totals = jsonb_build_object(
        'added', ${countOf('added')}, 'changed', ${countOf('changed')}, 'left', ${countOf('left')}, 'referred', ${countOf('referred')},
        'unchanged', (SELECT count(*) FROM registry.roster_row AS r WHERE plan_id = ${planId} AND refusal IS NULL AND skip IS NULL
          AND NOT EXISTS (SELECT FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.row = r.row)) + unchanged,
        'refused', (SELECT count(DISTINCT row) FROM registry.roster_refusal WHERE plan_id = ${planId}),
        'skipped', ${skipped.length}::int)
    WHERE id = ${planId}`.execute(transaction);
}

/**
 * SHA-256 over every change of a plan, in their order: what a person sees and approves is what is applied (D16, Q2).
 */
export function digestOf(planId: string) {
  return sql<Buffer>`(SELECT sha256(coalesce(string_agg(sha256(convert_to(c::text, 'UTF8')), ''::bytea ORDER BY action, row), ''::bytea))
    FROM registry.roster_change AS c WHERE plan_id = ${planId})`;
}

/** @throws InvalidInput for a kind that we do not read. */
export function kindOf(kinds: ReadonlyMap<string, RosterKind>, id: string): RosterKind {
  const kind = kinds.get(id);
  if (kind) return kind;
  const list = [...kinds.keys()].join(', ');
  throw new InvalidInput('roster/no-kind', {
    vi: `Không có loại danh sách «${id.slice(0, 40)}»; có: ${list}.`,
    en: `There is no roster of the kind "${id.slice(0, 40)}"; there are: ${list}.`,
  });
}
