import type { Locale, Text } from '../messages/messages.ts';
import { accessExtension } from './openapi.ts';

/** `/api/docs`: the OpenAPI document as a page of our own, for people who connect an app. No script, nothing foreign. */

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly default?: unknown;
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
  readonly [accessExtension]?: string;
}

export interface ApiDocument {
  readonly info: { readonly title: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const words = {
  title: { vi: 'API của EduTrust', en: 'The EduTrust API' },
  intro: {
    vi: 'Mọi địa chỉ ở đây trả lời bằng JSON. Lỗi theo RFC 9457: `detail` nói điều gì sai, `remedy` nói cần làm gì, `code` không đổi để chương trình đọc.',
    en: 'Everything here answers in JSON. Errors follow RFC 9457: `detail` says what is wrong, `remedy` what to do, and `code` is stable for programs.',
  },
  document: { vi: 'Tài liệu OpenAPI 3.1', en: 'The OpenAPI 3.1 document' },
  who: { vi: 'Ai được gọi', en: 'Who may call' },
  anyone: { vi: 'mọi người', en: 'anyone' },
  'signed-in': { vi: 'người đã đăng nhập', en: 'whoever is signed in' },
  action: { vi: 'vai trò có quyền', en: 'roles that may' },
  parameters: { vi: 'Tham số', en: 'Parameters' },
  body: { vi: 'Gửi lên', en: 'Body' },
  answer: { vi: 'Trả về', en: 'Answer' },
  required: { vi: 'bắt buộc', en: 'required' },
  other: { vi: 'English', en: 'Tiếng Việt' },
} satisfies Record<string, Text>;

/** The styles of the page, under an address of their own: the content security policy allows none inline. */
export const apiDocsStyle = `
:root { color-scheme: light dark; font: 16px/1.6 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; padding: 0; list-style: none; }
nav a, summary { display: inline-block; min-height: 1.75rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid GrayText; }
details { border-bottom: 1px solid color-mix(in srgb, GrayText 40%, transparent); }
summary { display: block; padding: .75rem 0; cursor: pointer; overflow-wrap: anywhere; }
code, pre { font: .9em ui-monospace, "Cascadia Mono", Menlo, monospace; }
pre { overflow-x: auto; padding: .75rem 1rem; border-radius: .5rem; background: color-mix(in srgb, GrayText 12%, transparent); }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr); gap: .25rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
@media (width < 40rem) { dl { grid-template-columns: minmax(0, 1fr); } dd { margin-bottom: .5rem; } }
`;

export function renderApiDocs(document: ApiDocument, locale: Locale, origin: string): string {
  const t = (key: keyof typeof words) => escapeHtml(words[key][locale]);
  const groups = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? '';
      groups.set(tag, [...(groups.get(tag) ?? []), renderOperation(method, path, operation, locale, origin)]);
    }
  }
  const tags = [...groups.keys()].sort();
  const other = locale === 'vi' ? 'en' : 'vi';
  return `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${t('title')}</title><link rel="stylesheet" href="/api/docs.css"></head><body>
<header><h1>${t('title')}</h1><p>${t('intro')}</p>
<p><a href="/api/openapi.json">${t('document')}</a> · <a href="?lang=${other}" lang="${other}">${t('other')}</a></p></header>
<nav aria-label="${t('title')}"><ul>${tags.map((tag) => `<li><a href="#${escapeHtml(tag)}">${escapeHtml(tag)}</a></li>`).join('')}</ul></nav>
<main>${tags.map((tag) => `<section id="${escapeHtml(tag)}"><h2>${escapeHtml(tag)}</h2>${groups.get(tag)?.join('') ?? ''}</section>`).join('')}</main>
</body></html>`;
}

function renderOperation(method: string, path: string, operation: Operation, locale: Locale, origin: string): string {
  const t = (key: keyof typeof words) => escapeHtml(words[key][locale]);
  const name = method.toUpperCase();
  const lines: [string, string][] = [[t('who'), describeAccess(operation[accessExtension] ?? 'anyone', locale)]];
  for (const { name: parameter, in: where, required, schema } of operation.parameters ?? []) {
    const about = `${where}, ${describe(schema)}${required ? `, ${words.required[locale]}` : ''}`;
    lines.push([`<code>${escapeHtml(parameter)}</code>`, escapeHtml(about)]);
  }
  const body = Object.entries(operation.requestBody?.content ?? {})[0];
  if (body) lines.push([t('body'), `${escapeHtml(body[0])}<pre>${escapeHtml(describe(body[1].schema))}</pre>`]);
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    if (status === 'default') continue;
    const schema = Object.values(response.content ?? {})[0]?.schema;
    lines.push([`${t('answer')} ${status}`, schema ? `<pre>${escapeHtml(describe(schema))}</pre>` : '']);
  }
  const data = body?.[0] === 'application/json' ? ` -H 'content-type: application/json' -d '{…}'` : '';
  const curl = `curl${name === 'GET' ? '' : ` -X ${name}`}${data} ${origin}${path}`;
  return `<details><summary><code><strong>${name}</strong> ${escapeHtml(path)}</code><br>${escapeHtml(operation.summary ?? '')}</summary>
<dl>${lines.map(([term, text]) => `<dt>${term}</dt><dd>${text}</dd>`).join('')}</dl><pre>${escapeHtml(curl)}</pre></details>`;
}

function describeAccess(access: string, locale: Locale): string {
  if (access === 'anyone' || access === 'signed-in') return escapeHtml(words[access][locale]);
  return access.includes('.')
    ? `${escapeHtml(words.action[locale])} <code>${escapeHtml(access)}</code>`
    : escapeHtml(access);
}

/** A schema as a type that a reader knows from TypeScript; `?` marks what may be missing. */
function describe(schema: Schema | undefined, indent = ''): string {
  if (!schema) return 'unknown';
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map((one) => describe(one, indent)).join(' | ');
  if (schema.type === 'array') return `${describe(schema.items, indent)}[]`;
  if (schema.type === 'object' || schema.properties) {
    const deeper = `${indent}  `;
    const lines = Object.entries(schema.properties ?? {}).map(
      ([name, value]) => `${deeper}${name}${schema.required?.includes(name) ? '' : '?'}: ${describe(value, deeper)}`,
    );
    return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
  }
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? 'unknown');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
