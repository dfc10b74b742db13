import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { paths } from '../generated/api.d.ts';

export type Me = paths['/api/v1/me']['get']['responses']['200']['content']['application/json'];

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('used outside the console');
  return me;
}

export function useMay(permission: string): boolean {
  return useMe().permissions.includes(permission);
}
