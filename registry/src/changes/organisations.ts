import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { changeOrganisation } from '../organisations/change.ts';
import { createOrganisation } from '../organisations/organisations.ts';
import { scopeOf } from '../permissions/permissions.ts';
import type { OrganisationKind, SchoolLevel } from '../tables.ts';
import type { Applying, Compared, Kept, Planning, Population, Sink } from './population.ts';
import type { OrganisationRow } from './row.ts';

interface KeptOrganisations extends Kept<OrganisationRow> {
  readonly rows: readonly OrganisationRow[];
}

/** A country's organisations; rows beyond are refused. */
const mostRows = 20_000;

/** Wards, schools and centres, each below another. */
export const organisations: Population<OrganisationRow> = {
  id: 'schools',
  action: 'organisations.write',
  inOneGo: true, // a parent stands before what is below it
  async keep(): Promise<KeptOrganisations> {
    const rows: OrganisationRow[] = [];
    return {
      rows,
      add: (row) => void rows.push(row),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
  plan: (planning, kept: KeptOrganisations, sink) => planOrganisations(planning, kept.rows, sink),
  apply,
};

interface Known {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly kind: OrganisationKind;
  readonly level: SchoolLevel | null;
  readonly parent_id: string | null;
  readonly within: boolean;
}

async function planOrganisations(planning: Planning, all: readonly OrganisationRow[], sink: Sink): Promise<Compared> {
  const { transaction, actor, columnName } = planning;
  const refuse = (row: OrganisationRow, field: string, value: string, reason: Text) =>
    sink.refuse({ row: row.row, column: columnName(field), value, reason });
  const rows = onceEach(all, refuse);
  const scope = actor.kind === 'system' ? sql`true` : sql`path && ${scopeOf(actor, 'organisations.write')}::uuid[]`;
  const { rows: known } = await sql<Known>`
    SELECT id, code, name, kind, level, parent_id, ${scope} AS within FROM registry.organisation`.execute(transaction);
  const byCode = new Map(known.map((one) => [one.code.toUpperCase(), one]));
  const root =
    known.find(({ id }) => id === planning.organisationId) ??
    known.find(({ parent_id, within }) => parent_id === null && within);
  const made = new Map<string, string>();
  let written = 0;
  let unchanged = 0;

  const parentOf = (row: OrganisationRow): { id: string; reach: string } | undefined => {
    if (row.parentCode === '') return root?.within ? { id: root.id, reach: root.id } : undefined;
    const parent = byCode.get(row.parentCode);
    if (parent) return parent.within ? { id: parent.id, reach: parent.id } : undefined;
    const sibling = made.get(row.parentCode);
    return sibling ? { id: sibling, reach: root?.id ?? '' } : undefined;
  };

  /** What a row does; false while its parent, of the same file, has not been made. */
  const settle = async (row: OrganisationRow): Promise<boolean> => {
    const before = byCode.get(row.code);
    if (before && !before.within) {
      refuse(row, 'organisationCode', row.code, {
        vi: 'Mã này đã được dùng cho một đơn vị bạn không quản lý.',
        en: 'The code is that of an organisation that is not yours.',
      });
      return true;
    }
    const parent = parentOf(row);
    if (!before && !parent) return false;
    if (before) {
      if (parent && row.parentCode !== '' && parent.id !== before.parent_id) {
        refuse(row, 'parentCode', row.parentCode, {
          vi: 'Đơn vị này đang thuộc nơi khác; tệp không chuyển đơn vị.',
          en: 'The organisation belongs elsewhere; a file moves none.',
        });
        return true;
      }
      const fields_ = [
        ...(before.name === row.name ? [] : [{ column: 'Tên đơn vị', before: before.name, after: row.name }]),
        ...(row.level === null || before.level === row.level
          ? []
          : [{ column: 'Cấp học', before: before.level, after: row.level }]),
      ];
      if (fields_.length > 0)
        await write(planning, row, 'changed', before.id, fields_, {
          before: { name: before.name, level: before.level },
          name: row.name,
          ...(row.level ? { level: row.level } : {}),
        });
      else unchanged += 1;
      return true;
    }
    const id = uuidv7();
    made.set(row.code, id);
    const place =
      known.find((one) => one.id === parent?.id)?.name ?? rows.find(({ code }) => code === row.parentCode)?.name ?? '';
    await write(planning, row, 'added', id, [{ column: 'Thuộc', after: place }], {
      id,
      code: row.code,
      name: row.name,
      kind: row.kind,
      level: row.level,
      parentId: parent?.id,
      reach: parent?.reach,
      nth: written,
    });
    written += 1;
    return true;
  };

  let waiting = rows;
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length;
    const still: OrganisationRow[] = [];
    for (const row of waiting) if (!(await settle(row))) still.push(row);
    waiting = still;
  }
  for (const row of waiting)
    refuse(row, 'parentCode', row.parentCode, {
      vi: 'Không có đơn vị cấp trên với mã này, hoặc bạn không quản lý đơn vị đó.',
      en: 'There is no such parent, or it is not yours.',
    });
  return { unchanged, heldReasons: [] };
}

/** The first row of each code, up to the most that are taken. */
function onceEach(
  all: readonly OrganisationRow[],
  refuse: (row: OrganisationRow, field: string, value: string, reason: Text) => void,
): OrganisationRow[] {
  const taken = new Map<string, OrganisationRow>();
  for (const row of all) {
    if (taken.has(row.code))
      refuse(row, 'organisationCode', row.code, {
        vi: 'Mã này đã có ở một dòng phía trên trong tệp.',
        en: 'A row above has the same code.',
      });
    else if (taken.size >= mostRows)
      refuse(row, 'organisationCode', row.code, {
        vi: `Tệp có hơn ${mostRows} đơn vị.`,
        en: `The file has more than ${mostRows} organisations.`,
      });
    else taken.set(row.code, row);
  }
  return [...taken.values()];
}

async function write(
  { transaction, planId }: Planning,
  row: OrganisationRow,
  action: 'added' | 'changed',
  id: string,
  changes: readonly object[],
  data: object,
): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (plan_id, row, action, organisation_id, class_code, full_name, fields, data)
    VALUES (${planId}, ${row.row}, ${action}, ${id}, ${row.code}, ${row.name}, ${JSON.stringify(changes)}::jsonb, ${JSON.stringify(data)}::jsonb)`.execute(
    transaction,
  );
}

interface Added {
  readonly code: string;
  readonly name: string;
  readonly kind: OrganisationKind;
  readonly level: SchoolLevel | null;
  readonly id: string;
  readonly parentId: string;
}

async function apply({ transaction, planId, actor }: Applying): Promise<void> {
  const { rows: added } = await sql<{ data: Added }>`
    SELECT data FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'added' ORDER BY (data->>'nth')::int`.execute(
    transaction,
  );
  const { rows: changed } = await sql<{
    organisation_id: string;
    data: { before: { name: string; level: string | null }; name: string; level?: SchoolLevel };
  }>`
    SELECT organisation_id, data FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'changed' ORDER BY row`.execute(
    transaction,
  );
  for (const { data } of added) {
    const { id, code, name, kind, level, parentId } = data;
    await createOrganisation(transaction, { id, code, name, kind, parentId, ...(level ? { level } : {}) }, actor);
  }
  for (const { organisation_id: id, data } of changed) {
    const { rows } = await sql<{ name: string; level: string | null }>`
      SELECT name, level FROM registry.organisation WHERE id = ${id} FOR UPDATE`.execute(transaction);
    if (rows[0]?.name !== data.before.name || rows[0].level !== data.before.level)
      throw new Conflict('roster/people-changed', {
        vi: 'Có đơn vị trong kế hoạch đã được thay đổi sau khi lập kế hoạch.',
        en: 'An organisation of the plan was changed after the plan was made.',
      });
    await changeOrganisation(transaction, id, { name: data.name, ...(data.level ? { level: data.level } : {}) }, actor);
  }
}
