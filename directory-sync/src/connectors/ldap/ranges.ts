/** The attributes of an entry, by name as the server writes it. */
export type Attributes = Readonly<Record<string, readonly string[]>>;

/** `member;range=0-1499`, and `member;range=1500-*` for the last of them (MS-ADTS §3.1.1.3.1.3.3). */
const ranged = /^([^;]+);range=(\d+)-(\d+|\*)$/i;

/**
 * Every value of an attribute that the server may give in parts, as Active Directory does beyond 1,500 values; `ask` reads one
 * part by its option. Servers without ranges give the plain attribute.
 *
 * @throws Error when the parts do not follow each other: a part that is lost is no reading.
 */
export async function allValues(
  name: string,
  first: Attributes,
  ask: (attribute: string) => Promise<Attributes>,
): Promise<readonly string[]> {
  const lower = name.toLowerCase();
  const plain = Object.entries(first).find(([key, values]) => key.toLowerCase() === lower && values.length > 0);
  if (plain) return plain[1];
  const all: string[] = [];
  for (let part = first; ; ) {
    const found = Object.entries(part).flatMap(([key, values]) => {
      const [, base = '', from = '', to = ''] = ranged.exec(key) ?? [];
      return base.toLowerCase() === lower ? [{ from: Number(from), to, values }] : [];
    });
    const [range] = found;
    if (!range) {
      if (all.length === 0 && part === first) return [];
      throw new Error(`${name} has no part from ${all.length}`);
    }
    if (range.from !== all.length || range.values.length === 0)
      throw new Error(`${name} goes on at ${range.from} after ${all.length} values`);
    all.push(...range.values);
    if (range.to === '*') return all;
    part = await ask(`${name};range=${all.length}-*`);
  }
}
