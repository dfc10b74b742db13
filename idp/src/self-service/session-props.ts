import type { AccountProps } from '../pages.ts';
import type { listSessions } from '../sessions/sessions.ts';

/** A session as the account page shows it. */
export function sessionProps(
  { id, device, signedInAt, lastSeenAt, ...session }: Awaited<ReturnType<typeof listSessions>>[number],
  currentId: string,
  locale: 'vi' | 'en',
): AccountProps['sessions'][number] {
  return {
    ...session,
    id,
    isCurrent: id === currentId,
    device: device === 'unknown' ? (locale === 'vi' ? 'Thiết bị không rõ' : 'Unknown device') : device,
    signedInAt: signedInAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    endAction: `/account/sessions/${id}/end`,
  };
}
