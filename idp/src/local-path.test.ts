import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { localPath } from './local-path.ts';

const origin = 'https://id.example.edu.vn';
const evil = 'evil.example';
/** What attackers write to lead a browser elsewhere after a real sign-in. */
const hostile = [
  `//${evil}`,
  `///${evil}`,
  `////${evil}/`,
  `/\\${evil}`,
  `\\/${evil}`,
  `\\\\${evil}`,
  `/.//${evil}`,
  `/./\\${evil}`,
  `/..//${evil}`,
  `/../..//${evil}`,
  `/a/..//${evil}`,
  `/a/b/../..//${evil}`,
  `/%2e//${evil}`,
  `/%2e%2e//${evil}`,
  `/%2E%2E//${evil}`,
  `/.%2e//${evil}`,
  `/a/%2e%2e//${evil}`,
  `/././/${evil}`,
  `/.///${evil}`,
  `/\t/${evil}`,
  `/\n/${evil}`,
  `/\r\n/${evil}`,
  `/\t\\${evil}`,
  `/.\t//${evil}`,
  `/a/..\t//${evil}`,
  `\t//${evil}`,
  ` //${evil}`,
  `https://${evil}`,
  `https:${evil}`,
  `https:/${evil}`,
  `HTTPS://${evil}`,
  `http://id.example.edu.vn/`,
  `//id.example.edu.vn@${evil}`,
  `https://id.example.edu.vn@${evil}/`,
  `https://id.example.edu.vn.${evil}/`,
  `https://id.example.edu.vn:8443/`,
  `javascript:alert(1)`,
  `/\u0000/${evil}`,
  `data:text/html,x`,
  `?next=//${evil}`,
  `#//${evil}`,
  ``,
  `evil`,
  `@${evil}`,
  `/.//user:pass@${evil}`,
  `/.//${evil}:443/%2f..`,
  `/a//..//..//${evil}/..//..//${evil}`,
] as const;

test(`S11: ${hostile.length} ways to lead a browser elsewhere all stay on our origin`, () => {
  for (const text of hostile) {
    const path = localPath(text, origin);
    assert.equal(new URL(path, origin).origin, origin, text);
    assert.equal(new URL(path, `${origin}/signin/done?state=x`).origin, origin, text);
  }
});

test('S11: what is a path stays the path that it is', () => {
  for (const path of ['/', '/account', '/admin/people?q=a%20b', '/a//b', '/verify/ABC?lang=vi', '/a/b/'])
    assert.equal(localPath(path, origin), path);
  assert.equal(localPath('/a/../b#c', origin), '/b');
  assert.equal(localPath(`/${'a'.repeat(3_000)}`, origin), '/');
  assert.equal(localPath(undefined, origin), '/');
});

test('S11: no text at all leads to another origin', () => {
  const part = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    ':',
    '@',
    '?',
    '#',
    '\t',
    '\n',
    ' ',
    evil,
    'a',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const path = localPath(`/${parts.join('')}`, origin);
      assert.equal(new URL(path, origin).origin, origin);
      assert.equal(localPath(path, origin), path, 'the same when asked again');
    }),
    { numRuns: 5_000 },
  );
});
