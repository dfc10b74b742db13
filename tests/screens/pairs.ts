import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Screen } from './ways.ts';

const views = ['390', '390-dark', '1440', '1440-dark'] as const;

/** `index.html` in the folder: of each screen and view the picture of every checkout beside the others, ours last. */
export async function writePairs(folder: string, screens: readonly Screen[]): Promise<void> {
  const checkouts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort((one, other) => Number(one === 'now') - Number(other === 'now') || one.localeCompare(other));
  const kept = new Map(checkouts.map((name) => [name, new Set(readdirSync(join(folder, name)))]));
  const picture = (checkout: string, file: string) =>
    kept.get(checkout)?.has(file)
      ? `<figure><figcaption>${checkout}</figcaption><a href="${encodeURI(`${checkout}/${file}`)}"><img loading="lazy" alt="" src="${encodeURI(`${checkout}/${file}`)}"></a></figure>`
      : `<figure><figcaption>${checkout}</figcaption><p>was not there</p></figure>`;
  /** A city that has nothing is put beside no other. */
  const of = (name: string) => checkouts.filter((checkout) => (checkout === 'empty') === name.startsWith('empty '));
  const sections = screens.map(({ name, who }) =>
    [
      `<section><h2>${name} <small>${who}</small></h2>`,
      ...views.map(
        (view) =>
          `<div class="v${view}">${of(name)
            .map((checkout) => picture(checkout, `${name}-${view}.png`))
            .join('')}</div>`,
      ),
      '</section>',
    ].join('\n'),
  );
  await writeFile(join(folder, 'index.html'), `${head}\n${sections.join('\n')}\n`);
}

const head = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Screens side by side</title>
<style>
body { margin: 2rem; font: 16px/1.5 system-ui; background: #f3f2ef; color: #16202e }
section { border-top: 2px solid #d98a9b; padding: 1rem 0 }
div { display: inline-flex; gap: 1rem; margin: 0 2rem 1.5rem 0; align-items: start }
figure { margin: 0 } figcaption, small { color: #5b6675; font-weight: 400 }
img, p { width: 24rem; max-height: 60rem; object-fit: cover; object-position: top; border: 1px solid #c9d2de }
p { margin: 0; padding: 4rem 0; text-align: center }
.v390 img, .v390-dark img, .v390 p, .v390-dark p { width: 14rem }
</style>`;
