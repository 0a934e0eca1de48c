/** Text that is HTML already. Everything else is escaped when it is put into it. */
export interface Html {
  readonly html: string
}

type Content = Html | string | number | undefined | false | readonly Content[]

/** A template whose values are escaped, unless they are HTML themselves. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  return { html: parts.reduce((text, part, index) => text + toHtml(values[index - 1]) + part) }
}

/** What was written as HTML in this program, not given to it. */
export function trusted(text: string): Html {
  return { html: text }
}

function toHtml(content: Content): string {
  if (content === undefined || content === false) return ''
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content))
  return 'html' in content ? content.html : content.map(toHtml).join('')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
