import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { listAuthorities } from '../authority/authorities.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { keyStore } from '../key-store/key-store.ts';
import { certsOf } from '../tables.ts';
import { isClockBehind } from './clock.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The root's list comes from a ceremony: people, a room and a day are needed. */
const offlineNoticeMs = 60 * dayMs;
/** An authority stops being useful when what it issues would outlive it: time for the next generation. */
const authorityNoticeMs = 400 * dayMs;
/** A service's certificate is replaced long before. */
const serviceNoticeMs = 30 * dayMs;

/** What an operator must do something about, before anybody outside notices. */
export interface Alarm {
  readonly code:
    | 'clock-behind'
    | 'list-late'
    | 'list-over'
    | 'revocation-unlisted'
    | 'authority-ending'
    | 'service-ending'
    | 'key-store';
  /** The authority, or `purpose/authority` of a service; empty when it is about all of them. */
  readonly about: string;
  /** What is the matter and what to do. */
  readonly sentence: Text;
}

/**
 * Everything that is not as it should be with the authorities: empty when all is well. Asked by the console, the doctor,
 * the metrics and a task that logs it (C5, C7).
 */
export async function findAlarms(context: ServiceContext): Promise<Alarm[]> {
  const found = await Promise.all([
    clockAlarms(context),
    listAlarms(context),
    unlistedAlarms(context),
    endingAlarms(context),
    keyStoreAlarms(context),
  ]);
  return found.flat();
}

async function clockAlarms({ db, clock }: ServiceContext): Promise<Alarm[]> {
  if (!(await isClockBehind(db, clock.now()))) return [];
  return [
    {
      code: 'clock-behind',
      about: '',
      sentence: {
        vi: 'Đồng hồ máy chủ chậm hơn những gì đã ghi nên không cấp chứng thư nào. Hãy chỉnh lại đồng hồ (NTP).',
        en: 'The clock is behind what was recorded, so no certificate is issued. Set it right (NTP).',
      },
    },
  ];
}

async function listAlarms({ db, clock }: ServiceContext): Promise<Alarm[]> {
  const now = clock.now().getTime();
  // A retired authority's list matters as long as something that it issued is still good.
  const { rows } = await sql<{ id: string; store: string; this_update: Date | null; next_update: Date | null }>`
    SELECT a.id, k.store, l.this_update, l.next_update
    FROM certs.authority AS a JOIN certs.key AS k ON k.id = a.key_id
    LEFT JOIN LATERAL (SELECT this_update, next_update FROM certs.revocation_list WHERE issuer_id = a.id ORDER BY number DESC LIMIT 1) AS l ON true
    WHERE a.retired_at IS NULL OR EXISTS (SELECT FROM certs.certificate AS c WHERE c.issuer_id = a.id AND c.not_after > ${new Date(now).toISOString()})
    ORDER BY a.id`.execute(db);
  return rows.flatMap(({ id, store, this_update, next_update }): Alarm[] => {
    const [from, until] = [this_update?.getTime() ?? 0, next_update?.getTime() ?? 0];
    if (until <= now) {
      return [
        {
          code: 'list-over',
          about: id,
          sentence: {
            vi: `Danh sách thu hồi của “${id}” đã quá hạn: bên ngoài không còn kiểm tra được chứng thư. ${remedy(store).vi}`,
            en: `The revocation list of “${id}” has expired: nobody can check certificates. ${remedy(store).en}`,
          },
        },
      ];
    }
    const isLate =
      store === 'offline' ? until - now < offlineNoticeMs : now - from > (until - from) / 2 + 30 * minuteMs;
    if (!isLate) return [];
    return [
      {
        code: 'list-late',
        about: id,
        sentence: {
          vi: `Danh sách thu hồi của “${id}” sắp quá hạn mà chưa có bản mới. ${remedy(store).vi}`,
          en: `The revocation list of “${id}” is near its end and there is no newer one. ${remedy(store).en}`,
        },
      },
    ];
  });
}

const remedy = (store: string): Text =>
  store === 'offline'
    ? { vi: 'Mở khoá gốc và chạy edutrust certs root-list.', en: 'Open the root key and run edutrust certs root-list.' }
    : { vi: 'Xem nhật ký và kho khoá.', en: 'Look at the log and the key store.' };

async function unlistedAlarms({ db }: ServiceContext): Promise<Alarm[]> {
  const { rows } = await sql<{ issuer_id: string; count: number }>`
    SELECT c.issuer_id, count(*) AS count FROM certs.certificate AS c
    JOIN certs.authority AS a ON a.id = c.issuer_id JOIN certs.key AS k ON k.id = a.key_id
    WHERE c.listed_in IS NULL AND (c.revoked_at IS NOT NULL OR c.released_at IS NOT NULL)
    GROUP BY c.issuer_id ORDER BY c.issuer_id`.execute(db);
  return rows.map(({ issuer_id: id, count }) => ({
    code: 'revocation-unlisted',
    about: id,
    sentence: {
      vi: `${count} lần thu hồi của “${id}” chưa vào danh sách thu hồi (OCSP thì đã biết). Danh sách sẽ có ngay khi khoá ký dùng lại được.`,
      en: `${count} revocations of “${id}” are in no list yet (OCSP knows them). The list follows as soon as the key can sign.`,
    },
  }));
}

async function endingAlarms({ db, clock }: ServiceContext): Promise<Alarm[]> {
  const endsWithin = (der: Buffer, ms: number) => parseCertificate(der).notAfter.getTime() - clock.now().getTime() < ms;
  const authorities = await listAuthorities(db);
  const services = await certsOf(db).selectFrom('certs.responder').selectAll().orderBy('purpose').execute();
  const isRetired = new Set(authorities.filter(({ retiredAt }) => retiredAt).map(({ id }) => id));
  return [
    ...authorities
      .filter(({ id, certificate }) => !isRetired.has(id) && endsWithin(certificate, authorityNoticeMs))
      .map(
        ({ id }): Alarm => ({
          code: 'authority-ending',
          about: id,
          sentence: {
            vi: `Chứng thư của “${id}” còn dưới 400 ngày: hãy làm lễ tạo hệ chứng thực kế tiếp.`,
            en: `The certificate of “${id}” has less than 400 days left: hold the ceremony for the next generation.`,
          },
        }),
      ),
    ...services
      .filter(({ issuer_id, certificate }) => !isRetired.has(issuer_id) && endsWithin(certificate, serviceNoticeMs))
      .map(
        ({ purpose, issuer_id }): Alarm => ({
          code: 'service-ending',
          about: `${purpose}/${issuer_id}`,
          sentence: {
            vi: `Chứng thư của dịch vụ ${purpose.toUpperCase()} của “${issuer_id}” còn dưới 30 ngày mà chưa được thay. Xem nhật ký và kho khoá.`,
            en: `The certificate of the ${purpose.toUpperCase()} of “${issuer_id}” has less than 30 days left and was not replaced. Look at the log and the key store.`,
          },
        }),
      ),
  ];
}

async function keyStoreAlarms(context: ServiceContext): Promise<Alarm[]> {
  try {
    await keyStore(context).health();
    return [];
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    return [{ code: 'key-store', about: '', sentence: error.detail }];
  }
}
