import type { Route } from './http/route.ts';
import type { TaskHandlers } from './jobs/jobs.ts';
import type { RetentionRule } from './retention/retention.ts';

/** A service as the composition root sees it once it is built on its context. */
export interface Service {
  readonly name: string;
  /** The service's endpoints, each with who may call it. */
  routes?(): readonly Route[];
  /** Background tasks by name; run by graphile-worker in the process that serves this service. */
  readonly tasks?: TaskHandlers;
  /**
   * Tasks that wait for other people's servers. They have workers of their own, so that a server that hangs holds up
   * nothing else (O3).
   */
  readonly outsideTasks?: TaskHandlers;
  /** When tasks run by themselves: task → cron pattern (UTC, five fields). */
  readonly schedule?: Readonly<Record<string, string>>;
  /** For how long it keeps what personal data; applied each night. */
  readonly retention?: readonly RetentionRule[];
  /** Starts what runs beside requests (an outbox reader); called once the process listens. */
  start?(): void | Promise<void>;
  /** Finishes what is under way and releases everything; called once at shutdown. */
  close?(): void | Promise<void>;
}
