/** Added to the query of the page that is read next. */
export interface From {
  cursor?: string
}

/**
 * Reads page after page, and the next one only when its first item is wanted. A page may be empty and not the last one.
 */
export async function* eachItem<Page extends { next_cursor: string | null }, Item>(
  readPage: (from: From) => Promise<Page>,
  itemsOf: (page: Page) => Item[],
): AsyncGenerator<Item, void, undefined> {
  let from: From = {}
  for (;;) {
    const page = await readPage(from)
    yield* itemsOf(page)
    if (page.next_cursor === null) return
    if (page.next_cursor === from.cursor) throw new Error('the list has no end: its cursor stays the same')
    from = { cursor: page.next_cursor }
  }
}
