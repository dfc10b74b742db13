import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { type localeOf, personActor } from '@edutrust/platform/http';
import { type Completeness, largestRosterBytes, type RosterFile } from './roster.ts';
import { openUpload } from './uploads/uploads.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The file of a multipart request and the fields that came before it; a field `upload` names one of the caller's own that
 * was sent in pieces, in the place of `file`.
 */
export async function uploadOf(context: ServiceContext, request: Parameters<typeof localeOf>[0]) {
  const fields = new Map<string, string>();
  const text = (name: string): string | undefined => fields.get(name) || undefined;
  for await (const part of request.parts({ limits: { fileSize: largestRosterBytes } })) {
    if (part.type === 'file') {
      const bytes = Number(request.headers['content-length'] ?? 0);
      const file: RosterFile = { name: part.filename, bytes, stream: part.file };
      return { file, text };
    }
    fields.set(part.fieldname, String(part.value));
  }
  const upload = text('upload');
  if (upload === undefined) throw new InvalidInput('roster/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
  if (!uuid.test(upload)) throw badField('upload');
  return { file: await openUpload(context, upload, personActor(request)), text };
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
