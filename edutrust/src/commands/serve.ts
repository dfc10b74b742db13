import { InvalidInput } from '@edutrust/platform/errors';
import { type ServiceName, serviceNames } from '../process/service-names.ts';
import type { Program } from './command.ts';

export function addServeCommand(program: Program): void {
  program.command
    .command('serve')
    .description('start the platform, or some of its services')
    .option('--only <services>', `by commas: ${serviceNames.join(', ')}`)
    .addHelpText('after', '\nExample: edutrust serve --only idp,certs')
    .action(async ({ only }: { only?: string }) => {
      const { serve } = await import('../process/serve.ts');
      await serve(program.config(), only ? parseServices(only) : serviceNames, program.output());
    });
}

function parseServices(text: string): ServiceName[] {
  return text.split(',').map((part) => {
    const name = serviceNames.find((known) => known === part.trim());
    if (name) return name;
    throw new InvalidInput('serve/unknown-service', {
      vi: `Không có dịch vụ «${part.trim()}». Có: ${serviceNames.join(', ')}.`,
      en: `There is no service "${part.trim()}". There are: ${serviceNames.join(', ')}.`,
    });
  });
}
