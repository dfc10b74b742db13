import type { Database } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Look } from '../formats/format.ts';
import type { StepLook } from '../tables.ts';
import { findPicture, type PictureRow } from './pictures.ts';

/** What documents of one party are seen by, from what each was asked for with: a picture only where there is one now. */
export async function looksOf(
  db: Database,
  documents: readonly { readonly look: StepLook | null; readonly organisationId: string }[],
  party: { readonly kind: 'person' | 'seal' },
  personId: string,
): Promise<(look: StepLook | null) => Look | undefined> {
  const [first] = documents.filter(({ look }) => look?.kind === 'picture');
  const of = party.kind === 'person' ? { personId } : { organisationId: first?.organisationId ?? '' };
  const picture = first && (await findPicture(db, of));
  return (look) => (look?.kind === 'line' ? { line: look.text } : look && picture ? inkLook(picture) : undefined);
}

export const inkLook = ({ width, height, mask, width_mm: widthMm }: PictureRow) => ({
  ink: { width, height, mask },
  ...(widthMm === null ? {} : { widthMm }),
});

/** @throws InvalidInput `signing/no-picture`, naming whose is missing by its pointer */
export function noPicture(pointers: readonly string[]): InvalidInput {
  return new InvalidInput(
    'signing/no-picture',
    {
      vi: 'Chưa đủ ảnh chữ ký của người ký, hoặc hình con dấu đã duyệt.',
      en: 'A signer’s picture, or an approved picture of the seal, is missing.',
    },
    {
      remedy: {
        vi: 'Người ký tải ảnh ở «Ký số» → «Máy này»; văn thư đề nghị hình dấu ở «Máy đóng dấu». Hoặc chọn khung chữ.',
        en: 'Signers send theirs under “Signing”, “This device”; the clerk proposes the seal’s under “Sealing machines”. Or choose blocks of text.',
      },
      fields: pointers.map((pointer) => ({
        pointer,
        detail: { vi: 'Chưa có ảnh.', en: 'There is no picture.' },
      })),
    },
  );
}
