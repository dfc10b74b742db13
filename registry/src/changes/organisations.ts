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

type Refusal = readonly [field: string, value: string, reason: Text];
type Refuse = (row: OrganisationRow, ...refusal: Refusal) => void;

/** The organisations that stand, and those that the plan adds. */
interface Tree {
  readonly byCode: ReadonlyMap<string, Known>;
  /** What stands at the top of a file that names no parent. */
  readonly root: Known | undefined;
  /** What the plan adds, by its code. */
  readonly added: Map<string, { readonly id: string; readonly name: string }>;
}

async function planOrganisations(planning: Planning, all: readonly OrganisationRow[], sink: Sink): Promise<Compared> {
  const { columnName } = planning;
  const refuse: Refuse = (row, field, value, reason) =>
    sink.refuse({ row: row.row, column: columnName(field), value, reason });
  const tree = await readTree(planning);
  let unchanged = 0;

  /** What a row does; false while its parent, of the same file, has not been added. */
  const settle = async (row: OrganisationRow): Promise<boolean> => {
    const before = tree.byCode.get(row.code);
    const parent = parentOf(tree, row);
    if (before) {
      const refused = refusalOf(before, row, parent);
      if (refused) refuse(row, ...refused);
      else if (!(await planChange(planning, before, row))) unchanged += 1;
      return true;
    }
    if (parent) await planAddition(planning, tree, row, parent);
    return parent !== undefined;
  };

  let waiting = onceEach(all, refuse);
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length;
    const still: OrganisationRow[] = [];
    for (const row of waiting) if (!(await settle(row))) still.push(row);
    waiting = still;
  }
  for (const row of waiting)
    refuse(row, 'parentCode', row.parentCode, {
      vi: 'Không có đơn vị cấp trên với mã này, hoặc anh/chị không quản lý đơn vị đó.',
      en: 'There is no such parent, or it is not yours.',
    });
  return { unchanged, heldReasons: [] };
}

async function readTree({ transaction, actor, organisationId }: Planning): Promise<Tree> {
  const scope = actor.kind === 'system' ? sql`true` : sql`path && ${scopeOf(actor, 'organisations.write')}::uuid[]`;
  const { rows: known } = await sql<Known>`
    SELECT id, code, name, kind, level, parent_id, ${scope} AS within FROM registry.organisation`.execute(transaction);
  const root =
    known.find(({ id }) => id === organisationId) ??
    known.find(({ parent_id, within }) => parent_id === null && within);
  return { byCode: new Map(known.map((one) => [one.code.toUpperCase(), one])), root, added: new Map() };
}

interface Parent {
  readonly id: string;
  readonly name: string;
  /** The organisation that stands and that whoever applies the plan must reach: the parent, or what it is added below. */
  readonly reach: string;
}

/** Undefined where there is none, or none that the maker of the plan manages. */
function parentOf({ byCode, root, added }: Tree, row: OrganisationRow): Parent | undefined {
  const standing = row.parentCode === '' ? root : byCode.get(row.parentCode);
  if (standing) return standing.within ? { id: standing.id, name: standing.name, reach: standing.id } : undefined;
  const sibling = row.parentCode === '' ? undefined : added.get(row.parentCode);
  return sibling && { ...sibling, reach: root?.id ?? '' };
}

/** Why a row may not change the organisation that has its code. */
function refusalOf(before: Known, row: OrganisationRow, parent: Parent | undefined): Refusal | undefined {
  if (!before.within)
    return [
      'organisationCode',
      row.code,
      {
        vi: 'Mã này đã được dùng cho một đơn vị anh/chị không quản lý.',
        en: 'The code belongs to an organisation that you do not govern.',
      },
    ];
  if (parent && row.parentCode !== '' && parent.id !== before.parent_id)
    return [
      'parentCode',
      row.parentCode,
      {
        vi: 'Đơn vị này đang thuộc nơi khác; tệp không chuyển đơn vị.',
        en: 'The organisation belongs elsewhere; a file moves none.',
      },
    ];
  return undefined;
}

/** Gives whether the row differs from what stands. */
async function planChange(planning: Planning, before: Known, row: OrganisationRow): Promise<boolean> {
  const changes = [
    ...(before.name === row.name ? [] : [{ column: 'Tên đơn vị', before: before.name, after: row.name }]),
    ...(row.level === null || before.level === row.level
      ? []
      : [{ column: 'Cấp học', before: before.level, after: row.level }]),
  ];
  if (changes.length === 0) return false;
  await write(planning, row, 'changed', before.id, changes, {
    before: { name: before.name, level: before.level },
    name: row.name,
    ...(row.level ? { level: row.level } : {}),
  });
  return true;
}

async function planAddition(planning: Planning, { added }: Tree, row: OrganisationRow, parent: Parent): Promise<void> {
  const { code, name, kind, level } = row;
  const id = uuidv7();
  const nth = added.size; // a parent is made before what is below it
  added.set(code, { id, name });
  await write(planning, row, 'added', id, [{ column: 'Thuộc', after: parent.name }], {
    id,
    code,
    name,
    kind,
    level,
    parentId: parent.id,
    reach: parent.reach,
    nth,
  });
}

/** The first row of each code, up to the most that are taken. */
function onceEach(all: readonly OrganisationRow[], refuse: Refuse): OrganisationRow[] {
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
