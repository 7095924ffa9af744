// What a restore link brings along: whose cart it was.

/** `?heimta_r=` from a restore link: takes it out of the address, so that it is not shared or bookmarked. */
export const takeToken = () => {
  const url = new URL(location.href)
  const token = url.searchParams.get('heimta_r')
  url.searchParams.delete('heimta_r')
  if (token) history.replaceState(history.state, '', url)
  return token
}
