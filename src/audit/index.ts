export { audit } from './audit.ts'
export type { AuditReport } from './audit.ts'
export type { Violation } from './violation.ts'
