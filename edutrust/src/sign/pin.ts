import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Nothing that is typed is shown. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Asks for a PIN on the terminal, without showing it; from a pipe it is one line. Empty at the end of the input. It is
 * written nowhere, and is in no argument and no variable of the environment.
 */
export async function askForPin(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  output.write('PIN: ');
  const lines = createInterface({ input, output: nowhere(), terminal: input.isTTY });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    output.write('\n');
  }
}
