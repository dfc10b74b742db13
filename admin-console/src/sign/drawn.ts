import { type DrawnSession, documentsOf } from './session.ts';

/** The session that was read just now, on its way from the reader to the confirmation; a reload opens another. */
let last: DrawnSession | undefined;

export function keepDrawn(drawn: DrawnSession): void {
  last = drawn;
}

/** The session that was drawn for exactly these requests, if it is still of use. */
export function takeDrawn(ids: readonly string[]): DrawnSession | undefined {
  const items = documentsOf(last?.session.items ?? [])
    .map(({ requestId }) => requestId)
    .join();
  return items === ids.join() && last && Date.parse(last.session.expiresAt) > Date.now() ? last : undefined;
}
