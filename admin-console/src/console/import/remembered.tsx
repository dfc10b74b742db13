import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatDate, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { rosterKinds } from './kinds.ts';

/** `/admin/import/columns`: what a school remembers of columns, each header row that somebody confirmed. */
export function RememberedColumns() {
  const { roles } = useMe();
  const own = roles[0]?.organisation.id ?? '';
  const isAbove = roles.some(({ organisation }) => organisation.kind === 'department' || organisation.kind === 'ward');
  const [organisationId, setOrganisation] = useState(own);
  return (
    <>
      <Title
        title={t('Cách ghép cột đã nhớ', 'Columns that are remembered')}
        back={{ href: '/admin/import', label: t('Nhập danh sách', 'Import') }}
        note={t(
          'Tệp sau có cùng dòng tiêu đề được ghép như thế này. Bỏ một dòng thì lần sau hệ thống hỏi lại.',
          'A later file with the same header row is matched like this. What is forgotten is asked about again.',
        )}
      />
      {isAbove && (
        <div class="max-w-xl">
          <OrganisationChoice
            label={t('Trường', 'School')}
            name="organisation"
            kind="school"
            value={organisationId === own ? '' : organisationId}
            none={t('Của Sở hoặc phường', 'Of the department or ward')}
            onChoose={(id) => setOrganisation(id || own)}
          />
        </div>
      )}
      {organisationId !== '' && <RememberedOf key={organisationId} organisationId={organisationId} />}
    </>
  );
}

/** What one school, or the department itself, remembers. */
export function RememberedOf({ organisationId }: { readonly organisationId: string }) {
  const [loaded, reload] = useLoad(organisationId, () =>
    must(api.GET('/api/v1/organisations/{id}/roster-columns', { params: { path: { id: organisationId } } })),
  );
  const names = new Map(rosterKinds().map(({ kind, name }) => [kind, name]));
  return (
    <Show loaded={loaded}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon="file-spreadsheet">{t('Chưa nhớ cách ghép nào.', 'Nothing is remembered yet.')}</Empty>
        ) : (
          <Ruled onMargin>
            {items.map(({ kind, header, confirmedAt, columns }) => {
              const left = columns.filter((column) => column === null).length;
              return (
                <Row
                  key={`${kind}${header}`}
                  title={columns.filter((column) => column !== null).join(', ')}
                  note={
                    <span class="text-sm">
                      {names.get(kind)} ·{' '}
                      {t(
                        `${columns.length} cột, ${left} cột không nhập · xác nhận ${formatDate(confirmedAt)}`,
                        `${columns.length} columns, ${left} left out · confirmed ${formatDate(confirmedAt)}`,
                      )}
                    </span>
                  }
                  act={
                    <ActButton
                      small
                      label={t('Bỏ', 'Forget')}
                      question={t('Bỏ cách ghép này?', 'Forget this matching?')}
                      confirm={t('Bỏ', 'Forget it')}
                      onConfirm={async () => {
                        await must(
                          api.DELETE('/api/v1/organisations/{id}/roster-columns/{header}', {
                            params: { path: { id: organisationId, header }, query: { kind } },
                          }),
                        );
                        reload();
                      }}
                    />
                  }
                />
              );
            })}
          </Ruled>
        )
      }
    </Show>
  );
}
