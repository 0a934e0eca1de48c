export { CHANGE, orUnknown } from './changeUnknown.ts'
export {
  accessUnavailable,
  addressNotAllowed,
  adminKeyRequired,
  customerKeyRequired,
  invalidKey,
  keyRequired,
  missingScope,
  ofAccess,
  testKeysNotServed,
  tooManyRequests,
  tooManyWrongKeys,
} from './accessRefusals.ts'
export { answerFile, rangeNotSatisfiable } from './answerFile.ts'
export { answerJson, answerNothing, answerText, JSON_TYPE } from './answer.ts'
export { answerTagged } from './answerTagged.ts'
export { readCertificate } from './certificate.ts'
export type { Certificate, CertificateFiles } from './certificate.ts'
export { createApp } from './createApp.ts'
export type { AppOptions } from './createApp.ts'
export { contextOf, note } from './context.ts'
export { answer, ProblemSchema, refusals } from './documents.ts'
export {
  elseSay,
  money,
  historyBeginsAtField,
  nextCursor,
  pageFields,
  storableText,
  textInQuery,
  time,
  timeWithOffset,
  wholeNumber,
  wholeNumberInQuery,
} from './fields.ts'
export { invalidCursor, invalidField, invalidFields, readInput, readQuery } from './input.ts'
export type { Synonyms } from './input.ts'
export { HTTP_LIMITS } from './connectionLimits.ts'
export type { HttpLimits } from './connectionLimits.ts'
export { listen } from './listen.ts'
export type { ListenAddress, Listener } from './listen.ts'
export { openStream } from './openStream.ts'
export type { EventStream } from './openStream.ts'
export { opsRoutes } from './ops.ts'
export type { OpsOptions } from './ops.ts'
export type { ReadinessCheck } from './readiness.ts'
export { toProblem } from './problems.ts'
export { bodyTooLarge } from './readBody.ts'
export { setCommonHeaders } from './answer.ts'
export { BODY, DATABASE, invalidInput, invalidQuery, LIST, TRANSACTION } from './refusals.ts'
export type { Refusal } from './refusals.ts'
export type { Authorize, Method, Route, RouteAccess } from './route.ts'
