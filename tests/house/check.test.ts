import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** What `npm run check` does beside the build; a run has built the screens by now. */
for (const script of ['types', 'lint', 'unused']) {
  test(`npm run ${script} finds nothing`, () => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  });
}
