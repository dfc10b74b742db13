import { join } from 'node:path';
import type { ServiceContext } from '@edutrust/platform/context';
import type { RosterKindId } from '@edutrust/registry/roster';
import { sourceKindOf } from './kinds.ts';
import { checkSettings } from './store.ts';

/** Rows that are read to see whether it works. */
const mostRows = 50;

export interface Tried {
  readonly columns: string[];
  readonly rows: number;
  readonly hasMore: boolean;
}

/**
 * Opens a source as a reading would and closes it again after its first rows: whether it answers, takes the account and has
 * what it is asked for. Nothing that it said is kept or told but the names of columns.
 *
 * @throws InvalidInput for settings that the kind does not take; Unavailable `sync/unreachable`, `sync/incomplete-read`
 */
export async function trySource(
  { config }: Pick<ServiceContext, 'config'>,
  {
    kind,
    settings,
    secret,
    roster,
  }: {
    readonly kind: string;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly secret: string;
    readonly roster: RosterKindId;
  },
): Promise<Tried> {
  checkSettings(kind, settings, secret);
  await using snapshot = await sourceKindOf(kind).open({
    settings: settings as never, // the check has just said so
    secret,
    isWhole: false,
    incoming: join(config.dataDirectory, 'incoming'),
  });
  if ('file' in snapshot) return { columns: [], rows: 0, hasMore: true };
  let columns: string[] = [];
  let rows = 0;
  for await (const { row, cells } of snapshot.rows(roster)) {
    if (row === 1) columns = [...cells];
    else rows += 1;
    if (rows === mostRows) return { columns, rows, hasMore: true };
  }
  return { columns, rows, hasMore: false };
}
