import { InvalidInput } from '@edutrust/platform/errors';

/** The longest value of each parameter of an authorization request; what is not named has the last one. */
const longest: Readonly<Record<string, number>> = {
  state: 2_048,
  nonce: 512,
  login_hint: 256,
  scope: 1_024,
  id_token_hint: 8_192,
  request: 8_192,
  hashes: 4_600, // a hundred of SHA-256
  authorization_details: 8_192, // as many, with a few words each
};
const longestOther = 2_048;

/**
 * Anybody may begin a sign-in, and each keeps what its request said until it ends: that is little.
 *
 * @throws InvalidInput `oidc/too-long`
 */
export function mustBeBounded(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (value.length <= (Object.hasOwn(longest, name) ? (longest[name] ?? 0) : longestOther)) continue;
    const shown = name.slice(0, 40);
    throw new InvalidInput('oidc/too-long', {
      vi: `Tham số «${shown}» của ứng dụng dài quá mức cho phép.`,
      en: `The app's parameter "${shown}" is longer than we accept.`,
    });
  }
}
