import { useEffect, useState } from 'preact/hooks'

/**
 * What a request answers; asked again when one of `when` changes.
 * @param {() => Promise<any>} read @param {unknown[]} when
 */
export function useList(read, when) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null))
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const [round, setRound] = useState(0)
  useEffect(() => {
    let isGone = false
    read().then(
      (found) => {
        if (isGone) return
        setAnswer(found)
        setError(null)
      },
      (fault) => isGone || setError(fault),
    )
    return () => void (isGone = true)
  }, [...when, round])
  return { answer, error, again: () => setRound((before) => before + 1) }
}
