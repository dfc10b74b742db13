import type { PublicDocument } from '../pages.ts';

/** The code of the document itself, also where the own code of a print was asked for. */
export const originalCode = ({ code, copy }: PublicDocument): string => (copy?.form === 'print' ? copy.of : code);
