import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import * as errors from '@edutrust/platform/errors';

const root = new URL('../..', import.meta.url).pathname;

/** Compares a page with what it is made of; `npm run docs` writes it. */
function mustBe(page: string, text: string): void {
  if (process.env.EDUTRUST_TEST_WRITE_DOCS) writeFileSync(join(root, page), text);
  assert.equal(readFileSync(join(root, page), 'utf8'), text, `run \`npm run docs\` and commit ${page}`);
}

/** The classes of errors with their status, as the code has them. */
const statusOf = new Map(
  Object.entries(errors)
    .filter(([name, Class]) => name !== 'EduTrustError' && typeof Class === 'function')
    .map(([name, Class]) => {
      const Kind = Class as typeof errors.InvalidInput; // every class of the file but the abstract one
      return [name, new Kind('x/y', { vi: '', en: '' }).status] as const;
    }),
);

const string = String.raw`(?:'((?:[^'\\]|\\.)*)'|${'`'}((?:[^${'`'}\\]|\\.)*)${'`'}|"((?:[^"\\]|\\.)*)")`;

/** Errors where they are made: class, code, and the English sentence that follows. */
function errorsInCode() {
  const made = new RegExp(
    String.raw`new (${[...statusOf.keys()].join('|')})\(\s*'([a-z0-9-]+\/[a-z0-9-]+)'(?:[\s\S]{0,400}?\ben:\s*${string})?`,
    'g',
  );
  const found = new Map<string, { status: number; sentence: string; workspace: string }>();
  const files = globSync('{platform,registry,certs,idp,signing-service,directory-sync,edutrust}/src/**/*.ts', {
    cwd: root,
  });
  for (const file of files.filter((name) => !name.endsWith('.test.ts')).sort()) {
    for (const [, name = '', code = '', ...texts] of readFileSync(join(root, file), 'utf8').matchAll(made)) {
      const sentence = (texts.find((text) => text !== undefined) ?? '').replaceAll(/\$\{[^}]*\}/g, '…');
      const workspace = file.split('/')[0] ?? '';
      if (!found.has(code)) found.set(code, { status: statusOf.get(name) ?? 500, sentence, workspace });
    }
  }
  return found;
}

test('docs/errors.md lists every error code with its status and sentence', () => {
  const found = errorsInCode();
  assert.ok(found.size > 150, `found ${found.size} codes`);
  const rows = [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([code, { status, sentence, workspace }]) =>
        `| \`${code}\` | ${status} | ${workspace} | ${sentence.replaceAll('|', '\\|').replaceAll('\\', '')} |`,
    );
  mustBe(
    'docs/errors.md',
    `# Errors · Các lỗi

Every error that leaves a door has a stable code, a sentence in Vietnamese and English and, where something can be done, a
remedy. Over HTTP it is problem details (RFC 9457) with \`code\`; on the command line a line and an exit code (400, 401, 403, 404,
409, 413: 2; 429, 503: 3). \`…\` stands for what differs. Written by \`npm run docs\`.

| code | HTTP | of | says (English) |
| --- | --- | --- | --- |
${rows.join('\n')}
`,
  );
});

test('docs/adr/README.md lists every decision', () => {
  const files = globSync('docs/adr/[0-9]*.md', { cwd: root }).sort();
  const numbers = files.map((file) => file.slice('docs/adr/'.length, 'docs/adr/'.length + 4));
  assert.equal(new Set(numbers).size, numbers.length, 'two decisions have one number');
  const rows = files.map((file) => {
    const name = file.slice('docs/adr/'.length);
    const title = /^# (?:ADR )?(?:\d+[.:]? )?(.+)$/m.exec(readFileSync(join(root, file), 'utf8'))?.[1] ?? '';
    assert.ok(title, `${file} has a title`);
    return `| [${name.slice(0, 4)}](${name}) | ${title.replaceAll('|', '\\|')} |`;
  });
  mustBe(
    'docs/adr/README.md',
    `# Decisions

Ten lines each: context, decision, consequence. The next one takes the next free number; one that no longer holds says which
replaced it. Written by \`npm run docs\`.

| | |
| --- | --- |
${rows.join('\n')}
`,
  );
});
