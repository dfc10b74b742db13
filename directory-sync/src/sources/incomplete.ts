import { Unavailable } from '@edutrust/platform/errors';

/** A reading that may lack somebody: nothing follows from it. */
export function incomplete(why: string, cause?: unknown): Unavailable {
  return new Unavailable(
    'sync/incomplete-read',
    {
      vi: `Không đọc được trọn vẹn hệ thống nguồn: ${why}`,
      en: `The source could not be read completely: ${why}`,
    },
    cause === undefined ? {} : { cause },
  );
}
