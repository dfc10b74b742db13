import { Conflict } from '@edutrust/platform/errors';

/** Whether a client id is an address: an agent's, whose document there is all that anybody knows of it (`agents/`). */
export const isAgentId = (clientId: string): boolean => /^https?:/.test(clientId);

/** Of an agent its document decides, and nobody else. @throws Conflict `apps/agent` */
export function mustNotBeAgent(clientId: string): void {
  if (!isAgentId(clientId)) return;
  throw new Conflict('apps/agent', {
    vi: 'Trợ lý này được biết qua địa chỉ của nó: không sửa, không duyệt được; chỉ ngừng được.',
    en: 'This agent is known by its address: it cannot be changed or approved, only ended.',
  });
}
