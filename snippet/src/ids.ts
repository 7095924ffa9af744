// Makes ids nobody can guess: random bytes as base64url, 16 bytes for a visitor, 8 for the rest (docs/wire.md).

export const utf8 = (text: string) => new TextEncoder().encode(text)

export const randomId = (bytes = 8) =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '')
