// Makes ids nobody can guess, as docs/wire.md has them: 22 letters for a visitor (131 bits), 11 for the rest (65).

export const utf8 = (text: string) => new TextEncoder().encode(text)

/** Of 60 random bytes' 80 letters in base64, those of a base62: of which there are never too few. */
export const randomId = (letters = 11) =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(60))))
    .replace(/\W/g, '')
    .slice(0, letters)
