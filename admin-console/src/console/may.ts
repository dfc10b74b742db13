/**
 * Whether the reader may do an action to this very object: its view says so, decided where the server decides (B10).
 * What is about no object yet, a new one or a room, goes by the roles (`useMay`).
 */
export function mayDo({ may }: { readonly may: readonly string[] }): (action: string) => boolean {
  return (action) => may.includes(action);
}
