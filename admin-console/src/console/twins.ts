/** What stands in the list more than once: people of one name are told apart by their birth dates. */
export function repeated(names: readonly string[]): ReadonlySet<string> {
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const name of names) (once.has(name) ? twice : once).add(name);
  return twice;
}
