import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { syncRetention } from '@edutrust/directory-sync/service';
import { idpRetention } from '@edutrust/idp/service';
import { registryRetention } from '@edutrust/registry/service';

test('N5: the table of how long data is kept is what the program applies', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const rules = [...registryRetention, ...idpRetention, ...syncRetention];
  assert.ok(rules.length >= 4);
  for (const { code, what, keepMonths, source } of rules)
    assert.ok(text.includes(`| \`${code}\` | ${what.en} | ${keepMonths} | ${source} |`), code);
  assert.equal(text.match(/^\| `\w+` \| .+ \| \d+ \| .+ \|$/gm)?.length, rules.length, 'and nothing else');
});
