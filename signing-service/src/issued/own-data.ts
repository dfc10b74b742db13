import type { PersonalData, PersonalPart } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { listDelegations } from '../delegations/delegations.ts';
import { formatVerificationCode } from '../requests/code.ts';
import { signingErasures, signingKept } from './erasure.ts';
import { listIssuedDocuments } from './issued.ts';

const code = { vi: 'Mã kiểm tra', en: 'Verification code' };
const state = { vi: 'Tình trạng', en: 'State' };

const documents: PersonalPart = {
  code: 'documents',
  what: { vi: 'Văn bản đã ban hành', en: 'Issued documents' },
  tables: ['signing.request'],
  fields: {
    title: { vi: 'Văn bản', en: 'Document' },
    code,
    issuedAt: { vi: 'Ban hành lúc', en: 'Issued' },
  },
  read: async ({ db }, personId) =>
    (await listIssuedDocuments(db, [personId])).map(({ title, code: printed, issuedAt }) => ({
      title,
      code: printed,
      issuedAt,
    })),
};

const copies: PersonalPart = {
  code: 'copies',
  what: { vi: 'Bản sao, bản trích đã cấp', en: 'Copies that were made' },
  tables: ['signing.copy'],
  fields: {
    form: { vi: 'Loại', en: 'Form' },
    number: { vi: 'Số', en: 'Number' },
    code,
    requester: { vi: 'Người đề nghị', en: 'Requested by' },
    purpose: { vi: 'Mục đích', en: 'Purpose' },
    madeAt: { vi: 'Cấp lúc', en: 'Made' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<{ code: string } & Record<string, unknown>>`
      SELECT k.form, k.number || '/' || k.year AS number, k.code, k.requester, k.purpose, k.made_at AS "madeAt"
      FROM signing.copy AS k JOIN signing.request AS r ON r.id = k.request_id
      WHERE r.subject_id = ${personId} ORDER BY k.made_at`.execute(db);
    return rows.map((row) => ({ ...row, code: formatVerificationCode(row.code) }));
  },
};

const parcels: PersonalPart = {
  code: 'parcels',
  what: { vi: 'Học bạ đã đóng gói gửi kho học bạ số', en: 'School reports in parcels for the ministry’s warehouse' },
  tables: ['signing.parcel', 'signing.parcel_item'],
  fields: {
    number: { vi: 'Số gói', en: 'Parcel' },
    code,
    madeAt: { vi: 'Đóng gói lúc', en: 'Made' },
    sentAt: { vi: 'Gửi lúc', en: 'Sent' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<{ code: string } & Record<string, unknown>>`
      SELECT k.number || '/' || k.school_year AS number, r.code, k.made_at AS "madeAt", k.sent_at AS "sentAt"
      FROM signing.parcel AS k JOIN signing.parcel_item AS i ON i.parcel_id = k.id
      JOIN signing.request AS r ON r.id = i.request_id
      WHERE r.subject_id = ${personId} ORDER BY k.made_at`.execute(db);
    return rows.map((row) => ({ ...row, code: formatVerificationCode(row.code) }));
  },
};

/** What somebody signed is told without its title, which names the learner. */
const signatures: PersonalPart = {
  code: 'signatures',
  what: { vi: 'Đã ký hoặc được mời ký', en: 'Signed, or asked to sign' },
  tables: ['signing.step', 'signing.session'],
  fields: {
    code,
    as: { vi: 'Với tư cách', en: 'As' },
    state,
    closedAt: { vi: 'Lúc', en: 'At' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<{ code: string } & Record<string, unknown>>`
      SELECT r.code, s.role AS as, s.state, s.closed_at AS "closedAt" FROM signing.step AS s
      JOIN signing.request AS r ON r.id = s.request_id WHERE s.signer_id = ${personId} ORDER BY r.id, s.position`.execute(
      db,
    );
    return rows.map((row) => ({ ...row, code: formatVerificationCode(row.code) }));
  },
};

const marks: PersonalPart = {
  code: 'marks',
  what: { vi: 'Điểm', en: 'Marks' },
  tables: ['signing.marks'],
  fields: {
    className: { vi: 'Lớp', en: 'Class' },
    version: { vi: 'Lần ghi', en: 'Version' },
    enteredAt: { vi: 'Ghi lúc', en: 'Entered' },
    content: { vi: 'Điểm', en: 'Marks' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT c.code AS "className", m.version, m.entered_at AS "enteredAt", m.content FROM signing.marks AS m
      LEFT JOIN registry.class AS c ON c.id = m.class_id WHERE m.person_id = ${personId}
      ORDER BY c.school_year, m.version`.execute(db);
    return rows;
  },
};

const phones: PersonalPart = {
  code: 'signingPhones',
  what: { vi: 'Điện thoại ký số', en: 'Signing phones' },
  tables: ['signing.enrolment'],
  fields: {
    device: { vi: 'Thiết bị', en: 'Device' },
    state,
    createdAt: { vi: 'Ghi danh lúc', en: 'Enrolled' },
    endedAt: { vi: 'Thôi lúc', en: 'Ended' },
    certificate: { vi: 'Chứng thư', en: 'Certificate' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT device_name AS device, state, created_at AS "createdAt", ended_at AS "endedAt",
        certificate_serial AS certificate FROM signing.enrolment WHERE person_id = ${personId} ORDER BY id`.execute(db);
    return rows;
  },
};

const delegations: PersonalPart = {
  code: 'signingDelegations',
  what: { vi: 'Giao ký thay và được giao', en: 'Signing in another’s place' },
  tables: ['signing.delegation'],
  fields: {
    form: { vi: 'Hình thức', en: 'Form' },
    isGiven: { vi: 'Mình giao', en: 'Given by them' },
    from: { vi: 'Từ', en: 'From' },
    until: { vi: 'Đến', en: 'Until' },
  },
  read: async ({ db }, personId) =>
    (await listDelegations(db, personId)).map(({ form, isGiven, from, until }) => ({
      form,
      isGiven,
      from,
      until,
    })),
};

const reminders: PersonalPart = {
  code: 'signingReminders',
  what: { vi: 'Trình duyệt nhận nhắc ký', en: 'Browsers told that something waits' },
  tables: ['signing.push_subscription'],
  fields: { service: { vi: 'Qua máy chủ', en: 'By the server' }, since: { vi: 'Từ lúc', en: 'Since' } },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT split_part(endpoint, '/', 3) AS service, created_at AS since FROM signing.push_subscription
      WHERE person_id = ${personId} ORDER BY created_at`.execute(db);
    return rows;
  },
};

const pictures: PersonalPart = {
  code: 'signaturePictures',
  what: { vi: 'Ảnh chữ ký tay, hình con dấu đã gửi', en: 'Handwritten signature, pictures of seals sent' },
  tables: ['signing.picture'],
  fields: {
    kind: { vi: 'Loại', en: 'Kind' },
    size: { vi: 'Cỡ (điểm ảnh)', en: 'Size (pixels)' },
    madeAt: { vi: 'Gửi lúc', en: 'Sent' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT CASE WHEN person_id IS NULL THEN 'seal' ELSE 'signature' END AS kind, width || ' × ' || height AS size,
        made_at AS "madeAt" FROM signing.picture WHERE person_id = ${personId} OR made_by = ${personId} ORDER BY id`.execute(
      db,
    );
    return rows;
  },
};

const sealingMachines: PersonalPart = {
  code: 'sealingMachines',
  what: { vi: 'Máy đóng dấu đã ghép', en: 'Sealing machines paired' },
  tables: ['signing.sealing_machine'],
  fields: {
    name: { vi: 'Máy tính', en: 'Computer' },
    state,
    createdAt: { vi: 'Ghép lúc', en: 'Paired' },
    endedAt: { vi: 'Thôi lúc', en: 'Ended' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT name, state, created_at AS "createdAt", ended_at AS "endedAt" FROM signing.sealing_machine
      WHERE person_id = ${personId} ORDER BY id`.execute(db);
    return rows;
  },
};

const remoteSignatures: PersonalPart = {
  code: 'remoteSignatures',
  what: { vi: 'Đã ký hoặc được mời ký cho ứng dụng khác', en: 'Signed, or asked to sign, for other apps' },
  tables: ['signing.remote_authorisation'],
  fields: {
    app: { vi: 'Ứng dụng', en: 'App' },
    description: { vi: 'Ứng dụng nói là', en: 'As the app says' },
    hashes: { vi: 'Số văn bản', en: 'Documents' },
    state,
    createdAt: { vi: 'Lúc', en: 'At' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT client_id AS app, description, state, created_at AS "createdAt",
        (SELECT count(*) FROM signing.remote_hash AS h WHERE h.authorisation_id = a.id) AS hashes
      FROM signing.remote_authorisation AS a WHERE person_id = ${personId} ORDER BY id`.execute(db);
    return rows;
  },
};

/** What this service has about a person. */
export const signingPersonal: PersonalData = {
  parts: [
    ...[documents, copies, parcels, signatures, marks, phones, delegations, reminders, sealingMachines],
    remoteSignatures,
    pictures,
  ],
  leftOut: {
    'signing.subject_teacher': 'which classes a teacher has; what they wrote and signed is told',
    'signing.reminder': 'when a signer was last told that something waits; what waited is told',
    'signing.grade': 'unread and empty since marks come from columns',
    'signing.transcript_run_item': 'the list of a job; what it made is a document',
  },
  erasures: signingErasures,
  kept: signingKept,
};
