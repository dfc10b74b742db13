import type { PersonalData, PersonalPart } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { listLooks } from '../accesses/looks.ts';
import { registryErasures, registryKept } from '../erasure/erasures.ts';
import { listNotices } from '../notices/notices.ts';
import { createIdentifierVault } from '../people/identifiers.ts';
import { rolesPart } from '../permissions/own-data.ts';

const from = { vi: 'Từ', en: 'From' };
const until = { vi: 'Đến', en: 'Until' };
const at = { vi: 'Lúc', en: 'At' };
const organisation = { vi: 'Đơn vị', en: 'Organisation' };
const relation = { vi: 'Quan hệ', en: 'Relation' };
const looksAtOnce = 1_000;

const record: PersonalPart = {
  code: 'record',
  what: { vi: 'Hồ sơ', en: 'Record' },
  tables: ['registry.person'],
  fields: {
    educationId: { vi: 'Mã giáo dục', en: 'Education ID' },
    fullName: { vi: 'Họ và tên', en: 'Full name' },
    birthDate: { vi: 'Ngày sinh', en: 'Date of birth' },
    gender: { vi: 'Giới tính', en: 'Gender' },
    status: { vi: 'Tình trạng', en: 'State' },
    email: { vi: 'Thư điện tử', en: 'E-mail' },
    ministryId: { vi: 'Mã định danh Bộ GD&ĐT', en: 'ID of the ministry' },
    lifelongCode: { vi: 'Mã hồ sơ học tập suốt đời', en: 'Lifelong learning record code' },
    personalNumber: { vi: 'Số định danh cá nhân', en: 'Personal number' },
    details: { vi: 'Thông tin khác', en: 'Other details' },
    createdAt: { vi: 'Lập lúc', en: 'Created' },
  },
  read: async ({ db, secrets }, personId) => {
    const vault = createIdentifierVault(secrets);
    const { rows } = await sql<Record<string, unknown> & Record<'moet' | 'number' | 'lifelong', Buffer | null>>`
      SELECT education_id AS "educationId", full_name AS "fullName", birth_date::text AS "birthDate", gender, status, email,
        moet_id_sealed AS moet, lifelong_code_sealed AS lifelong, personal_number_sealed AS number, details, created_at AS "createdAt"
      FROM registry.person WHERE id = ${personId}`.execute(db);
    return rows.map(({ moet, number, lifelong, ...row }) => ({
      ...row,
      ministryId: moet && vault.open('moet_id', moet),
      lifelongCode: lifelong && vault.open('lifelong_code', lifelong),
      personalNumber: number && vault.open('personal_number', number),
    }));
  },
};

const identifiers: PersonalPart = {
  code: 'identifiers',
  what: { vi: 'Mã trước đây và mã riêng của trường', en: 'Earlier IDs and codes of schools' },
  tables: ['registry.education_id_alias', 'registry.local_code'],
  fields: { code: { vi: 'Mã', en: 'Code' }, organisation, from },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT education_id AS code, NULL AS organisation, since AS "from"
      FROM registry.education_id_alias WHERE person_id = ${personId}
      UNION ALL SELECT l.code, o.name, NULL FROM registry.local_code AS l
      JOIN registry.organisation AS o ON o.id = l.organisation_id WHERE l.person_id = ${personId} ORDER BY 1`.execute(
      db,
    );
    return rows;
  },
};

const affiliations: PersonalPart = {
  code: 'affiliations',
  what: { vi: 'Trường, đơn vị', en: 'Schools and organisations' },
  tables: ['registry.affiliation'],
  fields: { organisation, role: { vi: 'Vai trò', en: 'Role' }, title: { vi: 'Chức danh', en: 'Title' }, from, until },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT o.name AS organisation, f.role, f.title, f.valid_from::text AS "from", f.valid_until::text AS until
      FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      WHERE f.person_id = ${personId} ORDER BY f.valid_from, f.id`.execute(db);
    return rows;
  },
};

const classes: PersonalPart = {
  code: 'classes',
  what: { vi: 'Lớp', en: 'Classes' },
  tables: ['registry.enrolment', 'registry.class'],
  fields: {
    organisation,
    className: { vi: 'Lớp', en: 'Class' },
    schoolYear: { vi: 'Năm học bắt đầu', en: 'School year from' },
    as: { vi: 'Là', en: 'As' },
    from,
    until,
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT o.name AS organisation, c.code AS "className", c.school_year AS "schoolYear", mine.role AS as,
        mine."from"::text, mine.until::text
      FROM (SELECT class_id, 'learner' AS role, valid_from AS "from", valid_until AS until FROM registry.enrolment
        WHERE person_id = ${personId} UNION ALL
        SELECT id, 'homeroom-teacher', NULL, NULL FROM registry.class WHERE homeroom_teacher_id = ${personId}) AS mine
      JOIN registry.class AS c ON c.id = mine.class_id JOIN registry.organisation AS o ON o.id = c.organisation_id
      ORDER BY c.school_year, mine."from"`.execute(db);
    return rows;
  },
};

const guardianships: PersonalPart = {
  code: 'guardianships',
  what: { vi: 'Giám hộ', en: 'Guardianships' },
  tables: ['registry.guardianship'],
  fields: { as: { vi: 'Là', en: 'As' }, relation, from, until },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT CASE WHEN child_id = ${personId} THEN 'child' ELSE 'guardian' END AS as, relation,
        valid_from::text AS "from", valid_until::text AS until
      FROM registry.guardianship WHERE ${personId} IN (child_id, guardian_id) ORDER BY valid_from, id`.execute(db);
    return rows;
  },
};

