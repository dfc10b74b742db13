import { otherFile, packageLacks } from '../refusals.ts';
import type { PackageFormat } from './format.ts';
import { type Entry, tableNames } from './tables.ts';

const format = 'OneRoster';
const versions = new Set(['1.1', '1.2', '']);

/** OneRoster, CSV binding 1.1 and 1.2: a manifest says which files there are, and whether each is whole (`bulk`) or changes (`delta`). */
export const oneRoster: PackageFormat = {
  recognises: async ({ names }) => names.has('manifest'),
  async read(archive) {
    const properties = new Map(
      (await archive.lines('manifest')).map(({ propertyname = '', value = '' }) => [
        propertyname.toLowerCase(),
        value.toLowerCase(),
      ]),
    );
    const version = properties.get('oneroster.version') ?? '';
    if (!versions.has(version))
      throw otherFile(
        { vi: `gói OneRoster phiên bản ${version}`, en: `a OneRoster package of version ${version}` },
        { vi: 'Xuất lại gói theo OneRoster 1.1 hoặc 1.2.', en: 'Export it again as OneRoster 1.1 or 1.2.' },
      );
    const modeOf = (name: string) => properties.get(`file.${name}`) ?? '';
    const read = async (name: string): Promise<readonly Entry[]> => {
      if (modeOf(name) === 'absent') return [];
      if (modeOf(name) !== '' && !archive.names.has(name)) throw packageLacks(format, `${name}.csv`);
      return archive.lines(name);
    };
    const [orgs, users, roles, classes, enrollments, demographics] = [
      await read('orgs'),
      await read('users'),
      await read('roles'),
      await read('classes'),
      await read('enrollments'),
      await read('demographics'),
    ];
    const isDelta = tableNames.some((name) => modeOf(name) === 'delta');
    return { format, isDelta, tables: { orgs, users, roles, classes, enrollments, demographics } };
  },
};
