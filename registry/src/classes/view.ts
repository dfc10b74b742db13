import type { Actor } from '@edutrust/platform/actor';
import { type Action, actionsAt } from '../permissions/permissions.ts';
import type { ClassSummary } from './classes.ts';

/** What can be done to a class and to what belongs to it. */
const classActions: readonly Action[] = [
  'people.read',
  'people.write',
  'classes.write',
  'accounts.read',
  'accounts.invite',
  'lessons.run',
  'marks.read',
  'marks.write',
  'signing.request',
  'signing.read',
];

/** A class as the API shows it to the caller: with what they may do to it. */
export function toClassView(actor: Actor) {
  return ({ organisationPath, ...summary }: ClassSummary) => ({
    ...summary,
    may: actionsAt(actor, classActions, { path: organisationPath, classTeacherId: summary.teacher?.id ?? null }),
  });
}
