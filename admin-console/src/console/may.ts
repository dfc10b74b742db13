import { useMe } from './me.ts';

/**
 * Whether this person may do an action to this very object: the object's view says so. A view that does not say goes
 * by the roles alone.
 */
export function useMayDo(object: object | undefined): (action: string) => boolean {
  const { permissions } = useMe();
  const said = object && 'may' in object ? (object.may as readonly string[]) : permissions;
  return (action) => said.includes(action);
}
