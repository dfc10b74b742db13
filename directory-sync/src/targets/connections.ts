import type { ServiceContext } from '@edutrust/platform/context';
import { Unavailable } from '@edutrust/platform/errors';
import type { Connection } from '../connectors/connector.ts';
import { openTarget, type TargetRow } from './store.ts';

/** Servers close what is silent for longer; a new change opens it again. */
const idleMs = 60_000;

/** Connections that stay open between live changes: to open one costs more than to bring one person. */
export interface Connections extends AsyncDisposable {
  /**
   * Works with the target's connection, alone under its lease. The work may begin twice: one that the target has closed
   * meanwhile is opened anew.
   *
   * @throws Unavailable when the target does not answer.
   */
  use<Result>(target: TargetRow, work: (connection: Connection) => Promise<Result>): Promise<Result>;
}

interface Kept {
  readonly connection: Connection;
  /** What it was opened with; a target that was changed gets another one. */
  readonly openedWith: string;
  readonly closing: NodeJS.Timeout;
}

export function createConnections(context: Pick<ServiceContext, 'db' | 'secrets'>): Connections {
  const kept = new Map<string, Kept>();
  let isClosed = false;

  /** The one that is kept, taken out so that nobody else has it. */
  function take({ id }: TargetRow): Kept | undefined {
    const found = kept.get(id);
    kept.delete(id);
    clearTimeout(found?.closing);
    return found;
  }

  async function keep({ id }: TargetRow, connection: Connection, openedWith: string): Promise<void> {
    if (isClosed) return connection[Symbol.asyncDispose]();
    const closing = setTimeout(() => {
      kept.delete(id);
      void connection[Symbol.asyncDispose]();
    }, idleMs);
    closing.unref();
    kept.set(id, { connection, openedWith, closing });
  }

  async function workWith<Result>(
    target: TargetRow,
    connection: Connection,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    try {
      const result = await work(connection);
      await keep(target, connection, settingsOf(target));
      return result;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  return {
    use: async (target, work) => {
      const found = take(target);
      if (found?.openedWith === settingsOf(target)) {
        try {
          return await workWith(target, found.connection, work);
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error; // else it was closed there, or the target is away: seen below
        }
      } else await found?.connection[Symbol.asyncDispose]();
      return workWith(target, await openTarget(context, target), work);
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      const all = [...kept.values()];
      kept.clear();
      for (const { connection, closing } of all) {
        clearTimeout(closing);
        await connection[Symbol.asyncDispose]();
      }
    },
  };
}

const settingsOf = ({ kind, settings, sealed_secret: secret }: TargetRow) =>
  `${kind} ${JSON.stringify(settings)} ${secret.toString('base64')}`;
