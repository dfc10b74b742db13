import type { Clock } from '@edutrust/platform/clock';
import { type personActor, stepUpNeeded } from '@edutrust/platform/http';
import { type Action, freshWithinSeconds } from '../permissions/roles.ts';

/** As a route of the action would: a recent sign-in (T5). */
export function mustBeFresh(clock: Clock, actor: ReturnType<typeof personActor>, action: Action): void {
  const within = freshWithinSeconds(action);
  if (within !== undefined && (clock.now().getTime() - actor.authenticatedAt.getTime()) / 1000 > within)
    throw stepUpNeeded();
}
