import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { migrations } from '../../service.ts';
import { runSource } from '../run.ts';
import { addSource } from '../store.ts';

const actor = { kind: 'system', name: 'test' } as const;
const header = 'Mã trường,Mã lớp,Mã học sinh,Họ và tên,Ngày sinh,Giới tính';

test('a file that is put into the folder with its digest is planned once; without it, or with another one, it is not there yet', async () => {
  await using context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const folder = join(context.config.dataDirectory, 'incoming', 'csdl');
  await mkdir(folder, { recursive: true });
  const put = async (
    name: string,
    text: string,
    digest: string | null = createHash('sha256').update(text).digest('hex'),
  ) => {
    await writeFile(join(folder, name), text);
    if (digest !== null) await writeFile(join(folder, `${name}.sha256`), `${digest}  ${name}\n`);
  };
  const id = await context.db.transaction().execute((tx) =>
    addSource(
      context,
      tx,
      {
        name: 'csdl',
        kind: 'folder',
        settings: { folder: 'csdl' },
        secret: '',
        organisationId: city.schools[0]?.id ?? '',
        rosters: ['learners'],
        isWhole: false,
        applies: true,
        ownerId: city.people.administrator,
        ownerAcr: 'passkey',
      },
      actor,
    ),
  );
  const refused = () => assert.rejects(() => runSource(context, id), { code: 'sync/incomplete-read' });
  await refused();
  const row = (nth: number) => `TH001,5Q,THU${nth},Em Từ Thư Mục ${'abc'[nth]},05/09/2015,Nữ`;
  await put('lop-1.csv', [header, row(0)].join('\n'), null);
  await refused();
  await put('lop-1.csv', [header, row(0)].join('\n'), '0'.repeat(64));
  await refused();
  await put('lop-1.csv', [header, row(0)].join('\n'));
  const first = await runSource(context, id);
  assert.deepEqual([first.state, first.plans[0]?.totals.added], ['applied', 1]);
  assert.equal((await runSource(context, id)).state, 'same');
  await put('lop-2.csv', [header, row(0), row(1)].join('\n'));
  await utimes(join(folder, 'lop-1.csv'), new Date('2020-01-01'), new Date('2020-01-01'));
  assert.equal((await runSource(context, id)).plans[0]?.totals.added, 1, 'the newest counts');
  // A link that leads out of the folder is no file of it.
  await symlink('/etc/passwd', join(folder, 'lop-3.csv'));
  await writeFile(join(folder, 'lop-3.csv.sha256'), '0'.repeat(64));
  assert.equal((await runSource(context, id)).state, 'same');
});

test('a folder’s name leads nowhere else', async () => {
  await using context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  const city = await seedDemo(context);
  for (const folder of ['..', '../x', '/etc', 'a/b', '', 'A'])
    await assert.rejects(
      () =>
        context.db.transaction().execute((tx) =>
          addSource(
            context,
            tx,
            {
              name: 'x',
              kind: 'folder',
              settings: { folder },
              secret: '',
              organisationId: city.departmentId,
              rosters: ['learners'],
              isWhole: false,
              applies: false,
              ownerId: city.people.administrator,
              ownerAcr: 'passkey',
            },
            actor,
          ),
        ),
      { code: 'sync/bad-settings' },
    );
});
