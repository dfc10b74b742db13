import { isDeepStrictEqual } from 'node:util';
import type { ServiceContext } from '@edutrust/platform/context';
import { ask } from '@edutrust/platform/public-address';
import { ofDepartment } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import type { App } from '../apps/app.ts';
import { changeApp, registerApp } from '../apps/apps.ts';
import type { Agents } from '../apps/directory.ts';
import { BadDocument, isDocumentId, returnAddressesOf } from './document.ts';

const actor = { kind: 'system', name: 'agents' } as const;
const answerMs = 5_000;
const longestBytes = 5 * 1024; // draft-ietf-oauth-client-id-metadata-document §4: at most 5 kilobytes
/** For so long what was read holds, and what could not be read is not asked for again. */
const freshMs = 10 * 60_000;
const failedMs = 60_000;
/** Documents that are read at a time; who asks beyond that finds no such client. */
const mostAtOnce = 4;
const mostKnown = 1_000;

/** Reads the documents of agents at the origins that the operator names, and keeps each as an app that nobody approved. */
export function createAgents({ config, db, clock, log }: ServiceContext): Agents {
  const read = new Map<string, { readonly until: number; readonly isGood: boolean }>();
  let underWay = 0;

  async function refresh(clientId: string, known: App | undefined): Promise<void> {
    const { status, text } = await ask(clientId, {
      method: 'GET',
      headers: { accept: 'application/json' },
      issuer: config.url,
      timeoutMs: answerMs,
      maxBytes: longestBytes,
    });
    if (status !== 200) throw new BadDocument(`answered ${status}`);
    const redirectUris = returnAddressesOf(text, clientId);
    if (known && isDeepStrictEqual(known.redirectUris, redirectUris)) return;
    await db.transaction().execute(async (transaction) => {
      if (known) return changeApp(transaction, clientId, { redirectUris }, actor);
      // one that somebody ended stays ended; one that another request has just kept is kept
      const { rows } = await sql<{ ended: boolean }>`
        SELECT ended_at IS NOT NULL AS ended FROM idp.app WHERE client_id = ${clientId}`.execute(transaction);
      if (rows[0]?.ended === false) return;
      const { organisationId = '' } = await ofDepartment(transaction)();
      const { host } = new URL(clientId);
      return registerApp(
        transaction,
        {
          clientId,
          name: host, // who it says to be is nobody's word but its own
          purpose: {
            vi: `Trợ lý chạy ở ${host}, ngoài ngành. Chưa ai duyệt; nó chỉ được biết họ tên.`,
            en: `An agent that runs at ${host}, outside the department. Nobody approved it; it is told the name alone.`,
          },
          kind: 'native',
          organisationId,
          redirectUris,
          scopes: ['openid', 'profile'],
          isExternal: true,
          audience: ['teacher', 'staff'],
        },
        actor,
        clock.now(),
      );
    });
  }

  return {
    async isCurrent(clientId, known) {
      if (!isDocumentId(clientId, config.agentOrigins)) return false;
      const now = clock.now().getTime();
      const last = read.get(clientId);
      if (last && last.until > now) return last.isGood;
      if (underWay >= mostAtOnce) return false;
      underWay += 1;
      const isGood = await refresh(clientId, known).then(
        () => true,
        (error: unknown) => {
          log.info({ host: new URL(clientId).host, reason: String((error as Error).message) }, 'no agent');
          return false;
        },
      );
      underWay -= 1;
      if (read.size >= mostKnown) read.clear();
      read.set(clientId, { until: now + (isGood ? freshMs : failedMs), isGood });
      return isGood;
    },
  };
}
