/** The code of a refusal: of a request as in `402 spend_limit`, of a message of a bulk alone. */
export function codeOf(label: string): string {
  return label.slice(label.indexOf(' ') + 1)
}
