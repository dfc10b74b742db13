import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { listDirectoryPeople } from '@edutrust/registry/people';
import type { LoadFile } from '../connectors/connector.ts';
import { connectorOf } from '../connectors/kinds.ts';
import { withTarget } from '../engine/lock.ts';
import { wantedAt } from '../engine/plan.ts';
import { record } from '../events.ts';
import { recordReleases } from '../releases/releases.ts';
import { openingOf, type TargetRow } from './store.ts';

const pageSize = 2_000;

/**
 * Everything that a target should hold, as a file that its own program loads in one go; parts of it in their order. The
 * target is not asked and nothing is sent: the next run finds there what the file brought, and delivers the rest. What the
 * file says of whom is on record when it was written.
 *
 * @throws InvalidInput `sync/no-load-file` for kinds that load none; Conflict `sync/running`; NotFound
 */
export async function writeLoadFile(
  context: ServiceContext,
  targetId: string,
  actor: Actor,
  write: (part: string) => Promise<void>,
): Promise<{ readonly people: number; readonly groups: number }> {
  return withTarget(context, targetId, async ({ target }) => {
    const file = connectorOf(target.kind).loadFile?.(openingOf(context, target));
    if (!file)
      throw new InvalidInput('sync/no-load-file', {
        vi: 'Loại đích này không nạp được từ tệp; hãy chạy đồng bộ.',
        en: 'This kind of target is not loaded from a file; run it.',
      });
    await write(file.head());
    const groups = new Map<string, string[]>();
    const people = await writePeople(context, target, file, groups, write);
    for (const [name, members] of groups) await write(file.group(name, members));
    await context.db.transaction().execute((transaction) =>
      record(transaction, {
        type: 'sync-target.file-written',
        actor,
        subject: { kind: 'sync-target', id: target.id },
        organisationId: target.organisation_id,
        data: { people, groups: groups.size },
      }),
    );
    return { people, groups: groups.size };
  });
}

/** Page by page; who is in which group is gathered, because a group is one record. */
async function writePeople(
  { db, clock }: ServiceContext,
  target: TargetRow,
  file: LoadFile,
  groups: Map<string, string[]>,
  write: (part: string) => Promise<void>,
): Promise<number> {
  const organisationId = target.organisation_id;
  let count = 0;
  for (let after: string | undefined; ; ) {
    const page = await listDirectoryPeople(db, { organisationId, limit: pageSize, ...(after ? { after } : {}) });
    const people = page.map((person) => wantedAt(file, target, person)).filter(({ isActive }) => isActive);
    for (const person of people)
      for (const group of person.groups) {
        const members = groups.get(group);
        if (members) members.push(person.key);
        else groups.set(group, [person.key]);
      }
    await db.transaction().execute((transaction) =>
      recordReleases(
        transaction,
        { id: `target:${target.id}`, name: target.name },
        people.map(({ personId, fields }) => ({ personId, fields: Object.keys(fields) })),
        clock.now(),
      ),
    );
    await write(await file.people(people));
    count += people.length;
    after = page.at(-1)?.id;
    if (page.length < pageSize) return count;
  }
}
