/** The door of the ceremony: what the command line holds it with. */
export { holdCeremony, readRequests, renewRootList } from './ceremony.ts';
export { installCeremony, requestCeremony } from './install.ts';
