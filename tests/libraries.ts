/** Loaded first in every process of a run (`node --import`): libraries are read from their bundles. */
import { registerHooks } from 'node:module';
import { libraries } from './bundles.ts';

registerHooks({
  resolve: (name, context, next) => {
    const url = libraries.get(name);
    return url ? { url, format: 'module', shortCircuit: true } : next(name, context);
  },
});
