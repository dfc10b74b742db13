import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { changeOrganisation } from '../../organisations/change.ts';
import { createOrganisation } from '../../organisations/organisations.ts';
import { scopeOf } from '../../permissions/permissions.ts';
import type { OrganisationKind, SchoolLevel } from '../../tables.ts';
import { type Cells, fold, RowRefused } from './cells.ts';
import { headerIn } from './changes.ts';
import type { Applying, Planning, RosterKind } from './kind.ts';

/** Wards, schools and centres, each below another. */
export const schools: RosterKind = {
  id: 'schools',
  name: { vi: 'Đơn vị', en: 'Organisations' },
  action: 'organisations.write',
  fields: [
    {
      id: 'organisationCode',
      names: ['Mã đơn vị', 'Mã trường', 'Mã cơ sở', 'Mã trường học'],
      note: { vi: 'Văn bản, giữ số 0 đầu; không đổi về sau', en: 'Text with leading zeros; stays' },
    },
    { id: 'organisationName', names: ['Tên đơn vị', 'Tên trường', 'Trường học', 'Tên trường học', 'Đơn vị'] },
    {
      id: 'organisationKind',
      names: ['Loại', 'Loại đơn vị', 'Loại hình đơn vị'],
      note: {
        vi: 'Phường/xã, Trường, Trung tâm; để trống thì theo tên',
        en: 'Phường/xã, Trường, Trung tâm; by the name when empty',
      },
    },
    {
      id: 'level',
      names: ['Cấp học', 'Cấp', 'Bậc học'],
      note: {
        vi: 'Mầm non, Tiểu học, THCS, THPT, GDTX, Nhiều cấp',
        en: 'Mầm non, Tiểu học, THCS, THPT, GDTX, Nhiều cấp',
      },
    },
    {
      id: 'parentCode',
      names: ['Mã đơn vị cấp trên', 'Mã phường/xã', 'Mã phường xã', 'Đơn vị quản lý', 'Mã đơn vị quản lý', 'Thuộc'],
      note: {
        vi: 'Để trống: trực thuộc đơn vị được chọn khi nhập',
        en: 'Empty: below the organisation chosen at the import',
      },
    },
  ],
  required: [[['organisationCode']], [['organisationName']]],
  examples: [
    { organisationCode: '26740', organisationName: 'Phường Sài Gòn', organisationKind: 'Phường/xã' },
    {
      organisationCode: '79000729',
      organisationName: 'Trường Tiểu học Lê Lợi',
      organisationKind: 'Trường',
      level: 'Tiểu học',
      parentCode: '26740',
    },
  ],
  notes: [
    {
      vi: 'Mỗi dòng một đơn vị; đơn vị cấp trên có thể ở cùng tệp. Tệp không xoá và không chuyển đơn vị nào.',
      en: 'One organisation a row; its parent may be in the same file. A file removes and moves none.',
    },
  ],
  stage,
  plan: async () => [],
  apply,
};

const levels: readonly (readonly [RegExp, SchoolLevel])[] = [
  [
    /nhieu cap|lien cap|\bth\b.*\bthcs\b|\bthcs\b.*\bthpt\b|tieu hoc.*(?:thcs|trung hoc)|trung hoc co so.*trung hoc pho thong/,
    'multi-level',
  ],
  [/mam non|mau giao|nha tre|\bmn\b/, 'preschool'],
  [/tieu hoc|\bth\b|cap 1/, 'primary'],
  [/thcs|trung hoc co so|cap 2/, 'lower-secondary'],
  [/thpt|trung hoc pho thong|cap 3/, 'upper-secondary'],
  [/gdtx|thuong xuyen|gdnn/, 'continuing'],
];

function levelOf(cells: Cells, kind: OrganisationKind): SchoolLevel | null {
  if (kind !== 'school' && kind !== 'centre') return null;
  const said = cells.text('level');
  const found = levels.find(([pattern]) => pattern.test(fold(said || cells.text('organisationName'))))?.[1];
  if (found || !said) return found ?? null;
  throw new RowRefused('level', {
    vi: 'Cấp học ghi Mầm non, Tiểu học, THCS, THPT, GDTX hoặc Nhiều cấp.',
    en: 'The level is Mầm non, Tiểu học, THCS, THPT, GDTX or Nhiều cấp.',
  });
}

function kindIn(cells: Cells): OrganisationKind {
  const said = fold(cells.text('organisationKind'));
  const text = said || fold(cells.text('organisationName'));
  if (/^(?:phuong|xa|dac khu|thi tran|ubnd|uy ban)/.test(text)) return 'ward';
  if (/^(?:trung tam|tt )/.test(text)) return 'centre';
  if (/^(?:truong|mam non|tieu hoc|th|thcs|thpt|mau giao|nhom tre|lop)/.test(text) || said === '') return 'school';
  throw new RowRefused('organisationKind', {
    vi: 'Loại đơn vị ghi Phường/xã, Trường hoặc Trung tâm.',
    en: 'The kind is Phường/xã, Trường or Trung tâm.',
  });
}

