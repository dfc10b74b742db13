import { api, must } from '../../design/api.ts';
import { Meter } from '../../design/chart.tsx';
import { formatNumber, t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';
import { useOfList } from '../of-list.ts';

type Coverage =
  paths['/api/v1/accounts/coverage']['post']['responses']['200']['content']['application/json']['items'][number];

/** How many people of each organisation of a list have activated; undefined where the reader may see it of none. */
export function useCoverage(ids: readonly string[]): ReadonlyMap<string, Coverage> | undefined {
  const known = useOfList(
    'coverage',
    'accounts.read',
    ids,
    (organisationIds) => must(api.POST('/api/v1/accounts/coverage', { body: { organisationIds } })),
    ({ organisationId }) => organisationId,
  );
  return known?.size ? known : undefined;
}

/** A bar and its number: where few have activated, somebody is to be asked. */
export function Activated({ of }: { readonly of: Coverage | undefined }) {
  if (!of || of.people === 0) return <span class="text-quiet">–</span>;
  const said = t(
    `${formatNumber(of.active)} trên ${formatNumber(of.people)} người`,
    `${formatNumber(of.active)} of ${formatNumber(of.people)} people`,
  );
  return (
    <span class="inline-flex items-center gap-3" title={said}>
      <Meter part={of.active / of.people} label={said} />
      <span class="number" aria-hidden="true">
        {formatNumber(Math.floor((of.active / of.people) * 100))} %
      </span>
    </span>
  );
}
