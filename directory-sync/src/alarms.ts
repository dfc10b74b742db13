import type { Alarm } from '@edutrust/platform/alarms';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { promisedSeconds } from './targets/lag.ts';
import { readWebhooks } from './webhooks/webhooks.ts';

const behindMinutes = promisedSeconds / 60;

/** Targets that are behind, sources that could not be read, runs that wait for a second person, webhooks that nothing reaches any longer. */
export async function findAlarms(context: Pick<ServiceContext, 'db' | 'clock'>): Promise<Alarm[]> {
  return [...(await ofTargets(context)), ...(await ofSources(context)), ...(await ofWebhooks(context))];
}

/** The last reading of each source: one that failed, and one that waits for a second person. */
async function ofSources({ db }: Pick<ServiceContext, 'db'>): Promise<Alarm[]> {
  const { rows } = await sql<{ name: string; state: string; detail: { vi: string; en: string } | null }>`
    SELECT DISTINCT ON (s.id) s.name, r.state, r.failure_detail AS detail FROM sync.source AS s JOIN sync.source_run AS r ON r.source_id = s.id
    WHERE s.state = 'on' AND r.state <> 'running' ORDER BY s.id, r.id DESC`.execute(db);
  return rows
    .filter(({ state }) => state === 'failed')
    .map(({ name, detail }) => ({
      code: 'source-failed',
      about: name,
      isWarning: true,
      sentence: {
        vi: `Nguồn danh sách «${name}» chưa đọc được, nên chưa có gì thay đổi. ${detail?.vi ?? ''}`.trim(),
        en: `The roster source "${name}" could not be read, so nothing has changed. ${detail?.en ?? ''}`.trim(),
      },
    }));
}

async function ofWebhooks({ db }: Pick<ServiceContext, 'db'>): Promise<Alarm[]> {
  const disabled = await readWebhooks(db, sql`w.state = 'disabled'`);
  return disabled.map(({ client_name, url }) => ({
    code: 'webhook-disabled',
    about: client_name,
    isWarning: true,
    sentence: {
      vi: `«${client_name}» không còn nhận tin: ${new URL(url).host} lỗi nhiều ngày hoặc đã bỏ. Xem ở Đồng bộ → Webhook.`,
      en: `"${client_name}" no longer receives events: ${new URL(url).host} failed for days or is gone. See Directory sync → Webhooks.`,
    },
  }));
}

async function ofTargets({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<Alarm[]> {
  const before = new Date(clock.now().getTime() - behindMinutes * 60_000);
  const { rows } = await sql<{
    name: string;
    isBehind: boolean;
    held: number | null;
    failure: { vi: string; en: string } | null;
  }>`
    SELECT t.name, t.state <> 'paused' AND (
        (t.needs_full_run AND coalesce((SELECT max(finished_at) FROM sync.run AS g
          WHERE g.target_id = t.id AND g.mode = 'apply' AND g.state IN ('done', 'held')), t.created_at) < ${before})
        OR EXISTS (SELECT FROM sync.pending AS p WHERE p.target_id = t.id AND p.added_at < ${before})) AS "isBehind",
      (SELECT (h.totals ->> 'disabled')::int FROM sync.run AS h WHERE h.target_id = t.id AND h.state = 'held') AS held,
      (SELECT failure_detail FROM sync.run AS r WHERE r.target_id = t.id AND r.mode = 'apply' ORDER BY r.id DESC LIMIT 1) AS failure
    FROM sync.target AS t ORDER BY t.name`.execute(db);
  return rows.flatMap(({ name, isBehind, held, failure }): Alarm[] => [
    ...(isBehind
      ? [
          {
            code: 'target-behind',
            about: name,
            sentence: {
              vi: `Đích đồng bộ «${name}» đang chậm hơn ${behindMinutes} phút. ${failure?.vi ?? 'Xem các lượt chạy trong bảng điều khiển.'}`,
              en: `The sync target "${name}" is more than ${behindMinutes} minutes behind. ${failure?.en ?? 'Look at its runs in the console.'}`,
            },
          },
        ]
      : []),
    ...(held
      ? [
          {
            code: 'sync-held',
            about: name,
            isWarning: true as const,
            sentence: {
              vi: `Ở «${name}» có ${held} người chờ người thứ hai duyệt mới bị vô hiệu hoá.`,
              en: `At "${name}" the disabling of ${held} people waits for a second person.`,
            },
          },
        ]
      : []),
  ]);
}
