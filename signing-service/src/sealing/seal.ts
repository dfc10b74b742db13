import { findSeal, type Seal } from '@edutrust/certs/seals';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, Forbidden, InvalidInput } from '@edutrust/platform/errors';
import { can } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { noRequest } from '../requests/requests.ts';

/**
 * The seal that this clerk puts on these documents, with its key in the key store.
 *
 * @throws what {@link mustBeSealable} throws; Conflict `signing/no-seal`
 */
export async function sealOfRequests(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  requestIds: readonly string[],
  actor: PersonActor,
): Promise<Seal> {
  const { id } = await mustBeSealable(context, requestIds, actor);
  const seal = await findSeal(context.db, id, context.clock.now());
  if (seal) return seal;
  throw new Conflict(
    'signing/no-seal',
    {
      vi: 'Đơn vị chưa có chứng thư con dấu còn hiệu lực trong kho khoá.',
      en: 'The organisation has no seal certificate in force in the key store.',
    },
    {
      remedy: {
        vi: 'Quản trị trường xin chứng thư con dấu ở mục «Chứng thư», cán bộ an toàn thông tin duyệt.',
        en: 'The school administrator asks for one under "Certificates", and the security officer approves.',
      },
    },
  );
}

/**
 * The one organisation that issues these documents, whose seal this clerk may put on them now. Nothing is sealed before
 * the competent person has signed, nor by one of those who signed it (Decree 30/2020/NĐ-CP, article 32.2).
 *
 * @throws NotFound for a document that the clerk may not seal; Conflict `signing/not-signed-yet`;
 *   Forbidden `signing/own-signature`; InvalidInput `signing/several-seals`.
 */
export async function mustBeSealable(
  { db }: Pick<ServiceContext, 'db'>,
  requestIds: readonly string[],
  actor: PersonActor,
): Promise<{ readonly id: string; readonly name: string }> {
  const { rows } = await sql<{
    id: string;
    organisationId: string;
    organisationName: string;
    state: string;
    signers: string[];
  }>`
    SELECT r.id, r.organisation_id AS "organisationId", o.name AS "organisationName", r.state,
      ARRAY(SELECT s.signer_id FROM signing.step AS s WHERE s.request_id = r.id AND s.state = 'done') AS signers
    FROM signing.request AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
    WHERE r.id = ANY(${[...requestIds]}::uuid[])`.execute(db);
  const organisations = [...new Set(rows.map(({ organisationId }) => organisationId))];
  const decide = can(db);
  for (const organisationId of organisations) {
    if (!(await decide(actor, 'signing.seal', { organisationId }))) throw noRequest(); // none of theirs
  }
  if (rows.length < requestIds.length) throw noRequest();
  const [organisationId = ''] = organisations;
  if (organisations.length > 1) {
    throw new InvalidInput('signing/several-seals', {
      vi: 'Mỗi lần chỉ đóng dấu văn bản của một đơn vị.',
      en: 'One act applies the seal of one organisation.',
    });
  }
  const early = rows.filter(({ state }) => state === 'waiting');
  if (early.length > 0) {
    throw new Conflict(
      'signing/not-signed-yet',
      {
        vi: 'Chưa đủ chữ ký của người có thẩm quyền nên chưa đóng dấu được.',
        en: 'The competent person has not signed yet, so nothing is sealed.',
      },
      {
        remedy: {
          vi: 'Chờ mọi người ký xong.',
          en: 'Wait until everybody has signed.',
        },
        fields: early.map(({ id }) => ({
          pointer: `/requestIds/${requestIds.indexOf(id)}`,
          detail: { vi: 'Còn chờ ký.', en: 'Still waits for a signature.' },
        })),
      },
    );
  }
  if (rows.some(({ signers }) => signers.includes(actor.personId))) {
    throw new Forbidden('signing/own-signature', {
      vi: 'Anh/chị đã ký một trong những văn bản này nên người khác phải đóng dấu.',
      en: 'You signed one of these documents, so somebody else must apply the seal.',
    });
  }
  return { id: organisationId, name: rows[0]?.organisationName ?? '' };
}
