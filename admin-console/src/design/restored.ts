/**
 * A page that «Back» or a restored tab brings out of the browser's memory may be another person's: it is asked for anew,
 * and shows what the person who is signed in now may see.
 */
export function reloadWhenRestored(): void {
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
