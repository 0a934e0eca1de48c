import type { Response } from 'express'
import { Problem } from '../../primitives/problem.ts'
import { setCommonHeaders } from './answer.ts'
import { exemptFromTimeLimit } from './openStream.ts'

export interface FileAnswer {
  folder: string
  /** Within the folder. */
  name: string
  /** What its reader calls it. */
  downloadName: string
  type: string
  /** The same for the same bytes. */
  tag: string
}

/**
 * Answers with a file, or the range of it that is asked for. It takes as long as its reader needs; one that reads nothing for
 * a minute is cut. @returns false when there is no such file. @throws Problem 416.
 */
export function answerFile(response: Response, answer: FileAnswer): Promise<boolean> {
  exemptFromTimeLimit(response)
  setCommonHeaders(response)
  response.setHeader('Content-Type', answer.type)
  response.setHeader('Content-Disposition', `attachment; filename="${answer.downloadName}"`)
  response.setHeader('ETag', `"${answer.tag}"`)
  const options = { root: answer.folder, cacheControl: false, lastModified: false, etag: false }
  return new Promise((resolve, reject) => {
    response.sendFile(answer.name, options, (error?: Error & { status?: number }) => {
      if (!error || response.headersSent) return resolve(true)
      for (const name of ['Content-Type', 'Content-Disposition', 'ETag']) response.removeHeader(name)
      if (error.status === 404) return resolve(false)
      reject(error.status === 416 ? rangeNotSatisfiable() : error)
    })
  })
}

export function rangeNotSatisfiable(): Problem {
  return new Problem(416, 'range_not_satisfiable', 'The file has no bytes in this range.')
}
