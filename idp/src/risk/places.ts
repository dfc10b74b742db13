import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { canonicalAddress } from '@edutrust/platform/http';
import Type from 'typebox';
import { Value } from 'typebox/value';

/** Networks of one place, or of one carrier, as the operator writes them in the file of `EDUTRUST_NETWORK_PLACES`. */
const Place = Type.Object(
  {
    /** As people read it: «Hà Nội», «Viettel di động». */
    name: Type.String({ minLength: 1, maxLength: 100 }),
    /** CIDR notation. */
    ranges: Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+/\\d{1,3}$' }), { minItems: 1 }),
    /** Degrees; absent for a network that is in no one place, as a mobile carrier's. */
    at: Type.Optional(
      Type.Tuple([Type.Number({ minimum: -90, maximum: 90 }), Type.Number({ minimum: -180, maximum: 180 })]),
    ),
  },
  { additionalProperties: false },
);
type Place = Type.Static<typeof Place>;

/** What is known of networks without asking anybody outside. */
export interface Places {
  /** Whether the table says of anything where it is: without it no journey is too fast. */
  readonly haveDistances: boolean;
  /** The network of an address: a row of the table, else its /24, of IPv6 its /48; null for an address that is hidden. */
  networkOf(address: string | undefined): { readonly network: string; readonly place: string | null } | null;
  /** Kilometres between two places by name; undefined while either is in no one place. */
  kilometres(from: string, to: string): number | undefined;
}

/** @throws InvalidInput `config/bad-network-places` when the file is none of such a list */
export function createPlaces({ config }: Pick<ServiceContext, 'config'>): Places {
  const all = config.networkPlacesFile === undefined ? [] : readPlaces(config.networkPlacesFile);
  const listed = all.map((place) => ({ place, list: blockListOf(place.ranges, config.networkPlacesFile ?? '') }));
  const at = new Map(all.flatMap(({ name, at: where }) => (where ? [[name, where] as const] : [])));
  return {
    haveDistances: at.size > 1,
    networkOf: (address) => {
      const canonical = address === undefined ? '' : address.replace(/^::ffff:(?=\d+\.)/i, '').split('%')[0];
      const family = isIP(canonical ?? '');
      if (!canonical || family === 0) return null;
      const row = listed.find(({ list }) => list.check(canonical, family === 4 ? 'ipv4' : 'ipv6'));
      if (row) return { network: `place ${row.place.name}`, place: row.place.name };
      const parts = family === 4 ? canonical.split('.') : canonicalAddress(canonical).split(':');
      return { network: parts.slice(0, 3).join(family === 4 ? '.' : ':'), place: null };
    },
    kilometres: (from, to) => {
      const [one, other] = [at.get(from), at.get(to)];
      return one && other ? distance(one, other) : undefined;
    },
  };
}

/** Of a great circle, by the haversine formula. */
function distance([latitude, longitude]: readonly number[], [latitude2, longitude2]: readonly number[]): number {
  const radians = (degrees = 0) => (degrees * Math.PI) / 180;
  const [φ1, φ2] = [radians(latitude), radians(latitude2)];
  const half = (angle: number) => Math.sin(angle / 2) ** 2;
  const a = half(φ2 - φ1) + Math.cos(φ1) * Math.cos(φ2) * half(radians(longitude2) - radians(longitude));
  return 2 * 6371 * Math.asin(Math.sqrt(a));
}

function blockListOf(ranges: readonly string[], path: string): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    try {
      list.addSubnet(address, Number(bits), family);
    } catch (cause) {
      throw badFile(path, new Error(`${range}: ${cause instanceof Error ? cause.message : cause}`));
    }
  }
  return list;
}

function readPlaces(path: string): readonly Place[] {
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw badFile(path, cause);
  }
  const List = Type.Array(Place);
  if (!Value.Check(List, list)) {
    const [first] = Value.Errors(List, list);
    throw badFile(path, new Error(`${first?.instancePath}: ${first?.message}`));
  }
  if (new Set(list.map(({ name }) => name)).size < list.length) throw badFile(path, new Error('a name twice'));
  return list;
}

function badFile(path: string, cause: unknown): InvalidInput {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new InvalidInput(
    'config/bad-network-places',
    {
      vi: `Không đọc được danh sách trong EDUTRUST_NETWORK_PLACES ${path}: ${why}.`,
      en: `The list in EDUTRUST_NETWORK_PLACES ${path} cannot be read: ${why}.`,
    },
    { cause },
  );
}
