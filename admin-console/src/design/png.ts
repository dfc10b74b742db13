import { t } from './language.ts';

/** As many bytes as the server takes of a picture. */
const mostBytes = 2_000_000;
/** Dots of the longer side: a signature across half a page, printed at 300 dots an inch. */
const longestSide = 1_000;

/**
 * The picture as a PNG that the server takes. One that is such a PNG already stays as it is; a photo of a phone (JPEG, WebP,
 * and whatever else this browser reads) is drawn anew, upright and no larger than needed.
 *
 * @throws Error with a sentence for the person, of a file that is no picture
 */
export async function pngOf(file: File): Promise<File> {
  if (file.type === 'image/png' && file.size <= mostBytes) return file;
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error(
      t(
        'Không đọc được ảnh này. Chụp lại, hoặc chọn một ảnh khác.',
        'This picture cannot be read. Take or choose another.',
      ),
    );
  });
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement('canvas'), {
    width: Math.round(picture.width * scale),
    height: Math.round(picture.height * scale),
  });
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  return new File(blob ? [blob] : [], 'picture.png', { type: 'image/png' });
}
