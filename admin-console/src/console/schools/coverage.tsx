import { api, must } from '../../design/api.ts';
import { Meter } from '../../design/chart.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import type { paths } from '../../generated/api.d.ts';
import { useMay } from '../me.ts';

type Coverage =
  paths['/api/v1/accounts/coverage']['post']['responses']['200']['content']['application/json']['items'][number];

/** As many as the server answers for at once. */
const atOnce = 100;

/** How many people of each have activated; undefined for who may read no account, and until it is known. */
export function useCoverage(ids: readonly string[]): ReadonlyMap<string, Coverage> | undefined {
  const mayRead = useMay('accounts.read');
  const [loaded] = useLoad(`coverage ${mayRead} ${ids.join()}`, async () => {
    const parts = Array.from({ length: mayRead ? Math.ceil(ids.length / atOnce) : 0 }, (_, part) =>
      ids.slice(part * atOnce, (part + 1) * atOnce),
    );
    const answers = await Promise.all(
      parts.map((organisationIds) => must(api.POST('/api/v1/accounts/coverage', { body: { organisationIds } }))),
    );
    return new Map(answers.flatMap(({ items }) => items).map((one) => [one.organisationId, one]));
  });
  return loaded.state === 'ready' && loaded.data.size > 0 ? loaded.data : undefined;
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
