import type { Database } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { toCsv } from '@edutrust/registry/spreadsheets';
import { sql } from 'kysely';
import { type Audience, audienceNames, audiences } from '../apps/audience.ts';
import type { SystemRecipient } from '../tools.ts';

/** What a recipient may get of a person, as people read it; claims of apps and fields of contracts in one vocabulary. */
export const fieldWords = {
  subject: { vi: 'mã riêng ở nơi ấy', en: 'an identifier of its own' },
  educationId: { vi: 'mã giáo dục', en: 'education ID' },
  name: { vi: 'họ tên', en: 'name' },
  userName: { vi: 'tên đăng nhập', en: 'user name' },
  email: { vi: 'thư điện tử', en: 'e-mail' },
  birthDate: { vi: 'ngày sinh', en: 'birth date' },
  gender: { vi: 'giới tính', en: 'gender' },
  roles: { vi: 'vai trò', en: 'roles' },
  organisations: { vi: 'trường, đơn vị', en: 'school, organisation' },
  classes: { vi: 'lớp', en: 'class' },
  titles: { vi: 'chức danh', en: 'title' },
  children: { vi: 'con được làm thay', en: 'children acted for' },
} as const satisfies Record<string, Text>;
export type RecipientField = keyof typeof fieldWords;

const ofScope: Readonly<Record<string, readonly RecipientField[]>> = {
  openid: ['subject'],
  profile: ['name', 'userName'],
  school: ['roles', 'organisations', 'classes'],
  groups: ['roles', 'organisations', 'classes'],
  email: ['email'],
  birthdate: ['birthDate'],
  education_id: ['educationId'],
  acting_for: ['children'],
};

export const kinds = { app: { vi: 'ứng dụng', en: 'app' }, system: { vi: 'hệ thống', en: 'system' } } as const;

/** On what the transfer stands (Law 91/2025/QH15): who may say so is another question, and one for the desk. */
export const grounds = {
  approved: { vi: 'nhiệm vụ của ngành, hai người của Sở đã duyệt', en: 'a task of the sector, approved by two people' },
  consent: { vi: 'từng người đồng ý khi vào', en: 'each person agrees on entering' },
  contract: { vi: 'hợp đồng dữ liệu của đơn vị', en: 'the organisation’s data contract' },
} as const satisfies Record<string, Text>;

/** A row of the register: who gets which data of whom, for what, on what ground, since when. */
export interface Recipient {
  readonly id: string;
  readonly name: string;
  readonly kind: keyof typeof kinds;
  readonly organisation: { readonly id: string; readonly name: string };
  /** Made and run outside the sector. */
  readonly isExternal: boolean;
  readonly of: readonly Audience[];
  readonly fieldsOfLearners: readonly RecipientField[];
  readonly fieldsOfOthers: readonly RecipientField[];
  /** Null: nobody wrote it down. */
  readonly purpose: Text | null;
  readonly ground: keyof typeof grounds;
  readonly since: Date;
  readonly lastAt: Date | null;
  /** Of an app from outside: how many schools let it in; null where that is not asked. */
  readonly schools: number | null;
}

interface AppRow {
  client_id: string;
  name: string;
  purpose: Text;
  scopes: string[];
  is_approved: boolean;
  is_external: boolean;
  audience: string[];
  organisation_id: string;
  organisation: string;
  created_at: Date;
  last_at: Date | null;
  schools: number;
}

