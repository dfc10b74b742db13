import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtScreens, verifierWith } from '@edutrust/admin-console/build';
import { minuteText } from '@edutrust/platform/vietnam-time';
import { browserTrust } from '@edutrust/signing-service/verify';
import { type Program, withContext } from './command.ts';

/** Writes the verifier as one HTML file to keep, with what this installation trusts now (ADR 0198). */
export async function writeVerifier(program: Program, path: string): Promise<void> {
  const output = program.output();
  const { dataDirectory, url } = program.config();
  const folder = await builtScreens(join(dataDirectory, 'screens'));
  const trust = await withContext(program, browserTrust);
  await writeFile(path, await verifierWith(folder, { origin: url.origin, trust }));
  const takenAt = new Date(trust.takenAt);
  output.result(
    { file: path, takenAt: trust.takenAt },
    {
      vi: `Đã ghi ${path}: mở bằng trình duyệt, không cần mạng. Gốc tin cậy và danh sách thu hồi lấy lúc ${minuteText(takenAt)}.`,
      en: `Wrote ${path}: open it in a browser, it needs no network. Roots and revocation lists as of ${minuteText(takenAt)}.`,
    },
  );
}
