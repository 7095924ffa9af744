// Which session an event belongs to: 30 minutes of silence end one.
import { randomId } from './ids.ts'
import type { Visitor } from './storage.ts'

const SILENCE_MS = 30 * 60_000

export const touchSession = (record: Visitor, now: number) => {
  if (!record.sid || now - record.last > SILENCE_MS) {
    record.sid = randomId()
    record.visits++
  }
  record.last = now
  return record.sid
}
