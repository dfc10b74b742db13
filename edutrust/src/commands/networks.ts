import { listNetworks, registerNetwork, removeNetwork } from '@edutrust/idp/networks';
import { findOrganisationByCode } from '@edutrust/registry/organisations';
import { operator, type Program, withContext } from './command.ts';

export function addNetworksCommands(program: Program): void {
  const networks = program.command
    .command('networks')
    .description('the networks of schools: computers there are shared, and guesses there slow nobody of the school');
  networks
    .command('list')
    .description('every registered network')
    .addHelpText('after', '\nExample: edutrust networks list')
    .action(async () => {
      const output = program.output();
      await withContext(program, async ({ db }) => {
        for (const network of await listNetworks(db)) {
          output.result(network, `${network.id}  ${network.range}  ${network.name}`);
        }
      });
    });
  networks
    .command('add')
    .argument('<range>', 'an address or a CIDR range, as the internet sees the school')
    .requiredOption('--organisation <code>', 'whose network it is')
    .requiredOption('--name <name>', 'to know it by')
    .description('registers a network of a school')
    .addHelpText('after', '\nExample: edutrust networks add 203.0.113.0/28 --organisation TH001 --name "Phòng máy"')
    .action(async (range: string, { organisation, name }: { organisation: string; name: string }) => {
      const output = program.output();
      await withContext(program, async ({ db }) => {
        const { id: organisationId } = await findOrganisationByCode(db, organisation);
        const id = await db
          .transaction()
          .execute((transaction) => registerNetwork(transaction, { organisationId, range, name }, operator()));
        output.result({ id }, id);
      });
    });
  networks
    .command('remove')
    .argument('<id>', 'as `networks list` shows it')
    .description('removes a network')
    .addHelpText('after', '\nExample: edutrust networks remove 01a2170f-0000-7000-8000-000000000000')
    .action(async (id: string) => {
      const output = program.output();
      await withContext(program, async ({ db }) => {
        await db.transaction().execute((transaction) => removeNetwork(transaction, { id }, operator()));
        output.result({ id, removed: true }, id);
      });
    });
}
