/** What the specification names (CSC API v2.2 §10.2, and RFC 6749, RFC 6750). */
export type CscErrorName =
  | 'invalid_request'
  | 'invalid_token'
  | 'unauthorized_client'
  | 'access_denied'
  | 'invalid_scope'
  | 'invalid_hash'
  | 'server_error'
  | 'temporarily_unavailable';

/** A refusal in the API's own form. Its words are the specification's, for the maker of the app, and in English. */
export class CscError extends Error {
  readonly status: number;
  readonly error: CscErrorName;

  constructor(status: number, error: CscErrorName, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }

  toJSON() {
    return { error: this.error, error_description: this.message };
  }
}

export const invalidRequest = (description: string) => new CscError(400, 'invalid_request', description);
