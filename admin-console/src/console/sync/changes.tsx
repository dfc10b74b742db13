import { api, must } from '../../design/api.ts';
import { Diff } from '../../design/diff.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { fieldName } from '../../design/released.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { RunView } from './words.ts';

type Change = RunView['changes'][number];

/** The rows of a run, cell by cell: before struck out, after marked. At most the first 200. */
export function Changes({ runId, only }: { readonly runId: string; readonly only?: (change: Change) => boolean }) {
  const [loaded] = useLoad(`run ${runId}`, () =>
    must(api.GET('/api/v1/sync/runs/{id}', { params: { path: { id: runId } } })),
  );
  return (
    <Show loaded={loaded}>
      {({ changes }) => {
        const shown = only ? changes.filter(only) : changes;
        if (shown.length === 0) return null;
        return (
          <details>
            <summary>
              {shown.length >= 200
                ? t('Xem 200 dòng đầu', 'See the first 200 rows')
                : t(`Xem ${shown.length} dòng`, `See ${shown.length} rows`)}
            </summary>
            <Table
              label={t('Từng dòng', 'Row by row')}
              density="dense"
              heads={[t('Việc', 'What'), t('Mục', 'Entry'), t('Trước → sau', 'Before → after')]}
            >
              {shown.map((change) => (
                <ChangeRow key={`${change.kind} ${change.key} ${change.action}`} change={change} />
              ))}
            </Table>
          </details>
        );
      }}
    </Show>
  );
}

function ChangeRow({ change }: { readonly change: Change }) {
  const words = {
    add: ['good', t('Thêm', 'Add')],
    change: ['now', t('Sửa', 'Change')],
    disable: ['warn', t('Vô hiệu', 'Disable')],
    remove: ['warn', t('Bớt', 'Remove')],
  } as const;
  const kinds = { person: t('người', 'person'), group: t('nhóm', 'group'), membership: t('trong nhóm', 'membership') };
  const [state, word] = words[change.action];
  const fields = [...new Set([...Object.keys(change.before), ...Object.keys(change.after)])];
  return (
    <tr>
      <td>
        <State state={state}>{word}</State> <span class="text-sm text-quiet">{kinds[change.kind]}</span>
      </td>
      <td class="break-words">{change.key}</td>
      <td>
        {change.error && <p class="text-bad font-semibold">{change.error}</p>}
        {fields.map((field) => (
          <span key={field} class="block">
            <span class="text-quiet">{fieldName(field)}</span>{' '}
            <Diff before={change.before[field]?.join(', ') ?? null} after={change.after[field]?.join(', ') ?? null} />
          </span>
        ))}
      </td>
    </tr>
  );
}
