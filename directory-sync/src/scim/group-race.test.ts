import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorld } from '../../testing/scim.ts';
import { urn } from './schemas.ts';

test('twenty changes of one group at once: every member who was added is in it, every one who was taken out is not', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const { body: people } = await ask('GET', '/Users?count=20');
  const ids: string[] = people.Resources.map(({ id }: { id: string }) => id);
  assert.ok(ids.length >= 8, `${ids.length}`);
  const [leaving, coming] = [ids.slice(0, ids.length / 2), ids.slice(ids.length / 2)];
  const { body: group } = await ask('POST', '/Groups', {
    schemas: [urn.group],
    displayName: 'Tổ chạy đua',
    members: leaving.map((value) => ({ value })),
  });
  const patch = (operation: object) => ask('PATCH', `/Groups/${group.id}`, { Operations: [operation] });
  const answers = await Promise.all([
    ...coming.map((value) => patch({ op: 'Add', path: 'members', value: [{ value }] })),
    ...leaving.map((value) => patch({ op: 'Remove', path: 'members', value: [{ value }] })),
  ]);
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
  const { body: after } = await ask('GET', `/Groups/${group.id}`);
  assert.deepEqual(after.members.map(({ value }: { value: string }) => value).sort(), [...coming].sort());
});
