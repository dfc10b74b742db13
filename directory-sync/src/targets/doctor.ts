import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { findTarget, openTarget } from './store.ts';
import { listTargets, type TargetView } from './views.ts';

/** What a look at a target finds; nothing is written there. */
export interface Diagnosis {
  readonly target: TargetView;
  /** Connected, signed in, and read to the end. */
  readonly isReachable: boolean;
  /** How long connecting and signing in took. */
  readonly connectMs: number | null;
  readonly people: number;
  readonly groups: number;
  readonly memberships: number;
  readonly problems: readonly Text[];
}

/** Connects to a target, counts what it holds of ours, and says what is wrong. @throws NotFound */
export async function examineTarget(context: ServiceContext, targetId: string): Promise<Diagnosis> {
  const row = await findTarget(context.db, targetId);
  const target = (await listTargets(context)).find(({ id }) => id === row.id);
  if (!target) throw new TypeError('a target that is found is listed');
  const counts = { people: 0, groups: 0, memberships: 0 };
  const problems: Text[] = [];
  let connectMs: number | null = null;
  let isReachable = false;
  try {
    const started = performance.now();
    await using connection = await openTarget(context, row);
    connectMs = Math.round(performance.now() - started);
    for await (const held of connection.inventory()) {
      if (held.kind === 'person') counts.people += 1;
      else if (held.kind === 'group') counts.groups += 1;
      else counts.memberships += held.people.length;
    }
    isReachable = true;
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    problems.push(error.detail);
  }
  if (target.state === 'new') problems.push({ vi: 'Chưa chạy lần nào.', en: 'It has never run.' });
  if (target.state === 'paused') problems.push({ vi: 'Đang tạm dừng.', en: 'It is paused.' });
  if (target.failure && target.state === 'slow') problems.push(target.failure);
  if (target.heldRunId) {
    problems.push({
      vi: 'Một lượt chạy đang chờ người thứ hai duyệt.',
      en: 'A run waits for a second person.',
    });
  }
  return { target, isReachable, connectMs, ...counts, problems };
}
