import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { builtScreens, verifierWith } from '@edutrust/admin-console/build';
import { signPdf } from '@edutrust/signing-service/pades';
import { createAuthority } from '@edutrust/signing-service/testing/authority';
import { tablePdf } from '@edutrust/signing-service/testing/pdf-files';
import { desk, look, openBrowser, openDevice } from '@edutrust/testing/chromium';

test('V6: the verifier to keep opens from a disk, tells a good file from a changed one, and asks nobody', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-verifier-'));
  const browser = await openBrowser();
  try {
    const authority = createAuthority();
    const now = new Date();
    const signed = await signPdf(
      tablePdf(),
      { signerName: 'Trần Thị Bích Phượng', at: now },
      authority.signerOf(authority.official(), now),
    );
    const base64 = (list: readonly Uint8Array[]) => list.map((der) => Buffer.from(der).toString('base64'));
    const page = await verifierWith(await builtScreens(join(tmpdir(), 'edutrust-screens')), {
      origin: 'https://dinhdanh.example',
      trust: {
        takenAt: now.toISOString(),
        anchors: base64(authority.anchors),
        timeStampAnchors: base64(authority.anchors),
        untrusted: [],
        crls: base64(authority.crls),
        logs: [],
      },
    });
    const path = join(folder, 'kiem-tra.html');
    await writeFile(path, page);
    const { page: screen, context } = await openDevice(browser, { device: desk });
    const asked: string[] = [];
    context.on('request', (request) => asked.push(request.url()));
    await screen.goto(pathToFileURL(path).href);
    await look(screen, 'verifier-desk');
    const judge = async (name: string, buffer: Buffer) => {
      await screen.getByLabel('Tệp cần kiểm tra').setInputFiles({ name, mimeType: 'application/pdf', buffer });
      await screen.locator('.verdict').waitFor();
      return screen.locator('.verdict-word').first().innerText();
    };
    assert.equal(await judge('hoc-ba.pdf', signed), 'Hợp lệ');
    await look(screen, 'verifier-valid-desk');
    await screen.getByRole('link', { name: 'Kiểm tra tệp khác' }).click();
    const changed = Buffer.from(signed);
    changed.write('9', changed.indexOf('8,5'), 'latin1'); // a mark on the page
    assert.equal(await judge('hoc-ba-sua.pdf', changed), 'Không hợp lệ');
    const others = asked.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:'));
    assert.deepEqual(others, [], 'nothing is asked of anybody');
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
});
