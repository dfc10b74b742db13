import { InvalidInput } from '@edutrust/platform/errors';
import type { localeOf } from '@edutrust/platform/http';
import { type Completeness, largestRosterBytes } from './roster.ts';

/** The file of a multipart request, and the fields that came before it. */
export async function uploadOf(request: Parameters<typeof localeOf>[0]) {
  const upload = await request.file({ limits: { fileSize: largestRosterBytes } });
  if (!upload) throw new InvalidInput('roster/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
  const text = (name: string): string | undefined => {
    const field = upload.fields[name];
    const value = field && !Array.isArray(field) && field.type === 'field' ? String(field.value) : '';
    return value === '' ? undefined : value;
  };
  const bytes = Number(request.headers['content-length'] ?? 0);
  return { file: { name: upload.filename, bytes, stream: upload.file }, text };
}

export function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}

function badField(name: string): InvalidInput {
  return new InvalidInput('roster/bad-field', {
    vi: `Trường «${name}» của biểu mẫu không đúng.`,
    en: `The form's field "${name}" is not right.`,
  });
}

export function completenessOf(text: string | undefined): Completeness {
  if (text === undefined || text === 'partial') return 'partial';
  if (text === 'classes' || text === 'schools') return text;
  throw badField('completeness');
}

export function headerRowOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/.test(text)) throw badField('headerRow');
  return Number(text);
}

export function columnsOf(text: string | undefined): (string | null)[] | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badField('columns');
  }
  const isColumns = (one: unknown): one is (string | null)[] =>
    Array.isArray(one) && one.every((field) => field === null || typeof field === 'string');
  if (!isColumns(value)) throw badField('columns');
  return value;
}
