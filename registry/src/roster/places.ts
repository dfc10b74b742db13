import type { Actor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { type Action, scopeOf } from '../permissions/permissions.ts';
import type { OrganisationKind } from '../tables.ts';
import { type Cells, fold, RowRefused } from './kinds/cells.ts';

/** Where the rows of a file belong. */
export interface Places {
  /**
   * The organisation of a row: by its code, else by its name where the name is one organisation's alone, else the one
   * chosen for the file.
   *
   * @throws RowRefused with one sentence for a place that does not exist and for one that is not the actor's.
   */
  of(cells: Cells): string;
}

/** The organisations in which the actor may do the action. */
export async function findPlaces(
  db: Database,
  actor: Actor,
  action: Action,
  { kinds, chosen }: { readonly kinds: readonly OrganisationKind[]; readonly chosen: string | undefined },
): Promise<Places> {
  const scope = actor.kind === 'system' ? sql`true` : sql`path && ${scopeOf(actor, action)}::uuid[]`;
  const { rows } = await sql<{ id: string; code: string; name: string }>`
    SELECT id, code, name FROM registry.organisation WHERE kind = ANY(${[...kinds]}) AND ${scope}`.execute(db);
  const byCode = new Map(rows.map(({ id, code }) => [code.toUpperCase(), id]));
  const byName = new Map<string, string | undefined>();
  for (const { id, name } of rows) byName.set(fold(name), byName.has(fold(name)) ? undefined : id);
  const default_ = rows.find(({ id }) => id === chosen)?.id;
  return {
    of(cells) {
      const code = cells.code('schoolCode');
      const name = cells.text('schoolName');
      const found = code ? byCode.get(code.toUpperCase()) : name ? (byName.get(fold(name)) ?? default_) : default_;
      if (found) return found;
      throw new RowRefused(
        code || !name ? 'schoolCode' : 'schoolName',
        code || name
          ? {
              vi: 'Không có trường với mã (hay tên) này, hoặc anh/chị không quản lý trường này.',
              en: 'There is no school with this code (or name), or it is not yours.',
            }
          : {
              vi: 'Dòng không có mã trường; thêm cột «Mã trường» hoặc chọn trường khi nhập.',
              en: 'The row names no school; add the column "Mã trường" or choose the school.',
            },
      );
    },
  };
}
