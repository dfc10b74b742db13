import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { formatNamed } from '../formats/formats.ts';
import { signingOf } from '../tables.ts';
import type { Artefact } from '../templates/template.ts';

/**
 * The very file that a session signs, with room for the signature: the phone draws it, computes its digest and
 * finds that in the list that the passkey authorises. Only for the signer, in the sign-in that opened the session,
 * or the machine that opened it, while it is open.
 *
 * @throws NotFound `signing/no-prepared-document`
 */
export async function preparedDocument(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  {
    sessionId,
    requestId,
    artefact,
  }: { readonly sessionId: string; readonly requestId: string; readonly artefact: Artefact },
  by: PersonActor | { readonly kind: 'machine'; readonly id: string },
): Promise<{ readonly bytes: Buffer; readonly mediaType: string }> {
  const found = await signingOf(db)
    .selectFrom('signing.session_item as i')
    .innerJoin('signing.session as s', 's.id', 'i.session_id')
    .innerJoin('signing.request as r', 'r.id', 'i.request_id')
    .select(['i.prepared', 'r.format'])
    .where('s.id', '=', sessionId)
    .where('i.request_id', '=', requestId)
    .where('i.artefact', '=', artefact)
    .where((on) =>
      by.kind === 'machine'
        ? on('s.machine_id', '=', by.id)
        : on.and([on('s.person_id', '=', by.personId), on('s.sign_in_session_id', '=', by.sessionId)]),
    )
    .where('s.state', '=', 'open')
    .where('s.expires_at', '>', clock.now())
    .executeTakeFirst();
  const format = artefact === 'data' ? 'XAdES' : found?.format;
  if (found?.prepared && format) return { bytes: found.prepared, mediaType: formatNamed(format).mediaType };
  throw new NotFound(
    'signing/no-prepared-document',
    { vi: 'Phiên ký này không còn mở.', en: 'This signing session is no longer open.' },
    { remedy: { vi: 'Mở lại văn bản rồi ký.', en: 'Open the document again, then sign.' } },
  );
}
