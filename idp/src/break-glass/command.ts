export { closeGlass, type GlassRole, glassRoles, linkToOpen, mostHours, openGlass } from './glass.ts';
export { findGlassAlarms, listGlasses } from './review.ts';
