import { useState } from 'preact/hooks';
import { useCopy } from '../../design/copy.ts';
import { Choice } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { stacks } from './stacks.ts';
import type { AppView } from './views.ts';

/** What a developer pastes, filled in for this app; only the secret is missing. */
export function Snippets({ app }: { readonly app: AppView }) {
  const [chosen, setChosen] = useState(stacks[0]?.id ?? '');
  const { isCopied, copy, forget } = useCopy();
  const stack = stacks.find(({ id }) => id === chosen);
  const code = stack?.code({
    issuer: location.origin,
    clientId: app.clientId,
    callback: app.redirectUris[0] ?? 'http://localhost:3000/callback',
    scopes: app.scopes,
    hasSecret: app.kind === 'web',
  });
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="snippets">
      <h2 id="snippets">{t('Dán vào dự án', 'Paste into the project')}</h2>
      <div class="flex flex-wrap items-end justify-between gap-3">
        <Choice
          label={t('Phần mềm', 'Software')}
          name="stack"
          value={chosen}
          options={stacks.map(({ id, name }) => ({ value: id, label: name }))}
          onChoose={(next) => {
            setChosen(next);
            forget();
          }}
        />
        <button type="button" class="button button-small" onClick={() => copy(code ?? '')}>
          <Icon name={isCopied ? 'check' : 'copy'} />
          {isCopied ? t('Đã chép', 'Copied') : t('Chép', 'Copy')}
        </button>
      </div>
      {stack?.note && <p class="text-sm text-quiet">{stack.note()}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard */}
      <pre class="listing" tabIndex={0}>
        {code}
      </pre>
    </section>
  );
}