interface Known {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly kind: OrganisationKind;
  readonly level: SchoolLevel | null;
  readonly parent_id: string | null;
  readonly within: boolean;
}

interface Row {
  readonly row: number;
  readonly code: string;
  readonly name: string;
  readonly kind: OrganisationKind;
  readonly level: SchoolLevel | null;
  readonly parentCode: string;
}

const mostRows = 20_000;

async function stage(planning: Planning, sink: Parameters<RosterKind['stage']>[1]): ReturnType<RosterKind['stage']> {
  const rows: Row[] = [];
  const { transaction, actor } = planning;
  const scope = actor.kind === 'system' ? sql`true` : sql`path && ${scopeOf(actor, 'organisations.write')}::uuid[]`;
  const { rows: known } = await sql<Known>`
    SELECT id, code, name, kind, level, parent_id, ${scope} AS within FROM registry.organisation`.execute(transaction);
  const byCode = new Map(known.map((one) => [one.code.toUpperCase(), one]));
  const root =
    known.find(({ id }) => id === planning.organisationId) ??
    known.find(({ parent_id, within }) => parent_id === null && within);
  const made = new Map<string, string>();
  const refuse = (row: number, field: Parameters<typeof headerIn>[1], value: string, reason: Text) =>
    sink.refuse({ row, column: headerIn(schools.fields, field), value, reason });
  let written = 0;

  const parentOf = (row: Row): { id: string; reach: string } | undefined => {
    if (row.parentCode === '') return root?.within ? { id: root.id, reach: root.id } : undefined;
    const parent = byCode.get(row.parentCode);
    if (parent) return parent.within ? { id: parent.id, reach: parent.id } : undefined;
    const sibling = made.get(row.parentCode);
    return sibling ? { id: sibling, reach: root?.id ?? '' } : undefined;
  };

  /** What a row does; false while its parent, of the same file, has not been made. */
  const settle = async (row: Row): Promise<boolean> => {
    const before = byCode.get(row.code);
    if (before && !before.within) {
      refuse(row.row, 'organisationCode', row.code, {
        vi: 'Mã này đã được dùng cho một đơn vị bạn không quản lý.',
        en: 'The code is that of an organisation that is not yours.',
      });
      return true;
    }
    const parent = parentOf(row);
    if (!before && !parent) return false;
    if (before) {
      if (parent && row.parentCode !== '' && parent.id !== before.parent_id) {
        refuse(row.row, 'parentCode', row.parentCode, {
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
  let unchanged = 0;

  return {
    take(cells) {
      const code = cells.code('organisationCode').toUpperCase();
      if (!/^[A-Z0-9._-]{1,40}$/.test(code))
        throw new RowRefused('organisationCode', {
          vi: 'Mã đơn vị gồm 1–40 chữ không dấu, số, dấu . _ -',
          en: 'A code has 1–40 letters, digits, . _ -',
        });
      const name = cells.text('organisationName').replaceAll(/\s+/g, ' ');
      if (name === '' || name.length > 200)
        throw new RowRefused('organisationName', {
          vi: 'Đơn vị phải có tên, dài nhất 200 ký tự.',
          en: 'An organisation has a name, at most 200 characters.',
        });
      const kind = kindIn(cells);
      if (rows.some((other) => other.code === code))
        throw new RowRefused('organisationCode', {
          vi: 'Mã này đã có ở một dòng phía trên trong tệp.',
          en: 'A row above has the same code.',
        });
      if (rows.length >= mostRows)
        throw new RowRefused('organisationCode', {
          vi: `Tệp có hơn ${mostRows} đơn vị.`,
          en: `The file has more than ${mostRows} organisations.`,
        });
      rows.push({
        row: cells.row,
        code,
        name,
        kind,
        level: levelOf(cells, kind),
        parentCode: cells.code('parentCode').toUpperCase(),
      });
    },
    flush: async () => {},
    async end() {
      let waiting = rows;
      for (let before = -1; waiting.length !== before; ) {
        before = waiting.length;
        const still: Row[] = [];
        for (const row of waiting) if (!(await settle(row))) still.push(row);
        waiting = still;
      }
      for (const row of waiting)
        refuse(row.row, 'parentCode', row.parentCode, {
          vi: 'Không có đơn vị cấp trên với mã này, hoặc bạn không quản lý đơn vị đó.',
          en: 'There is no such parent, or it is not yours.',
        });
      return { unchanged };
    },
  };
}

async function write(
  { transaction, planId }: Planning,
  row: Row,
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

async function apply({ transaction, planId, actor, report }: Applying): Promise<void> {
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
  const total = added.length + changed.length;
  let done = 0;
  for (const { data } of added) {
    const { id, code, name, kind, level, parentId } = data;
    await createOrganisation(transaction, { id, code, name, kind, parentId, ...(level ? { level } : {}) }, actor);
    done += 1;
    report({ done, total });
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
    done += 1;
    report({ done, total });
  }
}