const approvals: PersonalPart = {
  code: 'approvals',
  what: { vi: 'Việc cần hai người đã làm', en: 'Acts that took two people' },
  tables: ['registry.approval_act', 'registry.credential_act'],
  fields: { act: { vi: 'Việc', en: 'Act' }, at },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT act, at FROM registry.approval_act WHERE person_id = ${personId}
      UNION ALL SELECT kind, at FROM registry.credential_act WHERE person_id = ${personId} ORDER BY at`.execute(db);
    return rows;
  },
};

const notices: PersonalPart = {
  code: 'notices',
  what: { vi: 'Tin đã báo', en: 'Notices' },
  tables: ['registry.notice'],
  fields: { at, notice: { vi: 'Tin', en: 'Notice' } },
  read: async ({ db }, personId) =>
    (await listNotices(db, personId, 10_000)).map(({ at: toldAt, title }) => ({ at: toldAt, notice: title.vi })),
};

const accesses: PersonalPart = {
  code: 'accesses',
  what: { vi: 'Ai đã xem hồ sơ', en: 'Who looked at the record' },
  tables: ['registry.access'],
  fields: { at, who: { vi: 'Ai', en: 'Who' }, what: { vi: 'Làm gì', en: 'What' } },
  read: async ({ db }, personId) => {
    const rows: { at: Date; who: string; what: string }[] = [];
    for (let before: string | undefined; ; ) {
      const looks = await listLooks(db, personId, { limit: looksAtOnce, before });
      rows.push(...looks.map((look) => ({ at: look.at, who: look.who.vi, what: look.what.vi })));
      if (looks.length < looksAtOnce) return rows;
      before = looks.at(-1)?.id;
    }
  },
};

const requests: PersonalPart = {
  code: 'requests',
  what: { vi: 'Yêu cầu về dữ liệu', en: 'Requests about data' },
  tables: ['registry.data_request'],
  fields: {
    at,
    kind: { vi: 'Yêu cầu', en: 'Request' },
    state: { vi: 'Tình trạng', en: 'State' },
    wish: { vi: 'Đã viết', en: 'What was written' },
    answer: { vi: 'Trả lời', en: 'Answer' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT received_at AS at, kind, state, wish, answer FROM registry.data_request
      WHERE subject_id = ${personId} ORDER BY id`.execute(db);
    return rows;
  },
};

const transfers: PersonalPart = {
  code: 'transfers',
  what: { vi: 'Đề nghị chuyển trường', en: 'Transfers asked for' },
  tables: ['registry.transfer'],
  fields: {
    at,
    from: { vi: 'Từ trường', en: 'From school' },
    to: { vi: 'Sang trường', en: 'To school' },
    state: { vi: 'Tình trạng', en: 'State' },
    note: { vi: 'Lý do đề nghị', en: 'Why it was asked for' },
    answer: { vi: 'Trả lời', en: 'Answer' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT t.asked_at AS at, f.name AS "from", o.name AS "to", t.state, t.note, t.answer FROM registry.transfer AS t
      JOIN registry.organisation AS f ON f.id = t.from_id JOIN registry.organisation AS o ON o.id = t.to_id
      WHERE t.person_id = ${personId} ORDER BY t.id`.execute(db);
    return rows;
  },
};

const onTheWay = 'rows of imported files, until they are erased (N5): what was applied is in the record';

/** What the registry has about a person. */
export const registryPersonal: PersonalData = {
  parts: [
    record,
    identifiers,
    affiliations,
    classes,
    guardianships,
    transfers,
    rolesPart,
    approvals,
    notices,
    accesses,
    requests,
  ],
  leftOut: {
    'registry.merge': 'what a merge moved, so that it can be taken apart: what is so now stands in the record',
    'registry.approval_collect': 'the half of a code that waits for its reader',
    'registry.match_question': 'whether a row of a file is this person: what it says is erased with the rows',
    'registry.roster_change': onTheWay,
    'registry.roster_row': onTheWay,
    'registry.roster_undo': onTheWay,
    'registry.roster_in_step':
      'that a row of a file said nothing new of them, by a digest under a key: nothing can be read from it',
    'registry.roster_upload': 'whose files are on their way, for a day: the files are no facts about who sends them',
  },
  erasures: registryErasures,
  kept: registryKept,
};
