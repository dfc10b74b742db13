import { packageLacks } from '../refusals.ts';
import type { PackageFormat } from './format.ts';
import type { Entry } from './tables.ts';

const format = 'School Data Sync';

/**
 * Microsoft School Data Sync, CSV format 2.1: `orgs`, `users` and `roles` always, `classes` with `enrollments`, `demographics`
 * and `relationships` where the school gives them. A set is always whole: there is no file of changes.
 */
export const schoolDataSync: PackageFormat = {
  recognises: async ({ names }) => !names.has('manifest') && names.has('users') && names.has('roles'),
  async read(archive) {
    for (const name of ['orgs', 'users', 'roles'])
      if (!archive.names.has(name)) throw packageLacks(format, `${name}.csv`);
    if (archive.names.has('classes') !== archive.names.has('enrollments'))
      throw packageLacks(format, archive.names.has('classes') ? 'enrollments.csv' : 'classes.csv');
    const roles = await archive.lines('roles');
    const grades = new Map(roles.map(({ usersourcedid = '', grade = '' }) => [usersourcedid, grade]));
    const relationships = await archive.lines('relationships');
    const guardians = new Map<string, string>();
    const agents = new Map<string, string[]>();
    for (const { usersourcedid = '', relationshipusersourcedid: agent = '', relationshiprole = '' } of relationships) {
      guardians.set(agent, relationshiprole.toLowerCase());
      agents.set(usersourcedid, [...(agents.get(usersourcedid) ?? []), agent]);
    }
    const users = (await archive.lines('users')).map((user): Entry => {
      const { sourcedid = '' } = user;
      return {
        ...user,
        grades: grades.get(sourcedid) ?? '',
        agentsourcedids: (agents.get(sourcedid) ?? []).join(','),
        relation: guardians.get(sourcedid) ?? '',
      };
    });
    const classes = (await archive.lines('classes')).map(
      (one): Entry => ({ ...one, schoolsourcedid: one.orgsourcedid ?? '' }),
    );
    const demographics = (await archive.lines('demographics')).map(
      (one): Entry => ({ ...one, sourcedid: one.usersourcedid ?? '' }),
    );
    const [orgs, enrollments] = [await archive.lines('orgs'), await archive.lines('enrollments')];
    return { format, isDelta: false, tables: { orgs, users, roles, classes, enrollments, demographics } };
  },
};
