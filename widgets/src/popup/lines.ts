// How many lines of the cart a popup shows: more would push the answers off a phone's screen.
export const LINES = 3
