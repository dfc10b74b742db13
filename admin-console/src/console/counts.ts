import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import type { Me } from './me.ts';
import type { CountName } from './rooms.ts';

export type Counts = Readonly<Partial<Record<CountName, number>>>;

const freshFor = 20_000;

/** What waits in which room; asked again when one goes to another page, at most every twenty seconds. */
export function useCounts(me: Me): Counts {
  const { path } = useLocation();
  const [counts, setCounts] = useState<Counts>({});
  const [askedAt, setAskedAt] = useState(0);
  useEffect(() => {
    if (Date.now() - askedAt < freshFor) return;
    setAskedAt(Date.now());
    ask(me).then(setCounts, () => undefined); // a number beside a name is no reason to disturb anybody
  }, [path]);
  return counts;
}

async function ask({ permissions }: Me): Promise<Counts> {
  const may = (action: string) => permissions.includes(action);
  const [approvals, inbox, held, targets] = await Promise.all([
    must(api.GET('/api/v1/approvals', { params: { query: { which: 'waiting', limit: 50 } } })),
    ['signing.sign', 'signing.seal', 'signing.request'].some(may)
      ? must(api.GET('/api/v1/signing/inbox/count'))
      : undefined,
    may('roster.import') ? must(api.GET('/api/v1/roster/plans', { params: { query: { limit: 20 } } })) : undefined,
    may('sync.read') ? must(api.GET('/api/v1/sync/targets')) : undefined,
  ]);
  const waiting = approvals.items.filter(({ isBarred }) => !isBarred).length;
  const documents = (inbox?.toSign ?? 0) + (inbox?.toSeal ?? 0);
  return {
    approvals: waiting,
    sign: documents,
    import: held?.items.filter(({ status }) => status === 'held').length ?? 0,
    sync: targets?.items.filter(({ failure, heldRunId }) => failure !== null || heldRunId !== null).length ?? 0,
    home: waiting + (documents > 0 ? 1 : 0) + ((inbox?.returned ?? 0) > 0 ? 1 : 0),
  };
}
