/** The door of the webhooks for the tests of faults. */

export { addClient } from '../clients/clients.ts';
export { appendToFeed, feedTypes } from '../feed/feed.ts';
export { usualContract } from '../model/contract.ts';
export { deliverDue } from './deliver.ts';
export { addWebhook } from './webhooks.ts';
