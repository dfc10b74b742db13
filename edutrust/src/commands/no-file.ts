import { InvalidInput } from '@edutrust/platform/errors';

/** A file that the person named and that cannot be read. */
export function noFile(path: string, cause?: unknown): InvalidInput {
  return new InvalidInput(
    'command/no-file',
    { vi: `Không đọc được tệp ${path}.`, en: `The file ${path} cannot be read.` },
    { remedy: { vi: 'Kiểm tra lại đường dẫn và quyền đọc.', en: 'Check the path and that you may read it.' }, cause },
  );
}
