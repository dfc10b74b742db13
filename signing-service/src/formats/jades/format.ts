import type { JudgedFormat } from '../format.ts';
import { isJws } from './jws.ts';
import { validateJades } from './validate.ts';

/** Signatures in JSON (ETSI TS 119 182-1): around what they sign, or beside it. */
export const jades: JudgedFormat = { recognises: isJws, validate: validateJades };
