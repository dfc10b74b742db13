import type { Locale, Text } from '../messages/messages.ts';
import { timeZone } from '../vietnam-time.ts';
import { writeZip } from '../zip/write.ts';
import type { PersonalPart, PersonalRow } from './personal.ts';

/** Raised when a field changes its meaning or goes; a new one raises nothing. */
const version = 1;

export interface PersonalCopy {
  readonly madeAt: Date;
  readonly personId: string;
  readonly fullName: string;
  /** Who asked: the person, or a guardian who decides for them. */
  readonly madeFor: 'person' | 'guardian';
  readonly parts: readonly { readonly part: PersonalPart; readonly rows: readonly PersonalRow[] }[];
}

/** The copy as a ZIP: `du-lieu.json` for programs (docs/personal-data.md), `du-lieu.html` for people. */
export function copyAsZip(copy: PersonalCopy, locale: Locale): Buffer {
  const { madeAt, personId, madeFor, parts } = copy;
  const json = {
    version,
    madeAt: madeAt.toISOString(),
    personId,
    madeFor,
    parts: Object.fromEntries(parts.map(({ part, rows }) => [part.code, rows])),
  };
  const files = new Map([
    ['du-lieu.json', Buffer.from(`${JSON.stringify(json, null, 2)}\n`)],
    ['du-lieu.html', Buffer.from(pageOf(copy, locale))],
  ]);
  return writeZip(files, { isDeflated: true });
}

const nothing: Text = { vi: 'Không có gì.', en: 'Nothing.' };
const madeOn: Text = { vi: 'Bản sao dữ liệu, lập lúc', en: 'Copy of the data, made on' };
const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}' +
  'div{overflow-x:auto}table{border-collapse:collapse}th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top}';

/** One file that needs nothing else: it is read where there is no network. */
function pageOf({ fullName, madeAt, parts }: PersonalCopy, locale: Locale): string {
  const sections = parts.map(({ part, rows }) => {
    const fields = Object.entries(part.fields);
    const head = fields.map(([, label]) => `<th scope="col">${escaped(label[locale])}</th>`).join('');
    const body = rows.map(
      (row) => `<tr>${fields.map(([name]) => `<td>${shown(row[name], locale)}</td>`).join('')}</tr>`,
    );
    const table = `<div><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
    return `<h2>${escaped(part.what[locale])}</h2>\n${rows.length > 0 ? table : `<p>${nothing[locale]}</p>`}`;
  });
  return `<!doctype html>
<html lang="${locale}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(fullName)}</title>
<style>${style}</style>
<h1>${escaped(fullName)}</h1>
<p>${madeOn[locale]} ${shown(madeAt, locale)}</p>
${sections.join('\n')}
</html>
`;
}

const timeFormats = {
  vi: new Intl.DateTimeFormat('vi', { dateStyle: 'short', timeStyle: 'short', timeZone }),
  en: new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone }),
};

function shown(value: unknown, locale: Locale): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((one) => shown(one, locale)).join('<br>');
  if (value instanceof Date) return escaped(timeFormats[locale].format(value));
  if (typeof value === 'object') return escaped(JSON.stringify(value));
  return escaped(String(value));
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
