import { EduTrustError, Unavailable } from '@edutrust/platform/errors';
import { type Locale, negotiateLocale, type Text } from '@edutrust/platform/messages';

/** What the command says, and how: lines for a person, or one JSON object a line for a machine. */
export interface Output {
  readonly json: boolean;
  readonly locale: Locale;
  /** A line for the person; nothing with `--json`. */
  say(text: Text | string): void;
  /** A result: the object with `--json`, else the line. */
  result(object: object, line: Text | string): void;
}

/** The language of the terminal: English when `LANG` says so, else Vietnamese. */
export function localeOfTerminal(environment: Readonly<Record<string, string | undefined>>): Locale {
  const language = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return language === 'C' || language.startsWith('C.') ? 'vi' : negotiateLocale(language.split('_')[0]);
}

export function createOutput(json: boolean, locale: Locale): Output {
  const line = (text: Text | string) => `${typeof text === 'string' ? text : text[locale]}\n`;
  return {
    json,
    locale,
    say: (text) => {
      if (!json) process.stdout.write(line(text));
    },
    result: (object, text) => {
      process.stdout.write(json ? `${JSON.stringify(object)}\n` : line(text));
    },
  };
}

/** Prints an error for the person (or as JSON) and gives the exit code of its kind. */
export function reportError(given: unknown, { json, locale }: Pick<Output, 'json' | 'locale'>): number {
  const error = fullDisk(given) ?? given;
  if (!(error instanceof EduTrustError)) {
    const cause = error instanceof Error && error.cause instanceof Error ? `\nbecause: ${error.cause.message}` : '';
    const message = `${error instanceof Error ? (error.stack ?? error.message) : String(error)}${cause}`;
    process.stderr.write(
      json ? `${JSON.stringify({ error: { code: 'internal', detail: message } })}\n` : `edutrust: ${message}\n`,
    );
    return 3;
  }
  const { code, detail, remedy, fields } = error;
  if (json) {
    const wrong = fields.map((field) => ({ pointer: field.pointer, detail: field.detail[locale] }));
    process.stderr.write(
      `${JSON.stringify({ error: { code, detail: detail[locale], remedy: remedy?.[locale], fields: wrong } })}\n`,
    );
  } else {
    process.stderr.write(`edutrust: ${detail[locale]}\n`);
    for (const field of fields) process.stderr.write(`  ${field.pointer}: ${field.detail[locale]}\n`);
    if (remedy) process.stderr.write(`  ${remedy[locale]}\n`);
  }
  return error.exitCode;
}

/** No room to write, here or in PostgreSQL (53100), however deep it stands in the causes. */
function fullDisk(error: unknown): Unavailable | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: string };
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') {
      return new Unavailable(
        'disk/full',
        { vi: 'Ổ đĩa đã đầy; chưa có gì được ghi.', en: 'The disk is full; nothing was written.' },
        {
          remedy: { vi: 'Giải phóng dung lượng rồi chạy lại.', en: 'Free some space and run it again.' },
          cause: error,
        },
      );
    }
  }
  return undefined;
}
