import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Locale } from '@edutrust/platform/messages';
import type { PersonalPart, PersonalRow } from '@edutrust/platform/personal';
import { copyAsZip } from '@edutrust/platform/personal-copy';
import { findSummary } from '@edutrust/registry/people';
import { record } from '../events.ts';

/** Where the copy of one's own data is, or of a child's. */
export const copyPath = (childId?: string): string =>
  childId === undefined ? '/api/v1/account/data' : `/api/v1/account/children/${childId}/data`;

/** All that is kept about one person as a ZIP; that it was made is an event of the same transaction. */
export async function makeCopy(
  { db, clock, secrets }: Pick<ServiceContext, 'db' | 'clock' | 'secrets'>,
  parts: readonly PersonalPart[],
  personId: string,
  { actor, locale }: { readonly actor: PersonActor; readonly locale: Locale },
): Promise<Buffer> {
  return db.transaction().execute(async (transaction) => {
    const read: { part: PersonalPart; rows: readonly PersonalRow[] }[] = [];
    for (const part of parts) read.push({ part, rows: await part.read({ db: transaction, secrets }, personId) }); // one connection
    await record(transaction, { type: 'personal-data.copied', actor, subject: { kind: 'person', id: personId } });
    const { fullName } = await findSummary(transaction, personId);
    const madeFor = actor.personId === personId ? 'person' : 'guardian';
    return copyAsZip({ madeAt: clock.now(), personId, fullName, madeFor, parts: read }, locale);
  });
}
