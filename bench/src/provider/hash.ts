import process from 'node:process';
import { hash, verify } from '@node-rs/argon2';

/** A process that does nothing but check a password (the parameters of `idp/src/password/hashing.ts`) whenever it is told to. */
const stored = await hash('mật khẩu', { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 });
process.on('message', () => void verify(stored, 'mật khẩu').then((matches) => process.send?.(matches)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
