import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { Sha256Hex, strict, Uuid } from '@edutrust/platform/schemas';
import { type ApprovalKind, type ProposedApproval, propose } from '@edutrust/registry/approvals';
import Type from 'typebox';
import { record } from '../events.ts';
import { inkOf } from '../formats/pades/ink.ts';
import { nameOfOrganisation } from '../requests/registry.ts';
import { signingOf } from '../tables.ts';
import { sha256Hex } from './pictures.ts';

/** The picture of a seal, as two people agree to it. */
const SealPictureContent = Type.Object(
  {
    pictureId: Uuid,
    organisationId: Uuid,
    organisationName: Type.String(),
    maskSha256: Sha256Hex,
    width: Type.Integer(),
    height: Type.Integer(),
    widthMm: Type.Number(),
  },
  strict,
);
type SealPicture = Type.Static<typeof SealPictureContent>;

const both = (text: string) => ({ vi: text, en: text });

/** The clerk proposes the picture of the seal that they keep; a security officer compares it with the specimen and approves. */
export const sealPictureKind: ApprovalKind<SealPicture> = {
  kind: 'seal-picture.set',
  content: SealPictureContent,
  approve: 'signing.approve-enrolment',
  describe: ({ organisationName, widthMm, maskSha256 }) => ({
    title: { vi: `Hình con dấu của ${organisationName}`, en: `Picture of the seal of ${organisationName}` },
    facts: [
      { label: { vi: 'Đơn vị', en: 'Organisation' }, value: both(organisationName) },
      { label: { vi: 'Bề ngang thật', en: 'True width' }, value: both(`${widthMm} mm`) },
      { label: { vi: 'SHA-256 của hình', en: 'SHA-256 of the picture' }, value: both(maskSha256) },
    ],
  }),
  concerns: () => undefined,
  page: ({ organisationId }) => `/admin/schools/${organisationId}/seal-picture`,
  apply: async (transaction, content, { context, approver }) => {
    const { pictureId: id, organisationId, maskSha256, widthMm } = content;
    const tables = signingOf(transaction);
    const row = await tables
      .selectFrom('signing.picture')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    const isSame =
      row && sha256Hex(row.mask) === maskSha256 && row.organisation_id === organisationId && row.width_mm === widthMm;
    if (!isSame) throw pictureChanged();
    await tables
      .deleteFrom('signing.picture')
      .where('organisation_id', '=', organisationId)
      .where('approved_at', 'is not', null)
      .execute();
    await tables
      .updateTable('signing.picture')
      .set({ approved_at: context.clock.now() })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'seal-picture.approved',
      actor: approver,
      subject: { kind: 'organisation', id: organisationId },
      organisationId,
      data: { maskSha256 },
    });
    return undefined;
  },
  closed: async (transaction, { pictureId, organisationId, maskSha256 }, _outcome, { actor }) => {
    await signingOf(transaction)
      .deleteFrom('signing.picture')
      .where('id', '=', pictureId)
      .where('approved_at', 'is', null)
      .execute();
    await record(transaction, {
      type: 'seal-picture.refused',
      actor,
      subject: { kind: 'organisation', id: organisationId },
      organisationId,
      data: { maskSha256 },
    });
  },
};

/**
 * Proposes the ink of a PNG as the organisation's seal, as wide as it is on paper.
 *
 * @throws InvalidInput `sign/image`
 */
export async function proposeSealPicture(
  context: ServiceContext,
  { organisationId, png, widthMm }: { readonly organisationId: string; readonly png: Buffer; readonly widthMm: number },
  actor: PersonActor,
): Promise<ProposedApproval> {
  const ink = inkOf(png, 'seal');
  const id = uuidv7();
  const { width, height, mask } = ink;
  return context.db.transaction().execute(async (transaction) => {
    const content = {
      pictureId: id,
      organisationId,
      organisationName: await nameOfOrganisation(transaction, organisationId),
      maskSha256: sha256Hex(mask),
      width,
      height,
      widthMm,
    };
    const proposed = await propose(transaction, context, sealPictureKind, { content, organisationId }, actor);
    await signingOf(transaction)
      .insertInto('signing.picture')
      .values({
        id,
        person_id: null,
        organisation_id: organisationId,
        width,
        height,
        mask,
        width_mm: widthMm,
        approval_id: proposed.approval.id,
        made_by: actor.personId,
        made_at: context.clock.now(),
        approved_at: null,
      })
      .execute();
    await record(transaction, {
      type: 'seal-picture.proposed',
      actor,
      subject: { kind: 'organisation', id: organisationId },
      organisationId,
      data: { maskSha256: content.maskSha256 },
    });
    return proposed;
  });
}

function pictureChanged(): Conflict {
  return new Conflict('signing/picture-changed', {
    vi: 'Hình con dấu đã khác với hình được đề nghị.',
    en: 'The picture of the seal is no longer the one that was proposed.',
  });
}
