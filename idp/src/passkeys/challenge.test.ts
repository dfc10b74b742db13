import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { migrations } from '../service.ts';
import { type Ceremony, challengeSeconds, newChallenge, takeChallenge } from './challenge.ts';

let context: TestContext;
before(async () => {
  context = await testContext({ migrations: [registryMigrations, migrations] });
});
after(() => context[Symbol.asyncDispose]());

const ceremony: Ceremony = { kind: 'get', boundTo: 'signin:one', personId: 'somebody' };
const answering = (challenge: string, more: object = {}) =>
  Buffer.from(JSON.stringify({ challenge, ...more })).toString('base64url');

test('W2: of fifty answers to one challenge at once one passes, and none afterwards', async () => {
  const challenge = newChallenge(context, ceremony);
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, () => takeChallenge(context, answering(challenge), ceremony)),
  );
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
  await assert.rejects(takeChallenge(context, answering(challenge), ceremony), /used/);
});

test('W2: another spelling of a used challenge is the same challenge', async () => {
  const challenge = newChallenge(context, ceremony);
  await takeChallenge(context, answering(challenge), ceremony);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = Buffer.from(challenge, 'base64url');
  const spellings = [...alphabet]
    .map((last) => challenge.slice(0, -1) + last)
    .filter((text) => Buffer.from(text, 'base64url').equals(bytes));
  assert.equal(spellings.length, 4);
  for (const text of spellings) await assert.rejects(takeChallenge(context, answering(text), ceremony));
});

test('W2: a challenge lives five minutes, for its ceremony, browser and person alone', async () => {
  const at = Date.parse('2026-09-05T07:00:00Z');
  const clock = (seconds: number) => ({ ...context, clock: { now: () => new Date(at + seconds * 1000) } });
  const challenge = newChallenge(clock(0), ceremony);
  await assert.rejects(takeChallenge(clock(challengeSeconds), answering(challenge), ceremony), /expired/);
  const { personId: _nobody, ...open } = ceremony;
  for (const other of [
    { ...ceremony, kind: 'create' as const },
    { ...ceremony, boundTo: 'signin:two' },
    { ...ceremony, personId: 'somebody else' },
    open,
  ])
    await assert.rejects(takeChallenge(clock(1), answering(challenge), other), /another ceremony/);
  await assert.rejects(takeChallenge(clock(1), answering(challenge, { crossOrigin: true }), ceremony));
  await assert.rejects(takeChallenge(clock(1), answering(challenge, { topOrigin: 'https://a.example' }), ceremony));
  assert.equal(await takeChallenge(clock(challengeSeconds - 1), answering(challenge), ceremony), challenge);
});

test('W2: no bit of a challenge can be changed, above all not when it ends', async () => {
  const bytes = Buffer.from(newChallenge(context, ceremony), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await assert.rejects(takeChallenge(context, answering(changed.toString('base64url')), ceremony), /not ours/);
  }
});
