// Asks the shop itself, as its own scripts do: a GET on its origin with the page's fetch and cookies, past every cache,
// since a cart that a cache has kept is an old one. Adapters pick the fields they need; anything else is dropped here.

// biome-ignore lint/suspicious/noExplicitAny: each platform answers in its own way; whatever is not there throws
export const ask = async (path: string): Promise<any> => (await fetch(path, { cache: 'no-store' })).json()