/** In and below `scope`: apps by what they are registered for, systems by their contracts; what somebody really got stands in that person's book. */
export async function listRecipients(
  db: Database,
  scope: readonly string[],
  systems: readonly SystemRecipient[],
): Promise<Recipient[]> {
  const within = sql`o.path && ${[...scope]}::uuid[]`;
  const [apps, names] = await Promise.all([
    sql<AppRow>`
      SELECT a.client_id, a.name, a.purpose, a.scopes, a.is_approved, a.is_external, a.audience, a.organisation_id,
        o.name AS organisation, a.created_at,
        (SELECT r.at FROM idp.app_request AS r WHERE r.client_id = a.client_id AND r.error IS NULL
          ORDER BY r.id DESC LIMIT 1) AS last_at,
        (SELECT count(*)::int FROM idp.app_activation AS s WHERE s.client_id = a.client_id) AS schools
      FROM idp.app AS a JOIN registry.organisation AS o ON o.id = a.organisation_id
      WHERE a.ended_at IS NULL AND NOT a.is_sandbox AND a.kind <> 'machine' AND ${within}
      ORDER BY a.name, a.client_id LIMIT 5000`.execute(db),
    sql<{ id: string; name: string }>`
      SELECT o.id, o.name FROM registry.organisation AS o
      WHERE o.id = ANY(${systems.map((one) => one.organisationId)}::uuid[]) AND ${within}`.execute(db),
  ]);
  const nameOf = new Map(names.rows.map(({ id, name }) => [id, name]));
  return [
    ...apps.rows.map(ofApp),
    ...systems
      .filter(({ organisationId }) => nameOf.has(organisationId))
      .map(
        ({ id, name, organisationId, contract, since, lastAt }): Recipient => ({
          id,
          name,
          kind: 'system',
          organisation: { id: organisationId, name: nameOf.get(organisationId) ?? '' },
          isExternal: false,
          of: contract.roles,
          fieldsOfLearners: contract.roles.includes('learner') ? ['educationId', ...contract.learners] : [],
          fieldsOfOthers: contract.roles.some((role) => role !== 'learner') ? ['educationId', ...contract.others] : [],
          purpose: null,
          ground: 'contract',
          since,
          lastAt,
          schools: null,
        }),
      ),
  ];
}

function ofApp(app: AppRow): Recipient {
  const fields = [...new Set(app.scopes.flatMap((scope) => ofScope[scope] ?? []))];
  const of = app.audience.length === 0 ? audiences : audiences.filter((one) => app.audience.includes(one));
  return {
    id: app.client_id,
    name: app.name,
    kind: 'app',
    organisation: { id: app.organisation_id, name: app.organisation },
    isExternal: app.is_external,
    of,
    fieldsOfLearners: of.includes('learner') ? fields : [],
    fieldsOfOthers: of.some((one) => one !== 'learner') ? fields : [],
    purpose: app.purpose,
    ground: app.is_approved ? 'approved' : 'consent',
    since: app.created_at,
    lastAt: app.last_at,
    schools: app.is_external ? app.schools : null,
  };
}

const heads: readonly Text[] = [
  { vi: 'Nơi nhận', en: 'Recipient' },
  { vi: 'Loại', en: 'Kind' },
  { vi: 'Đơn vị chịu trách nhiệm', en: 'Answerable organisation' },
  { vi: 'Ngoài ngành', en: 'From outside the sector' },
  { vi: 'Dữ liệu của ai', en: 'Of whom' },
  { vi: 'Dữ liệu về học sinh', en: 'Data of learners' },
  { vi: 'Dữ liệu về người khác', en: 'Data of others' },
  { vi: 'Mục đích', en: 'Purpose' },
  { vi: 'Căn cứ', en: 'Ground' },
  { vi: 'Từ ngày', en: 'Since' },
  { vi: 'Lần cuối', en: 'Last' },
];

/** The register as a file that Excel opens; days are `YYYY-MM-DD`. */
export function registerAsCsv(rows: readonly Recipient[], locale: keyof Text): Buffer {
  const words = (fields: readonly RecipientField[]) => fields.map((field) => fieldWords[field][locale]).join('; ');
  const day = (at: Date | null) => at?.toISOString().slice(0, 10) ?? '';
  const yes = { vi: 'có', en: 'yes' }[locale];
  return toCsv([
    heads.map((head) => head[locale]),
    ...rows.map((row) => [
      row.name,
      kinds[row.kind][locale],
      row.organisation.name,
      row.isExternal ? yes : '',
      row.of.map((one) => audienceNames[one][locale]).join('; '),
      words(row.fieldsOfLearners),
      words(row.fieldsOfOthers),
      row.purpose?.[locale] ?? '',
      grounds[row.ground][locale],
      day(row.since),
      day(row.lastAt),
    ]),
  ]);
}
