import { Fragment } from 'preact';
import { formatNumber, t } from '../design/language.ts';

/** What this page reads of a JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
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
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
  /** Who may call: `anyone`, `signed-in`, an action such as `people.read`, or a protocol's own credential. */
  readonly 'x-access'?: string;
}

/** The OpenAPI document that the server makes of its routes, as far as this page reads it. */
export interface ApiDocument {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Line {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** `/api/docs`: every route in words, for people who connect an app. It is read without a script. */
export function ApiDocs({ document, origin }: { readonly document: ApiDocument; readonly origin: string }) {
  const groups = new Map<string, Line[]>();
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? '';
      groups.set(tag, [...(groups.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  }
  const sorted = [...groups].sort(([one], [other]) => one.localeCompare(other));
  const count = sorted.reduce((sum, [, lines]) => sum + lines.length, 0);
  return (
    <>
      <div class="grid gap-3 max-w-[70ch]">
        <h1>
          {t(`API của EduTrust: ${formatNumber(count)} lời gọi`, `The EduTrust API: ${formatNumber(count)} calls`)}
        </h1>
        <p>
          {t(
            'Mọi địa chỉ ở đây trả lời bằng JSON. Lỗi theo RFC 9457: «detail» nói điều gì sai, «remedy» nói cần làm gì, «code» không đổi để chương trình đọc.',
            'Everything here answers in JSON. Errors follow RFC 9457: “detail” says what is wrong, “remedy” what to do, and “code” is stable for programs.',
          )}
        </p>
        <p>
          <a href="/api/openapi.json">{t('Tài liệu OpenAPI 3.1', 'The OpenAPI 3.1 document')}</a>
        </p>
      </div>
      <nav aria-label={t('Nhóm lời gọi', 'Groups of calls')} class="flex flex-wrap gap-2">
        {sorted.map(([tag, lines]) => (
          <a key={tag} class="chip" href={`#${tag}`}>
            {tag} <b class="number">{lines.length}</b>
          </a>
        ))}
      </nav>
      {sorted.map(([tag, lines]) => (
        <section key={tag} id={tag} class="grid gap-2 scroll-mt-4" aria-labelledby={`group-${tag}`}>
          <h2 id={`group-${tag}`}>{tag}</h2>
          <ul class="border-t border-line">
            {lines.map((line) => (
              <li key={`${line.method}${line.path}`} class="border-b border-line">
                <Call {...line} origin={origin} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Call({ method, path, operation, origin }: Line & { readonly origin: string }) {
  const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const answers = Object.entries(operation.responses ?? {}).filter(([status]) => status !== 'default');
  const data = type === 'application/json' ? " -H 'content-type: application/json' -d '{…}'" : '';
  return (
    <details>
      <summary>
        <span class="api-line">
          <b class="code">{method}</b>
          <span class="code api-path">
            {path.split(/(?<=\/)/).map((part, index) => (
              // parts of a path have no identity but their place
              <Fragment key={index}>
                <wbr />
                {part}
              </Fragment>
            ))}
          </span>
          <span class="text-quiet">{operation.summary}</span>
        </span>
      </summary>
      <div class="grid gap-3 pb-5">
        <dl class="facts text-sm">
          <dt>{t('Ai được gọi', 'Who may call')}</dt>
          <dd>
            <Access access={operation['x-access'] ?? 'anyone'} />
          </dd>
          {(operation.parameters ?? []).map(({ name, in: where, required, schema }) => (
            <Parameter key={`${where}${name}`} name={name} about={about(where, schema, required === true)} />
          ))}
        </dl>
        {body && <Shape title={`${t('Gửi lên', 'Body')} · ${type}`} schema={body.schema} />}
        {answers.map(([status, { content }]) => (
          <Shape
            key={status}
            title={`${t('Trả về', 'Answer')} ${status}`}
            schema={Object.values(content ?? {})[0]?.schema}
          />
        ))}
        <pre class="listing">{`curl${method === 'GET' ? '' : ` -X ${method}`}${data} ${origin}${path}`}</pre>
      </div>
    </details>
  );
}

function Parameter({ name, about: text }: { readonly name: string; readonly about: string }) {
  return (
    <>
      <dt class="code">{name}</dt>
      <dd>{text}</dd>
    </>
  );
}

const about = (where: string, schema: Schema | undefined, isRequired: boolean) =>
  [where, describe(schema), isRequired && t('bắt buộc', 'required')].filter(Boolean).join(', ');

function Shape({ title, schema }: { readonly title: string; readonly schema: Schema | undefined }) {
  return (
    <div class="grid gap-1">
      <p class="text-sm text-quiet">{title}</p>
      {schema && <pre class="listing">{describe(schema)}</pre>}
    </div>
  );
}

function Access({ access }: { readonly access: string }) {
  if (access === 'anyone') return <>{t('mọi người', 'anyone')}</>;
  if (access === 'signed-in') return <>{t('người đã đăng nhập', 'anyone who is signed in')}</>;
  if (!access.includes('.')) return <>{access}</>;
  return (
    <>
      {t('vai trò có quyền', 'roles with')} <code class="code">{access}</code>
    </>
  );
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
