import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { withdrawRequest } from './requests.ts';
import { findRun } from './runs.ts';

/**
 * Takes back what a run has asked for, as far as nobody has signed it; gives how many. Called again it takes back what is
 * left. What somebody signs meanwhile stays.
 *
 * @throws NotFound; Conflict `signing/run-goes-on` while the run still makes documents.
 */
export async function withdrawRun(context: ServiceContext, id: string, actor: PersonActor): Promise<number> {
  const { state } = await findRun(context.db, id);
  if (state === 'running') {
    throw new Conflict('signing/run-goes-on', {
      vi: 'Học bạ còn đang được lập. Chờ xong rồi rút lại.',
      en: 'The transcripts are still being made. Withdraw them when that is done.',
    });
  }
  const { rows } = await sql<{ id: string }>`
    SELECT r.id FROM signing.transcript_run_item AS i JOIN signing.request AS r ON r.id = i.request_id
    WHERE i.run_id = ${id} AND r.state = 'waiting'
      AND NOT EXISTS (SELECT FROM signing.step AS s WHERE s.request_id = r.id AND s.state = 'done')
    ORDER BY r.id`.execute(context.db);
  let withdrawn = 0;
  for (const request of rows) {
    try {
      await withdrawRequest(context, request.id, actor);
      withdrawn += 1;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error; // its signer was quicker
    }
  }
  return withdrawn;
}
