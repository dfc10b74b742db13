import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { before, describe, test } from 'node:test';
import { goodChain, requestOf } from '../../testing/chain.ts';
import { hostile, lineOf } from '../../testing/hostile.ts';
import { longestLine } from './batch.ts';
import { validatePath } from './path.ts';

/** Hostile lines, as far as they are not requests. */
const hostileLines: readonly (readonly [name: string, line: string])[] = [
  ['a line of 8 MiB of brackets', '['.repeat(longestLine)],
  ['a line of 8 MiB of empty objects', `[${'{},'.repeat(longestLine / 3 - 1)}{}]`],
  ['a line of 8 MiB of names', `{${Array.from({ length: 500_000 }, (_, index) => `"${index}":0`).join()}}`],
  ['a line of 8 MiB of one text', JSON.stringify({ id: 'dài', leaf: 'x'.repeat(longestLine - 50), trusted: [] })],
  ['a line of 8 MiB of backslashes', `{"leaf":"${'\\'.repeat(longestLine - 20)}`],
  [
    'a line of 8 MiB of starts of PEM',
    JSON.stringify({ leaf: '-----BEGIN '.repeat(longestLine / 12), trusted: [], at: '2026-01-01' }),
  ],
  [
    'a line of 8 MiB of empty PEM blocks of others',
    JSON.stringify({ leaf: '-----BEGIN A----------END A-----'.repeat(longestLine / 40), trusted: [] }),
  ],
  ['a line of 9 MiB', JSON.stringify({ leaf: 'x'.repeat(9 * 1024 * 1024) })],
];

/** Reads a batch with a heap of 100 MiB; says what CPU time each line took and at its end how much memory they took in all. */
const program = `
  import { createInterface } from 'node:readline';
  import { verifyBatchLine } from '${new URL('./batch.ts', import.meta.url)}';
  for await (const line of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    const answer = JSON.parse(verifyBatchLine(line));
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ ...answer, cpuMs: (user + system) / 1_000 }));
  }
  console.log(process.resourceUsage().maxRSS);
`;

interface Answer {
  readonly id: string;
  readonly verdict: string;
  readonly code?: string;
  readonly reason?: string;
  readonly cpuMs: number;
}

function mustBeSoon(answer: Answer | undefined): void {
  assert.ok(answer && answer.cpuMs < 5_000, `${answer?.cpuMs} ms of CPU`);
}

describe('V2: however hostile, every path is decided within the work budget', () => {
  const requests = hostile.map((one) => ({ ...one, request: one.make() }));
  const answers: Answer[] = [];
  let megabytes = 0;

  before(async () => {
    const child = spawn(process.execPath, ['--max-old-space-size=100', '--input-type=module', '--eval', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stdin.on('error', () => {}); // a child that ended early is told by what it did not answer
    for (const { name, request } of requests) child.stdin.write(`${lineOf(name, request)}\n`);
    for (const [, line] of hostileLines) child.stdin.write(`${line}\n`);
    child.stdin.end();
    const [code] = await once(child, 'close');
    assert.equal(code, 0, 'the child ended well, within its memory');
    const lines = output.trim().split('\n');
    megabytes = Number(lines.pop()) / 1024;
    answers.push(...lines.map((line) => JSON.parse(line)));
  });

  for (const [index, { name, ends, request }] of requests.entries()) {
    test(`V2: ${name}: ${ends}, each time`, () => {
      const verdict = validatePath(request);
      assert.equal(verdict.verdict === 'valid' ? 'valid' : verdict.refused.code, ends);
      const answer = answers[index];
      assert.equal(answer?.id, name);
      assert.equal(answer?.code ?? answer?.verdict, ends);
      mustBeSoon(answer);
      assert.ok((answer?.reason ?? '').length < 1_000, 'the answer does not grow with the input');
    });
  }

  for (const [index, [name]] of hostileLines.entries()) {
    test(`V2: ${name} is refused`, () => {
      const answer = answers[requests.length + index];
      assert.equal(answer?.code, 'bad-request');
      mustBeSoon(answer);
    });
  }

  test('V2: a heap of 100 MiB is enough for all of them, and so are 400 MiB in all', () => {
    assert.equal(answers.length, requests.length + hostileLines.length);
    assert.ok(megabytes < 400, `${megabytes} MiB`);
  });

  test('V2: an ordinary path takes a small part of the budget', () => {
    const many = requestOf(goodChain());
    // As many needless certificates beside the good ones as a careless sender might add.
    const untrusted = [...(many.untrusted ?? []), ...hostile.slice(0, 1).flatMap((one) => one.make().untrusted ?? [])];
    assert.equal(validatePath({ ...many, untrusted }).verdict, 'valid');
  });
});
