import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { type Found, findIn } from './finding.ts';
import type { Me } from './me.ts';

const pause = 150;

/**
 * One box for everything: people, schools, apps, documents and the console's own pages. Ctrl K (⌘K) or «/» goes to it,
 * arrow keys choose, Enter opens (WAI-ARIA: combobox with a list).
 */
export function Find({ me }: { readonly me: Me }) {
  const { route } = useLocation();
  const box = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState('');
  const [found, setFound] = useState<readonly Found[]>([]);
  const [asked, setAsked] = useState<'waits' | 'answered' | 'failed'>('waits');
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      const isAsked = (event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !isTyping);
      if (!isAsked) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => {
    let isCurrent = true;
    setAsked('waits');
    const timer = setTimeout(() => {
      findIn(me, words).then(
        (next) => {
          if (!isCurrent) return;
          setFound(next);
          setAt(0);
          setAsked('answered');
        },
        () => {
          if (!isCurrent) return;
          setFound([]);
          setAsked('failed');
        },
      );
    }, pause);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [words]);
  useEffect(() => document.getElementById(`found-${at}`)?.scrollIntoView({ block: 'nearest' }), [at]);
  const open = (one: Found | undefined) => {
    if (!one) return;
    setOpen(false);
    setWords('');
    box.current?.blur();
    if (/^\/(admin|teach)/.test(one.href)) route(one.href);
    else location.assign(one.href);
  };
  const isListed = isOpen && words.trim() !== '' && (found.length > 0 || asked !== 'waits');
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') open(found[at]);
    else if (event.key === 'Escape') setOpen(false);
    else return;
    event.preventDefault();
  };
  return (
    <search class="find">
      <Icon name="search" />
      <input
        ref={box}
        type="text"
        class="control"
        role="combobox"
        aria-label={t('Tìm người, trường, ứng dụng, tài liệu, trang', 'Find people, schools, apps, documents, pages')}
        aria-expanded={isListed ? 'true' : 'false'}
        aria-controls="found"
        aria-activedescendant={isListed && found[at] ? `found-${at}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        placeholder={t('Tìm người, trường, mã…', 'Find a person, a school, an ID…')}
        value={words}
        onInput={({ currentTarget }) => {
          setWords(currentTarget.value);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 200)} // a press on a row comes first
        onKeyDown={onKeyDown}
      />
      <kbd class="hidden lg:block">Ctrl K</kbd>
      {isListed && (
        <div id="found" role="listbox" class="found" aria-label={t('Tìm thấy', 'Found')}>
          {byKind(found).map(([kind, members]) => (
            // biome-ignore lint/a11y/useSemanticElements: options stand in no fieldset
            <div key={kind} role="group" aria-label={kind}>
              <p class="found-kind" aria-hidden="true">
                {kind}
              </p>
              {members.map(({ one, index }) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the box's
                // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box (aria-activedescendant)
                <div
                  key={one.href}
                  id={`found-${index}`}
                  role="option"
                  aria-selected={index === at ? 'true' : 'false'}
                  onClick={() => open(one)}
                >
                  <Icon name={one.icon} />
                  <span class="min-w-0">
                    <b class="block truncate font-semibold">{one.title}</b>
                    {one.note && <span class="block text-sm text-quiet truncate">{one.note}</span>}
                  </span>
                </div>
              ))}
            </div>
          ))}
          {found.length === 0 && (
            <p class="px-3 py-2 text-quiet">
              {asked === 'failed'
                ? t('Chưa tìm được. Gõ lại sau giây lát.', 'The search did not work. Type again in a moment.')
                : t('Không thấy. Thử ít chữ hơn, hoặc mã.', 'Nothing found. Try fewer words, or an ID.')}
            </p>
          )}
        </div>
      )}
    </search>
  );
}

/** What was found, with its place in the whole list. */
function byKind(found: readonly Found[]) {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  const numbered = found.map((one, index) => ({ one, index }));
  return kinds.map((kind) => [kind, numbered.filter(({ one }) => one.kind === kind)] as const);
}
