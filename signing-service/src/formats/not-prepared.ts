import { InvalidInput } from '@edutrust/platform/errors';

/** A file that has no room for a signature, or leaves out more than that room. */
export function notPrepared(): InvalidInput {
  return new InvalidInput('sign/not-prepared', {
    vi: 'Tệp này không chừa đúng chỗ cho chữ ký.',
    en: 'This file does not leave room for a signature as it should.',
  });
}
