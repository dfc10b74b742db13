import { dateInVietnam } from '@edutrust/platform/calendar';
import { findingsBetween, listLooks } from '@edutrust/registry/accesses';
import { personClaims } from '@edutrust/registry/people';
import { listSharing } from '../consent/sharing.ts';
import { releasedData } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';
import type { LooksProps } from './props.ts';

export type Who = LooksProps['shown'];
type Item = LooksProps['days'][number]['items'][number];
type Dated = Item & { readonly at: string };

/** Entries on one page. */
const pageSize = 100;

/**
 * One list of all that somebody got to know of a person: who looked, which apps were let in, what systems were sent. By
 * day, the newest first; the same reader doing the same on one day is one line.
 */
export async function viewLooks(
  { context: { db, clock }, apps, releasedOf }: Pick<IdpTools, 'context' | 'apps' | 'releasedOf'>,
  personId: string,
  { who, before, locale }: { readonly who: Who; readonly before: string | undefined; readonly locale: 'vi' | 'en' },
): Promise<Pick<LooksProps, 'days' | 'findings' | 'checkedAt'> & { readonly older: string | undefined }> {
  const looks = await listLooks(db, personId, { limit: pageSize, before });
  const last = looks.length === pageSize ? looks.at(-1) : undefined;
  // What apps and systems got stands between the entries of its time; a page goes from its last entry to the page before.
  const from = last?.at ?? new Date(0);
  const until = before ? (looks[0]?.at ?? from) : new Date(clock.now().getTime() + 1);
  const isHere = ({ at }: Dated) => at >= from.toISOString() && at < until.toISOString();
  const items: Dated[] = [
    ...(who === 'all' || who === 'people'
      ? looks.map(
          ({ at, who: reader, what, isAltered }): Dated => ({
            kind: 'people',
            at: at.toISOString(),
            who: reader[locale],
            what: what[locale],
            times: 1,
            isAltered,
          }),
        )
      : []),
    ...(who === 'all' || who === 'apps' ? (await appsOf({ db, apps }, personId, locale)).filter(isHere) : []),
    ...(who === 'all' || who === 'systems'
      ? (await releasedOf(personId))
          .map(
            ({ recipient, fields, lastAt, times }): Dated => ({
              kind: 'systems',
              at: lastAt.toISOString(),
              who: recipient,
              what: null,
              fields: [...fields],
              times,
              isAltered: false,
            }),
          )
          .filter(isHere)
      : []),
  ];
  const { findings, checkedAt } = await findingsBetween(db, from, until);
  return {
    days: byDay(items.sort((one, other) => (one.at < other.at ? 1 : -1))),
    findings: findings.map(({ at, problem }) => ({ at: at.toISOString(), problem })),
    checkedAt: checkedAt?.toISOString() ?? null,
    older: last?.id,
  };
}

async function appsOf(
  { db, apps }: { readonly db: IdpTools['context']['db']; readonly apps: IdpTools['apps'] },
  personId: string,
  locale: 'vi' | 'en',
): Promise<Dated[]> {
  const [claims, sharing] = await Promise.all([personClaims(db, personId), listSharing(db, apps, personId)]);
  return sharing.map(({ app, since, scopes, isConsent }) => ({
    kind: 'apps',
    at: since.toISOString(),
    who: app.name,
    what: isConsent
      ? { vi: 'được biết, vì đã đồng ý', en: 'was told, by agreement' }[locale]
      : { vi: 'được biết, trường đã duyệt', en: 'was told, approved by the school' }[locale],
    fields: releasedData(claims, scopes, locale).map(({ label }) => label),
    times: 1,
    isAltered: false,
  }));
}

function byDay(items: readonly Dated[]): LooksProps['days'] {
  const days = new Map<string, Map<string, Dated>>();
  for (const item of items) {
    const day = dateInVietnam(new Date(item.at));
    const lines = days.get(day) ?? new Map<string, Dated>();
    const key = JSON.stringify([item.kind, item.who, item.what, item.isAltered, item.fields]);
    const known = lines.get(key);
    lines.set(key, known ? { ...known, times: known.times + item.times } : item);
    days.set(day, lines);
  }
  return [...days].map(([day, lines]) => ({ day, items: [...lines.values()] }));
}
