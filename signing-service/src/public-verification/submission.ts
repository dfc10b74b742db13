import { EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import type { ReceivedFile } from '@edutrust/platform/http';
import type { FastifyRequest } from 'fastify';
import { largestFileBytes } from './limits.ts';
import { tooLarge } from './verify.ts';

/** One byte more than is taken: the form's reader cuts off there, and what is received says that it is too large. */
const formLimits = { files: 6, fields: 10, fieldSize: 200_000, fileSize: largestFileBytes + 1, parts: 12 };
/** Of a PEM file with certificates to trust. */
const largestTrustBytes = 200_000;

/** A file that somebody asks about; on disk until its turn comes, and gone when it is disposed of. */
export interface Submission extends AsyncDisposable {
  /** Reads the file into memory; nothing when none was sent. */
  bytes(): Promise<Buffer>;
  /** What it signs, when the signature is a file of its own. */
  content(): Promise<Buffer | undefined>;
  readonly fileName: string;
  readonly trust: readonly string[];
  readonly at: Date | undefined;
  /** Of an encrypted PDF; kept nowhere. */
  readonly password: string | undefined;
}

/**
 * Reads a multipart form: one `file`, the `content` of a detached signature, any `trust` (PEM, as a file or a field), an `at`, a `password`.
 *
 * @throws InvalidInput `verify/…`, `request/stalled`; TooLarge `verify/too-large`; Unavailable `request/busy`.
 */
export async function readSubmission(request: FastifyRequest): Promise<Submission> {
  if (!request.isMultipart()) {
    throw new InvalidInput('verify/not-a-form', {
      vi: 'Hãy gửi tệp bằng biểu mẫu multipart/form-data, trường «file».',
      en: 'Send the file as multipart/form-data, in the field "file".',
    });
  }
  let file: { received: ReceivedFile; fileName: string } | undefined;
  let content: ReceivedFile | undefined;
  const dispose = async () => {
    await file?.received[Symbol.asyncDispose]();
    await content?.[Symbol.asyncDispose]();
  };
  const { uploads } = request.server;
  const trust: string[] = [];
  let at: Date | undefined;
  let password: string | undefined;
  try {
    for await (const part of request.parts({ limits: formLimits })) {
      if (part.type === 'file') {
        if (part.fieldname === 'trust') {
          await using received = await uploads.receive(part.file, { mostBytes: largestTrustBytes, from: request.ip });
          if (received.size > 0) trust.push((await received.bytes()).toString('latin1')); // an empty input sends an empty part
        } else if (part.fieldname === 'file' && !file) {
          const received = await uploads.receive(part.file, { mostBytes: largestFileBytes, from: request.ip });
          file = { received, fileName: fileNameOf(part.filename) };
        } else if (part.fieldname === 'content' && !content) {
          content = await uploads.receive(part.file, { mostBytes: largestFileBytes, from: request.ip });
        } else throw unknownField(part.fieldname);
      } else if (part.fieldname === 'trust') {
        if (String(part.value).trim() !== '') trust.push(String(part.value));
      } else if (part.fieldname === 'at') {
        if (String(part.value).trim() !== '') at = readTime(String(part.value));
      } else if (part.fieldname === 'password') password = String(part.value);
      else throw unknownField(part.fieldname);
    }
  } catch (error) {
    await dispose();
    if ((error as { code?: string }).code === 'request/too-large') throw tooLarge();
    if (error instanceof EduTrustError) throw error;
    if ((error as { statusCode?: number }).statusCode === 413) throw tooLarge();
    throw new InvalidInput(
      'verify/broken-form',
      { vi: 'Biểu mẫu gửi lên bị thiếu hoặc hỏng.', en: 'The form that was sent is broken or cut short.' },
      { remedy: { vi: 'Gửi lại tệp.', en: 'Send the file again.' }, cause: error },
    );
  }
  return {
    bytes: async () => (await file?.received.bytes()) ?? Buffer.alloc(0),
    // an empty input of a form sends an empty part
    content: async () => (content && content.size > 0 ? content.bytes() : undefined),
    fileName: file?.fileName ?? '',
    trust,
    at,
    password,
    [Symbol.asyncDispose]: dispose,
  };
}

function unknownField(name: string): InvalidInput {
  const shown = name.slice(0, 40);
  return new InvalidInput('verify/unknown-field', {
    vi: `Không có trường «${shown}»; chỉ nhận một file, content, trust, at và password.`,
    en: `There is no field "${shown}"; send one file, content, trust, at and password.`,
  });
}

function readTime(text: string): Date {
  const at = new Date(text.trim());
  if (/^\d{4}-\d\d-\d\d/.test(text.trim()) && !Number.isNaN(at.getTime())) return at;
  throw new InvalidInput('verify/bad-time', {
    vi: 'Không đọc được thời điểm; dùng dạng 2026-11-23T08:00:00Z.',
    en: 'The time cannot be read; use a form such as 2026-11-23T08:00:00Z.',
  });
}

/** The last part of a path, without control characters; shown back, never used as a path. */
function fileNameOf(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = name.normalize('NFC').replaceAll(/[\u0000-\u001f\u007f]/g, '');
  return (clean.split(/[/\\]/).at(-1) ?? '').slice(0, 120);
}
