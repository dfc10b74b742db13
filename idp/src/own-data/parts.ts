import type { PersonalData, PersonalPart } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { sentencesOfSelf } from '../self-service/activity.ts';
import { idpErasures, idpKept } from './erasure.ts';

const at = { vi: 'Lúc', en: 'At' };
const since = { vi: 'Từ', en: 'Since' };
const lastUsedAt = { vi: 'Dùng lần cuối', en: 'Last used' };
const app = { vi: 'Ứng dụng', en: 'App' };
type Row = Record<string, unknown>;

const account: PersonalPart = {
  code: 'account',
  what: { vi: 'Tài khoản', en: 'Account' },
  tables: ['idp.account', 'idp.second_factor', 'idp.pin'],
  fields: {
    status: { vi: 'Tình trạng', en: 'State' },
    createdAt: { vi: 'Lập lúc', en: 'Created' },
    activatedAt: { vi: 'Kích hoạt lúc', en: 'Activated' },
    passwordChangedAt: { vi: 'Đổi mật khẩu lúc', en: 'Password changed' },
    lastSignInAt: { vi: 'Đăng nhập lần cuối', en: 'Last sign-in' },
    secondFactorAt: { vi: 'Thêm ứng dụng tạo mã lúc', en: 'Authenticator app added' },
    pin: { vi: 'Mã của thẻ', en: 'PIN of the badge' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT a.status, a.created_at AS "createdAt", a.activated_at AS "activatedAt",
        a.password_changed_at AS "passwordChangedAt", a.last_sign_in_at AS "lastSignInAt",
        s.added_at AS "secondFactorAt", p.kind AS pin
      FROM idp.account AS a LEFT JOIN idp.second_factor AS s ON s.person_id = a.person_id
      LEFT JOIN idp.pin AS p ON p.person_id = a.person_id WHERE a.person_id = ${personId}`.execute(db);
    return rows;
  },
};

const passkeys: PersonalPart = {
  code: 'passkeys',
  what: { vi: 'Passkey', en: 'Passkeys' },
  tables: ['idp.passkey'],
  fields: { name: { vi: 'Tên', en: 'Name' }, createdAt: since, lastUsedAt },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT name, created_at AS "createdAt", last_used_at AS "lastUsedAt"
      FROM idp.passkey WHERE person_id = ${personId} ORDER BY created_at`.execute(db);
    return rows;
  },
};

const badges: PersonalPart = {
  code: 'badges',
  what: { vi: 'Thẻ học sinh', en: 'Badges' },
  tables: ['idp.badge'],
  fields: {
    serial: { vi: 'Số thẻ', en: 'Serial' },
    issuedAt: { vi: 'Phát lúc', en: 'Issued' },
    lastUsedAt,
    endedAt: { vi: 'Thôi dùng lúc', en: 'Ended' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT serial, issued_at AS "issuedAt", last_used_at AS "lastUsedAt", ended_at AS "endedAt"
      FROM idp.badge WHERE person_id = ${personId} ORDER BY issued_at`.execute(db);
    return rows;
  },
};

const sessions: PersonalPart = {
  code: 'sessions',
  what: { vi: 'Đang đăng nhập ở', en: 'Signed in on' },
  tables: ['idp.session'],
  fields: {
    device: { vi: 'Thiết bị', en: 'Device' },
    signedInAt: { vi: 'Đăng nhập lúc', en: 'Signed in' },
    lastSeenAt: lastUsedAt,
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT device, signed_in_at AS "signedInAt", last_seen_at AS "lastSeenAt"
      FROM idp.session WHERE person_id = ${personId} ORDER BY signed_in_at`.execute(db);
    return rows;
  },
};

const consents: PersonalPart = {
  code: 'consents',
  what: { vi: 'Đã đồng ý cho ứng dụng', en: 'Consents to apps' },
  tables: ['idp.consent', 'idp.guardian_consent'],
  fields: {
    app,
    scopes: { vi: 'Thông tin', en: 'Scopes' },
    givenAt: since,
    askedAt: { vi: 'Xin cha mẹ lúc', en: 'Guardians asked' },
    guardianAt: { vi: 'Cha mẹ đồng ý lúc', en: 'A guardian agreed' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT coalesce(c.client_id, g.client_id) AS app, coalesce(c.scopes, g.scopes) AS scopes, c.given_at AS "givenAt",
        g.asked_at AS "askedAt", g.given_at AS "guardianAt"
      FROM (SELECT * FROM idp.consent WHERE person_id = ${personId}) AS c
      FULL JOIN (SELECT * FROM idp.guardian_consent WHERE person_id = ${personId}) AS g ON g.client_id = c.client_id
      ORDER BY coalesce(c.given_at, g.asked_at)`.execute(db);
    return rows;
  },
};

const subjects: PersonalPart = {
  code: 'subjects',
  what: { vi: 'Mã mà mỗi ứng dụng biết', en: 'Identifiers that apps know' },
  tables: ['idp.subject'],
  fields: { app, subject: { vi: 'Mã', en: 'Identifier' }, since },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT sector AS app, sub AS subject, created_at AS since FROM idp.subject
      WHERE person_id = ${personId} ORDER BY created_at`.execute(db);
    return rows;
  },
};

const upstream: PersonalPart = {
  code: 'upstream',
  what: { vi: 'Tài khoản của nơi khác đã nối', en: 'Accounts of other houses that are linked' },
  tables: ['idp.upstream_link'],
  fields: { provider: { vi: 'Nơi', en: 'House' }, since, lastUsedAt },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT provider, linked_at AS since, last_used_at AS "lastUsedAt" FROM idp.upstream_link
      WHERE person_id = ${personId} ORDER BY linked_at`.execute(db);
    return rows;
  },
};

const networks: PersonalPart = {
  code: 'networks',
  what: { vi: 'Mạng đã từng vào', en: 'Networks signed in from' },
  tables: ['idp.seen_network'],
  fields: { place: { vi: 'Nơi', en: 'Place' }, lastUsedAt },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT place, last_at AS "lastUsedAt" FROM idp.seen_network
      WHERE person_id = ${personId} ORDER BY last_at`.execute(db);
    return rows;
  },
};

/** Kept at security level 3 only. */
const signIns: PersonalPart = {
  code: 'signIns',
  what: { vi: 'Đăng nhập từ đâu', en: 'Signed in from where' },
  tables: ['idp.sign_in_log'],
  fields: {
    at,
    outcome: { vi: 'Kết quả', en: 'Outcome' },
    address: { vi: 'Địa chỉ', en: 'Address' },
    port: { vi: 'Cổng', en: 'Port' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT at, outcome, host(address) AS address, port FROM idp.sign_in_log
      WHERE person_id = ${personId} ORDER BY id`.execute(db);
    return rows;
  },
};

/** Sign-ins among them. */
const activity: PersonalPart = {
  code: 'activity',
  what: { vi: 'Đăng nhập và thay đổi của tài khoản', en: 'Sign-ins and changes of the account' },
  tables: ['platform.ledger_entry'],
  fields: { at, event: { vi: 'Việc', en: 'Event' } },
  read: async ({ db }, personId) => {
    const { rows } = await sql<{ at: Date; type: string }>`
      SELECT at, type FROM platform.ledger_entry WHERE subject_kind = 'person' AND subject_id = ${personId}
        AND type = ANY(${Object.keys(sentencesOfSelf)}) ORDER BY id`.execute(db);
    return rows.map(({ at: happenedAt, type }) => ({ at: happenedAt, event: sentencesOfSelf[type]?.vi ?? type }));
  },
};

/** Of staff alone, and hardly ever. */
const breakGlass: PersonalPart = {
  code: 'breakGlass',
  what: { vi: 'Vai trò bằng truy cập khẩn cấp', en: 'Roles by broken glass' },
  tables: ['idp.break_glass'],
  fields: { role: { vi: 'Vai trò', en: 'Role' }, since, until: { vi: 'Tới', en: 'Until' } },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Row>`
      SELECT role, opened_at AS since, coalesce(closed_at, ends_at) AS until FROM idp.break_glass
      WHERE person_id = ${personId} ORDER BY id`.execute(db);
    return rows;
  },
};

const token = 'a secret that ends by itself; which app has access stands in consents and sessions';
const secret = 'a secret, or a count against guessing';

/** What identity has about a person. */
export const idpPersonal: PersonalData = {
  parts: [account, passkeys, badges, sessions, consents, subjects, upstream, networks, signIns, breakGlass, activity],
  leftOut: {
    'idp.access_token': token,
    'idp.activation': secret,
    'idp.authorization_code': token,
    'idp.backchannel_request': token,
    'idp.device_code': token,
    'idp.oauth_grant': token,
    'idp.pushed_request': token,
    'idp.recovery_code': secret,
    'idp.refresh_token': token,
    'idp.signal': 'on the way to an app that knows the person; what happened is in the log',
    'idp.throttle': secret,
    'idp.undoable_change': 'how one signed in before a change, for a day; that it changed stands in the notices',
    'platform.outbox': 'on the way to its readers; what stays is in the log',
  },
  erasures: idpErasures,
  kept: idpKept,
};
